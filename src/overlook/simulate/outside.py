"""The one file of this room that writes: images, masks, boxes and the truth, each under its own name or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from overlook.errors import InputError
from overlook.simulate.camera import Exposure, View
from overlook.simulate.reader import DrawnBox
from overlook.simulate.sky import Ring
from overlook.simulate.spec import SiteSpec
from overlook.simulate.truth import NOTICE


def make_folder(folder: Path) -> None:
    """Make an output folder and those above it. Raises InputError (E-INPUT-FOLDER) when that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def write_json(path: Path, document: dict[str, Any], *, indent: int | None = None) -> Path:
    """One JSON document, keys in the given order."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=indent)
    with _replacing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    return path


def write_image(path: Path, spec: SiteSpec, view: View, exposure: Exposure) -> Path:
    """A tiled GeoTIFF. Time, angles and sensor as plain GDAL tags; the georeference carries the scene's own error."""
    import rasterio
    from rasterio.enums import ColorInterp

    pixels = exposure.pixels
    rows, columns, bands = pixels.shape
    west, north = corner(spec, view, exposure)
    gsd = spec.sensor.gsd_m
    profile = {
        "driver": "GTiff",
        "height": rows,
        "width": columns,
        "count": bands,
        "dtype": pixels.dtype.name,
        "crs": spec.crs,
        "transform": rasterio.Affine(gsd, 0, west, 0, -gsd, north),
        "nodata": 0,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "deflate",
        "zlevel": 1,
        "predictor": 2,
        "interleave": "pixel",
    }
    with _replacing(path) as temporary, rasterio.open(temporary, "w", **profile) as target:
        known = {"red": ColorInterp.red, "green": ColorInterp.green, "blue": ColorInterp.blue}
        if bands > 1:
            target.colorinterp = [known.get(band, ColorInterp.undefined) for band in spec.sensor.bands]
        target.write(np.moveaxis(pixels, 2, 0))
        for i, band in enumerate(spec.sensor.bands, start=1):
            target.set_band_description(i, band)
        target.update_tags(
            ACQUISITION_DATETIME=f"{view.when:%Y-%m-%dT%H:%M:%SZ}",
            SUN_ELEVATION=f"{view.sun_elevation_deg:.3f}",
            SUN_AZIMUTH=f"{view.sun_azimuth_deg:.3f}",
            OFF_NADIR=f"{view.off_nadir_deg:.3f}",
            SENSOR=spec.sensor.name,
            GEOLOCATION_ERROR_M=f"{spec.sensor.geolocation_error_m:.2f}",
            TIFFTAG_IMAGEDESCRIPTION=NOTICE,
        )
    return path


def corner(spec: SiteSpec, view: View, exposure: Exposure) -> tuple[float, float]:
    """Easting and northing that the image says its first pixel's corner has."""
    west = spec.origin[0] + exposure.plane.west_m + view.error_m[0]
    north = spec.origin[1] + exposure.plane.north_m + view.error_m[1]
    return round(west, 3), round(north, 3)


def write_boxes(path: Path, spec: SiteSpec, scene: str, boxes: tuple[DrawnBox, ...]) -> Path:
    """The reader's boxes: polygons in pixels of the image. Nothing in it says which box is true."""
    features = [
        {
            "type": "Feature",
            "properties": {"class": box.cls},
            "geometry": {"type": "Polygon", "coordinates": [np.round([*box.corners, box.corners[0]], 2).tolist()]},
        }
        for box in boxes
    ]
    document = {
        "type": "FeatureCollection",
        "scene": scene,
        "observer": spec.reader.id,
        "searched": list(spec.plan.classes),
        "coordinates": "pixels",
        "notice": NOTICE,
        "features": features,
    }
    return write_json(path, document)


def write_clouds(path: Path, spec: SiteSpec, view: View, exposure: Exposure) -> Path | None:
    """The analyst's cloud mask, as she would draw it over this image: polygons, lon and lat. None when clear."""
    import shapely
    from pyproj import Transformer

    if not exposure.clouds:
        return None
    west, north = corner(spec, view, exposure)
    to = Transformer.from_crs(spec.crs, "EPSG:4326", always_xy=True)

    def place(ring: Ring) -> list[tuple[float, float]]:
        x, y = west + (ring[:, 0] + 0.5) * spec.sensor.gsd_m, north - (ring[:, 1] + 0.5) * spec.sensor.gsd_m
        lon, lat = to.transform(x, y)
        return list(zip(np.round(lon, 8).tolist(), np.round(lat, 8).tolist(), strict=True))

    features = []
    for outer, *holes in exposure.clouds:
        polygon = shapely.make_valid(shapely.Polygon(place(outer), [place(hole) for hole in holes]))
        parts = [p for p in getattr(polygon, "geoms", [polygon]) if p.geom_type == "Polygon" and p.area > 0]
        features += [
            {"type": "Feature", "properties": {"class": "cloud"}, "geometry": shapely.geometry.mapping(p)}
            for p in parts
        ]
    return write_json(path, {"type": "FeatureCollection", "notice": NOTICE, "features": features}) if features else None


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` that takes its place when all went well: no half-written file is left."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> InputError:
    reason = error.strerror or type(error).__name__
    return InputError(
        "E-INPUT-FOLDER",
        f"cannot write simulated material here: {reason}",
        where=str(path),
        remedy="name a folder you may write to, with room for it",
    )
