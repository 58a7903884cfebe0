"""The reader's skill, measured against the truth, is what was declared. Bounds are four standard errors."""

from dataclasses import replace

import numpy as np
import pytest

from overlook.simulate import Reader, SiteSpec
from overlook.simulate.camera import IN_VIEW, UNDER_CLOUD, UNDER_ROOF, centres
from overlook.simulate.layout import Standing, stand
from overlook.simulate.process import simulate_history
from overlook.simulate.reader import DrawnBox, in_view, read_image
from overlook.simulate.terrain import Plane
from simulate.sites import flow, site

PLANE = Plane(0.0, 160.0, 0.5, (320, 320))


def hidden() -> np.ndarray:
    """A third under a roof, a third under cloud, in stripes of 10 m, the rest in view."""
    stripes = (np.arange(320) // 20) % 3
    return np.broadcast_to(stripes.astype(np.uint8), (320, 320)).copy()


def read(spec: SiteSpec, mask: np.ndarray) -> list[tuple[tuple[Standing, ...], tuple[DrawnBox, ...]]]:
    rng = np.random.default_rng(9)
    return [
        (things, read_image(spec, mask, PLANE, things, rng)) for things in stand(spec, simulate_history(spec, 3), 3)
    ]


def test_recall_is_the_declared_probability() -> None:
    spec = site(flow(rate=60), images=150, reader=Reader(detection_probability=0.8, false_alarms_per_ha=0.0))
    mask = hidden()
    seen = found = 0
    for things, boxes in read(spec, mask):
        visible = set(np.flatnonzero(in_view(mask, centres(PLANE, things))).tolist())
        hits = [box.thing for box in boxes]
        assert set(hits) <= visible
        assert len(hits) == len(set(hits))
        seen, found = seen + len(visible), found + len(hits)
    assert seen > 2500
    assert found / seen == pytest.approx(0.8, abs=4 * np.sqrt(0.8 * 0.2 / seen))


def test_false_boxes_come_at_the_declared_rate_and_evenly() -> None:
    spec = site(flow(rate=0.001), images=200, reader=Reader(detection_probability=1.0, false_alarms_per_ha=5.0))
    mask = hidden()
    hectares = (mask == IN_VIEW).sum() * 0.25 / 1e4
    false = [box for _, boxes in read(spec, mask) for box in boxes if box.thing is None]
    expected = 5.0 * hectares * 200
    assert len(false) == pytest.approx(expected, abs=4 * np.sqrt(expected))
    middles = np.array([box.corners.mean(axis=0) for box in false])
    assert (middles[:, 1] < 160).mean() == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / len(false)))


@pytest.mark.parametrize("code", [UNDER_CLOUD, UNDER_ROOF])
def test_nothing_out_of_view_is_ever_boxed(code: int) -> None:
    keen = Reader(detection_probability=1.0, false_alarms_per_ha=20.0, centre_jitter_m=2.0)
    spec = site(flow(rate=80), images=40, reader=keen)
    mask = hidden()
    boxes = [box for _, drawn in read(spec, mask) for box in drawn]
    middles = np.array([box.corners.mean(axis=0) for box in boxes])
    assert len(boxes) > 500
    assert in_view(mask, middles).all()
    everything = np.full_like(mask, code)
    assert not any(drawn for _, drawn in read(spec, everything))


def test_a_perfect_reader_draws_every_thing_at_its_size_and_place() -> None:
    perfect = Reader(detection_probability=1.0, false_alarms_per_ha=0.0, centre_jitter_m=0.0, size_jitter=0.0)
    spec = site(flow(rate=30), images=5, reader=perfect)
    for things, boxes in read(spec, np.zeros((320, 320), dtype=np.uint8)):
        assert sorted(box.thing for box in boxes if box.thing is not None) == list(range(len(things)))
        for box in boxes:
            assert box.thing is not None
            thing = things[box.thing].thing
            assert box.corners.mean(axis=0) == pytest.approx(centres(PLANE, (things[box.thing],))[0])
            sides = np.hypot(*(np.roll(box.corners, -1, axis=0) - box.corners).T) * 0.5
            assert sorted(sides)[::2] == pytest.approx([thing.width_m, thing.length_m])


def test_jitter_moves_boxes_by_as_much_as_declared() -> None:
    spec = site(flow(rate=60), images=60, reader=Reader(detection_probability=1.0, false_alarms_per_ha=0.0))
    moves = [
        (box.corners.mean(axis=0) - centres(PLANE, (things[box.thing],))[0]) * 0.5
        for things, boxes in read(spec, np.zeros((320, 320), dtype=np.uint8))
        for box in boxes
        if box.thing is not None
    ]
    assert np.std(moves) == pytest.approx(0.25, rel=4 / np.sqrt(4 * len(moves)))


def test_the_order_of_boxes_does_not_tell_false_from_true() -> None:
    spec = site(flow(rate=20), images=60, reader=Reader(false_alarms_per_ha=10.0))
    last = [boxes[-1].thing is None for _, boxes in read(spec, np.zeros((320, 320), dtype=np.uint8)) if boxes]
    assert 0.2 < np.mean(last) < 0.9


def test_things_never_overlap_and_stayers_keep_their_place() -> None:
    spec = site(flow(rate=60, dwell_hours=24 * 10), images=80)
    history = simulate_history(spec, 5)
    images = stand(spec, history, 5)
    assert [len(things) for things in images] == history.counts[0, 0].tolist()
    for before, after, stayed in zip(images, images[1:], history.stayed[0, 0, 1:], strict=False):
        assert len(set(before) & set(after)) == stayed
    for things in images[:10]:
        spots = np.array([[s.thing.x, s.thing.y] for s in things])
        gaps = np.abs(spots[:, None] - spots[None]) + 100 * np.eye(len(spots))[:, :, None]
        assert ((gaps[..., 0] > 1.9) | (gaps[..., 1] > 4.8)).all()


@pytest.mark.parametrize(
    "wrong", [{"detection_probability": 0.0}, {"detection_probability": 1.2}, {"false_alarms_per_ha": -1}]
)
def test_a_reader_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="detection_probability"):
        replace(Reader(), **wrong)
