"""A Scene as a STAC Item, and back: plain dictionaries, nothing here opens a file.

Standard fields where there are such (STAC 1.1; extensions view, projection, file); Overlook's own are `overlook:*`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, get_args

from shapely.geometry import mapping, shape

from overlook.collect.georeference import parse_crs
from overlook.collect.names import is_safe
from overlook.collect.when import FIRST
from overlook.errors import InputError
from overlook.terms import (
    LOCAL,
    BandRole,
    BoxFile,
    Ground,
    Interval,
    ProviderMask,
    Radar,
    RationalCamera,
    Rights,
    Scene,
    SceneKind,
    TiePoints,
    WhyAcquired,
    dumps,
    loads,
)

_EXTENSIONS = (
    "https://stac-extensions.github.io/view/v1.0.0/schema.json",
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/file/v2.1.0/schema.json",
)
#: Multihash prefix of SHA-256, 32 bytes long (file extension, file:checksum).
_SHA256 = "1220"
_MEDIA = {
    ".tif": "image/tiff; application=geotiff",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jp2": "image/jp2",
    ".ntf": "application/vnd.nitf",
}
_DIGEST = re.compile(r"[0-9a-f]{64}")
#: No coefficient of a georeference, and no side of an image in pixels, is as large.
_LARGEST, _LONGEST_SIDE = 1e12, 10**8
_WHEN_SOURCES = ("metadata", "filename", "declared", "unknown")


def to_item(
    scene: Scene, *, created: datetime, size: int, mtime_ns: int, declared: Mapping[str, Any], linked_to: str = ""
) -> dict[str, Any]:
    """The STAC Item of a scene. `declared` is what the analyst said, kept to merge with what she says later."""
    is_local = scene.crs == LOCAL
    item: dict[str, Any] = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": list(_EXTENSIONS),
        "id": scene.id,
        "geometry": None if is_local else mapping(scene.footprint),
        "properties": _properties(scene, created, declared),
        "links": [],
        "assets": {
            "image": {
                "href": f"./{scene.path}",
                "type": _MEDIA.get(scene.path[scene.path.rfind(".") :], "application/octet-stream"),
                "roles": ["data"],
                "file:checksum": _SHA256 + scene.digest,
                "file:size": size,
                "overlook:mtime_ns": mtime_ns,
            }
        },
    }
    if linked_to:
        item["assets"]["image"]["overlook:linked_to"] = linked_to
    if not is_local:
        item["bbox"] = list(scene.footprint.bounds)
    return item


def _properties(scene: Scene, created: datetime, declared: Mapping[str, Any]) -> dict[str, Any]:
    rights = scene.rights
    properties: dict[str, Any] = {
        **_times(scene.when, created),
        "created": _text(created),
        "gsd": scene.gsd_m,
        "proj:transform": list(scene.transform),
        "proj:shape": list(scene.shape),
        "overlook:crs": scene.crs,
        "overlook:when_source": scene.when_source,
        "overlook:kind": scene.kind,
        "overlook:sensor": scene.sensor,
        "overlook:bands": list(scene.bands),
        "overlook:dtype": scene.dtype,
        "overlook:why_acquired": scene.why_acquired,
        "overlook:catalogue_id": scene.catalogue_id,
        "overlook:may_publish": rights.may_publish,
        "overlook:licence": rights.licence,
        "overlook:credit": rights.credit,
        "overlook:geolocation_error_m": scene.geolocation_error_m,
        "overlook:labels_px": [list(r) for r in scene.labels_px],
        "overlook:cloud_mask": scene.cloud_mask,
        "overlook:cloud_mask_digest": scene.cloud_mask_digest,
        "overlook:provider_mask": _provider_mask(scene.provider_mask),
        "overlook:when_said": [{"by": who, "from": _text(t.start), "to": _text(t.end)} for who, t in scene.when_said],
        "overlook:boxes": [_boxes(b) for b in scene.boxes],
        "overlook:camera": _plain(scene.camera),
        "overlook:ground": _plain(scene.ground),
        "overlook:radar": _plain(scene.radar),
        "overlook:declared": dict(declared),
    }
    angles = {
        "view:off_nadir": scene.off_nadir_deg,
        "view:sun_elevation": scene.sun_elevation_deg,
        "view:sun_azimuth": scene.sun_azimuth_deg,
    }
    properties |= {name: value for name, value in angles.items() if value is not None}
    if scene.crs == LOCAL:
        properties["overlook:footprint"] = mapping(scene.footprint)
    elif scene.crs.startswith("EPSG:"):
        properties["proj:code"] = scene.crs
    else:
        properties["proj:code"] = None
        properties["proj:wkt2"] = scene.crs
    if rights.credit:
        properties["providers"] = [{"name": rights.credit, "roles": ["licensor"]}]
    return properties


def _times(when: Interval | None, created: datetime) -> dict[str, Any]:
    if when is not None and when.is_instant:
        return {"datetime": _text(when.start), "overlook:undated": False}
    # STAC has no word for "nobody knows": the widest interval that must be true stands there, and a flag.
    start, end = (when.start, when.end) if when else (FIRST, max(created, FIRST))
    return {
        "datetime": None,
        "start_datetime": _text(start),
        "end_datetime": _text(end),
        "overlook:undated": when is None,
    }


def from_item(item: Mapping[str, Any]) -> Scene:
    """The scene of a side-car. Raises ValueError, KeyError or TypeError for one that does not fit."""
    scene = _scene(item)
    _require_types(scene)
    a, b, _, d, e, _ = scene.transform
    if not all(math.isfinite(v) and abs(v) < _LARGEST for v in scene.transform) or a * e == b * d:
        raise ValueError("proj:transform is not a number or flattens the image to a line")
    if max(scene.shape) > _LONGEST_SIDE:
        raise ValueError(f"proj:shape of {scene.shape[0]} x {scene.shape[1]} pixels cannot be")
    if not scene.bands:
        raise ValueError("overlook:bands names no band")
    if (
        scene.footprint.geom_type not in ("Polygon", "MultiPolygon")
        or not scene.footprint.is_valid
        or not scene.footprint.area > 0
    ):
        raise ValueError("its footprint is not a polygon, or crosses itself")
    if scene.crs != LOCAL:
        _require_crs(scene.crs)
    beside = [scene.cloud_mask_digest] if scene.cloud_mask else []
    beside += [scene.provider_mask.digest] if scene.provider_mask else []
    beside += [d for r in (scene.radar,) if r for n, d in _tables(r) if n]
    beside += [scene.ground.dem_digest] if scene.ground and scene.ground.dem else []
    for digest in (*(b.digest for b in scene.boxes), *beside):
        if not _DIGEST.fullmatch(digest):
            raise ValueError("a file that it names has no SHA-256")
    return scene


@cache
def _require_crs(text: str) -> None:
    """Raises ValueError. Reading a coordinate system takes milliseconds, and many scenes share one."""
    try:
        parse_crs(text, where="")
    except InputError as error:
        raise ValueError(error.what) from error


def _require_types(scene: Scene) -> None:
    """A side-car edited by hand may hold anything: every text must be one, every number one that is finite."""
    rights = scene.rights
    texts: list[str] = [
        scene.id,
        scene.crs,
        scene.dtype,
        scene.sensor,
        scene.catalogue_id,
        rights.licence,
        rights.credit,
    ]
    texts += [scene.cloud_mask, scene.cloud_mask_digest]
    texts += [scene.provider_mask.kind] if scene.provider_mask else []
    texts += [t for b in scene.boxes for t in (b.path, b.observer, b.digest, *b.complete_for)]
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"{text!r} is not a text")
    bounds = {"off_nadir_deg": (0, 90), "sun_elevation_deg": (-90, 90), "sun_azimuth_deg": (0, 360)}
    for name, (low, high) in (bounds | {"geolocation_error_m": (0, 1e6)}).items():
        value = getattr(scene, name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and not (is_number and low <= value <= high):
            raise ValueError(f"{name} of {value!r} does not lie between {low} and {high:g}")
    if not (rights.may_publish is None or isinstance(rights.may_publish, bool)):
        raise TypeError("overlook:may_publish is neither true, false nor null")


def _scene(item: Mapping[str, Any]) -> Scene:
    p, asset = item["properties"], item["assets"]["image"]
    checksum, path = asset["file:checksum"], asset["href"].removeprefix("./")
    if not (checksum.startswith(_SHA256) and len(checksum) == 68):
        raise ValueError("file:checksum is not the multihash of a SHA-256")
    cloud_mask = p["overlook:cloud_mask"]
    boxes = tuple(
        BoxFile(path=b["path"], observer=b["observer"], digest=b["digest"], complete_for=tuple(b["complete_for"]))
        for b in p["overlook:boxes"]
    )
    mask = p.get("overlook:provider_mask")
    provider_mask = ProviderMask(kind=mask["kind"], path=mask["path"], digest=mask["digest"]) if mask else None
    beside = [name for name in (cloud_mask, mask["path"] if mask else "") if name]
    ground, radar = p.get("overlook:ground"), p.get("overlook:radar")
    beside += [radar[key] for key in ("calibration", "noise") if radar and radar[key]]
    beside += [ground["dem"]] if ground and ground.get("dem") else []
    for name in (path, item["id"], *beside, *(b.path for b in boxes)):
        if not is_safe(name):
            raise ValueError(f"{name!r} is not a plain file name")
    a, b, c, d, e, f = (float(v) for v in p["proj:transform"][:6])
    rows, columns = p["proj:shape"]
    crs = p["overlook:crs"]
    return Scene(
        id=item["id"],
        path=path,
        digest=checksum[4:],
        when=None if p["overlook:undated"] else _interval(p),
        when_source=_one_of(p["overlook:when_source"], _WHEN_SOURCES),
        gsd_m=float(p["gsd"]),
        crs=crs,
        transform=(a, b, c, d, e, f),
        shape=(int(rows), int(columns)),
        bands=tuple(_one_of(r, get_args(BandRole)) for r in p["overlook:bands"]),
        dtype=p["overlook:dtype"],
        footprint=shape(p["overlook:footprint"] if crs == LOCAL else item["geometry"]),
        kind=_one_of(p["overlook:kind"], get_args(SceneKind)),
        sensor=p["overlook:sensor"],
        off_nadir_deg=p.get("view:off_nadir"),
        sun_elevation_deg=p.get("view:sun_elevation"),
        sun_azimuth_deg=p.get("view:sun_azimuth"),
        geolocation_error_m=p["overlook:geolocation_error_m"],
        catalogue_id=p["overlook:catalogue_id"],
        rights=Rights(
            may_publish=p["overlook:may_publish"], licence=p["overlook:licence"], credit=p["overlook:credit"]
        ),
        why_acquired=_one_of(p["overlook:why_acquired"], get_args(WhyAcquired)),
        labels_px=tuple((int(x), int(y), int(w), int(h)) for x, y, w, h in p["overlook:labels_px"]),
        cloud_mask=cloud_mask,
        cloud_mask_digest=p["overlook:cloud_mask_digest"],
        provider_mask=provider_mask,
        when_said=tuple(
            (str(said["by"])[:60], Interval(start=_moment(said["from"]), end=_moment(said["to"])))
            for said in p.get("overlook:when_said", ())
        ),
        boxes=boxes,
        camera=_camera(p.get("overlook:camera")),
        ground=None if ground is None else Ground(**ground),
        radar=None if radar is None else Radar(**radar),
    )


def _camera(plain: dict[str, Any] | None) -> RationalCamera | TiePoints | None:
    if plain is None:
        return None
    if "points" in plain:
        points = tuple((float(c), float(r), float(x), float(y)) for c, r, x, y in plain["points"])
        return TiePoints(points=points, misfit_m=float(plain["misfit_m"]))
    camera: RationalCamera = loads(json.dumps(plain).encode(), RationalCamera)
    return camera


def _tables(radar: Radar) -> tuple[tuple[str, str], ...]:
    return (radar.calibration, radar.calibration_digest), (radar.noise, radar.noise_digest)


def _plain(term: RationalCamera | TiePoints | Ground | Radar | None) -> dict[str, Any] | None:
    plain: dict[str, Any] | None = None if term is None else json.loads(dumps(term))
    return plain


def _provider_mask(mask: ProviderMask | None) -> dict[str, str] | None:
    return None if mask is None else {"kind": mask.kind, "path": mask.path, "digest": mask.digest}


def _boxes(boxes: BoxFile) -> dict[str, Any]:
    return {
        "path": boxes.path,
        "observer": boxes.observer,
        "digest": boxes.digest,
        "complete_for": list(boxes.complete_for),
    }


def _interval(properties: Mapping[str, Any]) -> Interval:
    at = properties["datetime"]
    start, end = (at, at) if at else (properties["start_datetime"], properties["end_datetime"])
    return Interval(start=_moment(start), end=_moment(end))


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return at.astimezone(UTC)


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _one_of(value: Any, known: tuple[Any, ...]) -> Any:
    if value not in known:
        raise ValueError(f"{value!r} is none of {', '.join(map(str, known))}")
    return value
