"""From words to what could be seen: the usual sentences, their denials and hedges, and every word accounted for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.made import SITE, SUMMIT, case
from overlook.case import read_case
from overlook.claims import draft_predictions
from overlook.claims.texts import read_text
from overlook.claims.vocabulary import vocabulary
from overlook.terms import Event
from overlook.terms.draft import DraftClaim
from overlook.terms.statement import Dated, Placed, Span, Statement
from shared import ROOT, SHARED, needs

OTHER = replace(SITE, id="t", name="Tower")
AUTUMN = replace(SUMMIT, id="autumn", name="Autumn talks", during=SUMMIT.during)


def said(text: str, **more: Any) -> Statement:
    values: dict[str, Any] = {"source": None, "cue": (), "content": (Span(0, len(text), text),)}
    return Statement(**(values | {"kind": "indirect", "source_type": None} | more))


def span(text: str, part: str) -> Span:
    at = text.index(part)
    return Span(at, at + len(part), part)


def draft(text: str, *events: Event, **more: Any) -> DraftClaim:
    return draft_predictions(said(text, **more), case(events=events or (SUMMIT,)))


def read(text: str, *events: Event, **more: Any) -> list[tuple[str, str]]:
    return [(p.relation, p.cls or p.indicator or p.event) for p in draft(text, *events, **more).predictions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the site is still active", [("active", "vehicle")]),
        ("the site is not active", [("quiet", "vehicle")]),
        ("the site is no longer operating", [("quiet", "vehicle")]),
        ("the factory is not dead", [("active", "vehicle")]),
        ("the plant never stopped", [("active", "vehicle")]),
        ("work has stopped", [("quiet", "vehicle")]),
        ("work resumed", [("active", "vehicle")]),
        ("the plant had reopened", [("active", "vehicle")]),
        ("production ended", [("quiet", "vehicle")]),
        ("there had been no complete stoppage in the activities", [("active", "vehicle")]),
        ("vehicles and shipping containers are coming and going", [("active", "vehicle"), ("active", "container")]),
        ("trucks arrived", [("arrived", "truck")]),
        ("two cranes left", [("left", "crane")]),
        ("no sign of a steam plume", [("absent", "steam-plume")]),
        ("we saw railcars", [("present", "railcars")]),
        ("there were no railcars", [("absent", "railcars")]),
        ("no change in the pattern of life", [("same", "")]),
        ("it stayed about the same through the summit", [("same", "summit")]),
        ("there were more trucks after the summit", [("changed", "truck")]),
        ("they had started the process of dismantling a part of the launch site", [("present", "dismantling")]),
        ("they dismantled the gantry tower", [("removed", "gantry-tower")]),
        ("the gantry tower was dismantled", [("removed", "gantry-tower")]),
        ("they are building a new cooling tower", [("present", "construction-of-cooling-tower")]),
        ("they expanded the loading dock", [("built", "loading-dock")]),
        ("it is building new ballistic missiles", [("active", "vehicle")]),
        ("it continues production of plutonium", [("active", "vehicle")]),
    ],
)
def test_usual_sentences(text: str, expected: list[tuple[str, str]]):
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "they did not dismantle the gantry tower",
        "trucks did not arrive",
        "the officials are unclear about how far the work has gone",
        "experts were not able to confirm all parts of the leak",
        "it is no longer a nuclear threat",
        "the tower will be dismantled",
        "production was to end",
        "the tower was to be dismantled",
        "because solid-fueled missiles take longer to fuel",
    ],
)
def test_what_predicts_nothing_is_all_remainder(text: str):
    found = draft(text)
    assert (found.parts, bool(found.not_observable or found.untested)) == ((), True)


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("the yard was full", ["full"]),
        ("the hall was gritted and the missiles inside were greased", ["hall", "gritted", "greased"]),
    ],
)
def test_what_no_list_knows_is_unknown_and_never_called_not_observable(text: str, unknown: list[str]):
    found = draft(text)
    assert [word.text for rest in found.remainder for word in rest.unknown] == unknown
    for rest in found.remainder:
        known = rest.span.text if rest.standing == "not observable" else ""
        assert not any(
            word.text in known.split() and f"“{word.text}”" not in str(found.not_observable) for word in rest.unknown
        )
    assert [r.standing for r in draft("the yard was full").remainder] == ["unknown"]
    assert "unknown to Overlook" in draft("the yard was full").untested[0]
    assert draft("the yard was full").not_observable == ()


def test_a_name_or_a_place_alone_is_nothing_to_test():
    found = draft("of Ada Lind at the yard")
    assert (found.not_observable, found.untested) == ((), ())
    assert [r.standing for r in found.remainder] == ["not tested"]


def test_what_may_be_so_predicts_what_would_be_seen_if_it_were_and_no_more():
    plain, hedged = draft("the site is active"), draft("the site may be active")
    assert [p.possible for p in hedged.parts] == [("may",)]
    assert hedged.predictions == plain.predictions
    assert [p.possible for p in plain.parts] == [()]


def test_an_undertaking_is_no_prediction():
    text = "vowed to stop production"
    statement = said(text, cue=(span(text, "vowed"),), content=(span(text, "to stop production"),))
    found = draft_predictions(statement, case())
    assert found.parts == ()
    assert [r.kinds for r in found.remainder] == [("undertaking",)]
    assert "commitments" in found.notes[0]


@pytest.mark.parametrize(
    ("text", "denial", "expected"),
    [
        ("denied that the site is active", "denied", [("quiet", "vehicle")]),
        ("doubts that the site is active", "doubts", []),
        ("did not say that the site is active", "not", []),
    ],
)
def test_denials_of_the_source(text: str, denial: str, expected: list[tuple[str, str]]):
    content = span(text, "that the site is active")
    cue = Span(0, content.start - 1, text[: content.start - 1])
    statement = said(text, cue=(cue,), content=(content,), negation=(span(text, denial),))
    assert [(p.relation, p.cls) for p in draft_predictions(statement, case()).predictions] == expected


def test_a_site_comes_from_the_words_or_is_missing():
    two = case(sites=(SITE, OTHER))
    text = "the Tower is active, and in June the yard was quiet"
    (first, second) = draft_predictions(said(text, places=(Placed(span=span(text, "Tower"), site="t"),)), two).parts
    assert (first.prediction.site, first.missing) == ("t", ("window",))
    assert second.prediction.site == "t"
    (nowhere,) = draft_predictions(said("the site is active"), two).parts
    assert (nowhere.prediction.site, nowhere.missing) == ("", ("site", "window"))
    assert draft("the site is active").predictions[0].site == "s"


def test_the_window_is_the_date_of_its_clause():
    june = (datetime(2018, 6, 1, tzinfo=UTC), datetime(2018, 6, 30, 23, 59, 59, 999999, tzinfo=UTC))
    text = "the site was active in June, but trucks left"
    dated = Dated(span=span(text, "June"), start=june[0], end=june[1], precision="month")
    active, left = draft(text, dates=(dated,)).predictions
    assert active.window is not None
    assert (active.window.start, active.window.end) == june
    assert left.window is None or left.window == active.window


def test_a_date_beside_the_content_is_when_it_was_said():
    text = "on Monday said the site is active"
    start = datetime(2018, 7, 30, tzinfo=UTC)
    monday = Dated(span=span(text, "Monday"), start=start, end=start, precision="day")
    found = draft_predictions(said(text, content=(span(text, "the site is active"),), dates=(monday,)), case())
    assert found.said is not None
    assert found.said.start == start
    assert found.predictions[0].window is None


def test_events_are_named_or_all_of_their_kind():
    singapore = replace(SUMMIT, id="singapore", name="Singapore summit")
    hanoi = replace(SUMMIT, id="hanoi", name="Hanoi summit")
    assert read("about the same through the Hanoi meeting", singapore, hanoi) == [("same", "hanoi")]
    assert read("unchanged through the summits", singapore, hanoi) == [("same", "singapore"), ("same", "hanoi")]
    (open_,) = draft("unchanged since then", singapore, hanoi).parts
    assert open_.missing == ("event",)


def test_what_lies_inside_is_never_a_structure_and_its_traffic_is_called_implied():
    found = draft("they are building liquid-fueled intercontinental ballistic missiles")
    (part,) = found.parts
    assert (part.implied, part.prediction.relation) == (True, "active")
    assert "inside" in found.remainder[-1].kinds
    assert any(r.predicts == "same" for r in part.prediction.rivals)


WORDS = sorted(
    {
        *(w for t in vocabulary().templates for p in t.patterns for i in p for w in i.words),
        *(w for t in vocabulary().things for p in t.patterns for i in p for w in i.words),
        *vocabulary().form,
        *("not", "no", "may", "will", "missiles", "Summit", "tower", "7", "—", ",", ".", ";", "’s", "“", "”", "ö́"),
    }
)
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).map(" ".join) | st.text(min_size=1, max_size=80)


@given(TEXTS)
def test_every_word_is_covered_by_a_prediction_or_stands_in_the_remainder(text: str):
    found = draft(text)
    held = [0] * len(text)
    for one in {s for p in found.parts for s in p.spans} | {r.span for r in found.remainder}:
        assert text[one.start : one.end] == one.text
        for k in range(one.start, one.end):
            held[k] += 1
    assert all(held[k] for k, char in enumerate(text) if char.isalnum())
    told = {k for r in found.remainder for k in range(r.span.start, r.span.end)}
    assert told.isdisjoint(k for p in found.parts for s in p.spans for k in range(s.start, s.end))


@given(TEXTS)
def test_no_draft_lets_absence_speak_and_ids_are_unique(text: str):
    found = draft(text).predictions
    assert not any(p.must_be_in_the_open for p in found)
    assert len({p.id for p in found}) == len(found)
    assert all(bool(p.cls) != bool(p.indicator) or p.relation in ("changed", "same") for p in found)


@given(st.lists(st.sampled_from([w for w in WORDS if w.isalpha()]), min_size=1, max_size=8))
def test_possibility_adds_no_prediction(words: list[str]):
    plain = draft(" ".join(words)).predictions
    hedged = draft(" ".join(["may", *words])).predictions
    assert {replace(p, id="") for p in hedged} <= {replace(p, id="") for p in plain}


GOLDEN = Path(__file__).with_name("founding.predictions.json")
ARTICLE = ("..", "seed", "article-2018.txt")


def founding() -> dict[str, Any]:
    """What could be seen of each statement of the article, by offsets: its words stay outside."""
    text = SHARED.joinpath(*ARTICLE).read_bytes().decode("utf-8")
    at = read_case(ROOT / "examples/founding-article", now=datetime(2026, 1, 1, tzinfo=UTC))
    statements = read_text(text, date(2018, 8, 1), sites=at.sites, events=at.events)
    rows = {f"{s.content[0].start}-{s.content[-1].end}": row(draft_predictions(s, at)) for s in statements}
    return {"sha256": hashlib.sha256(text.encode()).hexdigest(), "statements": rows}


def row(found: DraftClaim) -> dict[str, Any]:
    return {
        "parts": {
            p.prediction.id: {
                "relation": p.prediction.relation,
                "site": p.prediction.site,
                "of": p.prediction.cls or p.prediction.indicator,
                "event": p.prediction.event,
                "missing": list(p.missing),
                "implied": p.implied,
                "words": [[s.start, s.end] for s in p.spans],
            }
            for p in found.parts
        },
        "remainder": [[r.span.start, r.span.end, r.standing, *r.kinds] for r in found.remainder],
        "unknown": [[w.start, w.end] for r in found.remainder for w in r.unknown],
    }


@needs(*ARTICLE)
def test_the_founding_article_statement_by_statement():
    assert founding() == json.loads(GOLDEN.read_text(encoding="utf-8"))
