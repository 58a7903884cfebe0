"""Obligations in case.yaml: ids that a judgement can name, periods that a page can hold, and one line for the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from overlook.case import read_case
from overlook.errors import CaseError
from overlook.terms import Case, Commitment

NOW = datetime(2026, 1, 1, tzinfo=UTC)
YAML = """overlook: 1
id: k
title: T
sites: [{id: s, name: S}]
commitments:
  - id: pledge
    text: To stop.
    made: 2018-06-12
    indicators: [{id: whole, relation: quiet, site: s, class: vehicle}]
    reporting: {every: month, during: {from: 2018-07-01, to: 2019-06-30}}
    obligations:
      - id: one
        text: To stop work.
        deadline: 2019-01-01
        reversible: true
        defined: {object: the yard, verification: inspectors}
        indicators: [{id: quiet, relation: quiet, site: s, class: vehicle, shows: met}]
      - {id: two, text: To work towards peace., undefined: [peace]}
"""


def read(folder: Path, text: str) -> Case:
    (folder / "case.yaml").write_text(text)
    return read_case(folder, now=NOW)


def test_an_undertaking_is_read_with_all_that_it_says(tmp_path: Path):
    (pledge,) = read(tmp_path, YAML).commitments
    one, two = pledge.obligations
    assert (one.reversible, two.reversible, two.undefined) == (True, None, ("peace",))
    assert one.defined == (("object", "the yard"), ("verification", "inspectors"))
    assert one.indicators[0].shows == "met"
    assert one.deadline is not None
    assert pledge.reporting.every == "month"
    assert [p.id for p in pledge.predictions] == ["whole", "quiet"]


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("{id: quiet,", "{id: whole,", "DUPLICATE-ID", "indicator id 'whole' is given twice"),
        ("id: two", "id: one", "DUPLICATE-ID", "obligation id 'one' is given twice"),
        ("to: 2019-06-30", "to: 2038-07-31", "VALUE", "would be 241 periods; 240 are the most"),
        ("shows: met", "shows: kept", "VALUE", "shows"),
        ("every: month", "every: week", "VALUE", "every"),
        ("reversible: true", "reversible: maybe", "VALUE", "reversible"),
        ("object: the yard", "deadline: 2019-01-01", "UNKNOWN-KEY", "deadline"),
        ("class: vehicle, shows", "class: vehicle, zone: moon, shows", "REFERENCE", "moon"),
        ("made: 2018-06-12", "made: 2030-01-01", "TIME", "made"),
    ],
)
def test_what_cannot_be_is_one_line_with_its_place(tmp_path: Path, old: str, new: str, code: str, says: str):
    assert old in YAML
    with pytest.raises(CaseError) as caught:
        read(tmp_path, YAML.replace(old, new, 1))
    assert caught.value.code == f"E-CASE-{code}"
    assert says in str(caught.value)
    assert "case.yaml:" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_twenty_years_of_months_are_the_most(tmp_path: Path):
    (pledge,) = read(tmp_path, YAML.replace("to: 2019-06-30", "to: 2038-06-30")).commitments
    assert isinstance(pledge, Commitment)
    assert pledge.reporting.during is not None
    assert pledge.reporting.during.end.year == 2038
