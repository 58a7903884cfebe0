"""The posterior over the grid, and the quantities told from it: mixtures of normals on the log scale."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overlook.activity.design import Design
from overlook.activity.laplace import mixture_quantiles
from overlook.activity.laplace_grid import fit_grid
from overlook.activity.prior import HyperGrid, Prior, hyper_grid

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """A mixture of normals: weights (sum 1), means and variances, each (v,)."""

    weight: Array
    mean: Array
    var: Array

    @property
    def centre(self) -> float:
        return float(self.weight @ self.mean)

    @property
    def sd(self) -> float:
        return math.sqrt(float(self.weight @ (self.var + (self.mean - self.centre) ** 2)))

    def cdf(self, x: Array) -> Array:
        """Probability below each x."""
        from scipy.special import ndtr

        sd = np.sqrt(np.maximum(self.var, 1e-18))
        below: Array = ndtr((np.asarray(x)[:, None] - self.mean) / sd) @ self.weight
        return below

    def density(self, x: Array) -> Array:
        """Probability density at each x."""
        sd = np.sqrt(np.maximum(self.var, 1e-18))
        standard = (np.asarray(x)[:, None] - self.mean) / sd
        at: Array = (np.exp(-0.5 * standard * standard) / (sd * math.sqrt(2 * math.pi))) @ self.weight
        return at

    def quantiles(self, *probabilities: float) -> tuple[float, ...]:
        """Inverse of the distribution function, to 1e-7 of the sd."""
        p = np.asarray(probabilities, dtype=np.float64)
        sd = np.sqrt(np.maximum(self.var, 1e-18))
        found = np.empty(p.size)
        mixture_quantiles(self.weight, np.ascontiguousarray(self.mean), sd, self.weight.size, p, found)
        return tuple(found.tolist())


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """`fit_grid`'s answer with its design and grid. Every method takes `drift`, a factor on the prior's drift."""

    design: Design
    grid: HyperGrid
    index: NDArray[np.int64]
    log_ml: Array
    contrast_moments: Array
    effects: Array
    effects_cov: Array
    levels: Array
    #: `weights` of each drift asked for: every quantity of a finding needs them.
    _weights: dict[float, Array] = field(default_factory=dict, init=False, repr=False, compare=False)

    def weights(self, drift: float = 1.0) -> Array:
        if drift not in self._weights:
            self._weights[drift] = self._weighed(drift)
        return self._weights[drift]

    def _weighed(self, drift: float) -> Array:
        log_mass = self.grid.log_mass_scaled(drift)
        total = self.log_ml + log_mass[self.index[:, 0], self.index[:, 1], self.index[:, 2]]
        weight: Array = np.exp(total - total.max())
        weight /= weight.sum()
        return weight

    def contrast(self, drift: float = 1.0) -> Mixture:
        """Log ratio of the two windows' mean levels (of one window: its log mean level)."""
        return Mixture(weight=self.weights(drift), mean=self.contrast_moments[:, 0], var=self.contrast_moments[:, 1])

    def effect(self, name: str, drift: float = 1.0) -> Mixture:
        c = self.design.names.index(name)
        return Mixture(weight=self.weights(drift), mean=self.effects[:, c], var=self.effects_cov[:, c, c])

    def level_at(self, node: int) -> Mixture:
        return Mixture(weight=self.weights(), mean=self.levels[:, node, 0], var=self.levels[:, node, 1])

    @property
    def drift_sd(self) -> Array:
        return self.grid.drift_sd[self.index[:, 0]]

    @property
    def correlation_time_d(self) -> Array:
        return self.grid.correlation_time_d[self.index[:, 1]]

    @property
    def dispersion_k(self) -> Array:
        return self.grid.dispersion_k[self.index[:, 2]]


def on_grid(
    design: Design,
    drift_sd: NDArray[np.float64],
    correlation_time_d: NDArray[np.float64],
    dispersion_k: NDArray[np.float64],
    visit: NDArray[np.float64],
) -> Any:
    """`fit_grid` of one series' design over the product of three axes of hyperparameters; `visit` as it takes it."""
    return fit_grid(
        design.family,
        design.y,
        design.offset,
        design.false_alarms,
        design.extra_var,
        design.node,
        np.ascontiguousarray(design.design),
        design.gap_d,
        np.ascontiguousarray(design.level_design),
        design.days,
        1.0 / design.effect_sd**2,
        design.start_level,
        drift_sd,
        correlation_time_d,
        dispersion_k,
        visit,
    )


def fit(design: Design, prior: Prior) -> Posterior:
    """The posterior of one series under `prior`."""
    grid, visit = _grid_of(prior)
    found = on_grid(design, grid.drift_sd, grid.correlation_time_d, grid.dispersion_k, visit)
    visited, *arrays = found
    index, log_ml, contrast, effects, cov, levels = (array[:visited] for array in arrays)
    return Posterior(
        design=design,
        grid=grid,
        index=index,
        log_ml=log_ml,
        contrast_moments=contrast,
        effects=effects,
        effects_cov=cov,
        levels=levels,
    )


@lru_cache(maxsize=64)
def _grid_of(prior: Prior) -> tuple[HyperGrid, Array]:
    """The grid, and the log mass at which `fit_grid` visits its points: the same for every series under one prior."""
    grid = hyper_grid(prior)
    # A point is dropped only when it is negligible under the prior, half its drift and twice its drift.
    visit: Array = np.maximum.reduce([grid.log_mass_scaled(factor) for factor in (0.5, 1.0, 2.0)])
    return grid, visit


def prior_variance(design: Design, prior: Prior) -> float:
    """Variance of the contrast before any image is read, at the prior's medians and with equal days."""
    share = design.days / np.maximum(design.days.sum(axis=0), 1.0)
    weight = share[:, 0] - share[:, 1]
    here = np.flatnonzero(weight)
    apart = np.abs(design.node_d[here, None] - design.node_d[None, here])
    drift = prior.drift_sd**2 * float(weight[here] @ np.exp(-apart / prior.correlation_time_d) @ weight[here])
    return drift + float(((weight @ design.level_design) ** 2) @ design.effect_sd**2)
