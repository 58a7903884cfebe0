"""What the patterns of the grammar of dates mean that count from the day of publication, or from another date.

Weeks begin on Monday. A weekday is the last one up to the day of publication, unless the verb beside it speaks of the
future. Where writers use the same words for two spans, both are given and neither is chosen. Every function here
carries the name under which its patterns stand in lexicon/dates.yaml.
"""

from __future__ import annotations

import re

from overlook.claims.texts.dates_calendar import (
    DAY,
    Days,
    When,
    back,
    either,
    known,
    of_day,
    of_month,
    of_season,
    of_unit,
    of_week,
    of_year,
    part_of,
    unknown,
)
from overlook.claims.texts.dates_meanings import NORTHERN, Said
from overlook.claims.texts.numbers import value_of
from overlook.terms.statement import Precision

ELSEWHERE = "counts from another date of the text"
_BACK = frozenset({"last", "past", "previous", "preceding"})
_PRECISION: dict[str, Precision] = {
    "day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year", "decade": "decade",
    "century": "century",
}  # fmt: skip


def relative_month(said: Said) -> When:
    """ "Last June" said in August is this year's to some and last year's to others; said in May it is last year's."""
    p, rel = said.published, said["rel"]

    def make(year: int) -> Days:
        return of_month(year, said.month)

    if rel in {"this", "current"}:
        return known(make(p.year), "month")
    if rel in {"next", "coming"}:
        upcoming = make(p.year + (make(p.year)[0] <= p))
        if rel == "next" and upcoming[0].year == p.year:
            return either((upcoming, make(p.year + 1)), "month", "ambiguous: this year's or next year's")
        return known(upcoming, "month")
    latest = make(p.year - (make(p.year)[1] >= p))
    if rel == "last" and latest[0].year == p.year:
        return either((latest, make(p.year - 1)), "month", "ambiguous: this year's or last year's")
    return known(latest, "month")


def relative_season(said: Said) -> When:
    p, rel, first = said.published, said["rel"], said.grammar.seasons[said["season"]]
    spans = [of_season(year, first) for year in range(p.year - 2, p.year + 3)]
    if rel in {"next", "coming"}:
        return known(next(days for days in spans if days[0] > p), "season", NORTHERN)
    if rel in {"this", "current"}:
        near = min(spans, key=lambda days: max((days[0] - p).days, (p - days[1]).days))
        return known(near, "season", NORTHERN)
    return known([days for days in spans if days[1] < p][-1], "season", NORTHERN)


def weekday(said: Said) -> When:
    """The last one up to the day of publication; the next one when the verb speaks of the future."""
    p, wanted = said.published, said.grammar.weekdays[said["weekday"]]
    if said.is_future:
        return known(of_day(p + ((wanted - p.weekday()) % 7 or 7) * DAY), "day")
    away = (p.weekday() - wanted) % 7
    return known(of_day(p - away * DAY), "day", "" if away else "the day of publication itself")


def relative_weekday(said: Said) -> When:
    """ "Last Friday" said on a Saturday is yesterday to some, eight days ago to others."""
    p, rel, wanted = said.published, said["rel"], said.grammar.weekdays[said["weekday"]]
    if rel in {"this", "current"}:
        return known(of_day(of_week(p)[0] + wanted * DAY), "day")
    if rel in {"next", "coming"}:
        upcoming = p + ((wanted - p.weekday()) % 7 or 7) * DAY
        if rel == "next" and of_week(upcoming) == of_week(p):
            note = "ambiguous: of this week or of the next"
            return either((of_day(upcoming), of_day(upcoming + 7 * DAY)), "day", note)
        return known(of_day(upcoming), "day")
    latest = p - ((p.weekday() - wanted) % 7 or 7) * DAY
    if rel == "last" and of_week(latest) == of_week(p):
        return either((of_day(latest), of_day(latest - 7 * DAY)), "day", "ambiguous: of this week or of the last")
    return known(of_day(latest), "day")


def weekday_of_week(said: Said) -> When:
    monday = of_week(said.published, _offset(said["rel"]))[0]
    return known(of_day(monday + said.grammar.weekdays[said["weekday"]] * DAY), "day")


def _offset(rel: str) -> int:
    return -1 if rel in _BACK else 1 if rel in {"next", "coming"} else 0


def weekend(said: Said) -> When:
    """Saturday and Sunday: the last that has begun, or of the week that is named."""
    p, rel = said.published, said["rel"]
    saturday = of_week(p)[0] + 5 * DAY
    if rel in {"next", "coming"}:
        if p >= saturday:
            saturday += 7 * DAY
        elif rel == "next":
            later = saturday + 7 * DAY
            return either(
                ((saturday, saturday + DAY), (later, later + DAY)), "range", "ambiguous: this one or the next"
            )
    elif rel in _BACK or (not rel and p < saturday and not said.is_future):
        saturday -= 7 * DAY
    return known((saturday, saturday + DAY), "range")


