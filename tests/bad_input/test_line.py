"""Mutated images, counts and case files through the whole line: one line each, or a finished assessment."""

import copy
import io
import json
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from overlook import run
from overlook.collect import Registering
from overlook.errors import CaseError, InputError, OverlookError
from overlook.terms import Count, NotObserved, dumps

from .conftest import CASE, NAMES, X0, Y0, attempt, boxes, new_case, one_line, tiff

RNG = np.random.default_rng(0)
HERE = Registering(gsd_m=0.5, centre=(9.0002, 50.0002))


def through(folder: Path, image: Path, said: Registering | None = None, yaml: str = CASE) -> Any:
    """Add an image with a person's boxes to a new case and assess: an OverlookError, or what came of the yard."""
    root = new_case(folder / "case", yaml)
    added = run.add(root, [image], registering=said)[0]
    if added.error:
        one_line(added.error)
        assert not list((root / "imagery").iterdir())
        run.verify(root)
        return added.error
    error, assessed = attempt(lambda: run.add(root, [boxes(folder / "b.geojson")], boxing=run.Boxing(scene=added.id)))
    if assessed and assessed[0].error:
        one_line(assessed[0].error)
    error, assessed = attempt(lambda: run.assess(root))
    if error:
        return error
    run.verify(root)
    assert str(folder) not in assessed.report.read_text(encoding="utf-8")
    (seen,) = assessed.assessment.observations
    return seen


def noise(*shape: int, kind: str = "uint8") -> Any:
    return RNG.integers(1, 250, shape).astype(kind)


def holes() -> Any:
    # Of strong contrast: even grey from edge to edge is what a sky looks like, and is not counted on.
    data = noise(3, 160, 200, kind="float32")
    data[:, 40:70, 40:70], data[0, 100:104], data[1, 20:30] = np.nan, np.inf, -np.inf
    return data


@pytest.mark.parametrize(
    ("data", "options", "wanted"),
    [
        (noise(1, 160, 200) % 2, {"nbits": 1}, Count),
        (noise(4, 160, 200, kind="uint16"), {}, Count),
        (noise(1, 160, 200, kind="int32"), {}, Count),
        (noise(1, 160, 200, kind="float64") * 1e300, {}, "no data"),
        (holes(), {}, Count),
        (holes() * np.float32(np.nan), {}, "no data"),
        (holes(), {"nodata": float("nan")}, Count),
        (noise(1, 160, 200) * 0, {"nodata": 0}, "no data"),
        (noise(1, 160, 200) * 0, {}, "no data"),
        (noise(1, 160, 200, kind="complex64"), {}, "E-INPUT-DTYPE"),
        (noise(13, 160, 200), {}, "E-INPUT-BANDS"),
        (noise(1, 160, 200), {"transform": Affine(0.5, 0, X0 - 20, 0, 0.5, Y0 - 20)}, Count),
        (noise(1, 200, 200), {"transform": Affine(0.45, 0.2, X0 - 30, 0.2, -0.45, Y0 + 40)}, Count),
        (noise(1, 160, 200), {"transform": Affine(0.5, 0, X0, 0.5, 0, Y0)}, "E-INPUT-TRANSFORM"),
        (noise(1, 160, 200), {"crs": None}, "E-INPUT-NO-CRS"),
        (noise(1, 160, 200), {"crs": "EPSG:4978"}, "E-INPUT-CRS"),
        (noise(1, 160, 200), {"crs": "EPSG:32651"}, "off the image"),
        (noise(1, 160, 200), {"transform": Affine(0.5, 0, 9e9, 0, -0.5, 9e9)}, "E-INPUT-OFF-EARTH"),
        (noise(1, 200, 240), {"crs": "EPSG:4326", "transform": Affine(5e-6, 0, 8.9998, 0, -5e-6, 50.0006)}, Count),
        (noise(1, 20, 20), {"crs": "EPSG:4326", "transform": Affine(5e-6, 0, 50, 0, -5e-6, 139)}, "E-INPUT-AXES"),
        (noise(1, 1, 1), {}, "off the image"),
        (noise(1, 1, 1), {"transform": Affine(500, 0, X0 - 20, 0, -500, Y0 + 80)}, "too coarse"),
        (noise(1, 300, 1), {"transform": Affine(0.5, 0, X0 + 1, 0, -0.5, Y0 + 60)}, "off the image"),
        (noise(1, 20, 20), {"transform": Affine(0.5, 0, X0 + 1, 0, -0.5, Y0 + 20)}, "off the image"),
    ],
)
def test_an_image_of_any_making_is_counted_or_says_why_not(tmp_path, data, options, wanted):
    found = through(tmp_path, tiff(tmp_path / f"{NAMES[0]}.tif", data, **options))
    if isinstance(found, OverlookError):
        assert found.code == wanted
    elif isinstance(found, NotObserved):
        assert found.reason == wanted
    else:
        assert wanted is Count


