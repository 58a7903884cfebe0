"""`overlook plan`: a case of counts, hypothetical events, what cannot be planned, and one line for each mistake."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from overlook import run
from overlook.activity import Asked
from overlook.case import read_case
from overlook.cli import app
from overlook.errors import CaseError, OverlookError, UsageError
from overlook.simulate import demo_spec
from overlook.simulate.declare import case_yaml
from overlook.terms import Case, Interval, dumps

OVERLOOK = Path(sys.executable).with_name("overlook")
ZONE = "geometry: 'POLYGON((10 50,10.001 50,10.001 50.001,10 50.001,10 50))'"
SITES = f"""
sites:
  - id: port
    name: Port
    zones:
      - {{id: yard, name: Yard, kind: yard, {ZONE}}}
      - {{id: hall, name: Hall, kind: building, {ZONE}}}
"""
EVENTS = "events:\n  - {id: talks, name: Talks, on: 2020-07-01}\n"
PLAN = "plan: {before: 35d, after: 21d, classes: [truck], few_images: 4}\n"
COLLECTION = """
collection:
  sensors:
    - {id: fine, gsd_m: 0.5, revisit: 2d, detection_probability: 0.9, detection_probability_sd: 0.02, archived: 0.3}
    - {id: coarse, gsd_m: 3.0, revisit: 1d}
  clouds:
    - {usable: [.4, .4, .5, .5, .6, .6, .7, .7, .6, .5, .4, .4], source: made up, spell: 2d}
