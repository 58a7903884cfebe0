"""A scene (one acquisition) and its chip (the scene on the site's grid)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from overlook.terms.camera import Ground, RationalCamera, TiePoints
from overlook.terms.geometry import Geometry
from overlook.terms.radar import Radar
from overlook.terms.time import Interval

WhyAcquired = Literal["routine", "tasked", "chosen", "unknown"]
SceneKind = Literal["image", "screenshot", "figure"]
#: The last four are radar's: backscatter by the polarization sent and received.
BandRole = Literal["red", "green", "blue", "nir", "grey", "alpha", "other", "vv", "vh", "hh", "hv"]

#: Who looked for clouds on a chip. "nobody": none was masked, and none can be told from its pixels.
CloudsBy = Literal["analyst", "provider", "detector", "detector, not validated", "nobody"]

#: Codes of `Chip.unusable`. Zero is usable; anything else says what else a pixel shows. SHADOW is a cloud's shadow,
#: UNSURE what may be cloud. What each code hides from whom is `imagery.blocked_codes`.
USABLE, OFF_IMAGE, NODATA, CLOUD, MASKED = 0, 1, 2, 3, 4
SHADOW, HAZE, SNOW, SATURATED, STRIPES, UNSURE = 5, 6, 7, 8, 9, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What may be done with the pixels. `may_publish` None: nobody said, so no."""

    may_publish: bool | None = None
    licence: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxFile:
    """A file of boxes beside a scene. `complete_for`: the classes that its observer looked for everywhere.

    A class that is not listed was not searched for: no box of it is *not searched*, never zero.
    """

    path: str
    observer: str
    digest: str
    complete_for: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMask:
    """The provider's own mask of a scene, a file beside it: "scl", "qa_pixel", "bqa", "udm2" or "cloud polygons".

    A raster keeps the provider's codes, its CRS and its own pixels, often coarser than the scene's.
    """

    kind: str
    path: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One acquisition, as its STAC side-car says it. `when` None: undated, for looking and never for counting.

    `transform` is the affine (a, b, c, d, e, f) from pixel to `crs`, rasterio's order; `shape` is (rows, columns).
    `footprint` is in longitude and latitude, or in the local plane when `crs` is "local".
    `sensor` names a group whose detection errors are shared. Angles in degrees.
    """

    id: str
    path: str
    digest: str
    when: Interval | None
    when_source: Literal["metadata", "filename", "declared", "unknown"]
    gsd_m: float
    crs: str
    transform: tuple[float, float, float, float, float, float]
    shape: tuple[int, int]
    bands: tuple[BandRole, ...]
    dtype: str
    footprint: Geometry
    kind: SceneKind = "image"
    sensor: str = "unknown"
    off_nadir_deg: float | None = None
    sun_elevation_deg: float | None = None
    sun_azimuth_deg: float | None = None
    geolocation_error_m: float | None = None
    catalogue_id: str = ""
    rights: Rights = Rights()
    why_acquired: WhyAcquired = "unknown"
    #: Rectangles of burned-in labels, (column, row, width, height) in pixels; never usable.
    labels_px: tuple[tuple[int, int, int, int], ...] = ()
    #: A cloud mask raster (non-zero is cloud) or a vector file of cloud polygons, relative to imagery/.
    cloud_mask: str = ""
    cloud_mask_digest: str = ""
    provider_mask: ProviderMask | None = None
    #: (who says it, when) of every time that was found for this image, `when` among them.
    when_said: tuple[tuple[str, Interval], ...] = ()
    #: Files of boxes that a person drew over this scene.
    boxes: tuple[BoxFile, ...] = ()
    #: How a raw frame was taken, and the ground it is laid on; then `transform` is only near.
    camera: RationalCamera | TiePoints | None = None
    ground: Ground | None = None
    #: What the numbers of a radar image mean; None for a picture taken by light.
    radar: Radar | None = None

    def __post_init__(self) -> None:
        if not (self.gsd_m > 0 and np.isfinite(self.gsd_m)):
            raise ValueError(f"gsd_m must be above zero, not {self.gsd_m}")
        if min(self.shape) < 1:
            raise ValueError(f"shape must be at least 1 x 1, not {self.shape}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """How a chip was laid on the site's grid. Metres; `residual_m` is the 1-sigma left after the correction.

    `shift_m` is at the middle of the chip, east and north; `linear` (a, b, d, e) is what the correction does to a
    vector from there: the identity unless the residuals asked for more than a shift.
    """

    method: Literal["georeference", "phase correlation", "reference", "refused"]
    shift_m: tuple[float, float] = (0.0, 0.0)
    linear: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 1.0)
    residual_m: float | None = None
    reference: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipMeta:
    """What is known of a chip beside its pixels. `transform`, `crs` and `shape` are the site grid's window.

    `usable_fraction`: of its pixels those that show what stands on the ground.
    """

    scene: str
    site: str
    crs: str
    transform: tuple[float, float, float, float, float, float]
    shape: tuple[int, int]
    bands: tuple[BandRole, ...]
    registration: Registration
    usable_fraction: float
    #: Heights above the ellipsoid at the grid's knots, row by row, that a raw frame was laid on; () for others.
    ground: tuple[tuple[float, ...], ...] = ()
    #: Stretch limits per band that `pixels` were scaled with from the scene's own depth (low, high).
    stretch: tuple[tuple[float, float], ...] = ()
    clouds_by: CloudsBy = "nobody"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A scene's pixels on the site's grid. `pixels`: uint8 (rows, columns, bands); `unusable`: uint8 codes."""

    meta: ChipMeta
    pixels: NDArray[np.uint8]
    unusable: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[:2] != self.meta.shape:
            raise ValueError(f"pixels {self.pixels.shape} do not fit the grid {self.meta.shape}")
        if self.unusable.shape != self.meta.shape:
            raise ValueError(f"mask {self.unusable.shape} does not fit the grid {self.meta.shape}")
