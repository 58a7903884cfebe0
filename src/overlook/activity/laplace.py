"""The numerical core: Laplace approximation of counts on a drifting level, over a grid of hyperparameters.

Latent: a drift u at m nodes in time (Ornstein-Uhlenbeck, so its precision is tridiagonal) and p effects b. An
observation at node j has log level eta = u_j + x.b. One Newton step solves a tridiagonal system for p + 1 right sides
and a p x p Schur complement: O(m p^2), after Rue, Martino & Chopin (2009) and Rue & Held (2005, ch. 2). Compiled; knows
no words of the line.

One file, though a long one: what the compiler keeps of a function is renewed when its own file changes, not when a
function it calls in another file does.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

#: Likelihood families: counts without false alarms (negative binomial), with (Delaporte), log of an index (Student-t).
COUNTS, COUNTS_AND_FALSE_ALARMS, LOG_INDEX = 0, 1, 2
#: Degrees of freedom of the index's Student-t.
INDEX_DF = 4.0
#: Grid points this far (in log posterior) below the best are left out: together under e^-9 x 400 of the mass.
PRUNE = 12.0
#: A day's log level of more variance counts as this much: the interval is as good as open by then.
MOST_VAR = 6.0


def _compiled(function):  # type: ignore[no-untyped-def]
    """Compile once a machine; where nothing may be kept (a read-only install without a home), once a process."""
    try:
        return njit(cache=True)(function)
    except RuntimeError:
        return njit(function)


@_compiled
def point(family, y, offset, false_alarms, constant, extra_var, k, eta):  # type: ignore[no-untyped-def]
    """Log-likelihood of one observation at log level `eta`, its slope, and its curvature (minus the second derivative).

    Counts: y ~ Poisson(e^(eta + offset) g + false_alarms), g ~ Gamma(k, k) integrated out exactly. Without false alarms
    that is the negative binomial; with them the Delaporte, summed over how many of the y are false. Index: y = eta +
    Student-t noise of squared scale 1/k + extra_var, curvature its expectation.
    """
    if family == 2:
        scale = 1.0 / k + extra_var
        z = y - eta
        loglik = -0.5 * (INDEX_DF + 1.0) * math.log1p(z * z / (INDEX_DF * scale)) - 0.5 * math.log(scale)
        slope = (INDEX_DF + 1.0) * z / (INDEX_DF * scale + z * z)
        return loglik, slope, (INDEX_DF + 1.0) / ((INDEX_DF + 3.0) * scale)
    x = min(max(eta + offset, -40.0), 30.0)
    m = math.exp(x)
    log_rest = math.log1p(m / k)
    damp = k / (k + m)
    if family == 0 or false_alarms <= 0.0:
        loglik = constant + y * (x - math.log(k)) - (y + k) * log_rest
        return loglik, (y - m) * damp, m * (k + y) / k * damp * damp
    # Delaporte: t_l = Poisson(l; f) NB(y - l; m, k), l false alarms, by recursion from l = 0.
    most = min(y, math.floor(false_alarms + 10.0 * math.sqrt(false_alarms) + 20.0))
    log_scale = constant + y * (x - math.log(k)) - (y + k) * log_rest - false_alarms
    odds = m / (k + m)
    term, mass, first, second = 1.0, 0.0, 0.0, 0.0
    false = 0.0
    while True:
        true = y - false
        slope = (true - m) * damp
        mass += term
        first += term * slope
        second += term * (slope * slope - m * (k + true) / k * damp * damp)
        if false >= most:
            break
        term *= false_alarms / (false + 1.0) * true / ((true - 1.0 + k) * odds)
        false += 1.0
        if term > 1e100 or mass > 1e100:
            term *= 1e-100
            mass *= 1e-100
            first *= 1e-100
            second *= 1e-100
            log_scale += 100.0 * math.log(10.0)
    slope = first / mass
    return log_scale + math.log(mass), slope, max(slope * slope - second / mass, 0.0)


@_compiled
def _factor(diagonal, off, pivot, ratio):  # type: ignore[no-untyped-def]
    """LDL' of a symmetric tridiagonal matrix; returns its log determinant."""
    pivot[0] = diagonal[0]
    log_det = math.log(pivot[0])
    for j in range(1, diagonal.size):
        ratio[j - 1] = off[j - 1] / pivot[j - 1]
        pivot[j] = diagonal[j] - ratio[j - 1] * off[j - 1]
        log_det += math.log(pivot[j])
    return log_det


