"""The numerical core: Laplace approximation of counts on a drifting level, over a grid of hyperparameters.

Latent: a drift u at m nodes in time (Ornstein-Uhlenbeck, so its precision is tridiagonal) and p effects b. An
observation at node j has log level eta = u_j + x.b. One Newton step solves a tridiagonal system for p + 1 right sides
and a p x p Schur complement: O(m p^2), after Rue, Martino & Chopin (2009) and Rue & Held (2005, ch. 2). Compiled; knows
no words of the line. `laplace_grid` walks the grid with it.

What the compiler keeps of a function is renewed when its own file changes, not when a function it calls in another
file does: files that call these functions name this file's digest (`LAPLACE_DIGEST`), and a test compares the two.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

#: Likelihood families: counts without false alarms (negative binomial), with (Delaporte), log of an index (Student-t).
COUNTS, COUNTS_AND_FALSE_ALARMS, LOG_INDEX = 0, 1, 2
#: Degrees of freedom of the index's Student-t.
INDEX_DF = 4.0
#: Newton's last step is taken without a look at where it leads once it gains less than this (in log posterior): it is
#: then under 0.005 posterior sd long, and what it leaves is of the square of that.
_LAST_GAIN = 1e-5


def _compiled(function):  # type: ignore[no-untyped-def]
    """Compile once a machine; where nothing may be kept (a read-only install without a home), once a process."""
    try:
        return njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:
        return njit(nogil=True, error_model="numpy")(function)


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
    damp = k / (k + m)
    log_rest = -math.log(damp)
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
    log_det, product = 0.0, pivot[0]
    for j in range(1, diagonal.size):
        ratio[j - 1] = off[j - 1] / pivot[j - 1]
        pivot[j] = diagonal[j] - ratio[j - 1] * off[j - 1]
        # One logarithm for many pivots.
        product *= pivot[j]
        if not 1e-100 < product < 1e100:
            log_det += math.log(product)
            product = 1.0
    return log_det + math.log(product)


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
        if gain < 1e-10:
            break
        # A step of more than e^3 in the level leaves the region where the curvature means anything.
        shrink = min(1.0, 3.0 / largest)
        _move(old_u, u, 1.0, u, 0.0)
        _move(old_b, b, 1.0, b, 0.0)
        _move(u, u, 1.0, step_u, shrink)
        _move(b, b, 1.0, step_b, shrink)
        if gain < _LAST_GAIN:
            best += gain
            break
    return best, log_det


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
def mixture_cdf(weight, mean, sd, size, x):  # type: ignore[no-untyped-def]
    """Probability below x, and density at x, of the first `size` normals of a mixture."""
    below, density = 0.0, 0.0
    for i in range(size):
        z = (x - mean[i]) / sd[i]
        if z > 9.0:
            below += weight[i]
        elif z > -9.0:
            below += weight[i] * 0.5 * math.erfc(-z * 0.7071067811865476)
            density += weight[i] * math.exp(-0.5 * z * z) * 0.3989422804014327 / sd[i]
    return below, density


@_compiled
def mixture_quantiles(weight, mean, sd, size, probabilities, into):  # type: ignore[no-untyped-def]
    """Quantiles of a mixture of normals, in place, by Newton inside a bracket that bisection closes."""
    centre, spread = 0.0, 0.0
    least, most = np.inf, -np.inf
    for i in range(size):
        centre += weight[i] * mean[i]
        least, most = min(least, mean[i] - 9.0 * sd[i]), max(most, mean[i] + 9.0 * sd[i])
    for i in range(size):
        spread += weight[i] * (sd[i] * sd[i] + (mean[i] - centre) * (mean[i] - centre))
    spread = math.sqrt(spread)
    for q in range(probabilities.size):
        low, high, x = least, most, centre
        for _ in range(200):
            below, density = mixture_cdf(weight, mean, sd, size, x)
            if below < probabilities[q]:
                low = x
            else:
                high = x
            step = (probabilities[q] - below) / density if density > 0.0 else np.inf
            last = x
            x = x + step if low < x + step < high else 0.5 * (low + high)
            if abs(x - last) < 1e-7 * spread or high - low < 1e-12:
                break
        into[q] = x
