"""case.yaml read: what is declared comes out as terms, and every mistake has its place, its field and its name."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from overlook.case import case_files, read_case, schema, template
from overlook.case.document import MAX_BYTES, read_document
from overlook.errors import CaseError
from overlook.terms import LOCAL, digest

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SQUARE = "POLYGON ((124.70 39.66, 124.702 39.66, 124.702 39.662, 124.70 39.662, 124.70 39.66))"
FULL = f"""\
overlook: 1
id: sohae
title: "북한 <b>Sohae</b> =1+1"
question: Is the site being dismantled?
sites:
  - id: sohae
    name: Sohae
    timezone: Asia/Tokyo
    zones:
      - id: pad
        name: Pad
        kind: pad
        geometry: {SQUARE}
        covers: [{{kind: tarp, from: 2018-05-01, to: 2018-05-20}}, {{kind: roof, from: 2019-01-01}}]
  - id: elsewhere
    name: Elsewhere
    whereabouts: near the capital
events:
  - {{id: summit, name: Summit, on: 2018-06-12, sites: [sohae], source: paper}}
  - {{id: talks, name: Talks, from: 2018-04-27T09:30+09:00, to: 2018-04-28}}
sources:
  - {{id: officials, name: Officials, kind: anonymous, reliability: C}}
  - {{id: paper, name: Paper, kind: document, reliability: B, relies_on: [officials]}}
claims:
  - id: c1
    quote: "  The site is active.\\n"
    chain: [officials, paper]
    said: 2018-07-30
    credibility: 3
    predictions:
      - {{id: p1, relation: active, site: sohae, zone: pad, class: vehicle, window: {{from: 2018-06-01, to: 2018-07-30}}}}
      - {{id: p2, relation: same, site: sohae, zone: pad, class: vehicle, event: summit}}
      - {{id: p3, relation: removed, site: sohae, indicator: crane, rivals: [{{id: r, name: R, predicts: same}}]}}
    not_observable: [intent]
    disputed_by: [f1]
