"""From a statement to what overhead images would show if it were true, and to what of it they could not show.

By rules: templates of the usual sentences, in lexicon/relations.yaml. A draft is for an analyst to accept, edit or
reject. It makes nothing stronger than the words: what is denied predicts the contrary or nothing, what may be so
predicts what would be seen if it were, what is to come and what is promised predict nothing, and no draft puts a thing
in the open, so that its absence cannot speak before an analyst says why it should.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from overlook.claims.predicting_objects import Object, object_of
from overlook.claims.predicting_rest import remainder
from overlook.claims.predicting_words import (
    Match,
    Words,
    denied,
    due,
    events_in,
    find,
    places_of,
    possible,
    templates_in,
    things_in,
    words_of,
)
from overlook.claims.vocabulary import Template, Thing, Vocabulary, vocabulary
from overlook.terms import Case, Event, Interval, Prediction, Relation
from overlook.terms.draft import DraftClaim, DraftPart, Missing, Remainder
from overlook.terms.statement import Span, Statement

_PROMISED = "It is an undertaking: declare it under commitments. Of the present it says nothing."
_UNSAID = "The source is told not to have said it, or to doubt it: nothing is predicted."
_TO_COME = "It speaks of what is to come."


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was found in a statement's words, before any part is drafted. `whole_denied`: the source denies it all."""

    statement: Statement
    case: Case
    words: Words
    vocabulary: Vocabulary
    things: list[tuple[Thing, Match]]
    matches: list[Match]
    whole_denied: bool

    def segment(self, match: Match) -> range:
        """The clause around a match, up to its neighbours: what stands between two matches may be either's."""
        clause = self.words.clause(match.first)
        first = max((m.last + 1 for m in self.matches if m.last < match.first), default=0)
        last = min((m.first for m in self.matches if m.first > match.last), default=len(self.words.all))
        return range(max(first, clause.start), min(last, clause.stop))


def draft_predictions(statement: Statement, case: Case) -> DraftClaim:
    """What of a statement could be seen, as predictions, and the rest of its words, with the reason.

    Sites and dates are those that the statement carries (`places`, `dates`); a case with one site means that one.
    Every word of the content is in a part's `spans` or in the remainder.
    """
    known = vocabulary()
    words = words_of(statement, known)
    kept = _unspoken(statement, words, known)
    if kept:
        kind, note = kept
        return _claim(statement, (), remainder(statement, words, set(), known, everything=kind), (note,))
    found = templates_in(words, known)
    whole_denied = any(_low(s) in known.denying for s in _in_cue(statement))
    at = _Reading(statement, case, words, known, things_in(words, known), [m for _, m in found], whole_denied)
    parts: list[DraftPart] = []
    denials: set[int] = set()
    future: set[int] = set()
    for template, match in found:
        if to_come := due(words, match, known):
            future.update(match.at, to_come)
            continue
        made, unpredicted = _parts(template, match, at, parts)
        parts = _merged(parts, made)
        denials.update(unpredicted)
    covered = {k for part in parts for m in places_of(part.spans, words) for k in m.at}
    rest = remainder(statement, words, covered, known, denied=denials - covered, future=future - covered)
    return _claim(statement, tuple(parts), rest, (_TO_COME,) if future else ())


def _claim(
    statement: Statement, parts: Sequence[DraftPart], rest: tuple[Remainder, ...], notes: tuple[str, ...]
) -> DraftClaim:
    inside = [(s.start, s.end) for s in statement.content]
    outside = [d.during for d in statement.dates if not any(a <= d.span.start < b for a, b in inside) and d.during]
    return DraftClaim(
        quote=" … ".join(span.text for span in statement.content),
        kind=statement.kind,
        said=outside[0] if len(outside) == 1 else None,
        parts=tuple(parts),
        remainder=rest,
        notes=notes,
    )


