"""Several series of one site at one event, answered together with one error rate (`CompositeFinding`).

*Changed* is Holm's step-down test (1979) of the members' ratios. Member i has p_i = 2 min(P(ratio > 1), P(ratio < 1)),
the posterior's two-sided tail about 1: p_i <= a says just what "the interval of probability 1 - a excludes 1" says.
Holm holds the chance of any false call whatever the dependence of the members, which share images, readers and weather;
they may even overlap (a site's own series and its zones'), because nothing is added up. *About the same* is an
intersection-union test (Berger 1982): the union of "member i lies beyond the margin" is refused at the plan's level
when each of them is, without a correction; so one member that nobody can tell of refuses it.

Hommel's closed test (1988) would find a little more, and needs Simes' inequality, which two-sided tails of members that
depend on each other negatively may break. Never says which member caused what, and never pools counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from overlook.terms import CompositeFinding, EventFinding, Member, Plan, Question, Series


def together(
    members: Sequence[EventFinding],
    *,
    plan: Plan,
    question: Question | None = None,
    exploratory: tuple[str, ...] = (),
) -> CompositeFinding:
    """One answer from the event findings of two or more series at one event, all under `plan`.

    A member with fewer than `plan.few_images` images, or nothing to compare, is not tested. One whose answer turns on
    the drift that the prior assumes is tested and never called. `p_value` of "no member stepped beyond its drift" is
    the least of the steps' p-values times their number (Bonferroni), which is what Holm's first step tests.
    `exploratory`: reasons why this cannot count as asked beforehand; p-values go then.

    Raises ValueError for fewer than two members, a series that comes twice, or findings of several events.
    """
    if len(members) < 2:
        raise ValueError("a composite needs two series or more")
    if len({f.series for f in members}) < len(members):
        raise ValueError("a series comes twice: it would be tested twice")
    if len({f.event for f in members}) > 1:
        raise ValueError("findings of more than one event: ask of each event by itself")
    question = question or _question(members)
    alpha = round(1.0 - plan.level, 12)  # .1, not .09999999999999998: it is printed
    tested = [f for f in members if _is_tested(f, plan)]
    is_exploratory = bool(exploratory) or not any(_makes_a_claim(f) for f in tested)
    found = _members(members, tested, alpha, is_exploratory=is_exploratory)
    is_changed = any(m.verdict == "changed" for m in found)
    all_same = all(m.verdict == "same" or m.also_same for m in found)
    steps = [f.step.p_value if f.step and f.step.p_value is not None else 1.0 for f in tested]
    return CompositeFinding(
        id=question.id,
        series=question.series,
        event=members[0].event,
        members=found,
        error_rate=alpha,
        p_value=None if is_exploratory else min(1.0, len(steps) * min(steps)),
        verdict="changed" if is_changed else "same" if all_same else "undetermined",
        also_same=is_changed and all_same,
        exploratory=is_exploratory,
        notes=(*exploratory, *_notes(members, tested, found, alpha)),
        evidence=tuple(dict.fromkeys(item for f in members for item in f.evidence)),
    )


def _members(
    members: Sequence[EventFinding], tested: Sequence[EventFinding], alpha: float, *, is_exploratory: bool
) -> tuple[Member, ...]:
    adjusted = dict(zip((f.id for f in tested), holm([_tail(f) for f in tested]), strict=True))
    outside = dict(zip((f.id for f in tested), holm([_tail_beyond(f) for f in tested]), strict=True))
    found = []
    for f in members:
        p = adjusted.get(f.id)
        is_changed = p is not None and p <= alpha
        is_same = _makes_a_claim(f) and (f.verdict == "same" or f.also_same)
        found.append(
            Member(
                finding=f.id,
                series=f.series,
                ratio=f.ratio,
                is_tested=f.id in adjusted,
                verdict="changed" if is_changed else "same" if is_same else "undetermined",
                also_same=is_changed and is_same,
                is_beyond=outside.get(f.id, 1.0) <= alpha,
                adjusted_p=None if is_exploratory or not _makes_a_claim(f) else p,
            )
        )
    return tuple(found)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm (1979): calling those with an adjusted p-value at or under `a` makes any false call with chance `a` at most,
    whatever their dependence. Adjusted_(j) = max over i <= j of (m - i + 1) p_(i), cut at 1; in the order given.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1)) if p.size else p
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return tuple(float(x) for x in adjusted)


def _question(members: Sequence[EventFinding]) -> Question:
    series = sorted((f.series for f in members), key=lambda s: (s.site, s.zone, s.cls))
    sites, classes = {s.site for s in series}, {s.cls for s in series}
    site = sites.pop() if len(sites) == 1 else ""
    cls = classes.pop() if len(classes) == 1 else ""
    own = Series(site=site, cls=cls)
    return Question(kind="composite", series=own, event=members[0].event, members=tuple(series))


def _is_tested(f: EventFinding, plan: Plan) -> bool:
    """Decided by how many images there are, never by what they show: the family must not depend on its answers."""
    return f.ratio is not None and f.n_before + f.n_after >= plan.few_images


def _makes_a_claim(f: EventFinding) -> bool:
    """An answer that turns on the prior, or rests on a handful of images, is exploratory and says nothing."""
    return f.ratio is not None and not (f.exploratory and f.verdict == "undetermined")


def _tail(f: EventFinding) -> float:
    """Two-sided tail of the ratio about 1; 1 where nothing may be claimed."""
    if f.p_above_one is None or not _makes_a_claim(f):
        return 1.0
    return min(1.0, 2.0 * min(f.p_above_one, 1.0 - f.p_above_one))


def _tail_beyond(f: EventFinding) -> float:
    """The same about the margin's nearer edge: small when the ratio lies beyond it. 1 without a margin.

    P(not beyond) = P(inside) + P(beyond the far edge), the latter at most P(on the far side of 1).
    """
    if f.p_within_margin is None or f.p_above_one is None or not _makes_a_claim(f):
        return 1.0
    return min(1.0, 2.0 * (f.p_within_margin + min(f.p_above_one, 1.0 - f.p_above_one)))


def _notes(
    members: Sequence[EventFinding], tested: Sequence[EventFinding], found: Sequence[Member], alpha: float
) -> list[str]:
    told = {m.finding: m for m in found}
    notes = []
    if tested:
        notes.append(
            f"{len(tested)} of {len(members)} series tested together: the chance that any is called changed falsely is "
            f"at most {alpha:.0%}, however they depend on each other (Holm)"
        )
    if alone := [f for f in tested if f.verdict == "changed" and told[f.id].verdict != "changed"]:
        notes.append(f"changed when asked alone, not when all are held to one error rate: {_listed(alone)}")
    if untested := [f for f in members if not told[f.id].is_tested]:
        notes.append(f"not tested, for want of images or of anything to compare: {_listed(untested)}")
    if flips := [f for f in tested if not _makes_a_claim(f)]:
        notes.append(f"never called, because the answer turns on the drift that the prior assumes: {_listed(flips)}")
    open_ = [f for f in members if told[f.id].verdict == "undetermined"]
    if all(f.margin is None for f in members):
        notes.append("no margin is declared: about the same is never said")
    elif open_ and len(open_) < len(members) and not any(m.verdict == "changed" for m in found):
        notes.append(f"about the same needs every series within the margin; not shown of: {_listed(open_)}")
    notes += _overlaps(members)
    if len(tested) > 1:
        # What is said of every member (a change of sensor, tasked images) could move them all at once.
        shared = set.intersection(*(set(f.notes) for f in tested))
        notes += [f"of every series tested: {note}" for note in tested[0].notes if note in shared]
    return notes


def _overlaps(members: Sequence[EventFinding]) -> list[str]:
    """A site's own series holds its zones' counts: one change can be called in both."""
    zoned = {(f.series.site, f.series.cls) for f in members if f.series.zone}
    whole = [f for f in members if not f.series.zone and (f.series.site, f.series.cls) in zoned]
    return [
        f"{_name(f)} holds the counts of its zones too: one change can be called in both, and nothing is added up"
        for f in whole
    ]


def _listed(findings: Sequence[EventFinding]) -> str:
    shown = [_name(f) for f in findings[:_MOST_NAMED]]
    more = len(findings) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


#: Names in one note; a site of a hundred zones fills no page with them.
_MOST_NAMED = 8


def _name(f: EventFinding) -> str:
    return "/".join(part for part in (f.series.zone or "whole site", f.series.cls) if part)
