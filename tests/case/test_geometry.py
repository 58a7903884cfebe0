"""Polygons of zones: every way to give one gives the same, and what cannot be meant is refused with where it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import shapely
from pyproj import Transformer

from overlook.case import case_files, read_case
from overlook.case.geometry import across_km, utm_crs
from overlook.errors import CaseError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RING = [[124.70, 39.66], [124.702, 39.66], [124.702, 39.662], [124.70, 39.662], [124.70, 39.66]]
PAD = shapely.Polygon(RING)


def case_text(*geometries: object, crs: str = "") -> str:
    zones = [
        {"id": f"z{i}", "name": f"Zone {i}", "kind": "yard", "geometry": geometry}
        for i, geometry in enumerate(geometries)
    ]
    site = {"id": "s", "name": "S", "zones": zones} | ({"crs": crs} if crs else {})
    # JSON is YAML.
    return json.dumps({"overlook": 1, "id": "c", "title": "C", "sites": [site]}, indent=1)


def read(folder: Path, *geometries: object, crs: str = "") -> tuple[shapely.Geometry, ...]:
    (folder / "case.yaml").write_text(case_text(*geometries, crs=crs), encoding="utf-8")
    return tuple(z.geometry for z in read_case(folder, now=NOW).sites[0].zones)


def refused(folder: Path, *geometries: object, crs: str = "") -> CaseError:
    with pytest.raises(CaseError) as caught:
        read(folder, *geometries, crs=crs)
    assert "\n" not in str(caught.value)
    assert caught.value.where.startswith("case.yaml:")
    return caught.value


def geojson(ring: list[list[float]], *holes: list[list[float]]) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": [ring, *holes]}


KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>zones</name>
<Folder><name>Site</name>
  <Folder><name>Inner</name>
    <Placemark><name>Launch pad</name><Polygon><outerBoundaryIs><LinearRing><coordinates>
      124.70,39.66,12 124.702,39.66,12 124.702,39.662,12 124.70,39.662,12 124.70,39.66,12
    </coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>
  </Folder>
  <Placemark><name>A way in</name><LineString><coordinates>124.70,39.66,0 124.71,39.67,0</coordinates></LineString></Placemark>
</Folder></Document></kml>"""  # noqa: E501


def write_gpkg(path: Path, crs: str, names: tuple[str, ...] = ("Pad",)) -> None:
    forward = Transformer.from_crs(4326, crs, always_xy=True)
    placed = shapely.transform(PAD, lambda xy: np.column_stack(forward.transform(xy[:, 0], xy[:, 1])))
    pyogrio.raw.write(
        path,
        np.array([shapely.to_wkb(placed)] * len(names), dtype=object),
        [np.array(names, dtype=object)],
        np.array(["Name"]),
        geometry_type="Polygon",
        crs=crs,
        driver="GPKG",
    )


def test_geojson_and_wkt_give_the_same_polygon(tmp_path: Path) -> None:
    deep = {"type": "Polygon", "coordinates": [[[x, y, 35.0] for x, y in RING]]}
    unclosed = geojson(RING[:-1])
    for given in (geojson(RING), deep, unclosed, PAD.wkt, "polygon z " + shapely.force_3d(PAD).wkt[10:]):
        (found,) = read(tmp_path, given)
        assert found.equals(PAD)
        assert not found.has_z


def test_holes_and_several_parts_are_kept(tmp_path: Path) -> None:
    hole = [[124.7005, 39.6605], [124.701, 39.6605], [124.701, 39.661], [124.7005, 39.6605]]
    away = [[x + 0.01, y] for x, y in RING]
    (found,) = read(tmp_path, geojson(RING, hole))
    assert len(found.interiors) == 1
    (found,) = read(tmp_path, {"type": "MultiPolygon", "coordinates": [[RING], [away]]})
    assert len(found.geoms) == 2


def test_kml_folders_are_searched_and_heights_dropped(tmp_path: Path) -> None:
    (tmp_path / "zones.kml").write_text(KML, encoding="utf-8")
    for given in ({"file": "zones.kml", "feature": "Launch pad"}, {"file": "zones.kml"}):
        (found,) = read(tmp_path, given)
        assert found.equals(PAD)
        assert not found.has_z
    assert case_files(tmp_path) == (tmp_path / "case.yaml", tmp_path / "zones.kml")
    error = refused(tmp_path, {"file": "zones.kml", "feature": "Lanch pad"})
    assert error.code == "E-CASE-FILE"
    assert "did you mean 'Launch pad'?" in error.what
    assert "LineString" in refused(tmp_path, {"file": "zones.kml", "feature": "A way in"}).what


