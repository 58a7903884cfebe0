"""The codes of providers' own masks, as published, in Overlook's own. Nothing here opens a file.

Where several hold of a pixel the one that hides most counts: no data, cloud, haze, shadow, snow. What the provider
calls clear, water, bare or unclassified is usable: it says no cloud was found, and another detector is not asked.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from overlook.errors import InputError
from overlook.terms import CLOUD, HAZE, NODATA, SATURATED, SHADOW, SNOW, USABLE

Codes = NDArray[np.uint8]

#: Sentinel-2 Level-2A scene classification (ESA, Sentinel-2 Products Specification Document, S2-PDGS-TAS-DI-PSD,
#: "SCL"): 0 no data, 1 saturated or defective, 2 dark area (topographic or cast shadow), 3 cloud shadow, 4 vegetation,
#: 5 not vegetated, 6 water, 7 unclassified, 8 and 9 cloud of medium and high probability, 10 thin cirrus, 11 snow or
#: ice. A dark area is no cloud's shadow.
SCL = {0: NODATA, 1: SATURATED, 3: SHADOW, 8: CLOUD, 9: CLOUD, 10: HAZE, 11: SNOW}


def scl(bands: NDArray[Any]) -> Codes:
    """(rows, columns, 1) of classes 0 to 11; another value is no data."""
    classes = bands[..., 0].astype(np.int64)
    out = np.full(classes.shape, NODATA, dtype=np.uint8)
    out[(classes >= 1) & (classes <= 11)] = USABLE
    for value, code in SCL.items():
        out[classes == value] = code
    return out


def qa_pixel(bands: NDArray[Any]) -> Codes:
    """Landsat Collection 2 QA_PIXEL (USGS, LSDS-1619, Landsat 8-9 Collection 2 Level 2 Science Product Guide).

    Bit 0 fill, 1 dilated cloud, 2 cirrus, 3 cloud, 4 cloud shadow, 5 snow; 6 clear and 7 water say nothing more.
    """
    q = bands[..., 0].astype(np.int64)
    return _ranked(q, snow=_bit(q, 5), shadow=_bit(q, 4), haze=_bit(q, 2), cloud=_bit(q, 1) | _bit(q, 3), nothing=q & 1)


def bqa(bands: NDArray[Any]) -> Codes:
    """Landsat Collection 1 BQA (USGS, LSDS-1873): bit 0 fill, 4 cloud; confidences of two bits each, 3 is high.

    Bits 2 and 3 radiometric saturation (how many bands), 7 and 8 cloud shadow, 9 and 10 snow, 11 and 12 cirrus.
    """
    q = bands[..., 0].astype(np.int64)
    high = [(q >> first) & 3 == 3 for first in (7, 9, 11)]
    out = _ranked(q, snow=high[1], shadow=high[0], haze=high[2], cloud=_bit(q, 4), nothing=q & 1)
    out[(out == USABLE) & ((q >> 2) & 3 > 0)] = SATURATED
    return out


def udm2(bands: NDArray[Any]) -> Codes:
    """Planet's usable data mask (Planet Imagery Product Specification, "UDM 2"), eight bands, or the older one band.

    Bands of 0 and 1: 1 clear, 2 snow, 3 shadow, 4 light haze, 5 heavy haze, 6 cloud; 7 confidence; 8 the older mask,
    whose bit 0 is black fill, bit 1 cloud, and bits 2 to 7 missing or suspect data in a band. Light haze is usable.
    """
    if bands.shape[2] == 1:
        old = bands[..., 0].astype(np.int64)
        none = np.zeros(old.shape, dtype=bool)
        out = _ranked(old, snow=none, shadow=none, haze=none, cloud=_bit(old, 1), nothing=old & 1)
    else:
        snow, shadow, heavy, cloud = (bands[..., k] > 0 for k in (1, 2, 4, 5))
        old = bands[..., 7].astype(np.int64)
        out = _ranked(old, snow=snow, shadow=shadow, haze=heavy, cloud=cloud, nothing=old & 1)
    out[(out == USABLE) & ((old >> 2) > 0)] = SATURATED
    return out


def light_haze(bands: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a UDM 2 of eight bands says light haze: it is noted and blocks nothing."""
    if bands.shape[2] < 8:
        return np.zeros(bands.shape[:2], dtype=bool)
    return np.asarray(bands[..., 3] > 0)


#: Bands that each kind of raster holds.
KINDS = {"scl": (scl, (1,)), "qa_pixel": (qa_pixel, (1,)), "bqa": (bqa, (1,)), "udm2": (udm2, (1, 8))}


def decode(kind: str, bands: NDArray[Any]) -> Codes:
    """A provider's raster (rows, columns, bands) as codes. Raises InputError when it cannot be of this kind."""
    reader, counts = KINDS[kind]
    if bands.shape[2] not in counts:
        raise _misfit(f"a mask of kind {kind} has {' or '.join(map(str, counts))} bands, this one {bands.shape[2]}")
    if not np.issubdtype(bands.dtype, np.integer):
        raise _misfit(f"a mask of kind {kind} holds whole numbers, this one {bands.dtype}")
    if kind == "scl" and bands.size and int(bands.max()) > 11:
        raise _misfit(f"a scene classification has classes 0 to 11, this one {int(bands.max())}")
    if kind == "udm2" and bands.shape[2] == 8 and bands.size and int(bands[..., :6].max()) > 1:
        raise _misfit("the first six bands of a UDM 2 hold 0 and 1, these do not")
    return reader(bands)


def _bit(values: NDArray[np.int64], bit: int) -> NDArray[np.bool_]:
    return np.asarray((values >> bit) & 1 > 0)


def _ranked(like: NDArray[Any], *, snow: Any, shadow: Any, haze: Any, cloud: Any, nothing: Any) -> Codes:
    out = np.full(like.shape, USABLE, dtype=np.uint8)
    for where, code in ((snow, SNOW), (shadow, SHADOW), (haze, HAZE), (cloud, CLOUD), (nothing, NODATA)):
        out[np.asarray(where) > 0] = code
    return out


def _misfit(what: str) -> InputError:
    return InputError("E-INPUT-PROVIDER-MASK", what, remedy="check its kind, or add the image without it")
