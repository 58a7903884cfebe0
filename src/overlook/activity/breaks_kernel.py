"""The numerical core of the step scan: Bayes factors of a step at every candidate time, for many made-up series.

Compiled; knows no words of the line. It calls the compiled functions of `laplace`, and what the compiler keeps of them
here is renewed only when this file changes: `LAPLACE_DIGEST` is that of the `laplace.py` it was written against, a test
compares the two, and a changed `laplace.py` therefore has to change this file.
"""

from __future__ import annotations

import math

import numpy as np

from overlook.activity.laplace import (
    _compiled,
    _constants,
    _drift_precision,
    _mode,
    point,
)

LAPLACE_DIGEST = "777f7df90da26857eded25c767f6675483b6a3f3dbd1223f2791db6b10d95e38"


@_compiled
def _step_factors(  # type: ignore[no-untyped-def]
    family, y, offset, false_alarms, constant, extra_var, k, node, design, u, b, pivot, ratio, gains, cov_b,
    candidates, step_prec, log_bf,
):  # fmt: skip
    """Log Bayes factor of a step after each candidate image, one Newton step from the null's mode; in place.

    With g the score of the step at the null's mode and S its curvature once drift and effects have been taken out
    (Schur complement, the step's prior precision included): log BF = g^2 / (2 S) - log(S / step_prec) / 2. Exact for
    Gaussian likelihoods. Images are in order of time, and so are their nodes.
    """
    n, (m, p) = y.size, gains.shape
    slopes, curves = np.empty(n), np.empty(n)
    for i in range(n):
        eta = u[node[i]]
        for c in range(p):
            eta += design[i, c] * b[c]
        _, slopes[i], curves[i] = point(family, y[i], offset[i], false_alarms[i], constant[i], extra_var[i], k, eta)
    # From the last candidate to the first: each adds the images between it and the one after it.
    weight, through = np.zeros(m), np.zeros(p)
    score, curve = 0.0, step_prec
    done = n
    for a in range(candidates.size - 1, -1, -1):
        first = candidates[a] + 1
        for i in range(first, done):
            score += slopes[i]
            curve += curves[i]
            weight[node[i]] += curves[i]
            for c in range(p):
                through[c] += curves[i] * (design[i, c] - gains[node[i], c])
        done = first
        total, last = curve, 0.0
        for j in range(node[first], m):
            last = weight[j] - (ratio[j - 1] * last if j > node[first] else 0.0)
            total -= last * last / pivot[j]
        for c in range(p):
            for d in range(p):
                total -= through[c] * cov_b[c, d] * through[d]
        total = max(total, 1e-3 * step_prec)
        log_bf[a] = 0.5 * score * score / total - 0.5 * math.log(total / step_prec)


@_compiled
def scan(  # type: ignore[no-untyped-def]
    family, y, offset, false_alarms, extra_var, node, design, gap_d, b_prec, start_level, sigmas, taus, ks,
    candidates, step_prec,
):  # fmt: skip
    """The null's fit and each candidate's Bayes factor at g points of (drift sd, correlation time, dispersion).

    Shapes as in `laplace.fit_grid`; sigmas, taus, ks (g,); candidates (c,) int: the step comes after that image.
    Returns log marginal likelihood (g,), log Bayes factors (g, c), effects (g, p) and their covariance (g, p, p).
    """
    m, p, size = gap_d.size + 1, b_prec.size, sigmas.size
    log_ml, log_bf = np.empty(size), np.empty((size, candidates.size))
    effects, cov = np.empty((size, p)), np.empty((size, p, p))
    q_diag, q_off = np.empty(m), np.empty(max(m - 1, 1))
    pivot, ratio, gains, cov_b = np.empty(m), np.empty(max(m - 1, 1)), np.empty((m, p)), np.empty((p, p))
    u, b = np.zeros(m), np.zeros(p)
    b[0] = start_level
    constants = _constants(family, y, ks)
    log_det_b = 0.0
    for c in range(p):
        log_det_b += math.log(b_prec[c])
    for g in range(size):
        log_det_q = _drift_precision(gap_d, sigmas[g], taus[g], q_diag, q_off)
        objective, log_det = _mode(
            family, y, offset, false_alarms, constants[g], extra_var, ks[g], node, design, q_diag, q_off, b_prec,
            u, b, pivot, ratio, gains, cov_b,
        )  # fmt: skip
        log_ml[g] = objective + 0.5 * (log_det_q + log_det_b - log_det)
        _step_factors(
            family, y, offset, false_alarms, constants[g], extra_var, ks[g], node, design, u, b,
            pivot, ratio, gains, cov_b, candidates, step_prec, log_bf[g],
        )  # fmt: skip
        for c in range(p):
            effects[g, c] = b[c]
            for d in range(p):
                cov[g, c, d] = cov_b[c, d]
    return log_ml, log_bf, effects, cov