@pytest.mark.parametrize(("gsd", "code"), [(5.0, "E-INPUT-GSD"), (-1.0, "E-INPUT-GSD"), (float("nan"), "E-INPUT-GSD")])
def test_a_scale_that_contradicts_the_image_is_refused(tmp_path, gsd, code):
    found = through(tmp_path, tiff(tmp_path / f"{NAMES[0]}.tif"), Registering(gsd_m=gsd))
    assert isinstance(found, InputError)
    assert found.code == code


@pytest.mark.parametrize("keep", [0.0, 0.01, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("options", [{}, {"compress": "deflate", "tiled": True, "blockxsize": 64, "blockysize": 64}])
def test_an_image_that_is_cut_short_is_refused(tmp_path, keep, options):
    image = tiff(tmp_path / f"{NAMES[0]}.tif", **options)
    image.write_bytes(image.read_bytes()[: int(image.stat().st_size * keep)])
    assert isinstance(through(tmp_path, image), InputError)


@pytest.mark.parametrize(("width", "height"), [(32_000, 32_000), (2**31 - 1, 2**31 - 1), (0, 10), (3000, 3000)])
def test_a_png_that_promises_more_than_it_holds(tmp_path, width, height):
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    image = tmp_path / f"{NAMES[0]}.png"
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(900)))
    image.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b""))
    found = through(tmp_path, image, HERE)
    assert isinstance(found, InputError) or found.reason == "unreadable"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>sign in",
        b"hello",
        b"II*\0",
        b'<VRTDataset rasterXSize="1"/>',
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
    ],
)
def test_what_is_no_image_is_refused(tmp_path, data):
    image = tmp_path / f"{NAMES[0]}.tif"
    image.write_bytes(data)
    assert isinstance(through(tmp_path, image, HERE), InputError)


