"""Images into the imagery folder, each with its STAC side-car; and the scenes back from there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from overlook.collect.bands import band_roles
from overlook.collect.boxes import count_files
from overlook.collect.georeference import Georeference, georeference
from overlook.collect.ground import as_before, ground_of, largest_part, put_dem, same_ground
from overlook.collect.header import Header
from overlook.collect.item import to_item
from overlook.collect.masks import put_clouds, put_provider_mask, same_masks
from overlook.collect.names import SIDECAR, safe_name, split_name
from overlook.collect.outside import files, headers, sidecars
from overlook.collect.radar import platform_of, put_radar, radar_of, radar_role, same_radar, sensor_of
from overlook.collect.registering import Registering
from overlook.collect.sun import sun_position
from overlook.collect.when import acquisition, from_name, require_plausible, times_said, unzoned
from overlook.errors import InputError
from overlook.terms import LOCAL, Interval, Rights, Scene, SceneKind, dumps, loads

_SUFFIXES = {"GTiff": ".tif", "PNG": ".png", "JPEG": ".jpg", "NITF": ".ntf", "JP2OpenJPEG": ".jp2"}


def register(image: Path, imagery: Path, options: Registering, *, now: datetime) -> Scene:
    """Admit an image: check its header, copy (or link) it into `imagery`, write its side-car.

    The same bytes again give the same scene; what is newly said of it then goes into its side-car. Raises InputError
    with the flag that would supply what is missing; a failed call leaves the folder as it was.
    """
    where = str(image)
    digest = files.sha256(image)
    known = _by_digest(imagery, digest)
    if known:
        _require_one_time(known[0], options, image)
    if known and options == Registering(link=options.link):
        return known[0]
    header = headers.read_header(image)
    said = _merged(options, known[1]) if known else options
    if known:
        said = as_before(said, known[0])
    draft = _draft(image, header, said, digest, now=now, where=where)
    if known:
        scene = replace(draft, id=known[0].id, path=known[0].path, boxes=known[0].boxes)
        scene = same_radar(same_ground(same_masks(scene, known[0], options), known[0], options), known[0])
    else:
        stem, path = _free_name(imagery, image.name, header.driver, digest)
        scene = replace(draft, id=stem, path=path)
    return _put(image, imagery, scene, said, now=now, is_new=known is None)


def scenes(imagery: Path) -> tuple[Scene, ...]:
    """Every scene of the folder, by time and id, undated ones last.

    Raises InputError naming a side-car that is broken, or an image that is gone or is not the one registered.
    """
    found = []
    for name in sorted(files.names_in(imagery)):
        if name.endswith(SIDECAR):
            scene, item = sidecars.read_sidecar(imagery / name)
            _require_unchanged(imagery, scene, item, name)
            found.append(scene)
    return tuple(sorted(found, key=_order))


def unused(imagery: Path) -> tuple[str, ...]:
    """Files of the folder that nothing refers to, by name: images without a side-car, boxes no side-car names.

    Their names only: what they are, and whether they were ever added, the ledger knows.
    """
    known = set[str]()
    for scene in scenes(imagery):
        known |= {scene.id + SIDECAR, scene.path, scene.cloud_mask, *(b.path for b in scene.boxes)}
        known |= {scene.provider_mask.path} if scene.provider_mask else set()
        known |= {scene.ground.dem} if scene.ground else set()
        known |= {scene.radar.calibration, scene.radar.noise} if scene.radar else set()
    known |= {f"{split_name(n)[0]}.names" for n in known}
    for path, _ in count_files(imagery):
        known |= {path.name, f"{split_name(path.name)[0]}.json"}
    return tuple(sorted(files.names_in(imagery) - known))


def _order(scene: Scene) -> tuple[bool, str, str]:
    return scene.when is None, scene.when.middle.isoformat() if scene.when else "", scene.id


def _draft(image: Path, header: Header, said: Registering, digest: str, *, now: datetime, where: str) -> Scene:
    """The scene as far as header and words tell; its name is not chosen yet."""
    if said.kind not in get_args(SceneKind):
        raise InputError("E-INPUT-KIND", f"{said.kind!r} is no kind of image", where=where, remedy="see --kind")
    stem, _ = split_name(image.name)
    place = georeference(header, said, where=where)
    when, when_source = _when(header, said, stem, now=now, where=where)
    elevation, azimuth = _sun(header, said, when, place)
    role = None if said.bands else radar_role(header, stem)
    bands = (role,) if role else band_roles(header, stem, said.bands)
    radar = radar_of(image, header, bands, said.calibration)
    platform = _sensor(header)
    return Scene(
        id=safe_name(stem),
        path=safe_name(image.name),
        digest=digest,
        when=when,
        when_source=when_source,  # type: ignore[arg-type]
        gsd_m=place.gsd_m,
        crs=place.crs,
        transform=place.transform,
        shape=header.shape,
        bands=bands,
        dtype=header.dtype,
        footprint=place.footprint,
        kind=said.kind,
        sensor=said.sensor or (sensor_of(radar, platform_of(stem, platform)) if radar else platform) or "unknown",
        off_nadir_deg=_degrees(said.off_nadir_deg, header, "view:off_nadir", 0, 90, where=where),
        sun_elevation_deg=elevation,
        sun_azimuth_deg=azimuth,
        geolocation_error_m=_geolocation_error(said, place, where=where),
        catalogue_id=_plain(said.catalogue_id or str(header.stac.get("id", "") or header.tags.get("CATALOGID", ""))),
        rights=_rights(said.rights, header.stac),
        why_acquired=said.why_acquired,
        labels_px=_labels(said.labels_px, header.shape, where=where),
        camera=place.camera,
        ground=ground_of(place, said, where=where),
        radar=radar,
        when_said=times_said(said.when, header.tags, header.stac, stem),
    )


def _when(header: Header, said: Registering, stem: str, *, now: datetime, where: str) -> tuple[Interval | None, str]:
    when, source = acquisition(said.when, header.tags, header.stac, stem)
    if when is None and said.kind == "image":
        aside = unzoned(header.tags)
        raise InputError(
            "E-INPUT-UNDATED",
            f"its only time has no zone ({aside})" if aside else "nothing says when it was taken",
            where=where,
            remedy="give the time with --when, such as --when 2018-06-12T03:15Z or --when 2018-06-12/2018-06-14",
        )
    if when is not None:
        require_plausible(when, now=now, where=where)
    return when, source


def _sun(
    header: Header, said: Registering, when: Interval | None, place: Georeference
) -> tuple[float | None, float | None]:
    """As said, as the file says, else computed for an instant and a place on the Earth."""
    properties = header.stac.get("properties", {})
    elevation = said.sun_elevation_deg if said.sun_elevation_deg is not None else properties.get("view:sun_elevation")
    azimuth = said.sun_azimuth_deg if said.sun_azimuth_deg is not None else properties.get("view:sun_azimuth")
    if when is not None and when.is_instant and place.crs != LOCAL:
        middle = largest_part(place.footprint).centroid
        computed = sun_position(when.start, middle.x, middle.y)
        elevation = round(computed[0], 2) if not _within(elevation, -90, 90) else elevation
        azimuth = round(computed[1], 2) if not _within(azimuth, 0, 360) else azimuth
    return (
        float(elevation) if _within(elevation, -90, 90) else None,
        float(azimuth) if _within(azimuth, 0, 360) else None,
    )


def _within(value: Any, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _degrees(said: float | None, header: Header, name: str, low: float, high: float, *, where: str) -> float | None:
    if said is not None and not _within(said, low, high):
        raise InputError(
            "E-INPUT-ANGLE", f"{name.removeprefix('view:')} must lie between {low} and {high} degrees", where=where
        )
    value = said if said is not None else header.stac.get("properties", {}).get(name)
    return float(value) if _within(value, low, high) else None


def _geolocation_error(said: Registering, place: Georeference, *, where: str) -> float | None:
    error = said.geolocation_error_m
    if error is not None and not _within(error, 0, 1e6):
        raise InputError("E-INPUT-GEOLOCATION", "a geolocation error is not negative, in metres", where=where)
    return error if error is not None else place.misfit_m


def _sensor(header: Header) -> str:
    """The platform a STAC Item or the file's tags name: the group whose detection errors are shared."""
    properties = header.stac.get("properties", {})
    named = [properties.get(key) for key in ("constellation", "platform")]
    named += [header.tags.get(key) for key in ("SATELLITEID", "SENSORID", "IMD.SATID")]
    return next((_plain(n) for n in named if isinstance(n, str) and n.strip()), "")


