"""What is known of a series' levels, day by day, as a joint distribution: for drawing, and for the worth of an image.

At a point of the hyperparameters' grid the posterior is the Laplace approximation's normal (`laplace`), here with its
full covariance: H = [Q + A'WA, A'WX; X'WA, X'WX + B], A the images' nodes, X their effects, W the curvature of their
likelihood at the mode, Q the drift's precision, B the effects' (Rue & Held 2005, ch. 2). Without any image it is the
prior. Effects that images to come would bring (days of the week not seen yet, sensors not used yet) are added under
their priors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular

from overlook.activity.design import Design, weekday
from overlook.activity.laplace import COUNTS, LOG_INDEX, point
from overlook.activity.missed import information
from overlook.activity.posterior import Posterior, fit
from overlook.activity.prior import Prior, hyper_grid

Array = NDArray[np.float64]
_KINDS_OF_DAY = "kinds of day not seen"
#: Logs of levels beyond this are no levels of a site.
_HIGHEST = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Latent:
    """Levels at m nodes under v grid points; p effects, of which the last may be added ones.

    `weight` (v,), hyperparameters (v,); `drift` (v, m) and `effects` (v, p) the modes; `rows` (n, p) the images'
    effects and `level_rows` (m, p) the nodes'; `curvature` (v, n). `days` (m, 2) as in `Design`; `after` (m,).
    """

    design: Design
    prior: Prior
    weight: Array
    drift_sd: Array
    correlation_time_d: Array
    dispersion_k: Array
    drift: Array
    effects: Array
    names: tuple[str, ...]
    rows: Array
    level_rows: Array
    effect_sd: Array
    curvature: Array
    after: NDArray[np.bool_]
    known_level: float | None = None
    _factors: dict[int, Array] = field(default_factory=dict)

    @property
    def node_d(self) -> Array:
        return self.design.node_d

    def node_of(self, time_d: float) -> int:
        return int(np.argmin(np.abs(self.node_d - time_d)))

    def factor(self, at: int) -> Array:
        """Lower Cholesky factor of the precision H of (drift, effects) at a grid point, (m + p, m + p)."""
        if at not in self._factors:
            self._factors[at] = cholesky(self._precision(at), lower=True)
        return self._factors[at]

    def _precision(self, at: int) -> Array:
        m, p = self.level_rows.shape
        h = np.zeros((m + p, m + p))
        h[:m, :m] = drift_precision(self.design.gap_d, self.drift_sd[at], self.correlation_time_d[at])
        h[m:, m:] = np.diag(1.0 / self.effect_sd**2)
        w, node = self.curvature[at], self.design.node
        np.add.at(h, (node, node), w)
        h[m:, m:] += self.rows.T @ (w[:, None] * self.rows)
        cross = np.zeros((m, p))
        np.add.at(cross, node, w[:, None] * self.rows)
        h[:m, m:] += cross
        h[m:, :m] += cross.T
        return h

    def covariance(self, at: int) -> Array:
        """Covariance of (drift, effects) at a grid point."""
        lower = self.factor(at)
        inverse = solve_triangular(lower, np.eye(lower.shape[0]), lower=True)
        return np.asarray(inverse.T @ inverse)

    def level_row(self, node: int) -> Array:
        """A node's log level as a combination of (drift, effects), (m + p,)."""
        row = np.zeros(self.node_d.size + len(self.names))
        row[node] = 1.0
        row[self.node_d.size :] = self.level_rows[node]
        return row

    def mode(self, at: int) -> Array:
        """Log level at every node, (m,)."""
        return np.asarray(self.drift[at] + self.level_rows @ self.effects[at])

    def contrast_row(self, at: int) -> Array:
        """The log ratio of the windows' mean levels, to first order, as a combination of (drift, effects)."""
        m, level = self.node_d.size, self.mode(at)
        row = np.zeros(m + len(self.names))
        for side, sign in ((0, 1.0), (1, -1.0)):
            share = self.design.days[:, side] * np.exp(level - level.max())
            share /= share.sum()
            row[:m] += sign * share
            row[m:] += sign * (share @ self.level_rows)
        return row

    def draw(self, at: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Log level at every node (m,) and the effects (p,) of one site that may be, at a grid point."""
        m = self.node_d.size
        lower = self.factor(at)
        x = solve_triangular(lower, rng.standard_normal(lower.shape[0]), lower=True, trans="T")
        drift, effects = self.drift[at] + x[:m], self.effects[at] + x[m:]
        if self.known_level is not None:
            effects[0] = self.known_level
        return np.minimum(drift + self.level_rows @ effects, _HIGHEST), effects

    def log_ratio(self, level: Array) -> float:
        """Log of the mean level over all days after to that before, of drawn levels (m,)."""
        top = float(level.max())
        after, before = (float(np.exp(level - top) @ self.design.days[:, side]) for side in (0, 1))
        n_after, n_before = self.design.days.sum(axis=0)
        return math.log(after / n_after) - math.log(before / n_before)


def drift_precision(gap_d: Array, sigma: float, tau: float) -> Array:
    """Precision of an Ornstein-Uhlenbeck process at nodes `gap_d` days apart, (m, m): tridiagonal."""
    rho, rest = np.exp(-gap_d / tau), -np.expm1(-2.0 * gap_d / tau)
    q = np.eye(gap_d.size + 1)
    here = np.arange(gap_d.size)
    q[here, here] += rho**2 / rest
    q[here + 1, here + 1] += rho**2 / rest
    q[here, here + 1] = q[here + 1, here] = -rho / rest
    return np.asarray(q / sigma**2)


def after_images(design: Design, prior: Prior, after_d: float) -> Latent:
    """What the images of `design` tell: every grid point the posterior gives weight to."""
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
        names=design.names,
        rows=design.design,
        level_rows=design.level_design,
        effect_sd=design.effect_sd,
        curvature=_curvature(posterior),
        after=design.node_d > after_d,
    )
    return _with_unseen_days(latent)


def without_images(node_d: Array, days: Array, prior: Prior, after_d: float, *, rate: float) -> Latent:
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
        names=design.names,
        rows=design.design,
        level_rows=level_rows,
        effect_sd=sd,
        curvature=np.empty((v, 0)),
        after=after,
        known_level=math.log(rate),
    )
    return _with_unseen_days(latent)


def with_effect(latent: Latent, name: str, at_nodes: Array, sd: float) -> Latent:
    """The same with one more effect that no image has told anything of, under its prior: mean 0, `sd`."""
    v, n = latent.weight.size, latent.rows.shape[0]
    return replace(
        latent,
        names=(*latent.names, name),
        effects=np.column_stack([latent.effects, np.zeros(v)]),
        rows=np.column_stack([latent.rows, np.zeros(n)]),
        level_rows=np.column_stack([latent.level_rows, at_nodes]),
        effect_sd=np.append(latent.effect_sd, sd),
        _factors={},
    )


def _with_unseen_days(latent: Latent) -> Latent:
    """Weekends differ from working days by an amount of which images of one kind of day tell nothing."""
    if any(name in ("weekend", "Saturday", "Sunday") for name in latent.names):
        return latent
    ends = weekday(latent.node_d) >= 5
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
