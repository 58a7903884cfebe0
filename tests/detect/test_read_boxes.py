"""Boxes a person drew, in each format and plane, and every way in which a file of boxes can be wrong."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from overlook.detect import read_boxes
from overlook.detect.boxes import corners_of
from overlook.errors import InputError

PIXELS = corners_of(
    np.array([(100.0, 50.0), (300.5, 200.25), (599.0, 390.0)]),
    np.array([(9.0, 4.0), (9.0, 4.0), (20.0, 5.0)]),
    np.array([0.0, 0.6, 1.2]),
)
CLASSES = ("vehicle", "vehicle", "large_vehicle")


def _on_map(corners: np.ndarray, scene: Any) -> np.ndarray:
    a, b, c, d, e, f = scene.transform
    x, y = corners[..., 0], corners[..., 1]
    return np.stack([a * x + b * y + c, d * x + e * y + f], axis=-1)


def _lon_lat(corners: np.ndarray, scene: Any) -> np.ndarray:
    points = _on_map(corners, scene).reshape(-1, 2)
    lon, lat = Transformer.from_crs(scene.crs, "OGC:CRS84", always_xy=True).transform(points[:, 0], points[:, 1])
    return np.stack([lon, lat], axis=1).reshape(-1, 4, 2)


def _feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _polygon(corners: np.ndarray) -> dict[str, Any]:
    ring = np.asarray(corners).tolist()
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def _collection(corners: np.ndarray, classes: Any = CLASSES, **members: Any) -> dict[str, Any]:
    features = [_feature(_polygon(box), **{"class": cls}) for box, cls in zip(corners, classes, strict=True)]
    return {"type": "FeatureCollection", **members, "features": features}


def _write(path: Path, plain: Any) -> Path:
    path.write_text(plain if isinstance(plain, str) else json.dumps(plain))
    return path


def test_geojson_in_pixels_and_what_it_says_of_itself(tmp_path: Path, make: Any) -> None:
    plain = _collection(PIXELS, coordinates="pixels", searched=["vehicle", "large_vehicle"], observer="anna")
    read = read_boxes(_write(tmp_path / "b.geojson", plain), scene=make.scene())
    np.testing.assert_array_equal(read.corners, PIXELS)
    assert read.classes == CLASSES
    assert read.searched == ("vehicle", "large_vehicle")
    assert read.observer == "anna"


def test_geojson_that_does_not_say_is_told_by_where_it_fits(tmp_path: Path, make: Any) -> None:
    scene = make.scene()
    in_pixels = read_boxes(_write(tmp_path / "p.geojson", _collection(PIXELS)), scene=scene)
    np.testing.assert_array_equal(in_pixels.corners, PIXELS)
    assert in_pixels.searched is None
    on_earth = read_boxes(_write(tmp_path / "l.geojson", _collection(_lon_lat(PIXELS, scene))), scene=scene)
    np.testing.assert_allclose(on_earth.corners, PIXELS, atol=1e-3)


def test_geojson_with_a_crs_member(tmp_path: Path, make: Any) -> None:
    scene = make.scene()
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}}
    read = read_boxes(_write(tmp_path / "b.geojson", _collection(_on_map(PIXELS, scene), crs=crs)), scene=scene)
    np.testing.assert_allclose(read.corners, PIXELS, atol=1e-6)


def test_a_rotated_image_is_inverted_in_full(tmp_path: Path, make: Any) -> None:
    import dataclasses

    scene = dataclasses.replace(make.scene(), transform=(0.4, 0.3, 568_000.0, 0.3, -0.4, 5_762_000.0))
    crs = {"type": "name", "properties": {"name": "EPSG:32632"}}
    read = read_boxes(_write(tmp_path / "b.geojson", _collection(_on_map(PIXELS, scene), crs=crs)), scene=scene)
    np.testing.assert_allclose(read.corners, PIXELS, atol=1e-6)


def test_coordinates_that_fit_both_or_neither_are_asked_about(tmp_path: Path, make: Any) -> None:
    local = make.scene(crs="local", origin=(0.0, 200.0))
    small = corners_of(np.array([[50.0, 60.0]]), np.array([[9.0, 4.0]]), np.zeros(1))
    path = _write(tmp_path / "b.geojson", _collection(small, ["vehicle"]))
    with pytest.raises(InputError, match='"coordinates": "pixels"') as caught:
        read_boxes(path, scene=local)
    assert caught.value.code == "E-INPUT-COORDINATES"
    as_pixels = read_boxes(_write(path, _collection(small, ["vehicle"], coordinates="pixels")), scene=local)
    np.testing.assert_array_equal(as_pixels.corners, small)
    as_plane = read_boxes(_write(path, _collection(small, ["vehicle"], coordinates="local")), scene=local)
    np.testing.assert_allclose(as_plane.corners.mean(axis=1), [(100.0, 280.0)])
    elsewhere = _lon_lat(PIXELS, make.scene()) + np.array([20, 0])
    with pytest.raises(InputError, match="not seen to lie") as caught:
        read_boxes(_write(path, _collection(elsewhere)), scene=make.scene())
    assert caught.value.code == "E-INPUT-COORDINATES"


def test_swapped_latitude_and_longitude_are_not_taken_for_pixels(tmp_path: Path, make: Any) -> None:
    # 52 N 10 E: both fit in an image of 600 x 400 pixels, so a swap must not pass as a box at column 52, row 10 …
    swapped = _lon_lat(PIXELS, make.scene())[..., ::-1]
    with pytest.raises(InputError):
        read_boxes(_write(tmp_path / "b.geojson", _collection(swapped)), scene=make.scene())


def test_rows_that_run_upward_as_gis_programs_draw_them(tmp_path: Path, make: Any) -> None:
    read = read_boxes(_write(tmp_path / "b.geojson", _collection(PIXELS * [1, -1])), scene=make.scene())
    np.testing.assert_array_equal(read.corners, PIXELS)
    assert "upward" in " ".join(read.notes)


@pytest.mark.parametrize("crs", [None, "EPSG:32632", "EPSG:4326"])
def test_geopackage(tmp_path: Path, make: Any, crs: str | None) -> None:
    scene = make.scene()
    corners = {None: PIXELS, "EPSG:32632": _on_map(PIXELS, scene), "EPSG:4326": _lon_lat(PIXELS, scene)}[crs]
    path = _geopackage(tmp_path / "b.gpkg", [shapely.Polygon(box) for box in corners], CLASSES, crs)
    read = read_boxes(path, scene=scene)
    np.testing.assert_allclose(read.corners, PIXELS, atol=1e-3)
    assert read.classes == CLASSES


def _geopackage(
    path: Path, shapes: list[Any], classes: Any, crs: str | None, *, layer: str = "boxes", append: bool = False
) -> Path:
    import warnings

    from pyogrio.raw import write

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no CRS is what is tested
        write(
            path,
            geometry=shapely.to_wkb(np.array(shapes, dtype=object)),
            field_data=[np.array(classes, dtype=object)],
            fields=["Class"],
            geometry_type=shapes[0].geom_type,
            crs=crs,
            driver="GPKG",
            layer=layer,
            append=append,
        )
    return path


def test_yolo_upright_and_oriented(tmp_path: Path, make: Any) -> None:
    scene = make.scene()
    obb = (PIXELS[1] / [600, 400]).ravel().tolist()
    lines = ["0 0.1666666667 0.125 0.015 0.01", "1 " + " ".join(map(str, obb)), ""]
    path = _write(tmp_path / "scene.txt", "\n".join(lines))
    (tmp_path / "classes.txt").write_text("vehicle\nlarge_vehicle\n")
    read = read_boxes(path, scene=scene)
    np.testing.assert_allclose(read.corners, PIXELS[:2], atol=1e-5)
    assert read.classes == ("vehicle", "large_vehicle")
    given_names = read_boxes(path, scene=scene, class_names=("car", "lorry"))
    assert given_names.classes == ("car", "lorry")


def test_an_empty_yolo_file_is_no_boxes_and_says_nothing_of_what_was_searched(tmp_path: Path, make: Any) -> None:
    read = read_boxes(_write(tmp_path / "b.txt", "\n"), scene=make.scene())
    assert len(read.corners) == 0
    assert read.searched is None


def test_no_features_with_what_was_searched_is_a_searched_nothing(tmp_path: Path, make: Any) -> None:
    plain = _collection(PIXELS[:0], [], searched=["vehicle"])
    read = read_boxes(_write(tmp_path / "b.geojson", plain), scene=make.scene())
    assert read.corners.shape == (0, 4, 2)
    assert read.searched == ("vehicle",)


def test_reads_back_what_it_writes(tmp_path: Path, make: Any) -> None:
    scene = make.scene()
    read = read_boxes(_write(tmp_path / "b.geojson", _collection(_lon_lat(PIXELS, scene))), scene=scene)
    (tmp_path / "again.geojson").write_bytes(read.to_geojson(searched=("vehicle",), observer="ö"))
    again = read_boxes(tmp_path / "again.geojson", scene=scene)
    np.testing.assert_allclose(again.corners, read.corners, atol=1e-9)
    assert (again.classes, again.searched, again.observer) == (read.classes, ("vehicle",), "ö")


def test_clicks_become_squares_of_their_class_nominal_area(tmp_path: Path, make: Any) -> None:
    features = [
        _feature({"type": "Point", "coordinates": [100, 50]}, label="vehicle"),
        _feature({"type": "MultiPoint", "coordinates": [[200, 60], [220, 60]]}, cls="bus"),
    ]
    plain = {"type": "FeatureCollection", "coordinates": "pixels", "features": features}
    read = read_boxes(_write(tmp_path / "b.geojson", plain), scene=make.scene(gsd_m=0.5))
    np.testing.assert_allclose(read.corners.mean(axis=1), [(100, 50), (200, 60), (220, 60)])
    sides = np.ptp(read.corners, axis=1)
    np.testing.assert_allclose(sides[0] ** 2 * 0.25, 4.5 * 2.0)
    np.testing.assert_allclose(sides[1] ** 2 * 0.25, 12.0 * 2.5)
    assert read.classes == ("vehicle", "bus", "bus")
    assert "3 of its 3 boxes are clicks" in " ".join(read.notes)


def test_any_polygon_becomes_its_smallest_rectangle(tmp_path: Path, make: Any) -> None:
    hexagon = [(100 + 10 * np.cos(t), 50 + 4 * np.sin(t)) for t in np.linspace(0, 2 * np.pi, 7)]
    triangle = [(10, 10), (30, 10), (10, 30), (10, 10)]
    features = [
        _feature({"type": "Polygon", "coordinates": [ring]}, category="vehicle") for ring in (hexagon, triangle)
    ]
    plain = {"type": "FeatureCollection", "coordinates": "pixels", "features": features}
    read = read_boxes(_write(tmp_path / "b.geojson", plain), scene=make.scene())
    assert read.corners.shape == (2, 4, 2)
    assert "1 of its 2 polygons fill less than 70%" in " ".join(read.notes)


def test_a_class_is_spelled_as_it_was_searched(tmp_path: Path, make: Any) -> None:
    plain = _collection(PIXELS, ["Vehicle", " VEHICLE ", "Large-Vehicle"], searched=["vehicle", "large_vehicle"])
    read = read_boxes(_write(tmp_path / "b.geojson", plain), scene=make.scene())
    assert read.classes == CLASSES


def test_boxes_without_a_class_take_the_only_one_that_was_searched(tmp_path: Path, make: Any) -> None:
    scene = make.scene()
    plain = _collection(PIXELS, [None] * 3, searched=["vehicle"])
    assert read_boxes(_write(tmp_path / "b.geojson", plain), scene=scene).classes == ("vehicle",) * 3
    for searched in (None, ["vehicle", "bus"]):
        with pytest.raises(InputError, match="feature 1 has no class"):
            read_boxes(_write(tmp_path / "b.geojson", _collection(PIXELS, [None] * 3, searched=searched)), scene=scene)


def _one(geometry: Any, **members: Any) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "coordinates": "pixels",
        **members,
        "features": [_feature(geometry, **{"class": "vehicle"})],
    }


_SQUARE = _polygon(np.array([(10, 10), (20, 10), (20, 20), (10, 20)]))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "E-INPUT-EMPTY"),
        ("{", "E-INPUT-JSON"),
        ("[" * 100_000, "E-INPUT-JSON"),
        ("9" * 5000, "E-INPUT-JSON"),
        ("[1, 2]", "E-INPUT-GEOJSON"),
        ('{"type": "Topology"}', "E-INPUT-GEOJSON"),
        ('{"type": "FeatureCollection", "features": 3}', "E-INPUT-GEOJSON"),
        ('{"type": "FeatureCollection", "features": [3]}', "E-INPUT-GEOJSON"),
        ({"type": "FeatureCollection", "features": [_feature(_SQUARE) | {"properties": [1]}]}, "E-INPUT-GEOJSON"),
        (_one(None), "E-INPUT-BOX"),
        (_one({"type": "Polygon", "coordinates": []}), "E-INPUT-BOX"),
        (_one({"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]}), "E-INPUT-BOX"),
        (_one({"type": "Polygon", "coordinates": "x"}), "E-INPUT-BOX"),
        (_one({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}), "E-INPUT-BOX"),
        (_one({"type": "Polygon", "coordinates": [[[1, 1], [5, 5], [9, 9], [1, 1]]]}), "E-INPUT-BOX"),
        (_one({"type": "Polygon", "coordinates": [[[7, 7], [7, 7], [7, 7], [7, 7]]]}), "E-INPUT-BOX"),
        (json.dumps(_one(_SQUARE)).replace("20", "NaN"), "E-INPUT-BOX"),
        (json.dumps(_one(_SQUARE)).replace("20", "1e999"), "E-INPUT-BOX"),
        (json.dumps(_one(_SQUARE)).replace("20", "1e308"), "E-INPUT-BOX"),
        (_one(_polygon(np.array([(700, 10), (720, 10), (720, 20), (700, 20)]))), "E-INPUT-OUTSIDE"),
        (_one(_SQUARE, coordinates="metres"), "E-INPUT-COORDINATES"),
        (_one(_SQUARE, coordinates=None, crs={"type": "link"}), "E-INPUT-CRS"),
        (_one(_SQUARE, coordinates=None, crs={"properties": {"name": "EPSG:999999"}}), "E-INPUT-CRS"),
        (_one(_SQUARE, coordinates="local"), "E-INPUT-CRS"),
        (_one(_SQUARE, searched="vehicle"), "E-INPUT-SEARCHED"),
        (_one(_SQUARE, searched=[1]), "E-INPUT-SEARCHED"),
        (_one(_SQUARE, observer=["anna"]), "E-INPUT-OBSERVER"),
        (_collection(PIXELS, [["a"], "b", "c"]), "E-INPUT-CLASS"),
        (_collection(PIXELS, [True, "b", "c"]), "E-INPUT-CLASS"),
        (_collection(PIXELS, ["", "b", "c"]), "E-INPUT-CLASS"),
        (_collection(PIXELS, [2, "b", "c"]), "E-INPUT-CLASS"),
    ],
)
def test_bad_geojson_gets_one_clear_line(tmp_path: Path, make: Any, content: Any, code: str) -> None:
    path = _write(tmp_path / "b.geojson", content)
    with pytest.raises(InputError) as caught:
        read_boxes(path, scene=make.scene())
    assert caught.value.code == code
    assert caught.value.where.startswith("b.geojson")
    assert caught.value.remedy
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0 0.5 0.5 0.1", "E-INPUT-YOLO"),
        ("0 0.5 0.5 0.1 0.1 0.9", "E-INPUT-YOLO"),
        ("0 0.5 0.5 0.1 x", "E-INPUT-YOLO"),
        ("0 250 300 20 10", "E-INPUT-YOLO"),
        ("0 0.5 0.5 nan 0.1", "E-INPUT-BOX"),
        ("0 0.5 0.5 0 0.1", "E-INPUT-BOX"),
        ("0 1.2 0.5 0.1 0.1", "E-INPUT-OUTSIDE"),
        ("car 0.5 0.5 0.1 0.1", "E-INPUT-CLASS"),
        ("-1 0.5 0.5 0.1 0.1", "E-INPUT-CLASS"),
        ("7 0.5 0.5 0.1 0.1", "E-INPUT-CLASS"),
    ],
)
def test_bad_yolo_gets_one_clear_line(tmp_path: Path, make: Any, text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        read_boxes(_write(tmp_path / "b.txt", text), scene=make.scene(), class_names=("vehicle",))
    assert caught.value.code == code


def test_yolo_without_names_and_with_bad_names(tmp_path: Path, make: Any) -> None:
    path = _write(tmp_path / "b.txt", "0 0.5 0.5 0.1 0.1")
    with pytest.raises(InputError, match="names file") as caught:
        read_boxes(path, scene=make.scene())
    assert caught.value.code == "E-INPUT-CLASS"
    (tmp_path / "b.names").write_text("\n\n")
    with pytest.raises(InputError) as caught:
        read_boxes(path, scene=make.scene())
    assert caught.value.where == "b.names"


def test_files_that_cannot_be_read(tmp_path: Path, make: Any) -> None:
    scene = make.scene()
    with pytest.raises(InputError) as caught:
        read_boxes(tmp_path / "none.geojson", scene=scene)
    assert caught.value.code == "E-INPUT-READ"
    (tmp_path / "l.geojson").write_bytes(b'{"type": "\xff\xfe"}')
    with pytest.raises(InputError) as caught:
        read_boxes(tmp_path / "l.geojson", scene=scene)
    assert caught.value.code == "E-INPUT-TEXT"
    with pytest.raises(InputError) as caught:
        read_boxes(_write(tmp_path / "b.shp", "x"), scene=scene)
    assert caught.value.code == "E-INPUT-FORMAT"


def test_bad_geopackages(tmp_path: Path, make: Any) -> None:
    scene = make.scene()
    for data in (b"", b"not one", b"SQLite format 3\x00" + b"\x00" * 2000):
        (tmp_path / "b.gpkg").write_bytes(data)
        with pytest.raises(InputError) as caught:
            read_boxes(tmp_path / "b.gpkg", scene=scene)
        assert caught.value.code == "E-INPUT-GEOPACKAGE"
    shapes = [shapely.Polygon(box) for box in PIXELS]
    path = _geopackage(tmp_path / "two.gpkg", shapes, CLASSES, None)
    _geopackage(path, shapes, CLASSES, None, layer="other", append=True)
    with pytest.raises(InputError, match="2 layers"):
        read_boxes(path, scene=scene)


def test_a_million_boxes_are_refused(tmp_path: Path, make: Any) -> None:
    many = '{"type": "FeatureCollection", "features": [' + "{}," * 999_999 + "{}]}"
    lines = "0 0.5 0.5 0.1 0.1\n" * 1_000_000
    for name, text in (("b.geojson", many), ("b.txt", lines)):
        with pytest.raises(InputError, match="more than a person draws") as caught:
            read_boxes(_write(tmp_path / name, text), scene=make.scene(), class_names=("vehicle",))
        assert caught.value.code == "E-INPUT-MANY-BOXES"


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_mutated_file_is_read_or_refused_and_nothing_else(tmp_path: Path, make: Any, data: st.DataObject) -> None:
    text = json.dumps(_collection(PIXELS, searched=["vehicle"], observer="anna"))
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + data.draw(st.text(max_size=8)) + text[at + data.draw(st.integers(0, 40)) :]
    path = tmp_path / "b.geojson"
    path.write_bytes(changed.encode("utf-8", "surrogatepass"))
    problem = None
    try:
        read = read_boxes(path, scene=make.scene())
    except InputError as error:
        problem = error
    else:
        assert np.isfinite(read.corners).all()
        assert len(read.classes) == len(read.corners)
    assert problem is None or problem.remedy