facts: [{{id: f1, text: Something., source: A book, on: 2017-09-03}}]
commitments: [{{id: k1, text: To stop., parties: [A], made: 2018-06-12, undefined: [stop], source: paper}}]
observers: [{{id: anna, detection_probability: 0.9}}]
plan: {{margin: 1.25, before: 17w, after: 36h, max_gsd_m: {{vehicle: 0.6}}, classes: [vehicle, container]}}
opinions: [{{claim: c1, analyst: A. Name, signed: 2018-08-01, evidence: 012345678901, likelihood: likely}}]
corrections: [{{made: 2018-08-03, was: five, now: six}}]
"""  # noqa: E501


def put(folder: Path, text: str | bytes) -> Path:
    (folder / "case.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def mistake(folder: Path, text: str | bytes) -> CaseError:
    with pytest.raises(CaseError) as caught:
        read_case(put(folder, text), now=NOW)
    assert "\n" not in str(caught.value)
    return caught.value


def test_everything_declared_becomes_terms(tmp_path: Path) -> None:
    case = read_case(put(tmp_path, FULL), now=NOW)
    site, elsewhere = case.sites
    assert case.title == "북한 <b>Sohae</b> =1+1"
    assert site.crs == "EPSG:32651"
    assert (elsewhere.crs, elsewhere.whereabouts) == (LOCAL, "near the capital")
    tarp, roof = site.zones[0].covers
    assert tarp.during.start == datetime(2018, 4, 30, 15, tzinfo=UTC)
    assert tarp.during.end == datetime(2018, 5, 20, 14, 59, 59, 999999, tzinfo=UTC)
    assert roof.during.end.year == 9999
    claim = case.claims[0]
    assert (claim.quote, claim.credibility, claim.chain) == ("The site is active.", "3", ("officials", "paper"))
    assert [p.relation for p in claim.predictions] == ["active", "same", "removed"]
    assert case.plan.before_days == 119
    assert case.plan.after_days == 1.5
    assert case.plan.max_gsd_m == (("vehicle", 0.6),)
    # An all-digit digest keeps its leading zero, though YAML would read a number.
    assert case.opinions[0].evidence == "012345678901"
    assert digest(case) == digest(read_case(tmp_path, now=NOW))
    assert case_files(tmp_path) == (tmp_path / "case.yaml",)


def test_a_date_is_the_day_of_the_one_site_it_concerns_and_of_utc_otherwise(tmp_path: Path) -> None:
    summit, talks = read_case(put(tmp_path, FULL), now=NOW).events
    assert summit.during.start == datetime(2018, 6, 11, 15, tzinfo=UTC)  # midnight in Tokyo
    assert talks.during.start == datetime(2018, 4, 27, 0, 30, tzinfo=UTC)
    assert talks.during.end == datetime(2018, 4, 28, 23, 59, 59, 999999, tzinfo=UTC)  # two sites: UTC


def test_a_day_that_a_clock_change_shortened_is_that_long(tmp_path: Path) -> None:
    text = FULL.replace("Asia/Tokyo", "Europe/Tallinn").replace("2018-06-12, sites", "2018-03-25, sites")
    event = read_case(put(tmp_path, text), now=NOW).events[0]
    assert round(event.during.length.total_seconds()) == 23 * 3600


def test_a_prediction_may_leave_its_site_out_when_there_is_one(tmp_path: Path) -> None:
    text = template("One").replace("# sites", "sites") + (
        "sites: [{id: only, name: Only}]\nsources: [{id: s, name: S, kind: role}]\n"
        "claims: [{id: c, quote: q, chain: [s], predictions: [{id: p, relation: present, indicator: crane}]}]\n"
    )
    text = re.sub(r"(?m)^(#|sites:$).*\n", "", text)
    assert read_case(put(tmp_path, text), now=NOW).claims[0].predictions[0].site == "only"


def test_changed_and_same_without_a_class_are_of_all_that_is_planned(tmp_path: Path) -> None:
    text = FULL.replace("class: vehicle, event", "event")
    of = next(p for c in read_case(put(tmp_path, text), now=NOW).claims for p in c.predictions if p.relation == "same")
    assert (of.cls, of.indicator) == ("", "")


#: (what is replaced, by what, place, code, part of the message)
MISTAKES = [
    ("kind: pad", "kind: pads", "12:15", "VALUE", "zones[0].kind: 'pads' is not known here; did you mean 'pad'?"),
    ("kind: anonymous", "kind: spy", "22:44", "VALUE", "must be one of named, role, anonymous, document, image"),
    ("timezone:", "timezon:", "8:5", "UNKNOWN-KEY", "unknown key; did you mean 'timezone'?"),
    ("class: vehicle, window", "klass: vehicle, window", "31:60", "UNKNOWN-KEY", "did you mean 'class'?"),
    ("    name: Sohae\n", "", "6:5", "MISSING-FIELD", "sites[0].name: is missing"),
    ("id: pad", "id: ../pad", "10:13", "VALUE", "is no id"),
    ("id: pad", "id: Launch Pad", "10:13", "VALUE", "write 'launch-pad'"),
    ("id: pad", "id: pad\n        id: pad", "11:9", "DUPLICATE-KEY", "'id' is given twice, first on line 10"),
    ("id: elsewhere", "id: sohae", "15:9", "DUPLICATE-ID", "site id 'sohae' is given twice"),
    ("id: k1", "id: c1", "37:20", "DUPLICATE-ID", "'c1' is given twice"),
    ("zone: pad", "zone: pat", "31:55", "REFERENCE", "no zone of sohae 'pat'; did you mean 'pad'?"),
    ("source: paper}", "source: papre}", "19:72", "REFERENCE", "did you mean 'paper'?"),
    ("[officials, paper]", "[official, paper]", "27:13", "REFERENCE", "did you mean 'officials'?"),
    ("event: summit", "event: sumit", "32:81", "REFERENCE", "did you mean 'summit'?"),
    ("event: summit", "zone: pad", "32:74", "DUPLICATE-KEY", "'zone'"),
    (", event: summit", "", "32:9", "MISSING-FIELD", "`same` is told at an event"),
    ("event: summit", "event: summit, window: 2018-06-01", "32:89", "VALUE", "leave this one out"),
    ("indicator: crane", "class: crane", "33:50", "VALUE", "give `indicator`"),
    ("class: vehicle, event", "indicator: vehicle, event", "32:58", "VALUE", "give `class`"),
    ("class: vehicle, window", "window", "31:9", "VALUE", "needs `class` or `indicator`"),
    ("class: vehicle, window", "class: a, indicator: b, window", "31:9", "VALUE", "one of them"),
    ("disputed_by: [f1]", "disputed_by: [f2]", "35:19", "REFERENCE", "no fact or claim 'f2'"),
    ("disputed_by: [f1]", "disputed_by: [c1]", "35:19", "REFERENCE", "no fact or claim 'c1'"),
    ("{claim: c1", "{claim: c2", "40:20", "REFERENCE", "no claim 'c2'; known: c1, k1"),
    (
        "reliability: C}",
        "reliability: C, relies_on: [officials]}",
        "22:83",
        "VALUE",
        "'officials' cannot rely on itself",
    ),
    ("T09:30+09:00", "T09:30", "20:36", "TIME", "has no time zone: add Z, or an offset such as +09:00"),
    ("on: 2018-06-12", "on: 2018-06-31", "19:36", "TIME", "is no date"),
    ("on: 2018-06-12", "on: 12.06.2018", "19:36", "TIME", "write 2018-06-12"),
    ("on: 2018-06-12", "on: 2018-06-12, to: 2018-06-13", "19:5", "TIME", "needs `on`, or both `from` and `to`"),
    ("said: 2018-07-30", "said: 2026-07-30", "28:11", "TIME", "claims[0].said: 2026-07-30 is still to come"),
    ("signed: 2018-08-01", "signed: 2026-08-01", "40:50", "TIME", "still to come"),
    ("to: 2018-07-30}", "to: 2018-05-30}", "31:76", "TIME", "ends (2018-05-30) before it starts (2018-06-01)"),
    ("to: 2018-05-20", "to: 2018-04-20", "14:53", "TIME", "ends (2018-04-20) before it starts"),
    ("Asia/Tokyo", "Asia/Tokio", "8:15", "TIME", "no time zone 'Asia/Tokio'; did you mean 'Asia/Tokyo'?"),
    ("Asia/Tokyo", "../../etc/passwd", "8:15", "TIME", "no time zone"),
    ("margin: 1.25", "margin: 0.9", "39:16", "VALUE", "plan.margin: must be above 1, not 0.9"),
    ("margin: 1.25", "margin: 25%", "39:16", "VALUE", "must be a number, not '25%'"),
    ("margin: 1.25", "margin: .inf", "39:16", "VALUE", "must be a number"),
    ("before: 17w", "before: 4 months", "39:30", "TIME", "no duration: write 120d, 17w or 36h"),
    ("classes: [vehicle, container]", "classes: []", "39:74", "VALUE", "must have at least one entry"),
    ("credibility: 3", "credibility: 7", "29:18", "VALUE", "must be one of 1, 2, 3, 4, 5, 6, not '7'"),
    ("reliability: B", "reliability: G", "23:59", "VALUE", "must be one of A, B, C, D, E, F"),
    ("overlook: 1", "overlook: 2", "1:11", "VERSION", "format 2 is not known; this version of Overlook reads 1"),
    ("title: \"북한", "title: \"\\x1b[31m", "3:8", "VALUE", "control character U+001B"),
    ("title: \"북한", "title: \"\\u202e", "3:8", "VALUE", "control character U+202E"),
    ("title: \"북한", "title: \"\\ud800", "3:8", "VALUE", "control character U+D800"),
    ("name: Elsewhere", "name: !!python/name:os.system x", "16:11", "TAG", "is not used here"),
    ("    name: Elsewhere", "    crs: EPSG:4326\n    name: Elsewhere", "16:10", "GEOMETRY", "not projected in metres"),
    ("    timezone: Asia/Tokyo", "    crs: EPSG:3857", "8:10", "GEOMETRY", "not true to scale at the site"),
    ("    timezone: Asia/Tokyo", "    crs: EPSG:32633", "8:10", "GEOMETRY", "EPSG:32633"),
    ("    timezone: Asia/Tokyo", "    crs: EPSG:99999", "8:10", "GEOMETRY", "is not known"),
    ("sites: [sohae]", "sites: [sohea]", "19:56", "REFERENCE", "sites[0]: no site 'sohea'; did you mean 'sohae'?"),
    ("sites: [sohae], source", "sites: [elsewhere], source", "32:81", "REFERENCE", "does not concern site 'sohae'"),
    ("site: sohae, zone: pad, class: vehicle", "zone: pad, class: vehicle", "31:9", "MISSING-FIELD", "several"),
    ("observers:", "observers: [&a {id: *a}]\nx:", "38:21", "YAML", "lies inside itself"),
    ("observers: [", "observers: [[", "39:1", "YAML", "not YAML"),
    ("facts: [", "facts: {a: [}", "36:13", "YAML", "not YAML"),
    ("predicts: same", "predicts: same, is_deception: yes", "33:124", "VALUE", "must be true or false, not 'yes'"),
    ("sites:\n", "sites: 7\nx:\n", "5:8", "VALUE", "sites: must be a list, not 7 (and 1 more)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "place", "code", "what"), MISTAKES, ids=[f"{m[3]}-{i}" for i, m in enumerate(MISTAKES)]
)
def test_a_mistake_has_its_place_its_field_and_what_is_wrong(
    tmp_path: Path, old: str, new: str, place: str, code: str, what: str
) -> None:
    assert old in FULL
    error = mistake(tmp_path, FULL.replace(old, new, 1))
    assert (error.where, error.code) == (f"case.yaml:{place}", f"E-CASE-{code}")
    assert what in error.what


def test_several_mistakes_tell_the_first_in_the_file_and_how_many_more(tmp_path: Path) -> None:
    text = FULL.replace("chain: [officials, paper]", "chain: [nobody]").replace("zone: pad", "zone: pat")
    error = mistake(tmp_path, text)
    assert error.where == "case.yaml:27:13"
    assert error.what.endswith("(and 2 more)")


@pytest.mark.parametrize("text", ["", "   \n", "# nothing\n", "---\n", "~\n", "\ufeff"])
def test_an_empty_file_is_empty(tmp_path: Path, text: str) -> None:
    assert mistake(tmp_path, text).code == "E-CASE-EMPTY"


def test_other_encodings_are_named_with_their_place(tmp_path: Path) -> None:
    error = mistake(tmp_path, FULL.encode().replace(b"Paper", b"P\xe4per"))
    assert (error.code, error.where) == ("E-CASE-ENCODING", "case.yaml:23:24")
    assert mistake(tmp_path, FULL.encode("utf-16")).code == "E-CASE-ENCODING"
    assert mistake(tmp_path, FULL.replace("Paper", "P\x00").encode()).code == "E-CASE-YAML"
    assert read_case(put(tmp_path, b"\xef\xbb\xbf" + FULL.encode()), now=NOW).id == "sohae"


def test_bombs_are_refused_before_they_grow(tmp_path: Path) -> None:
    laughs = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60))
    assert mistake(tmp_path, laughs).code == "E-CASE-TOO-LARGE"
    assert mistake(tmp_path, "a: " + "[" * 5000).code == "E-CASE-YAML"
    chain = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 100))
    assert "nested deeper" in mistake(tmp_path, chain).what
    assert mistake(tmp_path, b"a" * (MAX_BYTES + 1)).code == "E-CASE-TOO-LARGE"


def test_many_wrong_names_take_no_longer_than_one(tmp_path: Path) -> None:
    sources = "".join(f"- {{id: source-number-{i}, name: x, kind: role}}\n" for i in range(300))
    claims = "".join(f"- {{id: c{i}, quote: x, chain: [source-numbr-{i}]}}\n" for i in range(300))
    began = time.process_time()
    error = mistake(tmp_path, f"overlook: 1\nid: a\ntitle: t\nsources:\n{sources}claims:\n{claims}")
    assert "did you mean 'source-number-0'? (and 299 more)" in error.what
    assert time.process_time() - began < 10


def test_texts_have_an_end(tmp_path: Path) -> None:
    error = mistake(tmp_path, FULL.replace("Is the site being dismantled?", "a" * 30_000))
    assert error.what.startswith("question: must have at most 20000 characters, not 'aaa")
    assert len(str(error)) < 300


def test_a_second_document_and_a_list_are_refused(tmp_path: Path) -> None:
    assert "second document" in mistake(tmp_path, "a: 1\n---\nb: 1\n").what
    assert mistake(tmp_path, "- a\n").what == "must be a mapping of fields, not a list"
    assert mistake(tmp_path, "just text\n").what == "must be a mapping of fields, not 'just text'"


def test_aliases_are_shared_values(tmp_path: Path) -> None:
    text = FULL.replace("window: {from", "window: &w {from").replace(
        "indicator: crane,", "indicator: crane, window: *w,"
    )
    first, _, third = read_case(put(tmp_path, text), now=NOW).claims[0].predictions
    assert first.window == third.window is not None


def test_a_folder_without_a_case_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"E-CASE-NO-FILE") as caught:
        read_case(tmp_path)
    assert caught.value.remedy.startswith("overlook init")
    (tmp_path / "case.yaml").mkdir()
    with pytest.raises(CaseError, match=r"E-CASE-NO-FILE"):
        read_case(tmp_path)


def test_an_event_may_lie_ahead(tmp_path: Path) -> None:
    case = read_case(put(tmp_path, FULL.replace("on: 2018-06-12", "on: 2031-06-12")), now=NOW)
    assert case.events[0].during.start.year == 2031


def test_yaml_1_2_scalars() -> None:
    plain = read_document(
        b"on: yes\noff: 1_000\nday: 2018-06-12\noct: 0o17\nn: 1e3\nt: true\nz: ~\nq: '12'\n", "x"
    ).plain()
    assert plain == {
        "on": "yes", "off": "1_000", "day": "2018-06-12", "oct": "0o17", "n": 1000.0, "t": True, "z": None, "q": "12",
    }  # fmt: skip


@pytest.mark.parametrize("title", ["Sohae", "", "  ", "북한", 'a "b" \\ #: {[%@`', "x" * 900, "line\nbreak\x00\x1b[0m"])
def test_the_template_reads_and_so_do_its_examples(tmp_path: Path, title: str) -> None:
    text = template(title)
    case = read_case(put(tmp_path, text), now=NOW)
    assert case.title
    assert not case.sites
    shown = re.sub(r"(?m)^# ", "", text)
    full = read_case(put(tmp_path, shown), now=NOW)
    assert all((full.sites, full.events, full.sources, full.claims, full.commitments, full.facts, full.observers))
    assert {z.kind for z in full.sites[0].zones} == {"yard", "building"}
    assert full.plan.margin == 1.25


def test_a_title_keeps_its_characters(tmp_path: Path) -> None:
    assert read_case(put(tmp_path, template('북한 "b" \\ #: {')), now=NOW).title == '북한 "b" \\ #: {'


def test_the_schema_describes_every_field() -> None:
    found = schema()
    entries = [found, *found["$defs"].values()]
    assert len(entries) > 12
    for entry in entries:
        assert entry["description"]
        assert all(field.get("description") for field in entry["properties"].values())
        assert entry["additionalProperties"] is False
