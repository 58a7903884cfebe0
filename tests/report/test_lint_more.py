"""The rules of lint.yaml and of the words of likelihood: what must be refused, what nearly looks so, and our own."""

import ast
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.test_properties import answered
from overlook.claims import judge
from overlook.errors import RefusedError
from overlook.report import render
from overlook.report.lint import check_judgement, check_opinions, check_text, rules
from overlook.report.page import page
from overlook.report.words import Names
from overlook.terms import (
    Assessment,
    Break,
    BreakFinding,
    Estimate,
    Interval,
    Opinion,
    PairTurnover,
    Provenance,
    Series,
    TurnoverFinding,
)
from report import fixture
from shared import ROOT

REFUSED = {
    "E-REFUSED-PROOF": [
        "This proves it.",
        "It was proven.",
        "The images confirm the report.",
        "That is confirmed.",
        "A confirmation of the claim.",
        "The evidence is conclusive.",
        "This is inconclusive.",
        "It is a smoking gun.",
        "Beyond any reasonable doubt the pad was used.",
        "There is no doubt of it.",
        "It is undeniable.",
        "The pad was clearly in use.",
        "Trucks definitely came.",
        "It is certain that trucks came.",
        "It will certainly be used.",
        "Obviously trucks came.",
    ],
    "E-REFUSED-ABSENCE": [
        "There was no activity in July.",
        "There were no trucks at the gate.",
        "There is no construction on the pad.",
        "There has been no movement since.",
        "No activity took place.",
        "No trucks were there.",
        "No vehicles moved in July.",
        "Nothing happened at the site.",
        "Nothing was built on the pad.",
        "The site was dormant.",
        "The yard stood idle.",
        "The plant lay abandoned.",
        "Work has ceased.",
        "Construction stopped in June.",
        "The pad is exactly the same.",
        "The yard was completely unchanged.",
    ],
    "E-REFUSED-ZERO": [
        "Zero vehicles on the days not observed.",
        "None of the trucks under cloud.",
        "Not observed (0).",
        "Cloud: 0",
        "The gate was not searched, so zero.",
    ],
    "E-REFUSED-HEDGES": [
        "This may possibly be a crane.",
        "It could perhaps be a shadow.",
        "Perhaps it might be a truck.",
        "It may suggest a launch.",
        "It seems to indicate work.",
        "It appears to suggest work.",
        "It is possibly perhaps a crane.",
        "It might be likely.",
    ],
    "E-REFUSED-LIKELIHOOD-ROWS": [
        "It is highly likely.",
        "It is quite likely that trucks came.",
        "It is likely, or probable.",
        "It is very likely and nearly certain.",
        "It is unlikely, a remote chance.",
        "It is likely here and unlikely there.",
        "It is very likely, if not almost certain.",
        "There is an even chance of it.",
    ],
    "E-REFUSED-LIKELIHOOD-CONFIDENCE": ["It is very likely, and confidence is low.", "With confidence: unlikely."],
}
SAID = [
    "No activity observed, at most 0.4 vehicles an image.",
    "No activity was observed on 12 images.",
    "There is no image of that week.",
    "There was no usable image after the summit.",
    "There is no evidence that the pad changed.",
    "That is no evidence that there was none.",
    "Had nothing changed, one in twenty would be called changed.",
    "If there were no trucks, these images could hardly look so.",
    "The images cannot confirm the report.",
    "Both rest on one origin: there they do not confirm each other.",
    "A crane was seen on 3 of 4 images (confirmed).",
    "The crane was identified as probable.",
    "Nobody could prove it.",
    "That was never confirmed.",
    "It is almost certain (95–99%).",
    "A certain crane, say.",
    "The tested statement is more likely than its rivals.",
    "It is likely (55–80%). Confidence is moderate.",
    "It is very likely. Elsewhere nothing was tested.",
    "He wrote “there was no activity; this proves it”.",
    'The claim says "highly likely".',
    "The rate is not zero.",
    "0 vehicles were counted on 12 images.",
    "Zero was counted on every image that was seen.",
    "Trucks may be hidden under the roof.",
    "In May 2018 perhaps a third of the yard was visible.",
    "These images could have missed a rise under a factor 1.5.",
    "The vehicle level stayed about the same (within a factor 1.25).",
    "The approver's waterproof canopy; a profile of the improved road.",
    "Not seen is not the same as not there.",
    "The yard was covered by cloud on 4 images, and off the image on 2.",
    "The site is active above the declared rate.",
    "The 90% confidence interval of a likely value.",
    "It is probable.",
]


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in REFUSED.items() for text in texts])
def test_what_may_not_be_said(code: str, text: str) -> None:
    with pytest.raises(RefusedError, match=code) as error:
        check_text(f"Seen on 4 images. {text} Images of May would tell more.", where="finding f")
    assert error.value.exit_code == 4
    assert text.rstrip(".") in str(error.value)
    assert error.value.remedy


