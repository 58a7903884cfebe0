"""Steps that nobody declared, told beside a prediction of change or of none. They judge nothing.

A step found by a scan comes with a date that the data chose. To read it as the predicted change would be to choose the
event after the fact; to leave it out would be to hide it.
"""

from __future__ import annotations

from collections.abc import Iterable

from overlook.claims.asking import tested
from overlook.claims.phrases import as_factor, days_of, event_name, interval, listed, number, place, site_of
from overlook.terms import Break, BreakFinding, Case, Finding, Prediction


def steps_beside(prediction: Prediction, findings: Iterable[Finding], case: Case) -> tuple[str, ...]:
    """A line for each series of a prediction of `changed` or `same` in which a scan found a step; none for others."""
    if tested(prediction) not in ("changed", "same"):
        return ()
    return tuple(
        _line(f, case)
        for f in findings
        if isinstance(f, BreakFinding)
        and f.found
        and (f.series.site, f.series.cls) == (prediction.site, prediction.cls)
        and prediction.zone in ("", f.series.zone)
    )


def _line(f: BreakFinding, case: Case) -> str:
    where = place(case, f.series.site, f.series.zone)
    steps = listed(_step(b, f, case) for b in f.found)
    return (
        f"{where}: a scan of all images, for which nobody declared a date, found {steps}. It is shown here and judges "
        "nothing: a date that the images chose tests no claim."
    )


def _step(b: Break, f: BreakFinding, case: Case) -> str:
    order = [
        f"not known to be before or after {event_name(case, e)}"
        if o == "undetermined"
        else f"{o} {event_name(case, e)}"
        for e, o in b.order
    ]
    placed = f", {listed(order)}" if order else ""
    when = days_of(b.between, site_of(case, f.series.site))
    return f"a step by a factor {interval(b.ratio, as_factor)} within {when} (p = {number(b.p_value)}){placed}"
