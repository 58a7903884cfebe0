"""`overlook detect`: boxes in three formats, one JSON line, and one line for each mistake."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pyogrio
import pytest
import rasterio
import shapely
from affine import Affine
from PIL import Image

from overlook.cli import main
from overlook.detect import read_card, shipped_card

CENTRES = np.array([(60.0, 40.0), (150.5, 41.25), (61.0, 120.0), (200.0, 150.0), (280.75, 90.5), (120.0, 180.0)])
WEST, NORTH = 568_000.0, 5_762_000.0


@pytest.fixture(scope="module")
def networks() -> ModuleType:
    path = Path(__file__).parents[1] / "detect" / "conftest.py"
    spec = importlib.util.spec_from_file_location("small_networks", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def files(tmp_path: Path, networks: ModuleType) -> Path:
    """An image on the Earth, the same without a place, and a model that measured itself."""
    pixels = networks.draw_blobs((220, 320), CENTRES, length=18, width=8)
    Image.fromarray(pixels).save(tmp_path / "bare.png")
    profile = {"driver": "GTiff", "count": 3, "dtype": "uint8", "height": 220, "width": 320, "crs": "EPSG:32632"}
    with rasterio.open(tmp_path / "a.tif", "w", transform=Affine(0.25, 0, WEST, 0, -0.25, NORTH), **profile) as file:
        file.write(np.moveaxis(pixels, -1, 0))
    networks.heatmap_model(tmp_path / "card.onnx")
    light = {"shadow_share": 0.05, "brightness": 70, "present": 100, "found": 90, "false_alarms": 2, "area_ha": 10}
    rows = [{"class": "vehicle", "place": f"p{i}", "gsd_m": gsd} | light for i in range(3) for gsd in (0.2, 0.25, 0.3)]
    measured = {"on": "three tiles", "rows": rows}
    networks.write_card(tmp_path / "card.json", networks.card_of("centre-heatmap", **{"overlook:measured": measured}))
    return tmp_path


@dataclass
class Said:
    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def overlook_(files: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> Said:
        monkeypatch.chdir(files)
        monkeypatch.setattr(sys, "argv", ["overlook", "detect", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return Said(int(ended.value.code or 0), out, err)

    return run


def _polygons(shapes: Any) -> np.ndarray:
    return np.array([shapely.get_coordinates(shape)[:4].mean(axis=0) for shape in shapes])


def test_one_json_line_says_what_was_found_and_how_many_there_were(overlook_: Run) -> None:
    said = overlook_("a.tif", "--model", "card.json", "--out", "b.geojson", "--json")
    assert (said.code, said.err, said.out.count("\n")) == (0, "", 1)
    told = json.loads(said.out)
    assert list(told) == ["image", "gsd_m", "model", "counts", "notes"]
    assert (told["image"], told["model"]) == ("a.tif", "blobs")
    assert told["gsd_m"] == pytest.approx(0.25, rel=1e-3)
    vehicles = told["counts"]["vehicle"]
    assert vehicles["detected"] == 6
    assert list(vehicles["estimate"]) == ["mean", "low", "high", "level"]
    assert vehicles["estimate"]["low"] <= 6 <= vehicles["estimate"]["high"]
    assert any("810 of 900" in note or "540 of 600" in note or "270 of 300" in note for note in told["notes"])


@pytest.mark.parametrize("name", ["b.geojson", "b.gpkg", "b.parquet"])
def test_boxes_are_in_the_coordinates_of_the_image(overlook_: Run, files: Path, name: str) -> None:
    assert overlook_("a.tif", "--model", "card.json", "--out", name).code == 0
    if name.endswith(".parquet"):
        table = pq.read_table(files / name)
        geo = json.loads(table.schema.metadata[b"geo"])
        crs = geo["columns"]["geometry"]["crs"]["id"]["code"]
        shapes, columns = shapely.from_wkb(table["geometry"].to_pylist()), table.to_pydict()
    else:
        meta, _, blobs, values = pyogrio.raw.read(files / name)
        crs, shapes = int(meta["crs"].partition(":")[2]), shapely.from_wkb(blobs)
        columns = dict(zip(meta["fields"], values, strict=True))
    assert crs == 32632
    found = _polygons(shapes)
    expected = CENTRES[np.lexsort((CENTRES[:, 0], np.floor(CENTRES[:, 1])))] * 0.25 * [1, -1] + [WEST, NORTH]
    np.testing.assert_allclose(found, expected, atol=0.1)
    assert set(columns["class"]) == {"vehicle"}
    assert min(columns["score"]) >= 0.5
    assert not any(columns["edge"])
    assert columns["gsd_m"][0] == pytest.approx(0.25, rel=1e-3)
    assert all(p is None or np.isnan(p) for p in columns["probability"])


@pytest.mark.parametrize("name", ["b.geojson", "b.gpkg", "b.parquet"])
def test_boxes_of_an_image_without_a_place_are_in_its_pixels(overlook_: Run, files: Path, name: str) -> None:
    said = overlook_("bare.png", "--gsd", "0.25", "--model", "card.json", "--out", name)
    assert (said.code, "6 boxes; estimated " in said.out) == (0, True)
    if name.endswith(".parquet"):
        table = pq.read_table(files / name)
        assert json.loads(table.schema.metadata[b"geo"])["columns"]["geometry"]["crs"] is None
        shapes = shapely.from_wkb(table["geometry"].to_pylist())
    elif name.endswith(".gpkg"):
        shapes = shapely.from_wkb(pyogrio.raw.read(files / name)[2])
    else:
        plain = json.loads((files / name).read_text())
        assert plain["coordinates"] == "pixels"
        assert "crs" not in plain
        shapes = [shapely.geometry.shape(feature["geometry"]) for feature in plain["features"]]
    found = _polygons(shapes)
    np.testing.assert_allclose(found, CENTRES[np.lexsort((CENTRES[:, 0], np.floor(CENTRES[:, 1])))], atol=0.4)


@pytest.mark.parametrize("name", ["none.geojson", "none.gpkg", "none.parquet"])
def test_no_boxes_are_a_file_without_rows(overlook_: Run, files: Path, name: str) -> None:
    Image.new("RGB", (200, 200), (90, 90, 60)).save(files / "empty.png")
    said = overlook_("empty.png", "--gsd", "0.25", "--model", "card.json", "--out", name, "--json")
    assert json.loads(said.out)["counts"]["vehicle"]["detected"] == 0
    if name.endswith(".parquet"):
        assert pq.read_table(files / name).num_rows == 0
    else:
        assert len(pyogrio.raw.read(files / name)[2]) == 0


def test_zones_and_a_picture(overlook_: Run, files: Path) -> None:
    zone = {
        "type": "Feature",
        "properties": {"name": "North"},
        "geometry": shapely.geometry.mapping(shapely.box(0, 0, 320, 60)),
    }
    (files / "z.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [zone]}))
    said = overlook_(
        "bare.png", "--gsd", "0.25", "--model", "card.json", "--zones", "z.geojson", "--out", "b.geojson",
        "--preview", "p.png", "--min-score", "0.2", "--json",
    )  # fmt: skip
    assert json.loads(said.out)["counts"]["vehicle"]["detected"] == 2
    features = json.loads((files / "b.geojson").read_text())["features"]
    assert [feature["properties"]["zone"] for feature in features] == ["North", "North"]
    with Image.open(files / "p.png") as picture, Image.open(files / "bare.png") as before:
        assert picture.size == before.size
        drawn, bare = np.asarray(picture), np.asarray(before)
    assert (drawn[60, 250] == 255).all()  # the zone's southern border
    assert (drawn[100:] == bare[100:]).all()
    assert (drawn == (230, 159, 0)).all(axis=2).any()  # the card's first class, whichever occur


def test_nothing_usable_gives_no_number(overlook_: Run, files: Path) -> None:
    Image.new("RGB", (200, 200), (0, 0, 0)).save(files / "black.png")
    asked = ("black.png", "--gsd", "0.25", "--model", "card.json", "--out", "b.geojson")
    said = overlook_(*asked, "--json")
    told = json.loads(said.out)
    assert told["counts"] == {}
    assert "nothing was searched" in " ".join(told["notes"])
    assert "nothing was searched" in overlook_(*asked).out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["bare.png", "--model", "card.json", "--out", "b.geojson"], 1, "E-INPUT-NO-SCALE"),
        (["gone.tif", "--model", "card.json", "--out", "b.geojson"], 1, "E-INPUT"),
        (["a.tif", "--model", "gone.json", "--out", "b.geojson"], 1, "E-MODEL-CARD"),
        (["a.tif", "--model", "card.json", "--out", "b.shp"], 2, "E-USAGE-OUT"),
        (["a.tif", "--model", "card.json", "--out", "gone/b.geojson"], 2, "E-USAGE-OUT"),
        (["a.tif", "--model", "card.json", "--out", "b.geojson", "--preview", "p.jpg"], 2, "E-USAGE-OUT"),
        (["a.tif", "--model", "card.json", "--out", "b.geojson", "--gsd", "0.5"], 1, "E-INPUT-GSD"),
        (["bare.png", "--model", "card.json", "--out", "b.geojson", "--gsd", "-1"], 1, "E-INPUT"),
        (["bare.png", "--model", "card.json", "--out", "b.geojson", "--gsd", "nan"], 1, "E-INPUT"),
        (["bare.png", "--model", "card.json", "--out", "b.geojson", "--gsd", "0.8"], 1, "E-MODEL-GSD"),
        (["a.tif", "--model", "card.json", "--out", "b.geojson", "--min-score", "2"], 2, "E-USAGE-SCORE"),
        (["a.tif", "--model", "card.json", "--out", "b.geojson", "--runtime", "tpu"], 2, "E-USAGE"),
        (["a.tif", "--model", "card.json", "--out", "b.geojson", "--zones", "gone.kml"], 1, "E-INPUT-ZONES"),
        (["card.json", "--gsd", "0.3", "--model", "card.json", "--out", "b.geojson"], 1, "E-INPUT"),
    ],
)
def test_a_mistake_is_one_line(overlook_: Run, files: Path, arguments: list[str], code: int, told: str) -> None:
    said = overlook_(*arguments)
    assert (said.code, said.out) == (code, "")
    assert told in said.err
    assert said.err.count("\n") == 1
    assert not (files / "b.geojson").exists()


def test_an_input_is_never_written_over(overlook_: Run, files: Path) -> None:
    (files / "z.geojson").write_text("{}")
    said = overlook_("a.tif", "--model", "card.json", "--zones", "z.geojson", "--out", "z.geojson")
    assert (said.code, "E-USAGE-OUT" in said.err) == (2, True)
    assert (files / "z.geojson").read_text() == "{}"


def test_without_a_card_the_model_that_ships_is_run(overlook_: Run) -> None:
    said = overlook_("bare.png", "--gsd", "0.25", "--out", "b.geojson", "--json")
    told = json.loads(said.out)
    assert (said.code, told["model"]) == (0, read_card(shipped_card()).name)
    assert set(told["counts"]) == set(read_card(shipped_card()).classes) >= {"vehicle", "large_vehicle", "container"}


def test_no_boxes_are_no_statement_that_there_were_none(overlook_: Run, files: Path) -> None:
    Image.new("RGB", (200, 200), (90, 90, 60)).save(files / "empty.png")
    said = overlook_("empty.png", "--gsd", "0.25", "--out", "b.geojson")
    lines = said.out.splitlines()
    assert "container: 0 boxes" in lines
    assert "large_vehicle: 0 boxes" in lines
    assert not any("there were" in line for line in lines if "boxes" in line)
