"""The grid of hyperparameters walked with `laplace`: every point worth visiting, and what the level does at each.

Only nodes with an image enter Newton's system. Between them the drift is a bridge of the Ornstein-Uhlenbeck process,
whose moments given its ends are known in closed form: days that nobody saw cost no system to solve, and the marginal
likelihood is the same with or without them. Compiled; knows no words of the line.
"""

from __future__ import annotations

import math

import numpy as np

from overlook.activity.laplace import _compiled, _constants, _drift_precision, _factor, _mode, _move

LAPLACE_DIGEST = "777f7df90da26857eded25c767f6675483b6a3f3dbd1223f2791db6b10d95e38"
#: Grid points this far (in log posterior) below the best are left out: together under e^-9 x 400 of the mass.
PRUNE = 12.0
#: A day's log level of more variance counts as this much: the interval is as good as open by then.
MOST_VAR = 6.0


@_compiled
def _seen_nodes(node, m):  # type: ignore[no-untyped-def]
    """Nodes with an image, in order (s,); each image's place among them (n,); the place at or before every node (m,).

    The place before the first is -1; a node without image lies between its place and the next one.
    """
    has = np.zeros(m, np.bool_)
    for i in range(node.size):
        has[node[i]] = True
    place = np.empty(m, np.int64)
    count = -1
    for j in range(m):
        if has[j]:
            count += 1
        place[j] = count
    seen = np.empty(count + 1, np.int64)
    for j in range(m):
        if has[j]:
            seen[place[j]] = j
    image_place = np.empty(node.size, np.int64)
    for i in range(node.size):
        image_place[i] = place[node[i]]
    return seen, image_place, place


@_compiled
def _seen_gaps(gap_d, seen):  # type: ignore[no-untyped-def]
    """Days between nodes with an image."""
    gaps = np.zeros(seen.size - 1)
    for j in range(seen.size - 1):
        for g in range(seen[j], seen[j + 1]):
            gaps[j] += gap_d[g]
    return gaps


@_compiled
def _bridges(gap_d, seen, place, tau, bridge, pivot, ratio):  # type: ignore[no-untyped-def]
    """The drift at unseen nodes given the seen ones, for sd 1; in place.

    bridge (m, 3): weights of the seen node at or before and of the next, and the variance left. pivot, ratio: factors
    of the unseen nodes' precision given the seen ones, by which the residuals of one gap hang together.
    """
    m = gap_d.size + 1
    diagonal, off = np.empty(m), np.empty(max(m - 1, 1))
    _drift_precision(gap_d, 1.0, tau, diagonal, off)
    last = seen.size - 1
    since = 0.0
    for j in range(m):
        here = place[j] >= 0 and seen[place[j]] == j
        since = 0.0 if here else since + (gap_d[j - 1] if j > 0 else 0.0)
        bridge[j, 0], bridge[j, 1], bridge[j, 2] = math.exp(-since / tau) if place[j] >= 0 else 0.0, 0.0, 0.0
        if here:
            diagonal[j] = 1.0
        if j < m - 1 and (here or seen[place[j + 1]] == j + 1):
            off[j] = 0.0
    until = 0.0
    for j in range(m - 1, -1, -1):
        here = place[j] >= 0 and seen[place[j]] == j
        until = 0.0 if here else until + (gap_d[j] if j < m - 1 else 0.0)
        if not here:
            left = bridge[j, 0]
            right = math.exp(-until / tau) if place[j] < last else 0.0
            rest = 1.0 - left * left * right * right
            bridge[j, 0] = left * (1.0 - right * right) / rest
            bridge[j, 1] = right * (1.0 - left * left) / rest
            bridge[j, 2] = (1.0 - left * left) * (1.0 - right * right) / rest
    _factor(diagonal, off, pivot, ratio)


