"""Two assertions about one thing: do they agree, contradict each other, or can nobody tell from what they say?

Intervals are compared as intervals (Allen 1983, Commun. ACM 26, 832): apart is a contradiction, overlap is agreement as
far as the words go. What happened is counted in growing windows: a count can only grow with its window, and the latest
of something only move on. Where two statements speak of different times and both can hold, it is *cannot tell*.
"""

from __future__ import annotations

from datetime import datetime

from overlook.claims.phrases import named, number, span
from overlook.terms import Assertion, Interval
from overlook.terms.chain import Outcome

Found = tuple[Outcome, str]


def compare(ours: Assertion, theirs: Assertion) -> Found | None:
    """The outcome and why; None when the two are not about one thing in one form."""
    if ours.of != theirs.of or ours.says != theirs.says:
        return None
    outcome, why = _COMPARED[ours.says](ours, theirs)
    if ours.denied != theirs.denied:
        return _denied(ours, theirs, outcome, why)
    if ours.denied and outcome != "agree":
        return "cannot tell", "Both deny something else: both can hold."
    return outcome, why


def _denied(ours: Assertion, theirs: Assertion, outcome: Outcome, why: str) -> Found:
    """One says that it is so, the other that it is not. What is denied has to be exactly what is said."""
    if ours.says == "more" and outcome == "contradict":
        return "agree", "One denies the order that the other turns round."
    if outcome == "contradict":
        return "agree", f"One denies what the other does not say. {why}"
    if outcome == "agree" and (ours.says in ("more", "holds") or _exactly_same(ours, theirs)):
        return "contradict", "One says so, the other that it is not so."
    return "cannot tell", "One denies what the other may not mean."


def _exactly_same(ours: Assertion, theirs: Assertion) -> bool:
    return (ours.low, ours.high, ours.on, ours.which) == (theirs.low, theirs.high, theirs.on, theirs.which)


def _count(ours: Assertion, theirs: Assertion) -> Found:
    told = f"{_range(ours)} beside {_range(theirs)}"
    if _same_window(ours, theirs):
        if _apart(ours, theirs):
            return "contradict", f"Different numbers for one time: {told}."
        return "agree", f"The numbers fit: {told}."
    if ours.by is None or theirs.by is None:
        return "cannot tell", f"One of them does not say as of when it counts: {told}."
    for inner, outer in ((ours, theirs), (theirs, ours)):
        if _window_within(inner, outer):
            if inner.low is not None and outer.high is not None and inner.low > outer.high:
                return "contradict", f"More in the shorter time than in the longer that includes it: {told}."
            return "cannot tell", f"They count up to different days, and both can hold: {told}."
    return "cannot tell", f"They count different times: {told}."


def _amount(ours: Assertion, theirs: Assertion) -> Found:
    if ours.unit.casefold() != theirs.unit.casefold():
        return "cannot tell", f"Units differ: “{ours.unit or 'none'}” and “{theirs.unit or 'none'}”."
    told = f"{_range(ours)} beside {_range(theirs)} {ours.unit}".rstrip()
    if ours.on and theirs.on and not ours.on.overlaps(theirs.on):
        return "cannot tell", f"They speak of different times: {told}."
    if _apart(ours, theirs):
        if (ours.on is None) != (theirs.on is None):
            return "cannot tell", f"One of them does not say when: {told}."
        return "contradict", f"Different numbers: {told}."
    return "agree", f"The numbers fit: {told}."


def _first(ours: Assertion, theirs: Assertion) -> Found:
    """Which or when the first was: what was first stays first, whenever it is told."""
    by_name = _same_which(ours, theirs)
    if by_name == "contradict":
        return "contradict", f"Another is the {ours.says}: {named(ours.which)} beside {named(theirs.which)}."
    if ours.on and theirs.on:
        told = f"{span(ours.on, None)} beside {span(theirs.on, None)}"
        if not ours.on.overlaps(theirs.on):
            return "contradict", f"Another date for the {ours.says}: {told}."
        return "agree", f"The dates fit: {told}."
    if by_name == "agree":
        return "agree", f"Both name {named(ours.which)}."
    return "cannot tell", "One names which, the other when."


def _latest(ours: Assertion, theirs: Assertion) -> Found:
    """The latest of one day may be followed by another: only as of one day, or backwards, can two contradict."""
    outcome, why = _first(ours, theirs)
    if outcome != "contradict":
        return outcome, why
    if ours.by is None or theirs.by is None:
        same = ours.by is theirs.by
        return (outcome, why) if same else ("cannot tell", f"One of them does not say as of when it speaks. {why}")
    if _end(ours.by) == _end(theirs.by):
        return outcome, why
    early, late = (ours, theirs) if ours.by.end < theirs.by.end else (theirs, ours)
    if early.on and late.on and early.by:
        if late.on.end < early.on.start:
            return "contradict", f"Told later, and yet of an earlier date. {why}"
        if early.on.end < late.on.start and late.on.end <= early.by.start:
            return "contradict", f"There was a later one by then. {why}"
    return "cannot tell", f"They speak as of different days, and both can hold. {why}"


def _more(ours: Assertion, theirs: Assertion) -> Found:
    pair, other = (ours.which, ours.than), (theirs.which, theirs.than)
    if pair == other:
        return "agree", f"Both put {named(ours.which)} before {named(ours.than)}."
    if pair == other[::-1]:
        return "contradict", f"The other way round: {named(ours.which)} and {named(ours.than)} change places."
    return "cannot tell", "They compare different things."


def _holds(ours: Assertion, theirs: Assertion) -> Found:
    if ours.on and theirs.on and not ours.on.overlaps(theirs.on):
        return "cannot tell", "They speak of different times."
    if (ours.on is None) != (theirs.on is None):
        return "cannot tell", "One of them does not say when."
    return "agree", "Both speak of it alike."


_COMPARED = {"count": _count, "amount": _amount, "first": _first, "latest": _latest, "more": _more, "holds": _holds}


def _apart(ours: Assertion, theirs: Assertion) -> bool:
    """No number is in both ranges."""
    return _above(ours, theirs) or _above(theirs, ours)


def _above(a: Assertion, b: Assertion) -> bool:
    return a.low is not None and b.high is not None and a.low > b.high


def _same_which(ours: Assertion, theirs: Assertion) -> Outcome:
    if not ours.which or not theirs.which:
        return "cannot tell"
    return "agree" if ours.which == theirs.which else "contradict"


def _same_window(a: Assertion, b: Assertion) -> bool:
    return _start(a.since) == _start(b.since) and _end(a.by) == _end(b.by)


def _window_within(inner: Assertion, outer: Assertion) -> bool:
    starts, ends = (_start(inner.since), _start(outer.since)), (_end(inner.by), _end(outer.by))
    from_later = starts[1] is None or (starts[0] is not None and starts[0] >= starts[1])
    return from_later and ends[0] is not None and ends[1] is not None and ends[0] <= ends[1]


def _start(when: Interval | None) -> datetime | None:
    return when.start if when else None


def _end(when: Interval | None) -> datetime | None:
    return when.end if when else None


def _range(a: Assertion) -> str:
    if a.low is not None and a.high is not None:
        return number(a.low) if a.low == a.high else f"{number(a.low)} to {number(a.high)}"
    return f"at least {number(a.low)}" if a.low is not None else f"at most {number(a.high or 0)}"
