"""Where an image lies and how large its pixels are on the ground: from its header, or from what was said.

Overlook keeps one affine transform a scene, from pixel to `crs`, and lays images on a site with that alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from overlook.collect.frames import frame_of
from overlook.collect.header import Header
from overlook.collect.registering import Registering
from overlook.errors import InputError
from overlook.terms import LOCAL, RationalCamera, TiePoints

if TYPE_CHECKING:
    from pyproj import CRS

Affine = tuple[float, float, float, float, float, float]

#: A declared GSD may differ this much from the georeference's before one of the two must be wrong.
GSD_TOLERANCE = 0.20
_EDGE_POINTS = 9
_ROUND_THE_EARTH_M = 4.1e7
_LARGEST_COEFFICIENT = 1e12
#: A millimetre to a hundred kilometres: no camera, and no weather satellite, lies beyond.
_GSD_RANGE_M = (0.001, 1e5)
#: Degrees beyond a CRS's declared area of use within which images are still taken (UTM zones are used past their edge).
_AREA_SLACK_DEG = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Georeference:
    """`transform` maps (column, row) to `crs`; `footprint` is lon/lat, or the plane's when local."""

    crs: str
    transform: Affine
    gsd_m: float
    footprint: BaseGeometry
    #: 1-sigma misfit of the control points, None without them.
    misfit_m: float | None = None
    #: How a raw frame was taken; `transform` is then only near.
    camera: RationalCamera | TiePoints | None = None


def georeference(header: Header, options: Registering, *, where: str) -> Georeference:
    """Place an image. Raises InputError when nothing says where it lies or how large its pixels are."""
    misfit: float | None = None
    is_said = bool(options.control_points) or options.centre is not None or options.crs == LOCAL
    frame = None if is_said else frame_of(header, options, where=where)
    if frame is not None:
        ground = ground_gsd_m(frame.crs, frame.transform, header.shape, where=where)
        return Georeference(
            crs=frame.crs,
            transform=frame.transform,
            gsd_m=_agreed_gsd(_possible_gsd(ground, where=where), options, where=where),
            footprint=_ring(frame.edge[:, 0], frame.edge[:, 1]),
            misfit_m=frame.error_m,
            camera=frame.camera,
        )
    if options.control_points:
        crs, transform, misfit = _from_control_points(options, where=where)
    elif options.centre is not None:
        crs, transform = _from_centre(header, options, where=where)
    elif header.transform is not None:
        crs, transform = _crs_of(header, options, where=where), header.transform
    elif options.crs == LOCAL and options.gsd_m is not None:
        rows, g = header.shape[0], options.gsd_m
        crs, transform = LOCAL, (g, 0.0, 0.0, 0.0, -g, rows * g)
    else:
        raise _no_place(header, options, where=where)
    _require_invertible(transform, where=where)
    footprint = outline(crs, transform, header.shape, where=where)
    ground = ground_gsd_m(crs, transform, header.shape, where=where)
    ground = _possible_gsd(ground, where=where)
    return Georeference(
        crs=crs,
        transform=transform,
        gsd_m=_agreed_gsd(ground, options, where=where),
        footprint=footprint,
        misfit_m=misfit,
    )


def _possible_gsd(ground_m: float, *, where: str) -> float:
    if not _GSD_RANGE_M[0] <= ground_m <= _GSD_RANGE_M[1]:
        raise InputError(
            "E-INPUT-GSD", f"its pixels of {ground_m:.3g} m cannot be", where=where, remedy="georeference it again"
        )
    return ground_m


def parse_crs(text: str, *, where: str) -> CRS:
    """A pyproj CRS that is geographic or projected. Raises InputError otherwise."""
    from pyproj import CRS
    from pyproj.exceptions import ProjError

    try:
        crs = CRS.from_user_input(text)
    except (ProjError, ValueError, UnicodeError) as error:
        raise InputError(
            "E-INPUT-CRS",
            f"{text[:60]!r} is not a coordinate system",
            where=where,
            remedy="give an EPSG code with --crs, such as --crs EPSG:32651",
        ) from error
    if not (crs.is_geographic or crs.is_projected):
        raise InputError(
            "E-INPUT-CRS",
            f"its coordinate system ({crs.name}) is neither geographic nor projected",
            where=where,
            remedy="give an EPSG code with --crs",
        )
    return crs