def _rights(said: Rights, item: Mapping[str, Any]) -> Rights:
    """A licence and a provider named by a STAC Item are carried; leave to publish is only ever said by a person."""
    properties = item.get("properties", {})
    licence = properties.get("license", "")
    providers = [p.get("name", "") for p in properties.get("providers") or [] if isinstance(p, dict)]
    return Rights(
        may_publish=said.may_publish,
        licence=said.licence or (_plain(licence) if isinstance(licence, str) else ""),
        credit=said.credit or _plain(next((p for p in providers if isinstance(p, str)), "")),
    )


def _labels(
    labels: tuple[tuple[int, int, int, int], ...], shape: tuple[int, int], *, where: str
) -> tuple[tuple[int, int, int, int], ...]:
    rows, columns = shape
    for x, y, width, height in labels:
        if width <= 0 or height <= 0 or x >= columns or y >= rows or x + width <= 0 or y + height <= 0:
            raise InputError(
                "E-INPUT-LABEL",
                f"the label rectangle {x},{y},{width},{height} does not meet the image of {columns} x {rows} pixels",
                where=where,
                remedy="give COLUMN,ROW,WIDTH,HEIGHT in pixels",
            )
    return labels


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


# ---- names, side-cars, what was said before ----------------------------------------------------------------------


def _by_digest(imagery: Path, digest: str) -> tuple[Scene, dict[str, Any]] | None:
    for name in sorted(files.names_in(imagery)):
        if name.endswith(SIDECAR):
            scene, item = sidecars.read_sidecar(imagery / name)
            if scene.digest == digest and files.exists(imagery / scene.path):
                return scene, item
    return None


