"""Which of many sites changed, with one error rate for all of them.

It corrects p-values that findings already hold. It never makes one where a finding has none, and never says that a site
not called stayed the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overlook.terms import EventFinding, Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """`adjusted_p`: the smallest q at which each would be called; `called`: those at or under q. In the order given."""

    adjusted_p: tuple[float, ...]
    called: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """`level`: the level each p-value was tested at; `called`: those at or under theirs. In the order they came."""

    level: tuple[float, ...]
    called: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One tested series. `step` is the estimated shift beyond its usual drift, as a ratio.

    `adjusted_p` counts the series that could not be tested, too.
    """

    series: Series
    step: float
    p_value: float
    adjusted_p: float
    called: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRanking:
    """`ranked`: tested series, least p-value first. `untested`: the others with the reason. `notes` say what q means.

    `called`: the series called changed at false discovery rate `q`, in the order of `ranked`.
    """

    q: float
    ranked: tuple[Ranked, ...]
    called: tuple[Series, ...]
    untested: tuple[tuple[Series, str], ...]
    notes: tuple[str, ...]


def benjamini_hochberg(p_values: Sequence[float], q: float) -> Adjusted:
    """Benjamini & Hochberg (1995): p-values adjusted so that calling those at or under `q` holds the expected share of
    false calls among the called at `q`, for tests independent or positively dependent (Benjamini & Yekutieli 2001).

    Raises ValueError for a p-value that is not a number in [0, 1] or a `q` outside (0, 1).
    """
    p = _checked(p_values, q)
    if not p.size:
        return Adjusted(adjusted_p=(), called=())
    from scipy.stats import false_discovery_control

    adjusted = tuple(float(x) for x in false_discovery_control(p, method="bh"))
    return Adjusted(adjusted_p=adjusted, called=tuple(x <= q for x in adjusted))


def watch(p_values: Sequence[float], q: float) -> Watched:
    """A standing watch: LORD++ (Ramdas, Yang, Wainwright & Jordan 2017), half of `q` as the wealth to begin with.

    Each test is decided by itself and those that came before it; what comes later alters nothing said. The rate holds
    for independent p-values: ask a site again only with images that its earlier answers did not use. It finds less
    than Benjamini-Hochberg over the whole batch. Raises ValueError as `benjamini_hochberg` does.
    """
    p = _checked(p_values, q)
    from online_fdr.p_values import LordPlusPlus

    test = LordPlusPlus(alpha=q, wealth=q / 2)
    decisions = [test.test_one_detail(float(x)) for x in p]
    return Watched(
        level=tuple(float(decision.test_level or 0.0) for decision in decisions),
        called=tuple(decision.rejected for decision in decisions),
    )


def _checked(p_values: Sequence[float], q: float) -> NDArray[np.float64]:
    if not 0 < q < 1:
        raise ValueError(f"q must be between 0 and 1: {q}")
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise ValueError("p-values must be numbers from 0 to 1")
    return p


def rank_fleet(findings: Sequence[EventFinding], q: float = 0.10) -> FleetRanking:
    """The series of one event called changed at false discovery rate `q`, from their steps' p-values.

    What is called is a shift beyond that site's usual drift (`step`), not a ratio: drift alone moves most ratios. A
    finding without p-value (nothing to compare, or exploratory) cannot be called, and is said; it stays in the family
    with p = 1, because whether a series is exploratory can hang on what it showed, and a family that is chosen by its
    results is smaller than the one that was asked of. Raises ValueError when a series comes twice, findings are of
    several events, or `q` is outside (0, 1).
    """
    if len({finding.series for finding in findings}) < len(findings):
        raise ValueError("a series comes twice: it would be tested twice")
    if len({finding.event for finding in findings}) > 1:
        raise ValueError("findings of more than one event: rank each event's by themselves")
    tested = [(f.series, f.step.estimate, f.step.p_value) for f in findings if f.step and f.step.p_value is not None]
    # Ones at the end alter nothing but the number of tests.
    adjusted = benjamini_hochberg([*(p for _, _, p in tested), *[1.0] * (len(findings) - len(tested))], q)
    ranked = sorted(
        (
            Ranked(series=series, step=step, p_value=p, adjusted_p=adjusted_p, called=called)
            for (series, step, p), adjusted_p, called in zip(tested, adjusted.adjusted_p, adjusted.called, strict=False)
        ),
        key=lambda row: (row.p_value, row.series.site, row.series.zone, row.series.cls),
    )
    untested = tuple((f.series, _why_untested(f)) for f in findings if not f.step or f.step.p_value is None)
    return FleetRanking(
        q=q,
        ranked=tuple(ranked),
        called=tuple(row.series for row in ranked if row.called),
        untested=untested,
        notes=_notes(len(ranked), len(untested), sum(row.called for row in ranked), q),
    )


def _why_untested(finding: EventFinding) -> str:
    if finding.step is None:
        return "nothing could be compared"
    return "exploratory: no p-value"


def _notes(n_tested: int, n_untested: int, n_called: int, q: float) -> tuple[str, ...]:
    called = f"{n_called} of {n_tested} tested series called changed beyond their usual drift"
    notes = [
        f"{called}, at a false discovery rate of {q:g} (Benjamini-Hochberg): of those called, that share are expected "
        "to be false alarms; a series not called was not shown to be the same",
        "the p-values are as good as the prior of the drift: a site that drifts more slowly than the prior expects "
        "looks like a step",
    ]
    if n_untested:
        notes.append(
            f"{n_untested} series could not be tested: exploratory or nothing to compare. They count with p = 1 among "
            f"the {n_tested + n_untested} asked of, and were not shown to be the same"
        )
    return tuple(notes)