def test_folders_of_one_name_and_multigeometries_are_read(tmp_path: Path) -> None:
    polygon = KML[KML.index("<Polygon>") : KML.index("</Polygon>") + len("</Polygon>")]
    places = {
        name: f"<Placemark><name>{name}</name>{polygon}</Placemark>" for name in ("top", "one", "two", "deep", "bare")
    }
    beside = polygon.replace("124.70", "124.71")
    places["multi"] = f"<Placemark><name>multi</name><MultiGeometry>{polygon}{beside}</MultiGeometry></Placemark>"
    (tmp_path / "k.kml").write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"{places['top']}<Folder><name>Zones</name>{places['one']}</Folder>"
        f"<Folder><name>Zones</name>{places['two']}<Folder><name>Zones</name>{places['deep']}</Folder></Folder>"
        f"<Folder>{places['bare']}</Folder>{places['multi']}</Document></kml>",
        encoding="utf-8",
    )
    for name in ("top", "one", "two", "deep", "bare"):
        assert read(tmp_path, {"file": "k.kml", "feature": name})[0].equals(PAD)
    (both,) = read(tmp_path, {"file": "k.kml", "feature": "multi"})
    assert len(both.geoms) == 2


def test_reading_a_geopackage_leaves_nothing_behind(tmp_path: Path) -> None:
    write_gpkg(tmp_path / "z.gpkg", "EPSG:32651")
    before = (tmp_path / "z.gpkg").read_bytes()
    read(tmp_path, {"file": "z.gpkg"})
    assert {p.name for p in tmp_path.iterdir()} == {"case.yaml", "z.gpkg"}
    assert (tmp_path / "z.gpkg").read_bytes() == before


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32651", "EPSG:3857"])
def test_a_geopackage_is_brought_to_longitude_and_latitude(tmp_path: Path, crs: str) -> None:
    (tmp_path / "sub").mkdir()
    write_gpkg(tmp_path / "sub" / "zones.gpkg", crs)
    (found,) = read(tmp_path, {"file": "sub/zones.gpkg", "feature": "Pad"})
    assert found.normalize().equals_exact(PAD.normalize(), 1e-9)