def outline(crs: str, transform: Affine, shape: tuple[int, int], *, where: str) -> BaseGeometry:
    """The image's edge in longitude and latitude (or in the plane), nine points a side.

    Raises InputError when it lies off the Earth or outside where its CRS may be used.
    """
    x, y = _edge(transform, shape)
    if crs == LOCAL:
        return shapely.Polygon(np.column_stack([x, y]))
    system = parse_crs(crs, where=where)
    if system.is_geographic:
        _require_on_globe(x, y, where=where)
    elif max(np.abs(x).max(), np.abs(y).max()) > _ROUND_THE_EARTH_M:
        raise _off_earth("its coordinates are larger than the Earth", where=where)
    lon, lat = to_lonlat(system, x, y)
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        raise _off_earth(f"its corners have no place on the Earth in {system.name}", where=where)
    lon = lon[0] + (lon - lon[0] + 180) % 360 - 180
    area = system.area_of_use
    if area is not None and not _near_area(area, float(lon.mean()), float(lat.mean())):
        raise _off_earth(
            f"it lies at longitude {lon.mean():.3f}, latitude {lat.mean():.3f}, where {system.name} is not used",
            where=where,
        )
    footprint = _ring(lon, lat)
    if not footprint.is_valid or footprint.area == 0:
        raise _off_earth("its footprint crosses itself", where=where)
    return footprint


def _ring(lon: NDArray[Any], lat: NDArray[Any]) -> BaseGeometry:
    """A polygon; two where it lies across the 180th meridian (RFC 7946, 3.1.9)."""
    near = lon[0] + (lon - lon[0] + 180) % 360 - 180
    whole = orient(shapely.Polygon(np.column_stack([near, lat])))
    west, _, east, _ = whole.bounds
    if (west >= -180 and east <= 180) or not whole.is_valid:
        return whole
    parts = []
    for k in (-1, 0, 1, 2):
        part = shapely.intersection(whole, shapely.box(360 * k - 180, -90, 360 * k + 180, 90))
        found = [p for p in shapely.get_parts(part).tolist() if p.geom_type == "Polygon" and p.area > 0]
        parts += [
            shapely.set_coordinates(orient(p), shapely.get_coordinates(orient(p)) - [360.0 * k, 0]) for p in found
        ]
    return shapely.MultiPolygon(parts)


def ground_gsd_m(crs: str, transform: Affine, shape: tuple[int, int], *, where: str) -> float:
    """Pixel size on the ground in metres at the image's middle, the coarser of its two sides."""
    return max(pixel_sides_m(crs, transform, shape, where=where))


