"""A small case that is quick to assess, and hands to break it with."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from overlook import run
from overlook.errors import OverlookError

#: Lower left corner of the zone `yard` in UTM 32 N.
X0, Y0 = 500_000.0, 5_538_630.0
CASE = """overlook: 1
id: c
title: C
sites:
  - id: alpha
    name: Alpha
    crs: EPSG:32632
    grid_gsd_m: 1
    margin_m: 5
    zones:
      - {id: yard, name: Yard, kind: yard, geometry: 'POLYGON((9 50,9.0006 50,9.0006 50.0004,9 50.0004,9 50))'}
sources:
  - {id: src, kind: document, name: Source}
claims:
  - {id: c1, quote: "it was busy", chain: [src], predictions: [
      {id: p, relation: active, site: alpha, zone: yard, class: vehicle, window: {from: 2020-06-01, to: 2020-08-01}}]}
plan: {margin: 1.5, before: 120d, after: 100d, classes: [vehicle]}
"""
NAMES = ("a_20200610T101522Z", "b_20200620T101522Z")
BOX = [[[60, 100], [68, 100], [68, 104], [60, 104], [60, 100]]]


def tiff(path: Path, data: Any = None, *, seed: int = 0, **options: Any) -> Path:
    """A GeoTIFF over the yard, 100 x 80 m at 0.5 m."""
    if data is None:
        data = np.random.default_rng(seed).integers(1, 250, (1, 160, 200)).astype(np.uint8)
    options = {"crs": "EPSG:32632", "transform": Affine(0.5, 0, X0 - 20, 0, -0.5, Y0 + 60)} | options
    options |= {"driver": "GTiff", "dtype": data.dtype, "count": len(data)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(path, "w", height=data.shape[1], width=data.shape[2], **options) as file:
            file.write(data)
    return path


def boxes(path: Path) -> Path:
    feature = {
        "type": "Feature",
        "properties": {"class": "vehicle"},
        "geometry": {"type": "Polygon", "coordinates": BOX},
    }
    plain = {"type": "FeatureCollection", "coordinates": "pixels", "searched": ["vehicle"], "features": [feature]}
    path.write_text(json.dumps(plain))
    return path


def new_case(root: Path, yaml: str = CASE) -> Path:
    run.init(root)
    (root / "case.yaml").write_text(yaml, encoding="utf-8")
    return root


def tree(root: Path) -> dict[str, bytes]:
    """Every file of hers and of the store: what no failure may lose or alter."""
    kept = (p for p in root.rglob("*") if p.is_file() and p.parent.name != "tmp" and "ledger" not in p.name)
    return {str(p.relative_to(root)): p.read_bytes() for p in kept}


def one_line(error: OverlookError) -> str:
    """The line that the command line would print; it must be one, short, and carry a code."""
    text = str(error)
    assert "\n" not in text
    assert text.isprintable()
    assert len(text) < 1500
    assert text.endswith(f"[{error.code}]")
    return text


Outcome = tuple[OverlookError | None, Any]


def attempt(act: Callable[[], Any]) -> Outcome:
    """(error, None) or (None, result); anything but an OverlookError goes through and fails the test."""
    try:
        return None, act()
    except OverlookError as error:
        one_line(error)
        return error, None


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assessed case of two images with boxes and a file of counts. Copy it; never touch it."""
    folder = tmp_path_factory.mktemp("whole")
    root = new_case(folder / "case")
    files = [tiff(folder / f"{name}.tif", seed=n) for n, name in enumerate(NAMES)]
    files += [boxes(folder / f"{name}.anna.boxes.geojson") for name in NAMES]
    counts = folder / "counts.csv"
    counts.write_text("time,zone,class,count\n2020-06-21T10:00Z,yard,truck,3\n")
    assert [a.error for a in run.add(root, [*files, counts])] == [None] * 5
    run.assess(root)
    return root


@pytest.fixture
def case(whole: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(whole, tmp_path / "case", symlinks=True))


def told(case: Path) -> tuple[str, ...]:
    """The notes of a new assessment, but for the one that these pictures always have: nobody masked their clouds."""
    return tuple(n for n in run.assess(case).assessment.notes if not n.startswith("The clouds of "))
