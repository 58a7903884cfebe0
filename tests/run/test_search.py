"""`search` for real: a case, a catalogue on this machine, what is kept, and what assessments make of it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import Transformer
from typer.testing import CliRunner

from catalogues import item
from overlook import run
from overlook.cli import app, main
from overlook.errors import CaseError, IntegrityError, UsageError
from overlook.store import Ledger
from overlook.terms import Interval, Search, loads

NOW = datetime(2026, 6, 1, tzinfo=UTC)
AWAY = shapely.geometry.mapping(shapely.box(0, 0, 1, 1))
CASE = """
overlook: 1
id: search
title: Search
sites:
  - id: camp
    name: Camp
    zones:
      - {id: yard, name: Yard, kind: yard, geometry: "POLYGON((125.1 39.1, 125.101 39.1, 125.101 39.101, 125.1 39.1))"}
events:
  - {id: e1, name: Event, on: 2018-06-12}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "case.yaml").write_text(CASE)
    return tmp_path / "case"


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """A file of items: one to be had, one of another place, one of labels."""
    made = [
        item("fine", "2018-07-01T03:00:00Z", license="CC-BY-4.0"),
        item("cloudy", "2018-07-03T03:00:00Z", **{"eo:cloud_cover": 100}),
        item("labels", "2018-07-02T03:00:00Z", **{"label:type": "vector"}),
        item(
            "away",
            "2018-07-02T03:00:00Z",
            geometry=shapely.geometry.mapping(shapely.box(0, 0, 1, 1)),
            bbox=[0, 0, 1, 1],
        ),
    ]
    path = tmp_path / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": made}))
    return path


def declared(folder: Path, *lines: str) -> None:
    (folder / "case.yaml").write_text(CASE + "\n".join(lines) + "\n")


def gaps_of(folder: Path) -> list[tuple[str, str, str]]:
    return [(g.reason, g.scene, g.detail) for g in run.assess(folder, now=NOW).assessment.gaps]


def test_a_search_is_kept_with_its_digest_and_read_by_assessments(folder: Path, catalogue: Path) -> None:
    found = run.search(folder, catalogues=[str(catalogue)], now=NOW)
    (made,) = found.searches
    # The windows of the event, before and after, asked for as one.
    assert (made.during.start, made.during.end.date().isoformat()) == (datetime(2018, 2, 12, tzinfo=UTC), "2018-07-27")
    assert made.complete
    assert {(offer.id, reason) for _, offer, reason, _ in found.offers} == {
        ("fine", "not obtained"),
        ("cloudy", "cloud"),
    }
    assert dict(made.refused) == {
        "labels": "it holds labels, not an image",
        "away": "its footprint misses the site",
    }
    path = folder / "searches" / f"{made.id}.json"
    assert loads(path.read_bytes(), Search) == made
    with Ledger(folder / "ledger.sqlite") as ledger:
        (entry,) = ledger.entries("searched")
    assert entry.body["search"] == made.id
    told = gaps_of(folder)
    assert ("not obtained", "fine") in [row[:2] for row in told]
    assert ("cloud", "cloudy") in [row[:2] for row in told]
    assert any(reason == "no image" and "items" in detail for reason, _, detail in told)
    assert run.verify(folder).entries


def test_an_assessment_is_made_anew_when_a_search_is_added(folder: Path, catalogue: Path) -> None:
    assert all(reason == "not searched" for reason, _, _ in gaps_of(folder))
    run.search(folder, catalogues=[str(catalogue)], now=NOW)
    assert not run.assess(folder, now=NOW).reused
    assert run.assess(folder, now=NOW).reused


def test_a_record_that_was_altered_or_lost_says_nothing(folder: Path, catalogue: Path) -> None:
    (made,) = run.search(folder, catalogues=[str(catalogue)], now=NOW).searches
    path = folder / "searches" / f"{made.id}.json"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"complete":true', b'"complete":false'))
    done = run.assess(folder, now=NOW)
    assert {g.reason for g in done.assessment.gaps} == {"not searched"}
    assert any("was altered" in note for note in done.assessment.notes)
    with pytest.raises(IntegrityError, match="not the record of the search"):
        run.verify(folder)
    path.unlink()
    assert any("is gone" in note for note in run.assess(folder, now=NOW).assessment.notes)
    with pytest.raises(IntegrityError, match="not there any more"):
        run.verify(folder)
    path.write_bytes(whole)
    (folder / "searches" / "mine.json").write_bytes(whole)
    done = run.assess(folder, now=NOW)
    assert "no image" in {g.reason for g in done.assessment.gaps}
    assert any("mine.json was not made by" in note for note in done.assessment.notes)


def test_the_report_shows_the_new_reasons(folder: Path, catalogue: Path) -> None:
    run.search(folder, catalogues=[str(catalogue)], now=NOW)
    page = run.assess(folder, now=NOW).report.read_text()
    assert "a catalogue offers the image, and it is not in the case" in page
    assert "searched for, and no image came back" in page
    assert "searched on 2026-06-01" in page


