"""Boxes that registration may have put on the wrong side of a zone's edge are counted as drawn, and told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
import shapely

from overlook.activity import Looked, observe
from overlook.activity.confounders import confounders
from overlook.activity.series import usable
from overlook.terms import (
    CORNERS,
    DETECTIONS,
    Chip,
    ChipMeta,
    Count,
    Plan,
    Registration,
    Scene,
    Series,
    Site,
    Zone,
    instant,
    observations_from_table,
    observations_to_table,
)

WHEN = datetime(2021, 5, 1, 3, tzinfo=UTC)
SITE = Site(
    id="s", name="S", crs="local", zones=(Zone(id="z", name="Z", kind="yard", geometry=shapely.box(10, 10, 30, 30)),)
)


def scene() -> Scene:
    return Scene(
        id="a",
        path="a.tif",
        digest="d",
        when=instant(WHEN),
        when_source="declared",
        gsd_m=0.5,
        crs="local",
        transform=(0.5, 0, 0, 0, -0.5, 40),
        shape=(80, 80),
        bands=("grey",),
        dtype="uint8",
        footprint=shapely.box(0, 0, 40, 40),
    )


def count(registration: Registration, *centres_m: tuple[float, float]) -> Count:
    meta = ChipMeta(
        scene="a",
        site="s",
        crs="local",
        transform=(0.5, 0, 0, 0, -0.5, 40),
        shape=(80, 80),
        bands=("grey",),
        registration=registration,
        usable_fraction=1.0,
    )
    pixels = np.full((80, 80, 1), 90, np.uint8)
    rows = []
    for x, y in centres_m:
        column, row = x / 0.5, (40 - y) / 0.5
        corners = [column - 2, row - 1, column + 2, row - 1, column + 2, row + 1, column - 2, row + 1]
        rows.append({"scene": "a", "cls": "vehicle", **dict(zip(CORNERS, corners, strict=True))})
    full = [{f.name: row.get(f.name) for f in DETECTIONS} | {"observer": "anna"} for row in rows]
    table = pa.Table.from_pylist(full, schema=pa.schema([f.with_nullable(True) for f in DETECTIONS]))
    look = Looked(
        observer="anna", searched=("vehicle",), detections=table, thresholds=None, provisional=frozenset(), evidence="e"
    )
    chip = Chip(meta=meta, pixels=pixels, unusable=np.zeros((80, 80), np.uint8))
    (found,) = observe(scene(), SITE, Plan(), (), chip, [look], gate=lambda zone, cls: None)
    assert isinstance(found, Count)
    return found


def test_boxes_within_two_residuals_of_the_edge_are_told_on_either_side() -> None:
    centres = [(20.0, 20.0), (10.5, 20.0), (9.5, 20.0), (11.5, 20.0), (5.0, 20.0)]
    found = count(Registration(method="phase correlation", residual_m=0.4), *centres)
    assert (found.count, found.near_edge, found.residual_m) == (3, 2, 0.4)
    assert count(Registration(method="reference", residual_m=4.0), *centres).near_edge == 0
    unknown = count(Registration(method="georeference"), *centres)
    assert (unknown.near_edge, unknown.residual_m) == (0, None)


def test_it_survives_the_table_and_cannot_be_negative() -> None:
    found = count(Registration(method="phase correlation", residual_m=0.4), (10.5, 20.0))
    assert observations_from_table(observations_to_table([found])) == (found,)
    with pytest.raises(ValueError, match="near_edge"):
        replace(found, near_edge=-1)
    with pytest.raises(ValueError, match="residual_m"):
        replace(found, residual_m=float("nan"))


def test_a_finding_is_told_how_many_boxes_and_how_large_the_residual() -> None:
    series = Series(site="s", zone="z", cls="vehicle")
    counts = [
        Count(series=series, when=instant(WHEN + timedelta(days=i)), count=4, residual_m=0.3 + i / 10, near_edge=i % 2)
        for i in range(6)
    ]
    notes = confounders(usable(series, counts))
    (note,) = [n for n in notes if "edge" in n]
    assert "3 boxes on 3 of 6 images" in note
    assert "0.8 m" in note
    assert not [n for n in confounders(usable(series, [replace(c, near_edge=0) for c in counts])) if "edge" in n]