@pytest.mark.parametrize("text", SAID)
def test_what_nearly_looks_so_and_may_be_said(text: str) -> None:
    check_text(text, where="finding f")


@pytest.mark.parametrize("code", [c for c in REFUSED if "LIKELIHOOD" not in c])
@pytest.mark.parametrize("quotes", ["“{}”", '"{}"', "«{}»"])
def test_a_persons_words_are_exempt(code: str, quotes: str) -> None:
    for text in REFUSED[code]:
        check_text(f"She wrote {quotes.format(text)}.", where="x")
        check_text(f"At {text} two images were taken.", where="x", declared=(text,))


def test_every_rule_gives_its_reason_and_refuses_something() -> None:
    texts = [t for texts in REFUSED.values() for t in texts]
    for rule in rules():
        assert rule.reason.endswith(".")
        if rule.group != "exempt":
            assert rule.say
            assert any(rule.pattern.search(text) for text in texts), rule.pattern.pattern
        else:
            assert any(rule.pattern.search(text) for text in [*SAID, "confirmed by other sources"]), (
                rule.pattern.pattern
            )


def test_a_long_text_is_read_to_its_end() -> None:
    # Backtracking that grew with the square of a note would never come back from this.
    check_text("none of the " * 20_000 + "it may be a " * 20_000 + "there was no image " * 20_000, where="x")


@pytest.mark.parametrize(
    "why",
    [
        "The level after the summit was ×1.83 that before.",
        "The level was 2.6 times that before.",
        "It rose by 40%.",
        "There were 30% more vehicles than before.",
        "With all of it visible that is 12.9 an image.",
    ],
)
def test_an_effect_stands_with_its_interval(why: str) -> None:
    part = fixture.judgements()[1].parts[0]
    known = frozenset(part.findings)
    check_judgement(part, known=known)
    check_judgement(replace(part, why=(f"{why[:-1]}, 90% interval 1.3 to 2.5.",)), known=known)
    with pytest.raises(RefusedError, match="E-REFUSED-INTERVAL") as error:
        check_judgement(replace(part, why=(why,)), known=known)
    assert why in str(error.value)


@pytest.mark.parametrize(
    "why",
    [
        "431 vehicles were counted in 39 images, 12.90 per image.",
        "The bound of 0.11 an image is positive evidence, not mere absence.",
        "No rate above the declared quiet rate of 0.5 an image.",
        "Could not be seen 4 times: 3 cloud, 1 off the image.",
        "It changed, and the change lies within the declared margin of a factor 1.25.",
        "6 usable images before and 12 after.",
    ],
)
def test_a_count_a_bound_and_a_declared_value_need_none(why: str) -> None:
    part = fixture.judgements()[1].parts[0]
    check_judgement(replace(part, why=(why,)), known=frozenset(part.findings))


@pytest.mark.parametrize(
    "change",
    [
        {"why": ("It is likely.",)},
        {"observable": "Trucks came, very likely."},
        {"why": ("It is unlikely.", "It is very unlikely."), "likelihood": None},
    ],
)
def test_one_judgement_has_one_likelihood(change: dict[str, Any]) -> None:
    part = fixture.judgements()[1].parts[0]
    check_judgement(replace(part, why=("It has almost no chance.",)), known=frozenset(part.findings))
    with pytest.raises(RefusedError, match="E-REFUSED-LIKELIHOOD-ROWS"):
        check_judgement(replace(part, **change), known=frozenset(part.findings))


def opinion(*reasons: str) -> Opinion:
    return Opinion(claim="c1", analyst="Anna Lens", signed=date(2025, 1, 12), evidence="aa11bb22cc33", reasons=reasons)


def test_an_analysts_reason_is_refused_for_publication_alone_and_named() -> None:
    bad = "The images prove that nothing happened."
    first, *rest = fixture.judgements()
    signed = replace(first.opinions[0], opinion=opinion("It is hard to see.", bad))
    one = fixture.assessment(judgements=(replace(first, opinions=(signed,)), *rest))
    assert bad in render(one, lambda *_: None, made=fixture.MADE).html
    with pytest.raises(RefusedError, match="E-REFUSED-PROOF") as error:
        render(one, lambda *_: None, made=fixture.MADE, publication=True)
    assert bad in error.value.what
    assert "Anna Lens" in error.value.where


def test_a_quote_in_an_analysts_reason_is_hers_to_give() -> None:
    check_opinions("c1", [opinion("The ministry says “there was no activity”; 12 images show trucks.")])
    with pytest.raises(RefusedError, match="E-REFUSED-ABSENCE"):
        check_opinions("c1", [opinion("The ministry is right: there was no activity.")])


def assessed(case: Any, findings: tuple[Any, ...], judgements: Any = ()) -> Assessment:
    made = Provenance(code_version="0", code_digest="0", case_digest="0", plan_digest="0", plan_note="", inputs=())
    return Assessment(case=case, findings=findings, judgements=judgements, provenance=made)


def read(one: Assessment) -> None:
    """Raises when any sentence of the page may not be said."""
    page(one, (), (), made=fixture.MADE, publication=False, names=Names.of(one.case), own_digest="0")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answered())
