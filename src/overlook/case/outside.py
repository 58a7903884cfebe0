"""The one file of this room that touches the outside: case.yaml's bytes, and polygons in files beside it.

Nothing is ever written, no path outside the case folder is ever opened, and no name becomes a path.
"""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import Any

from overlook.errors import CaseError

CASE_FILE = "case.yaml"
#: Larger files of polygons are data sets, not a site's zones.
MAX_GEOMETRY_BYTES = 50_000_000
MAX_FEATURES = 20_000
MAX_EVENTS_BYTES = 5_000_000
#: Suffix: (what the file must begin with or contain, drivers of GDAL that may open it).
_FORMATS = {
    ".geojson": (b"{", ("GeoJSON",)),
    ".json": (b"{", ("GeoJSON",)),
    ".kml": (b"<kml", ("LIBKML", "KML")),
    ".gpkg": (b"SQLite format 3\x00", ("GPKG",)),
}
_NAMES = ("name", "title", "label", "id", "fid")


def read_case_bytes(folder: Path, limit: int) -> bytes:
    """case.yaml's bytes, at most `limit` + 1 of them. Raises CaseError E-CASE-NO-FILE."""
    path = folder / CASE_FILE
    try:
        if path.exists() and not path.is_file():
            raise CaseError("E-CASE-NO-FILE", "is not a file", where=str(path), remedy="remove or rename it")
        with path.open("rb") as file:
            return file.read(limit + 1)
    except FileNotFoundError as error:
        raise CaseError(
            "E-CASE-NO-FILE", f"there is no {CASE_FILE} here", where=str(folder), remedy=f"overlook init {folder}"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CaseError("E-CASE-NO-FILE", f"cannot be read: {reason}", where=str(path)) from error


def inside(folder: Path, name: str) -> Path:
    """The file `name` of the case folder. Raises ValueError when it leads out of it or is no file."""
    if "\x00" in name or "\\" in name or Path(name).is_absolute() or ".." in Path(name).parts:
        raise ValueError(f"{name[:120]!r} must be a path inside the case folder")
    try:
        path = (folder / name).resolve()
        is_file = path.is_file()
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{name[:120]!r} cannot be read: {error}") from error
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"{name[:120]!r} leads out of the case folder")
    if not is_file:
        raise ValueError(f"there is no file {name[:120]!r} in the case folder")
    return path


def read_events(path: Path) -> tuple[str, str]:
    """A CSV file's text and its SHA-256. Raises ValueError with one line."""
    if path.suffix.lower() != ".csv":
        raise ValueError(f"{path.name!r} is no .csv: save it as one")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_EVENTS_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{path.name!r} cannot be read: {error.strerror or error}") from error
    if len(data) > MAX_EVENTS_BYTES:
        raise ValueError(f"{path.name!r} has more than {MAX_EVENTS_BYTES:,} bytes")
    try:
        return data.decode("utf-8-sig"), hashlib.sha256(data).hexdigest()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ValueError(
            f"{path.name!r}, line {line}: byte 0x{data[error.start]:02x} is not UTF-8: save the file as UTF-8"
        ) from error


def read_polygons(path: Path) -> tuple[list[tuple[str, bytes]], list[str]]:
    """Every feature of a file as (name, WKB in longitude and latitude), and every layer's CRS ("" unknown).

    Raises ValueError with one line when the file is none of GeoJSON, KML, GeoPackage, or is broken.
    """
    drivers = _check_format(path)
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError

    features: list[tuple[str, bytes]] = []
    systems: list[str] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what GDAL cannot read raises, or is missed by name below
            for layer in pyogrio.list_layers(path)[:, 0]:
                if pyogrio.read_info(path, layer=layer)["driver"] not in drivers:
                    raise ValueError(f"{path.name!r} is not what its name says")
                found, crs = _read_layer(path, str(layer))
                features += found
                systems.append(crs)
                if len(features) > MAX_FEATURES:
                    raise ValueError(f"{path.name!r} holds more than {MAX_FEATURES:,} features")
    except (DataSourceError, DataLayerError, FieldError, GeometryError, UnicodeDecodeError, OSError) as error:
        reason = str(error).splitlines()[0].replace(str(path), path.name)
        raise ValueError(f"{path.name!r} cannot be read: {reason}") from error
    return features, systems


def _check_format(path: Path) -> tuple[str, ...]:
    suffix = path.suffix.lower()
    if suffix not in _FORMATS:
        raise ValueError(f"{path.name!r} is none of {', '.join(_FORMATS)}: save it as one of them")
    size = path.stat().st_size
    if size == 0:
        raise ValueError(f"{path.name!r} is empty")
    if size > MAX_GEOMETRY_BYTES:
        raise ValueError(f"{path.name!r} has {size:,} bytes, more than {MAX_GEOMETRY_BYTES:,}")
    with path.open("rb") as file:
        head = file.read(4096)
    start, drivers = _FORMATS[suffix]
    body = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    fits = start in head if suffix == ".kml" else body.startswith(start)
    # GDAL looks at contents, not names: a virtual data set under another name could name any file.
    if not fits or b"<OGRVRT" in head:
        raise ValueError(f"{path.name!r} is not {suffix[1:]} inside")
    return drivers


def _read_layer(path: Path, layer: str) -> tuple[list[tuple[str, bytes]], str]:
    import pyogrio.raw
    import shapely

    meta, fids, geometry, columns = pyogrio.raw.read(path, layer=layer, return_fids=True, force_2d=True)
    if geometry is None:
        return [], ""
    crs = str(meta["crs"] or "")
    names = _feature_names(list(meta["fields"]), columns, fids)
    shapes = [shapely.from_wkb(g) if g is not None else None for g in geometry]
    to_earth = _to_longitude_latitude(crs) if crs else None
    found = []
    for name, shape in zip(names, shapes, strict=True):
        if shape is None:
            continue
        placed = shapely.transform(shape, to_earth) if to_earth else shape
        found.append((name, shapely.to_wkb(placed)))
    return found, crs


def _feature_names(fields: list[str], columns: Any, fids: Any) -> list[str]:
    by_name = {str(f).lower(): c for f, c in zip(fields, columns, strict=True)}
    column = next((by_name[n] for n in _NAMES if n in by_name), None)
    if column is None:
        return [str(f) for f in fids]
    return ["" if value is None else " ".join(str(value).split()) for value in column]


def _to_longitude_latitude(crs: str) -> Any:
    """A function from (n, 2) coordinates to WGS 84, or None when they are that already."""
    import numpy as np
    from pyproj import CRS, Transformer
    from pyproj.exceptions import ProjError

    try:
        source = CRS.from_user_input(crs)
        if source.to_epsg() == 4326 or "CRS84" in crs:
            return None
        transformer = Transformer.from_crs(source, 4326, always_xy=True)
    except ProjError as error:
        raise ValueError(f"its coordinate system is not known: {crs[:60]}") from error

    def move(xy: Any) -> Any:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return move
