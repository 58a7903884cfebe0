"""A composite finding in words: several series of a site at one event, answered with one error rate."""

from __future__ import annotations

from overlook.report.telling import NOT_ENOUGH, Telling
from overlook.report.words import Names, chance, counted, number, percent
from overlook.terms import CompositeFinding

_LEADS = {"changed": "Changed", "same": "About the same", "undetermined": NOT_ENOUGH}


def tell(f: CompositeFinding, names: Names) -> Telling:
    p = "exploratory: no p-value" if f.p_value is None else f"p = {number(f.p_value, 2)}"
    return Telling(
        lead=_LEADS[f.verdict],
        question=f"Did the pattern of life of {names.site(f.series.site)}, taken together, change at "
        f"{names.event(f.event)}, or stay about the same?",
        sentence=_sentence(f, names),
        asked_of=counted(len(f.members), "series", "series"),
        step=p,
        numbers=(
            ("Event", names.event(f.event)),
            ("Series asked about", str(len(f.members))),
            ("Of them with images enough to be tested", str(f.n_tested)),
            ("Of them changed, when all are tested together", str(len(f.changed))),
            ("Chance of any false change among all, at most", percent(f.error_rate)),
            ("Chance of as much evidence if none stepped beyond its drift", chance(f.p_value)),
        ),
    )


def _sentence(f: CompositeFinding, names: Names) -> str:
    site, event = names.site(f.series.site), names.event(f.event)
    of = f"{len(f.changed)} of {counted(len(f.members), 'series', 'series')}"
    if f.verdict == "changed":
        within = " Each also lies within its declared margin." if f.also_same else ""
        held = f"the chance of any false one among all is held to {percent(f.error_rate)}"
        return f"Taken together, {site} changed at {event}: {of} changed ({held}).{within}"
    if f.verdict == "same":
        return f"Taken together, {site} stayed about the same through {event}: so did each of {len(f.members)} series."
    return (
        f"Taken together, these images cannot say whether {site} changed at {event} or stayed about the same: "
        f"{f.n_tested} of {counted(len(f.members), 'series', 'series')} could be tested."
    )