def relative_unit(said: Said) -> When:
    """The week, month, quarter or year of the calendar, from Monday, from the first."""
    rel, unit = said["rel"], said.unit
    if said["unit"] != unit or unit == "day" or (unit in {"decade", "century"} and rel in _BACK | {"next"}):
        return unknown(_PRECISION[unit], "of the calendar or counted from the day of publication: not decided")
    return known(of_unit(said.published, unit, _offset(rel)), _PRECISION[unit])


def part_of_relative_unit(said: Said) -> When:
    if not said["unit"]:
        return known(part_of(of_year(said.published.year), said.grammar.parts[said["edge"]]), "range")
    days = of_unit(said.published, said.unit, _offset(said["rel"]))
    return known(part_of(days, said.grammar.parts[said["part"] or said["edge"]]), "range")


def within_unit(said: Said) -> When:
    """ "Earlier this month" ends on the day of publication, "later this month" begins there."""
    p = said.published
    start, end = of_unit(p, said.unit)
    side = said["within"]
    if side in {"earlier", "later"}:
        return known((start, p) if side == "earlier" else (p, end), "range")
    return known(part_of((start, end), said.grammar.parts[side]), "range")


def rolling(said: Said) -> When:
    """ "The past two years": back from the day of publication."""
    p, unit = said.published, said.unit
    ahead = bool(re.search(r"\b(?:next|coming)\b", said.text, re.IGNORECASE))
    low, high = value_of(said["n"], said.grammar.vague_numbers) if said["n"] else (1, 1)
    note = "" if low == high else "vague: taken as the longest that the words allow"
    if said["unit"] != unit and not said["n"]:
        high, note = 1, _conventional(said)
        far = said.grammar.reach[unit]
        return known((p, p + far * DAY) if ahead else (p - far * DAY, p), "vague", note)
    return known((p, back(p, unit, -high)) if ahead else (back(p, unit, high), p), "range", note)


def recent(said: Said) -> When:
    """ "Recent weeks", "coming days": as far as the grammar lets the words reach."""
    p, far = said.published, said.grammar.reach.get(said.unit, 365)
    if said["unit"] == said.unit:
        return unknown(_PRECISION[said.unit], ELSEWHERE)
    days = (p, p + far * DAY) if "coming" in said.text.lower() else (p - far * DAY, p)
    return known(days, "vague", _conventional(said))


def _conventional(said: Said) -> str:
    return f"vague: taken to reach {said.grammar.reach.get(said.unit, 365)} days at most"


def ago(said: Said) -> When:
    """Days to the day; weeks, months, years as the one of the calendar that many before."""
    p, unit = said.published, said.unit
    if said.text.lower().startswith("half"):
        months = {"year": 6, "decade": 60}.get(unit)
        return known(of_unit(back(p, "month", months), "month"), "month") if months else _unsaid(said)
    if not said["n"] and said["unit"] != unit:
        far = said.grammar.reach[unit]
        return known((p - far * DAY, back(p, unit, 2)), "vague", _conventional(said))
    low, high = value_of(said["n"], said.grammar.vague_numbers) if said["n"] else (1, 1)
    first, last = of_unit(back(p, unit, high), unit)[0], of_unit(back(p, unit, low), unit)[1]
    precision: Precision = _PRECISION[unit] if low == high else "vague"
    return known((first, min(last, p)), precision, "" if low == high else "vague: as wide as the words allow")


def ahead(said: Said) -> When:
    """ "In two weeks", when the verb speaks of the future; else it is how long something took."""
    p, unit = said.published, said.unit
    low, high = value_of(said["n"], said.grammar.vague_numbers) if said["n"] else (1, 1)
    if said.text.lower().startswith("within"):
        if not said.is_future:
            return _unsaid(said)
        return known((p, back(p, unit, -high)), "range", "counted from the day of publication")
    first, last = of_unit(back(p, unit, -low), unit)[0], of_unit(back(p, unit, -high), unit)[1]
    return known((max(first, p), last), _PRECISION[unit] if low == high else "vague")


def _unsaid(said: Said) -> When:
    return unknown(_PRECISION[said.unit], ELSEWHERE)


def today(said: Said) -> When:
    p, text = said.published, " ".join(said.text.lower().split())
    if text == "overnight" or text == "last night":
        return known((p - DAY, p), "range")
    away = {"the day before yesterday": -2, "the day after tomorrow": 2}.get(text)
    if away is None:
        away = -1 if text.startswith("yesterday") else 1 if text.startswith("tomorrow") else 0
    return known(of_day(p + away * DAY), "day")


def elsewhere(said: Said) -> When:
    return _unsaid(said)


def eve(said: Said) -> When:
    del said
    return unknown("day", "counts from an event that the text names")
