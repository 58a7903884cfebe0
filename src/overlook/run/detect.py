"""The one-liner: an image in, boxes out, and how many there probably were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from overlook.errors import UsageError
from overlook.terms import LOCAL, Scene

if TYPE_CHECKING:
    from overlook.detect import DrawnZones, OnnxDetector, Runtime, Searched

FORMATS = (".geojson", ".gpkg", ".parquet")
LEVEL = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Detecting:
    """How an image is searched. `card` None: the model that ships. `min_score` gives boxes below the threshold too."""

    gsd_m: float | None = None
    card: Path | None = None
    zones: Path | None = None
    min_score: float | None = None
    preview: Path | None = None
    runtime: Runtime | None = None
    threads: int = 1


def detect(image: Path, out: Path, how: Detecting) -> Mapping[str, Any]:
    """Search an image and write the boxes to `out`; what was found, as one JSON document.

    Polygons are in the image's coordinate system, or in its pixels (x right, y down) when it has none. Raises
    UsageError before any work when the files cannot be written so, InputError or ModelError for an image, zones or a
    model that cannot be used, StoreError when writing fails.
    """
    from overlook.collect import unadded
    from overlook.detect import OnnxDetector, read_zones, require_writable, search_image, shipped_card

    image, out = Path(image), Path(out)
    _require_apart(image, out, how)
    require_writable(out, FORMATS)
    if how.preview is not None:
        require_writable(how.preview, (".png",))
    if how.min_score is not None and not 0 < how.min_score < 1:
        what = f"{how.min_score:g} is not between 0 and 1"
        raise UsageError("E-USAGE-SCORE", what, where="--min-score", remedy="write 0.2")
    scene = unadded(image, gsd_m=how.gsd_m)
    detector = OnnxDetector(how.card or shipped_card(), threads=how.threads, runtime=how.runtime)
    zones = read_zones(how.zones, scene) if how.zones else None
    found = search_image(image, scene, detector, within=zones.together if zones else None, min_score=how.min_score)
    _write(out, scene, found, zones, detector.observer)
    if how.preview is not None:
        _preview(how.preview, image, scene, found, zones, detector)
    return _document(image, scene, found, zones, detector)


def _require_apart(image: Path, out: Path, how: Detecting) -> None:
    given = [p.resolve() for p in (image, how.card, how.zones) if p is not None]
    made = [p.resolve() for p in (out, how.preview) if p is not None]
    if set(given) & set(made) or len(set(made)) < len(made):
        raise UsageError("E-USAGE-OUT", "it would be written over", where=str(out), remedy="give it another name")


def _write(out: Path, scene: Scene, found: Searched, zones: DrawnZones | None, observer: str) -> None:
    import shapely

    from overlook.detect import write_boxes

    corners = found.corners if scene.crs == LOCAL else _on_map(found.corners, scene)
    rings = np.concatenate([corners, corners[:, :1]], axis=1)
    columns: dict[str, list[Any]] = {
        "class": list(found.classes),
        "score": [round(float(s), 5) for s in found.scores],
        "probability": [None if p is None else round(p, 4) for p in found.probabilities],
        "gsd_m": [round(scene.gsd_m, 6)] * len(rings),
        "edge": [bool(e) for e in found.edge],
    }
    if zones is not None:
        columns["zone"] = list(zones.of(found.corners.mean(axis=1)))
    more = {"observer": observer} | ({"coordinates": "pixels"} if scene.crs == LOCAL else {})
    polygons = np.asarray(shapely.polygons(rings), dtype=object)
    write_boxes(out, list(polygons), columns, "" if scene.crs == LOCAL else scene.crs, more)


def _on_map(corners: np.ndarray[Any, Any], scene: Scene) -> np.ndarray[Any, Any]:
    a, b, c, d, e, f = scene.transform
    x, y = corners[..., 0], corners[..., 1]
    return np.stack([a * x + b * y + c, d * x + e * y + f], axis=-1)


def _preview(
    path: Path, image: Path, scene: Scene, found: Searched, zones: DrawnZones | None, detector: OnnxDetector
) -> None:
    import shapely

    from overlook.detect import picture, write_preview

    pixels, scale = picture(image, scene, detector)
    boxes = zip(found.classes, found.corners * scale, found.counted, strict=True)
    counted = [(cls, corners) for cls, corners, is_counted in boxes if is_counted]
    parts = shapely.get_parts(np.array(zones.shapes if zones else (), dtype=object))
    outlines = [shapely.get_coordinates(shapely.get_exterior_ring(part)) * scale for part in parts]
    write_preview(path, pixels, counted, detector.card.classes, zones=outlines)


def _document(
    image: Path, scene: Scene, found: Searched, zones: DrawnZones | None, detector: OnnxDetector
) -> Mapping[str, Any]:
    counts = {}
    for cls in detector.searched:
        told = found.estimate(cls, level=LEVEL)
        counts[cls] = {
            "detected": found.count(cls),
            "estimate": None
            if told is None
            else {"mean": round(told.mean, 2), "low": told.low, "high": told.high, "level": told.level},
        }
    return {
        "image": str(image),
        "gsd_m": round(scene.gsd_m, 6),
        "model": detector.observer,
        # Nothing usable was searched: no number, rather than a zero.
        "counts": counts if found.area_ha > 0 else {},
        "notes": [*found.notes, *(zones.notes if zones else ())],
    }