"""
COUNTS = "time,site,zone,class,count\n" + "".join(
    f"2020-{month:02d}-{day:02d}T10:00Z,port,yard,truck,{7 + (day * month) % 5}\n"
    for month, day in ((5, 28), (6, 2), (6, 7), (6, 12), (6, 17), (6, 22), (6, 27), (7, 3), (7, 6))
)
TODAY = datetime(2020, 7, 8, tzinfo=UTC)
QUICK = Asked(images=(4,), replicates=20)

MakeCase = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> MakeCase:
    def made(*parts: str, counts: str = COUNTS) -> Path:
        root = tmp_path / "case"
        run.init(root)
        (root / "case.yaml").write_text("overlook: 1\nid: c\ntitle: C\n" + "".join(parts))
        if counts:
            (tmp_path / "counts.csv").write_text(counts)
            (added,) = run.add(root, [tmp_path / "counts.csv"])
            assert added.error is None
            run.assess(root)
        return root

    return made


def overlook(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([OVERLOOK, "plan", *map(str, arguments)], capture_output=True, text=True, check=False)


def test_a_case_is_planned_from_what_was_seen_of_it(make: MakeCase) -> None:
    case = make(SITES, EVENTS, PLAN, COLLECTION)
    before = sorted((p, p.stat().st_mtime_ns) for p in case.rglob("*"))
    done = overlook(case, "--today", "2020-07-08", "--images", "4", "--replicates", "20", "--json")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    told = json.loads(line)
    assert told["series"] == {"site": "port", "zone": "yard", "class": "truck"}
    assert (told["event"], told["have"]) == ("talks", {"before": 7, "after": 2})
    assert {"estimate", "low", "high", "replicates"} == set(told["curve"][0]["power_changed"])
    assert told["curve"][0]["power_same"] is None
    assert [o["sensor"] for o in told["options"]] == ["fine", "fine", "fine", "fine", "coarse"]
    assert told["options"][-1]["note"].startswith("too coarse: 3.00 m a pixel, and 0.86 m")
    assert 0.5 < told["next"][0]["p_usable"] <= 0.7
    assert told["schedule"]["orders"]
    assert any("made up" in a for a in told["assumptions"])
    assert told["seed"] == 0
    # Planning looks, and changes nothing.
    assert before == sorted((p, p.stat().st_mtime_ns) for p in case.rglob("*"))
    text = overlook(case, "--today", "2020-08-20", "--replicates", "20", "--seed", "5", "--margin", "3")
    assert text.returncode == 0, text.stderr
    assert "port/yard/truck, talks (2020-07-01)" in text.stdout
    assert "in hand: 7 usable images before, 2 after" in text.stdout
    assert "seed 5" in text.stdout
    assert "same within ×3" in text.stdout
    assert "assumption 1: under this prior" in text.stdout


def test_a_case_without_events_or_images_is_planned_for_today(make: MakeCase) -> None:
    case = make(SITES, PLAN, counts="")
    (told,) = run.plan(case, asked=Asked(images=(4,), replicates=20, rate=8.0), now=TODAY)
    assert told.event == "hypothetical"
    assert f"{told.during.start:%Y-%m-%d}" == "2020-07-08"
    assert told.notes[0].startswith("nothing was assessed here yet")
    assert told.curve
    (silent,) = run.plan(case, asked=QUICK, now=TODAY)
    assert not silent.curve
    assert "(--rate)" in silent.notes[-1]


def test_an_event_to_come_can_get_new_images_on_both_sides(make: MakeCase) -> None:
    case = make(SITES, EVENTS, PLAN)
    on = Interval(start=datetime(2020, 9, 1, tzinfo=UTC), end=datetime(2020, 9, 1, 12, tzinfo=UTC))
    (told,) = run.plan(case, asked=QUICK, on=on, now=TODAY)
    assert told.have_before == told.have_after == 0
    assert not any(p.from_archive for p in told.curve)
    assert told.curve[-1].added_before == 35


def test_several_questions_on_two_processes_are_those_of_one(make: MakeCase) -> None:
    case = make(SITES, EVENTS, PLAN.replace("[truck]", "[truck, car]"))
    one, two = (list(run.plan(case, asked=QUICK, now=TODAY.replace(month=9), workers=n)) for n in (1, 2))
    assert [p.series.cls for p in one] == ["car", "truck"]
    assert dumps(tuple(one), tuple) == dumps(tuple(two), tuple)


def test_a_day_before_dates_of_the_case_is_planned_on(make: MakeCase) -> None:
    """Sources and tables of the case tell of later days: on the day that is planned on they were not known."""
    said = (
        "sources:\n  - {id: paper, name: The Paper, kind: document}\n"
        "claims:\n  - {id: more, quote: More trucks came., kind: direct, chain: [paper], said: 2020-07-20}\n"
    )
    case = make(SITES, EVENTS, PLAN, said)
    (told,) = run.plan(case, asked=QUICK, now=datetime(2020, 7, 4, tzinfo=UTC))
    assert (told.have_before, told.have_after) == (7, 1)
    assert told.notes[0] == "planned as of 2020-07-04 00:00 UTC: 1 later image left out"
    (case / "case.yaml").write_text((case / "case.yaml").read_text().replace("said: 2020", "said: 2199"))
    with pytest.raises(CaseError, match="still to come"):
        list(run.plan(case, asked=QUICK, now=TODAY))


def test_a_made_up_site_declares_what_could_be_had_of_it(tmp_path: Path) -> None:
    spec = demo_spec()
    (tmp_path / "case.yaml").write_text(case_yaml(spec))
    declared = read_case(tmp_path).collection
    (sensor,), (clouds,) = declared.sensors, declared.clouds
    assert (sensor.id, sensor.gsd_m, sensor.revisit_d) == (spec.sensor.name, spec.sensor.gsd_m, 7.0)
    # The cover of a partly clouded image by simulation, beside the chance by the incomplete beta function.
    rng, sky = np.random.default_rng(4), spec.weather
    partly = rng.beta(sky.cover_a, sky.cover_b, 100_000) <= 1 - spec.plan.min_visible_fraction
    chance = sky.clear + (1 - sky.clear - sky.overcast) * partly.mean()
    assert clouds.usable == pytest.approx((chance,) * 12, abs=0.01)


def test_collection_decides_no_answer_and_changes_no_plan_of_analysis(make: MakeCase) -> None:
    case = make(SITES, EVENTS, PLAN)
    first = run.assess(case).assessment
    text = (case / "case.yaml").read_text()
    (case / "case.yaml").write_text(text + COLLECTION)
    second = run.assess(case).assessment
    assert first.findings == second.findings
    assert first.provenance.plan_digest == second.provenance.plan_digest
    assert first.provenance.plan_note == second.provenance.plan_note
    declared: Case = second.case
    assert declared.collection.sensors[0].archived == 0.3
    assert declared.collection.clouds[0].site == "port"
    assert declared.collection.clouds[0].spell_d == 2.0


def test_a_case_that_changed_since_it_was_assessed_says_so(make: MakeCase) -> None:
    case = make(SITES, EVENTS, PLAN)
    text = (case / "case.yaml").read_text()
    (case / "case.yaml").write_text(text + "observers:\n  - {id: anna, detection_probability: 0.9}\n")
    later = Interval(start=TODAY.replace(year=2024), end=TODAY.replace(year=2024))
    (told,) = run.plan(case, asked=QUICK, on=later, now=TODAY)  # no image near it: quickly done
    assert told.notes[0].startswith("sites or observers of case.yaml have changed since the assessment of ")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--event", "summit"), "E-USAGE-EVENT"),
        (("--event", "talks", "--on", "2020-08-01"), "E-USAGE-EVENT"),
        (("--on", "next week"), "E-USAGE-TIME"),
        (("--on", "9990-01-01"), "E-USAGE-TIME"),
        (("--today", "soon"), "E-USAGE-TIME"),
        (("--zone", "quay"), "E-USAGE-ZONE"),
        (("--ratio", "1"), "E-USAGE-PLAN"),
        (("--ratio", "nan"), "E-USAGE-PLAN"),
        (("--power", "1"), "E-USAGE-PLAN"),
        (("--margin", "0.5"), "E-USAGE-PLAN"),
        (("--margin", "nan"), "E-USAGE-PLAN"),
        (("--images", "0"), "E-USAGE-PLAN"),
        (("--replicates", "3"), "E-USAGE-PLAN"),
        (("--seed", "-1"), "E-USAGE-PLAN"),
        (("--rate", "0"), "E-USAGE-PLAN"),
    ],
)
def test_what_cannot_be_asked_is_refused(tmp_path: Path, arguments: tuple[str, ...], code: str) -> None:
    (tmp_path / "case.yaml").write_text("overlook: 1\nid: c\ntitle: C\n" + SITES + EVENTS + PLAN)
    with pytest.raises(UsageError) as error:
        app(["plan", str(tmp_path), *arguments], standalone_mode=False)
    assert error.value.code == code
    assert error.value.where == arguments[-2]


def test_an_unknown_event_is_told_with_those_there_are(make: MakeCase) -> None:
    case = make(SITES, EVENTS, PLAN, counts="")
    with pytest.raises(UsageError, match="one of: talks"):
        list(run.plan(case, asked=QUICK, event="summit"))
    (case / "case.yaml").write_text("overlook: 1\nid: c\ntitle: C\n" + SITES)
    with pytest.raises(UsageError, match="--on DATE"):
        list(run.plan(case, asked=QUICK, event="summit"))


def test_a_case_that_asks_nothing_has_nothing_to_plan(make: MakeCase) -> None:
    with pytest.raises(CaseError, match="no event question") as error:
        list(run.plan(make(PLAN, counts=""), asked=QUICK))
    assert error.value.code == "E-CASE-NOTHING-TO-PLAN"


@pytest.mark.parametrize(
    ("wrong", "code", "where"),
    [
        ("sensors: [{id: a, gsd_m: 0.5, revisit: 0d}]", "VALUE", "revisit"),
        ("sensors: [{id: a, gsd_m: 0.5, revisit: often}]", "TIME", "revisit"),
        ("sensors: [{id: a, gsd_m: 0, revisit: 1d}]", "VALUE", "gsd_m"),
        ("sensors: [{id: a, revisit: 1d}]", "MISSING-FIELD", "gsd_m"),
        ("sensors: [{id: a, gsd_m: 1, revisit: 1d, archived: 2}]", "VALUE", "archived"),
        ("sensors: [{id: a, gsd_m: 1, revisit: 1d, hour_utc: 24}]", "VALUE", "hour_utc"),
        ("sensors: [{id: a, gsd_m: 1, revisit: 1d}, {id: a, gsd_m: 1, revisit: 1d}]", "DUPLICATE-ID", "sensors"),
        ("clouds: [{usable: [.5, .5], source: s}]", "VALUE", "usable"),
        ("clouds: [{usable: [.5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, 1.5], source: s}]", "VALUE", "usable"),
        ("clouds: [{usable: [.5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, -.5], source: s}]", "VALUE", "usable"),
        ("clouds: [{usable: [.5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .nan], source: s}]", "VALUE", "usable"),
        ("clouds: [{usable: [.5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5]}]", "MISSING-FIELD", "source"),
        ("clouds: [{site: quay, usable: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], source: s}]", "REFERENCE", "site"),
        (
            "clouds: [{usable: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], source: s}, "
            "{site: port, usable: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], source: s}]",
            "DUPLICATE-ID",
            "clouds",
        ),
        ("cloud: []", "UNKNOWN-KEY", "collection"),
    ],
)
def test_a_collection_that_cannot_be_is_told_by_its_place(make: MakeCase, wrong: str, code: str, where: str) -> None:
    case = make(SITES, EVENTS, PLAN, f"collection: {{{wrong}}}\n", counts="")
    with pytest.raises(OverlookError) as error:
        list(run.plan(case, asked=QUICK))
    assert error.value.code == f"E-CASE-{code}"
    assert "case.yaml:" in error.value.where
    assert where in str(error.value)


def test_a_mistake_is_one_line(tmp_path: Path) -> None:
    done = overlook(tmp_path / "nowhere")
    assert done.returncode == 1
    assert done.stderr.startswith("overlook: ")
    assert done.stderr.count("\n") == 1
    assert "[E-CASE-NONE]" in done.stderr
    assert not done.stdout
