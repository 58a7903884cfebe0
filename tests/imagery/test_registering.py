"""What is moved, what is left and what is refused; affine maps where the residuals ask; the rule of the reference."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import shapely

from overlook.errors import InputError
from overlook.imagery.grid import Grid
from overlook.imagery.reference import rank_references
from overlook.imagery.registering import register
from overlook.imagery.registration import Shift, estimate_shift
from overlook.imagery.registration_images import contrast
from overlook.imagery.registration_masked import whole, within
from overlook.run.folder import CaseFolder
from overlook.run.references import reference_of
from overlook.store import Ledger
from overlook.terms import Chip, ChipMeta, Radar, Registration, Scene, Site, Zone, instant

WHEN = datetime(2021, 6, 1, tzinfo=UTC)


def scene(name: str = "a", *, days: float = 0.0, **changes: Any) -> Scene:
    values: dict[str, Any] = {
        "id": name,
        "path": f"{name}.tif",
        "digest": name,
        "when": instant(WHEN + timedelta(days=days)),
        "when_source": "declared",
        "gsd_m": 0.5,
        "crs": "local",
        "transform": (0.5, 0, 0, 0, -0.5, 150),
        "shape": (300, 300),
        "bands": ("grey",),
        "dtype": "uint8",
        "footprint": shapely.box(0, 0, 150, 150),
    }
    return Scene(**values | changes)


def laid(moving: Any, fixed: Any, *, largest_m: float = 15.0, ok: Any = None, **changes: Any) -> Registration:
    """The registration of one picture on another, both 0.5 m a pixel."""
    grid = Grid(crs="local", transform=(0.5, 0, 0, 0, -0.5, 150), shape=fixed.shape)
    meta = ChipMeta(
        scene="ref",
        site="s",
        crs="local",
        transform=grid.transform,
        shape=grid.shape,
        bands=("grey",),
        registration=Registration(method="reference"),
        usable_fraction=1.0,
    )
    still = np.clip(fixed, 0, 255).astype(np.uint8)[..., None]
    reference = Chip(meta=meta, pixels=still, unusable=np.zeros(fixed.shape, np.uint8))
    codes = np.zeros(fixed.shape, np.uint8) if ok is None else np.where(ok, 0, 3).astype(np.uint8)
    site = Site(
        id="s", name="S", crs="local", zones=(Zone(id="z", name="Z", kind="yard", geometry=shapely.box(0, 0, 9, 9)),)
    )
    pixels = np.clip(moving, 0, 255).astype(np.uint8)[..., None]
    return register(scene(**changes), site, grid, pixels, codes, reference, largest_m)


def warped(image: Any, matrix: Any) -> Any:
    return cv2.warpAffine(
        image, np.array(matrix, float), image.shape[::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )


def turned(image: Any, degrees: float) -> Any:
    rows, columns = image.shape
    return warped(image, cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), degrees, 1.0))


def test_masked_correlation_is_the_correlation_of_what_both_show(ground: Any) -> None:
    """Padfield's surface at a shift is Pearson's correlation of the pixels that both pictures show there."""
    rng = np.random.default_rng(0)
    a, b = ground(64, 64, 1), ground(64, 64, 2) + ground(64, 64, 1)
    a_ok, b_ok = rng.random((64, 64)) > 0.3, rng.random((64, 64)) > 0.3
    surface, both = whole(a[..., None], a_ok, b[..., None], b_ok, 5)
    for i, j in ((0, 0), (3, -4), (-5, 2)):
        still = (slice(max(0, i), 64 + min(0, i)), slice(max(0, j), 64 + min(0, j)))
        moved = (slice(max(0, -i), 64 + min(0, -i)), slice(max(0, -j), 64 + min(0, -j)))
        seen = a_ok[moved] & b_ok[still]
        expected = np.corrcoef(a[moved][seen], b[still][seen])[0, 1]
        assert surface[5 + i, 5 + j] == pytest.approx(expected, abs=2e-3)
        assert both[5 + i, 5 + j] == pytest.approx(seen.sum(), abs=0.5)
    window, _ = within(a[10:40, 10:40, None], a_ok[10:40, 10:40], b[6:44, 6:44, None], b_ok[6:44, 6:44])
    assert window[4, 4] == pytest.approx(
        np.corrcoef(*(p[10:40, 10:40][(a_ok & b_ok)[10:40, 10:40]] for p in (a, b)))[0, 1], abs=2e-3
    )


def test_what_is_hidden_does_not_enter_the_contrast(ground: Any) -> None:
    image = ground(80, 80)
    ok = np.ones((80, 80), bool)
    ok[20:50, 30:60] = False
    other = np.where(ok, image, 255).astype(np.float32)
    assert np.array_equal(contrast(image, ok), contrast(other, ok))
    assert (contrast(image, ok)[~ok] == 0).all()


@pytest.mark.parametrize(("degrees", "scale"), [(0.6, 1.0), (0.0, 1.008)])
def test_a_small_turn_or_stretch_is_an_affine_map_by_the_f_test(ground: Any, degrees: float, scale: float) -> None:
    fixed = ground(500, 500, 3)
    matrix = cv2.getRotationMatrix2D((249.5, 249.5), degrees, scale)
    matrix[:, 2] += [4.3, -2.6]
    moving = warped(fixed, matrix)
    whole_ = np.ones(fixed.shape, bool)
    found = estimate_shift(moving, whole_, fixed, whole_, reach_px=30)
    assert isinstance(found, Shift)
    assert found.p_value is not None
    assert found.p_value < 1e-3
    # Where it says each corner of the moving picture goes, against where it came from.
    linear = np.array(found.linear).reshape(2, 2)
    for corner in ((60.0, 60.0), (440.0, 60.0), (250.0, 440.0)):
        moved = matrix[:, :2] @ (np.array(corner) - 0.5) + matrix[:, 2] + 0.5
        back = 250 + linear @ (moved - 250) + [found.x_px, found.y_px]
        assert np.hypot(*(back - corner)) < 3 * found.residual_px


def test_a_shift_alone_is_no_affine_map(ground: Any) -> None:
    fixed = ground(400, 400, 4)
    rng = np.random.default_rng(4)
    whole_ = np.ones(fixed.shape, bool)
    for n in range(3):
        moving = warped(fixed, [[1, 0, 3.3 * n], [0, 1, -2.2]]) + rng.normal(0, 10, fixed.shape)
        found = estimate_shift(moving.astype(np.float32), whole_, fixed, whole_, reach_px=30)
        assert isinstance(found, Shift)
        assert found.linear == (1.0, 0.0, 0.0, 1.0)


def test_contrast_turned_round_is_registered_by_edges(ground: Any) -> None:
    fixed = ground(400, 400, 5)
    moving = 255 - warped(fixed, [[1, 0, 5.4], [0, 1, 3.7]])
    whole_ = np.ones(fixed.shape, bool)
    found = estimate_shift(moving, whole_, fixed, whole_, reach_px=30)
    assert isinstance(found, Shift)
    assert found.by == "edges"
    assert (found.x_px, found.y_px) == pytest.approx((-5.4, -3.7), abs=0.3)


@pytest.mark.parametrize("how", ["mirrored", "90", "12"])
def test_a_mirrored_or_turned_image_is_refused(ground: Any, how: str) -> None:
    fixed = ground(300, 300, 6)
    moving = {
        "mirrored": fixed[:, ::-1],
        "90": np.rot90(fixed),
        "12": turned(fixed, 12),
    }[how]
    found = laid(np.ascontiguousarray(moving), fixed)
    assert found.method == "refused"
    assert found.shift_m == (0.0, 0.0)
    assert ("mirrored" if how == "mirrored" else f"{how}°") in found.note


def test_one_window_all_changed_and_all_masked_leave_it_where_it_is_and_say_so(ground: Any) -> None:
    fixed = ground(300, 300, 7)
    ok = np.zeros(fixed.shape, bool)
    ok[100:150, 120:170] = True
    for moving, seen in ((fixed, ok), (ground(300, 300, 8), None), (fixed, np.zeros_like(ok))):
        found = laid(moving, fixed, ok=seen, geolocation_error_m=4.0)
        assert (found.method, found.shift_m, found.residual_m) == ("georeference", (0.0, 0.0), 4.0)
        assert "kept where its georeference puts it" in found.note


def test_a_picture_that_repeats_itself_is_not_shifted_by_a_period(ground: Any) -> None:
    stripe = ground(300, 24, 9)
    fixed = np.tile(stripe, (1, 13))[:, :300]
    moving = warped(fixed, [[1, 0, 12.0], [0, 1, 0]])
    whole_ = np.ones(fixed.shape, bool)
    assert isinstance(estimate_shift(moving, whole_, fixed, whole_, reach_px=60), str)


def test_rows_run_south_and_the_grid_runs_north(ground: Any) -> None:
    fixed = ground(400, 400, 10)
    found = laid(turned(warped(fixed, [[1, 0, 4], [0, 1, 6]]), 0.5), fixed)
    assert found.method == "phase correlation"
    assert found.shift_m == pytest.approx((-2.0, 3.0), abs=0.15)
    # The picture was turned to the left (east of north) by half a degree, and is turned back.
    assert found.linear[1] == pytest.approx(np.sin(np.radians(0.5)), abs=1e-3)
    assert found.linear[2] == pytest.approx(-np.sin(np.radians(0.5)), abs=1e-3)


# The reference


def test_the_reference_is_seen_from_above_and_near_the_middle_of_time() -> None:
    scenes = [
        scene("steep", days=50, off_nadir_deg=31.0),
        scene("early", days=0, off_nadir_deg=3.0),
        scene("middle", days=48, off_nadir_deg=8.0),
        scene("late", days=100, off_nadir_deg=1.0),
        scene("unsaid", days=50),
        scene("shot", days=50, kind="screenshot", off_nadir_deg=0.0),
        scene("radar", days=50, radar=Radar(scale=1.0), bands=("vv",)),
        replace(scene("undated"), when=None),
    ]
    assert [s.id for s in rank_references(scenes)] == ["middle", "early", "late", "unsaid", "steep"]
    assert rank_references([]) == ()


def test_it_is_chosen_once_ledgered_and_kept_until_it_will_not_do(tmp_path: Path) -> None:
    site = Site(id="s", name="S", crs="local")
    clear = {"a": 0.95, "b": 0.99, "c": 1.0, "d": 0.5}
    asked: list[str] = []

    def look(of: Scene) -> tuple[str, float]:
        asked.append(of.id)
        return f"chip {of.id}", clear[of.id]

    def chosen(*names: str, of: Site = site) -> tuple[str, str]:
        scenes = [scene(name, days=10 * "abcd".index(name)) for name in names]
        return reference_of(CaseFolder(tmp_path), ledger, of, scenes, look, now=WHEN)

    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert chosen("d") == ("", "")
        assert chosen("a", "d") == ("a", "chip a")
        # A clearer one comes: what was counted on the first stays where it was.
        assert chosen("a", "b", "c") == ("a", "chip a")
        assert chosen("b", "c") == ("b", "chip b")
        clear["b"] = 0.2
        assert chosen("a", "b", "c") == ("c", "chip c")
        assert [(e.body["scene"], e.body["before"]) for e in ledger.entries("reference")] == [
            ("a", ""),
            ("b", "a"),
            ("c", "b"),
        ]
        assert "95% of the site clear" in ledger.entries("reference")[0].body["why"]
        declared = replace(site, reference_scene="d")
        assert chosen("a", "d", of=declared) == ("d", "chip d")
        with pytest.raises(InputError) as caught:
            chosen("a", of=declared)
        assert caught.value.code == "E-INPUT-REFERENCE"
        assert len(ledger.entries("reference")) == 3
