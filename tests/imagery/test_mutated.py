"""Mutated images: registering and reading them gives a scene and a chip, or one InputError."""

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from overlook.collect import Registering, register
from overlook.errors import InputError
from overlook.imagery import make_chip
from overlook.terms import Site, Zone, instant
from shared import SHARED, needs

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SAID = Registering(when=instant(datetime(2018, 1, 1, tzinfo=UTC)), crs="local", gsd_m=None)
PLACE = Site(
    id="s",
    name="S",
    crs="local",
    grid_gsd_m=0.5,
    zones=(Zone(id="z", name="Z", kind="yard", geometry=shapely.box(0, 0, 30, 30)),),
)
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=12)


@pytest.fixture
def originals(scene: Any, tmp_path: Path) -> dict[str, bytes]:
    pixels = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    found = {}
    for name, options in {
        "deflate": {"compress": "deflate", "tiled": True, "blockxsize": 16, "blockysize": 16},
        "strips": {},
        "lzw": {"compress": "lzw", "interleave": "band"},
        "big": {"bigtiff": "yes", "compress": "packbits"},
    }.items():
        scene(pixels, (0.5, 0, 0, 0, -0.5, 32), name=name, **options)
        found[f"{name}.tif"] = (tmp_path / f"{name}.tif").read_bytes()
    for suffix in (".png", ".jpg"):
        found[f"image{suffix}"] = cv2.imencode(suffix, pixels)[1].tobytes()
    return found


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 5), changes=CHANGES, keep=st.sampled_from([1.0, 1.0, 1.0, 0.9, 0.5]), head=st.booleans())
def test_a_mutated_image_never_raises_anything_but_an_input_error(
    originals: dict[str, bytes],
    tmp_path: Path,
    which: int,
    changes: list[tuple[float, int]],
    keep: float,
    head: bool,
) -> None:
    name, original = sorted(originals.items())[which]
    data = bytearray(original)
    reach = min(400, len(data) - 1) if head else len(data) - 1
    for at, value in changes:
        data[int(at * reach)] = value
    path = tmp_path / name
    path.write_bytes(data[: max(1, int(len(data) * keep))])
    if not name.endswith(".tif"):
        path.with_suffix(".wld").write_text("0.5\n0\n0\n-0.5\n0.25\n31.75\n")
    folder = tmp_path / "imagery"
    for old in folder.glob("*"):
        old.unlink()
    with contextlib.suppress(InputError):
        made = register(path, folder, SAID, now=NOW)
        chip = make_chip(made, folder, PLACE, None)
        assert chip.pixels.shape[:2] == (140, 140)


@needs("stac", "planet-disaster")
def test_real_planet_pixels_are_shown_in_their_colours(tmp_path: Path) -> None:
    """The four-band product and the visual one of the same second show the same ground in the same order."""
    folder = SHARED / "stac" / "planet-disaster"
    paths = {p.name: p for p in folder.rglob("20170831_172754_101c_3*.tif")}
    analytic = register(paths["20170831_172754_101c_3B_AnalyticMS.tif"], tmp_path, Registering(), now=NOW)
    visual = register(paths["20170831_172754_101c_3b_Visual.tif"], tmp_path, Registering(), now=NOW)
    area = analytic.footprint.intersection(visual.footprint).buffer(-0.02)
    place = Site(
        id="s",
        name="S",
        crs="EPSG:32615",
        grid_gsd_m=100.0,
        zones=(Zone(id="z", name="Z", kind="other", geometry=area),),
    )
    one, two = make_chip(analytic, tmp_path, place, None), make_chip(visual, tmp_path, place, None)
    assert one.meta.bands == ("red", "green", "blue", "nir")
    assert len(one.meta.stretch) == 4
    seen = (one.unusable == 0) & (two.unusable == 0)
    assert 0.2 < seen.mean() < 1
    first, second = (chip.pixels[seen][:, :3].astype(float) for chip in (one, two))
    first, second = ((p - p.mean(axis=0)) / p.std(axis=0) for p in (first, second))
    # Bands alone all look alike; their differences would change sign if two of them were exchanged.
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert np.corrcoef(first[:, i] - first[:, j], second[:, i] - second[:, j])[0, 1] > 0.7


@needs("landsat8-newyork")
def test_real_landsat_pixels_are_read_at_their_own_grid(tmp_path: Path) -> None:
    import rasterio

    path = next(SHARED.joinpath("landsat8-newyork").rglob("*20180405*_B4.TIF"))
    made = register(path, tmp_path, Registering(), now=NOW)
    area = made.footprint.buffer(-0.2)
    place = Site(
        id="s",
        name="S",
        crs="EPSG:32618",
        grid_gsd_m=1000.0,
        zones=(Zone(id="z", name="Z", kind="other", geometry=area),),
    )
    chip = make_chip(made, tmp_path, place, None)
    ((low, high),) = chip.meta.stretch
    with rasterio.open(path) as file:
        values = file.read(1)
        column, row = ~file.transform @ (chip.meta.transform[2] + 50_500, chip.meta.transform[5] - 50_500)
    near = values[int(row) - 1 : int(row) + 2, int(column) - 1 : int(column) + 2]
    shown = chip.pixels[50, 50, 0] / 255 * (high - low) + low
    assert near.min() - 1 <= shown <= near.max() + 1 or shown in (pytest.approx(low), pytest.approx(high))
