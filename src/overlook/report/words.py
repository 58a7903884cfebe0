"""How the report writes numbers, times and places, and how it names things in the page. No judgement is made here.

Text is plain: escaping is the templates' business, and nothing here returns markup.
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from overlook.claims.phrases import dates, whole_days
from overlook.claims.phrases import day as day
from overlook.terms import Case, Estimate, Event, Interval, Need, Series, Site, Zone

#: ICD 203, D.6.e(2)(a): the probability, in per cent, that each word stands for.
PERCENT = {
    "almost no chance": "1–5%",
    "very unlikely": "5–20%",
    "unlikely": "20–45%",
    "roughly even chance": "45–55%",
    "likely": "55–80%",
    "very likely": "80–95%",
    "almost certain": "95–99%",
}
NONE = "–"
#: Embeddings, overrides and isolates of the bidirectional algorithm (Unicode Standard Annex 9).
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")


def number(value: float | None, decimals: int = 2) -> str:
    """A decimal number; a value too small for its decimals keeps two significant digits. None is a dash."""
    if value is None:
        return NONE
    if math.isinf(value):
        return "no bound" if value > 0 else "no lower bound"
    if value != 0 and abs(value) < 0.5 * 10**-decimals:
        return f"{value:.1e}"
    return f"{value:,.{decimals}f}".replace("-", "−")


def ratio(value: float | None) -> str:
    """A ratio as a factor: ×1.83. From ten up without decimals."""
    if value is None:
        return NONE
    return "×" + number(value, 0 if 10 <= value < math.inf else 2)


def percent(probability: float | None) -> str:
    """A probability or share in whole per cent; never rounded to nothing or to all."""
    if probability is None:
        return NONE
    if 0 < probability < 0.01:
        return "<1%"
    if 0.99 < probability < 1:
        return ">99%"
    return f"{probability * 100:.0f}%"


def chance(probability: float | None) -> str:
    """A probability that a model gives, in whole per cent: never nought, never a hundred."""
    if probability is None:
        return NONE
    return percent(min(max(probability, 0.001), 0.999))


def rate(value: float | None) -> str:
    """A rate per image with the digits that counts can bear: 32, 9.8, 0.11."""
    return number(value, 2 if value is None or abs(value) < 1 else 1 if abs(value) < 10 else 0)


def as_sentence(note: str) -> str:
    """A note with a capital and a full stop."""
    text = note[:1].upper() + note[1:]
    return text if not text or text[-1] in ".!?" else text + "."


def interval_of(estimate: Estimate | None, *, as_ratio: bool) -> str:
    """`90% interval ×1.30 to ×2.50`; empty when there is no estimate."""
    if estimate is None:
        return ""
    write = ratio if as_ratio else rate
    return f"{percent(estimate.level)} interval {write(estimate.low)} to {write(estimate.high)}"


def counted(n: int, one: str, many: str = "") -> str:
    return f"{n} {one if n == 1 else many or one + 's'}"


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    items = list(words)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def utc_text(when: Interval | None) -> str:
    """`12 June 2018, 02:10 UTC`, a span of days, or `undated`."""
    return _span(when, UTC, "UTC")


def local_text(when: Interval | None, site: Site | None) -> str:
    """The same in the site's time zone, or why it cannot be said."""
    name = site.timezone if site else ""
    zone = time_zone(name)
    if zone is None:
        return "local time not known"
    return _span(when, zone, name) if name != "UTC" else "site time is UTC"


def short(when: Interval | None, zone: tzinfo = UTC) -> str:
    """`12 Jun 2018, 02:10`, for tables whose heading names the zone; a span shows both ends, whole days no hours."""
    if when is None:
        return "undated"
    if whole := whole_days(when, zone):
        return " to ".join(dict.fromkeys(_short_day(d) for d in whole))
    try:
        ends = [m.astimezone(zone) for m in (when.start, when.end)]
    except OverflowError:  # the first and last days of the calendar have no local time
        return f"{when.start:%Y} to {when.end:%Y}"
    texts = [f"{_short_day(m)}, {m:%H:%M}" for m in ends]
    return texts[0] if when.is_instant else " to ".join(texts)


