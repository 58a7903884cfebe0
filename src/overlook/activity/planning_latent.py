"""What is known of a series' levels, day by day, as a joint distribution: for drawing, and for the worth of an image.

At a point of the hyperparameters' grid the posterior is the Laplace approximation's normal (`laplace`): effects b with
the covariance that was fitted; and, given b, a drift with the tridiagonal precision T = Q + A'WA, Q the drift's own, A
the images' nodes and W the curvature of their likelihood at the mode (Rue & Held 2005, ch. 2), so that drift and
effects move together by G = T^-1 A'WX. Without any image it is the prior. Effects that images to come would bring (days
of the week not seen yet, sensors not used yet) are added under their priors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve_banded, cholesky_banded, solve_banded

from overlook.activity.design import Design, weekday
from overlook.activity.laplace import COUNTS, LOG_INDEX, point
from overlook.activity.missed import information
from overlook.activity.posterior import Posterior, fit
from overlook.activity.prior import Prior, hyper_grid
from overlook.activity.sides import local_days

Array = NDArray[np.float64]
_KINDS_OF_DAY = "kinds of day not seen"
#: Logs of levels beyond this are no levels of a site.
_HIGHEST = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Latent:
    """Levels at m nodes under v grid points; p effects, of which the last may be added ones.

    `weight` (v,), hyperparameters (v,); `drift` (v, m) and `effects` (v, p) the modes, `effects_cov` (v, p, p); `rows`
    (n, p) the images' effects and `level_rows` (m, p) the nodes'; `curvature` (v, n);
    `after` (m,), which nodes lie after the event.
    """

    design: Design
    prior: Prior
    weight: Array
    drift_sd: Array
    correlation_time_d: Array
    dispersion_k: Array
    drift: Array
    effects: Array
    effects_cov: Array
    names: tuple[str, ...]
    rows: Array
    level_rows: Array
    curvature: Array
    after: NDArray[np.bool_]
    known_level: float | None = None

    @property
    def node_d(self) -> Array:
        return self.design.node_d

    def node_of(self, time_d: float) -> int:
        at = int(np.clip(np.searchsorted(self.node_d, time_d), 1, max(self.node_d.size - 1, 1)))
        if at < self.node_d.size and self.node_d[at] - time_d <= time_d - self.node_d[at - 1]:
            return at
        return at - 1

    def mode(self, at: int) -> Array:
        """Log level at every node, (m,)."""
        return np.asarray(self.drift[at] + self.level_rows @ self.effects[at])

    def shares(self, at: int) -> Array:
        """Weights of the nodes' log levels in the log ratio of the windows' mean levels, to first order, (m,)."""
        level = np.exp(np.minimum(self.mode(at), _HIGHEST))
        of = self.design.days * level[:, None]
        of /= of.sum(axis=0)
        return np.asarray(of[:, 0] - of[:, 1])

    def covariance(self, at: int) -> Array:
        """Of the log levels and the effects together, (m + p, m + p)."""
        band, gain = self._given_effects(at)
        own = cho_solve_banded((band, False), np.eye(self.node_d.size))
        moves = np.vstack([self.level_rows - gain, np.eye(len(self.names))])
        both = moves @ self.effects_cov[at] @ moves.T
        both[: own.shape[0], : own.shape[0]] += own
        return np.asarray(both)

    def draw(self, at: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Log level at every node (m,) and the effects (p,) of one site that may be, at a grid point."""
        band, gain = self._given_effects(at)
        spread, turn = np.linalg.eigh(self.effects_cov[at])
        moved = turn @ (np.sqrt(np.maximum(spread, 0.0)) * rng.standard_normal(len(self.names)))
        # T = U'U with U bidiagonal: U^-1 z has covariance T^-1.
        free = solve_banded((0, 1), band, rng.standard_normal(self.node_d.size))
        effects = self.effects[at] + moved
        if self.known_level is not None:
            effects[0] = self.known_level
        drift = self.drift[at] + free - gain @ moved
        return np.minimum(drift + self.level_rows @ effects, _HIGHEST), effects

    def _given_effects(self, at: int) -> tuple[Array, Array]:
        """The drift's precision given the effects, as the banded upper Cholesky factor (2, m); and G (m, p)."""
        w, node = self.curvature[at], self.design.node
        band = drift_precision(self.design.gap_d, self.drift_sd[at], self.correlation_time_d[at])
        np.add.at(band[1], node, w)
        cross = np.zeros_like(self.level_rows)
        np.add.at(cross, node, w[:, None] * self.rows)
        factor = cholesky_banded(band)
        return factor, np.asarray(cho_solve_banded((factor, False), cross))

    def log_ratio(self, level: Array) -> float:
        """Log of the mean level over all days after to that before, of drawn levels (m,)."""
        top = float(level.max())
        after, before = (float(np.exp(level - top) @ self.design.days[:, side]) for side in (0, 1))
        n_after, n_before = self.design.days.sum(axis=0)
        return math.log(after / n_after) - math.log(before / n_before)


def drift_precision(gap_d: Array, sigma: float, tau: float) -> Array:
    """Precision of an Ornstein-Uhlenbeck process at nodes `gap_d` days apart: tridiagonal, as an upper band (2, m)."""
    rho, rest = np.exp(-gap_d / tau), -np.expm1(-2.0 * gap_d / tau)
    band = np.zeros((2, gap_d.size + 1))
    band[1] = 1.0
    band[1, :-1] += rho**2 / rest
    band[1, 1:] += rho**2 / rest
    band[0, 1:] = -rho / rest
    return np.asarray(band / sigma**2)


