"""The numerical core of the screen: a regression of one site's counts on level and step, thousands of sites a second.

Negative binomial (Delaporte where there are false alarms) with a few effects and no drift: Laplace approximation by
Newton at every point of a grid on log k, its normal made skew by the third derivatives. What drift would do to the step
is added afterwards, to first order. Compiled; knows no words of the line. It calls compiled functions of `laplace` and
names that file's digest for it (see there).
"""

from __future__ import annotations

import math

import numpy as np

from overlook.activity.laplace import _compiled, _inverse, mixture_cdf, mixture_quantiles, point

LAPLACE_DIGEST = "777f7df90da26857eded25c767f6675483b6a3f3dbd1223f2791db6b10d95e38"

#: What became of a site: told, or why not.
TOLD, NOTHING_BEFORE, NOTHING_AFTER, NOTHING_COUNTED = 0, 1, 2, 3
#: Effects at most: level, step, Saturday, Sunday, yearly cosine and sine.
MOST_EFFECTS = 6
#: Points of the grid this far (in log posterior) below the best are left out.
_PRUNE = 12.0
_YEAR_D = 365.2425


@_compiled
def _columns(time_d, is_after, sds, has_turn, x, prec):  # type: ignore[no-untyped-def]
    """Effects that these images can carry, as `design` chooses them for the decision tier; returns how many.

    sds: prior sds of level, step, weekend day, yearly wave. x (n, 6) and prec (6,) are filled in place. `has_turn`: the
    windows hold the yearly turn, where a season could pass for a step.
    """
    n = time_d.size
    n_saturday, n_sunday, n_end_before, n_before, n_end_after = 0, 0, 0, 0, 0
    for i in range(n):
        day = (math.floor(time_d[i]) + 3) % 7
        n_saturday += day == 5
        n_sunday += day == 6
        n_before += not is_after[i]
        n_end_before += day >= 5 and not is_after[i]
        n_end_after += day >= 5 and is_after[i]
        x[i, 0] = 1.0
        x[i, 1] = 1.0 if is_after[i] else 0.0
    prec[0], prec[1] = 1.0 / (sds[0] * sds[0]), 1.0 / (sds[1] * sds[1])
    p = 2
    ends = n_saturday + n_sunday
    if 0 < ends < n:
        n_after = n - n_before
        shared = n_end_before > 0 and n_end_after > 0
        shared = shared or (n_before > n_end_before and n_after > n_end_after)
        # One side of weekends, the other of working days: step and weekend are one column, and its prior is opened.
        sd = sds[2] if shared else 4.0 * sds[2]
        apart = shared and min(n_saturday, n_sunday) >= 3
        for i in range(n):
            day = (math.floor(time_d[i]) + 3) % 7
            if apart:
                x[i, p] = 1.0 if day == 5 else 0.0
                x[i, p + 1] = 1.0 if day == 6 else 0.0
            else:
                x[i, p] = 1.0 if day >= 5 else 0.0
        for _ in range(2 if apart else 1):
            prec[p] = 1.0 / (sd * sd)
            p += 1
    if has_turn or time_d[n - 1] - time_d[0] > _YEAR_D:
        for i in range(n):
            angle = 2.0 * math.pi * time_d[i] / _YEAR_D
            x[i, p], x[i, p + 1] = math.cos(angle), math.sin(angle)
        prec[p] = prec[p + 1] = 1.0 / (sds[3] * sds[3])
        p += 2
    return p


@_compiled
def _gather(  # type: ignore[no-untyped-def]
    y, offset, false_alarms, constant, k, x, prec, b, hessian, grad, curves
):  # fmt: skip
    """Slope and curvature of the log posterior of b (p,), in place; returns its value."""
    p = b.size
    objective = 0.0
    for c in range(p):
        for d in range(p):
            hessian[c, d] = 0.0
        hessian[c, c] = prec[c]
        grad[c] = -prec[c] * b[c]
        objective += 0.5 * grad[c] * b[c]
    for i in range(y.size):
        eta = 0.0
        for c in range(p):
            eta += x[i, c] * b[c]
        loglik, slope, curves[i] = point(1, y[i], offset[i], false_alarms[i], constant[i], 0.0, k, eta)
        objective += loglik
        for c in range(p):
            grad[c] += x[i, c] * slope
            for d in range(c + 1):
                hessian[c, d] += curves[i] * x[i, c] * x[i, d]
    for c in range(p):
        for d in range(c):
            hessian[d, c] = hessian[c, d]
    return objective