def _require_one_time(known: Scene, options: Registering, image: Path) -> None:
    """The same picture under a name with another date: one of the two dates is wrong, and both would be one image."""
    named = from_name(split_name(image.name)[0]) if options.when is None and known.when_source == "filename" else None
    if named is not None and known.when is not None and not named.overlaps(known.when):
        raise InputError(
            "E-INPUT-SAME",
            f"it holds the very bytes of {known.path}, whose name says {known.when.start:%Y-%m-%d %H:%M} UTC",
            where=str(image),
            remedy="find out which date is right, and give it with --when",
        )


def _free_name(imagery: Path, name: str, driver: str, digest: str) -> tuple[str, str]:
    """A scene id and file name that no other content has; "-2" and so on after a name that is taken."""
    stem = safe_name(split_name(name)[0])
    taken = files.names_in(imagery)
    for number in range(1, len(taken) + 3):
        candidate = stem if number == 1 else f"{stem}-{number}"
        path = candidate + _SUFFIXES[driver]
        # An image without a side-car is what a killed run left; only the same bytes may take its place.
        is_left = path in taken and files.sha256(imagery / path) == digest
        if candidate + SIDECAR not in taken and (path not in taken or is_left):
            return candidate, path
    raise AssertionError("more names than files")  # pragma: no cover


def _put(image: Path, imagery: Path, scene: Scene, said: Registering, *, now: datetime, is_new: bool) -> Scene:
    """Image, cloud mask, side-car, in this order; what was put is taken back when a later one fails."""
    made: list[Path] = []
    try:
        # A file that lies there already has the same bytes, and is not ours to take back.
        if is_new and not files.exists(imagery / scene.path):
            files.copy(image, imagery / scene.path, link=said.link)
            made.append(imagery / scene.path)
        if said.cloud_mask is not None:
            scene, path, is_copied = put_clouds(said.cloud_mask, imagery, scene)
            made += [path] if is_copied else []
        if said.provider_mask is not None:
            scene, path, is_copied = put_provider_mask(*said.provider_mask, imagery, scene)
            made += [path] if is_copied else []
        if said.dem is not None and scene.ground is not None:
            scene, path, is_copied = put_dem(said.dem, imagery, scene)
            made += [path] if is_copied else []
        if scene.radar is not None:
            scene, copied = put_radar(scene, imagery)
            made += copied
        size, mtime_ns = files.stat_of(imagery / scene.path)
        item = to_item(
            scene,
            created=now,
            size=size,
            mtime_ns=mtime_ns,
            declared=_declared(said),
            linked_to=str(image.resolve()) if said.link else "",
        )
        sidecars.write_sidecar(imagery / (scene.id + SIDECAR), item)
    except BaseException:
        for path in made:
            files.remove(path)
        raise
    return scene


def _declared(said: Registering) -> dict[str, Any]:
    """What was said, without what is only of one call."""
    plain: dict[str, Any] = json.loads(
        dumps(replace(said, cloud_mask=None, provider_mask=None, dem=None, calibration=None, link=False))
    )
    return plain


def _merged(options: Registering, item: Mapping[str, Any]) -> Registering:
    """What is said now, and where nothing is said now, what was said before."""
    declared = item["properties"].get("overlook:declared") or {}
    try:
        before: Registering = loads(json.dumps(declared).encode(), Registering)
    except ValueError as error:
        raise InputError("E-INPUT-SIDECAR", "overlook:declared does not fit", where=str(item.get("id"))) from error
    if options.centre or options.control_points:
        # A place said now takes the place of one said before, whichever way each was said.
        before = replace(before, centre=None, control_points=())
    rights = {k: v for k, v in asdict(options.rights).items() if v != getattr(Rights(), k)}
    default = Registering()
    said = {f.name: getattr(options, f.name) for f in fields(Registering)}
    said = {name: value for name, value in said.items() if value != getattr(default, name)}
    return replace(before, **said | {"rights": replace(before.rights, **rights)})


def _require_unchanged(imagery: Path, scene: Scene, item: Mapping[str, Any], sidecar: str) -> None:
    """Same size and time as when registered, or the same digest; its side-car then learns the new time."""
    path = imagery / scene.path
    asset = item["assets"]["image"]
    if not files.exists(path):
        raise InputError(
            "E-INPUT-MISSING",
            "the image of this side-car is gone",
            where=str(path),
            remedy=f"put it back, or remove {sidecar}",
        )
    size, mtime_ns = files.stat_of(path)
    if (size, mtime_ns) == (asset.get("file:size"), asset.get("overlook:mtime_ns")):
        return
    if files.sha256(path) != scene.digest:
        raise InputError(
            "E-INPUT-CHANGED",
            "the image is not the one that was registered",
            where=str(path),
            remedy=f"restore it, or remove {sidecar} and add it as a new image",
        )
    refreshed = {**item, "assets": {**item["assets"], "image": {**asset, "overlook:mtime_ns": mtime_ns}}}
    files.write(imagery / sidecar, json.dumps(refreshed, indent=1).encode())
