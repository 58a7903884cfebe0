"""ClaimReview: only what two named people signed over the evidence as it stands, in their words, without a number."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from overlook.errors import RefusedError
from overlook.report.claimreview import claim_reviews
from overlook.report.exports import FORMATS, exported
from overlook.terms import (
    ERASED,
    Assessment,
    Claim,
    ClaimJudgement,
    Interval,
    Opinion,
    Retraction,
    SignedOpinion,
    Source,
)
from report import fixture
from report.followed import followed

#: Properties of ClaimReview, Claim, Rating, Person and PropertyValue that are used here (schema.org, version 29).
PROPERTIES = {
    "ClaimReview": {"claimReviewed", "itemReviewed", "author", "contributor", "dateCreated", "datePublished",
                    "reviewRating", "reviewBody", "identifier"},
    "Claim": {"text", "author", "datePublished", "appearance", "description"},
    "CreativeWork": {"name", "url", "citation"},
    "Rating": {"alternateName", "ratingExplanation"},
    "Person": {"name"},
    "Organization": {"name"},
    "PropertyValue": {"propertyID", "value"},
}  # fmt: skip


def reviews(one: Assessment, **more: Any) -> tuple[list[dict[str, Any]], dict[str, str]]:
    made = exported(one, "claimreview", made=fixture.MADE, own_digest="ab" * 32, **more)
    return json.loads(made.files[0][1]), {left.claim: left.why for left in made.left_out}


def opinion(**given: Any) -> SignedOpinion:
    stale = given.pop("is_stale", False)
    base = {"claim": "c1", "analyst": "A. Analyst", "signed": date(2025, 1, 12), "evidence": "aa11bb22cc33"}
    likelihood = {"likelihood": "very likely", "confidence": "moderate", "second_reader": "B. Second"}
    return SignedOpinion(opinion=Opinion(**(base | likelihood | given)), is_stale=stale)


def signed(*opinions: SignedOpinion, **changed: Any) -> ClaimJudgement:
    return replace(fixture.judgements()[0], opinions=opinions or (opinion(),), **changed)


def case_of(judgement: ClaimJudgement, **changed: Any) -> Assessment:
    return fixture.assessment(judgements=(judgement, *fixture.judgements()[1:]), **changed)


def nodes(body: Any) -> list[dict[str, Any]]:
    if isinstance(body, list):
        return [n for item in body for n in nodes(item)]
    return [body, *(n for v in body.values() for n in nodes(v))] if isinstance(body, dict) else []


def test_a_signed_claim_is_a_review_that_stands_by_itself() -> None:
    (review,), left_out = reviews(fixture.assessment())
    assert review["@context"] == "https://schema.org"
    assert review["claimReviewed"] == fixture.case().claims[0].quote
    assert review["author"] == [{"@type": "Person", "name": "A. Analyst"}]
    assert review["contributor"] == [{"@type": "Person", "name": "B. Second"}]
    assert review["datePublished"] == "2025-01-12"
    assert review["itemReviewed"]["author"] == {"@type": "Person", "name": "Dr. M. Example"}
    assert review["itemReviewed"]["datePublished"] == "2024-07-30"
    assert review["identifier"]["value"] == fixture.judgements()[0].evidence
    assert "url" not in review
    assert set(left_out) == {"c2", "c3", "c4", "k1"}
    assert "machine draft" in left_out["c2"]


def test_the_rating_is_the_signed_word_and_never_a_number() -> None:
    (review,), _ = reviews(fixture.assessment())
    rating = review["reviewRating"]
    assert rating["alternateName"] == "Very likely"
    assert "80–95%" in rating["ratingExplanation"]
    assert not {"ratingValue", "bestRating", "worstRating"} & rating.keys()


def test_every_property_is_one_of_schema_org_and_of_its_type() -> None:
    for node in nodes(reviews(fixture.assessment())[0]):
        assert node.keys() - {"@type", "@context"} <= PROPERTIES[node["@type"]]


def test_likelihood_and_confidence_stand_in_sentences_of_their_own() -> None:
    (review,), _ = reviews(fixture.assessment())
    body = review["reviewBody"]
    assert body.startswith(
        "Simulated: no real place. “Vehicles use the north yard”: supported. Tested: Vehicles at 0.5 "
    )
    assert "Likelihood of what was tested: almost certain (95–99%)." in body
    assert "Confidence of A. Analyst: moderate." in body
    sentences = re.split(r"(?<=\.) ", body)
    assert not [s for s in sentences if "onfidence" in s and "likel" in s.lower()]


def test_a_dissent_stands_in_the_review() -> None:
    (review,), _ = reviews(fixture.assessment())
    assert (
        "A dissent stands on record, by C. Other. Likelihood in the dissent: roughly even chance."
        in review["reviewBody"]
    )
    assert "Parked vehicles are not work." in review["reviewBody"]


@pytest.mark.parametrize(
    ("judgement", "why"),
    [
        (signed(status="machine draft"), "machine draft"),
        (signed(status="stale"), "evidence has changed"),
        (signed(status="signed, unread by a second reader"), "no second person"),
        (signed(opinion(likelihood=None)), "without a likelihood"),
        (signed(opinion(), opinion(analyst="D. Third", likelihood="likely")), "2 likelihoods: very likely and likely"),
    ],
)
def test_what_is_not_signed_is_refused_with_the_claim_and_the_reason(judgement: ClaimJudgement, why: str) -> None:
    with pytest.raises(RefusedError, match="E-REFUSED-UNSIGNED") as error:
        reviews(case_of(judgement))
    assert error.value.exit_code == 4
    assert "claim 'c1'" in error.value.what
    assert why in error.value.what


def test_a_case_without_a_claim_has_no_review() -> None:
    with pytest.raises(RefusedError, match="declares no claim"):
        claim_reviews(fixture.assessment(case=fixture.case(claims=(), commitments=())))


def test_two_analysts_of_one_mind_are_two_authors() -> None:
    both = signed(opinion(second_reader=""), opinion(analyst="D. Third", second_reader="", signed=date(2025, 1, 14)))
    (review,), _ = reviews(case_of(both))
    assert [a["name"] for a in review["author"]] == ["A. Analyst", "D. Third"]
    assert review["datePublished"] == "2025-01-14"
    assert "contributor" not in review


def test_a_stale_opinion_signs_nothing_and_is_not_told() -> None:
    old = opinion(analyst="E. Former", likelihood="unlikely", reasons=("Old reason.",), is_stale=True)
    (review,), _ = reviews(case_of(signed(opinion(), old)))
    assert "Former" not in json.dumps(review)
    assert "Old reason" not in json.dumps(review)


def test_an_opinion_that_was_taken_back_signs_nothing_and_is_not_told() -> None:
    back = Retraction(made=date(2025, 1, 13), why="Misread.", claim="c1", analyst="E. Former")
    old = replace(opinion(analyst="E. Former", likelihood="unlikely", reasons=("Old reason.",)), retraction=back)
    (review,), _ = reviews(case_of(signed(opinion(), old)))
    assert "Former" not in json.dumps(review)
    with pytest.raises(RefusedError, match="was retracted"):
        reviews(case_of(signed(status="retracted")))


def test_a_source_that_took_it_back_is_told() -> None:
    back = Retraction(made=date(2024, 8, 2), why="the date was wrong", source="expert")
    (review,), _ = reviews(fixture.assessment(case=fixture.case(retractions=(back,))))
    assert "Retracted on 2 August 2024, Dr. M. Example: The date was wrong." in review["reviewBody"]


def test_an_anonymous_source_stays_anonymous() -> None:
    claim = replace(fixture.case().claims[1], id="c1", predictions=fixture.case().claims[0].predictions)
    (review,), _ = reviews(case_of(signed(), case=fixture.case(claims=(claim,))))
    item = review["itemReviewed"]
    assert item["author"] == {"@type": "Person", "name": "unnamed source"}
    assert item["description"] == "As passed on by The Morning Paper, from unnamed source."
    assert item["appearance"] == [
        {"@type": "CreativeWork", "name": "The Morning Paper", "url": "https://example.org/2024/kestrel"}
    ]
    assert "Officials, unnamed" not in json.dumps(review)


def test_the_name_of_an_anonymous_source_changes_no_quote() -> None:
    sources = (Source(id="officials", name="vehicles", kind="anonymous"), *fixture.case().sources[1:])
    (review,), _ = reviews(fixture.assessment(case=fixture.case(sources=sources)))
    assert review["claimReviewed"] == fixture.case().claims[0].quote


@pytest.mark.parametrize("whose", ["analyst", "second_reader"])
def test_without_the_name_of_a_signer_there_is_no_review(whose: str) -> None:
    with pytest.raises(RefusedError, match="was erased"):
        reviews(case_of(signed(opinion(**{whose: f"{ERASED} 1a2b3c4d"}))))


def test_a_dissent_without_its_name_still_stands() -> None:
    dissent = opinion(analyst=f"{ERASED} 1a2b3c4d", dissent=True, likelihood="unlikely")
    (review,), _ = reviews(case_of(signed(opinion(), dissent)))
    assert "by an analyst whose name was erased. Likelihood in the dissent: unlikely." in review["reviewBody"]


def test_a_reason_that_may_not_be_published_is_refused() -> None:
    with pytest.raises(RefusedError, match="E-REFUSED-PROOF") as error:
        reviews(case_of(signed(opinion(reasons=("The images prove it.",)))))
    assert "A. Analyst" in error.value.where


def test_a_whole_day_keeps_the_date_of_the_site() -> None:
    # 30 July in Pyongyang begins on the 29th in UTC.
    said = Interval(
        start=datetime(2024, 7, 29, 15, tzinfo=UTC), end=datetime(2024, 7, 30, 14, 59, 59, 999999, tzinfo=UTC)
    )
    first: Claim = replace(fixture.case().claims[0], said=said)
    (review,), _ = reviews(fixture.assessment(case=fixture.case(claims=(first,))))
    assert review["itemReviewed"]["datePublished"] == "2024-07-30"


def test_files_and_places_do_not_leave() -> None:
    part = fixture.judgements()[0].parts[0]
    why = ("Seen on kestrel_21_20m.tif at 39.766543, 126.865432.",)
    (review,), _ = reviews(case_of(signed(parts=(replace(part, why=why),))))
    assert "kestrel_" not in review["reviewBody"]
    assert "39.766" not in review["reviewBody"]


def test_no_text_ends_the_script_that_it_stands_in() -> None:
    bad = "Trucks came. </script><script>alert(1)</script><!--"
    one = fixture.assessment(case=fixture.case(claims=(replace(fixture.case().claims[0], quote=bad),)))
    made = exported(one, "claimreview", made=fixture.MADE, own_digest="ab" * 32).files[0][1]
    assert b"<" not in made
    assert json.loads(made)[0]["claimReviewed"] == bad


@pytest.mark.parametrize("to", FORMATS)
def test_a_text_that_has_no_bytes_or_turns_the_line_breaks_nothing(to: Any) -> None:
    bad = "\u202e \x07 \ud7ff \ufffe 김 😀 \"'"
    sources = tuple(replace(s, name=bad) for s in fixture.case().sources)
    one = fixture.assessment(case=fixture.case(title=bad, notice=bad, sources=sources))
    for name, data in exported(one, to, made=fixture.MADE, own_digest="ab" * 32).files:
        if to != "parquet":
            assert data.decode("utf-8"), name


def test_a_commitment_is_a_review_only_when_it_is_signed() -> None:
    (_, left_out) = reviews(followed())
    assert left_out["k9"] == "it is a machine draft: nobody has signed it"
    by = opinion(claim="k9", evidence="cd" * 32, likelihood="unlikely")
    (_, review), left_out = reviews(followed(status="signed", opinions=(by,)))
    assert "k9" not in left_out
    assert review["claimReviewed"] == "To close the gate."
    assert review["itemReviewed"]["description"] == "Undertaken by A Party and Another Party."
    assert review["itemReviewed"]["datePublished"] == "2024-04-30"
    assert review["reviewRating"]["alternateName"] == "Unlikely"
    for said in (
        "Not defined: “trust” (missing: scope).",
        "“to close the gate”, July 2024: insufficient imagery.",
        "It was met in May 2024; it can be undone.",
        "“to restore trust”, July 2024: undefined.",
    ):
        assert said in review["reviewBody"]
    for node in nodes(review):
        assert set(node) - {"@type", "@context"} <= PROPERTIES[node["@type"]]
