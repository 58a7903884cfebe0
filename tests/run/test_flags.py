"""Doubts about dates and places, from images to the report: both sides shown, nothing mended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
import rasterio
from affine import Affine

from overlook import add, assess, init
from overlook.collect import Registering
from overlook.terms import instant

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = datetime(2018, 6, 12, 3, 15, tzinfo=UTC)
CASE = """
overlook: 1
id: doubts
title: Doubts
sites:
  - id: s
    name: S
    grid_gsd_m: 0.5
    margin_m: 0
    crs: EPSG:32651
    zones:
      - id: y
        name: Yard
        kind: yard
        geometry: >-
          POLYGON ((124.7051 39.6601, 124.7069 39.6601, 124.7069 39.6619, 124.7051 39.6619, 124.7051 39.6601))
"""


def ground(seed: int) -> np.ndarray:
    """Things that stay (seed 0) and things of one day, with a sensor's noise."""
    image = np.full((480, 480), 90, np.float32)
    for of, n, size in ((0, 60, 40), (seed, 300, 8)):
        rng = np.random.default_rng(of)
        for x, y, w, h, v in zip(
            *(rng.integers(0, 470, n) for _ in range(2)),
            *(rng.integers(3, size, n) for _ in range(2)),
            rng.integers(20, 240, n),
            strict=True,
        ):
            image[y : y + h, x : x + w] = v
    image = cv2.GaussianBlur(image, (0, 0), 0.8)
    return np.clip(image + np.random.default_rng(seed + 100).normal(0, 3, image.shape), 1, 254).astype(np.uint8)


def put(
    folder: Path,
    name: str,
    pixels: np.ndarray,
    when: datetime | None,
    *,
    at: tuple[float, float] = (646_160, 4_391_660),
) -> None:
    path = folder.parent / f"{name}.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=pixels.shape[0],
        width=pixels.shape[1],
        count=1,
        dtype="uint8",
        crs="EPSG:32651",
        transform=Affine(0.5, 0, at[0], 0, -0.5, at[1]),
    ) as file:
        file.write(pixels, 1)
    (one,) = add(folder, [path], registering=Registering(when=instant(when) if when else None), now=NOW)
    assert one.error is None, one.error


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[tuple[str, ...], set[str]], str]:
    """Flags by scenes, and the report: two honest days, a picture twice, a night, a name and a place that are wrong."""
    folder = tmp_path_factory.mktemp("flags") / "case"
    init(folder)
    (folder / "case.yaml").write_text(CASE)
    first = ground(1)
    put(folder, "one", first, DAY)
    put(folder, "two", ground(2), DAY + timedelta(days=30))
    spoiled = cv2.imdecode(cv2.imencode(".jpg", first, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_GRAYSCALE)
    put(
        folder,
        "again",
        np.clip(spoiled[60:420, 40:460] * 0.9 + 10, 0, 255).astype(np.uint8),
        DAY + timedelta(days=60),
        at=(646_160 + 20, 4_391_660 - 30),
    )
    put(folder, "night", ground(4), DAY + timedelta(hours=12))
    put(folder, "site_20180501T031500Z", ground(5), DAY.replace(month=5, day=1) + timedelta(hours=9))
    put(folder, "elsewhere", ground(6), DAY, at=(746_160, 4_391_660))
    result = assess(folder, now=NOW)
    found: dict[tuple[str, ...], set[str]] = {}
    for flag in result.assessment.flags:
        found.setdefault(tuple(sorted(flag.scenes)), set()).add(flag.kind)
        assert len(flag.evidence) >= 2
    return found, result.report.read_text()


def test_one_picture_under_two_dates_is_found_cropped_and_compressed(told):
    assert told[0][("again", "one")] == {"same picture"}


def test_the_same_place_on_other_days_is_not_the_same_picture(told):
    pairs = [scenes for scenes, kinds in told[0].items() if "same picture" in kinds]
    assert pairs == [("again", "one")]


def test_night_a_wrong_name_and_a_wrong_place_are_told(told):
    assert "night" in told[0][("night",)]
    assert "times disagree" in told[0][("site_20180501T031500Z",)]
    assert "off every site" in told[0][("elsewhere",)]
    assert not {("one",), ("two",)} & set(told[0])


def test_the_report_shows_both_sides(told):
    page = told[1]
    assert "Doubts about the date or place" in page
    assert "2018-05-01 03:15:00 UTC" in page
    assert "2018-05-01 12:15:00 UTC" in page
    assert "differ by exactly 9 h" in page