@_compiled
def averaged(log_ml, log_bf, log_prior):  # type: ignore[no-untyped-def]
    """Log of the Bayes factor averaged over candidates, and over the points under the null's posterior weights."""
    size, n = log_bf.shape
    top_null, top_step = -np.inf, -np.inf
    for g in range(size):
        base = log_prior[g] + log_ml[g]
        top_null = max(top_null, base)
        for a in range(n):
            top_step = max(top_step, base + log_bf[g, a])
    null, step = 0.0, 0.0
    for g in range(size):
        base = log_prior[g] + log_ml[g]
        null += math.exp(base - top_null)
        for a in range(n):
            step += math.exp(base + log_bf[g, a] - top_step)
    return top_step + math.log(step / n) - top_null - math.log(null)


@_compiled
def statistics(  # type: ignore[no-untyped-def]
    family, ys, offset, false_alarms, extra_var, node, design, gap_d, b_prec, start_levels, sigmas, taus, ks,
    log_prior, candidates, step_prec,
):  # fmt: skip
    """`averaged` for each row of ys (replicates, n), refitted; start_levels (replicates,)."""
    found = np.empty(ys.shape[0])
    for r in range(ys.shape[0]):
        log_ml, log_bf, _, _ = scan(
            family, ys[r], offset, false_alarms, extra_var, node, design, gap_d, b_prec, start_levels[r],
            sigmas, taus, ks, candidates, step_prec,
        )  # fmt: skip
        found[r] = averaged(log_ml, log_bf, log_prior)
    return found


@_compiled
def refits(  # type: ignore[no-untyped-def]
    family, y, offset, false_alarms, extra_var, node, design, gap_d, b_prec, start_level, sigmas, taus, ks,
    candidates, step_prec,
):  # fmt: skip
    """The full Laplace fit with a step after each candidate image, at each of g points; shapes as in `scan`.

    Returns log marginal likelihood, and the step's posterior mean and variance, each (c, g).
    """
    n, m, p, size = y.size, gap_d.size + 1, b_prec.size, sigmas.size
    log_ml = np.empty((candidates.size, size))
    mean, var = np.empty((candidates.size, size)), np.empty((candidates.size, size))
    wide, prec = np.zeros((n, p + 1)), np.empty(p + 1)
    log_det_b = math.log(step_prec)
    prec[p] = step_prec
    for c in range(p):
        prec[c] = b_prec[c]
        log_det_b += math.log(b_prec[c])
        for i in range(n):
            wide[i, c] = design[i, c]
    q_diag, q_off = np.empty(m), np.empty(max(m - 1, 1))
    pivot, ratio, gains = np.empty(m), np.empty(max(m - 1, 1)), np.empty((m, p + 1))
    cov_b = np.empty((p + 1, p + 1))
    constants = _constants(family, y, ks)
    u, b = np.zeros(m), np.zeros(p + 1)
    b[0] = start_level
    for a in range(candidates.size):
        for i in range(n):
            wide[i, p] = 1.0 if i > candidates[a] else 0.0
        for g in range(size):
            log_det_q = _drift_precision(gap_d, sigmas[g], taus[g], q_diag, q_off)
            objective, log_det = _mode(
                family, y, offset, false_alarms, constants[g], extra_var, ks[g], node, wide, q_diag, q_off, prec,
                u, b, pivot, ratio, gains, cov_b,
            )  # fmt: skip
            log_ml[a, g] = objective + 0.5 * (log_det_q + log_det_b - log_det)
            mean[a, g], var[a, g] = b[p], cov_b[p, p]
    return log_ml, mean, var
