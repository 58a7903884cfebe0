"""Offers become scenes: the site's window, what the catalogue says of it, its mask; or a reason why not."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import Transformer
from rasterio.shutil import copy

from faulty import FaultyProxy, file_server
from overlook import run
from overlook.collect import Patience, scenes
from overlook.store import Ledger
from overlook.terms import Asset, Offer, Rights, instant

WEST, NORTH, NOW = 300_000.0, 4_400_000.0, datetime(2026, 1, 1, tzinfo=UTC)
QUICK = Patience(attempts=3, connect_s=1, read_s=0.5, first_wait_s=0.01, longest_wait_s=0.02)
RGBN = ("red", "green", "blue", "nir")
SECRET = "signature0word"


@pytest.fixture(scope="module")
def www(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Single bands, their mask, a picture whose site is no data, and other things that catalogues point to."""
    folder = tmp_path_factory.mktemp("www")
    rng = np.random.default_rng(0)

    def write(name: str, pixels: Any, gsd: float = 0.5, **options: Any) -> None:
        place = {"crs": "EPSG:32651", "transform": Affine(gsd, 0, WEST, 0, -gsd, NORTH)} | options
        count, rows, columns = pixels.shape
        place |= {"width": columns, "height": rows, "count": count, "dtype": pixels.dtype}
        with rasterio.open(folder / "plain.tif", "w", driver="GTiff", **place) as file:
            file.write(pixels)
        copy(folder / "plain.tif", folder / name, driver="COG", compress="DEFLATE", blocksize="256")

    for number, band in enumerate(RGBN):
        write(f"{band}.tif", rng.integers(100 + number, 4000, (1, 800, 800)).astype(np.uint16))
    write("scl.tif", np.full((1, 400, 400), 4, np.uint8), gsd=1.0)
    write("visual.tif", rng.integers(1, 250, (3, 800, 800)).astype(np.uint8))
    write("blank.tif", np.zeros((3, 800, 800), np.uint8), nodata=0)
    write("many.tif", rng.integers(1, 250, (13, 400, 400)).astype(np.uint8), gsd=1.0)
    write("small.tif", rng.integers(1, 250, (1, 400, 400)).astype(np.uint16), gsd=1.0)
    picture = rng.integers(1, 250, (3, 800, 800)).astype(np.uint8)
    # The site lies on both: its yard is 200 to 400 pixels from the left.
    write("west.tif", picture[:, :, :320].copy())
    write("east.tif", picture[:, :, 250:].copy(), transform=Affine(0.5, 0, WEST + 125, 0, -0.5, NORTH))
    write("moved.tif", picture[:, :, 250:].copy(), transform=Affine(0.5, 0, WEST + 125.2, 0, -0.5, NORTH))
    write("both.tif", picture)
    vast = {"driver": "GTiff", "width": 100_000, "height": 100_000, "count": 1, "dtype": "uint8", "sparse_ok": True}
    vast |= {"crs": "EPSG:32651", "transform": Affine(0.5, 0, WEST, 0, -0.5, NORTH)}
    rasterio.open(folder / "vast.tif", "w", tiled=True, blockxsize=512, blockysize=512, **vast).close()
    rasterio.open(folder / "strips.tif", "w", **vast).close()
    # One directory of one tag that is followed by itself.
    (folder / "circle.tif").write_bytes(
        b"II*\x00\x08\x00\x00\x00\x01\x00" + bytes(12) + b"\x08\x00\x00\x00" + bytes(600)
    )
    (folder / "page.tif").write_bytes(b"<html>sign in</html>" + b" " * 600)
    (folder / "clouds.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    return folder


@pytest.fixture(scope="module")
def server(www: Path) -> Iterator[int]:
    with file_server(www) as port:
        yield port


def case_at(folder: Path, *hosts: str) -> Path:
    place = Transformer.from_crs("EPSG:32651", "EPSG:4326", always_xy=True).transform
    corners = [(100, 100), (200, 100), (200, 180), (100, 180), (100, 100)]
    ring = [list(place(WEST + x, NORTH - y)) for x, y in corners]
    zone = {"id": "yard", "name": "Yard", "kind": "yard", "geometry": {"type": "Polygon", "coordinates": [ring]}}
    site = {"id": "site", "name": "Site", "zones": [zone]}
    run.init(folder)
    case = {"overlook": 1, "id": "c", "title": "T", "allow_hosts": list(hosts), "sites": [site]}
    (folder / "case.yaml").write_text(json.dumps(case))
    return folder


@pytest.fixture
def case(tmp_path: Path, server: int) -> Path:
    return case_at(tmp_path / "case", f"127.0.0.1:{server}")


def offer(base: str, *assets: tuple[Any, ...], **changes: Any) -> Offer:
    """`assets`: (name, bands, further fields)."""
    values: dict[str, Any] = {
        "id": "S2A_1",
        "catalogue": "test",
        "collection": "sentinel-2",
        "when": instant(datetime(2020, 5, 1, 3, tzinfo=UTC)),
        "footprint": shapely.box(100, 30, 140, 50),
        "gsd_m": 0.5,
    } | changes
    made = tuple(
        Asset(**({"name": name, "href": f"{base}/{name}", "role": "data", "bands": bands} | (more[0] if more else {})))
        for name, bands, *more in assets
    )
    return Offer(**values, assets=made)


def get(case: Path, *offers: Offer, **options: Any) -> run.Downloaded:
    return run.download(case, offers, patience=QUICK, now=NOW, **options)


def bands(base: str, **changes: Any) -> Offer:
    scl = ("scl.tif", (), {"role": "mask", "mask": "scl", "gsd_m": 1.0})
    return offer(base, *((f"{b}.tif", (b,)) for b in RGBN), scl, **changes)


def test_bands_and_mask_become_one_scene_with_all_that_the_catalogue_says(case: Path, server: int, www: Path) -> None:
    done = get(
        case,
        bands(
            f"http://127.0.0.1:{server}",
            sensor="Sentinel-2A",
            off_nadir_deg=4.5,
            sun_elevation_deg=50.0,
            sun_azimuth_deg=140.0,
            rights=Rights(licence="CC-BY-4.0", credit="Somebody"),
            why_acquired="routine",
        ),
    )
    assert [(o.offer, o.site, o.notes) for o in done.obtained] == [("S2A_1", "site", ())]
    (scene,) = scenes(case / "imagery")
    assert (scene.id, scene.catalogue_id, scene.sensor, scene.why_acquired) == ("S2A_1",) * 2 + (
        "Sentinel-2A",
        "routine",
    )
    assert (scene.off_nadir_deg, scene.sun_elevation_deg, scene.sun_azimuth_deg) == (4.5, 50.0, 140.0)
    assert (scene.rights.licence, scene.rights.credit, scene.bands) == ("CC-BY-4.0", "Somebody", RGBN)
    assert scene.when == instant(datetime(2020, 5, 1, 3, tzinfo=UTC))
    assert scene.when_source == "declared"
    column, row = round((scene.transform[2] - WEST) / 0.5), round((NORTH - scene.transform[5]) / 0.5)
    rows, columns = scene.shape
    with rasterio.open(case / "imagery" / scene.path) as file:
        for number, band in enumerate(RGBN, 1):
            with rasterio.open(www / f"{band}.tif") as whole:
                np.testing.assert_array_equal(
                    file.read(number), whole.read(1)[row : row + rows, column : column + columns]
                )
    # The zone with the grid's margin of 20 m, the 15 m that registration may shift, and little more.
    assert 2 * (100 + 70) <= columns <= 2 * (100 + 70) + 20
    assert scene.provider_mask is not None
    assert scene.provider_mask.kind == "scl"
    with rasterio.open(case / "imagery" / scene.provider_mask.path) as mask:
        assert np.unique(mask.read()).tolist() == [4]
        assert mask.transform.a == 1.0
    run.verify(case)


def test_the_ledger_says_what_was_fetched_from_where(case: Path, server: int) -> None:
    get(case, bands(f"http://127.0.0.1:{server}"))
    with Ledger(case / "ledger.sqlite") as ledger:
        (entry,) = ledger.entries("downloaded")
    assert (entry.body["offer"], entry.body["scene"], entry.body["catalogue"]) == ("S2A_1", "S2A_1", "test")
    assert [s["href"] for s in entry.body["sources"]] == [f"http://127.0.0.1:{server}/{b}.tif" for b in RGBN]
    assert all(len(s["digest"]) == 64 and s["version"].startswith('"') for s in entry.body["sources"])


def test_what_is_in_the_case_is_not_fetched_again(case: Path, server: int) -> None:
    wanted = bands(f"http://127.0.0.1:{server}")
    get(case, wanted)
    again = get(case, wanted, bands(f"http://127.0.0.1:{server}", id="other", also=("S2A_1",)))
    assert again.held == (("S2A_1", "S2A_1"), ("other", "S2A_1"))
    assert (again.bytes_moved, again.obtained, again.not_obtained) == (0, (), ())


@pytest.mark.parametrize(
    ("assets", "code"),
    [
        ([("page.tif", ("red", "green", "blue"))], "E-INPUT-HTML"),
        ([("nothing.tif", ())], "E-FETCH-MISSING"),
        ([("blank.tif", ("red", "green", "blue"))], "E-FETCH-BLANK"),
        ([("many.tif", ())], "E-INPUT-BANDS"),
        ([("vast.tif", ())], "E-FETCH-BLANK"),
        ([("strips.tif", ())], "E-INPUT-TOO-LARGE"),
        ([("circle.tif", ())], "E-FETCH-BROKEN"),
        ([("red.tif", ("red",)), ("green.tif", ("green",)), ("small.tif", ("blue",))], "E-INPUT-BANDS-SIZE"),
        ([("x.tif", (), {"href": "file:///etc/passwd"})], "E-FETCH-ADDRESS"),
        ([("x.tif", (), {"href": "http://169.254.169.254/latest/meta-data"})], "E-FETCH-ADDRESS"),
        ([("x.tif", (), {"href": "http://localhost:1/x.tif"})], "E-FETCH-ADDRESS"),
        ([("x.tif", (), {"unmet": "its provider sells it"})], "E-FETCH-NONE"),
        ([], "E-FETCH-NONE"),
    ],
)
def test_what_cannot_be_had_is_ledgered_with_the_reason_and_stops_nothing(
    case: Path, server: int, assets: list[Any], code: str
) -> None:
    base = f"http://127.0.0.1:{server}"
    good = offer(base, ("visual.tif", ("red", "green", "blue")), id="good")
    done = get(case, offer(base, *assets, id="bad"), good)
    assert [(row.offer, row.site, row.code) for row in done.not_obtained] == [("bad", "site", code)]
    assert [o.scene for o in done.obtained] == ["good"]
    get(case, offer(base, *assets, id="bad"))
    with Ledger(case / "ledger.sqlite") as ledger:
        (entry,) = ledger.entries("not obtained")
    assert (entry.body["offer"], entry.body["code"], entry.body["why"]) == ("bad", code, done.not_obtained[0].why)
    assert str(case) not in entry.body["why"]
    left = [p for p in (case / "imagery" / ".fetch").rglob("*") if p.is_file()]
    assert left == []


def test_an_offer_without_a_time_is_no_scene(case: Path, server: int) -> None:
    base = f"http://127.0.0.1:{server}"
    done = get(case, offer(base, ("visual.tif", ("red", "green", "blue")), when=None))
    assert [row.code for row in done.not_obtained] == ["E-INPUT-UNDATED"]


def test_the_same_pixels_under_another_id_are_not_a_second_look(case: Path, server: int) -> None:
    base = f"http://127.0.0.1:{server}"
    first = offer(base, ("visual.tif", ("red", "green", "blue")))
    other = offer(
        base, ("visual.tif", ("red", "green", "blue")), id="B", when=instant(datetime(2020, 6, 1, tzinfo=UTC))
    )
    done = get(case, first, other)
    assert [row.code for row in done.not_obtained] == ["E-INPUT-SAME"]
    assert scenes(case / "imagery")[0].when == first.when


def test_a_mask_that_cannot_be_had_is_a_note(case: Path, server: int) -> None:
    base = f"http://127.0.0.1:{server}"
    mask = ("no-mask.tif", (), {"role": "mask", "mask": "udm2"})
    done = get(case, offer(base, ("visual.tif", ("red", "green", "blue")), mask))
    assert "no-mask.tif was not obtained" in done.obtained[0].notes[0]
    assert scenes(case / "imagery")[0].provider_mask is None


def test_polygons_of_clouds_are_kept_as_they_are(case: Path, server: int) -> None:
    base = f"http://127.0.0.1:{server}"
    mask = ("clouds.geojson", (), {"role": "mask", "mask": "cloud polygons"})
    get(case, offer(base, ("visual.tif", ("red", "green", "blue")), mask))
    (scene,) = scenes(case / "imagery")
    assert scene.provider_mask is not None
    assert (scene.provider_mask.kind, scene.provider_mask.path[-8:]) == ("cloud polygons", ".geojson")


def test_an_offer_of_another_place_is_passed_over(case: Path, server: int) -> None:
    base = f"http://127.0.0.1:{server}"
    far = offer(base, ("visual.tif", ()), footprint=shapely.box(0, 0, 1, 1))
    assert get(case, far) == run.Downloaded()


def test_a_site_on_the_edge_of_two_tiles_is_shown_by_both(case: Path, server: int, www: Path) -> None:
    base, rgb = f"http://127.0.0.1:{server}", ("red", "green", "blue")
    masks = [(f"{n}.tif", (), {"role": "mask", "mask": "scl", "piece": p}) for n, p in (("scl", ""), ("scl", "b"))]
    tiles = offer(base, ("west.tif", rgb), ("east.tif", rgb, {"piece": "b"}), *masks)
    done = get(case, tiles)
    (scene,) = scenes(case / "imagery")
    left, top = round((scene.transform[2] - WEST) * 2), round((NORTH - scene.transform[5]) * 2)
    rows, columns = scene.shape
    assert columns >= 2 * (100 + 70)
    with rasterio.open(www / "both.tif") as whole, rasterio.open(case / "imagery" / scene.path) as got:
        np.testing.assert_array_equal(got.read(), whole.read()[:, top : top + rows, left : left + columns])
    assert scene.provider_mask is not None
    assert done.obtained[0].notes == ()


def test_a_tile_that_the_site_does_not_need_is_not_fetched(case: Path, server: int) -> None:
    base, rgb = f"http://127.0.0.1:{server}", ("red", "green", "blue")
    done = get(case, offer(base, ("both.tif", rgb), ("nothing.tif", rgb, {"piece": "b"})))
    assert [o.scene for o in done.obtained] == ["S2A_1"]


def test_tiles_that_cannot_be_joined_are_one_tile_and_a_note(case: Path, server: int) -> None:
    base, rgb = f"http://127.0.0.1:{server}", ("red", "green", "blue")
    done = get(case, offer(base, ("west.tif", rgb), ("moved.tif", rgb, {"piece": "b"})))
    assert "only one of its tiles is used" in done.obtained[0].notes[0]
    assert not [p for p in (case / "imagery" / ".fetch").rglob("*") if p.is_file()]


def test_a_signed_address_is_asked_for_and_never_kept(case: Path, server: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("OVERLOOK_AUTHORIZATION_127_0_0_1", f"Bearer {SECRET}")
    base = f"http://127.0.0.1:{server}"

    def sign(_: Offer, href: str) -> str:
        return f"{href}?sig={SECRET}"

    good = offer(base, ("visual.tif", ("red", "green", "blue")))
    bad = [offer(base, (name, ()), id=f"b-{name}") for name in ("nothing.tif", "page.tif", "blank.tif")]
    asked: list[str] = []
    with FaultyProxy(server) as proxy:
        case_at(case.parent / "second", f"127.0.0.1:{proxy.port}")
        moved = [
            offer(f"http://127.0.0.1:{proxy.port}", *((a.name, a.bands) for a in o.assets), id=o.id)
            for o in (good, *bad)
        ]
        done = get(case.parent / "second", *moved, sign=sign)
        asked = [path for path, _ in proxy.ranges]
    assert asked
    assert all(SECRET in path for path in asked)
    assert len(done.obtained) == 1
    assert len(done.not_obtained) == 3
    assert SECRET not in repr(done)
    written = [p for p in (case.parent / "second").rglob("*") if p.is_file()]
    assert len(written) > 3
    assert not [p for p in written if SECRET.encode() in p.read_bytes()]


def test_it_goes_on_where_it_stopped(case: Path, server: int, tmp_path: Path) -> None:
    with FaultyProxy(server, choose=lambda n, _: "503" if n > 2 else "") as proxy:
        second = case_at(tmp_path / "second", f"127.0.0.1:{proxy.port}")
        base = f"http://127.0.0.1:{proxy.port}"
        first = get(second, offer(base, ("visual.tif", ("red", "green", "blue"))))
        assert [row.code for row in first.not_obtained] == ["E-FETCH-BUSY"]
        proxy.choose = lambda *_: ""
        again = get(second, offer(base, ("visual.tif", ("red", "green", "blue"))))
    assert len(again.obtained) == 1
    assert not scenes(case / "imagery")


def test_files_beside_a_local_catalogue_are_read_without_moving_a_byte(case: Path, www: Path) -> None:
    done = get(case, offer(str(www), ("visual.tif", ("red", "green", "blue"))), folders=(www,))
    assert (len(done.obtained), done.bytes_moved) == (1, 0)
    refused = get(case, offer(str(www), ("blank.tif", ()), id="x"))
    assert [row.code for row in refused.not_obtained] == ["E-FETCH-ADDRESS"]


def test_many_are_fetched_at_once_and_told_in_order(case: Path, server: int, www: Path) -> None:
    offers = []
    with rasterio.open(www / "visual.tif") as file:
        pixels, profile = file.read(), file.profile
    for number in range(6):
        with rasterio.open(www / f"v{number}.tif", "w", **profile) as out:
            out.write(np.roll(pixels, number, axis=2))
        when = instant(datetime(2020, 5, 1, tzinfo=UTC) + timedelta(days=number))
        asset = (f"v{number}.tif", ("red", "green", "blue"))
        offers.append(offer(f"http://127.0.0.1:{server}", asset, id=f"v{number}", when=when))
    told: list[int] = []
    done = get(case, *offers, workers=3, progress=lambda _, n, __: told.append(n))
    assert [o.offer for o in done.obtained] == [f"v{n}" for n in range(6)]
    assert told == list(range(7))
    assert [s.id for s in scenes(case / "imagery")] == [f"v{n}" for n in range(6)]


@pytest.fixture(scope="module")
def store(www: Path) -> Iterator[str]:
    """moto's S3 with one file in a bucket that everybody may read; yields its endpoint."""
    import boto3
    from moto.server import ThreadedMotoServer

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
        moto.start()
        host, port = moto.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
        client.create_bucket(Bucket="images", ACL="public-read")
        client.upload_file(str(www / "visual.tif"), "images", "a folder/visual.tif", ExtraArgs={"ACL": "public-read"})
        yield endpoint
        moto.stop()


@pytest.mark.parametrize("signed", [False, True])
def test_a_window_comes_out_of_an_object_store(
    store: str, tmp_path: Path, www: Path, monkeypatch: pytest.MonkeyPatch, signed: bool
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    if signed:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", store)
    case = case_at(tmp_path / "case", store.removeprefix("http://"))
    done = get(case, offer("s3://images/a folder", ("visual.tif", ("red", "green", "blue"))))
    assert [o.scene for o in done.obtained] == ["S2A_1"]
    assert done.bytes_moved < (www / "visual.tif").stat().st_size
    missing = get(case, offer("s3://images", ("nothing.tif", ()), id="m"))
    assert [row.code for row in missing.not_obtained] == ["E-FETCH-MISSING"]
    assert not [p for p in case.rglob("*") if p.is_file() and SECRET.encode() in p.read_bytes()]


def test_a_store_that_the_case_does_not_allow_is_not_asked(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", store)
    done = get(case_at(tmp_path / "case"), offer("s3://images/a folder", ("visual.tif", ())))
    assert [row.code for row in done.not_obtained] == ["E-FETCH-ADDRESS"]
    assert "allow_hosts" in done.not_obtained[0].why