def test_declared_catalogues_are_searched_again_by_the_bare_command(folder: Path, catalogue: Path) -> None:
    declared(folder, "catalogues:", f"  - {{catalog: {catalogue}, gsd_m: 0.5}}")
    (made,) = run.search(folder, now=NOW).searches
    assert made.gsd_m == 0.5
    (again,) = run.search(folder, now=NOW.replace(day=2)).searches
    assert again.id != made.id
    assert again.offers == made.offers


def test_a_time_given_is_searched_and_the_future_is_not(folder: Path, catalogue: Path) -> None:
    during = Interval(start=datetime(2018, 7, 2, tzinfo=UTC), end=datetime(2030, 1, 1, tzinfo=UTC))
    (made,) = run.search(folder, catalogues=[str(catalogue)], during=during, now=NOW).searches
    assert made.during.end == NOW
    assert [o.id for o in made.offers] == ["cloudy"]


@pytest.mark.parametrize(
    ("yaml", "kind", "code"),
    [
        (CASE.replace("    zones:", "    crs: local\n    zones:"), CaseError, "E-CASE-LOCAL-SITE"),
        (CASE.partition("    zones:")[0], CaseError, "E-CASE-NOWHERE"),
        (CASE.partition("sites:")[0], CaseError, "E-CASE-NOWHERE"),
        (CASE.partition("events:")[0], UsageError, "E-USAGE-TIME"),
        (CASE.replace("2018-06-12", "2040-06-12"), UsageError, "E-USAGE-TIME"),
    ],
)
def test_what_cannot_be_searched_is_one_line(
    folder: Path, catalogue: Path, yaml: str, kind: type[Exception], code: str
) -> None:
    (folder / "case.yaml").write_text(yaml)
    with pytest.raises(kind) as caught:
        run.search(folder, catalogues=[str(catalogue)], now=NOW)
    assert code in str(caught.value)
    assert not (folder / "searches").exists()


@pytest.mark.parametrize(
    "line",
    [
        "https://user:secret@h.example/stac",
        "https://h.example/stac?key=secret",
    ],
)
def test_a_key_in_case_yaml_is_refused_without_being_shown(folder: Path, line: str) -> None:
    declared(folder, "catalogues:", f"  - {{catalog: '{line}'}}")
    with pytest.raises(CaseError) as caught:
        run.search(folder, now=NOW)
    assert "catalogues" in str(caught.value)
    assert "secret" not in str(caught.value)


def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["overlook", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out = capsys.readouterr()
    return int(ended.value.code or 0), out.out, out.err


def test_the_command_tells_what_there_is(folder: Path, catalogue: Path, monkeypatch: Any, capsys: Any) -> None:
    code, out, err = typed(monkeypatch, capsys, "search", str(folder), "--catalog", str(catalogue))
    assert (code, err) == (0, "")
    assert "2018-07-01 03:00 fine sat-1 0.5 m" in out
    assert "cloud" in out
    assert "2 images: 1 to be had, 1 cloud" in out


def test_the_command_writes_json_documents(folder: Path, catalogue: Path) -> None:
    done = CliRunner().invoke(app, ["search", str(folder), "--catalog", str(catalogue), "--json"])
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [("search" in r, "offer" in r) for r in rows] == [(True, False), (False, True), (False, True)]
    assert rows[0]["offers"] == 2
    assert {r["reason"] for r in rows[1:]} == {"not obtained", "cloud"}


def test_what_broke_off_exits_with_one_and_is_kept(folder: Path, monkeypatch: Any, capsys: Any) -> None:
    code, out, _ = typed(monkeypatch, capsys, "search", str(folder), "--catalog", "http://127.0.0.1:9/stac")
    assert code == 1
    assert "broke off" in out
    assert len(list((folder / "searches").iterdir())) == 1
    assert {g[0] for g in gaps_of(folder)} == {"search insufficient"}
    assert not any("127.0.0.1" in g[2] for g in gaps_of(folder))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--catalog", "nowhere"], "E-USAGE-CATALOGUE"),
        ([], "E-USAGE-CATALOGUE"),
        (["--catalog", "x.json", "--site", "other"], "E-USAGE-SITE"),
        (["--catalog", "x.json", "--to", "2018-01-01"], "E-USAGE-TIME"),
        (["--catalog", "x.json", "--from", "2018-02-01", "--to", "2018-01-01"], "E-USAGE-TIME"),
        (["--catalog", "x.json", "--from", "2199-02-01"], "E-USAGE-TIME"),
        (["--collection", "x"], "E-USAGE-CATALOGUE"),
    ],
)
def test_what_is_mistyped_is_one_line(folder: Path, words: list[str], code: str, monkeypatch: Any, capsys: Any) -> None:
    ended, out, err = typed(monkeypatch, capsys, "search", str(folder), *words)
    assert ended == 2
    assert out == ""
    assert err.count("\n") == 1
    assert code in err


