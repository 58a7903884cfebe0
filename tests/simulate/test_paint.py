"""Things are drawn at their size, place and heading, with the shadow that the sun throws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlook.simulate.paint import MODELS, Sunlight, draw_thing, lay_body, lay_shadow, paint

NOON = Sunlight(azimuth_deg=180.0, elevation_deg=45.0)


@settings(max_examples=60, deadline=None)
@given(
    model=st.sampled_from(sorted(MODELS)),
    gsd=st.floats(0.1, 1.0),
    heading=st.floats(0, 360),
    column=st.floats(40, 60),
    row=st.floats(40, 60),
)
def test_area_and_centre_whatever_the_scale(model: str, gsd: float, heading: float, column: float, row: float) -> None:
    thing = draw_thing(model, "vehicle", np.random.default_rng(1))
    stamp = paint(thing, column=column, row=row, gsd_m=gsd, sun=NOON, turn_deg=heading)
    area = stamp.opacity.sum() * gsd**2
    # Rounded corners, and the gap behind a cab, take up to a tenth.
    assert 0.86 * thing.length_m * thing.width_m < area < 1.08 * thing.length_m * thing.width_m + 0.3 * gsd
    rows, columns = np.indices(stamp.opacity.shape)
    weight = stamp.opacity / stamp.opacity.sum()
    centre = ((columns + 0.5) * weight).sum() + stamp.column, ((rows + 0.5) * weight).sum() + stamp.row
    tolerance = 0.15 + 0.04 * thing.length_m / gsd if "t" in model else 0.15
    assert centre == pytest.approx((column, row), abs=tolerance)


@pytest.mark.parametrize(("model", "length"), [("container-20ft", 6.06), ("container-40ft", 12.19)])
def test_containers_have_their_standard_size(model: str, length: float) -> None:
    box = draw_thing(model, "container", np.random.default_rng(2))
    assert (box.length_m, box.width_m) == (length, 2.44)
    stamp = paint(box, column=50, row=50, gsd_m=0.2, sun=NOON)
    assert stamp.opacity.sum() * 0.04 == pytest.approx(length * 2.44, rel=0.03)
    rows = np.flatnonzero(stamp.opacity.max(axis=1) > 0.5)
    columns = np.flatnonzero(stamp.opacity.max(axis=0) > 0.5)
    # Heading 0: the long axis runs north.
    assert rows.size * 0.2 == pytest.approx(length, abs=0.25)
    assert columns.size * 0.2 == pytest.approx(2.44, abs=0.25)


def test_the_shadow_falls_away_from_the_sun_as_far_as_it_should() -> None:
    box = draw_thing("container-20ft", "container", np.random.default_rng(3))
    for azimuth, direction in ((180.0, (0, -1)), (90.0, (-1, 0)), (225.0, (0.7071, -0.7071))):
        sun = Sunlight(azimuth_deg=azimuth, elevation_deg=30.0)
        stamp = paint(box, column=100, row=100, gsd_m=0.25, sun=sun)
        only = np.clip(stamp.shadow - stamp.opacity, 0, 1)
        rows, columns = np.nonzero(only > 0.5)
        offset = np.array([columns.mean() + stamp.column - 99.5, rows.mean() + stamp.row - 99.5])
        assert offset @ np.array(direction) > 0.7 * np.hypot(*offset)
        reach = np.hypot(*sun.shadow_m(box.height_m))
        assert reach == pytest.approx(2.59 / np.tan(np.radians(30)), rel=1e-9)
    # Straight north: the shadow's width across the sun is the box's, its area width times reach.
    stamp = paint(box, column=100, row=100, gsd_m=0.25, sun=Sunlight(azimuth_deg=180.0, elevation_deg=30.0))
    only = np.clip(stamp.shadow - stamp.opacity, 0, 1).sum() * 0.0625
    assert only == pytest.approx(2.44 * 2.59 / np.tan(np.radians(30)), rel=0.05)


def test_laying_changes_the_canvas_there_and_nowhere_else() -> None:
    canvas = np.full((80, 90, 4), 0.2, dtype=np.float32)
    light = np.ones((80, 90), dtype=np.float32)
    stamp = paint(draw_thing("car", "vehicle", np.random.default_rng(4)), column=45, row=40, gsd_m=0.5, sun=NOON)
    lay_shadow(light, stamp)
    assert light.min() < 0.1
    lay_body(canvas, light, stamp)
    changed = (np.abs(canvas - 0.2) > 1e-6).any(axis=2)
    h, w = stamp.opacity.shape
    inside = np.zeros_like(changed)
    inside[stamp.row : stamp.row + h, stamp.column : stamp.column + w] = True
    assert changed.any()
    assert not (changed & ~inside).any()
    assert light[40, 45] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("place", [(-3.0, -3.0), (1.0, 30.0), (59.9, 2.0), (500.0, 500.0), (-500.0, 20.0)])
def test_a_thing_over_the_edge_is_cut(place: tuple[float, float]) -> None:
    canvas = np.full((40, 60, 4), 0.2, dtype=np.float32)
    light = np.ones((40, 60), dtype=np.float32)
    thing = draw_thing("semitrailer", "vehicle", np.random.default_rng(5))
    stamp = paint(thing, column=place[0], row=place[1], gsd_m=0.5, sun=NOON)
    lay_shadow(light, stamp)
    lay_body(canvas, light, stamp)
    assert canvas.shape == (40, 60, 4)
    assert np.isfinite(canvas).all()


def test_corners_go_round_the_box() -> None:
    box = draw_thing("container-40ft", "container", np.random.default_rng(6))
    corners = box.corners(x=100.0, y=50.0)
    sides = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
    assert sorted(sides) == pytest.approx([2.44, 2.44, 12.19, 12.19])
    assert corners.mean(axis=0) == pytest.approx([100, 50])
    assert np.ptp(corners[:, 1]) == pytest.approx(12.19)


def test_no_such_model() -> None:
    with pytest.raises(ValueError, match="no model tank"):
        draw_thing("tank", "vehicle", np.random.default_rng(0))
