"""Each example, walked along the line in memory, gives the answers that its expected.yaml lists."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from scipy.stats import binomtest

from overlook.activity import answer
from overlook.case import case_files, read_case
from overlook.claims import comparisons, judge, questions
from overlook.claims.chain import Chains
from overlook.collect import gaps, read_counts, sha256
from overlook.terms import (
    Case,
    ClaimJudgement,
    Count,
    Finding,
    Index,
    NotObserved,
    Observation,
    Sighting,
    observations_from_table,
)
from shared import ROOT, SHARED, needs

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EXAMPLES = sorted(p.parent for p in (ROOT / "examples").glob("*/case.yaml"))
each = pytest.mark.parametrize("folder", EXAMPLES, ids=[p.name for p in EXAMPLES])


@dataclass(frozen=True)
class Walked:
    case: Case
    observations: tuple[Observation, ...]
    findings: dict[str, Finding]
    judgements: dict[str, ClaimJudgement]


@cache
def walk(folder: Path) -> Walked:
    case = read_case(folder, now=NOW)
    brought = [o for path in sorted(folder.glob("material/*.csv")) for o in _observations(path, case)]
    counted = sorted({o.series for o in brought if isinstance(o, Count | Index)}, key=repr)
    sighted = sorted({o.series for o in brought if isinstance(o, Sighting)}, key=repr)
    events = {e.id: e for e in case.events}
    found = [
        answer(
            q,
            [o for o in brought if o.series.site == q.series.site],
            event=events.get(q.event),
            events=case.events,
            plan=case.plan,
        )
        for q in questions(case, sighted, counted)
    ]
    findings = {f.id: f for f in found}
    judged = judge(case, findings, brought, gaps(case, (), tuple(brought)))
    return Walked(case, tuple(brought), findings, {j.claim: j for j in judged})


def _observations(path: Path, case: Case) -> list[Observation]:
    table = read_counts(path, evidence=sha256(path), now=NOW)
    only = case.sites[0].id
    return [replace(o, series=replace(o.series, site=o.series.site or only)) for o in observations_from_table(table)]


def expected(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load((folder / "expected.yaml").read_text(encoding="utf-8"))
    return found


def test_the_four_published_cases_are_here() -> None:
    assert [p.name for p in EXAMPLES] == ["founding-article", "sanumdong-2019", "sohae-2018-19", "yongbyon-2018"]


@each
def test_every_part_is_judged_as_listed(folder: Path) -> None:
    judged = {f"{j.claim}/{p.prediction}": p.verdict for j in walk(folder).judgements.values() for p in j.parts}
    assert judged == expected(folder)["judgements"]


@each
def test_what_agrees_and_what_does_not_is_as_listed(folder: Path) -> None:
    found: dict[str, list[str]] = {}
    for c in comparisons(read_case(folder, now=NOW)):
        found.setdefault(f"{c.claim}/{c.other}", []).append(c.outcome)
    assert found == expected(folder).get("comparisons", {})


@each
def test_origins_are_as_listed(folder: Path) -> None:
    chains = Chains.of(read_case(folder, now=NOW))
    for claim, wanted in expected(folder).get("origins", {}).items():
        assert sorted(chains.back_to[claim]) == sorted(wanted), claim


@each
def test_findings_are_as_listed(folder: Path) -> None:
    for id_, wanted in expected(folder)["findings"].items():
        finding: Any = walk(folder).findings[id_]
        for field, value in wanted.items():
            found = getattr(finding, field)
            if field == "between":
                found = {"start": found.start.date(), "end": found.end.date()}
            elif field == "order":
                found = dict(found)
            assert found == value, (id_, field)


@each
def test_undertakings_are_followed_as_listed(folder: Path) -> None:
    """Obligation by obligation and period by period; and what of its terms nobody defined."""
    told = {j.claim: j.compliance for j in walk(folder).judgements.values() if j.compliance}
    months = {
        f"{claim}/{row.obligation}": dict(
            zip((p.label for p in matrix.periods), (s.status for s in row.statuses), strict=True)
        )
        for claim, matrix in told.items()
        for row in matrix.rows
    }
    assert months == expected(folder).get("compliance", {})
    terms = {claim: {t.term: list(t.missing) for t in matrix.open_terms} for claim, matrix in told.items()}
    assert terms == expected(folder).get("open_terms", {})


@each
def test_nobody_signed_and_no_likelihood_is_made_up(folder: Path) -> None:
    walked = walk(folder)
    assert {j.status for j in walked.judgements.values()} == {"machine draft"}
    assert all(p.likelihood is None for j in walked.judgements.values() for p in j.parts)


@each
def test_what_is_open_says_which_images_would_settle_it(folder: Path) -> None:
    open_ = [p for j in walk(folder).judgements.values() for p in j.parts if p.verdict == "insufficient imagery"]
    assert all(p.needs for p in open_)
    assert all(n.site and n.text and n.max_gsd_m for p in open_ for n in p.needs)


@each
def test_material_fits_its_case(folder: Path) -> None:
    walked = walk(folder)
    zones = {(s.id, z.id) for s in walked.case.sites for z in s.zones}
    observers = {o.id for o in walked.case.observers}
    for o in walked.observations:
        assert (o.series.site, o.series.zone) in zones
        assert isinstance(o, NotObserved) or o.observer in observers
    assert case_files(folder) == (folder / "case.yaml",)


@each
def test_the_right_answers_are_told_in_words_as_well(folder: Path) -> None:
    text = " ".join((folder / "EXPECTED.md").read_text(encoding="utf-8").lower().split())
    assert all(v in text for v in set(expected(folder)["judgements"].values()))


def test_rows_without_a_number_are_not_zeros() -> None:
    seen = [o for o in walk(ROOT / "examples" / "sanumdong-2019").observations if o.series.cls == "vehicle"]
    assert [o.kind for o in seen] == ["not observed", "not observed"]


def test_indicators_that_disagree_say_so_and_the_rival_stays_open() -> None:
    judged = walk(ROOT / "examples" / "yongbyon-2018").judgements["operating"]
    plume = judged.parts[0]
    assert "other-heat" in plume.rivals_open
    assert any("disagrees" in line for line in plume.why)


def test_eleven_trucks_then_seven_is_no_change() -> None:
    assert binomtest(7, 18, 0.5).pvalue == pytest.approx(0.48, abs=0.005)
    counts = [o.count for o in walk(ROOT / "examples" / "sohae-2018-19").observations if isinstance(o, Count)]
    assert counts == [11, 7]


def test_the_terms_nobody_defined_and_the_disputes_are_told() -> None:
    walked = walk(ROOT / "examples" / "founding-article")
    assert any("complete denuclearization" in t for t in walked.judgements["denuclearization"].not_observable)
    assert walked.judgements["fuelling"].disputes
    assert walked.judgements["first-icbm"].disputes


@needs("..", "seed", "article-2018.txt")
def test_the_article_says_what_is_quoted_of_it() -> None:
    data = (SHARED.parent / "seed" / "article-2018.txt").read_bytes()
    case = walk(ROOT / "examples" / "founding-article").case
    article = next(s for s in case.sources if s.id == "article")
    assert article.digest == hashlib.sha256(data).hexdigest()
    text = _plain(data.decode())
    for claim in case.claims:
        assert _plain(claim.quote) in text, claim.id
    # Short quotes only: the article stays outside.
    assert max(len(c.quote.split()) for c in case.claims) <= 20
    assert sum(len(c.quote) for c in case.claims) < 0.35 * len(text)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", text.lower()).split())


def test_dates_of_the_summits() -> None:
    events = {e.id: e.during for e in walk(ROOT / "examples" / "founding-article").case.events}
    assert events["panmunjom"].middle.date() == date(2018, 4, 27)
    assert events["singapore"].middle.date() == date(2018, 6, 12)
