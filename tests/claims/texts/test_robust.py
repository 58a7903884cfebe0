"""Bad input: every span slices back whatever the text, nothing is raised, nothing is followed."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlook.claims.texts import read_text
from overlook.claims.texts.page import make_page
from overlook.terms.statement import Span, Statement

PIECES = [
    "He", "said", "that", "Anna Brandt", "told", "reporters", "the", "officials", "according to", "was", "reportedly",
    "“", "”", '"', "''", "‘", "’", "'", ",", ".", ":", "?", "—", "(", ")", "\n", "\n\n", " ", " ", " ", "U.S.", "Mr.",
    "3 May", "claims", "report", "and", "who", "which", "if", "to be believed", "as", "by", "\u202e", "الموقع", "é",
    "\U0001f602", "\x00", "\r\n", "\u2028", "’s", "not", "may",
]  # fmt: skip


def spans(statement: Statement) -> list[Span]:
    parts = (
        statement.source or (),
        statement.cue,
        statement.content,
        statement.hedges,
        statement.negation,
        statement.modality,
        tuple(link for link in statement.chain if isinstance(link, Span)),
    )
    return [span for part in parts for span in part]


def check(text: str) -> None:
    for statement in read_text(text, None):
        assert statement.content
        for span in spans(statement):
            assert text[span.start : span.end] == span.text
            assert span.text.strip() == span.text != ""
        for part in (statement.content, statement.cue):
            assert all(a.end <= b.start for a, b in pairwise(part))


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_offsets_slice_back_whatever_the_text(text):
    check(text)


@given(st.lists(st.sampled_from(PIECES), max_size=60), st.sampled_from(["", " "]))
@settings(max_examples=700, deadline=None)
def test_offsets_slice_back_in_what_looks_like_news(pieces, glue):
    check(glue.join(pieces))


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_every_character_but_white_space_is_in_one_token(text):
    tokens = make_page(text).tokens
    covered = "".join(text[a:b] for a, b in zip(tokens.starts, tokens.ends, strict=True))
    assert "".join(covered.split()) == "".join(text.split())
    assert all(a < b for a, b in zip(tokens.starts, tokens.ends, strict=True))


@pytest.mark.parametrize(
    ("text", "contents"),
    [
        ("‘He said “no” again,’ she said.", [["‘He said “no” again,’"]]),
        ("“A ‘B “C” D’ is there,” he said.", [["“A ‘B “C” D’ is there,”"]]),
        ("She said, “The gate is open.\n\nThe road is not.", [["“The gate is open."]]),
        ('"The gate is open,” she said.', [['"The gate is open,”']]),
        ("''The gate is 'open,' '' she said.", [["''The gate is 'open,' ''"]]),
        ("The officials' 6'2\" guard said no.", [["no"]]),
        ("- The ministry said it was closed.\n- The army denied it.", [["it was closed"], ["it"]]),
        ("Photo: A man says he saw it. (Jane Doe/Wire)", [["he saw it"]]),
        ("By JANE DOE\n\nVIENNA - Officials said the gate was closed.", [["the gate was closed"]]),
        ("The minister said “الموقع مغلق” on Monday.", [["“الموقع مغلق” on Monday"]]),
        ("\u202eHe said no.\u202c", [["no"]]),
    ],
)
def test_marks_lists_captions_and_right_to_left_text(text, contents):
    check(text)
    assert [[span.text for span in s.content] for s in read_text(text, None)] == contents


@pytest.mark.parametrize(
    "text", ["", " \n\t ", "“", '"""""', "“" * 500, "said " * 500, "He said that " * 500, "a" * 5000]
)
def test_what_is_no_prose_is_read_without_complaint(text):
    check(text)


def test_markup_is_text_and_nothing_in_it_is_followed():
    text = '<script>fetch("https://example.org")</script> He said <b>no</b> to https://example.org/a?b=“c”.'
    check(text)


def test_lines_wrapped_by_a_program_are_one_paragraph():
    text = (
        "The head of the institute for\nthe study of ports said that\nthe new crane at the northern\n"
        "quay was never used."
    )
    (statement,) = read_text(text, None)
    assert statement.content[0].text == "that\nthe new crane at the northern\nquay was never used"


def test_a_line_without_end_is_cut_so_that_time_stays_linear():
    longest = max(b - a for a, b in make_page("the hall and " * 20_000).sentences)
    assert longest <= 400


def test_the_door_opens_without_reading_the_lexicon():
    code = (
        "import overlook.claims.texts as t; from overlook.claims.texts.words import lexicon as l; print(l.cache_info())"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert "currsize=0" in out


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Span(3, 3, ""),
        lambda: Span(-1, 1, "ab"),
        lambda: Span(0, 3, "ab"),
        lambda: Statement(source=None, cue=(), content=(), kind="direct", source_type=None),
        lambda: Statement(source=(), cue=(), content=(Span(0, 1, "a"),), kind="direct", source_type=None),
    ],
)
def test_a_statement_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\w"):
        wrong()
