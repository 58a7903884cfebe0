"""The site's grid: where its chips' pixels lie. Every chip of a site has the same grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from overlook.errors import CaseError
from overlook.terms import LOCAL, Site

if TYPE_CHECKING:
    from odc.geo.geobox import GeoBox

Affine = tuple[float, float, float, float, float, float]
IDENTITY: Affine = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)

#: A grid larger than this does not fit a report, nor memory, whatever the images' size.
_MOST_PIXELS = 64_000_000
#: Degrees: the edges of a zone are straight in longitude and latitude, and hardly curved in metres at this step.
_STEP_DEG = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """North-up squares: `transform` (a, b, c, d, e, f) from pixel to `crs`, `shape` (rows, columns)."""

    crs: str
    transform: Affine
    shape: tuple[int, int]

    @property
    def gsd_m(self) -> float:
        return self.transform[0]

    @property
    def geobox(self) -> GeoBox:
        """As odc-geo's GeoBox; a local plane has none. Raises ValueError then."""
        if self.crs == LOCAL:
            raise ValueError("a local plane has no coordinate system")
        from affine import Affine as Matrix
        from odc.geo.geobox import GeoBox

        return GeoBox(self.shape, Matrix(*self.transform), self.crs)


def site_grid(site: Site) -> Grid:
    """The bounds of the site's zones and its margin, snapped outward to whole pixels.

    Raises CaseError when the site has no zones, or its grid would be larger than 64 million pixels.
    """
    if not site.zones:
        raise CaseError(
            "E-CASE-NO-ZONES",
            f"site {site.id} has no zones, so that no image can be laid on it",
            where=f"sites.{site.id}",
            remedy="draw a zone",
        )
    bounds = np.array([to_grid(zone.geometry, site.crs).bounds for zone in site.zones])
    if not np.isfinite(bounds).all():
        raise CaseError(
            "E-CASE-CRS",
            f"the zones of site {site.id} have no place in {site.crs}",
            where=f"sites.{site.id}.crs",
            remedy="check the zones' axes and the site's crs",
        )
    g, m = site.grid_gsd_m, site.margin_m
    west, south = (math.floor((v - m) / g + 1e-6) * g for v in bounds[:, :2].min(axis=0).tolist())
    east, north = (math.ceil((v + m) / g - 1e-6) * g for v in bounds[:, 2:].max(axis=0).tolist())
    rows, columns = max(1, round((north - south) / g)), max(1, round((east - west) / g))
    if rows * columns > _MOST_PIXELS:
        raise CaseError(
            "E-CASE-GRID",
            f"site {site.id} would need {columns} x {rows} pixels of {g} m",
            where=f"sites.{site.id}.grid_gsd_m",
            remedy="raise grid_gsd_m, or split the site",
        )
    return Grid(crs=site.crs, transform=(g, 0.0, west, 0.0, -g, north), shape=(rows, columns))


def to_grid(geometry: BaseGeometry, crs: str) -> BaseGeometry:
    """A geometry in longitude and latitude (or the plane), in the grid's coordinates."""
    if crs == LOCAL:
        return geometry
    from pyproj import Transformer

    transformer = Transformer.from_crs("EPSG:4326", crs, always_xy=True)

    def project(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    return shapely.transform(shapely.segmentize(geometry, _STEP_DEG), project)


def inverse(transform: Affine) -> Affine:
    a, b, c, d, e, f = transform
    det = a * e - b * d
    return (e / det, -b / det, (b * f - c * e) / det, -d / det, a / det, (c * d - a * f) / det)


def apply(transform: Affine, x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b, c, d, e, f = transform
    return a * x + b * y + c, d * x + e * y + f