def after_images(design: Design, prior: Prior, after_d: float, *, days_in: tzinfo = UTC) -> Latent:
    """What the images of `design` tell: every grid point the posterior gives weight to. Weekends are of `days_in`."""
    posterior = fit(design, prior)
    level = posterior.levels[:, :, 0]
    effects = posterior.effects
    latent = Latent(
        design=design,
        prior=prior,
        weight=posterior.weights(),
        drift_sd=posterior.drift_sd,
        correlation_time_d=posterior.correlation_time_d,
        dispersion_k=posterior.dispersion_k,
        drift=level - effects @ design.level_design.T,
        effects=effects,
        effects_cov=posterior.effects_cov,
        names=design.names,
        rows=design.design,
        level_rows=design.level_design,
        curvature=_curvature(posterior),
        after=design.node_d > after_d,
    )
    return _with_unseen_days(latent, days_in)


def without_images(
    node_d: Array, days: Array, prior: Prior, after_d: float, *, rate: float, days_in: tzinfo = UTC
) -> Latent:
    """The prior, at a level of `rate` things an image: nothing was seen yet. `days` (m, 2) as in `Design`."""
    grid = hyper_grid(prior)
    log_mass = grid.log_mass_scaled(1.0)
    s, t, k = (a.ravel() for a in np.indices(log_mass.shape))
    after = node_d > after_d
    level_rows = np.column_stack([np.ones(node_d.size), after.astype(float)])
    sd, v = np.array([prior.level_sd, prior.step_sd]), log_mass.size
    nothing = np.empty(0)
    design = Design(
        family=COUNTS,
        y=nothing,
        offset=nothing,
        false_alarms=nothing,
        extra_var=nothing,
        node=np.empty(0, dtype=np.int64),
        design=np.empty((0, 2)),
        gap_d=np.diff(node_d),
        node_d=node_d,
        level_design=level_rows,
        days=days,
        effect_sd=sd,
        names=("level", "step"),
        start_level=math.log(rate),
    )
    latent = Latent(
        design=design,
        prior=prior,
        weight=np.exp(log_mass).ravel(),
        drift_sd=grid.drift_sd[s],
        correlation_time_d=grid.correlation_time_d[t],
        dispersion_k=grid.dispersion_k[k],
        drift=np.zeros((v, node_d.size)),
        effects=np.tile([math.log(rate), 0.0], (v, 1)),
        effects_cov=np.tile(np.diag(sd**2), (v, 1, 1)),
        names=design.names,
        rows=design.design,
        level_rows=level_rows,
        curvature=np.empty((v, 0)),
        after=after,
        known_level=math.log(rate),
    )
    return _with_unseen_days(latent, days_in)


def with_effect(latent: Latent, name: str, at_nodes: Array, sd: float) -> Latent:
    """The same with one more effect that no image has told anything of, under its prior: mean 0, `sd`."""
    v, p = latent.effects.shape
    covariance = np.zeros((v, p + 1, p + 1))
    covariance[:, :p, :p] = latent.effects_cov
    covariance[:, p, p] = sd**2
    return replace(
        latent,
        names=(*latent.names, name),
        effects=np.column_stack([latent.effects, np.zeros(v)]),
        effects_cov=covariance,
        rows=np.column_stack([latent.rows, np.zeros(latent.rows.shape[0])]),
        level_rows=np.column_stack([latent.level_rows, at_nodes]),
    )


def _with_unseen_days(latent: Latent, days_in: tzinfo) -> Latent:
    """Weekends differ from working days by an amount of which images of one kind of day tell nothing."""
    if any(name in ("weekend", "Saturday", "Sunday") for name in latent.names):
        return latent
    ends = weekday(local_days(latent.node_d, days_in)) >= 5
    seen = ends[latent.design.node]
    other = ~ends if seen.size and seen.all() else ends
    return with_effect(latent, _KINDS_OF_DAY, other.astype(float), latent.prior.weekend_sd)


def _curvature(posterior: Posterior) -> Array:
    """Minus the second derivative of each image's log-likelihood at each grid point's mode, (v, n)."""
    design = posterior.design
    drift = posterior.levels[:, :, 0] - posterior.effects @ design.level_design.T
    eta = drift[:, design.node] + posterior.effects @ design.design.T
    curvature = np.empty_like(eta)
    for at, k in enumerate(posterior.dispersion_k):
        for i in range(design.y.size):
            curvature[at, i] = point(
                design.family,
                design.y[i],
                design.offset[i],
                design.false_alarms[i],
                0.0,
                design.extra_var[i],
                k,
                eta[at, i],
            )[2]
    return curvature


def image_information(design: Design, k: float, log_level: float, exposure: float, false_alarms: float) -> float:
    """Expected information of one image about its log level (`missed.information`; of an index, the Student-t's 5/7 of
    the inverse squared scale). `exposure` is visible fraction times recall."""
    if design.family == LOG_INDEX:
        extra = float(design.extra_var.mean()) if design.extra_var.size else 0.0
        told = (5.0 / 7.0) / (1.0 / k + extra)
    else:
        told = information(math.exp(min(log_level, _HIGHEST)), 1.0, exposure, false_alarms, k)
    return max(told, 1e-9)