@_compiled
def _effects(y, offset, false_alarms, constant, k, x, prec, b, cov, curves):  # type: ignore[no-untyped-def]
    """Newton to the effects' mode, in place in b; cov (p, p), curves (n,); returns the log marginal likelihood."""
    p = b.size
    hessian, grad, step, old = np.empty((p, p)), np.empty(p), np.empty(p), np.empty(p)
    best, halvings, log_det = -np.inf, 0, 0.0
    for _ in range(60):
        objective = _gather(y, offset, false_alarms, constant, k, x, prec, b, hessian, grad, curves)
        if not objective >= best - 1e-9 and halvings < 30:
            halvings += 1
            for c in range(p):
                b[c] = 0.5 * (b[c] + old[c])
            continue
        best, halvings = objective, 0
        log_det = _inverse(hessian, cov)
        gain, largest = 0.0, 3.0
        for c in range(p):
            step[c] = 0.0
            for d in range(p):
                step[c] += cov[c, d] * grad[d]
            gain += 0.5 * step[c] * grad[c]
            largest = max(largest, abs(step[c]))
        # A step of more than e^3 in the level leaves the region where the curvature means anything.
        shrink = 3.0 / largest
        for c in range(p):
            old[c] = b[c]
            b[c] += shrink * step[c]
        if gain < 1e-5:
            best += gain
            break
    for c in range(p):
        log_det -= math.log(prec[c])
    return best - 0.5 * log_det


@_compiled
def _pull(effect, x, curves, cov, pull):  # type: ignore[no-untyped-def]
    """How far an effect's estimate moves when the log level at each image does (n,): row `effect` of cov X' W."""
    for i in range(curves.size):
        pull[i] = 0.0
        for c in range(cov.shape[0]):
            pull[i] += cov[effect, c] * x[i, c]
        pull[i] *= curves[i]


@_compiled
def _third(y, offset, false_alarms, k, eta):  # type: ignore[no-untyped-def]
    """Third derivative of one image's log-likelihood; by differences where false alarms make it a sum."""
    if false_alarms > 0.0:
        _, _, above = point(1, y, offset, false_alarms, 0.0, 0.0, k, eta + 0.02)
        _, _, below = point(1, y, offset, false_alarms, 0.0, 0.0, k, eta - 0.02)
        return (below - above) / 0.04
    m = math.exp(min(max(eta + offset, -40.0), 30.0))
    damp = k / (k + m)
    return -(k + y) / k * m * damp * damp * (k - m) / (k + m)


@_compiled
def _skewed(y, offset, false_alarms, k, x, b, cov, log_weight, mean, var):  # type: ignore[no-untyped-def]
    """Each of the first two effects as two normals of the same mean, variance and third cumulant; in place.

    With t the images' third derivatives, the cubic term of the log posterior moves the mean of effect c by
    sum t (x' C x) (C x)_c / 2 and gives it the third cumulant sum t (C x)_c^3 (to first order; Rue, Martino & Chopin
    2009, sec. 3.2.3). A fifth of the mass two units to one side and the rest half a unit to the other has skewness 1.5.
    """
    p = b.size
    along = np.empty(p)
    moved, cumulant = np.zeros(2), np.zeros(2)
    for i in range(y.size):
        eta, spread = 0.0, 0.0
        for c in range(p):
            eta += x[i, c] * b[c]
            along[c] = 0.0
            for d in range(p):
                along[c] += cov[c, d] * x[i, d]
            spread += along[c] * x[i, c]
        third = _third(y[i], offset[i], false_alarms[i], k, eta)
        for c in range(2):
            moved[c] += 0.5 * third * spread * along[c]
            cumulant[c] += third * along[c] * along[c] * along[c]
    for c in range(2):
        sd = math.sqrt(cov[c, c])
        middle = b[c] + min(max(moved[c], -sd), sd)
        skewness = min(max(cumulant[c] / (sd * sd * sd), -1.0), 1.0)
        size = math.copysign((abs(skewness) / 1.5) ** (1.0 / 3.0), skewness)
        mean[c, 0], mean[c, 1] = middle + 2.0 * size * sd, middle - 0.5 * size * sd
        var[c, 0] = var[c, 1] = (1.0 - size * size) * cov[c, c]
    log_weight[0] += math.log(0.2)
    log_weight[1] += math.log(0.8)


