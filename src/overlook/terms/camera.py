"""How a frame that lies on no grid was taken: a rational camera, or tie points; and the ground that it is laid on."""

from __future__ import annotations

import math
from dataclasses import dataclass

Twenty = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RationalCamera:
    """Rational polynomial coefficients, ground to image (RPC00B: STDI-0002, appendix E; OpenGIS 99-107).

    Offsets and scales of line and sample are in pixels (0, 0 the middle of the first), of latitude and longitude in
    degrees (WGS 84), of height in metres above the ellipsoid. Polynomials have twenty coefficients in RPC00B's order.
    `error_m`: 1-sigma, horizontal, as the provider states its bias; None when it does not.
    """

    line_offset: float
    line_scale: float
    sample_offset: float
    sample_scale: float
    latitude_offset: float
    latitude_scale: float
    longitude_offset: float
    longitude_scale: float
    height_offset: float
    height_scale: float
    line_numerator: Twenty
    line_denominator: Twenty
    sample_numerator: Twenty
    sample_denominator: Twenty
    error_m: float | None = None

    def __post_init__(self) -> None:
        polynomials = (self.line_numerator, self.line_denominator, self.sample_numerator, self.sample_denominator)
        if any(len(p) != 20 for p in polynomials):
            raise ValueError("each polynomial of a rational camera has twenty coefficients")
        scales = (self.line_scale, self.sample_scale, self.latitude_scale, self.longitude_scale, self.height_scale)
        offsets = (
            self.line_offset,
            self.sample_offset,
            self.latitude_offset,
            self.longitude_offset,
            self.height_offset,
        )
        if not all(math.isfinite(v) for v in (*scales, *offsets, *(c for p in polynomials for c in p))):
            raise ValueError("a coefficient of a rational camera is not a number")
        if min(scales) <= 0 or abs(self.latitude_offset) > 90 or abs(self.longitude_offset) > 360:
            raise ValueError("a scale of a rational camera is not above zero, or its offset lies off the Earth")


@dataclass(frozen=True, slots=True, kw_only=True)
class TiePoints:
    """(column, row, longitude, latitude) of points of a frame, and the misfit of a smooth map left out one by one."""

    points: tuple[tuple[float, float, float, float], ...]
    misfit_m: float

    def __post_init__(self) -> None:
        if len(self.points) < 4 or not all(math.isfinite(v) for p in self.points for v in p):
            raise ValueError("tie points are four or more, of finite numbers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a frame is laid on: `height_m` above the ellipsoid everywhere, or a `dem` (a raster beside the scene).

    `geoid_m` is added to the heights of a DEM above sea level to make them heights above the ellipsoid.
    """

    height_m: float | None = None
    dem: str = ""
    dem_digest: str = ""
    geoid_m: float = 0.0

    def __post_init__(self) -> None:
        if (self.height_m is None) == (not self.dem):
            raise ValueError("the ground is one height or a DEM")