@_compiled
def _solve(pivot, ratio, x):  # type: ignore[no-untyped-def]
    """Solve in place for every column of x (m, columns)."""
    m, columns = x.shape
    for j in range(1, m):
        for c in range(columns):
            x[j, c] -= ratio[j - 1] * x[j - 1, c]
    for c in range(columns):
        x[m - 1, c] /= pivot[m - 1]
    for j in range(m - 2, -1, -1):
        for c in range(columns):
            x[j, c] = x[j, c] / pivot[j] - ratio[j] * x[j + 1, c]


@_compiled
def _inverse(s, inverse):  # type: ignore[no-untyped-def]
    """Inverse of a small positive definite matrix by Cholesky; returns its log determinant."""
    p = s.shape[0]
    lower = np.zeros((p, p))
    log_det = 0.0
    for i in range(p):
        for j in range(i + 1):
            total = s[i, j]
            for q in range(j):
                total -= lower[i, q] * lower[j, q]
            if i == j:
                lower[i, i] = math.sqrt(max(total, 1e-12))
                log_det += 2.0 * math.log(lower[i, i])
            else:
                lower[i, j] = total / lower[j, j]
    for c in range(p):
        for i in range(p):
            total = 1.0 if i == c else 0.0
            for q in range(i):
                total -= lower[i, q] * inverse[q, c]
            inverse[i, c] = total / lower[i, i]
        for i in range(p - 1, -1, -1):
            total = inverse[i, c]
            for q in range(i + 1, p):
                total -= lower[q, i] * inverse[q, c]
            inverse[i, c] = total / lower[i, i]
    return log_det


@_compiled
def _drift_precision(gap_d, sigma, tau, diagonal, off):  # type: ignore[no-untyped-def]
    """Precision of the Ornstein-Uhlenbeck process at nodes `gap_d` days apart; returns its log determinant."""
    scale = 1.0 / (sigma * sigma)
    m = diagonal.size
    log_det = m * math.log(scale)
    for j in range(m):
        diagonal[j] = scale
    for j in range(m - 1):
        rest = -math.expm1(-2.0 * gap_d[j] / tau)
        rho = math.exp(-gap_d[j] / tau)
        log_det -= math.log(rest)
        diagonal[j] += scale * rho * rho / rest
        diagonal[j + 1] += scale * rho * rho / rest
        off[j] = -scale * rho / rest
    return log_det


@_compiled
def _gather_prior(q_diag, q_off, b_prec, u, b, diagonal, cross, schur, grad_u, grad_b):  # type: ignore[no-untyped-def]
    """Start the Newton system with the prior's part; returns the log prior at (u, b), constants left out."""
    m = u.size
    total = 0.0
    for j in range(m):
        diagonal[j] = q_diag[j]
        slope = -q_diag[j] * u[j]
        if j > 0:
            slope -= q_off[j - 1] * u[j - 1]
        if j < m - 1:
            slope -= q_off[j] * u[j + 1]
        grad_u[j] = slope
        total += 0.5 * slope * u[j]
        for c in range(b.size):
            cross[j, c] = 0.0
    for c in range(b.size):
        for d in range(b.size):
            schur[c, d] = 0.0
        grad_b[c] = -b_prec[c] * b[c]
        schur[c, c] = b_prec[c]
        total += 0.5 * grad_b[c] * b[c]
    return total


@_compiled
def _gather_images(  # type: ignore[no-untyped-def]
    family, y, offset, false_alarms, constant, extra_var, k, node, design, u, b, diagonal, cross, schur, grad_u, grad_b
):  # fmt: skip
    """Add every observation to the Newton system; returns the log-likelihood at (u, b)."""
    p = b.size
    total = 0.0
    for i in range(y.size):
        j = node[i]
        eta = u[j]
        for c in range(p):
            eta += design[i, c] * b[c]
        loglik, slope, curve = point(family, y[i], offset[i], false_alarms[i], constant[i], extra_var[i], k, eta)
        total += loglik
        grad_u[j] += slope
        diagonal[j] += curve
        for c in range(p):
            if design[i, c] != 0.0:
                grad_b[c] += design[i, c] * slope
                cross[j, c] += curve * design[i, c]
                for d in range(c + 1):
                    schur[c, d] += curve * design[i, c] * design[i, d]
    return total


@_compiled
def _eliminate(cross, right, schur, grad_b):  # type: ignore[no-untyped-def]
    """Take the drift out of the effects' block and gradient: schur - B' T^-1 B, grad - B' T^-1 g."""
    for c in range(grad_b.size):
        for j in range(cross.shape[0]):
            grad_b[c] -= cross[j, c] * right[j, 0]
        for d in range(c + 1):
            for j in range(cross.shape[0]):
                schur[c, d] -= cross[j, c] * right[j, d + 1]
            schur[d, c] = schur[c, d]