@_compiled
def _drift_variance(pull, decay, shared, shared_sd, drift_var):  # type: ignore[no-untyped-def]
    """Variance of sum(pull_i u_i) for an Ornstein-Uhlenbeck u of sd 1, in place for each correlation time; and of
    sum(pull_i s_i e_g(i)) for errors e of sd 1 that a group of images shares: returned.

    decay (times, n): exp(-gap / time) from the image before. One pass a time: the kernel is exponential.
    """
    n = pull.size
    squares = 0.0
    for i in range(n):
        squares += pull[i] * pull[i]
    for t in range(decay.shape[0]):
        earlier, both = 0.0, 0.0
        for i in range(n):
            both += pull[i] * earlier
            if i < n - 1:
                earlier = (earlier + pull[i]) * decay[t, i + 1]
        drift_var[t] = max(squares + 2.0 * both, 0.0)
    of_groups = 0.0
    last = 0
    for i in range(n):
        last = max(last, shared[i])
    for group in range(last + 1):
        total = 0.0
        for i in range(n):
            if shared[i] == group:
                total += pull[i] * shared_sd[i]
        of_groups += total * total
    return of_groups


@_compiled
def _widened(  # type: ignore[no-untyped-def]
    log_weight, mean, var, whole_var, prior_prec, drift_var, shared_var, drift_sd, drift_weight, time_weight,
    weight, wide_mean, wide_sd,
):  # fmt: skip
    """The mixture of one effect over dispersions, drift sds and correlation times, in place; returns its size.

    A normal (m, v) of the posterior is that of the images alone and the effect's prior N(0, 1 / prior_prec). A drift
    adds s^2 q_t to the variance the images leave and nothing to where they point; then the prior is put back. Weights
    are multiplied by what that does to the evidence, N(m'; 0, v' + s^2 q_t + 1 / prior_prec) / N(m'; 0, v' + 1 /
    prior_prec). Two normals a dispersion, whose variance together is whole_var (g,); drift_var (g, times).
    """
    size, top = 0, -np.inf
    for a in range(mean.size):
        g = a // 2
        if log_weight[a] == -np.inf:
            continue
        told, force = max(1.0 / var[a] - prior_prec, 1e-9), mean[a] / var[a]
        # drift_var is that of the posterior mean; the images' own estimate moves more.
        own = 1.0 / max(1.0 - prior_prec * whole_var[g], 1e-6)
        for s in range(drift_sd.size):
            for t in range(drift_var.shape[1]):
                grown = 1.0 + told * own * own * (drift_sd[s] * drift_sd[s] * drift_var[g, t] + shared_var[g])
                prec = told / grown + prior_prec
                before, after = 1.0 / told + 1.0 / prior_prec, grown / told + 1.0 / prior_prec
                z2 = force * force / (told * told)
                weight[size] = log_weight[a] + math.log(drift_weight[s] * time_weight[t])
                weight[size] += 0.5 * (math.log(before / after) + z2 / before - z2 / after)
                wide_mean[size], wide_sd[size] = force / grown / prec, math.sqrt(1.0 / prec)
                top = max(top, weight[size])
                size += 1
    return _normalised(weight, wide_mean, wide_sd, size, top)


@_compiled
def _normalised(weight, mean, sd, size, top):  # type: ignore[no-untyped-def]
    """Log weights to weights that sum to 1, in place, without those under e^-12 of the greatest; returns how many."""
    total, kept = 0.0, 0
    for i in range(size):
        if weight[i] > top - _PRUNE:
            weight[kept], mean[kept], sd[kept] = math.exp(weight[i] - top), mean[i], sd[i]
            total += weight[kept]
            kept += 1
    for i in range(kept):
        weight[i] /= total
    return kept


@_compiled
def _tail(weight, mean, sd, size):  # type: ignore[no-untyped-def]
    """Twice the smaller tail about zero."""
    below, _ = mixture_cdf(weight, mean, sd, size, 0.0)
    return min(1.0, max(2.0 * min(below, 1.0 - below), 0.0))


@_compiled
def _obstacle(y, is_after):  # type: ignore[no-untyped-def]
    total, n_after = 0.0, 0
    for i in range(y.size):
        total += y[i]
        n_after += is_after[i]
    if n_after == y.size:
        return NOTHING_BEFORE
    if n_after == 0:
        return NOTHING_AFTER
    return TOLD if total > 0.0 else NOTHING_COUNTED


@_compiled
def _constants_of(y, k, constants):  # type: ignore[no-untyped-def]
    """The part of each count's log-likelihood that depends on the dispersion alone, in place."""
    log_gamma_k = math.lgamma(k)
    for i in range(y.size):
        constants[i] = math.lgamma(y[i] + k) - log_gamma_k - math.lgamma(y[i] + 1.0)