@_compiled
def _levels(u, b, pivot, ratio, gains, cov_b, place, bridge, variance, level_design, mean, var):  # type: ignore[no-untyped-def]
    """Posterior mean and variance of the log level at every node: u_j + level_design_j . b."""
    (s, p), m = gains.shape, mean.size
    inverse, beside, rest = np.empty(s), np.zeros(s), np.empty(p)
    inverse[s - 1] = 1.0 / pivot[s - 1]
    for j in range(s - 2, -1, -1):
        beside[j] = -ratio[j] * inverse[j + 1]
        inverse[j] = 1.0 / pivot[j] - ratio[j] * beside[j]
    for j in range(m):
        before, after = max(place[j], 0), min(place[j] + 1, s - 1)
        left, right = bridge[j, 0], bridge[j, 1]
        mean[j] = left * u[before] + right * u[after]
        var[j] = variance * bridge[j, 2] + left * left * inverse[before] + right * right * inverse[after]
        var[j] += 2.0 * left * right * beside[before]
        for c in range(p):
            mean[j] += level_design[j, c] * b[c]
            rest[c] = level_design[j, c] - left * gains[before, c] - right * gains[after, c]
        for c in range(p):
            var[j] += rest[c] * rest[c] * cov_b[c, c]
            for d in range(c):
                var[j] += 2.0 * rest[c] * cov_b[c, d] * rest[d]


@_compiled
def _mean_levels(mean, var, days, weights, log_mean):  # type: ignore[no-untyped-def]
    """Log of the expected mean level over days[:, side], and each node's share of it; in place. No days: log 1."""
    m = mean.size
    top = -np.inf
    count, total = (0.0, 0.0), (0.0, 0.0)
    for j in range(m):
        if days[j, 0] + days[j, 1] > 0.0:
            top = max(top, mean[j] + 0.5 * min(var[j], MOST_VAR))
    for j in range(m):
        weights[j, 0] = weights[j, 1] = 0.0
        if days[j, 0] + days[j, 1] > 0.0:
            level = math.exp(max(mean[j] + 0.5 * min(var[j], MOST_VAR) - top, -600.0))
            weights[j, 0], weights[j, 1] = days[j, 0] * level, days[j, 1] * level
            count = (count[0] + days[j, 0], count[1] + days[j, 1])
            total = (total[0] + weights[j, 0], total[1] + weights[j, 1])
    for side in range(2):
        log_mean[side] = 0.0
        if count[side] > 0.0:
            log_mean[side] = top + math.log(total[side] / count[side])
            share = 1.0 / total[side]
            for j in range(m):
                weights[j, side] *= share


@_compiled
def _add_products(x, pivot, ratio, scale, cov):  # type: ignore[no-untyped-def]
    """Add scale x' T^-1 x to cov (2, 2) for T = LDL' tridiagonal and x (m, 2): L^-1 x is all it takes. x is lost."""
    both, first, second = 0.0, 0.0, 0.0
    for j in range(x.shape[0]):
        if j > 0:
            x[j, 0] -= ratio[j - 1] * x[j - 1, 0]
            x[j, 1] -= ratio[j - 1] * x[j - 1, 1]
        weight = 1.0 / pivot[j]
        first += weight * x[j, 0] * x[j, 0]
        second += weight * x[j, 1] * x[j, 1]
        both += weight * x[j, 0] * x[j, 1]
    cov[0, 0] += scale * first
    cov[1, 1] += scale * second
    cov[0, 1] += scale * both


@_compiled
def _log_mean_contrast(  # type: ignore[no-untyped-def]
    mean, var, days, pivot, ratio, gains, cov_b, is_seen, place, bridge, variance, bridge_pivot, bridge_ratio,
    level_design,
):  # fmt: skip
    """Mean and variance of log(mean level over days[:, 0]) - log(mean level over days[:, 1]).

    A mean of log-normals: E[A] from the nodes' moments, var(log A) to first order with weights in proportion to the
    expected level, E[log A] = log E[A] - var / 2 (exact for one day, and in the limit of many independent ones).
    """
    (s, p), m = gains.shape, mean.size
    weights, at_seen = np.empty((m, 2)), np.zeros((s, 2))
    through, log_mean, cov = np.zeros((p, 2)), np.empty(2), np.zeros((2, 2))
    _mean_levels(mean, var, days, weights, log_mean)
    for j in range(m):
        first, second = weights[j, 0], weights[j, 1]
        for c in range(p):
            through[c, 0] += first * level_design[j, c]
            through[c, 1] += second * level_design[j, c]
        before, after = max(place[j], 0), min(place[j] + 1, s - 1)
        at_seen[before, 0] += first * bridge[j, 0]
        at_seen[before, 1] += second * bridge[j, 0]
        at_seen[after, 0] += first * bridge[j, 1]
        at_seen[after, 1] += second * bridge[j, 1]
        if is_seen[j]:
            weights[j, 0] = weights[j, 1] = 0.0
    for j in range(s):
        for c in range(p):
            through[c, 0] -= at_seen[j, 0] * gains[j, c]
            through[c, 1] -= at_seen[j, 1] * gains[j, c]
    _add_products(at_seen, pivot, ratio, 1.0, cov)
    _add_products(weights, bridge_pivot, bridge_ratio, variance, cov)
    for c in range(p):
        for d in range(p):
            cov[0, 0] += through[c, 0] * cov_b[c, d] * through[d, 0]
            cov[1, 1] += through[c, 1] * cov_b[c, d] * through[d, 1]
            cov[0, 1] += through[c, 0] * cov_b[c, d] * through[d, 1]
    centre = log_mean[0] - log_mean[1] - 0.5 * (cov[0, 0] - cov[1, 1])
    return centre, cov[0, 0] + cov[1, 1] - 2.0 * cov[0, 1]