def test_our_own_sentences_pass_over_findings_and_verdicts(given_: Any) -> None:
    case, findings = given_
    read(assessed(case, tuple(findings.values()), judge(case, findings, (), ())))


_NAMES = fixture.case()
_YARD = Series(site="works", zone="yard", cls="vehicle")
_TIMES = [datetime(2024, month, 4, 2, 10, tzinfo=UTC) for month in range(1, 13)]
_SPAN = st.tuples(st.sampled_from(_TIMES[:6]), st.sampled_from(_TIMES[6:])).map(
    lambda t: Interval(start=t[0], end=t[1])
)
_ESTIMATE = (
    st.lists(st.floats(0.05, 20), min_size=3, max_size=3)
    .map(sorted)
    .map(lambda v: Estimate(estimate=v[1], low=v[0], high=v[2], level=0.9))
)


@st.composite
def turnovers(draw: st.DrawFn) -> TurnoverFinding:
    n = draw(st.tuples(*[st.integers(0, 40)] * 3))
    pair = PairTurnover(
        before="kestrel_00_20m", after="kestrel_01_20m", during=draw(_SPAN), stayed=n[0], left=n[1], arrived=n[2],
        unseen_after=draw(st.integers(0, 9)), residual_m=0.4,
    )  # fmt: skip
    return TurnoverFinding(
        id="turnover/works/yard/vehicle", series=_YARD, window=draw(st.none() | _SPAN), reader=fixture.READER,
        n_images=draw(st.integers(0, 40)), n_places=draw(st.integers(0, 40)), pairs=(pair,), stayed=n[0], left=n[1],
        arrived=n[2], expected_by_error=draw(st.none() | st.floats(0, 30)), p_value=draw(st.none() | st.floats(0, 1)),
        beyond_error=draw(st.sampled_from([(), ("left",), ("arrived",), ("left", "arrived")])),
        dwell_d=draw(st.none() | _ESTIMATE), dwell_under_d=draw(st.none() | st.floats(0.1, 90)),
        dwell_over_d=draw(st.none() | st.floats(0.1, 90)), kept_at_least=draw(st.none() | st.floats(0, 1)),
        verdict=draw(st.sampled_from(["coming and going", "standing", "undetermined"])),
        exploratory=draw(st.booleans()),
    )  # fmt: skip


@st.composite
def scans(draw: st.DrawFn) -> BreakFinding:
    order = st.sampled_from(["before", "after", "undetermined"])
    found = tuple(
        Break(between=s, likeliest=s, level=0.9, ratio=draw(_ESTIMATE), p_value=0.002, alpha=0.05,
              order=(("summit", draw(order)),))
        for s in draw(st.lists(_SPAN, max_size=2))
    )  # fmt: skip
    return BreakFinding(
        id="break/works/yard/vehicle", series=_YARD, window=draw(st.none() | _SPAN), n_images=draw(st.integers(0, 60)),
        p_value=draw(st.none() | st.floats(0, 1)), alpha=0.05, verdict="changed" if found else "undetermined",
        exploratory=draw(st.booleans()), found=found,
    )  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(turnovers(), scans())
def test_our_own_sentences_pass_over_turnover_and_steps(turnover: TurnoverFinding, scan: BreakFinding) -> None:
    read(assessed(_NAMES, (turnover, scan)))


def own_texts(path: Path) -> list[str]:
    """Texts of a source file that can reach a report: not its docstrings, nor what it raises."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise | ast.JoinedStr):
            silent |= {id(v) for v in ast.walk(node) if v is not node}
        elif isinstance(node, ast.Expr):
            silent.add(id(node.value))
    found = []
    for node in ast.walk(tree):
        if id(node) in silent:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
        elif isinstance(node, ast.JoinedStr):
            found.append("".join(str(v.value) if isinstance(v, ast.Constant) else "7" for v in node.values))
    return [text for text in found if " " in text]


@pytest.mark.parametrize("room", ["activity", "claims", "report"])
def test_no_text_of_ours_is_one_that_the_lint_refuses(room: str) -> None:
    # Vocabularies of what others say, and the rules themselves, hold such words by design.
    kept = {"lint.py", "texts", "lexicon", "vocabulary.py"}
    paths = [p for p in sorted((ROOT / "src/overlook" / room).rglob("*.py")) if not kept & set(p.parts)]
    texts = [(p, text) for p in paths for text in own_texts(p)]
    assert len(texts) > 50
    for path, text in texts:
        check_text(text, where=str(path.relative_to(ROOT)))


def test_no_text_of_our_templates_is_one_that_the_lint_refuses() -> None:
    for path in sorted((ROOT / "src/overlook/report/templates").glob("*.j2")):
        text = re.sub(r"\{[#%].*?[#%]\}|<[^>]+>", "\n", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        check_text(re.sub(r"\{\{.*?\}\}", "7", text, flags=re.DOTALL), where=path.name)