def test_a_geojson_file_and_its_features(tmp_path: Path) -> None:
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": geojson(RING)} for name in ("a", "b", "b")
    ]
    (tmp_path / "z.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert read(tmp_path, {"file": "z.geojson", "feature": "a"})[0].equals(PAD)
    assert "2 features named 'b'" in refused(tmp_path, {"file": "z.geojson", "feature": "b"}).what
    assert "say which" in refused(tmp_path, {"file": "z.geojson"}).what


def test_files_outside_the_folder_are_never_opened(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    secret = tmp_path / "secret.geojson"
    secret.write_text(json.dumps(geojson(RING)))
    (folder / "link.geojson").symlink_to(secret)
    (folder / "loop.geojson").symlink_to(folder / "loop.geojson")
    for name in ("../secret.geojson", str(secret), "link.geojson", "loop.geojson", "a\\b.geojson", "none.geojson", "."):
        assert refused(folder, {"file": name}).code == "E-CASE-FILE"
        with pytest.raises(CaseError, match="E-CASE-FILE"):
            case_files(folder)
    assert refused(folder, {"file": "/vsicurl/http://localhost/z.geojson"}).code == "E-CASE-FILE"


def test_files_that_are_not_what_their_name_says(tmp_path: Path) -> None:
    virtual = f'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{tmp_path}/x.csv</SrcDataSource></OGRVRTLayer>'
    write_gpkg(tmp_path / "whole.gpkg", "EPSG:4326")
    contents = {
        "empty.kml": b"",
        "vrt.kml": (virtual + "<kml></OGRVRTDataSource>").encode(),
        "cut.kml": KML[:400].encode(),
        "cut.gpkg": (tmp_path / "whole.gpkg").read_bytes()[:3000],
        "text.gpkg": b"hello",
        "cut.geojson": b'{"type": "FeatureCollection", "features": [',
        "none.geojson": b'{"type": "FeatureCollection", "features": []}',
        "zones.shp": b"x",
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
        error = refused(tmp_path, {"file": name})
        assert error.code == "E-CASE-FILE", name
        assert name in error.what


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (geojson([[124.70, 39.66], [124.702, 39.662], [124.702, 39.66], [124.70, 39.662]]), "itself at 124.701 39.661"),
        (geojson([[39.66, 124.70], [39.66, 124.702], [39.662, 124.702]]), "latitude, longitude were swapped"),
        ("POLYGON ((39.66 124.7, 39.66 124.702, 39.662 124.702, 39.66 124.7))", "latitude, longitude were swapped"),
        (geojson([[500000, 4390000], [500100, 4390000], [500100, 4390100]]), "are these longitude, latitude?"),
        (geojson([[190.0, 10.0], [190.001, 10.0], [190.001, 10.001]]), "longitude 190.001 is outside"),
        (geojson([[124.70, 39.66], [124.701, 39.66], [124.702, 39.66], [124.70, 39.66]]), "no area"),
        (geojson([[124.70, 39.66], [124.701, 39.66], [124.70, 39.66]]), "2 different points"),
        (geojson([[124.0, 39.0], [125.0, 39.0], [125.0, 40.0]]), "km across"),
        (geojson([[179.99, 10.0], [-179.99, 10.0], [-179.99, 10.01]]), "180° meridian"),
        (geojson([[124.70, "x"], [124.701, 39.66], [124.70, 39.67]]), "point 1 must be [longitude, latitude]"),
        (geojson([[124.70, 1e400], [124.701, 39.66], [124.70, 39.67]]), "must be [longitude, latitude]"),
        (geojson(RING, [[124.71, 39.66], [124.712, 39.66], [124.712, 39.662]]), "hole outside itself"),
        ({"type": "Point", "coordinates": [124.7, 39.66]}, "must be Polygon or MultiPolygon, not 'Point'"),
        ({"type": "Polygon"}, "coordinates must be a list"),
        ({"type": "Polygon", "coordinates": []}, "no ring"),
        ({"type": "MultiPolygon", "coordinates": []}, "polygon"),
        ({"type": "Polygon", "coordinates": [RING], "crs": 1}, "unknown key 'crs'"),
        ({"file": "z.kml", "features": "x"}, "unknown key 'features'"),
        ({"file": 7, "feature": {}}, "must be text"),
        ("POINT (1 2)", "not a Point"),
        ("POLYGON EMPTY", "empty"),
        ("POLYGON ((1 2, 3 4", "not WKT"),
        ("nonsense", "not WKT"),
        ([1, 2], "must be a GeoJSON polygon"),
        (12, "must be a GeoJSON polygon"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_zone_is_refused(tmp_path: Path, given: object, what: str) -> None:
    text = case_text(given).replace("Infinity", "1e400")
    (tmp_path / "case.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        read_case(tmp_path, now=NOW)
    assert what in caught.value.what
    assert "sites[0].zones[0].geometry: " in caught.value.what


def test_a_zone_with_swapped_axes_stands_out_among_the_others(tmp_path: Path) -> None:
    tallinn = [[24.75, 59.43], [24.752, 59.43], [24.752, 59.432]]
    swapped = [[y, x] for x, y in tallinn]
    error = refused(tmp_path, geojson(tallinn), geojson(swapped), geojson([[x + 0.01, y] for x, y in tallinn]))
    assert error.what.startswith("sites[0].zones[1].geometry: lies far")
    assert "swapped" in error.what
    far = [[x + 5, y] for x, y in tallinn]
    assert "spread over more than 50 km" in refused(tmp_path, geojson(tallinn), geojson(far)).what


def test_a_local_plane_is_in_metres(tmp_path: Path) -> None:
    ring = [[0, 0], [500, 0], [500, 300], [0, 300]]
    (found,) = read(tmp_path, geojson(ring), crs="local")
    assert found.area == 150_000
    assert "km across" in refused(tmp_path, geojson([[0, 0], [60_000, 0], [0, 10]]), crs="local").what
    write_gpkg(tmp_path / "z.gpkg", "EPSG:4326")
    assert "crs is local" in refused(tmp_path, {"file": "z.gpkg"}, crs="local").what


def test_the_utm_zone_is_that_of_the_zones() -> None:
    assert utm_crs([PAD]) == "EPSG:32651"
    assert utm_crs([shapely.box(-70.001, -33, -70, -32.999)]) == "EPSG:32719"
    assert utm_crs([shapely.box(179.9, 1, 180, 1.1)]) == "EPSG:32660"
    with pytest.raises(ValueError, match="UTM ends"):
        utm_crs([shapely.box(10, 85, 10.1, 85.1)])


def test_distances_are_those_of_the_sphere() -> None:
    # One degree of latitude is 111.195 km on the sphere of 6371.0088 km.
    assert across_km((10.0, 50.0, 10.0, 51.0), local=False) == pytest.approx(111.195, abs=0.001)
    assert across_km((0.0, 60.0, 1.0, 60.0), local=False) == pytest.approx(55.597, abs=0.01)
    assert across_km((0.0, 0.0, 3000.0, 4000.0), local=True) == 5.0
