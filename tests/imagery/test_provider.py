"""Providers' masks: published bits and classes, and what cannot be one."""

from __future__ import annotations

import numpy as np
import pytest

from overlook.errors import InputError
from overlook.imagery.provider import decode, light_haze
from overlook.terms import CLOUD, HAZE, NODATA, SATURATED, SHADOW, SNOW, USABLE


def one(*values: int, dtype: str = "uint16") -> np.ndarray:
    return np.array(values, dtype=dtype).reshape(1, -1, 1)


def test_scene_classification_of_sentinel_2() -> None:
    codes = decode("scl", one(*range(12), dtype="uint8"))[0]
    expected = [NODATA, SATURATED, USABLE, SHADOW, USABLE, USABLE, USABLE, USABLE, CLOUD, CLOUD, HAZE, SNOW]
    assert codes.tolist() == expected


def test_landsat_collection_2_values_of_the_product_guide() -> None:
    # USGS LSDS-1619, table of QA_PIXEL values: fill, clear, water, cloud, shadow, snow, cirrus, dilated cloud.
    values = {
        1: NODATA,
        21824: USABLE,
        21952: USABLE,
        22280: CLOUD,
        23888: SHADOW,
        30048: SNOW,
        54596: HAZE,
        21826: CLOUD,
    }
    assert decode("qa_pixel", one(*values))[0].tolist() == list(values.values())


def test_landsat_collection_1_values_of_the_handbook() -> None:
    # USGS LSDS-1873: 1 fill, 2720 clear, 2800 cloud of high confidence, 2976 shadow, 3744 snow, 6816 cirrus.
    values = {1: NODATA, 2720: USABLE, 2800: CLOUD, 2976: SHADOW, 3744: SNOW, 6816: HAZE, 2724: SATURATED}
    assert decode("bqa", one(*values))[0].tolist() == list(values.values())


def test_planets_usable_data_mask_of_eight_bands_and_of_one() -> None:
    bands = np.zeros((1, 8, 8), dtype=np.uint8)
    for at, band in enumerate((0, 1, 2, 3, 4, 5)):
        bands[0, at, band] = 1
    bands[0, 6, 7], bands[0, 7, 7] = 1, 0b100
    codes = decode("udm2", bands)[0].tolist()
    assert codes == [USABLE, SNOW, SHADOW, USABLE, HAZE, CLOUD, NODATA, SATURATED]
    assert light_haze(bands)[0].tolist() == [False] * 3 + [True] + [False] * 4
    assert decode("udm2", one(0, 1, 2, 4, dtype="uint8"))[0].tolist() == [USABLE, NODATA, CLOUD, SATURATED]


def test_what_hides_most_counts() -> None:
    every = (1 << 1) | (1 << 2) | (1 << 3) | (1 << 4) | (1 << 5)
    assert decode("qa_pixel", one(every))[0].tolist() == [CLOUD]
    assert decode("qa_pixel", one(every | 1))[0].tolist() == [NODATA]


@pytest.mark.parametrize(
    ("kind", "bands"),
    [
        ("scl", np.full((2, 2, 1), 12, np.uint8)),
        ("scl", np.zeros((2, 2, 3), np.uint8)),
        ("qa_pixel", np.zeros((2, 2, 1), np.float32)),
        ("udm2", np.zeros((2, 2, 4), np.uint8)),
        ("udm2", np.full((2, 2, 8), 200, np.uint8)),
    ],
)
def test_a_mask_of_another_kind_is_refused(kind: str, bands: np.ndarray) -> None:
    with pytest.raises(InputError) as caught:
        decode(kind, bands)
    assert caught.value.code == "E-INPUT-PROVIDER-MASK"