@_compiled
def _keep(visited, b, cov_b, mean, var, effects, cov, levels):  # type: ignore[no-untyped-def]
    """Write one grid point's posterior down."""
    for c in range(b.size):
        effects[visited, c] = b[c]
        for d in range(b.size):
            cov[visited, c, d] = cov_b[c, d]
    for j in range(mean.size):
        levels[visited, j, 0], levels[visited, j, 1] = mean[j], var[j]


@_compiled
def _begin(x, modes, is_fitted, s, t, a, back):  # type: ignore[no-untyped-def]
    """Where Newton begins: the mode that neighbours on the grid point to (Lorenzo's predictor), as many as are fitted.

    modes (drift, time, dispersion, len(x)); `back`: the dispersion fitted last in this row, or -1. x is left as it is
    where no neighbour is fitted.
    """
    on_a, on_t, on_s = back >= 0, t > 0 and is_fitted[s, t - 1, a], s > 0 and is_fitted[s - 1, t, a]
    on_ta = on_a and on_t and is_fitted[s, t - 1, back]
    on_sa = on_a and on_s and is_fitted[s - 1, t, back]
    on_st = on_s and on_t and is_fitted[s - 1, t - 1, a]
    if on_ta and on_sa and on_st and is_fitted[s - 1, t - 1, back]:
        for i in range(x.size):
            here = modes[s, t, back, i] - modes[s - 1, t, back, i]
            beside = modes[s, t - 1, back, i] - modes[s - 1, t - 1, back, i]
            x[i] = here - beside + modes[s, t - 1, a, i] + modes[s - 1, t, a, i] - modes[s - 1, t - 1, a, i]
    elif on_ta:
        for i in range(x.size):
            x[i] = modes[s, t, back, i] + modes[s, t - 1, a, i] - modes[s, t - 1, back, i]
    elif on_sa:
        for i in range(x.size):
            x[i] = modes[s, t, back, i] + modes[s - 1, t, a, i] - modes[s - 1, t, back, i]
    elif on_st:
        for i in range(x.size):
            x[i] = modes[s, t - 1, a, i] + modes[s - 1, t, a, i] - modes[s - 1, t - 1, a, i]
    elif on_a or on_t or on_s:
        for i in range(x.size):
            x[i] = modes[s, t, back, i] if on_a else (modes[s, t - 1, a, i] if on_t else modes[s - 1, t, a, i])


