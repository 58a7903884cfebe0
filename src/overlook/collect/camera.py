"""Ground to image and back, for frames that lie on no grid: rational polynomials, or a thin plate through tie points.

Longitude and latitude are WGS 84 degrees, heights metres above the ellipsoid, pixels continuous with (0, 0) the corner
of the first. Nothing here knows how high the ground is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from overlook.errors import InputError
from overlook.terms import RationalCamera, TiePoints

Floats = NDArray[np.float64]
#: (longitude, latitude, height) to (column, row).
Projection = Callable[[Floats, Floats, Floats], tuple[Floats, Floats]]

_STEPS, _STILL_PX = 12, 1e-4
_POLYNOMIALS = {
    "LINE_NUM_COEFF": "line_numerator",
    "LINE_DEN_COEFF": "line_denominator",
    "SAMP_NUM_COEFF": "sample_numerator",
    "SAMP_DEN_COEFF": "sample_denominator",
}
_SCALARS = {
    "LINE_OFF": "line_offset",
    "LINE_SCALE": "line_scale",
    "SAMP_OFF": "sample_offset",
    "SAMP_SCALE": "sample_scale",
    "LAT_OFF": "latitude_offset",
    "LAT_SCALE": "latitude_scale",
    "LONG_OFF": "longitude_offset",
    "LONG_SCALE": "longitude_scale",
    "HEIGHT_OFF": "height_offset",
    "HEIGHT_SCALE": "height_scale",
}
#: DigitalGlobe's .RPB names of the same.
_RPB = {
    "lineOffset": "LINE_OFF",
    "lineScale": "LINE_SCALE",
    "sampOffset": "SAMP_OFF",
    "sampScale": "SAMP_SCALE",
    "latOffset": "LAT_OFF",
    "latScale": "LAT_SCALE",
    "longOffset": "LONG_OFF",
    "longScale": "LONG_SCALE",
    "heightOffset": "HEIGHT_OFF",
    "heightScale": "HEIGHT_SCALE",
    "lineNumCoef": "LINE_NUM_COEFF",
    "lineDenCoef": "LINE_DEN_COEFF",
    "sampNumCoef": "SAMP_NUM_COEFF",
    "sampDenCoef": "SAMP_DEN_COEFF",
    "errBias": "ERR_BIAS",
}


def rational_projection(camera: RationalCamera) -> Projection:
    """RPC00B, eqs. of STDI-0002 appendix E: two quotients of cubic polynomials in normalised P, L, H."""
    numerators = np.array([camera.sample_numerator, camera.line_numerator])
    denominators = np.array([camera.sample_denominator, camera.line_denominator])

    def project(lon: Floats, lat: Floats, height: Floats) -> tuple[Floats, Floats]:
        # Across the 180th meridian longitudes are told on either side of it.
        away = (lon - camera.longitude_offset + 180) % 360 - 180
        terms = _terms(
            (lat - camera.latitude_offset) / camera.latitude_scale,
            away / camera.longitude_scale,
            (height - camera.height_offset) / camera.height_scale,
        )
        with np.errstate(all="ignore"):
            sample, line = np.tensordot(numerators, terms, 1) / np.tensordot(denominators, terms, 1)
        # The coefficients count from the middle of the first pixel.
        column = sample * camera.sample_scale + camera.sample_offset + 0.5
        row = line * camera.line_scale + camera.line_offset + 0.5
        return column, row

    return project


def _terms(p: Floats, x: Floats, h: Floats) -> Floats:
    p, x, h = np.broadcast_arrays(p, x, h)
    one = np.ones_like(p)
    return np.stack(
        [
            *(one, x, p, h, x * p, x * h, p * h, x * x, p * p, h * h),
            *(p * x * h, x**3, x * p * p, x * h * h, x * x * p, p**3, p * h * h, x * x * h, p * p * h, h**3),
        ]
    )


def tie_point_projection(ties: TiePoints) -> Projection:
    """A thin-plate spline through tie points (Bookstein 1989, IEEE TPAMI 11), ground to image; heights are theirs."""
    from scipy.interpolate import RBFInterpolator

    points = np.array(ties.points)
    middle = points[0, 2]
    known = np.column_stack([_near(points[:, 2], middle), points[:, 3]])
    centre, scale = known.mean(axis=0), np.ptp(known, axis=0).max() or 1.0
    spline = RBFInterpolator((known - centre) / scale, points[:, :2], kernel="thin_plate_spline")

    def project(lon: Floats, lat: Floats, height: Floats) -> tuple[Floats, Floats]:
        lon, lat, _ = np.broadcast_arrays(lon, lat, height)
        at = np.column_stack([_near(lon, middle).ravel(), lat.ravel()])
        found = spline((at - centre) / scale)
        return found[:, 0].reshape(lon.shape), found[:, 1].reshape(lon.shape)

    return project


def _near(lon: Floats, middle: float) -> Floats:
    result: Floats = middle + (lon - middle + 180) % 360 - 180
    return result


def locate(
    project: Projection, columns: Floats, rows: Floats, heights: Floats, start: tuple[float, float]
) -> tuple[Floats, Floats]:
    """(longitude, latitude) of pixels at given heights, by Newton's method; NaN where it does not settle."""
    lon, lat = np.full(columns.shape, start[0]), np.full(columns.shape, start[1])
    step = 1e-5
    error = np.full(columns.shape, np.inf)
    for _ in range(_STEPS):
        c, r = project(lon, lat, heights)
        cx, rx = project(lon + step, lat, heights)
        cy, ry = project(lon, lat + step, heights)
        a, b, d, e = (cx - c) / step, (cy - c) / step, (rx - r) / step, (ry - r) / step
        with np.errstate(all="ignore"):
            det = a * e - b * d
            dc, dr = columns - c, rows - r
            error = np.hypot(dc, dr)
            lon = lon + np.clip((e * dc - b * dr) / det, -1, 1)
            lat = np.clip(lat + np.clip((a * dr - d * dc) / det, -1, 1), -90, 90)
        if not (error > _STILL_PX).any():
            break
    settled = error < 0.01
    return np.where(settled, lon, np.nan), np.where(settled, lat, np.nan)


