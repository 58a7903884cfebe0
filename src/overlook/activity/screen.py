"""The screen: which of very many series deserve a closer look. Never a verdict, and never "the same".

Method: negative-binomial regression (Delaporte with false alarms) of each site's counts on a level, a step at the event
and, where its images carry them, weekends and a yearly wave. Laplace approximation at nine points of log k, the mixture
weighted by marginal likelihood and prior (Rue, Martino & Chopin 2009, sec. 3, without their latent field; negative
binomial with log link: Lawless 1987).

It fits no drift, and a site that drifts then looks as if it stepped: without allowance its p-value is far too small
there. So the drift that the prior expects is added to the step's variance, to first order: an estimate that moves by
a_i when the level at image i does has variance sum a_i a_j s^2 exp(-|t_i - t_j| / tau) from an Ornstein-Uhlenbeck drift
(with equal weights, that of a difference of means over these very image times), averaged over the prior of s and tau.
An error of recall that the images of one sensor share is added the same way. docs/explanation/screening.md holds what
that is worth, and where it fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from overlook.activity.prior import DEFAULT_PRIOR, Prior
from overlook.activity.screen_kernel import NOTHING_AFTER, NOTHING_BEFORE, NOTHING_COUNTED, TOLD, screen
from overlook.errors import InputError

Array = NDArray[np.float64]

#: The grid of dispersion, in prior sds of log k; nine points.
_DISPERSION_Z = np.linspace(-2.0, 3.2, 9)
#: Points of drift sd and correlation time: Gauss-Hermite in their logarithms.
_N_DRIFT, _N_TIME = 5, 3
#: Greater counts are no counts of things.
MOST_COUNT = 1e9
WHY_NOT = {
    NOTHING_BEFORE: "no image before",
    NOTHING_AFTER: "no image after",
    NOTHING_COUNTED: "nothing was counted on either side",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """The sites that could be screened, and why the others could not.

    `told` (t,): their positions, ascending; every other array has a row for each. Quantiles are of logarithms, at
    `probabilities` (q,): `step` (t, q) of the ratio after to before with the prior's drift allowed for,
    `step_without_drift` (t, q) as if the site did not drift, `level` (t, q) of the rate before, on a working day.
    `p_value` (t,) is twice the smaller posterior tail of the step about zero, drift allowed for;
    `p_value_without_drift` (t,) is for sites known not to drift. `untold` (u,) and `why` (u,): the others.
    """

    probabilities: Array
    told: NDArray[np.int64]
    step: Array
    step_without_drift: Array
    level: Array
    p_value: Array
    p_value_without_drift: Array
    untold: NDArray[np.int64]
    why: tuple[str, ...]


def screen_sites(
    starts: ArrayLike,
    time_d: ArrayLike,
    counts: ArrayLike,
    exposure: ArrayLike,
    false_alarms: ArrayLike,
    is_after: ArrayLike,
    *,
    prior: Prior = DEFAULT_PRIOR,
    probabilities: Sequence[float] = (0.05, 0.5, 0.95),
    shared: ArrayLike | None = None,
    shared_logsd: ArrayLike | None = None,
    holds_new_year: bool = False,
    threads: int = 1,
) -> Screened:
    """Screen s sites in one call: flat arrays of all n images, site after site.

    `starts` (s + 1,): site i has images starts[i] to starts[i + 1] - 1. `time_d` (n,): days since 1970-01-01 by the
    clock whose weekends count, ascending within a site. `counts` (n,): integers. `exposure` (n,): visible fraction
    times probability of detection, in (0, 1]. `false_alarms` (n,): expected on the image (visible fraction times
    those of the whole zone). `is_after` (n,): taken after the event. `shared` (n,) and `shared_logsd` (n,): a small
    integer for each sensor (or reader) within its site, and the sd of the log recall that its images share.
    `holds_new_year`: the windows hold the turn of the year, where a season could pass for a step.

    A site without an image on a side, or with nothing counted, is untold. Raises InputError (E-INPUT-SCREEN) for
    arrays that do not fit each other or hold what cannot be; ValueError for probabilities outside (0, 1).
    """
    arrays = _checked(starts, time_d, counts, exposure, false_alarms, is_after, shared, shared_logsd)
    wanted = np.asarray(probabilities, dtype=np.float64)
    if wanted.ndim != 1 or not wanted.size or not ((wanted > 0) & (wanted < 1)).all():
        raise ValueError(f"probabilities must be between 0 and 1: {probabilities}")
    if threads < 1:
        raise ValueError(f"threads must be at least 1: {threads}")
    n_sites, q = arrays[0].size - 1, wanted.size
    status, out = np.zeros(n_sites, dtype=np.int64), np.zeros((n_sites, 3 * q + 2))
    assumed = (holds_new_year, *_assumed(prior), wanted)
    pieces = np.array_split(np.arange(n_sites), min(threads, max(n_sites, 1)))

    def work(piece: NDArray[np.int64]) -> None:
        if piece.size:
            first, last = int(piece[0]), int(piece[-1]) + 1
            screen(arrays[0][first : last + 1], *arrays[1:], *assumed, status[first:last], out[first:last])

    if len(pieces) == 1:
        work(pieces[0])
    else:
        with ThreadPoolExecutor(len(pieces)) as pool:
            list(pool.map(work, pieces))
    return _collected(wanted, status, out)


def _collected(probabilities: Array, status: NDArray[np.int64], out: Array) -> Screened:
    q = probabilities.size
    told, untold = np.flatnonzero(status == TOLD), np.flatnonzero(status != TOLD)
    rows = out[told]
    return Screened(
        probabilities=probabilities,
        told=told,
        step=rows[:, q : 2 * q],
        step_without_drift=rows[:, :q],
        level=rows[:, 2 * q : 3 * q],
        p_value=rows[:, 3 * q + 1],
        p_value_without_drift=rows[:, 3 * q],
        untold=untold,
        why=tuple(WHY_NOT[int(s)] for s in status[untold]),
    )


def _assumed(prior: Prior) -> tuple[Array, ...]:
    """The prior as the kernel takes it: sds of the effects, and points with weights of k, drift sd and time."""
    sds = np.array([prior.level_sd, prior.step_sd, prior.weekend_sd, prior.annual_sd])
    k_weight = np.exp(-0.5 * _DISPERSION_Z**2)
    ks = prior.dispersion_k * np.exp(prior.dispersion_logsd * _DISPERSION_Z)
    drift = _log_normal(prior.drift_sd, prior.drift_sd_logsd, _N_DRIFT)
    time = _log_normal(prior.correlation_time_d, prior.correlation_time_logsd, _N_TIME)
    return (sds, ks, k_weight / k_weight.sum(), *drift, *time)


def _log_normal(median: float, logsd: float, n: int) -> tuple[Array, Array]:
    """Gauss-Hermite points and weights of a log-normal."""
    z, weight = np.polynomial.hermite_e.hermegauss(n)
    return median * np.exp(logsd * z), weight / weight.sum()


def _checked(
    starts: ArrayLike,
    time_d: ArrayLike,
    counts: ArrayLike,
    exposure: ArrayLike,
    false_alarms: ArrayLike,
    is_after: ArrayLike,
    shared: ArrayLike | None,
    shared_logsd: ArrayLike | None,
) -> tuple[NDArray[Any], ...]:
    """The arrays in the kernel's types, every value one that can be."""
    begin = _plain("starts", starts, np.int64)
    days = _plain("time_d", time_d, np.float64)
    n = days.size
    if not begin.size or begin[0] != 0 or begin[-1] != n or (np.diff(begin) < 0).any():
        raise _error(f"starts must ascend from 0 to the number of images ({n})", "starts")
    floats = {"time_d": days}
    for name, given in (("counts", counts), ("exposure", exposure), ("false_alarms", false_alarms)):
        floats[name] = _plain(name, given, np.float64, n)
    after = _plain("is_after", is_after, np.bool_, n)
    group = np.zeros(n, np.int64) if shared is None else _plain("shared", shared, np.int64, n)
    logsd = np.zeros(n) if shared_logsd is None else _plain("shared_logsd", shared_logsd, np.float64, n)
    floats["shared_logsd"] = logsd
    same_site = np.ones(max(n - 1, 0), dtype=bool)
    same_site[begin[(begin > 0) & (begin < n)] - 1] = False
    y = floats["counts"]
    wrong = (
        *((~np.isfinite(values), f"{name} must be finite numbers", name) for name, values in floats.items()),
        (
            (y < 0) | (y != np.floor(y)) | (y > MOST_COUNT),
            f"counts must be integers from 0 to {MOST_COUNT:g}",
            "counts",
        ),
        ((floats["exposure"] <= 0) | (floats["exposure"] > 1), "exposure must be above 0 and at most 1", "exposure"),
        (floats["false_alarms"] < 0, "false_alarms must not be negative", "false_alarms"),
        (logsd < 0, "shared_logsd must not be negative", "shared_logsd"),
        ((group < 0) | (group > 1000), "shared must be small integers from 0", "shared"),
        (_drops(same_site & ~(np.diff(days) > 0)), "times of a site must ascend, none twice", "time_d"),
        (
            _drops(same_site & after[:-1] & ~after[1:]),
            "an image before the event must not come later than one after it",
            "is_after",
        ),
    )
    for bad, what, name in wrong:
        if bad.any():
            at = int(np.flatnonzero(bad)[0])
            site = int(np.searchsorted(begin, at, side="right")) - 1
            raise _error(what, f"{name}[{at}] (site {site})")
    return (begin, days, y, floats["exposure"], floats["false_alarms"], after, group, logsd)


def _drops(at_pairs: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """From pairs of neighbours to the later image of each."""
    return np.concatenate([[False], at_pairs])


def _plain(name: str, given: ArrayLike, kind: Any, n: int | None = None) -> NDArray[Any]:
    """A contiguous array of one dimension; a number that the type cannot hold is an error, never rounded."""
    try:
        values = np.asarray(given)
        plain = np.ascontiguousarray(values.astype(kind, casting="unsafe" if values.size == 0 else "same_kind"))
    except (TypeError, ValueError) as error:
        raise _error(f"must be numbers that {np.dtype(kind).name} holds: {error}", name) from error
    if plain.ndim != 1:
        raise _error(f"must be a flat array, not one of {plain.ndim} dimensions", name)
    if n is not None and plain.size != n:
        raise _error(f"has {plain.size} values where time_d has {n}", name)
    return plain


def _error(what: str, where: str) -> InputError:
    return InputError(
        "E-INPUT-SCREEN", what, where=where, remedy="check how the arrays were put together; nothing was screened"
    )
