"""Both gates: one observation a zone and class, a reason wherever nothing was seen, and a zero only where it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from overlook.activity import Looked, observe
from overlook.detect import Rates
from overlook.detect.rates import Alarms, Share
from overlook.imagery import site_grid
from overlook.terms import (
    CLOUD,
    CORNERS,
    DETECTIONS,
    LOCAL,
    MASKED,
    OFF_IMAGE,
    Chip,
    ChipMeta,
    Count,
    NotObserved,
    Observation,
    Observer,
    Plan,
    Registration,
    Scene,
    Site,
    Zone,
    instant,
)

WHEN = instant(datetime(2018, 6, 1, 2, tzinfo=UTC))
# Two zones side by side, 50 m x 40 m (0.2 ha) each, and a 100 m x 20 m ring-shaped one above with a hole.
YARD = Zone(id="yard", name="Yard", kind="yard", geometry=shapely.box(0, 0, 50, 40))
PAD = Zone(id="pad", name="Pad", kind="pad", geometry=shapely.box(50, 0, 100, 40))
RING = Zone(
    id="ring",
    name="Ring",
    kind="road",
    geometry=shapely.box(0, 50, 100, 70).difference(shapely.box(20, 55, 80, 65)),
)
SITE = Site(id="s", name="Site", crs=LOCAL, zones=(YARD, PAD), grid_gsd_m=1.0, margin_m=0.0)
RINGED = replace(SITE, zones=(YARD, PAD, RING))
PLAN = Plan(classes=("vehicle", "container"), min_visible_fraction=0.3)
ANNA = Observer(id="anna", detection_probability=0.9, detection_probability_sd=0.03, false_alarms_per_ha=0.5)
SCENE = Scene(
    id="a",
    path="a.tif",
    digest="5ce11e",
    when=WHEN,
    when_source="declared",
    gsd_m=0.5,
    crs=LOCAL,
    transform=(0.5, 0, 0, 0, -0.5, 40),
    shape=(80, 200),
    bands=("grey",),
    dtype="uint8",
    footprint=shapely.box(0, 0, 100, 40),
    sensor="Eye-1",
    why_acquired="tasked",
)

AT_04, AT_05 = ({"vehicle": score, "container": score} for score in (0.4, 0.5))


def chip(site: Site = SITE, unusable: Any = 0, method: str = "georeference", note: str = "") -> Chip:
    grid = site_grid(site)
    codes = np.zeros(grid.shape, dtype=np.uint8)
    codes[...] = unusable
    meta = ChipMeta(
        scene="a",
        site="s",
        crs=grid.crs,
        transform=grid.transform,
        shape=grid.shape,
        bands=("grey",),
        registration=Registration(method=method, note=note),  # type: ignore[arg-type]
        usable_fraction=float((codes == 0).mean()),
    )
    return Chip(meta=meta, pixels=np.zeros((*grid.shape, 1), dtype=np.uint8), unusable=codes)


def boxes(*centres: tuple[float, float], cls: str = "vehicle", score: float | None = None, of: str = "a") -> pa.Table:
    """2 m squares round centres in chip pixels (x right, y down; the chip's top is y = 40 m)."""
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    rows = [
        {"scene": of, "observer": "anna", "cls": cls, "score": score, "probability": None, "edge": x < 1}
        | dict(zip(CORNERS, [v for dx, dy in corners for v in (x + dx, y + dy)], strict=True))
        for x, y in centres
    ]
    return pa.Table.from_pylist(rows, schema=DETECTIONS)


def looked(table: pa.Table | None = None, **more: Any) -> Looked:
    values = {
        "observer": "anna",
        "searched": ("vehicle", "container"),
        "detections": boxes() if table is None else table,
        "thresholds": None,
        "provisional": frozenset(),
        "evidence": "b0e5",
    }
    return Looked(**(values | more))


def seen(
    of: Chip | None,
    *looks: Looked,
    scene: Scene = SCENE,
    site: Site = SITE,
    plan: Plan = PLAN,
    observers: Sequence[Observer] = (ANNA,),
    gate: Any = lambda zone, cls: None,
) -> dict[tuple[str, str], Observation]:
    found = observe(scene, site, plan, tuple(observers), of, looks, gate=gate)
    table = {(o.series.zone, o.series.cls): o for o in found}
    assert len(table) == len(found) == len(site.zones) * len(plan.classes)
    return table


def test_boxes_count_by_their_centre_in_the_zone_and_class():
    # The second lies across the border with its centre in the pad; the last is cut by the image's edge.
    table = pa.concat_tables([boxes((10, 10), (50.5, 10), (0.5, 20)), boxes((70, 5), cls="container")])
    found = seen(chip(), looked(table))
    assert {key: o.count for key, o in found.items()} == {  # type: ignore[union-attr]
        ("yard", "vehicle"): 2,
        ("pad", "vehicle"): 1,
        ("yard", "container"): 0,
        ("pad", "container"): 1,
    }


def test_a_count_carries_everything_its_model_needs():
    found = seen(chip(), looked(boxes((10, 10))))["yard", "vehicle"]
    assert found == Count(
        series=found.series,
        when=WHEN,
        scene="a",
        count=1,
        visible_fraction=1.0,
        detection_probability=0.9,
        detection_probability_sd=0.03,
        false_alarms=0.1,  # 0.5 a hectare, 50 m x 40 m
        sensor="Eye-1",
        observer="anna",
        why_acquired="tasked",
        gsd_m=0.5,
        evidence=("5ce11e", "b0e5"),
    )


def test_false_alarms_are_of_the_whole_zone_although_part_is_hidden():
    hidden = np.zeros((40, 100), dtype=np.uint8)
    hidden[:, :25] = CLOUD
    found = seen(chip(unusable=hidden), looked(boxes((10, 10), (40, 10))))["yard", "vehicle"]
    assert isinstance(found, Count)
    assert found.visible_fraction == pytest.approx(0.5)
    assert found.false_alarms == pytest.approx(0.1)
    # A box under the cloud was not seen.
    assert found.count == 1


def test_a_hole_in_a_zone_is_outside_and_its_area_is_not_counted():
    grid = site_grid(RINGED)
    assert grid.shape == (70, 100)
    found = seen(chip(RINGED), looked(boxes((50, 10), (10, 10), (50, 2))), site=RINGED)["ring", "vehicle"]
    assert isinstance(found, Count)
    assert found.count == 2
    assert found.false_alarms == pytest.approx(0.5 * (100 * 20 - 60 * 10) / 10_000)


@pytest.mark.parametrize(("code", "reason"), [(CLOUD, "cloud"), (MASKED, "masked"), (OFF_IMAGE, "off the image")])
def test_too_little_visible_is_not_observed_for_its_main_reason(code: int, reason: str):
    hidden = np.zeros((40, 100), dtype=np.uint8)
    hidden[:, :40] = code
    found = seen(chip(unusable=hidden), looked(boxes((45, 10))))
    yard, pad = found["yard", "vehicle"], found["pad", "vehicle"]
    assert isinstance(yard, NotObserved)
    assert (yard.reason, yard.visible_fraction) == (reason, pytest.approx(0.2))
    assert yard.evidence == ("5ce11e",)
    assert isinstance(pad, Count)


def test_the_least_visible_fraction_is_the_plans():
    hidden = np.zeros((40, 100), dtype=np.uint8)
    hidden[:, :40] = CLOUD
    lenient = replace(PLAN, min_visible_fraction=0.2)
    found = seen(chip(unusable=hidden), looked(), plan=lenient)["yard", "vehicle"]
    assert isinstance(found, Count)


def test_an_unsearched_class_is_never_zero():
    found = seen(chip(), looked(boxes((10, 10), cls="container"), searched=("vehicle",)))
    assert isinstance(found["yard", "vehicle"], Count)
    container = found["yard", "container"]
    assert isinstance(container, NotObserved)
    assert (container.reason, container.visible_fraction) == ("not searched", 1.0)
    assert all(o.reason == "not searched" for o in seen(chip()).values())  # type: ignore[union-attr]


def test_the_metadata_gate_speaks_first():
    def gate(zone: Zone, cls: str) -> NotObserved | None:
        series = next(o.series for o in seen(None).values() if (o.series.zone, o.series.cls) == (zone.id, cls))
        coarse = NotObserved(series=series, when=WHEN, scene="a", reason="too coarse")
        return coarse if cls == "container" or zone.id == "pad" else None

    found = seen(chip(method="refused", note="windows disagree"), looked(), gate=gate)
    assert {key: o.reason for key, o in found.items()} == {  # type: ignore[union-attr]
        ("yard", "vehicle"): "registration refused",
        ("yard", "container"): "too coarse",
        ("pad", "vehicle"): "too coarse",
        ("pad", "container"): "too coarse",
    }
    assert found["yard", "vehicle"].detail == "windows disagree"  # type: ignore[union-attr]


def test_an_unreadable_image_is_not_observed_everywhere():
    assert {o.reason for o in seen(None, looked()).values()} == {"unreadable"}  # type: ignore[union-attr]


def test_an_undated_image_is_never_counted():
    found = seen(chip(), looked(), scene=replace(SCENE, when=None, when_source="unknown"))
    assert {o.reason for o in found.values()} == {"undated"}  # type: ignore[union-attr]


def test_an_undeclared_observer_is_unknown_and_not_perfect():
    found = seen(chip(), looked(), observers=())["yard", "vehicle"]
    assert isinstance(found, Count)
    assert (found.detection_probability, found.false_alarms) == (None, 0.0)


def test_a_model_counts_at_or_above_its_threshold_and_stays_provisional():
    table = pa.concat_tables([boxes((10, 10), score=0.4), boxes((20, 10), score=0.39), boxes((30, 10), score=0.9)])
    found = seen(chip(), looked(table, observer="m1", thresholds=AT_04, provisional=frozenset({"vehicle"})))[
        "yard", "vehicle"
    ]
    assert isinstance(found, Count)
    assert (found.count, found.threshold, found.provisional) == (2, 0.4, True)
    unscored = seen(chip(), looked(boxes((10, 10)), thresholds=AT_04))["yard", "vehicle"]
    assert isinstance(unscored, Count)
    assert unscored.count == 0


def test_one_observer_speaks():
    one = boxes((10, 10))
    looks = {
        "person declared": looked(one, observer="zoe"),
        "person": looked(one, observer="ben"),
        "reviewed model": looked(one, observer="a-model", thresholds=AT_05),
        "provisional model": looked(one, observer="a-draft", thresholds=AT_05, provisional=frozenset({"vehicle"})),
    }
    order = list(looks.values())
    declared = (replace(ANNA, id="zoe"), replace(ANNA, id="a-model"))
    for i, first in enumerate(order):
        found = seen(chip(), *reversed(order[i:]), observers=declared)["yard", "vehicle"]
        assert isinstance(found, Count)
        assert found.observer == first.observer
    # Who did not search the class cannot speak of it.
    silent = replace(looks["person declared"], searched=("container",))
    found = seen(chip(), silent, looks["reviewed model"], observers=declared)["yard", "vehicle"]
    assert isinstance(found, Count)
    assert found.observer == "a-model"


def test_boxes_of_another_scene_or_off_the_chip_do_not_count():
    table = pa.concat_tables([boxes((10, 10), of="b"), boxes((-5, 10), (10, 400), (float("nan"), 3))])
    found = seen(chip(), looked(table))["yard", "vehicle"]
    assert isinstance(found, Count)
    assert found.count == 0


def test_a_chip_of_another_scene_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="cannot observe scene b"):
        seen(chip(), scene=replace(SCENE, id="b"))


