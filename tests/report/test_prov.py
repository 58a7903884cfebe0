"""PROV-JSON: every id resolves, nothing derives from itself, and every sentence leads back to pixels."""

import json
from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlook.report.exports import exported
from overlook.report.page import page
from overlook.report.prov_graph import ENDS, Graph, named
from overlook.report.words import Names
from overlook.terms import Assessment
from report import fixture
from report.followed import followed

OWN = "ab" * 32
#: What each end of a relation must be.
KINDS = {"prov:entity": "entity", "prov:generatedEntity": "entity", "prov:usedEntity": "entity",
         "prov:activity": "activity", "prov:agent": "agent", "prov:specificEntity": "entity",
         "prov:generalEntity": "entity"}  # fmt: skip


def with_chips() -> Assessment:
    """The fixture with the digests of its chips, and findings that rest on the images they were counted on."""
    base = fixture.assessment()
    chips = tuple((s.id, "works", f"{i:02d}" + "c1" * 31) for i, s in enumerate(base.scenes))
    digests = {s.id: s.digest for s in base.scenes}
    observations = tuple(replace(o, evidence=(digests[o.scene],)) for o in base.observations)
    seen = [o for o in observations if o.kind != "not observed"]
    findings = tuple(
        replace(f, evidence=tuple(digests[o.scene] for o in seen if o.series == f.series)) for f in base.findings
    )
    return replace(base, chip_digests=chips, observations=observations, findings=findings)


WHOLE = with_chips()


def test_what_was_undertaken_held_side_by_side_and_done_has_a_provenance():
    doc = document(followed())
    check(doc)
    entities = doc["entity"]
    derived = {(r["prov:generatedEntity"], r["prov:usedEntity"]) for r in doc["wasDerivedFrom"].values()}
    status = next(n for n in entities if n.startswith("id:compliance/k9/gate/May%202024/"))
    finding = named("finding", followed().findings[0].id)
    assert {(status, finding), (status, "id:obligation/k9/gate"), ("id:obligation/k9/gate", "id:claim/k9")} <= derived
    assert entities[status]["ovl:status"] == "met"
    (comparison,) = [n for n, e in entities.items() if e["prov:type"]["$"] == "ovl:Comparison"]
    assert {(comparison, "id:claim/c1"), (comparison, "id:claim/c2")} <= derived
    acts = {n: a for n, a in doc["activity"].items() if a["prov:type"]["$"] == "ovl:Act"}
    assert [a["ovl:act"] for a in acts.values()] == ["read", "signed", "graded"]
    who = [
        (r["prov:activity"], r["prov:agent"]) for r in doc["wasAssociatedWith"].values() if r["prov:activity"] in acts
    ]
    assert {agent for _, agent in who} == {"id:person/A.%20Analyst"}
    published = document(followed(), publication=True)
    assert [a["ovl:act"] for a in published["activity"].values() if "ovl:act" in a] == ["signed", "graded"]


def document(one: Assessment, **more: Any) -> dict[str, Any]:
    made = exported(one, "prov", made=fixture.MADE, own_digest=OWN, **more)
    return json.loads(made.files[0][1])


def check(doc: dict[str, Any]) -> None:
    """The rules of PROV-JSON (W3C member submission, 24 April 2013) and PROV-DM that a reader relies on."""
    records = {kind: doc.get(kind, {}) for kind in ("entity", "activity", "agent")}
    assert doc.keys() <= {"prefix", "entity", "activity", "agent", *ENDS}
    prefixes = doc["prefix"].keys() | {"prov", "xsd"}
    ids = [name for of in records.values() for name in of]
    assert len(ids) == len(set(ids))
    for name in ids:
        prefix, _, local = name.partition(":")
        assert prefix in prefixes
        assert local
        assert " " not in name
    for of in records.values():
        for record in of.values():
            assert all(key.partition(":")[0] in prefixes for key in record)
            kind = record["prov:type"]
            assert kind["type"] == "prov:QUALIFIED_NAME"
            values = [v for value in record.values() for v in (value if isinstance(value, list) else [value])]
            assert all(isinstance(v, str | int | float | bool | dict) for v in values)
    numbered = [n for relation in ENDS for n in doc.get(relation, {})]
    assert len(numbered) == len(set(numbered))
    assert all(n.startswith("_:") for n in numbered)
    for relation, (first, second) in ENDS.items():
        for record in doc.get(relation, {}).values():
            assert record[first] in records[KINDS[first]], (relation, record)
            assert record[second] in records[KINDS[second]], (relation, record)
    acyclic({r["prov:generatedEntity"] for r in doc.get("wasDerivedFrom", {}).values()}, sources(doc))