def camera_from_tags(tags: Mapping[str, str], *, where: str) -> RationalCamera | None:
    """The camera of a file's RPC tags (GDAL's names under `RPC.`), None without any. Raises InputError."""
    if not any(key.startswith("RPC.") for key in tags):
        return None
    try:
        values = {ours: _number(tags[f"RPC.{name}"]) for name, ours in _SCALARS.items()}
        polynomials = {
            ours: tuple(float(v) for v in re.split(r"[\s,]+", tags[f"RPC.{name}"].strip()))
            for name, ours in _POLYNOMIALS.items()
        }
        bias = _number(tags.get("RPC.ERR_BIAS", "-1"))
        # A bias is a 68% circle; a side of it is a sigma's worth (STDI-0002: root mean square, radial).
        error = bias / np.sqrt(2) if 0 < bias < 1e4 else None
        return RationalCamera(**values, **polynomials, error_m=None if error is None else float(error))  # type: ignore[arg-type]
    except (KeyError, ValueError) as error:
        what = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(
            "E-INPUT-RPC",
            f"its rational polynomials cannot be used ({what[:120]})",
            where=where,
            remedy="fetch the product again with its .RPB or _RPC.TXT, or order it orthorectified",
        ) from error


def parse_rpc_text(text: str) -> dict[str, str]:
    """Tags as GDAL names them, from an .RPB or an _RPC.TXT; {} for a text that is neither."""
    found: dict[str, str] = {}
    for name, value in re.findall(r"(\w+)\s*=\s*(\([^)]*\)|[^;\n]+);?", text):
        if name in _RPB:
            found[f"RPC.{_RPB[name]}"] = " ".join(re.split(r"[\s,()]+", value.strip().strip('"'))).strip()
    lists: dict[str, dict[int, str]] = {}
    for name, number, value in re.findall(r"^\s*(\w+?)(?:_(\d+))?\s*:\s*([-+.\deE]+)", text, re.MULTILINE):
        if number and name in _POLYNOMIALS:
            lists.setdefault(name, {})[int(number)] = value
        elif not number and (name in _SCALARS or name == "ERR_BIAS"):
            found[f"RPC.{name}"] = value
    for name, values in lists.items():
        found[f"RPC.{name}"] = " ".join(values[k] for k in sorted(values))
    return found


def _number(text: str) -> float:
    return float(text.split()[0])
