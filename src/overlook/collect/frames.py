"""Where a frame that lies on no grid was taken: from its rational polynomials, or its ground control points.

What is kept beside the camera is an affine map near it, good enough to plan with; pixels are laid by the camera itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from overlook.collect.camera import camera_from_tags, locate, rational_projection, tie_point_projection
from overlook.collect.header import Header
from overlook.collect.registering import Registering
from overlook.errors import InputError
from overlook.terms import LOCAL, RationalCamera, TiePoints

Floats = NDArray[np.float64]
Affine = tuple[float, float, float, float, float, float]

#: Control points that an affine map misses by more pixels (1-sigma) ask for a spline; a spline that misses by more
#: when one is left out is no map.
_AFFINE_PX, _SPLINE_PX = 1.0, 5.0
_LEAST_FOR_SPLINE = 10
_MOST_LEFT_OUT = 40
#: An affine map of a frame that leaves more of its side than this is of no camera that flies.
_BENT = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """`transform` from pixel to `crs`, near the camera; `edge` (n, 2) longitudes and latitudes around the image."""

    crs: str
    transform: Affine
    edge: Floats
    error_m: float | None
    camera: RationalCamera | TiePoints | None


def frame_of(header: Header, options: Registering, *, where: str) -> Frame | None:
    """The frame of an image that has no grid of its own, None when nothing says how it was taken. Raises InputError."""
    # A NITF's own grid is that of its corners, to a second of arc.
    if header.transform is None or header.driver == "NITF":
        camera = camera_from_tags(header.tags, where=where)
        if camera is not None:
            return _rational(header, camera, options, where=where)
    if header.transform is None and header.tie_points:
        return _tied(header, where=where)
    return None


def _rational(header: Header, camera: RationalCamera, options: Registering, *, where: str) -> Frame:
    height = camera.height_offset if options.height_m is None else options.height_m
    if not abs(height) < 9000:
        raise InputError(
            "E-INPUT-HEIGHT", f"a height of {height:g} m is not on the ground", where=where, remedy="give metres"
        )
    project = rational_projection(camera)
    columns, rows = _lattice(header.shape)
    start = (camera.longitude_offset, camera.latitude_offset)
    heights = np.full(columns.shape, height)
    lon, lat = locate(project, columns, rows, heights, start)
    higher = locate(project, columns, rows, heights + 1.0, start)
    if not (np.isfinite(lon).all() and np.isfinite(lat).all() and np.isfinite(higher[0]).all()):
        raise _absurd("they lead nowhere on the ground", where=where)
    crs, x, y = _in_metres(lon, lat)
    transform, misfit = _affine(columns, rows, x, y)
    gsd = math.sqrt(abs(transform[0] * transform[4] - transform[1] * transform[3]))
    if misfit > _BENT * gsd * max(header.shape):
        raise _absurd("they bend the image", where=where)
    _, x1, y1 = _in_metres(*higher)
    lean = float(np.hypot(x1 - x, y1 - y).max())
    if options.dem is None and options.height_m is None and lean * camera.height_scale > gsd:
        raise InputError(
            "E-INPUT-RPC",
            f"it is a raw frame: a metre of height moves its ground by {lean:.2f} m, and nobody said how high it is",
            where=where,
            remedy="give --dem FILE (with --geoid M if it is above sea level), or --height M above the ellipsoid",
        )
    edge = _edge(header.shape)
    along = locate(project, edge[:, 0], edge[:, 1], np.full(len(edge), height), start)
    return Frame(crs=crs, transform=transform, edge=np.column_stack(along), error_m=camera.error_m, camera=camera)


def _absurd(what: str, *, where: str) -> InputError:
    return InputError(
        "E-INPUT-RPC",
        f"its rational polynomials cannot be used: {what}",
        where=where,
        remedy="fetch the product again, or order it orthorectified",
    )


def _tied(header: Header, *, where: str) -> Frame:
    points = np.array(header.tie_points, dtype=float)
    if not np.isfinite(points).all() or (np.abs(points[:, 3]) > 90).any():
        raise _no_map("they are not numbers, or lie off the Earth", where=where)
    if len(points) < 3 or np.linalg.matrix_rank(np.column_stack([points[:, :2], np.ones(len(points))])) < 3:
        raise _no_map("they are fewer than three, or lie on one line", where=where)
    crs, x, y = _in_metres(points[:, 2], points[:, 3])
    transform, misfit = _affine(points[:, 0], points[:, 1], x, y)
    gsd = math.sqrt(abs(transform[0] * transform[4] - transform[1] * transform[3]))
    freedom = 2 * len(points) - 6
    sigma = misfit * math.sqrt(2 * len(points) / freedom) if freedom else None
    edge = _edge(header.shape)
    if sigma is None or sigma <= _AFFINE_PX * gsd:
        a, b, c, d, e, f = transform
        corners = (a * edge[:, 0] + b * edge[:, 1] + c, d * edge[:, 0] + e * edge[:, 1] + f)
        around = np.column_stack(_to_lonlat(crs, *corners))
        return Frame(crs=crs, transform=transform, edge=around, error_m=sigma, camera=None)
    left_out = _left_out_m(points, gsd) if len(points) >= _LEAST_FOR_SPLINE else math.inf
    if left_out > _SPLINE_PX * gsd:
        raise _no_map(f"an affine map misses them by {sigma / gsd:.1f} pixels, and no smooth one fits", where=where)
    ties = TiePoints(points=tuple(tuple(p) for p in points.tolist()), misfit_m=left_out)
    start = (float(points[:, 2].mean()), float(points[:, 3].mean()))
    along = locate(tie_point_projection(ties), edge[:, 0], edge[:, 1], np.zeros(len(edge)), start)
    if not np.isfinite(along[0]).all():
        raise _no_map("a smooth map of them folds", where=where)
    return Frame(crs=crs, transform=transform, edge=np.column_stack(along), error_m=left_out, camera=ties)


def _left_out_m(points: Floats, gsd: float) -> float:
    """1-sigma a side, in metres, by which the spline misses points that it was not told of."""
    chosen = np.unique(np.linspace(0, len(points) - 1, min(len(points), _MOST_LEFT_OUT)).astype(int))
    errors = []
    for k in chosen:
        kept = np.delete(points, k, axis=0)
        project = tie_point_projection(TiePoints(points=tuple(tuple(p) for p in kept.tolist()), misfit_m=0.0))
        column, row = project(points[k : k + 1, 2], points[k : k + 1, 3], np.zeros(1))
        errors.append((float(column[0]) - points[k, 0]) ** 2 + (float(row[0]) - points[k, 1]) ** 2)
    # Points on the rim are extrapolated to when left out: the median does not count them.
    return gsd * math.sqrt(float(np.median(errors)) / 2 / math.log(2))


def _no_map(what: str, *, where: str) -> InputError:
    return InputError(
        "E-INPUT-GCP",
        f"its ground control points place it nowhere: {what}",
        where=where,
        remedy="give points with --control-points, or warp it first with gdalwarp",
    )


def _affine(columns: Floats, rows: Floats, x: Floats, y: Floats) -> tuple[Affine, float]:
    """Least squares, and the root mean square misfit a side."""
    design = np.column_stack([columns, rows, np.ones(len(columns))])
    fitted, *_ = np.linalg.lstsq(design, np.column_stack([x, y]), rcond=None)
    misfit = float(np.sqrt(((design @ fitted - np.column_stack([x, y])) ** 2).mean()))
    (a, b, c), (d, e, f) = fitted.T.tolist()
    return (a, b, c, d, e, f), misfit


def _lattice(shape: tuple[int, int]) -> tuple[Floats, Floats]:
    u, v = np.meshgrid(np.linspace(0, shape[1], 5), np.linspace(0, shape[0], 5))
    return u.ravel(), v.ravel()


def _edge(shape: tuple[int, int]) -> Floats:
    ring = shapely.segmentize(shapely.box(0, 0, shape[1], shape[0]), max(shape) / 8).exterior
    return np.asarray(shapely.get_coordinates(ring)[:-1], dtype=float)


def _in_metres(lon: Floats, lat: Floats) -> tuple[str, Floats, Floats]:
    from pyproj import Transformer

    from overlook.collect.georeference import utm_code

    crs = utm_code(float((lon[len(lon) // 2] + 180) % 360 - 180), float(lat[len(lat) // 2]))
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)
    return crs, np.asarray(x), np.asarray(y)


def _to_lonlat(crs: str, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    from pyproj import Transformer

    assert crs != LOCAL
    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    return np.asarray(lon), np.asarray(lat)
