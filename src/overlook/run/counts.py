"""Counts, indices and sightings that the analyst brought: read once, and put where the case knows them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

from overlook.errors import InputError
from overlook.run.folder import CaseFolder
from overlook.run.steps import key_of, step, store_of, table_bytes, table_of
from overlook.terms import (
    OBSERVATIONS,
    Case,
    Count,
    Index,
    Interval,
    Observation,
    Series,
    canonical,
    observations_from_table,
)


@dataclass(frozen=True, slots=True)
class Brought:
    """What files of counts say: observations, (name, digest) of each file, and what was noticed in reading them."""

    observations: tuple[Observation, ...]
    inputs: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def brought(folder: CaseFolder, case: Case, *, now: datetime) -> Brought:
    """Every file of counts. Raises InputError for a zone the case does not have."""
    from overlook.collect import count_files

    files = count_files(folder.imagery)
    observations: list[Observation] = []
    notes: list[str] = []
    for path, digest in files:
        made, said = _of_file(folder, case, path, digest, now)
        observations += made
        notes += [f"{path.name}: {text}" for text in said]
    return Brought(tuple(observations), tuple((path.name, digest) for path, digest in files), tuple(notes))


def _of_file(
    folder: CaseFolder, case: Case, path: Path, digest: str, now: datetime
) -> tuple[list[Observation], list[str]]:
    def make() -> dict[str, bytes]:
        from overlook.collect import notes_of_counts, read_counts

        table = read_counts(path, evidence=digest, now=now, days_in=days_of(case))
        return {"observations": table_bytes(table), "notes": canonical(list(notes_of_counts(table)))}

    store = store_of(folder)
    made = step(
        store, key_of("counts", ("collect", "run"), file=digest, days=str(days_of(case))), f"counts {path.name}", make
    )
    table = table_of(store.get(made.outputs["observations"]), OBSERVATIONS)
    observations = [replace(o, series=_placed(case, o.series, path)) for o in observations_from_table(table)]
    return observations, json.loads(store.get(made.outputs["notes"]))


def days_of(case: Case) -> tzinfo:
    """Whose days a date without a time means: those of the only site, else UTC's (as in case.yaml)."""
    return ZoneInfo(case.sites[0].timezone) if len(case.sites) == 1 else UTC


def require_places(case: Case, table: pa.Table, path: Path) -> None:
    """Raise InputError for the first series of a file whose site or zone the case does not have."""
    for row in table.group_by(["site", "zone", "cls"], use_threads=False).aggregate([]).to_pylist():
        _placed(case, Series(site=row["site"], zone=row["zone"], cls=row["cls"]), path)


def _placed(case: Case, series: Series, path: Path) -> Series:
    """The series with its site filled in, when the file left it out and the case says which it must be."""
    sites = {site.id: {zone.id for zone in site.zones} for site in case.sites}
    if not sites:
        return series
    if not series.site:
        owners = [site for site, zones in sites.items() if series.zone in zones] if series.zone else list(sites)
        if len(owners) != 1:
            _refuse(path, "zone", series.zone, [z for zones in sites.values() for z in zones], many=len(owners) > 1)
        return replace(series, site=owners[0])
    if series.site not in sites:
        _refuse(path, "site", series.site, sites)
    if series.zone and series.zone not in sites[series.site]:
        _refuse(path, "zone", series.zone, sites[series.site])
    return series


def _refuse(path: Path, what: str, name: str, known: Iterable[str], *, many: bool = False) -> None:
    close = get_close_matches(name, list(known), n=1)
    meant = f"did you mean '{close[0]}'? Else " if close else ""
    if many:
        raise InputError(
            "E-INPUT-COUNTS-SITE",
            f"{what} '{name}' could be of several sites" if name else "the case has several sites",
            where=str(path),
            remedy="add a column `site`",
        )
    raise InputError(
        "E-INPUT-COUNTS-ZONE",
        f"the case has no {what} '{name}'",
        where=str(path),
        remedy=f"{meant}mend the file, or declare the {what} in case.yaml",
    )


_TWO = {"count": "two counts", "index": "two values"}


def without_doubles(observations: Iterable[Observation]) -> tuple[tuple[Observation, ...], tuple[str, ...]]:
    """One count, or one index value, a series and moment. (observations, notes): an image counted twice is one image.

    Two people may have read one image, or a file of counts may repeat boxes that were drawn; the first stands
    (boxes come before files), and a note says which was left out. Times are the same moment when they overlap and one
    of them is only known to within a span: a count of a day, and boxes on that day's image.
    """
    kept: list[Observation] = []
    # By the days they touch: each time is held against its neighbours alone, however long the series.
    told: dict[tuple[str, Series, int], list[Interval]] = {}
    notes = []
    for observation in observations:
        if isinstance(observation, Count | Index):
            when = observation.when
            days = range(when.start.toordinal(), when.end.toordinal() + 1)
            near = [told.setdefault((observation.kind, observation.series, day), []) for day in days]
            if any(_one_moment(when, span) for spans in near for span in spans):
                s = observation.series
                notes.append(
                    f"{s.zone or s.site} {s.cls}: {_TWO[observation.kind]} at {when.start:%Y-%m-%d %H:%M} "
                    f"UTC; the one by {observation.observer} was left out."
                )
                continue
            for spans in near:
                spans.append(when)
        kept.append(observation)
    return tuple(kept), tuple(notes)


def _one_moment(a: Interval, b: Interval) -> bool:
    return a == b or (a.overlaps(b) and not (a.is_instant and b.is_instant))