def pixel_sides_m(crs: str, transform: Affine, shape: tuple[int, int], *, where: str) -> tuple[float, float]:
    """A pixel's width and height on the ground in metres, at the image's middle."""
    a, b, _, d, e, _ = transform
    if crs == LOCAL:
        return math.hypot(a, d), math.hypot(b, e)
    from pyproj import Geod

    system = parse_crs(crs, where=where)
    row, column = shape[0] / 2, shape[1] / 2
    # Over several pixels, so that rounding of coordinates does not enter.
    step = float(max(1, min(shape) // 4))
    columns, rows = np.array([column, column + step, column]), np.array([row, row, row + step])
    lon, lat = to_lonlat(system, *apply(transform, columns, rows))
    geod = Geod(ellps="WGS84")
    wide, high = (float(geod.inv(lon[0], lat[0], lon[i], lat[i])[2]) / step for i in (1, 2))
    return wide, high


def to_lonlat(system: CRS, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    from pyproj import Transformer

    lon, lat = Transformer.from_crs(system, "EPSG:4326", always_xy=True).transform(x, y)
    return np.asarray(lon), np.asarray(lat)


def apply(
    transform: Affine, columns: NDArray[np.float64], rows: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pixel coordinates through an affine."""
    a, b, c, d, e, f = transform
    return a * columns + b * rows + c, d * columns + e * rows + f


def parse_world_file(text: str, *, where: str) -> Affine:
    """The affine of a world file: six numbers A D B E C F, of the centre of the first pixel (ESRI)."""
    try:
        a, d, b, e, c, f = (float(line.replace(",", ".")) for line in text.split())
    except ValueError as error:
        raise InputError(
            "E-INPUT-WORLD-FILE", "a world file holds six numbers, one a line", where=where, remedy="write it again"
        ) from error
    return (a, b, c - (a + b) / 2, d, e, f - (d + e) / 2)


def _edge(transform: Affine, shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows, columns = shape
    t = np.linspace(0, 1, _EDGE_POINTS)[:-1]
    zero, one = np.zeros_like(t), np.ones_like(t)
    u = np.concatenate([t, one, 1 - t, zero]) * columns
    v = np.concatenate([zero, t, one, 1 - t]) * rows
    return apply(transform, u, v)


def _crs_of(header: Header, options: Registering, *, where: str) -> str:
    if options.crs == LOCAL:
        return LOCAL
    text = options.crs or header.crs
    if not text:
        raise InputError(
            "E-INPUT-NO-CRS",
            "it has a scale but no coordinate system",
            where=where,
            remedy="give it with --crs, an EPSG code or local",
        )
    parse_crs(text, where=where)
    if options.crs and header.crs and not _same_crs(options.crs, header.crs, where=where):
        raise InputError(
            "E-INPUT-CRS",
            f"--crs {options.crs} is not the coordinate system that the file states",
            where=where,
            remedy="leave --crs out, or correct the file with gdal_edit -a_srs",
        )
    return text


def _same_crs(one: str, other: str, *, where: str) -> bool:
    return bool(parse_crs(one, where=where).equals(parse_crs(other, where=where), ignore_axis_order=True))


def _from_centre(header: Header, options: Registering, *, where: str) -> tuple[str, Affine]:
    """North-up about `centre`, on its UTM zone; rotated by the grid's convergence, so that up is true north."""
    if options.gsd_m is None:
        raise InputError(
            "E-INPUT-NO-SCALE",
            "its centre is given but not its scale",
            where=where,
            remedy="give the pixel size in metres with --gsd",
        )
    assert options.centre is not None
    lon, lat = options.centre
    _require_on_globe(np.array([lon]), np.array([lat]), where=where)
    crs = utm_code(lon, lat)
    from pyproj import Transformer

    project = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform
    (x0, y0), (x1, y1) = project(lon, lat), project(lon, lat + 1e-4)
    north = math.atan2(x1 - x0, y1 - y0)
    g, (rows, columns) = options.gsd_m, header.shape
    cos, sin = math.cos(north) * g, math.sin(north) * g
    a, b, d, e = cos, -sin, -sin, -cos
    return crs, (a, b, x0 - a * columns / 2 - b * rows / 2, d, e, y0 - d * columns / 2 - e * rows / 2)


def _from_control_points(options: Registering, *, where: str) -> tuple[str, Affine, float | None]:
    """Least-squares affine through control points; three fit exactly, so their misfit is unknown."""
    points = np.array(options.control_points, dtype=float)
    if len(points) < 3 or points.shape[1] != 4 or not np.isfinite(points).all():
        raise _bad_points("at least three control points of four finite numbers are needed", where=where)
    x, y = points[:, 2], points[:, 3]
    crs = options.crs
    if crs is None:
        _require_on_globe(x, y, where=where)
        crs = utm_code(float(x.mean()), float(y.mean()))
        from pyproj import Transformer

        x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(x, y)
    elif crs != LOCAL:
        parse_crs(crs, where=where)
    design = np.column_stack([points[:, 0], points[:, 1], np.ones(len(points))])
    if np.linalg.matrix_rank(design - design.mean(axis=0) * [1, 1, 0], tol=1e-6) < 3:
        raise _bad_points("the control points lie on one line", where=where)
    (rowx, rowy) = (np.linalg.lstsq(design, target, rcond=None)[0] for target in (x, y))
    freedom = 2 * len(points) - 6
    errors = np.concatenate([design @ rowx - x, design @ rowy - y])
    misfit = float(np.sqrt((errors**2).sum() / freedom)) if freedom > 0 else None
    (a, b, c), (d, e, f) = rowx.tolist(), rowy.tolist()
    return crs, (a, b, c, d, e, f), misfit


def utm_code(lon: float, lat: float) -> str:
    """EPSG code of the WGS 84 UTM zone at a place."""
    zone = min(int((lon + 180) // 6) + 1, 60)
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def _agreed_gsd(ground_m: float, options: Registering, *, where: str) -> float:
    declared = options.gsd_m
    if declared is None:
        return ground_m
    if not (math.isfinite(declared) and declared > 0):
        raise InputError(
            "E-INPUT-GSD", f"a GSD of {declared} m cannot be", where=where, remedy="give metres with --gsd"
        )
    # A screenshot may be enlarged: what it resolves is then coarser than its pixels.
    effective = options.kind != "image" and declared > ground_m
    if not effective and abs(declared - ground_m) > GSD_TOLERANCE * ground_m:
        raise InputError(
            "E-INPUT-GSD",
            f"--gsd says {declared:g} m, its georeference {ground_m:.3g} m",
            where=where,
            remedy="leave --gsd out, or correct the georeference",
        )
    return declared


def _no_place(header: Header, options: Registering, *, where: str) -> InputError:
    if header.tie_points:
        return InputError(
            "E-INPUT-GCP",
            "it is placed by ground control points only, not by a grid",
            where=where,
            remedy="warp it first with gdalwarp, or give points with --control-points",
        )
    if any(key.startswith("RPC.") for key in header.tags):
        return InputError(
            "E-INPUT-RPC",
            "it is a raw frame placed by RPCs only",
            where=where,
            remedy="orthorectify it first with gdalwarp -rpc",
        )
    if options.gsd_m is not None:
        return InputError(
            "E-INPUT-NO-PLACE",
            "nothing says where it lies",
            where=where,
            remedy="give --centre LON,LAT, or --control-points, or --crs local",
        )
    return InputError(
        "E-INPUT-NO-SCALE",
        "nothing says how large its pixels are, or where it lies",
        where=where,
        remedy="give the pixel size in metres with --gsd and its place with --centre LON,LAT (or --crs local)",
    )


def _bad_points(what: str, *, where: str) -> InputError:
    return InputError(
        "E-INPUT-CONTROL-POINTS",
        what,
        where=where,
        remedy="give them with --control-points FILE, a CSV of column,row,lon,lat",
    )


def _off_earth(what: str, *, where: str) -> InputError:
    return InputError(
        "E-INPUT-OFF-EARTH", what, where=where, remedy="check its coordinate system and the order of axes"
    )


def _require_invertible(transform: Affine, *, where: str) -> None:
    a, b, _, d, e, _ = transform
    sane = all(math.isfinite(v) and abs(v) < _LARGEST_COEFFICIENT for v in transform)
    if not sane or abs(a * e - b * d) <= 1e-9 * max(abs(v) for v in (a, b, d, e)) ** 2:
        raise InputError(
            "E-INPUT-TRANSFORM",
            "its georeference is not a number or flattens it to a line",
            where=where,
            remedy="georeference it again, or give --control-points",
        )


def _require_on_globe(lon: NDArray[np.float64], lat: NDArray[np.float64], *, where: str) -> None:
    if np.isfinite(lon).all() and np.isfinite(lat).all():
        # A raster across the 180th meridian counts on beyond it.
        if (np.abs(lat) <= 90).all() and (np.abs(lon) <= 360).all() and np.ptp(lon) <= 360 and np.abs(lon).min() <= 180:
            return
        if (np.abs(lon) <= 90).all() and (np.abs(lat) <= 180).all():
            raise InputError(
                "E-INPUT-AXES",
                f"latitude {float(lat[np.abs(lat).argmax()]):g} cannot be: longitude and latitude are swapped",
                where=where,
                remedy="give longitude first",
            )
    raise _off_earth("it lies off the Earth", where=where)


def _near_area(area: Any, lon: float, lat: float) -> bool:
    width = (area.east - area.west) % 360 or 360.0
    away = (lon - area.west - width / 2 + 180) % 360 - 180
    within = abs(away) <= width / 2 + _AREA_SLACK_DEG
    return bool(within and area.south - _AREA_SLACK_DEG <= lat <= area.north + _AREA_SLACK_DEG)
