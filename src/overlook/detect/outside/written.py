"""Boxes into a file, as GeoJSON, GeoPackage or GeoParquet; and a picture of them. Whole, or not at all."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from overlook.errors import StoreError, UsageError

Columns = Mapping[str, Sequence[Any]]
_LAYER = "boxes"
#: One colour a class, in the card's order; told apart from ground and each other by most eyes (Okabe and Ito, 2008).
_COLOURS = ((230, 159, 0), (86, 180, 233), (240, 228, 66), (204, 121, 167), (0, 158, 115), (213, 94, 0))


def require_writable(path: Path, formats: Sequence[str]) -> None:
    """Before any work: a name that ends in one of `formats`, in a folder that is there. Raises UsageError."""
    if path.suffix.lower() not in formats:
        what = f"its name does not end in {', '.join(formats)}"
        raise UsageError("E-USAGE-OUT", what, where=str(path), remedy=f"write {path.stem or 'boxes'}{formats[0]}")
    if not path.parent.is_dir() or path.is_dir():
        what = "there is no such folder" if not path.parent.is_dir() else "this is a folder"
        raise UsageError("E-USAGE-OUT", what, where=str(path), remedy="make the folder first, or name a file in it")


def write_boxes(path: Path, shapes: Sequence[shapely.Geometry], columns: Columns, crs: str, more: Any) -> None:
    """Polygons with their columns; `crs` "" for pixels. `more` are members of a GeoJSON collection.

    Raises StoreError E-STORE-WRITE; the file is then as it was.
    """
    write: Mapping[str, Callable[[Path], None]] = {
        ".geojson": lambda at: _text_file(at, _geojson(shapes, columns, crs, more)),
        ".gpkg": lambda at: _geopackage(at, shapes, columns, crs),
        ".parquet": lambda at: _geoparquet(at, shapes, columns, crs),
    }
    _whole(path, write[path.suffix.lower()])


def write_preview(
    path: Path,
    pixels: NDArray[np.uint8],
    rings: Sequence[tuple[str, NDArray[np.float64]]],
    classes: Sequence[str],
    *,
    zones: Sequence[NDArray[np.float64]] = (),
) -> None:
    """A PNG: pixels uint8 (rows, columns, 1 or 3) with each (class, ring (k, 2)) in the colour of its class.

    A class has the colour of its place among `classes`, on every image; those that occur are named in a corner. The
    outlines of `zones` (k, 2) are white. Raises StoreError E-STORE-WRITE.
    """
    from PIL import Image, ImageDraw

    plain = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels[:, :, :3]
    image = Image.fromarray(np.ascontiguousarray(plain))
    draw = ImageDraw.Draw(image)
    colours = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(classes)}
    lines = [(zone, (255, 255, 255)) for zone in zones] + [(ring, colours[cls]) for cls, ring in rings]
    for ring, colour in lines:
        around = [(float(x), float(y)) for x, y in [*ring, ring[0]]]
        # The dark edge keeps a line apart from ground of its own brightness.
        draw.line(around, fill=(0, 0, 0), width=4)
        draw.line(around, fill=colour, width=2)
    found = {cls for cls, _ in rings}
    for i, name in enumerate(name for name in classes if name in found):
        box = draw.textbbox((6, 4 + 14 * i), name)
        draw.rectangle((box[0] - 3, box[1] - 2, box[2] + 3, box[3] + 2), fill=(0, 0, 0))
        draw.text((6, 4 + 14 * i), name, fill=colours[name])
    _whole(path, lambda at: image.save(at, "PNG"))


def _geojson(shapes: Sequence[shapely.Geometry], columns: Columns, crs: str, more: Any) -> str:
    head: dict[str, Any] = {"type": "FeatureCollection", **more}
    if crs:
        # GeoJSON of 2008: RFC 7946 knows only longitude and latitude, and these boxes are in the image's own system.
        head["crs"] = {"type": "name", "properties": {"name": _urn(crs)}}
    names = list(columns)
    features = [
        {
            "type": "Feature",
            "properties": dict(zip(names, row, strict=True)),
            "geometry": {"type": "Polygon", "coordinates": [shapely.get_coordinates(shape).tolist()]},
        }
        for shape, *row in zip(shapes, *columns.values(), strict=True)
    ]
    return json.dumps(head | {"features": features}, ensure_ascii=False, allow_nan=False) + "\n"


def _text_file(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _urn(crs: str) -> str:
    """OGC's name of an EPSG code; other systems as they are written."""
    authority, _, code = crs.partition(":")
    return f"urn:ogc:def:crs:{authority}::{code}" if authority == "EPSG" and code.isdigit() else crs


def _geopackage(path: Path, shapes: Sequence[shapely.Geometry], columns: Columns, crs: str) -> None:
    from pyogrio.raw import write

    values = [_array(name, column) for name, column in columns.items()]
    masks = [np.array([v is None for v in column], dtype=np.bool_) for column in columns.values()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has no CRS: pixels have none
        write(
            str(path),
            geometry=np.asarray(shapely.to_wkb(np.array(shapes, dtype=object)), dtype=object),
            field_data=values,
            fields=np.array(list(columns), dtype=object),
            field_mask=[mask if mask.any() else None for mask in masks],
            geometry_type="Polygon",
            crs=crs or None,
            driver="GPKG",
            layer=_LAYER,
        )


def _geoparquet(path: Path, shapes: Sequence[shapely.Geometry], columns: Columns, crs: str) -> None:
    """GeoParquet 1.1: WKB, with the CRS as PROJJSON, null when there is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyproj import CRS

    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": ["Polygon"],
                "crs": json.loads(CRS.from_user_input(crs).to_json()) if crs else None,
            }
        },
    }
    table = {name: pa.array(list(column), _ARROW[name]()) for name, column in columns.items()}
    table["geometry"] = pa.array(list(shapely.to_wkb(np.array(shapes, dtype=object))), pa.binary())
    pq.write_table(pa.table(table).replace_schema_metadata({"geo": json.dumps(geo)}), path)


def _text() -> Any:
    import pyarrow as pa

    return pa.string()


def _real() -> Any:
    import pyarrow as pa

    return pa.float64()


def _flag() -> Any:
    import pyarrow as pa

    return pa.bool_()


#: The columns of a file of boxes; their types hold for no rows, too.
_ARROW = {"class": _text, "score": _real, "probability": _real, "gsd_m": _real, "edge": _flag, "zone": _text}


def _array(name: str, column: Sequence[Any]) -> NDArray[Any]:
    kind = {"class": object, "zone": object, "edge": np.bool_}.get(name, np.float64)
    blank: Any = "" if kind is object else 0
    return np.array([blank if v is None else v for v in column], dtype=kind)


def _whole(path: Path, write: Callable[[Path], None]) -> None:
    """Write beside, then put in place."""
    try:
        with tempfile.TemporaryDirectory(prefix=".overlook-", dir=path.parent) as folder:
            made = Path(folder) / path.name
            write(made)
            made.replace(path)
    except Exception as error:  # GDAL's and Arrow's errors share no public root with the system's
        text = getattr(error, "strerror", None) or str(error)[:120]
        raise StoreError(
            "E-STORE-WRITE", f"it cannot be written ({text})", where=str(path), remedy="check the disk and the folder"
        ) from error
