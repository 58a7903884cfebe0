"""Sites, zones and events of a case file as terms: polygons placed, time zones known, dates made intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, tzinfo
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic_core import PydanticCustomError
from shapely.geometry.base import BaseGeometry

from overlook.case import geometry, models
from overlook.case.document import Path
from overlook.case.mistakes import Mistake, nearest, unknown
from overlook.case.times import Span
from overlook.case.values import FAR_FUTURE, FAR_PAST, ends, interval, moment, starts
from overlook.terms import LOCAL, Cover, Event, Interval, Site, Zone

#: (file, features wanted, is the site a local plane) to a polygon; raises ValueError.
Polygons = Callable[[models.GeometryFile, bool], BaseGeometry]


def span(when: Span, zone: tzinfo, path: Path, mistakes: list[Mistake]) -> Interval | None:
    """The interval of a `When`; None, and a mistake, when it runs backwards."""
    try:
        return interval(moment(when.start), moment(when.end), zone)
    except ValueError as error:
        mistakes.append(Mistake("TIME", path, str(error)))
        return None


def time_zone(name: str, path: Path, mistakes: list[Mistake]) -> tzinfo:
    """The IANA zone; UTC, and a mistake, when there is none of that name."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()
        hint = nearest(name, known)
        if not known:
            hint = ": this machine has no time zone data; install the package tzdata"
        mistakes.append(Mistake("TIME", path, f"no time zone {name[:60]!r}{hint}"))
        return UTC


def build_site(
    site: models.Site, path: Path, polygons: Polygons, mistakes: list[Mistake]
) -> tuple[Site | None, tzinfo]:
    """The site and its time zone. None when a polygon or the CRS is wrong; the mistakes say so."""
    tz = time_zone(site.timezone, (*path, "timezone"), mistakes)
    is_local = site.crs == LOCAL
    before = len(mistakes)
    shapes = [_shape(z, (*path, "zones", i), is_local, polygons, mistakes) for i, z in enumerate(site.zones)]
    covers = [_covers(z, tz, (*path, "zones", i), mistakes) for i, z in enumerate(site.zones)]
    if len(mistakes) > before or any(s is None for s in shapes):
        return None, tz
    placed = [s for s in shapes if s is not None]
    astray = geometry.check_together(placed, local=is_local) if placed else None
    if astray:
        mistakes.append(Mistake("GEOMETRY", (*path, "zones", astray[0], "geometry"), astray[1]))
        return None, tz
    crs = _crs(site, placed, path, mistakes)
    if crs is None:
        return None, tz
    zones = tuple(
        Zone(id=z.id, name=z.name, kind=z.kind, geometry=s, covers=c)
        for z, s, c in zip(site.zones, placed, covers, strict=True)
    )
    built = Site(
        id=site.id,
        name=site.name,
        zones=zones,
        crs=crs,
        grid_gsd_m=site.grid_gsd_m,
        margin_m=site.margin_m,
        timezone=site.timezone,
        reference_scene=site.reference_scene,
        whereabouts=site.whereabouts,
    )
    return built, tz


def build_event(event: models.Event, path: Path, zones: dict[str, tzinfo], mistakes: list[Mistake]) -> Event | None:
    """The event. A date is a whole day where it is one site's, in UTC otherwise."""
    for i, site in enumerate(event.sites):
        if site not in zones:
            mistakes.append(Mistake("REFERENCE", (*path, "sites", i), partial(unknown, "site", site, zones)))
    sites = [s for s in (event.sites or list(zones)) if s in zones]
    tz = zones[sites[0]] if len(sites) == 1 else UTC
    during = _during(event, path, tz, mistakes)
    if during is None:
        return None
    return Event(id=event.id, name=event.name, during=during, sites=tuple(event.sites), source=event.source)