def sources(doc: dict[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for r in doc.get("wasDerivedFrom", {}).values():
        found[r["prov:generatedEntity"]].add(r["prov:usedEntity"])
    return found


def acyclic(names: set[str], of: dict[str, set[str]]) -> None:
    left = {name: set(of[name]) & names for name in names}
    while left:
        free = [name for name, on in left.items() if not on]
        assert free, "a derivation goes round in a circle"
        for name in free:
            del left[name]
        for on in left.values():
            on.difference_update(free)


def roots(doc: dict[str, Any], name: str) -> set[str]:
    """All that an entity derives from, at whatever distance."""
    of, seen, waiting = sources(doc), set(), [name]
    while waiting:
        for source in of[waiting.pop()] - seen:
            seen.add(source)
            waiting.append(source)
    return seen


def kind(doc: dict[str, Any], name: str) -> str:
    return str(doc["entity"][name]["prov:type"]["$"])


@pytest.mark.parametrize("publication", [False, True])
@pytest.mark.parametrize("one", [fixture.assessment(), WHOLE, replace(WHOLE, judgements=(), findings=(), boxes=())])
def test_every_id_resolves_and_nothing_goes_round(one: Assessment, *, publication: bool) -> None:
    check(document(one, publication=publication))


def test_every_sentence_of_a_finding_leads_back_to_the_pixels_it_was_seen_on() -> None:
    doc = document(WHOLE)
    digests = {s.id: f"sha256:{s.digest}" for s in WHOLE.scenes}
    for n, finding in enumerate(WHOLE.findings, 1):
        reached = roots(doc, f"id:sentence/F{n}")
        images = {r for r in reached if kind(doc, r) == "ovl:Image"}
        seen = {o.scene for o in WHOLE.observations if o.series == finding.series and o.kind != "not observed"}
        assert images == {digests[s] for s in seen}
        assert {kind(doc, r) for r in reached} >= {"ovl:Finding", "ovl:Observation", "ovl:Chip", "ovl:Image"}


def test_every_sentence_of_the_report_about_a_finding_is_there_word_for_word() -> None:
    doc = document(WHOLE)
    texts = [e["ovl:text"] for e in doc["entity"].values() if e["prov:type"]["$"] == "ovl:Sentence"]
    shown = page(WHOLE, (), (), made=fixture.MADE, publication=False, names=Names.of(WHOLE.case), own_digest=OWN)
    for row in shown.findings:
        assert " ".join(p for p in (row.answer.sentence, row.answer.missed) if p) in texts
    for judgement in WHOLE.judgements:
        for part in judgement.parts:
            assert {*part.why, *part.would_change} <= set(texts)
    reached = roots(doc, "id:report")
    assert {f"id:sentence/F{n}" for n in range(1, len(WHOLE.findings) + 1)} <= reached


def test_a_judgement_leads_to_its_findings_and_an_opinion_to_its_judgement() -> None:
    doc = document(WHOLE)
    part = WHOLE.judgements[0].parts[0]
    reached = roots(doc, "id:opinion/c1/1")
    assert {named("finding", f) for f in part.findings} <= reached
    assert {"id:judgement/c1", "id:judgement/c1/p1", "id:claim/c1"} <= reached
    agents = {r["prov:agent"] for r in doc["wasAssociatedWith"].values() if r["prov:activity"] == "id:sign/c1/1"}
    assert {doc["agent"][a]["prov:label"] for a in agents} == {"A. Analyst", "B. Second"}


def test_nothing_derives_from_what_was_not_observed() -> None:
    doc = document(WHOLE)
    unseen = {n for n, e in doc["entity"].items() if e["prov:type"]["$"] == "ovl:NotObserved"}
    assert len(unseen) == sum(o.kind == "not observed" for o in WHOLE.observations)
    assert not unseen & {s for of in sources(doc).values() for s in of}
    assert all("ovl:count" not in doc["entity"][n] and doc["entity"][n]["ovl:reason"] for n in unseen)
    used = {r["prov:entity"] for r in doc["used"].values() if r.get("prov:role") == "unseen"}
    assert used
    assert used <= unseen


def test_a_count_of_zero_is_kept() -> None:
    one = replace(
        WHOLE, observations=tuple(replace(o, count=0) if o.kind == "count" else o for o in WHOLE.observations)
    )
    counts = [e["ovl:count"] for e in document(one)["entity"].values() if "ovl:count" in e]
    assert counts
    assert set(counts) == {0}


def test_a_stale_opinion_does_not_rest_on_the_judgement_as_it_is() -> None:
    first, *rest = WHOLE.judgements
    stale = replace(first, opinions=(replace(first.opinions[0], is_stale=True),))
    doc = document(replace(WHOLE, judgements=(stale, *rest)))
    assert roots(doc, "id:opinion/c1/1") == {"id:claim/c1", "id:case"}
    check(doc)


def test_two_scenes_of_one_file_are_one_entity_with_two_names() -> None:
    first, second, *rest = WHOLE.scenes
    doc = document(replace(WHOLE, scenes=(first, replace(second, digest=first.digest), *rest)))
    assert doc["entity"][f"sha256:{first.digest}"]["prov:label"] == [first.id, second.id]
    check(doc)


def test_one_assessment_gives_one_document() -> None:
    assert document(WHOLE) == document(with_chips())


def test_files_places_plans_and_unnamed_sources_do_not_leave_for_publication() -> None:
    text = json.dumps(document(WHOLE, publication=True), ensure_ascii=False)
    for gone in ("kestrel_", ".tif", "geojson", "Officials, unnamed", "officials", "PLAN-OSPREY", "126.86"):
        assert gone not in text
    assert WHOLE.scenes[0].digest in text


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=3), st.lists(st.text(max_size=12), min_size=1, max_size=3))
def test_ids_are_plain_and_tell_words_apart(first: list[str], second: list[str]) -> None:
    a, b = named(*first), named(*second)
    assert all(c.isascii() and c.isprintable() and c not in " \"'<>()[]=,;" for c in a)
    if [t or "-" for t in first] != [t or "-" for t in second] and not any("/" in t for t in first + second):
        lone = [t.encode("utf-8", "replace") for t in first] == [t.encode("utf-8", "replace") for t in second]
        assert a != b or lone


def test_a_relation_is_told_once() -> None:
    graph = Graph()
    graph.entity("id:a", "File")
    graph.entity("id:b", "File")
    for _ in range(3):
        graph.derived("id:a", ["id:b", "id:a"])
    assert list(graph.document()["wasDerivedFrom"].values()) == [
        {"prov:generatedEntity": "id:a", "prov:usedEntity": "id:b"}
    ]