def _unspoken(statement: Statement, words: Words, known: Vocabulary) -> tuple[str, str] | None:
    """(kind of the remainder, note) when nothing is asserted of the present: a promise, or a thing not said."""
    cue = {_low(word) for span in statement.cue for word in _split(span)}
    opens = words.lows[:2]
    if cue & known.undertaking and ("to" in opens or any(w in ("will", "would", "shall") for w in words.lows)):
        return "undertaking", _PROMISED
    negated = _in_cue(statement)
    if negated and not any(_low(s) in known.denying for s in negated):
        return "unsaid", _UNSAID
    return None


def _in_cue(statement: Statement) -> list[Span]:
    """Words of denial that stand with the cue, or before the content: they deny the saying, or all that is said."""
    content = [(s.start, s.end) for s in statement.content]
    return [s for s in statement.negation if not any(a <= s.start < b for a, b in content)]


# --- one template -----------------------------------------------------------------------------------------------------


def _merged(parts: list[DraftPart], made: Sequence[DraftPart]) -> list[DraftPart]:
    """What two sentences predict alike is one part, of both their words; what may be so in both stays so."""
    merged = list(parts)
    for new in made:
        for i, old in enumerate(merged):
            if replace(old.prediction, id="") == replace(new.prediction, id="") and old.implied == new.implied:
                spans = tuple(sorted({*old.spans, *new.spans}, key=lambda s: s.start))
                both = old.possible + new.possible if old.possible and new.possible else ()
                merged[i] = replace(old, spans=spans, possible=both)
                break
        else:
            merged.append(new)
    return merged


def _parts(
    template: Template, match: Match, at: _Reading, before: Sequence[DraftPart]
) -> tuple[list[DraftPart], tuple[int, ...]]:
    """The parts of one reading of a template; or none, and the words of a denial that predicts nothing."""
    is_denied, by = denied(at.words, match, at.vocabulary)
    is_denied ^= at.whole_denied
    relation: Relation | None = template.denied if is_denied else template.relation
    if relation is None:
        return [], (*match.at, *by)
    made: list[DraftPart] = []
    taken = {p.prediction.id for p in before}
    clause = at.segment(match)
    might = possible(at.words, match, at.vocabulary)
    for one, extra, missing, notes in _drafts(template, relation, match, clause, at):
        prediction, where, open_ = _placed(replace(one, id=_unique(one.id, taken)), clause, at)
        taken.add(prediction.id)
        places = {*match.at, *by, *might, *extra, *where}
        made.append(
            DraftPart(
                prediction=prediction,
                template=template.id,
                spans=_spans(places, at),
                missing=(*open_, *missing),
                denied=is_denied,
                implied=template.implied or any("lies inside" in note for note in notes),
                possible=tuple(at.words.all[k].text for k in might),
                notes=notes,
            )
        )
    return made, ()


_Draft = tuple[Prediction, set[int], tuple[Missing, ...], tuple[str, ...]]


def _drafts(template: Template, relation: Relation, match: Match, clause: range, at: _Reading) -> list[_Draft]:
    if template.of == "event":
        return _of_event(template, relation, match, clause, at)
    if template.of == "structure":
        return _of_structure(template, relation, match, at)
    if template.of == "thing":
        return _of_thing(template, relation, clause, at)
    return _of_level(template, relation, match, clause, at)


def _of_level(template: Template, relation: Relation, match: Match, clause: range, at: _Reading) -> list[_Draft]:
    """Each counted thing that the clause names; without one, the plan's first class."""
    window, extra = _event_window(match, clause, at)
    things = [(t, m) for t, m in _things(match, clause, at) if t.cls]
    if not things:
        cls = "vehicle" if "vehicle" in at.case.plan.classes else at.case.plan.classes[0]
        note = f"The words name no thing that can be counted: {cls} stands for all of it."
        made = Prediction(id=f"{template.id}-{cls}", relation=relation, site="", cls=cls, window=window)
        return [(_seen_as(made, relation, at), extra, (), (note,))]
    return [
        (
            _seen_as(
                Prediction(
                    id=f"{template.id}-{t.cls}",
                    relation=relation,
                    site="",
                    cls=t.cls,
                    needs_gsd_m=t.needs_gsd_m,
                    window=window,
                ),
                relation,
                at,
            ),
            extra | set(m.at),
            (),
            (),
        )
        for t, m in things
    ]


