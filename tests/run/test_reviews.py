"""Reviews through the whole line: what a person drew before she saw the boxes of a model lets its counts judge."""

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
from overlook.detect import read_card, shipped_card
from overlook.store import Ledger
from overlook.terms import Count

CENTRES = [(60.0, 60.0), (60.0, 160.0), (160.0, 100.0), (200.0, 220.0)]
WEST, NORTH, GSD = 643_250, 5_541_000, 0.25


def _networks():
    path = Path(__file__).parents[1] / "detect" / "conftest.py"
    spec = importlib.util.spec_from_file_location("small_networks", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
  - {card: card.json, needed_reviews: 2}
plan: {classes: [vehicle], max_gsd_m: {vehicle: 2.0}}
"""


class Site:
    """A case with a model, and images that come in one by one."""

    def __init__(self, tmp_path: Path) -> None:
        self.networks, self.tmp, self.root = _networks(), tmp_path, tmp_path / "case"
        run.init(self.root)
        corners = [(WEST + x, NORTH - y) for x, y in ((5, 5), (75, 5), (75, 75), (5, 75), (5, 5))]
        to_degrees = Transformer.from_crs("EPSG:32632", "EPSG:4326", always_xy=True)
        wkt = "POLYGON((" + ",".join("{:.8f} {:.8f}".format(*to_degrees.transform(*xy)) for xy in corners) + "))"
        (self.root / "case.yaml").write_text(YAML.replace("GEOMETRY", f'"{wkt}"'))
        self.networks.heatmap_model(self.root / "card.onnx")
        self.networks.write_card(self.root / "card.json", self.networks.card_of("centre-heatmap"))
        self.pixels = self.networks.draw_blobs((320, 320), CENTRES, length=18, width=8)

    def add_image(self, number: int, sensor: str = "A-1") -> None:
        path = self.tmp / f"image{number}.tif"
        profile = {
            "driver": "GTiff", "count": 3, "dtype": "uint8", "height": 320, "width": 320, "crs": "EPSG:32632",
            "transform": Affine(GSD, 0, WEST, 0, -GSD, NORTH),
        }  # fmt: skip
        with rasterio.open(path, "w", **profile) as file:
            file.write(np.roll(np.moveaxis(self.pixels, -1, 0), number % 3, axis=1))
            file.update_tags(ACQUISITION_DATETIME=f"2020-05-{number + 1:02d}T10:00:00Z", SATELLITEID=sensor)
        (added,) = run.add(self.root, [path])
        assert added.error is None, added.error

    def draw(self, number: int, centres: list[tuple[float, float]], searched: str = "vehicle") -> None:
        path = self.tmp / f"image{number}.anna.boxes.geojson"
        ring = [(-9, -4), (9, -4), (9, 4), (-9, 4), (-9, -4)]
        features = [
            {
                "type": "Feature",
                "properties": {"class": searched},
                "geometry": {"type": "Polygon", "coordinates": [[(x + dx, y + number % 3 + dy) for dx, dy in ring]]},
            }
            for x, y in centres
        ]
        plain = {"type": "FeatureCollection", "coordinates": "pixels", "searched": [searched], "features": features}
        path.write_text(json.dumps(plain))
        (added,) = run.add(self.root, [path])
        assert added.error is None, added.error

    def counts(self) -> dict[str, Count]:
        self.assessed = run.assess(self.root)
        return {o.scene: o for o in self.assessed.assessment.observations}

    def notes(self) -> str:
        return " ".join(self.assessed.assessment.notes)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_blind_reviews_make_counts_carry_judgement_with_the_errors_they_counted(site: Site) -> None:
    for number in range(4):
        site.add_image(number)
    # She sees one that the model does not, and not one that it does.
    for number in (0, 1):
        site.draw(number, [*CENTRES[:3], (250.0, 60.0)])
    counts = site.counts()
    told = counts["image3"]
    assert (told.observer, told.count, told.provisional) == ("blobs", 4, False)
    # 6 of 8 found, 2 false alarms, with Jeffreys' priors.
    assert told.detection_probability == pytest.approx(6.5 / 9)
    assert told.false_alarms == pytest.approx(2.5 / 2, rel=0.05)
    assert counts["image0"].observer == "anna"
    told_so = "2 of 2 images reviewed, 6 of 8 found, 2 false alarms on 0.98 ha. Its counts carry judgement."
    assert told_so in site.notes()
    assert run.assess(site.root).reused


def test_what_was_drawn_after_the_report_is_no_review(site: Site) -> None:
    for number in range(3):
        site.add_image(number)
    site.draw(0, CENTRES)
    assert site.counts()["image2"].provisional
    assert "1 of 2 images reviewed" in site.notes()
    site.draw(1, CENTRES)
    counts = site.counts()
    assert counts["image2"].provisional
    assert counts["image1"].observer == "anna"
    assert "image1.anna.boxes.geojson" in site.notes()
    assert "no blind review" in site.notes()
    # An image that no report has shown can still be reviewed.
    site.add_image(5)
    site.draw(5, CENTRES)
    assert not site.counts()["image2"].provisional
    with Ledger(site.root / "ledger.sqlite") as ledger:
        assert [e.body["scenes"] for e in ledger.entries("pointed")] == [["image0", "image1", "image2"], ["image5"]]


def test_reviews_are_of_one_sensor_and_class(site: Site) -> None:
    for number in range(3):
        site.add_image(number, sensor="A-1" if number else "B-2")
    site.draw(0, CENTRES)
    site.draw(1, [], searched="container")
    counts = site.counts()
    assert counts["image2"].provisional
    assert counts["image2"].detection_probability is None
    assert "sensor B-2, vehicle: 1 of 2 images reviewed" in site.notes()
    assert "sensor A-1, vehicle: 0 of 2 images reviewed" in site.notes()


def test_a_card_that_measured_is_updated(site: Site) -> None:
    light = {"shadow_share": 0.1, "brightness": 70, "false_alarms": 1, "area_ha": 10}
    rows = [
        {"class": "vehicle", "place": f"p{i}", "gsd_m": gsd, "present": 100, "found": 90} | light
        for i in range(3)
        for gsd in (0.2, 0.3)
    ]
    card = site.networks.card_of("centre-heatmap", **{"overlook:measured": {"on": "tiles", "rows": rows}})
    site.networks.write_card(site.root / "card.json", card)
    site.add_image(0)
    site.add_image(1)
    before = site.counts()["image1"]
    assert before.detection_probability == pytest.approx(270.5 / 301)
    assert 0 < before.detection_probability_sd < 0.15
    site.add_image(5)
    site.draw(5, CENTRES[:1])
    after = site.counts()["image1"]
    assert after.detection_probability > before.detection_probability
    assert after.false_alarms > before.false_alarms


def test_a_case_names_the_model_that_ships(site: Site) -> None:
    declared = (site.root / "case.yaml").read_text()
    (site.root / "case.yaml").write_text(declared.replace("card: card.json", "card: shipped"))
    site.add_image(0)
    counted = site.counts()["image0"]
    assert (counted.observer, counted.provisional) == (read_card(shipped_card()).name, True)