@_compiled
def _one(  # type: ignore[no-untyped-def]
    time_d, y, exposure, false_alarms, is_after, shared, shared_sd, has_turn, sds, ks, k_weight, drift_sd, drift_weight,
    times_d, time_weight, probabilities, out,
):  # fmt: skip
    """One site; `out` as in `screen`."""
    n, g, t_size = y.size, ks.size, times_d.size
    x, prec = np.empty((n, MOST_EFFECTS)), np.empty(MOST_EFFECTS)
    p = _columns(time_d, is_after, sds, has_turn, x, prec)
    offset, constants, curves, pull = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    counted, seen = 0.0, 0.0
    for i in range(n):
        offset[i] = math.log(exposure[i])
        counted += y[i] - false_alarms[i]
        seen += exposure[i]
    decay = np.empty((t_size, n))
    for t in range(t_size):
        for i in range(1, n):
            decay[t, i] = math.exp(-(time_d[i] - time_d[i - 1]) / times_d[t])
    b, cov = np.zeros(p), np.empty((p, p))
    b[0] = math.log(max(counted, 0.5) / seen)
    log_weight, mean, var = np.full(2 * g, -np.inf), np.zeros((2, 2 * g)), np.ones((2, 2 * g))
    whole_var, drift_var, shared_var = np.ones((2, g)), np.zeros((2, g, t_size)), np.zeros((2, g))
    top = -np.inf
    for a in range(g - 1, -1, -1):
        _constants_of(y, ks[a], constants)
        value = _effects(y, offset, false_alarms, constants, ks[a], x, prec[:p], b, cov, curves)
        value += math.log(k_weight[a])
        top = max(top, value)
        if value < top - _PRUNE:
            continue
        both = slice(2 * a, 2 * a + 2)
        log_weight[2 * a] = log_weight[2 * a + 1] = value
        _skewed(y, offset, false_alarms, ks[a], x, b, cov, log_weight[both], mean[:, both], var[:, both])
        for c in range(2):
            whole_var[c, a] = cov[c, c]
            _pull(c, x, curves, cov, pull)
            shared_var[c, a] = _drift_variance(pull, decay, shared, shared_sd, drift_var[c, a])
    size = 2 * g * drift_sd.size * t_size
    weight, wide_mean, wide_sd = np.empty(size), np.empty(size), np.empty(size)
    q = probabilities.size
    for a in range(2 * g):
        weight[a], wide_mean[a], wide_sd[a] = log_weight[a], mean[1, a], math.sqrt(var[1, a])
    kept = _normalised(weight, wide_mean, wide_sd, 2 * g, top)
    mixture_quantiles(weight, wide_mean, wide_sd, kept, probabilities, out[:q])
    out[3 * q] = _tail(weight, wide_mean, wide_sd, kept)
    for c in range(2):
        kept = _widened(
            log_weight, mean[c], var[c], whole_var[c], prec[c], drift_var[c], shared_var[c], drift_sd, drift_weight,
            time_weight, weight, wide_mean, wide_sd,
        )  # fmt: skip
        mixture_quantiles(weight, wide_mean, wide_sd, kept, probabilities, out[(2 - c) * q : (3 - c) * q])
    out[3 * q + 1] = _tail(weight, wide_mean, wide_sd, kept)


@_compiled
def screen(  # type: ignore[no-untyped-def]
    starts, time_d, y, exposure, false_alarms, is_after, shared, shared_sd, has_turn, sds, ks, k_weight,
    drift_sd, drift_weight, times_d, time_weight, probabilities, status, out,
):  # fmt: skip
    """Every site of flat arrays; starts (s + 1,), all others (n,), each site's times ascending; in place.

    status (s,): TOLD or why not. out (s, 3 q + 2): quantiles of the log step without drift, with it, of the log level
    with it; the step's p-value without drift, and with it. Rows of sites not told are left as they are.
    """
    for site in range(starts.size - 1):
        i, j = starts[site], starts[site + 1]
        status[site] = _obstacle(y[i:j], is_after[i:j])
        if status[site] == TOLD:
            _one(
                time_d[i:j], y[i:j], exposure[i:j], false_alarms[i:j], is_after[i:j], shared[i:j], shared_sd[i:j],
                has_turn, sds, ks, k_weight, drift_sd, drift_weight, times_d, time_weight, probabilities, out[site],
            )  # fmt: skip
