"""A model through the whole line: a real ONNX network on real files, provisional until somebody reviewed it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer

from overlook import run
from overlook.terms import Count, NotObserved

YAML = """
overlook: 1
id: blobs
title: Blobs
sites:
  - id: alpha
    name: Alpha
    crs: EPSG:32632
    grid_gsd_m: 0.25
    margin_m: 5
    zones:
      - {id: yard, name: Yard, kind: yard, geometry: GEOMETRY}
models:
  - {card: card.json, reviewed_images: REVIEWED, needed_reviews: 5}
plan: {classes: [vehicle], max_gsd_m: {vehicle: 2.0}}
"""
SIDE = 320


def built():
    """The builders of small networks that the tests of `detect` use."""
    path = Path(__file__).parents[1] / "detect" / "conftest.py"
    spec = importlib.util.spec_from_file_location("small_networks", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_image(path: Path, pixels: np.ndarray, gsd: float) -> Path:
    profile = {
        "driver": "GTiff", "count": 3, "dtype": "uint8", "height": pixels.shape[0], "width": pixels.shape[1],
        "crs": "EPSG:32632", "transform": Affine(gsd, 0, 643_250, 0, -gsd, 5_541_000),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(np.moveaxis(pixels, -1, 0))
        file.update_tags(ACQUISITION_DATETIME="2020-05-01T10:00:00Z")
    return path


@pytest.fixture
def make(tmp_path):
    def case(*, reviewed: int, gsds: tuple[float, ...] = (0.25,)) -> Path:
        networks = built()
        root = tmp_path / "case"
        run.init(root)
        west, north = 643_250, 5_541_000
        corners = [(west + x, north - y) for x, y in ((5, 5), (75, 5), (75, 75), (5, 75), (5, 5))]
        to_degrees = Transformer.from_crs("EPSG:32632", "EPSG:4326", always_xy=True)
        wkt = "POLYGON((" + ",".join("{:.8f} {:.8f}".format(*to_degrees.transform(*xy)) for xy in corners) + "))"
        (root / "case.yaml").write_text(YAML.replace("GEOMETRY", f'"{wkt}"').replace("REVIEWED", str(reviewed)))
        networks.heatmap_model(root / "card.onnx")
        networks.write_card(root / "card.json", networks.card_of("centre-heatmap"))
        centres = np.array([(60.0, 60.0), (60.0, 160.0), (160.0, 100.0), (200.0, 220.0)])
        pixels = networks.draw_blobs((SIDE, SIDE), centres, length=18, width=8)
        for number, gsd in enumerate(gsds):
            image = write_image(tmp_path / f"image{number}.tif", pixels, gsd)
            (added,) = run.add(root, [image])
            assert added.error is None, added.error
        return root

    return case


def test_what_a_model_found_is_provisional_until_it_was_reviewed(make):
    (observation,) = run.assess(make(reviewed=0)).assessment.observations
    assert isinstance(observation, Count)
    assert observation.count == 4
    assert observation.provisional


def test_a_reviewed_model_counts(make):
    assert not run.assess(make(reviewed=5)).assessment.observations[0].provisional


def test_an_image_too_coarse_for_the_model_is_not_searched_and_stops_nothing(make):
    assessment = run.assess(make(reviewed=5, gsds=(0.25, 1.5))).assessment
    by_scene = {o.scene: o for o in assessment.observations}
    assert isinstance(by_scene["image0"], Count)
    assert isinstance(by_scene["image1"], NotObserved)
    assert by_scene["image1"].reason == "not searched"
    assert any("image1" in note for note in assessment.notes)


def test_other_weights_are_another_model(make, tmp_path):
    root = make(reviewed=5)
    first = run.assess(root)
    networks = built()
    networks.heatmap_model(root / "card.onnx", size_px=(12, 6))
    second = run.assess(root)
    assert not second.reused
    assert json.loads((root / "card.json").read_text())
    assert second.digest != first.digest
