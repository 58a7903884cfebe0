"""The published cases, run through the line as a user would: each part gets the answer that a careful reader gives."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from overlook import run
from shared import ROOT

EXAMPLES = sorted(p.parent for p in (ROOT / "examples").glob("*/expected.yaml"))


@pytest.fixture(params=EXAMPLES, ids=lambda p: p.name)
def example(request, tmp_path):
    """(what is expected, the assessment) of an example, from a copy of its folder."""
    source: Path = request.param
    root = Path(shutil.copytree(source, tmp_path / source.name))
    for added in run.add(root, sorted((root / "material").glob("*"))) if (root / "material").is_dir() else ():
        assert added.error is None, added.error
    assessed = run.assess(root)
    assert "<html" in assessed.report.read_text(encoding="utf-8")
    return YAML(typ="safe").load(source / "expected.yaml"), assessed.assessment


def test_the_examples_are_there():
    assert {p.name for p in EXAMPLES} >= {"founding-article", "sohae-2018-19", "sanumdong-2019", "yongbyon-2018"}


def test_each_part_is_judged_as_expected(example):
    expected, assessment = example
    made = {f"{j.claim}/{p.prediction}": p.verdict for j in assessment.judgements for p in j.parts}
    wanted = expected["judgements"]
    assert wanted
    assert {part: made.get(part) for part in wanted} == wanted


def test_each_finding_is_as_expected(example):
    expected, assessment = example
    findings = {f.id: f for f in assessment.findings}
    for name, wanted in expected.get("findings", {}).items():
        finding = findings[name]
        for field, value in wanted.items():
            zone = ZoneInfo(assessment.case.sites[0].timezone)
            assert plain(getattr(finding, field), zone) == plain(value, zone), (name, field)


def test_nothing_is_signed_by_the_machine(example):
    _, assessment = example
    assert {j.status for j in assessment.judgements} <= {"machine draft"}


def plain(value, zone):
    """A finding's value as an expectation is written: an interval by its days at the site, an order by event."""
    if hasattr(value, "start") and hasattr(value, "end"):
        return {"start": value.start.astimezone(zone).date(), "end": value.end.astimezone(zone).date()}
    if isinstance(value, tuple):
        return dict(value)
    if isinstance(value, dict) and "start" in value:
        return {k: v if isinstance(v, date) else date.fromisoformat(str(v)) for k, v in value.items()}
    return value


def test_the_founding_article_has_no_evidence_and_says_which_would_do(tmp_path):
    root = Path(shutil.copytree(ROOT / "examples" / "founding-article", tmp_path / "case"))
    assessment = run.assess(root).assessment
    parts = [part for judgement in assessment.judgements for part in judgement.parts]
    assert len(parts) > 5
    assert {part.verdict for part in parts} == {"insufficient imagery", "not observable"}
    for part in parts:
        assert (part.verdict == "insufficient imagery") == bool(part.needs)
        for need in part.needs:
            assert need.text
            assert need.max_gsd_m is not None


def test_the_report_dates_a_change_in_days_of_the_site(tmp_path):
    root = Path(shutil.copytree(ROOT / "examples" / "sohae-2018-19", tmp_path / "case"))
    run.add(root, sorted((root / "material").glob("*")))
    text = run.assess(root).report.read_text(encoding="utf-8")
    assert "between 16 February and 2 March 2019" in text
    assert "between 15 February and" not in text
