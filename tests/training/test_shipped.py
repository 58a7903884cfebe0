"""The model that ships: its card opens and is its own, and it finds what is there."""

import hashlib
import json
from functools import cache

import numpy as np
import onnxruntime
import pytest
from training.finding import Finder
from training.labels import CLASSES, ORIENTED, Tile, boxes_of
from training.measures import average_precision, f1, tallies
from training.places import TEST, tiles

from overlook.detect.card import read_card, shipped_card
from overlook.simulate.paint import SKYLIGHT, Sunlight, draw_thing, lay_body, lay_shadow, paint
from shared import needs


@cache
def finder() -> Finder:
    return Finder(shipped_card(), threads=1)


def test_the_card_opens_and_names_the_very_model() -> None:
    card, plain = read_card(shipped_card()), json.loads(shipped_card().read_text())
    assert hashlib.sha256(card.weights.read_bytes()).hexdigest() == plain["overlook:model_sha256"]
    assert card.weights.stat().st_size <= 10e6
    assert card.classes == CLASSES
    assert card.gsd_range_m == (0.1, 0.6)
    assert card.measured is not None
    assert {name for name, _ in card.calibration} == {"vehicle"}
    assert [cls for cls, _ in card.rests_on] == list(CLASSES)
    assert any("CC-BY 3.0" in m.licence for m in card.training)
    assert any("Land Board" in m.attribution for m in card.training)


def test_the_card_measured_no_container() -> None:
    card = read_card(shipped_card())
    assert card.measured is not None
    assert {row.cls for row in card.measured.rows} == {"vehicle", "large_vehicle"}


def test_a_score_depends_on_nothing_beyond_the_cards_margin() -> None:
    card = read_card(shipped_card())
    session = onnxruntime.InferenceSession(str(card.weights), providers=["CPUExecutionProvider"])
    image = np.random.default_rng(4).uniform(0, 255, (1, 3, 480, 480)).astype(np.float32)
    at, size, cells = 4 * card.multiple_px, 352, card.margin_px // card.stride_px
    whole = session.run(["heat"], {"image": image})[0][:, :, at // 4 : (at + size) // 4, at // 4 : (at + size) // 4]
    part = session.run(["heat"], {"image": np.ascontiguousarray(image[:, :, at : at + size, at : at + size])})[0]
    inner = (slice(None), slice(None), slice(cells, -cells), slice(cells, -cells))
    assert part[inner].size >= 3 * 32 * 32
    assert np.abs(part[inner] - whole[inner]).max() < 1e-5
    assert np.abs(part - whole).max() > 1e-3  # and it does depend on what lies within


def yard(seed: int, gsd_m: float = 0.25) -> Tile:
    """Ten cars and four trucks, apart, on speckled asphalt, drawn by the simulator's painter."""
    rng = np.random.default_rng(seed)
    n = round(80 / gsd_m)
    canvas = np.clip(0.13 + rng.normal(0, 0.006, (n, n, 1)), 0, 1).astype(np.float32) * np.ones(4, np.float32)
    light, sun, rows, stamps = np.ones((n, n), np.float32), Sunlight(azimuth_deg=150, elevation_deg=40), [], []
    for i in range(14):
        model, cls = ("car", 0) if i < 10 else ("truck", 1)
        thing = draw_thing(model, CLASSES[cls], rng)
        x, y = (12 + 18 * (i % 4)) / gsd_m, (12 + 18 * (i // 4)) / gsd_m
        stamps.append(paint(thing, column=x, row=y, gsd_m=gsd_m, sun=sun, turn_deg=30.0 * i))
        angle = np.radians(30.0 * i - 90)
        rows.append((cls, x, y, thing.length_m / gsd_m, thing.width_m / gsd_m, angle, ORIENTED, False))
    for stamp in stamps:
        lay_shadow(light, stamp)
    canvas *= light[:, :, None] + (1 - light[:, :, None]) * np.array(SKYLIGHT, np.float32)
    for stamp in stamps:
        lay_body(canvas, light, stamp)
    pixels = np.rint(255 * np.clip(canvas[:, :, :3] * 1.5, 0, 1) ** (1 / 2.0)).astype(np.uint8)
    return Tile(name=f"yard-{seed}", area="paint", gsd_m=gsd_m, pixels=pixels, boxes=boxes_of(rows))


def test_finds_the_vehicles_of_a_painted_yard() -> None:
    card = read_card(shipped_card())
    parts = [finder().find(yard(seed)) for seed in range(3)]
    cars = tallies(parts, [0], card.threshold_of("vehicle")).sum(axis=0)
    trucks = tallies(parts, [1], card.threshold_of("large_vehicle")).sum(axis=0)
    assert cars[0] >= 24  # of 30
    assert cars[1] <= 4
    assert trucks[0] >= 8  # of 12


def test_finds_nothing_where_there_is_nothing() -> None:
    card = read_card(shipped_card())
    for level in (0, 90, 255):
        bare = Tile(
            name="bare",
            area="paint",
            gsd_m=0.25,
            pixels=np.full((320, 320, 3), level, np.uint8),
            boxes=boxes_of([]),
        )
        assert not len(finder().find(bare).counted(card.thresholds).scores)


def test_headings_are_those_of_the_painted_cars() -> None:
    part = finder().find(yard(0))
    off = []
    for (x, y), angle, cls in zip(part.truth.centre, part.truth.angle, part.truth.cls, strict=True):
        near = np.linalg.norm(part.centres() - [x, y], axis=1)
        if cls == 0 and len(near) and near.min() < 1:
            side = part.corners[near.argmin(), 1] - part.corners[near.argmin(), 0]
            turn = np.degrees(np.arctan2(side[1], side[0]) - angle)
            off.append(abs((turn + 90) % 180 - 90))
    assert len(off) >= 8
    assert np.median(off) < 8


@needs("vehicles-estonia")
@pytest.mark.parametrize(("name", "floor"), [("0_02_05b", 0.75), ("2_04_05", 0.7)])
def test_finds_cars_on_tiles_it_was_not_trained_on(name: str, floor: float) -> None:
    tile = _held_out()[name]
    assert tile.area in TEST
    part = finder().find(tile, 0.3)
    assert average_precision([part], [0]) >= floor
    assert f1(tallies([part], [0], read_card(shipped_card()).threshold_of("vehicle"))) >= floor


@cache
def _held_out() -> dict[str, Tile]:
    return tiles()
