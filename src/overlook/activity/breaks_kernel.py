"""The numerical core of the scan: Bayes factors of steps and episodes at every candidate time, of many made-up series.

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
def _at_the_mode(  # type: ignore[no-untyped-def]
    family, y, offset, false_alarms, constant, extra_var, k, node, design, u, b, slopes, curves
):  # fmt: skip
    """Slope and curvature of every image's log-likelihood at the null's mode; in place."""
    for i in range(y.size):
        eta = u[node[i]]
        for c in range(b.size):
            eta += design[i, c] * b[c]
        _, slopes[i], curves[i] = point(family, y[i], offset[i], false_alarms[i], constant[i], extra_var[i], k, eta)


@_compiled
def _log_factor(score, curve, prec):  # type: ignore[no-untyped-def]
    """Log Bayes factor of an effect of prior precision `prec`, one Newton step from the mode without it.

    With g its score and S its curvature once drift and effects have been taken out (Schur complement, the prior's
    precision included): g^2 / (2 S) - log(S / prec) / 2. Exact for Gaussian likelihoods.
    """
    total = max(curve, 1e-3 * prec)
    return 0.5 * score * score / total - 0.5 * math.log(total / prec)


@_compiled
def _step_factors(  # type: ignore[no-untyped-def]
    slopes, curves, node, design, pivot, ratio, gains, cov_b, candidates, step_prec, log_bf
):  # fmt: skip
    """Log Bayes factor of a step after each candidate image; in place. Images and nodes are in order of time."""
    n, (m, p) = slopes.size, gains.shape
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
        log_bf[a] = _log_factor(score, total, step_prec)


@_compiled
def _through_effects(curves, node, design, gains, ends, through):  # type: ignore[no-untyped-def]
    """through[a]: curvature between a step after image ends[a] and each effect, the drift taken out; in place."""
    done = curves.size
    for a in range(ends.size - 1, -1, -1):
        for c in range(gains.shape[1]):
            through[a, c] = through[a + 1, c] if a < ends.size - 1 else 0.0
            for i in range(ends[a] + 1, done):
                through[a, c] += curves[i] * (design[i, c] - gains[node[i], c])
        done = ends[a] + 1


@_compiled
def _crossed(curves, node, design, pivot, ratio, gains, cov_b, ends, cross):  # type: ignore[no-untyped-def]
    """cross[a, b], a <= b: curvature between steps after images ends[a] and ends[b], drift and effects taken out."""
    n, (m, p), size = curves.size, gains.shape, ends.size
    through, solved, beside = np.empty((size, p)), np.empty(m), np.empty(p)
    _through_effects(curves, node, design, gains, ends, through)
    for a in range(size):
        for j in range(m):
            solved[j] = 0.0
        for i in range(ends[a] + 1, n):
            solved[node[i]] += curves[i]
        for j in range(node[ends[a] + 1] + 1, m):
            solved[j] -= ratio[j - 1] * solved[j - 1]
        solved[m - 1] /= pivot[m - 1]
        for j in range(m - 2, node[ends[a] + 1] - 1, -1):
            solved[j] = solved[j] / pivot[j] - ratio[j] * solved[j + 1]
        for c in range(p):
            beside[c] = 0.0
            for d in range(p):
                beside[c] += cov_b[c, d] * through[a, d]
        total, done = 0.0, n
        for b in range(size - 1, a - 1, -1):
            for i in range(ends[b] + 1, done):
                total += curves[i] * (1.0 - solved[node[i]])
            done = ends[b] + 1
            cross[a, b] = total
            for c in range(p):
                cross[a, b] -= beside[c] * through[b, c]


@_compiled
def _episode_factors(  # type: ignore[no-untyped-def]
    slopes, curves, node, design, pivot, ratio, gains, cov_b, ends, episodes, step_prec, log_bf
):  # fmt: skip
    """Log Bayes factor of a level that shifts after image ends[first] and shifts back after ends[last]; in place."""
    size = ends.size
    cross, score = np.empty((size, size)), np.zeros(size)
    _crossed(curves, node, design, pivot, ratio, gains, cov_b, ends, cross)
    total, done = 0.0, slopes.size
    for a in range(size - 1, -1, -1):
        for i in range(ends[a] + 1, done):
            total += slopes[i]
        done = ends[a] + 1
        score[a] = total
    for e in range(episodes.shape[0]):
        a, b = episodes[e, 0], episodes[e, 1]
        curve = step_prec + cross[a, a] + cross[b, b] - 2.0 * cross[a, b]
        log_bf[e] = _log_factor(score[a] - score[b], curve, step_prec)


@_compiled
def scan(  # type: ignore[no-untyped-def]
    family, y, offset, false_alarms, extra_var, node, design, gap_d, b_prec, start_level, sigmas, taus, ks,
    candidates, ends, episodes, step_prec,
):  # fmt: skip
    """The null's fit and the Bayes factor of each step and episode at g points of (drift sd, correlation time, k).

    Shapes as in `laplace.fit_grid`; sigmas, taus, ks (g,); candidates (c,) int: the step comes after that image;
    episodes (e, 2) int: between which two of the images `ends`. Returns log marginal likelihood (g,), log Bayes factors
    (g, c + e), effects (g, p) and their covariance (g, p, p).
    """
    n, m, p, size = y.size, gap_d.size + 1, b_prec.size, sigmas.size
    log_ml, log_bf = np.empty(size), np.empty((size, candidates.size + episodes.shape[0]))
    effects, cov = np.empty((size, p)), np.empty((size, p, p))
    q_diag, q_off = np.empty(m), np.empty(max(m - 1, 1))
    pivot, ratio, gains, cov_b = np.empty(m), np.empty(max(m - 1, 1)), np.empty((m, p)), np.empty((p, p))
    u, b = np.zeros(m), np.zeros(p)
    b[0] = start_level
    slopes, curves = np.empty(n), np.empty(n)
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
        _at_the_mode(
            family, y, offset, false_alarms, constants[g], extra_var, ks[g], node, design, u, b, slopes, curves
        )  # fmt: skip
        _step_factors(
            slopes, curves, node, design, pivot, ratio, gains, cov_b, candidates, step_prec,
            log_bf[g, : candidates.size],
        )  # fmt: skip
        if episodes.shape[0] > 0:
            _episode_factors(
                slopes, curves, node, design, pivot, ratio, gains, cov_b, ends, episodes, step_prec,
                log_bf[g, candidates.size :],
            )  # fmt: skip
        for c in range(p):
            effects[g, c] = b[c]
            for d in range(p):
                cov[g, c, d] = cov_b[c, d]
    return log_ml, log_bf, effects, cov


@_compiled
def averaged(log_ml, log_bf, log_prior, log_share):  # type: ignore[no-untyped-def]
    """Log of the Bayes factor averaged over what may have happened, of prior log_share (c + e,), and over the points.

    The points' weights are those of the posterior without a step: a ratio of two marginal likelihoods.
    """
    size, n = log_bf.shape
    top_null, top_step = -np.inf, -np.inf
    for g in range(size):
        base = log_prior[g] + log_ml[g]
        top_null = max(top_null, base)
        for a in range(n):
            top_step = max(top_step, base + log_bf[g, a] + log_share[a])
    null, step = 0.0, 0.0
    for g in range(size):
        base = log_prior[g] + log_ml[g]
        null += math.exp(base - top_null)
        for a in range(n):
            x = base + log_bf[g, a] + log_share[a] - top_step
            if x > -25.0:
                step += math.exp(x)
    return top_step + math.log(step) - top_null - math.log(null)


@_compiled
def statistics(  # type: ignore[no-untyped-def]
    family, ys, offset, false_alarms, extra_var, node, design, gap_d, b_prec, start_levels, sigmas, taus, ks,
    log_prior, candidates, ends, episodes, log_share, step_prec,
):  # fmt: skip
    """`averaged` for each row of ys (replicates, n), refitted; start_levels (replicates,)."""
    found = np.empty(ys.shape[0])
    for r in range(ys.shape[0]):
        log_ml, log_bf, _, _ = scan(
            family, ys[r], offset, false_alarms, extra_var, node, design, gap_d, b_prec, start_levels[r],
            sigmas, taus, ks, candidates, ends, episodes, step_prec,
        )  # fmt: skip
        found[r] = averaged(log_ml, log_bf, log_prior, log_share)
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