def test_a_choice_that_was_not_found_is_refused(folder: Path, catalogue: Path, monkeypatch: Any, capsys: Any) -> None:
    words = ("search", str(folder), "--catalog", str(catalogue), "--choose", "nothing")
    code, _, err = typed(monkeypatch, capsys, *words)
    assert code == 2
    assert "E-USAGE-OFFER" in err


@pytest.fixture
def pixels(tmp_path: Path) -> Path:
    """A catalogue in a folder: one item and its image of the yard, a hectare and more at half a metre."""
    folder = tmp_path / "archive"
    folder.mkdir()
    east, north = Transformer.from_crs(4326, 32652, always_xy=True).transform(125.1, 39.1)
    to = Affine(0.5, 0, east - 150, 0, -0.5, north + 250)
    drawn = np.random.default_rng(1).integers(1, 250, (3, 1024, 1024)).astype("uint8")
    options = {"driver": "GTiff", "width": 1024, "height": 1024, "count": 3, "dtype": "uint8", "tiled": True}
    with rasterio.open(folder / "a.tif", "w", crs="EPSG:32652", transform=to, **options) as file:
        file.write(drawn)
    bands = [{"common_name": c} for c in ("red", "green", "blue")]
    asset = {"visual": {"href": "./a.tif", "type": "image/tiff", "eo:bands": bands}}
    made = item("a", "2018-07-01T03:00:00Z", assets=asset, platform="sentinel-2a", constellation="other")
    (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": [made]}))
    return folder / "items.json"


def test_what_is_found_is_fetched_and_is_no_gap_any_more(
    folder: Path, pixels: Path, monkeypatch: Any, capsys: Any
) -> None:
    code, out, err = typed(monkeypatch, capsys, "search", str(folder), "--catalog", str(pixels), "--download")
    assert (code, err) == (0, ""), (out, err)
    assert "1 obtained, 0 not" in out
    (scene,) = run.assess(folder, now=NOW).assessment.scenes
    assert (scene.catalogue_id, scene.why_acquired) == ("a", "unknown")
    assert "a" not in [g[1] for g in gaps_of(folder) if g[0] == "not obtained"]
    code, out, _ = typed(monkeypatch, capsys, "search", str(folder), "--catalog", str(pixels), "--download")
    assert "in the case" in out


def test_what_a_person_chose_says_so(folder: Path, pixels: Path, monkeypatch: Any, capsys: Any) -> None:
    typed(monkeypatch, capsys, "search", str(folder), "--catalog", str(pixels), "--choose", "a")
    (scene,) = run.assess(folder, now=NOW).assessment.scenes
    assert scene.why_acquired == "chosen"


def test_what_cannot_be_fetched_is_told_in_the_ledger(
    folder: Path, pixels: Path, monkeypatch: Any, capsys: Any
) -> None:
    (pixels.parent / "a.tif").write_bytes(b"<html>sign in</html>")
    code, out, _ = typed(monkeypatch, capsys, "search", str(folder), "--catalog", str(pixels), "--download")
    assert code == 1
    assert "not obtained a" in out
    assert any(g[:2] == ("not obtained", "a") and "web page" in g[2] for g in gaps_of(folder))


def test_a_planted_key_is_in_no_file_of_the_case(folder: Path, tmp_path: Path) -> None:
    """What a catalogue sends with signatures in it: neither the record, the ledger, the report nor an export has it."""
    signed = "https://u:planted-key@acc.blob.example/box/a.tif?sv=1&sig=planted-key"
    links = [{"rel": "self", "href": f"{signed}&self=1"}]
    made = item("a", "2018-07-01T03:00:00Z", assets={"visual": {"href": signed, "type": "image/tiff"}}, links=links)
    path = tmp_path / "signed.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [made]}))
    (found,) = run.search(folder, catalogues=[str(path)], now=NOW).searches
    assert found.offers[0].assets[0].href == "https://acc.blob.example/box/a.tif"
    assert "credentials" in found.offers[0].assets[0].unmet
    run.assess(folder, now=NOW)
    run.export(folder, to="csv")
    kept = [p for p in folder.rglob("*") if p.is_file()]
    assert len(kept) > 5
    assert not [p for p in kept if b"planted-key" in p.read_bytes()]


def test_a_judgement_names_images_that_exist_and_are_not_here(folder: Path, catalogue: Path) -> None:
    part = (
        "{id: p1, relation: active, site: camp, zone: yard, class: vehicle, window: {from: 2018-06-20, to: 2018-07-10}}"
    )
    claim = f"  - {{id: c1, quote: it is busy, chain: [paper], predictions: [{part}]}}"
    declared(folder, "sources:", "  - {id: paper, name: Paper, kind: document}", "claims:", claim)
    run.search(folder, catalogues=[str(catalogue)], now=NOW)
    ((judged,),) = [j.parts for j in run.assess(folder, now=NOW).assessment.judgements]
    assert judged.verdict == "insufficient imagery"
    assert "On offer in catalogues and not in the case: 1 image." in judged.why
    assert any(why.startswith("Searched, and no image came back") for why in judged.why)