def _of_event(template: Template, relation: Relation, match: Match, clause: range, at: _Reading) -> list[_Draft]:
    """At each event that the clause names. The direction of a change is not part of what is tested."""
    if template.of_inside and relation == template.relation and object_of(at.words, match, at.vocabulary).is_inside:
        return _implied(template, template.of_inside, match, at)
    things: list[tuple[Thing | None, Match | None]] = [(t, m) for t, m in _things(match, clause, at) if t.cls]
    notes = (f"Whether it was {template.direction} is not tested: read the ratio.",) if template.direction else ()
    events: list[tuple[Event | None, Match | None]] = [
        *(_events(clause, at) or _events(at.words.clause(match.first), at))
    ] or [(None, None)]
    made: list[_Draft] = []
    for thing, where in things or [(None, None)]:
        for event, said in events:
            prediction = Prediction(
                id="-".join(x for x in (template.id, event.id if event else "", thing.cls if thing else "") if x),
                relation=relation,
                site="",
                cls=thing.cls if thing else "",
                event=event.id if event else "",
                needs_gsd_m=thing.needs_gsd_m if thing else None,
            )
            extra = {*(said.at if said else ()), *(where.at if where else ())}
            missing: tuple[Missing, ...] = () if event else ("event",)
            made.append((_seen_as(prediction, relation, at), extra, missing, notes))
    return made


def _of_structure(template: Template, relation: Relation, match: Match, at: _Reading) -> list[_Draft]:
    """One structure, by the words after the verb. What stands under a roof is made, not built: traffic goes with it."""
    thing = object_of(at.words, match, at.vocabulary)
    if thing.is_inside:
        if template.of_inside is None or relation != template.relation:
            return []
        return _implied(template, template.of_inside, match, at)
    as_work = template.doing or thing.is_place or not thing.name
    indicator = template.work if as_work and not thing.name else _slug(thing, template, as_work=as_work)
    found: Relation = "present" if as_work else relation
    missing: tuple[Missing, ...] = () if thing.name or thing.is_place else ("indicator",)
    id_ = indicator if indicator.startswith(template.id) else f"{template.id}-{indicator}"
    prediction = Prediction(id=id_[:60], relation=found, site="", indicator=indicator)
    return [(_seen_as(prediction, "structure", at), set(thing.at), missing, ())]


def _implied(template: Template, relation: Relation, match: Match, at: _Reading) -> list[_Draft]:
    note = "What is made lies inside. Traffic outside usually goes with making it, and with other work too."
    drafts = _of_level(template, relation, match, range(0), at)
    return [(p, extra, missing, (note, *notes)) for p, extra, missing, notes in drafts]


def _things(match: Match, segment: range, at: _Reading) -> list[tuple[Thing, Match]]:
    """Those beside the match; else those of its clause. An empty segment asks for none."""
    if not len(segment):
        return []
    beside = [(t, m) for t, m in at.things if m.first in segment]
    return beside or [(t, m) for t, m in at.things if m.first in at.words.clause(match.first)]


def _slug(thing: Object, template: Template, *, as_work: bool) -> str:
    name = "-".join(thing.name)
    return f"{template.work}-of-{name}"[:60] if as_work else name[:60]


def _of_thing(template: Template, relation: Relation, clause: range, at: _Reading) -> list[_Draft]:
    """Each thing beside it that no other template speaks of: what is seen coming and going is not merely there."""
    made: list[_Draft] = []
    others = [other for other in at.matches if other.at[0] not in clause and template.id == "seen"]
    for thing, where in ((t, m) for t, m in at.things if m.first in clause):
        if any(where.first in at.segment(other) for other in others):
            continue
        prediction = Prediction(
            id=f"{template.id}-{thing.cls or thing.indicator}",
            relation=relation,
            site="",
            cls=thing.cls,
            indicator=thing.indicator,
            needs_gsd_m=thing.needs_gsd_m,
        )
        made.append((_seen_as(prediction, "thing", at), set(where.at), (), ()))
    return made


