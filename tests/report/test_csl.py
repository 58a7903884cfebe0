"""Citations hold nothing but what CSL-JSON knows, and give images their credit, rights and catalogue ids."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jsonschema

from overlook.report.exports import exported
from overlook.terms import Assessment, Interval, Rights, SignedOpinion, Source
from report import fixture

OWN = "0123456789abcdef" * 4
#: The fields and types used here, as csl-data.json has them (Citation Style Language, schema 1.0.2): nothing else.
NAME = {"type": "object", "properties": {"literal": {"type": "string", "minLength": 1}}, "additionalProperties": False}
DATE = {
    "type": "object",
    "properties": {
        "date-parts": {
            "type": "array",
            "minItems": 1,
            "maxItems": 2,
            "items": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "integer"}},
        }
    },
    "additionalProperties": False,
}
TEXTS = ("id", "title", "genre", "number", "note", "version", "URL")
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["type", "id"],
        "additionalProperties": False,
        "properties": {
            **{name: {"type": "string", "minLength": 1} for name in TEXTS},
            "type": {"enum": ["report", "software", "graphic", "document", "webpage", "personal_communication"]},
            "author": {"type": "array", "items": NAME, "minItems": 1},
            "issued": DATE,
            "custom": {"type": "object"},
        },
    },
}


def items(one: Assessment, **more: Any) -> dict[str, dict[str, Any]]:
    made = json.loads(exported(one, "csl", made=fixture.MADE, own_digest=OWN, **more).files[0][1])
    jsonschema.validate(made, SCHEMA)
    found = {item["id"]: item for item in made}
    assert len(found) == len(made)
    return found


def test_the_report_is_cited_with_who_signed_it_and_its_digest() -> None:
    report = items(fixture.assessment())[f"report-{OWN[:16]}"]
    assert report["title"] == "Kestrel Works through the summer of 2024"
    assert report["author"] == [{"literal": "A. Analyst"}]
    assert report["issued"] == {"date-parts": [[2025, 1, 15]]}
    assert OWN in report["note"]
    assert "Partly signed: 1 of 5 claims" in report["note"]
    assert "Simulated: no real place." in report["note"]


def test_a_draft_has_no_author() -> None:
    unsigned = items(fixture.assessment(judgements=fixture.judgements()[1:]))[f"report-{OWN[:16]}"]
    assert "author" not in unsigned
    assert "Machine draft: unsigned" in unsigned["note"]
    first = fixture.judgements()[0]
    stale = replace(first, opinions=tuple(SignedOpinion(opinion=o.opinion, is_stale=True) for o in first.opinions))
    assert "author" not in items(fixture.assessment(judgements=(stale,)))[f"report-{OWN[:16]}"]


def test_an_image_has_its_credit_rights_catalogue_id_and_digest() -> None:
    image = items(fixture.assessment())["image-kestrel_00_20m"]
    assert image["type"] == "graphic"
    assert image["title"] == "Overhead image, SimSat-2, 4 Jan 2024, 02:10"
    assert image["author"] == [{"literal": "© SimSat 2024"}]
    assert image["number"] == "1040010000"
    assert image["issued"] == {"date-parts": [[2024, 1, 4]]}
    assert "Licence: CC BY 4.0. The pixels may be published." in image["note"]
    assert image["custom"] == {"may_publish": True, "licence": "CC BY 4.0", "sha256": fixture.scenes()[0].digest}


def test_what_nobody_said_is_not_made_up() -> None:
    first, second, third, *_ = fixture.scenes()
    bare = replace(first, rights=Rights(), catalogue_id="", sensor="unknown", when=None)
    days = Interval(start=datetime(2024, 1, 11, tzinfo=UTC), end=datetime(2024, 1, 13, tzinfo=UTC))
    found = items(fixture.assessment(scenes=(bare, replace(second, when=days), replace(third, kind="screenshot"))))
    image = found["image-kestrel_00_20m"]
    assert image["title"] == "Overhead image, undated"
    assert not {"author", "number", "issued"} & image.keys()
    assert "Whether the pixels may be published, nobody stated." in image["note"]
    assert image["custom"]["may_publish"] is None
    assert found["image-kestrel_01_20m"]["issued"] == {"date-parts": [[2024, 1, 11], [2024, 1, 13]]}
    assert found["image-kestrel_02_20m"]["title"].startswith("Screenshot of an overhead image")


def test_sources_are_cited_as_what_they_are_and_the_anonymous_not_at_all() -> None:
    sources = (
        *fixture.case().sources,
        Source(id="atlas", name="Atlas 2022", kind="document", citation="Atlas Press, 2022, p. 14"),
        Source(id="spokesman", name="A spokesman", kind="role"),
    )
    found = items(fixture.assessment(case=fixture.case(sources=sources)))
    assert found["source-paper"]["type"] == "webpage"
    assert found["source-paper"]["URL"] == "https://example.org/2024/kestrel"
    assert "56" * 32 in found["source-paper"]["note"]
    assert found["source-atlas"]["note"] == "Atlas Press, 2022, p. 14"
    assert found["source-expert"] == {
        "id": "source-expert",
        "type": "personal_communication",
        "author": [{"literal": "Dr. M. Example"}],
    }
    assert found["source-spokesman"]["type"] == "personal_communication"
    assert not [i for i in found if "officials" in i]


def test_the_software_is_cited_with_its_version() -> None:
    software = items(fixture.assessment())["overlook-0.1.0"]
    assert software["version"] == "0.1.0"
    assert "numpy 2.1.0" in software["note"]
    assert "c0" * 32 in software["note"]


def test_for_publication_images_have_no_file_names() -> None:
    found = items(fixture.assessment(), publication=True)
    assert "image-image 1" in found
    assert "kestrel_" not in json.dumps(found)
    assert found["image-image 1"]["number"] == "1040010000"


def test_an_empty_case_still_cites_its_report_and_the_software() -> None:
    empty = fixture.assessment(
        case=fixture.case(sources=(), title=""), scenes=(), judgements=(), observations=(), findings=(), boxes=()
    )
    found = items(empty)
    assert [i["type"] for i in found.values()] == ["report", "software"]
    assert found[f"report-{OWN[:16]}"]["title"] == "kestrel-2024"
