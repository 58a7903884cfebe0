"""A draft as entries of case.yaml: its claim or event, and the sources of its chain that the case does not know yet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from overlook.claims import draft_predictions
from overlook.errors import InputError, UsageError
from overlook.run.drafts import Draft
from overlook.run.drafts_dated import event_id, event_row
from overlook.terms import Case, Interval, Prediction, SourceKind
from overlook.terms.draft import DraftClaim, DraftPart
from overlook.terms.statement import Dated, Span, Statement

_LONGEST_ID = 40
#: A document's name is no id: this is what is left of one without a letter.
_UNNAMED = "source"

#: Words that stand for somebody named elsewhere: no name of a source.
_PRONOUNS = frozenset(
    {
        "he",
        "her",
        "him",
        "i",
        "it",
        "one",
        "she",
        "that",
        "them",
        "these",
        "they",
        "this",
        "those",
        "us",
        "we",
        "who",
        "you",
    }
)

Entries = dict[str, list[dict[str, Any]]]


def claim_entries(case: Case, draft: Draft, name: str) -> tuple[str, Entries]:
    """The claim's id, and what to add to `sources` and `claims` of case.yaml.

    The chain runs from who is said to know to the document, which is a source by its digest. A link whose name the case
    declares is that source; another is declared anew, ungraded. The quote is verbatim unless a person edited it, and
    then a note says so. Raises InputError where the text names its source by a pronoun, UsageError for an id in use.
    """
    statement = draft.statement
    assert statement is not None, "a draft without words was named"
    taken = _ids(case)
    if name and name in taken:
        raise UsageError("E-USAGE-DRAFT", f"the id {name!r} is in use", where="--as", remedy="give another")
    ident = name or _free("c-" + draft.id, taken)
    added: list[dict[str, Any]] = []
    chain = _edited_chain(case, draft) or _chain(case, draft, statement, added)
    document = _document(case, draft, added)
    chain = [link for link in chain if link != document] + [document]
    said = draft.edits.get("said") or _said(draft, statement)
    claim: dict[str, Any] = {
        "id": ident,
        "quote": draft.content,
        "kind": draft.edits.get("kind") or statement.kind,
        "chain": chain,
    }
    claim |= {"said": said} if said else {}
    claim |= {"credibility": draft.edits["credibility"]} if draft.edits.get("credibility") else {}
    # What stands in other words than were read is predicted by nobody.
    found = None if "content" in draft.edits else draft_predictions(statement, case)
    claim |= _predicted(found)
    claim |= {"note": _note(draft, statement, found)}
    return ident, {"sources": added, "claims": [claim]}


def event_entries(case: Case, draft: Draft, name: str) -> tuple[str, Entries]:
    """The event's id, and what to add to `sources` and `events` of case.yaml. Raises UsageError for an id in use."""
    assert draft.dated is not None, "a draft of a statement was named"
    added: list[dict[str, Any]] = []
    document = _document(case, draft, added)
    ident = event_id(case, draft.id, name)
    words = str(draft.edits.get("content", ""))
    return ident, {"sources": added, "events": [event_row(case, draft.dated, ident, words=words, source=document)]}


def _ids(case: Case) -> frozenset[str]:
    lists = (case.claims, case.commitments, case.facts)
    return frozenset(x.id for entries in lists for x in entries)


def _edited_chain(case: Case, draft: Draft) -> list[str]:
    chain = [str(link) for link in draft.edits.get("chain", ())]
    unknown = [link for link in chain if link not in {s.id for s in case.sources}]
    if unknown:
        what = f"there is no source {unknown[0]!r} in case.yaml"
        raise InputError("E-INPUT-DRAFT-SOURCE", what, where=draft.id, remedy="declare it under `sources:` first")
    return chain


def _chain(case: Case, draft: Draft, statement: Statement, added: list[dict[str, Any]]) -> list[str]:
    said_by = " … ".join(span.text for span in statement.source or ())
    if said_by and (statement.source_type is None or said_by.casefold() in _PRONOUNS):
        raise InputError(
            "E-INPUT-DRAFT-SOURCE",
            f"who {said_by!r} is, the text does not say near it",
            where=draft.id,
            remedy=f"`overlook draft DIR edit {draft.id} --chain ID,ID` with ids of sources in case.yaml",
        )
    own = {span.text for span in statement.source or ()}
    chain: list[str] = []
    for link in statement.chain:
        text = link.text if isinstance(link, Span) else link
        kind: SourceKind = statement.source_type if text in own and statement.source_type else _kind_of_relay(text)
        ident = _source(case, text, kind, added)
        if ident not in chain:
            chain.append(ident)
    return chain


def _kind_of_relay(text: str) -> SourceKind:
    """Others in a chain are named with a capital (a paper, an agency), or stand for a group nobody names."""
    return "document" if any(word[:1].isupper() for word in text.split()) else "anonymous"


