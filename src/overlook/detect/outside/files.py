"""Label files and models as bytes, and GeoPackages of boxes."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from overlook.detect.onnx_file import external_locations
from overlook.errors import InputError, ModelError

#: A file of boxes beyond this is not a file of boxes.
MAX_BYTES = 200_000_000
#: A model beyond this, its external data included, is refused before anything of it is read.
MAX_MODEL_BYTES = 1_000_000_000


def read_bytes(path: Path) -> bytes:
    """A file's bytes. Raises InputError when it cannot be read or is far too large."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(
                "E-INPUT-LARGE",
                f"{size / 1e6:,.0f} MB are too many for a file of boxes",
                where=path.name,
                remedy="give the boxes of one image only",
            )
        return path.read_bytes()
    except OSError as error:
        what = f"this file cannot be read: {error.strerror or 'unknown reason'}"
        raise InputError("E-INPUT-READ", what, where=path.name, remedy="check that it is there") from error


def digest_of(data: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def read_geopackage(path: Path) -> tuple[Sequence[BaseGeometry | None], Mapping[str, Sequence[Any]], str]:
    """Geometries, columns and plane of a GeoPackage's only layer: its CRS, or "pixels" when that is undefined."""
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError
    from pyogrio.raw import read

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what GDAL finds odd and reads all the same
            layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
            if len(layers) == 1:
                meta, _, geometry, columns = read(path, layer=layers[0])
                shapes = list(shapely.from_wkb(geometry))
    except (DataSourceError, DataLayerError, shapely.errors.ShapelyError, ValueError) as error:
        what = "this GeoPackage cannot be read"
        raise InputError("E-INPUT-GEOPACKAGE", what, where=path.name, remedy="export it again") from error
    if len(layers) != 1:
        what = f"it holds {len(layers)} layers with shapes, and which one is meant is not known"
        remedy = "export the layer of boxes alone"
        raise InputError("E-INPUT-GEOPACKAGE", what, where=path.name, remedy=remedy)
    crs = str(meta["crs"] or "")
    plane = crs if crs and "undefined" not in crs.lower() else "pixels"
    return shapes, dict(zip((str(name) for name in meta["fields"]), columns, strict=True)), plane


def read_model(path: Path) -> tuple[bytes, str]:
    """An ONNX file's bytes, and the digest of it with all its external data.

    External data must lie in the model's own folder. Raises ModelError.
    """
    remedy = "give the ONNX file that the card names"
    try:
        size = path.stat().st_size
        if size > MAX_MODEL_BYTES:
            raise ModelError("E-MODEL-LARGE", f"{size / 1e9:.1f} GB are too many for a model here", where=path.name)
        data = path.read_bytes()
        locations = external_locations(data)
    except OSError as error:
        what = f"this model cannot be read: {error.strerror or 'unknown reason'}"
        raise ModelError("E-MODEL-READ", what, where=path.name, remedy=remedy) from error
    except ValueError as error:
        raise ModelError(
            "E-MODEL-ONNX", f"this is not an ONNX model: {error}", where=path.name, remedy=remedy
        ) from error
    digest = hashlib.sha256(data)
    for location in locations:
        digest.update(_external(path, location).encode())
    return data, digest.hexdigest()


def _external(model: Path, location: str) -> str:
    """The digest of one file of external data. Raises ModelError for a path that leads out of the model's folder."""
    folder = model.parent.resolve()
    named = Path(location)
    target = (folder / named).resolve()
    if not location or named.is_absolute() or not target.is_relative_to(folder) or "\\" in location:
        what = f"it keeps weights outside its own folder ({location[:80]})"
        raise ModelError("E-MODEL-EXTERNAL", what, where=model.name, remedy="export it with its weights inside")
    try:
        if target.stat().st_size > MAX_MODEL_BYTES:
            raise ModelError("E-MODEL-LARGE", f"its weights ({location[:80]}) are too large", where=model.name)
        with target.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        what = f"its weights ({location[:80]}) cannot be read"
        raise ModelError("E-MODEL-EXTERNAL", what, where=model.name, remedy="put them beside it") from error