def _seen_as(prediction: Prediction, rivals: str, at: _Reading) -> Prediction:
    return replace(prediction, rivals=at.vocabulary.rivals.get(rivals, ()))


# --- where and when ---------------------------------------------------------------------------------------------------


def _placed(prediction: Prediction, clause: range, at: _Reading) -> tuple[Prediction, set[int], tuple[Missing, ...]]:
    """With its site, zone and window; the words that say so; what stays open."""
    site, zone, said = _site(clause, at)
    places = {k for m in find(at.vocabulary.places, at.words, clause) for k in m.at}
    missing: list[Missing] = [] if site else ["site"]
    window, dated = (None, set()) if prediction.event else _window(clause, at)
    if prediction.relation in ("changed", "same"):
        window, dated = None, set()
    window = window or prediction.window
    if window is None and prediction.relation not in ("changed", "same"):
        missing.append("window")
    return replace(prediction, site=site, zone=zone, window=window), {*said, *places, *dated}, tuple(missing)


def _site(clause: range, at: _Reading) -> tuple[str, str, set[int]]:
    """The place named in the clause, else in the content, else in the sentence; else the case's only site."""
    named = [(p, places_of([p.span], at.words)) for p in at.statement.places if p.site or p.near]
    inside = [(p, {k for m in at_ for k in m.at}) for p, at_ in named]
    for wanted in (set(clause), set(range(len(at.words.all)))):
        for exact in (True, False):
            for p, where in inside:
                if where & wanted and bool(p.site) == exact:
                    return p.site or p.near, p.zone, where & set(clause)
    rest = sorted({p.site or p.near for p, _ in inside})
    if len(rest) == 1:
        return rest[0], "", set()
    return (at.case.sites[0].id if len(at.case.sites) == 1 else ""), "", set()


def _window(clause: range, at: _Reading) -> tuple[Interval | None, set[int]]:
    """The date in the clause; else the only one of the content. Two dates in one clause are read by a person."""
    dated = [(d, {k for m in places_of([d.span], at.words) for k in m.at}) for d in at.statement.dates]
    here = [(d, where) for d, where in dated if where & set(clause)]
    if len(here) == 1 and here[0][0].during is not None:
        return here[0][0].during, here[0][1] & set(clause)
    content = [(d, where) for d, where in dated if where]
    if not here and len(content) == 1:
        return content[0][0].during, set()
    return None, set()


def _events(clause: range, at: _Reading) -> list[tuple[Event, Match]]:
    return events_in(at.words, clause, at.case.events, at.vocabulary)


def _event_window(match: Match, clause: range, at: _Reading) -> tuple[Interval | None, set[int]]:
    """From the first to the last event that the clause names: "throughout the summit talks"."""
    named = _events(clause, at) if len(clause) else []
    if not named:
        return None, set()
    spans = [event.during for event, _ in named]
    return (
        Interval(start=min(s.start for s in spans), end=max(s.end for s in spans)),
        {k for _, m in named for k in m.at} - set(match.at),
    )


# --- small things -----------------------------------------------------------------------------------------------------


def _spans(places: set[int], at: _Reading) -> tuple[Span, ...]:
    return tuple(Span(w.start, w.end, w.text) for w in (at.words.all[k] for k in sorted(places)))


def _unique(id_: str, taken: set[str]) -> str:
    n, found = 2, id_
    while found in taken:
        found, n = f"{id_}-{n}", n + 1
    return found


def _low(word: Span | str) -> str:
    return (word if isinstance(word, str) else word.text).lower().replace("’", "'")


def _split(span: Span) -> list[str]:
    return span.text.split()
