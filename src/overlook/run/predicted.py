"""What could be seen of a text's statements, as JSON holds it: parts, images, questions to the analyst, the remainder.

A site that the words do not name is asked for. Where the text named one before, that is told as a hint, and no more.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from overlook.terms.statement import Dated, Placed, Span, Statement

if TYPE_CHECKING:
    from overlook.terms import Case, Interval
    from overlook.terms.draft import DraftPart, Missing, Remainder, Whole


def predicted_rows(statements: Sequence[Statement], text: str, case: Case) -> tuple[Mapping[str, Any], ...]:
    """One mapping a statement: `parts`, `remainder`, `notes`, and `whole` where it speaks of what others told."""
    from overlook.claims import draft_predictions, wholes_told
    from overlook.claims.texts.places import find_places

    places = [p for p in find_places(text, case.sites) if p.site]
    ends = [p.span.end for p in places]
    rows = []
    for statement, whole in zip(statements, wholes_told(statements, case), strict=True):
        draft = draft_predictions(statement, case)
        before = bisect_right(ends, statement.content[0].start)
        row: dict[str, Any] = {
            "parts": [_part(part, text, case, places[max(0, before - 1) : before]) for part in draft.parts],
            "remainder": [_rest(rest) for rest in draft.remainder if not rest.is_form],
            "notes": list(draft.notes),
        }
        rows.append(row | ({"whole": _whole(whole, case)} if whole else {}))
    return tuple(rows)


def context_rows(statements: Sequence[Statement], dates: Sequence[Dated], text: str) -> tuple[Mapping[str, Any], ...]:
    """The dates of the writer's own sentences: those that no statement has, each with the line that it stands in."""
    from overlook.run.drafts_dated import lines_around
    from overlook.run.read import dated_row

    told = [d.span for s in statements for d in s.dates]
    told += [span for s in statements for span in (*(s.source or ()), *s.cue, *s.content)]
    starts = sorted(span.start for span in told)
    reached = list(accumulate((span.end for span in sorted(told, key=lambda s: s.start)), max))
    rows = []
    for dated, line in zip(dates, lines_around(dates, text), strict=True):
        before = bisect_left(starts, dated.span.end)
        if before == 0 or reached[before - 1] <= dated.span.start:
            rows.append(dated_row(dated) | {"line": _span(line)})
    return tuple(rows)


# --- one part ---------------------------------------------------------------------------------------------------------


def _part(part: DraftPart, text: str, case: Case, last_named: Sequence[Placed]) -> dict[str, Any]:
    from overlook.claims import expected
    from overlook.report.said import need_view
    from overlook.report.words import Names

    p, names, shown = part.prediction, Names.of(case), expected(part, case)
    needs = [need_view(need, names) for need in shown.needs]
    return {
        "id": p.id,
        "template": part.template,
        "relation": p.relation,
        "site": p.site or None,
        "zone": p.zone or None,
        "class": p.cls or None,
        "indicator": p.indicator or None,
        "event": p.event or None,
        "window": _window(p.window),
        "needs_gsd_m": p.needs_gsd_m,
        "observable": shown.observable,
        "roofed": shown.is_roofed,
        "words": [_span(span) for span in _phrases(part.spans, text)],
        "denied": part.denied,
        "implied": part.implied,
        "possible": list(part.possible),
        "rivals": [{"name": r.name, "predicts": r.predicts, "is_deception": r.is_deception} for r in p.rivals],
        "needs": [{"images": need.images, "text": need.text} for need in needs],
        "ask": [_asked(missing, case, last_named) for missing in part.missing],
        "notes": list(part.notes),
    }


def _window(window: Interval | None) -> dict[str, str] | None:
    return {"from": window.start.isoformat(), "to": window.end.isoformat()} if window else None


def _phrases(spans: Sequence[Span], text: str) -> list[Span]:
    """Words that stand beside each other as one span."""
    joined: list[Span] = []
    for span in spans:
        between = text[joined[-1].end : span.start] if joined else "x"
        if joined and not any(char.isalnum() for char in between) and len(between) < 4:
            start = joined.pop().start
            span = Span(start, span.end, text[start : span.end])
        joined.append(span)
    return joined


def _asked(missing: Missing, case: Case, last_named: Sequence[Placed]) -> str:
    """A question to the analyst, with what the case offers for an answer."""
    if missing == "site":
        offered = ", ".join(site.id for site in case.sites)
        question = f"Which site? The case has {offered}." if offered else "Which site? The case declares none."
        hint = [f" Before these words the text last named “{p.span.text}” ({p.site})." for p in last_named]
        return question + "".join(hint)
    if missing == "event":
        offered = ", ".join(event.id for event in case.events)
        return f"Which event? The case has {offered}." if offered else "Which event? The case declares none."
    if missing == "window":
        return "When? Without a time, every image counts."
    return "What is it about? The words name nothing to look for."


# --- the rest ---------------------------------------------------------------------------------------------------------


def _rest(rest: Remainder) -> dict[str, Any]:
    return _span(rest.span) | {
        "standing": rest.standing,
        "kinds": list(rest.kinds),
        "why": rest.why,
        "unknown": [_span(word) for word in rest.unknown],
    }


def _whole(whole: Whole, case: Case) -> dict[str, Any]:
    """Statements by their number, from 1, and claims with what they predict and what of them no image can show."""
    claims = [claim for claim in case.claims if claim.id in whole.claims]
    return {
        "words": _span(whole.span),
        "by_name": whole.by_name,
        "statements": [n + 1 for n in whole.statements],
        "left_out": whole.left_out,
        "claims": [
            {
                "id": c.id,
                "quote": c.quote,
                "predictions": [
                    _declared(p.id, p.relation, p.cls or p.indicator, p.statement, p.inside) for p in c.predictions
                ],
                "not_observable": list(c.not_observable),
            }
            for c in claims
        ],
    }


def _declared(ident: str, relation: str, of: str, statement: str, inside: bool) -> dict[str, Any]:
    return {"id": ident, "relation": relation, "of": of or None, "statement": statement or None, "inside": inside}


def _span(span: Span) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "text": span.text}
