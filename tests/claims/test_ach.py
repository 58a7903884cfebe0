"""Competing hypotheses: C and I follow from what each rival predicts, and only what divides them is diagnostic."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from claims.made import (
    DECEPTION,
    OTHER_USE,
    SAME_LOOK,
    activity_finding,
    case,
    prediction,
    presence_finding,
    rivals,
)
from overlook.claims import judge
from overlook.terms import AchMatrix, Finding, Hypothesis, Prediction, dumps, loads


def matrix(*pairs: tuple[Prediction, Finding | None]) -> AchMatrix | None:
    findings = {f.id: f for _, f in pairs if f is not None}
    (found,) = judge(case(*(p for p, _ in pairs)), findings, (), ())
    return found.ach


OF = rivals(prediction("active"), OTHER_USE, SAME_LOOK, DECEPTION)


@pytest.mark.parametrize(
    ("verdict", "more", "cells", "diagnostic"),
    [
        ("active", {}, ("C", "I", "C", "I"), True),
        ("no activity observed", {}, ("I", "C", "I", "C"), True),
        ("undetermined", {}, ("N/A",) * 4, False),
        ("active", {"exploratory": True}, ("C", "I", "C", "I"), False),
    ],
)
def test_each_hypothesis_beside_the_finding(verdict: str, more: dict[str, Any], cells: Any, diagnostic: bool):
    found = matrix((OF, activity_finding(OF, verdict, **more)))
    assert found is not None
    (row,) = found.rows
    assert (row.cells, row.is_diagnostic) == (cells, diagnostic)
    assert row.is_weak == more.get("exploratory", False)


def test_what_every_hypothesis_predicts_is_not_diagnostic():
    of = rivals(prediction("active"), SAME_LOOK)
    found = matrix((of, activity_finding(of, "active")))
    assert found is not None
    assert [(r.cells, r.is_diagnostic) for r in found.rows] == [(("C", "C"), False)]


def test_the_claim_comes_first_and_rivals_of_several_parts_are_one_hypothesis():
    crane = rivals(prediction("present", id="p2", zone="pad"), SAME_LOOK, replace(DECEPTION, name="Another decoy"))
    found = matrix((OF, activity_finding(OF, "active")), (crane, presence_finding(crane, "present")))
    assert found is not None
    assert found.hypotheses[0] == Hypothesis(id="", name="the claim")
    assert [h.name for h in found.hypotheses[1:]] == ["Another use", "Maintenance", "A decoy", "Another decoy"]
    assert [r.cells for r in found.rows] == [("C", "I", "C", "I", "N/A"), ("C", "N/A", "C", "N/A", "I")]


def test_without_a_rival_a_finding_or_anything_to_see_there_is_no_matrix():
    assert matrix((prediction("active"), activity_finding(OF, "active"))) is None
    assert matrix((OF, None)) is None
    assert matrix((replace(OF, inside=True), activity_finding(OF, "active"))) is None


def test_it_passes_through_canonical_json():
    found = matrix((OF, activity_finding(OF, "active")))
    assert loads(dumps(found), AchMatrix) == found