def _source(case: Case, text: str, kind: SourceKind, added: list[dict[str, Any]]) -> str:
    name = " ".join(text.split())
    declared = {_plain(s.name): s.id for s in case.sources} | {_plain(str(s["name"])): str(s["id"]) for s in added}
    # "Ann Lee, an analyst at the Institute" is the Ann Lee that the case declares.
    known = declared.get(_plain(name)) or declared.get(_plain(name.partition(",")[0]))
    if known:
        return known
    # A person's name may have to be erased; an id goes into too many places to be.
    wanted = "person" if kind == "named" else _slug(name.partition(",")[0])
    ident = _free(wanted, {s.id for s in case.sources} | {str(s["id"]) for s in added})
    added.append({"id": ident, "name": name[:300], "kind": kind})
    return ident


def _document(case: Case, draft: Draft, added: list[dict[str, Any]]) -> str:
    known = next((s.id for s in case.sources if s.digest == draft.document), None)
    if known:
        return known
    ident = _free(_slug(PurePath(draft.name).stem), {s.id for s in case.sources} | {str(s["id"]) for s in added})
    added.append({"id": ident, "name": draft.name[:300], "kind": "document", "digest": draft.document})
    return ident


def _said(draft: Draft, statement: Statement) -> str:
    """The day that the words around give it, where they give one; else the day of publication, at the latest."""
    days = [d for d in statement.dates if d.precision == "day" and d.during and not _is_in_content(d, statement)]
    if len(days) == 1 and days[0].start:
        day = days[0].start.date()
        if draft.published is None or day <= draft.published:
            return day.isoformat()
    return draft.published.isoformat() if draft.published else ""


def _is_in_content(dated: Dated, statement: Statement) -> bool:
    return any(s.start <= dated.span.start and dated.span.end <= s.end for s in statement.content)


def _predicted(found: DraftClaim | None) -> dict[str, Any]:
    """What could be seen if it were so, and what no image can show."""
    if found is None:
        return {}
    # What lacks a site, an event or a class would not be valid in a case; the analyst adds it when she knows.
    whole = [p.prediction for p in found.parts if _is_whole(p)]
    rest = list(found.not_observable)
    return ({"predictions": [_prediction(p) for p in whole]} if whole else {}) | (
        {"not_observable": rest} if rest else {}
    )


def _is_whole(part: DraftPart) -> bool:
    return not set(part.missing) - {"window"}


def _prediction(p: Prediction) -> dict[str, Any]:
    row: dict[str, Any] = {"id": p.id, "relation": p.relation, "site": p.site}
    texts = {"zone": p.zone, "class": p.cls, "indicator": p.indicator, "event": p.event, "statement": p.statement}
    row |= {key: value for key, value in texts.items() if value}
    if p.window:
        row["window"] = _span(p.window)
    if p.needs_gsd_m is not None:
        row["needs_gsd_m"] = p.needs_gsd_m
    row |= {key: True for key in ("must_be_in_the_open", "inside") if getattr(p, key)}
    if p.rivals:
        row["rivals"] = [
            {"id": r.id, "name": r.name, "predicts": r.predicts} | ({"is_deception": True} if r.is_deception else {})
            for r in p.rivals
        ]
    return row


def _span(window: Interval) -> dict[str, str]:
    return {"from": window.start.isoformat(), "to": window.end.isoformat()}


def _note(draft: Draft, statement: Statement, found: DraftClaim | None) -> str:
    """Where it comes from, and what of it neither predictions nor `not_observable` hold: nobody tests that."""
    parts = [f"Draft {draft.id} of a text" + (f" published {draft.published.isoformat()}" if draft.published else "")]
    if "content" in draft.edits:
        parts.append("worded by the analyst, not as it was read")
    for label, spans in (("hedges", statement.hedges), ("denials", statement.negation)):
        if spans:
            parts.append(f"{label}: {', '.join(dict.fromkeys(span.text for span in spans))}")
    note = "; ".join(parts) + "."
    if found is None:
        return note
    waiting = [
        f"{p.prediction.id} (its {', '.join(m for m in p.missing if m != 'window')})"
        for p in found.parts
        if not _is_whole(p)
    ]
    if waiting:
        note += f" To be declared before it can be tested: {'; '.join(waiting)}."
    if found.untested:
        note += f" Not tested: {'; '.join(found.untested)}."
    return note


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold().removeprefix("the ")


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", plain.removeprefix("the ")).strip("-")
    # Cut between words, where there are several.
    short = plain if len(plain) <= _LONGEST_ID else plain[: _LONGEST_ID + 1].rpartition("-")[0] or plain[:_LONGEST_ID]
    return short or _UNNAMED


def _free(wanted: str, taken: frozenset[str] | set[str] | Sequence[str] | Mapping[str, Any]) -> str:
    if wanted not in taken:
        return wanted
    return next(f"{wanted}-{n}" for n in range(2, len(taken) + 3) if f"{wanted}-{n}" not in taken)