def short_local(when: Interval | None, site: Site | None) -> str:
    zone = time_zone(site.timezone) if site else None
    return "not known" if zone is None else short(when, zone)


def isolated(name: str) -> str:
    """A name whose letters run from right to left, kept from turning the sentence around it.

    Its own direction marks go: an override inside a name could turn a number beside it.
    """
    bare = _DIRECTION.sub("", name)
    turns = bare != name or any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in bare)
    return f"\u2068{bare}\u2069" if turns else name


def time_zone(name: str) -> tzinfo | None:
    """The IANA zone of that name, None when there is none."""
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return None


def days(during: Interval | None, zone: tzinfo = UTC) -> str:
    """A span in days, without times: `1 March to 12 June 2018`. Whole days of `zone` keep the dates they have there."""
    if during is None:
        return "at any time"
    if whole := whole_days(during, zone) or whole_days(during, UTC):
        return dates(*whole)
    return dates(during.start.astimezone(UTC).date(), during.end.astimezone(UTC).date())


def anchor(kind: str, key: str) -> str:
    """A stable name inside the page: readable letters of `key`, and enough of its digest to be the only one."""
    letters = re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")[:48]
    return f"{kind}-{letters}-{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Names:
    """The declared names of sites, zones and events, by id."""

    sites: dict[str, Site]
    zones: dict[tuple[str, str], Zone]
    events: dict[str, Event]

    @classmethod
    def of(cls, case: Case) -> Names:
        return cls(
            sites={s.id: s for s in case.sites},
            zones={(s.id, z.id): z for s in case.sites for z in s.zones},
            events={e.id: e for e in case.events},
        )

    def site(self, site: str) -> str:
        return isolated(self.sites[site].name if site in self.sites else site)

    def zone(self, site: str, zone: str) -> str:
        known = self.zones.get((site, zone))
        return isolated(known.name if known else zone) or "the whole site"

    def place(self, series: Series) -> str:
        """`North yard`, with the site's name where the case has several."""
        zone = self.zone(series.site, series.zone)
        return f"{zone}, {self.site(series.site)}" if len(self.sites) > 1 else zone

    def days(self, during: Interval | None, site: str = "") -> str:
        """A declared span in the days of its site; of the case's only site when none is named."""
        if not site and len(self.sites) == 1:
            site = next(iter(self.sites))
        zone = time_zone(self.sites[site].timezone) if site in self.sites else None
        return days(during, zone or UTC)

    def ends(self, between: Interval, site: str) -> str:
        """`16 February and 2 March 2019`: the last image before a change, the first one after."""
        first, _, last = self.days(between, site).partition(" to ")
        return f"{first} and {last}" if last else first

    def event_days(self, event: Event) -> str:
        return self.days(event.during, event.sites[0] if event.sites else "")

    def event(self, event: str) -> str:
        return isolated(self.events[event].name if event in self.events else event)


def need_text(need: Need, names: Names) -> str:
    """`2 images of Pad, Sohae, 1 to 30 June 2018, at 0.50 m or finer.`"""
    many = "Images" if need.images is None else counted(need.images, "image")
    where = f"{names.zone(need.site, need.zone)}, {names.site(need.site)}" if need.zone else names.site(need.site)
    when = f", {names.days(need.window, need.site)}" if need.window else ""
    how = f", at {number(need.max_gsd_m)} m or finer" if need.max_gsd_m is not None else ""
    return f"{many} of {where}{when}{how}."


def _short_day(moment: datetime | date) -> str:
    return f"{moment.day} {day(moment).split()[1][:3]} {moment.year}"


def _span(when: Interval | None, zone: tzinfo, label: str) -> str:
    if when is None:
        return "undated"
    try:
        start, end = when.start.astimezone(zone), when.end.astimezone(zone)
    except OverflowError:  # the first and last days of the calendar have no local time
        return f"{when.start:%Y} to {when.end:%Y}"
    if when.is_instant:
        return f"{day(start)}, {start:%H:%M} {label}"
    if start.date() == end.date():
        return f"{day(start)}, {start:%H:%M} to {end:%H:%M} {label}"
    return f"between {day(start)}, {start:%H:%M} and {day(end)}, {end:%H:%M} {label}"