@_compiled
def fit_grid(  # type: ignore[no-untyped-def]
    family, y, offset, false_alarms, extra_var, node, design, gap_d, level_design, days, b_prec, start_level,
    sigmas, taus, ks, log_prior,
):  # fmt: skip
    """Fit at every grid point worth visiting.

    Shapes: observations n, nodes m, effects p. node (n,) int; design (n, p); gap_d (m - 1,) > 0; level_design (m, p);
    days (m, 2), how many days of each window a node stands for; b_prec (p,); log_prior (drift, time, dispersion).
    Returns v, how many points were visited, and arrays whose first v rows are theirs: index (v, 3), log marginal
    likelihood (v,), contrast mean and variance (v, 2), b (v, p), cov(b) (v, p, p), log level mean and variance at the
    nodes (v, m, 2).
    """
    m, p = level_design.shape
    size = sigmas.size * taus.size * ks.size
    index = np.empty((size, 3), np.int64)
    log_ml, contrast = np.empty(size), np.empty((size, 2))
    effects, cov, levels = np.empty((size, p)), np.empty((size, p, p)), np.empty((size, m, 2))
    seen, image_place, place = _seen_nodes(node, m)
    is_seen = np.zeros(m, np.bool_)
    for j in range(seen.size):
        is_seen[seen[j]] = True
    s_gap_d = _seen_gaps(gap_d, seen)
    bridge = np.empty((taus.size, m, 3))
    bridge_pivot, bridge_ratio = np.empty((taus.size, m)), np.empty((taus.size, max(m - 1, 1)))
    unit_diag, unit_off = np.empty((taus.size, seen.size)), np.empty((taus.size, max(seen.size - 1, 1)))
    unit_log_det = np.empty(taus.size)
    for t in range(taus.size):
        _bridges(gap_d, seen, place, taus[t], bridge[t], bridge_pivot[t], bridge_ratio[t])
        unit_log_det[t] = _drift_precision(s_gap_d, 1.0, taus[t], unit_diag[t], unit_off[t])
    q_diag, q_off = np.empty(seen.size), np.empty(max(seen.size - 1, 1))
    modes = np.empty((sigmas.size, taus.size, ks.size, seen.size + p))
    is_fitted = np.zeros((sigmas.size, taus.size, ks.size), np.bool_)
    mode = np.zeros(seen.size + p)
    u, b = mode[: seen.size], mode[seen.size :]
    b[0] = start_level
    pivot, ratio = np.empty(seen.size), np.empty(max(seen.size - 1, 1))
    gains, cov_b = np.empty((seen.size, p)), np.empty((p, p))
    constants = _constants(family, y, ks)
    log_det_b = 0.0
    for c in range(p):
        log_det_b += math.log(b_prec[c])
    mean, var = np.empty(m), np.empty(m)
    visited, top, start = 0, -np.inf, ks.size // 2
    for s in range(sigmas.size):
        variance = sigmas[s] * sigmas[s]
        for t in range(taus.size):
            log_det_q = unit_log_det[t] - seen.size * math.log(variance)
            _move(q_diag, unit_diag[t], 1.0 / variance, unit_diag[t], 0.0)
            _move(q_off, unit_off[t], 1.0 / variance, unit_off[t], 0.0)
            row_top, row_best = -np.inf, start
            # From the last row's best dispersion outwards, each way until the mass is gone.
            for way in range(2):
                a = start - way
                back = start if way == 1 else -1
                while 0 <= a < ks.size:
                    _begin(mode, modes, is_fitted, s, t, a, back)
                    objective, log_det = _mode(
                        family, y, offset, false_alarms, constants[a], extra_var, ks[a], image_place, design, q_diag,
                        q_off, b_prec, u, b, pivot, ratio, gains, cov_b,
                    )  # fmt: skip
                    _move(modes[s, t, a], mode, 1.0, mode, 0.0)
                    is_fitted[s, t, a] = True
                    back = a
                    value = objective + 0.5 * (log_det_q + log_det_b - log_det)
                    total = value + log_prior[s, t, a]
                    if total > row_top:
                        row_top, row_best = total, a
                    top = max(top, total)
                    if total > top - PRUNE:
                        _levels(u, b, pivot, ratio, gains, cov_b, place, bridge[t], variance, level_design, mean, var)
                        centre, spread = _log_mean_contrast(
                            mean, var, days, pivot, ratio, gains, cov_b, is_seen, place, bridge[t], variance,
                            bridge_pivot[t], bridge_ratio[t], level_design,
                        )  # fmt: skip
                        index[visited, 0], index[visited, 1], index[visited, 2] = s, t, a
                        log_ml[visited] = value
                        contrast[visited, 0], contrast[visited, 1] = centre, max(spread, 0.0)
                        _keep(visited, b, cov_b, mean, var, effects, cov, levels)
                        visited += 1
                    elif total < row_top:
                        break
                    a += 1 if way == 0 else -1
            start = row_best
    return visited, index, log_ml, contrast, effects, cov, levels
