"""What is written: images that open anywhere, boxes and masks that fit them, a case that reads, a truth apart."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Transformer
from shapely.geometry import shape

from overlook.case import read_case
from overlook.errors import InputError
from overlook.simulate import (
    Material,
    Reader,
    Schedule,
    Sensor,
    SiteSpec,
    Weather,
    demo_spec,
    make_material,
    simulate_counts,
)
from overlook.simulate.process import true_ratio

CLASSES = ("vehicle", "container")


def few(images: int, **changes: object) -> SiteSpec:
    spec = replace(demo_spec(), schedule=Schedule(start=datetime(2021, 5, 1, tzinfo=UTC), days=200, images=images))
    return replace(spec, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def cloudy(tmp_path_factory: pytest.TempPathFactory) -> tuple[SiteSpec, Material]:
    """Eight images, clear, partly clouded and overcast, read by somebody who misses nothing and sees no ghosts."""
    perfect = Reader(detection_probability=1.0, false_alarms_per_ha=0.0, centre_jitter_m=0.0)
    spec = few(8, weather=Weather(clear=0.2, overcast=0.1), reader=perfect)
    return spec, make_material(tmp_path_factory.mktemp("cloudy"), spec, 4)


def test_images_carry_crs_time_and_angles(cloudy: tuple[SiteSpec, Material]) -> None:
    spec, material = cloudy
    truth = json.loads(material.truth.read_text())
    assert len(material.images) == len(truth["images"]) == 8
    for path, known in zip(material.images, truth["images"], strict=True):
        with rasterio.open(path) as image:
            assert image.crs.to_epsg() == 32626
            assert image.res == (0.5, 0.5)
            assert (image.height, image.width, image.count) == (840, 1040, 3)
            assert image.dtypes[0] == "uint8"
            assert image.nodata == 0
            assert image.profile["tiled"]
            assert image.descriptions == ("red", "green", "blue")
            tags = image.tags()
            assert tags["ACQUISITION_DATETIME"] == known["time"]
            assert path.name == f"sim_{known['time'].replace('-', '').replace(':', '')}.tif"
            assert float(tags["SUN_ELEVATION"]) == pytest.approx(known["sun_elevation_deg"], abs=1e-3)
            assert float(tags["OFF_NADIR"]) <= spec.sensor.max_off_nadir_deg
            assert 0 <= float(tags["SUN_AZIMUTH"]) < 360
            assert "Simulated" in tags["TIFFTAG_IMAGEDESCRIPTION"]
            east, north = image.transform.c - spec.origin[0], image.transform.f - spec.origin[1] - spec.size_m[1]
            assert (east, north) == pytest.approx(known["georeference_error_m"], abs=0.26)
            assert image.read().min() >= 1


def test_the_truth_lies_apart_from_the_images(cloudy: tuple[SiteSpec, Material]) -> None:
    _, material = cloudy
    folder = material.images[0].parent
    assert material.truth.parent == folder.parent
    for path in folder.iterdir():
        assert "truth" not in path.name
        if path.suffix == ".geojson":
            text = path.read_text()
            assert "Simulated" in text
            assert "false" not in text.lower()


def test_boxes_say_who_drew_them_and_what_was_searched(cloudy: tuple[SiteSpec, Material]) -> None:
    spec, material = cloudy
    for image, path in zip(material.images, material.boxes, strict=True):
        assert path.name == f"{image.stem}.simulated-reader.boxes.geojson"
        document = json.loads(path.read_text())
        assert document["searched"] == list(CLASSES)
        assert document["coordinates"] == "pixels"
        assert document["observer"] == spec.reader.id
        assert all(set(f["properties"]) == {"class"} for f in document["features"])


def _middles(path: Path, cls: str) -> np.ndarray:
    features = json.loads(path.read_text())["features"]
    rings = [f["geometry"]["coordinates"][0][:4] for f in features if f["properties"]["class"] == cls]
    return np.array(rings, dtype=float).reshape(-1, 4, 2).mean(axis=1)


def test_a_perfect_readers_boxes_are_the_visible_truth(cloudy: tuple[SiteSpec, Material]) -> None:
    spec, material = cloudy
    truth = json.loads(material.truth.read_text())
    hidden_somewhere = 0
    for path, boxes, known in zip(material.images, material.boxes, truth["images"], strict=True):
        with rasterio.open(path) as image:
            transform = image.transform
        for zone in spec.zones:
            area = shapely.Polygon(zone.outline)
            for cls in CLASSES:
                at = _middles(boxes, cls)
                x = transform.c + at[:, 0] * 0.5 - spec.origin[0] - known["georeference_error_m"][0]
                y = transform.f - at[:, 1] * 0.5 - spec.origin[1] - known["georeference_error_m"][1]
                inside = int(shapely.contains_xy(area, x, y).sum())
                counted = known["zones"][zone.id][cls]
                assert inside == counted["visible"] <= counted["all"]
                hidden_somewhere += counted["all"] - counted["visible"]
        assert known["zones"]["hall"]["vehicle"]["visible"] == 0
        assert known["boxes"]["false"] == 0
    assert hidden_somewhere > 20


def test_nothing_under_the_written_cloud_mask_or_the_hall_is_boxed(cloudy: tuple[SiteSpec, Material]) -> None:
    _, material = cloudy
    masks = 0
    to_plane = Transformer.from_crs("EPSG:4326", "EPSG:32626", always_xy=True)
    truth = json.loads(material.truth.read_text())
    for path, boxes, mask, known in zip(
        material.images, material.boxes, material.cloud_masks, truth["images"], strict=True
    ):
        if mask is None:
            assert known["cloud_cover"] == 0
            assert not path.with_name(f"{path.stem}.cloud.geojson").exists()
            continue
        masks += 1
        polygons = [shape(f["geometry"]) for f in json.loads(mask.read_text())["features"]]
        assert all(p.is_valid for p in polygons)
        cloud = shapely.transform(shapely.union_all(polygons), to_plane.transform, interleaved=False)
        with rasterio.open(path) as image:
            transform, bounds = image.transform, image.bounds
        share = cloud.area / shapely.box(*bounds).area
        assert share == pytest.approx(known["cloud_cover"], abs=0.02)
        for cls in CLASSES:
            at = _middles(boxes, cls)
            x, y = transform.c + at[:, 0] * 0.5, transform.f - at[:, 1] * 0.5
            assert not shapely.contains_xy(cloud.buffer(-0.05), x, y).any()
    assert masks >= 3


def test_the_picture_and_the_table_of_counts_agree(cloudy: tuple[SiteSpec, Material]) -> None:
    spec, material = cloudy
    drawn = simulate_counts(spec, 4)
    truth = json.loads(material.truth.read_text())
    for s, (zone, cls) in enumerate(drawn.series):
        assert [i["zones"][zone][cls]["all"] for i in truth["images"]] == drawn.counts[0, s].tolist()
        share = [i["zones"][zone]["visible_fraction"] for i in truth["images"]]
        assert drawn.visible_fraction[0, s] == pytest.approx(share, abs=0.06)
    for row in truth["ratios"]:
        s = drawn.series.index((row["zone"], row["class"]))
        assert row["ratio"] == pytest.approx(drawn.ratio[row["event"]][0, s])
    assert true_ratio(spec, drawn.history, "may-summit").shape == (1, len(spec.flows))


def test_the_case_declares_the_reader_the_plan_and_that_all_is_made_up(
    cloudy: tuple[SiteSpec, Material], tmp_path: Path
) -> None:
    spec, material = cloudy
    (tmp_path / "case.yaml").write_text(material.case_yaml, encoding="utf-8")
    case = read_case(tmp_path)
    assert case.notice.startswith("Simulated")
    assert case.plan == replace(spec.plan, max_gsd_m=case.plan.max_gsd_m)
    assert dict(case.plan.max_gsd_m) == dict(spec.plan.max_gsd_m)
    assert [e.during for e in case.events] == [e.during for e in spec.events]
    (reader,) = case.observers
    assert (reader.detection_probability, reader.false_alarms_per_ha) == (1.0, 0.0)
    assert reader.basis.startswith("simulated")
    (place,) = case.sites
    assert [z.id for z in place.zones] == [z.id for z in spec.zones]
    to_plane = Transformer.from_crs("EPSG:4326", spec.crs, always_xy=True)
    for zone, declared in zip(place.zones, spec.zones, strict=True):
        back = shapely.transform(zone.geometry, to_plane.transform, interleaved=False)
        assert back.area == pytest.approx(shapely.Polygon(declared.outline).area, rel=1e-4)
    assert len(case.claims) == 6
    quiet = [p for claim in case.claims for p in claim.predictions if p.relation == "quiet"]
    assert quiet[0].must_be_in_the_open


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    spec = few(2, weather=Weather(clear=0.0, overcast=0.0))

    def digests(folder: Path, seed: int) -> dict[str, str]:
        make_material(folder, spec, seed)
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    one, again, other = (digests(tmp_path / name, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert one == again
    assert len(one) == 7
    assert not set(one.values()) & set(other.values())


def test_sixteen_bits_and_four_bands_in_the_order_asked_for(tmp_path: Path) -> None:
    sensor = Sensor(gsd_m=1.0, depth=16, bands=("blue", "green", "red", "nir"))
    material = make_material(tmp_path, few(1, sensor=sensor, weather=Weather(clear=1.0, overcast=0.0)), 1)
    with rasterio.open(material.images[0]) as image:
        assert image.count == 4
        assert image.dtypes == ("uint16",) * 4
        assert image.descriptions == ("blue", "green", "red", "nir")
        assert image.colorinterp[0].name == "blue"
        assert image.colorinterp[2].name == "red"
        assert image.res == (1.0, 1.0)
        assert image.read(4).mean() > 1.3 * image.read(3).mean()


def test_progress_is_told_image_by_image(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    make_material(tmp_path, few(2), 1, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


def test_a_folder_that_cannot_be_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError) as caught:
        make_material(tmp_path / "file", few(1), 1)
    assert caught.value.code == "E-INPUT-FOLDER"
    assert "\n" not in str(caught.value)


def test_half_written_files_are_not_left(tmp_path: Path) -> None:
    (tmp_path / "truth.json").mkdir()
    with pytest.raises(InputError):
        make_material(tmp_path, few(1), 1)
    assert not list(tmp_path.rglob("*.part"))


def test_a_negative_seed_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="seed"):
        make_material(tmp_path / "out", few(1), -1)
    assert not (tmp_path / "out").exists()
