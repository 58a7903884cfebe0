"""A composite in the words of a report: how many together, at which error rate, and each series by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from overlook.report.composite import tell
from overlook.report.words import Names
from overlook.terms import CompositeFinding, Estimate, Member, Series
from report import fixture

NAMES = Names.of(fixture.assessment().case)
SITE = next(iter(NAMES.sites))
ZONES = [zone for site, zone in NAMES.zones if site == SITE]
EVENT = next(iter(NAMES.events))


def member(i: int, verdict: str, ratio: float = 1.0, **more: Any) -> Member:
    series = Series(site=SITE, zone=ZONES[i % len(ZONES)] if i < len(ZONES) else f"z{i}", cls="truck")
    estimate = Estimate(estimate=ratio, low=0.9 * ratio, high=1.1 * ratio, level=0.9)
    values: dict[str, Any] = {"finding": f"f{i}", "ratio": estimate, "is_tested": True, "adjusted_p": 0.2}
    return Member(series=series, verdict=verdict, **(values | more))  # type: ignore[arg-type]


def finding(verdict: str, *members: Member, **more: Any) -> CompositeFinding:
    values: dict[str, Any] = {"error_rate": 0.1, "p_value": 0.04, "exploratory": False}
    return CompositeFinding(
        id="c",
        series=Series(site=SITE),
        event=EVENT,
        members=members,
        verdict=verdict,
        **(values | more),  # type: ignore[arg-type]
    )


def test_a_change_names_its_series_its_way_and_the_error_rate() -> None:
    fell = member(0, "changed", 0.4, adjusted_p=0.003, is_beyond=True)
    f = finding("changed", fell, member(1, "same"), member(2, "undetermined", adjusted_p=None, is_tested=False))
    said = tell(f, NAMES)
    assert said.lead == "Changed"
    assert said.sentence.startswith(
        "Of 2 (of 3 series) together, at most a 10% chance that any is called changed falsely: after "
    )
    assert "truck in z2" in said.sentence.partition("Cannot be said: ")[2]
    assert "was lower (×0.40; 90% interval ×0.36 to ×0.44)" in said.sentence
    assert said.step == "p = 0.04"
    rows = [value for _, value in said.numbers]
    assert (
        "changed, beyond the margin, ×0.40 (90% interval ×0.36 to ×0.44); called at an error rate of <1% or more"
        in rows
    )
    assert any(row.startswith("cannot be said, ×1.00") for row in rows)


def test_the_same_needs_all_and_says_so() -> None:
    said = tell(finding("same", member(0, "same"), member(1, "same")), NAMES)
    assert said.lead == "About the same"
    assert "so did each of 2 series, within its margin" in said.sentence


def test_nothing_found_is_not_the_same() -> None:
    said = tell(finding("undetermined", member(0, "same"), member(1, "undetermined"), p_value=None), NAMES)
    assert said.lead == "Not enough imagery"
    assert "none is, at " in said.sentence
    assert "that all stayed about the same is not shown" in said.sentence
    assert said.step == "exploratory: no p-value"
    blind = [replace(member(i, "undetermined"), is_tested=False, ratio=None, adjusted_p=None) for i in range(2)]
    assert "has images enough" in tell(finding("undetermined", *blind), NAMES).sentence


def test_changed_within_the_margin_says_both() -> None:
    f = finding("changed", member(0, "changed", 1.1, also_same=True), member(1, "same"), also_same=True)
    assert "Every series also lies within the declared margin." in tell(f, NAMES).sentence


def test_a_site_of_many_series_fills_no_page_with_names() -> None:
    f = finding("undetermined", *(member(i, "undetermined") for i in range(60)))
    said = tell(f, NAMES)
    assert "and 54 more" in said.sentence
    assert len(said.numbers) > 60