@_compiled
def _newton_step(  # type: ignore[no-untyped-def]
    diagonal, q_off, cross, schur, grad_u, grad_b, pivot, ratio, gains, schur_inverse, step_u, step_b
):  # fmt: skip
    """Solve the bordered system by its Schur complement; returns (log det H, half the decrement, largest move)."""
    m, p = cross.shape
    log_det = _factor(diagonal, q_off, pivot, ratio)
    right = np.empty((m, p + 1))
    for j in range(m):
        right[j, 0] = grad_u[j]
        for c in range(p):
            right[j, c + 1] = cross[j, c]
    _solve(pivot, ratio, right)
    for j in range(m):
        for c in range(p):
            gains[j, c] = right[j, c + 1]
    _eliminate(cross, right, schur, grad_b)
    log_det += _inverse(schur, schur_inverse)
    decrement, largest = 0.0, 0.0
    for c in range(p):
        step_b[c] = 0.0
        for d in range(p):
            step_b[c] += schur_inverse[c, d] * grad_b[d]
        decrement += step_b[c] * grad_b[c]
        largest = max(largest, abs(step_b[c]))
    for j in range(m):
        decrement += grad_u[j] * right[j, 0]
        step_u[j] = right[j, 0]
        for c in range(p):
            step_u[j] -= gains[j, c] * step_b[c]
        largest = max(largest, abs(step_u[j]))
    return log_det, 0.5 * decrement, largest


@_compiled
def _move(into, x, a, y, b):  # type: ignore[no-untyped-def]
    """into = a x + b y. Loops throughout this file: array expressions and slices take the compiler seconds each."""
    for i in range(into.size):
        into[i] = a * x[i] + b * y[i]


@_compiled
def _mode(  # type: ignore[no-untyped-def]
    family, y, offset, false_alarms, constant, extra_var, k, node, design, q_diag, q_off, b_prec,
    u, b, pivot, ratio, gains, schur_inverse,
):  # fmt: skip
    """Newton to the posterior mode, in place in (u, b). Leaves the factors at the mode; returns (objective, log det H).

    gains = T^-1 B, with T the drift's block of the Hessian H and B its block with the effects; schur_inverse = cov(b).
    """
    m, p = u.size, b.size
    diagonal, cross, schur = np.empty(m), np.empty((m, p)), np.empty((p, p))
    grad_u, grad_b, step_u, step_b = np.empty(m), np.empty(p), np.empty(m), np.empty(p)
    old_u, old_b = u.copy(), b.copy()
    best, halvings, log_det = -np.inf, 0, 0.0
    for _ in range(60):
        objective = _gather_prior(q_diag, q_off, b_prec, u, b, diagonal, cross, schur, grad_u, grad_b)
        objective += _gather_images(
            family, y, offset, false_alarms, constant, extra_var, k, node, design, u, b,
            diagonal, cross, schur, grad_u, grad_b,
        )  # fmt: skip
        if not objective >= best - 1e-9 and halvings < 30:
            halvings += 1
            _move(u, u, 0.5, old_u, 0.5)
            _move(b, b, 0.5, old_b, 0.5)
            continue
        best, halvings = objective, 0
        log_det, gain, largest = _newton_step(
            diagonal, q_off, cross, schur, grad_u, grad_b, pivot, ratio, gains, schur_inverse, step_u, step_b
        )
        if gain < 5e-8:
            break
        # A step of more than e^3 in the level leaves the region where the curvature means anything.
        shrink = min(1.0, 3.0 / largest)
        _move(old_u, u, 1.0, u, 0.0)
        _move(old_b, b, 1.0, b, 0.0)
        _move(u, u, 1.0, step_u, shrink)
        _move(b, b, 1.0, step_b, shrink)
    return best, log_det


@_compiled
def _levels(u, b, pivot, ratio, gains, cov_b, level_design, mean, var):  # type: ignore[no-untyped-def]
    """Posterior mean and variance of the log level at every node: u_j + level_design_j . b."""
    m, p = gains.shape
    rest = np.empty(p)
    inverse = 0.0
    for j in range(m - 1, -1, -1):
        inverse = 1.0 / pivot[j] if j == m - 1 else 1.0 / pivot[j] + ratio[j] * ratio[j] * inverse
        mean[j] = u[j]
        var[j] = inverse
        for c in range(p):
            mean[j] += level_design[j, c] * b[c]
            rest[c] = level_design[j, c] - gains[j, c]
        for c in range(p):
            for d in range(p):
                var[j] += rest[c] * cov_b[c, d] * rest[d]