def _during(event: models.Event, path: Path, tz: tzinfo, mistakes: list[Mistake]) -> Interval | None:
    if event.on is not None and event.start is None and event.end is None:
        return span(Span.model_construct(start=event.on, end=event.on), tz, (*path, "on"), mistakes)
    if event.on is None and event.start is not None and event.end is not None:
        both = Span.model_construct(start=event.start, end=event.end)
        return span(both, tz, (*path, "to"), mistakes)
    mistakes.append(Mistake("TIME", path, "needs `on`, or both `from` and `to`"))
    return None


def _covers(zone: models.Zone, tz: tzinfo, path: Path, mistakes: list[Mistake]) -> tuple[Cover, ...]:
    covers = []
    for i, cover in enumerate(zone.covers):
        start = _bound(cover.start, starts, tz, FAR_PAST)
        end = _bound(cover.end, ends, tz, FAR_FUTURE)
        if end < start:
            here = (*path, "covers", i, "to")
            mistakes.append(Mistake("TIME", here, f"ends ({cover.end}) before it starts ({cover.start})"))
            continue
        covers.append(Cover(kind=cover.kind, during=Interval(start=start, end=end), note=cover.note))
    return tuple(covers)


def _bound(
    text: str | None, edge: Callable[[date | datetime, tzinfo], datetime], tz: tzinfo, open_end: datetime
) -> datetime:
    return open_end if text is None else edge(moment(text), tz)


def _shape(
    zone: models.Zone,
    path: Path,
    is_local: bool,
    polygons: Polygons,
    mistakes: list[Mistake],
) -> BaseGeometry | None:
    here: Path = (*path, "geometry")
    code = "GEOMETRY"
    try:
        if isinstance(zone.geometry, str):
            shape = geometry.from_wkt(zone.geometry)
        elif isinstance(zone.geometry, dict) and "file" in zone.geometry:
            code = "FILE"
            shape = polygons(_geometry_file(zone.geometry), is_local)
            code = "GEOMETRY"
        elif isinstance(zone.geometry, dict):
            shape = geometry.from_geojson(zone.geometry)
        else:
            mistakes.append(Mistake(code, here, "must be a GeoJSON polygon, WKT text or {file: ...}"))
            return None
        geometry.check_polygon(shape, local=is_local)
    except ValueError as error:
        mistakes.append(Mistake(code, here, str(error)))
        return None
    return shape


def _geometry_file(plain: dict[str, object]) -> models.GeometryFile:
    unknown_keys = sorted(set(plain) - {"file", "feature"})
    if unknown_keys:
        raise ValueError(f"unknown key {unknown_keys[0][:40]!r}; a file has `file` and `feature`")
    try:
        return models.GeometryFile.model_validate(plain)
    except (ValueError, PydanticCustomError) as error:
        raise ValueError("`file` and `feature` must be text") from error


def named_files(case: models.CaseFile) -> list[tuple[Path, models.GeometryFile]]:
    """Every geometry file that a case names, and where it does."""
    found: list[tuple[Path, models.GeometryFile]] = []
    for s, site in enumerate(case.sites):
        for z, zone in enumerate(site.zones):
            if isinstance(zone.geometry, dict) and "file" in zone.geometry:
                try:
                    found.append((("sites", s, "zones", z, "geometry"), _geometry_file(zone.geometry)))
                except ValueError:
                    continue  # read_case says what is wrong with it
    return found


def _crs(site: models.Site, shapes: Sequence[BaseGeometry], path: Path, mistakes: list[Mistake]) -> str | None:
    if site.crs is None and not shapes:
        return LOCAL  # a formality: without zones nothing is ever laid on this grid
    if site.crs == LOCAL:
        return LOCAL
    try:
        if site.crs is None:
            return geometry.utm_crs(shapes)
        geometry.check_crs(site.crs.upper(), shapes)
        return site.crs.upper()
    except ValueError as error:
        here = (*path, "crs") if site.crs else (*path, "zones")
        mistakes.append(Mistake("GEOMETRY", here, str(error)))
        return None