def test_a_site_without_zones_has_nothing_to_observe():
    assert observe(SCENE, replace(SITE, zones=()), PLAN, (), None, (), gate=lambda zone, cls: None) == ()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-5, 105), st.floats(-5, 45)), max_size=12),
    st.lists(st.sampled_from([0, 1, 2, 3, 4]), min_size=20, max_size=20),
    st.sets(st.sampled_from(["vehicle", "container"])),
)
def test_never_more_than_was_drawn_and_never_a_zero_that_was_not_seen(
    centres: list[tuple[float, float]], columns: list[int], searched: set[str]
):
    hidden = np.repeat(np.array(columns, dtype=np.uint8), 5)[None, :].repeat(40, axis=0)
    found = seen(chip(unusable=hidden), looked(boxes(*centres), searched=tuple(sorted(searched))))
    counts = [o for o in found.values() if isinstance(o, Count)]
    assert sum(o.count for o in counts) <= len(centres)
    for o in counts:
        assert o.series.cls in searched
        assert o.visible_fraction >= PLAN.min_visible_fraction
        first = 0 if o.series.zone == "yard" else 10
        assert o.visible_fraction == pytest.approx(columns[first : first + 10].count(0) / 10)


def test_a_model_not_reviewed_for_a_class_is_provisional_for_it_alone():
    look = looked(boxes((10, 10)), observer="m1", thresholds=AT_04, provisional=frozenset({"container"}))
    found = seen(chip(), look)
    assert isinstance(found["yard", "vehicle"], Count)
    assert not found["yard", "vehicle"].provisional


def test_a_model_brings_its_own_errors_and_a_declaration_goes_before_them():
    known = Rates(found=Share(alpha=18, beta=2), alarms=Alarms(shape=4, area_ha=2), basis="tiles")
    asked = []

    def rates(cls, at):
        asked.append((cls, at))
        return known if cls == "vehicle" else None

    look = looked(boxes((10, 10), score=0.9), observer="m1", thresholds=AT_04, rates=rates)
    found = seen(chip(), look)["yard", "vehicle"]
    assert isinstance(found, Count)
    assert found.detection_probability == known.found.mean
    assert found.detection_probability_sd == known.found.sd
    assert found.false_alarms > 0
    assert found.false_alarms_sd / found.false_alarms == pytest.approx(0.5)
    assert all(at.gsd_m > 0 for _, at in asked)
    declared = seen(chip(), look, observers=(replace(ANNA, id="m1"),))["yard", "vehicle"]
    assert isinstance(declared, Count)
    assert declared.detection_probability == ANNA.detection_probability