@_compiled
def _mean_level(mean, var, days, weights, side):  # type: ignore[no-untyped-def]
    """Log of the expected mean level over days[:, side] and, in place, each node's share of it. No days: log 1."""
    m = mean.size
    top, count, total = -np.inf, 0.0, 0.0
    for j in range(m):
        if days[j, side] > 0.0:
            count += days[j, side]
            top = max(top, mean[j] + 0.5 * min(var[j], MOST_VAR))
    for j in range(m):
        weights[j, side] = 0.0
        if days[j, side] > 0.0:
            weights[j, side] = days[j, side] * math.exp(mean[j] + 0.5 * min(var[j], MOST_VAR) - top)
            total += weights[j, side]
    if count == 0.0:
        return 0.0
    for j in range(m):
        weights[j, side] /= total
    return top + math.log(total / count)


@_compiled
def _log_mean_contrast(  # type: ignore[no-untyped-def]
    mean, var, days, pivot, ratio, gains, cov_b, level_design
):  # fmt: skip
    """Mean and variance of log(mean level over days[:, 0]) - log(mean level over days[:, 1]).

    A mean of log-normals: E[A] from the nodes' moments, var(log A) to first order with weights in proportion to the
    expected level, E[log A] = log E[A] - var / 2 (exact for one day, and in the limit of many independent ones).
    """
    m, p = gains.shape
    weights, through, log_mean = np.empty((m, 2)), np.zeros((2, p)), np.empty(2)
    for side in range(2):
        log_mean[side] = _mean_level(mean, var, days, weights, side)
        for j in range(m):
            for c in range(p):
                through[side, c] += weights[j, side] * (level_design[j, c] - gains[j, c])
    solved = weights.copy()
    _solve(pivot, ratio, solved)
    cov = np.zeros((2, 2))
    for s in range(2):
        for t in range(2):
            for j in range(m):
                cov[s, t] += weights[j, s] * solved[j, t]
            for c in range(p):
                for d in range(p):
                    cov[s, t] += through[s, c] * cov_b[c, d] * through[t, d]
    centre = log_mean[0] - log_mean[1] - 0.5 * (cov[0, 0] - cov[1, 1])
    return centre, cov[0, 0] + cov[1, 1] - 2.0 * cov[0, 1]


@_compiled
def _constants(family, y, ks):  # type: ignore[no-untyped-def]
    """The part of each count's log-likelihood that depends on the dispersion alone; zero for an index."""
    constants = np.zeros((ks.size, y.size))
    if family != 2:
        for a in range(ks.size):
            for i in range(y.size):
                constants[a, i] = math.lgamma(y[i] + ks[a]) - math.lgamma(ks[a]) - math.lgamma(y[i] + 1.0)
    return constants


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
    q_diag, q_off = np.empty(m), np.empty(max(m - 1, 1))
    u, b = np.zeros(m), np.zeros(p)
    b[0] = start_level
    pivot, ratio = np.empty(m), np.empty(max(m - 1, 1))
    gains, cov_b = np.empty((m, p)), np.empty((p, p))
    constants = _constants(family, y, ks)
    log_det_b = 0.0
    for c in range(p):
        log_det_b += math.log(b_prec[c])
    mean, var = np.empty(m), np.empty(m)
    visited, top, start = 0, -np.inf, ks.size // 2
    for s in range(sigmas.size):
        for t in range(taus.size):
            log_det_q = _drift_precision(gap_d, sigmas[s], taus[t], q_diag, q_off)
            row_top, row_best = -np.inf, start
            # From the last row's best dispersion outwards, each way until the mass is gone.
            for way in range(2):
                a = start if way == 0 else start - 1
                while 0 <= a < ks.size:
                    objective, log_det = _mode(
                        family, y, offset, false_alarms, constants[a], extra_var, ks[a], node, design, q_diag, q_off,
                        b_prec, u, b, pivot, ratio, gains, cov_b,
                    )  # fmt: skip
                    value = objective + 0.5 * (log_det_q + log_det_b - log_det)
                    total = value + log_prior[s, t, a]
                    if total > row_top:
                        row_top, row_best = total, a
                    top = max(top, total)
                    if total > top - PRUNE:
                        _levels(u, b, pivot, ratio, gains, cov_b, level_design, mean, var)
                        centre, spread = _log_mean_contrast(mean, var, days, pivot, ratio, gains, cov_b, level_design)
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
