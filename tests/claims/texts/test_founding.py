"""The founding article: every statement a reader finds, and no other. Its text stays outside the project."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from overlook.claims.texts import read_text
from overlook.terms.statement import Span, Statement
from shared import SHARED, needs

GOLDEN = Path(__file__).with_name("founding.golden.json")
ARTICLE = ("..", "seed", "article-2018.txt")


def places(spans: tuple[str | Span, ...] | None) -> list[list[int]] | None:
    return None if spans is None else [[span.start, span.end] for span in spans if isinstance(span, Span)]


def row(statement: Statement) -> dict[str, object]:
    return {
        "source": places(statement.source),
        "cue": places(statement.cue),
        "content": places(statement.content),
        "kind": statement.kind,
        "source_type": statement.source_type,
        "chain": places(statement.chain),
        "hedges": places(statement.hedges),
        "negation": places(statement.negation),
        "modality": places(statement.modality),
    }


@needs(*ARTICLE)
def test_every_statement_of_the_founding_article_comes_out_and_no_other():
    text = SHARED.joinpath(*ARTICLE).read_bytes().decode("utf-8")
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert hashlib.sha256(text.encode()).hexdigest() == golden["sha256"]
    assert [row(statement) for statement in read_text(text, None)] == golden["statements"]