HEAD = "time,zone,class,count\n"
ROW = "2020-06-21T10:00Z,yard,truck,"


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEAD,
        HEAD + ROW + "-3\n",
        HEAD + ROW + "3.5\n",
        HEAD + ROW + "nan\n",
        HEAD + ROW + "1e300\n",
        HEAD + ROW + "9" * 1_000_000 + "\n",
        HEAD + "2020-06-21T10:00,yard,truck,3\n",
        HEAD + "2099-06-21T10:00Z,yard,truck,3\n",
        HEAD + "0001-01-01T00:00+14:00,yard,truck,3\n",
        HEAD + "9999-12-31T23:59-12:00,yard,truck,3\n",
        HEAD + "2" * 1_000_000 + ",yard,truck,3\n",
        HEAD + ROW + "3\n" + ROW + "4\n",
        HEAD + "2020-06-21,yrad,truck,3\n",
        HEAD + "2020-06-21," + "z" * 1_000_000 + ",truck,3\n",
        HEAD + "2020-06-21,yard,tr\0uck,3\n",
        HEAD + "2020-06-21,yard,tr\u202euck,3\n",
        HEAD + "2020-06-21,yard\n",
        HEAD + '2020-06-21,"yard,truck,3\n',
        ",".join(f"c{n}" for n in range(5000)) + "\n" + ",".join("1" * 5000) + "\n",
        "time,zone,count," + "x" * 1_000_000 + "\n2020-01-01,yard,3,1\n",
        "time,zone,class,count,detection_probability\n" + ROW + "3,1e-300\n",
        "time,zone,class,count,detection_probability_sd\n" + ROW + "3,1e300\n",
        "time,zone,class,count,false_alarms\n" + ROW + "3,1e300\n",
        "time,zone,class,count,visible_fraction\n" + ROW + "3,1e-300\n",
        "time,zone,class,value,value_sd\n" + ROW + "1e200,1\n",
        (HEAD + ROW.replace("truck", "cami\u00f3n") + "3\n").encode("latin-1"),
        (HEAD + ROW + "3\n").encode("utf-16"),
        b"PK\x03\x04\xff\xfe",
    ],
    ids=lambda text: repr(text[-40:]),
)
def test_counts_that_cannot_be_are_one_line(tmp_path, text):
    path = tmp_path / "c.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    root = new_case(tmp_path / "case")
    error = run.add(root, [path])[0].error or attempt(lambda: run.assess(root))[0]
    assert isinstance(error, InputError)
    assert "c.c" in one_line(error)


EDGES = (
    "time,zone,class,count,visible_fraction,"
    "detection_probability,detection_probability_sd,false_alarms,false_alarms_sd\n"
)


@settings(max_examples=6, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([0, 1, 7, 2**31 - 1]),
            st.sampled_from(["", "1", "0.5", "0.000001"]),
            st.sampled_from(["", "1", "0.000001"]),
            st.sampled_from(["", "0", "1"]),
            st.sampled_from(["", "0", "10000"]),
            st.sampled_from(["", "0", "10000"]),
        ),
        min_size=1,
        max_size=14,
    )
)
def test_every_number_that_is_let_in_can_be_worked_with(rows):
    with tempfile.TemporaryDirectory() as name:
        root = new_case(Path(name) / "case")
        (root / "case.yaml").write_text(CASE.replace("plan:", "events: [{id: e, name: E, on: 2020-06-30}]\nplan:"))
        lines = [f"{2020}-{5 + n // 28:02d}-{1 + n % 28:02d}T10:00Z,yard,vehicle,{','.join(map(str, row))}\n"
                 for n, row in enumerate(rows)]  # fmt: skip
        path = Path(name) / "c.csv"
        path.write_text(EDGES + "".join(lines))
        assert run.add(root, [path])[0].error is None
        dumps(run.assess(root).assessment)


def test_names_never_become_markup_or_a_path(tmp_path):
    evil = "<script>alert('x')</script>"
    root = new_case(
        tmp_path / "case",
        CASE.replace("title: C", f'title: "{evil} =cmd|calc!A1"')
        .replace("name: Yard", f'name: "{evil}"')
        .replace("name: Alpha", f'name: "{evil}"')
        .replace("name: Source", f'name: "{evil}"')
        .replace('quote: "it was busy"', f'quote: "{evil} [x](javascript:alert(1))"'),
    )
    image = tiff(tmp_path / f"..{evil.replace('/', '_')}$(x)`y`_20200610T101522Z.tif")
    drawn = boxes(tmp_path / "b.geojson")
    drawn.write_text(drawn.read_text().replace('"vehicle"', json.dumps(evil)))
    counts = tmp_path / f"{evil.replace('/', '_')}.csv"
    counts.write_text(f"time,zone,class,count,observer,sensor\n2020-06-21,yard,{evil},3,=1+1 {evil},{evil}\n")
    said = Registering(sensor=evil, catalogue_id=f"=1+1{evil}")
    added = run.add(root, [image], registering=said)
    assert added[0].error is None
    boxing = run.Boxing(observer=f"../../{evil}", scene=added[0].id, searched=("vehicle", evil))
    assert [a.error for a in run.add(root, [drawn, counts], boxing=boxing)] == [None, None]
    html = run.assess(root).report.read_text(encoding="utf-8")
    assert "<script" not in html.lower()
    assert "&lt;script&gt;" in html
    assert 'href="javascript' not in html.lower()
    inside = {p.name for p in root.iterdir()}
    assert inside <= {"case.yaml", "imagery", "ledger.sqlite", ".overlook", "report"}
    safe = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert all(set(p.name) <= safe and not p.name.startswith(".") for p in (root / "imagery").iterdir())
    assert {p.name for p in tmp_path.iterdir()} == {"case", image.name, drawn.name, counts.name}
    run.verify(root)


