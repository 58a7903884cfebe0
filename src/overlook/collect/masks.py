"""Masks of a scene into the imagery folder: the analyst's clouds, and the provider's own codes. Never read here."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from overlook.collect.names import safe_name, split_name
from overlook.collect.outside import files, headers
from overlook.collect.registering import Registering
from overlook.errors import InputError
from overlook.terms import ProviderMask, Scene

_CLOUD_SUFFIXES = {".tif", ".tiff", ".png", ".geojson", ".json", ".gpkg"}
#: The provider's masks whose codes are known: Sentinel-2's scene classification, Landsat's quality bits of both
#: collections, Planet's usable data mask, polygons of clouds.
PROVIDER_MASKS = ("scl", "qa_pixel", "bqa", "udm2", "cloud polygons")


def put_clouds(mask: Path, imagery: Path, scene: Scene) -> tuple[Scene, Path, bool]:
    """The scene with its mask beside it, the mask's path, and whether it was copied now. Raises InputError."""
    _, suffix = split_name(mask.name)
    if suffix not in _CLOUD_SUFFIXES:
        raise InputError(
            "E-INPUT-CLOUD-MASK",
            f"a cloud mask is one of {', '.join(sorted(_CLOUD_SUFFIXES))}",
            where=str(mask),
            remedy="convert it to GeoTIFF, GeoJSON or GeoPackage",
        )
    digest = files.sha256(mask)
    if files.stat_of(mask)[0] == 0:
        raise InputError("E-INPUT-EMPTY", "the file is empty", where=str(mask), remedy="export it again")
    _require_mask(mask, suffix)
    name = f"{scene.id}.clouds-{digest[:8]}{suffix}"
    is_copied = not files.exists(imagery / name)
    if is_copied:
        files.copy(mask, imagery / name)
    return replace(scene, cloud_mask=name, cloud_mask_digest=digest), imagery / name, is_copied


def put_provider_mask(kind: str, mask: Path, imagery: Path, scene: Scene) -> tuple[Scene, Path, bool]:
    """As `put_clouds`, for a provider's mask of a known kind."""
    _, suffix = split_name(mask.name)
    if kind not in PROVIDER_MASKS:
        raise InputError(
            "E-INPUT-PROVIDER-MASK",
            f"{kind[:40]!r} is no kind of mask",
            where=str(mask),
            remedy=f"name one of {', '.join(PROVIDER_MASKS)}",
        )
    if suffix not in (_CLOUD_SUFFIXES - {".png"} if kind == "cloud polygons" else {".tif", ".tiff"}):
        raise InputError(
            "E-INPUT-PROVIDER-MASK",
            f"a mask of kind {kind} is not read from a file like this",
            where=str(mask),
            remedy="convert it to GeoTIFF, polygons to GeoJSON or GeoPackage",
        )
    _require_mask(mask, suffix)
    digest = files.sha256(mask)
    name = f"{scene.id}.{safe_name(kind)}-{digest[:8]}{suffix}"
    is_copied = not files.exists(imagery / name)
    if is_copied:
        files.copy(mask, imagery / name)
    provider_mask = ProviderMask(kind=kind, path=name, digest=digest)
    return replace(scene, provider_mask=provider_mask), imagery / name, is_copied


def _require_mask(path: Path, suffix: str) -> None:
    """Raise InputError for a cloud mask that is cut short or of another format than its name says."""
    if suffix in (".tif", ".tiff", ".png"):
        headers.read_header(path)
        return
    is_one = (
        files.read_bytes(path).startswith(b"SQLite format 3\x00")
        if suffix == ".gpkg"
        else _is_geojson(files.read_text(path))
    )
    if not is_one:
        what = "it is not a GeoPackage" if suffix == ".gpkg" else "it is not GeoJSON"
        raise InputError("E-INPUT-CLOUD-MASK", what, where=str(path), remedy="export the clouds again")


def _is_geojson(text: str) -> bool:
    with suppress(ValueError, RecursionError):
        plain = json.loads(text)
        return isinstance(plain, dict) and "type" in plain and bool({"features", "geometry", "coordinates"} & {*plain})
    return False


def same_masks(scene: Scene, before: Scene, options: Registering) -> Scene:
    """A scene added again keeps the masks that it had, where no other is given now."""
    if not options.cloud_mask:
        scene = replace(scene, cloud_mask=before.cloud_mask, cloud_mask_digest=before.cloud_mask_digest)
    return scene if options.provider_mask else replace(scene, provider_mask=before.provider_mask)
