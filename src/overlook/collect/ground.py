"""The ground that a raw frame is laid on: one height, or a DEM kept beside the scene. Its pixels stay closed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from overlook.collect.georeference import Georeference, outline
from overlook.collect.names import split_name
from overlook.collect.outside import files, headers
from overlook.collect.registering import Registering
from overlook.errors import InputError
from overlook.terms import Ground, RationalCamera, Scene

_HIGHEST_GEOID_M = 120.0


def ground_of(place: Georeference, said: Registering, *, where: str) -> Ground | None:
    """What is said of the ground, for a frame that needs to know; None for an image that lies on a grid already.

    Raises InputError for a DEM that misses the image, or a geoid that lies nowhere so far from the ellipsoid.
    """
    if not isinstance(place.camera, RationalCamera):
        return None
    if said.dem is None:
        height = place.camera.height_offset if said.height_m is None else said.height_m
        return Ground(height_m=height)
    if said.height_m is not None:
        raise InputError(
            "E-INPUT-DEM", "both a DEM and a height are given", where=where, remedy="give --dem or --height"
        )
    if not abs(said.geoid_m) <= _HIGHEST_GEOID_M:
        raise InputError(
            "E-INPUT-DEM",
            f"the geoid is nowhere {said.geoid_m:g} m from the ellipsoid",
            where=where,
            remedy="give the geoid's height above the ellipsoid at the site, in metres, with --geoid",
        )
    header = headers.read_header(said.dem)
    if header.transform is None or not header.crs or header.count != 1:
        raise InputError(
            "E-INPUT-DEM",
            "it is no DEM: one band with a coordinate system",
            where=str(said.dem),
            remedy="give a GeoTIFF of heights in metres",
        )
    reach = outline(header.crs, header.transform, header.shape, where=str(said.dem))
    if not reach.intersects(place.footprint):
        raise InputError(
            "E-INPUT-DEM",
            "the DEM misses the image",
            where=str(said.dem),
            remedy="give a DEM of the place that the image shows",
        )
    return Ground(dem=files_name(said.dem), dem_digest=files.sha256(said.dem), geoid_m=said.geoid_m)


def files_name(dem: Path) -> str:
    return f"dem-{files.sha256(dem)[:12]}{split_name(dem.name)[1]}"


def put_dem(dem: Path, imagery: Path, scene: Scene) -> tuple[Scene, Path, bool]:
    """The scene, its DEM's path, and whether it was copied now: scenes of one DEM share it."""
    assert scene.ground is not None
    path = imagery / scene.ground.dem
    is_copied = not files.exists(path)
    if is_copied:
        files.copy(dem, path)
    return scene, path, is_copied


def as_before(said: Registering, before: Scene) -> Registering:
    """What is said of a frame that is added again: its ground need not be given twice."""
    if said.dem is not None or said.height_m is not None or not isinstance(before.camera, RationalCamera):
        return said
    known = before.ground.height_m if before.ground else None
    return replace(said, height_m=before.camera.height_offset if known is None else known)


def same_ground(scene: Scene, before: Scene, options: Registering) -> Scene:
    """A frame added again keeps the ground that it had, where no other is given now."""
    if options.dem is None and options.height_m is None and scene.camera is not None and before.ground is not None:
        return replace(scene, ground=before.ground)
    return scene


def largest_part(footprint: BaseGeometry) -> BaseGeometry:
    """Of a footprint that the 180th meridian cuts in two, the larger."""
    parts: list[BaseGeometry] = shapely.get_parts(footprint).tolist()
    return max(parts, key=lambda part: float(part.area))