# ---- properties -------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(
    which=st.integers(0, 2),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=12),
    keep=st.sampled_from([1.0, 1.0, 0.95]),
    head=st.booleans(),
)
def test_mutated_images_through_the_whole_line(which, changes, keep, head):
    options = [{}, {"compress": "deflate", "tiled": True, "blockxsize": 64, "blockysize": 64}, {"compress": "lzw"}][
        which
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = tiff(folder / f"{NAMES[0]}.tif", **options)
        data = bytearray(image.read_bytes())
        reach = min(600, len(data) - 1) if head else len(data) - 1
        for at, value in changes:
            data[int(at * reach)] = value
        image.write_bytes(data[: int(len(data) * keep)])
        found = through(folder, image)
        assert isinstance(found, OverlookError | Count | NotObserved)


ODD = st.one_of(
    st.none(),
    st.integers(-5, 5),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["2018-06-12", "EPSG:32651", "local", "POLYGON ((0 0, 1 1))", "../x", "<b>", "=1+1", "9" * 400]),
    st.lists(st.integers(), max_size=2),
)  # fmt: skip
TREE = YAML(typ="safe", pure=True).load(CASE)


def nodes(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(p for key, child in children for p in nodes(child, (*path, key)))]


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_mutated_case_files_through_the_whole_line(whole, data):
    tree = copy.deepcopy(TREE)
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from([p for p in nodes(tree) if p]))
        *above, last = path
        at = tree
        for step in above:
            at = at[step]
        if data.draw(st.booleans()):
            at[last] = data.draw(ODD)
        else:
            del at[last]
    out = io.StringIO()
    YAML(typ="safe", pure=True).dump(tree, out)
    with tempfile.TemporaryDirectory() as name:
        root = new_case(Path(name) / "case", out.getvalue())
        (root / "imagery").rmdir()
        (root / "imagery").symlink_to(whole / "imagery")
        before = {p.name: p.read_bytes() for p in (whole / "imagery").iterdir()}
        error, assessed = attempt(lambda: run.assess(root))
        assert error or assessed.report.is_file()
        assert {p.name: p.read_bytes() for p in (whole / "imagery").iterdir()} == before


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe\x00",
        "title: \u00e9".encode("latin-1"),
        b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n",
        b"a: &a\n  <<: *a\n",
        b"- " * 20_000,
        b"!!python/object/apply:os.system ['true']\n",
        b"overlook: 1\n" * 2,
        b"x" * 6_000_000,
        CASE.replace("id: alpha", "id: <b>").encode(),
        CASE.replace("  - {id: src,", "  - {id: src, kind: document, name: S}\n  - {id: src,").encode(),
    ],
    ids=lambda text: repr(text[:24]),
)
def test_case_files_that_are_none_are_one_line(tmp_path, text):
    root = new_case(tmp_path / "case")
    (root / "case.yaml").write_bytes(text)
    error, _ = attempt(lambda: run.assess(root))
    assert isinstance(error, CaseError)
    assert "case.yaml" in one_line(error)
