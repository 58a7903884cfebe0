"""Expressions of time in a text, resolved to days against the day it was published.

The patterns stand in lexicon/dates.yaml, what they mean in dates_meanings.py and dates_relative.py. A scan looks each
word up, tries the patterns that begin with it, and keeps the longest; then words before and between dates ("since",
"from … to …") make spans of them. Days are local to the writer; their bounds are given in UTC. Nothing is guessed: what
counts from another date of the text, or from an event, is found and left open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import cache
from typing import TYPE_CHECKING

from overlook.claims.texts import dates_meanings, dates_relative
from overlook.claims.texts.dates_calendar import DAY, When, known, unknown
from overlook.claims.texts.dates_grammar import DIGIT, Grammar, Rule, grammar
from overlook.claims.texts.dates_meanings import Said
from overlook.claims.texts.openings import Opening, openings
from overlook.terms.statement import Dated, Precision, Span
from overlook.terms.time import Interval

if TYPE_CHECKING:
    from overlook.terms import Event

#: Resolved without a day of publication when they name their year.
_ABSOLUTE = frozenset(
    {
        "iso", "numeric", "day_of_month", "days_of_month", "fixed_day", "month", "part_of_month", "week_of_month",
        "half_of_month", "year", "years", "part_of_year", "quarter", "half_of_year", "season", "decade", "century",
    }
)  # fmt: skip
_UNRESOLVED = frozenset({"elsewhere", "eve"})
_YEARLESS_OK = frozenset({"iso", "numeric", "year", "years", "decade", "century"})
_FOLLOWING = re.compile(r"[^\w\n]{0,3}\n?[^\w\n]{0,3}([^\W_]+)")
#: Meanings that a verb of the future changes.
_TENSED = frozenset(
    {
        "day_of_month", "days_of_month", "fixed_day", "month", "part_of_month", "week_of_month", "half_of_month",
        "weekday", "weekend", "quarter", "season", "ahead",
    }
)  # fmt: skip
#: Characters before and after a date in which the verb that governs it is looked for.
_NEAR = 70
#: Words before a date that opens its sentence, at most: "But on".
_OPENING = 2
_SENTENCE = re.compile(r"[.?!;:](?=\s)|\n\s*\n")
_PAST = re.compile(
    r"\b(?:said|says|told|added|announced|reported|stated|wrote|tweeted|claimed|warned|confirmed|was|were|had|did)\b",
    re.IGNORECASE,
)
WAITS = "counts from the day of publication, which is not given"
#: In place of a day of publication that is not given; what is counted from it is thrown away.
_ANY_DAY = date(2000, 1, 1)


@dataclass(slots=True)
class _Atom:
    """One match of one pattern, or a mention of an event, and what it means."""

    start: int
    end: int
    rule: Rule | None
    said: Said | None
    when: When


def find_dates(
    text: str, published: date | None, events: Sequence[Event] = (), *, words: Sequence[Opening] | None = None
) -> tuple[Dated, ...]:
    """The expressions of time of `text`, in order, none inside another. Never raises for any text; linear in it.

    `events` are those of the case: a text that names one names its date. `words` are `openings(text)`, where they are
    known already.
    """
    atoms = list(_atoms(text, published, events, openings(text) if words is None else words))
    return tuple(_dated(text, atom) for atom in _composed(text, atoms, published))


def _dated(text: str, atom: _Atom) -> Dated:
    when = atom.when
    return Dated(
        span=Span(atom.start, atom.end, text[atom.start : atom.end]),
        start=None if when.start is None else _midnight(when.start),
        end=None if when.end is None else _last_moment(when.end),
        precision=when.precision,
        alternatives=tuple(Interval(start=_midnight(a), end=_last_moment(b)) for a, b in when.alternatives),
        note=when.note,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _last_moment(day: date) -> datetime:
    return datetime.combine(day, time.max, UTC)


@cache
def _meanings() -> dict[str, Callable[[Said], When]]:
    """Each meaning that the grammar names is the function of that name. Raises ValueError where there is none."""
    found: dict[str, Callable[[Said], When]] = {}
    for rules in grammar().by_word.values():
        for rule in rules:
            function = getattr(dates_meanings, rule.meaning, None) or getattr(dates_relative, rule.meaning, None)
            if function is None:
                raise ValueError(f"lexicon/dates.yaml: nothing says what {rule.meaning!r} means")
            found[rule.meaning] = function
    return found


def _atoms(text: str, published: date | None, events: Sequence[Event], words: Sequence[Opening]) -> Iterator[_Atom]:
    table, done = grammar(), 0
    named = list(_named_events(text, events))
    for start, end, word in words:
        while named and named[0].start <= start:
            atom = named.pop(0)
            if atom.start >= done:
                yield atom
                done = atom.end
        rules = table.by_word.get(DIGIT if word[0].isdigit() else word)
        if rules is None or start < done or not _may_begin(text, start, end, table):
            continue
        best = _longest(text, start, rules, published, table)
        if best is not None and not (named and named[0].start < best.end):
            yield best
            done = best.end
    yield from (atom for atom in named if atom.start >= done)


def _may_begin(text: str, start: int, end: int, table: Grammar) -> bool:
    """Is it a date alone, or does a word of the patterns follow? Most words that begin a date are not beginning one."""
    following = _FOLLOWING.match(text, end)
    if following is not None and (following[1][0].isdigit() or following[1] in table.inner):
        return True
    word = text[start:end]
    if word[0].isdigit():
        return end - start > 2 or text[end : end + 1] in {"/", "-", ".", "–", "’", "'"}
    return word in table.alone


def _longest(text: str, start: int, rules: Sequence[Rule], published: date | None, table: Grammar) -> _Atom | None:
    tried = ((rule.expression.match(text, start), -k, rule) for k, rule in enumerate(rules))
    matches = [(match.end(), k, rule, match) for match, k, rule in tried if match]
    for end, _, rule, match in sorted(matches, key=lambda m: m[:2], reverse=True):
        words = {name: group.lower() for name, group in match.groupdict().items() if group}
        is_future = rule.meaning in _TENSED and "year" not in words and _is_future(text, start, end, table)
        said = Said(words, match.group(), published or _ANY_DAY, is_future, table)
        if _is_meant(text, start, end, rule, said):
            return _Atom(start, end, rule, said, _resolved(rule, said, published))
    return None


def _resolved(rule: Rule, said: Said, published: date | None) -> When:
    needs = rule.meaning not in _UNRESOLVED and (
        rule.meaning not in _ABSOLUTE or not (said["year"] or rule.meaning in _YEARLESS_OK)
    )
    try:
        when = _meanings()[rule.meaning](said)
    except (OverflowError, ValueError):
        return unknown("vague", "outside the calendar")
    if published is None and needs:
        return unknown(when.precision, WAITS)
    return when


def _is_meant(text: str, start: int, end: int, rule: Rule, said: Said) -> bool:
    """Is it a date, and not the same words in another sense?"""
    if start and text[start - 1] in "-/@#_\\":
        return False
    last = _last_word(text, start)
    match rule.meaning:
        case "month":
            return _is_month(text, end, said, last)
        case "year":
            return last in said.grammar.before_year | {"(", "["} and not _counts_things(text, end, last)
        case "part_of_month" | "day_of_month":
            return said["month"] not in said.grammar.doubtful or _has_capital(said, "month")
        case "weekday":
            return said["weekday"] not in {"sun", "sat"} and _has_capital(said, "weekday") | (last in {"on", "last"})
        case "ahead":
            return said.text.lower().startswith("within") or said.is_future or "from" in said.text.lower()
        case "rolling":
            return said["n"] != "" or said.text.split()[0].lower() != "past" or last in {"the", "this", "over", "in"}
        case "recent":
            return said["unit"] != said.unit or last != "most"
        case "season":
            return (
                said.year is not None or said["part"] != "" or last in {"in", "since", "by", "during"} or _is_the(said)
            )
        case "ago":
            return said["n"] != "some" or said["unit"] != said.unit
        case _:
            return True


def _is_the(said: Said) -> bool:
    return said.text[:3].lower() == "the"


def _has_capital(said: Said, name: str) -> bool:
    """Is the word written with a capital, or all in capitals?"""
    k = said.text.lower().find(said[name])
    return k >= 0 and said.text[k].isupper()


def _is_month(text: str, end: int, said: Said, last: str) -> bool:
    """A month alone: with a capital, and not the first name of a person or the first word of a sentence."""
    if said.year is not None:
        return _has_capital(said, "month") or said["month"] not in said.grammar.doubtful
    led = last in {
        "in",
        "since",
        "by",
        "until",
        "till",
        "of",
        "from",
        "before",
        "after",
        "during",
        "to",
        "through",
        "and",
        "between",
        "around",
    }
    if said["month"] in said.grammar.doubtful or len(said["month"]) < 4:
        return led and _has_capital(said, "month") and not _goes_on_as_name(text, end)
    return (led or _has_capital(said, "month")) and (led or not _goes_on_as_name(text, end))


def _goes_on_as_name(text: str, end: int) -> bool:
    return re.compile(r"\s[A-Z][a-z]").match(text, end) is not None


def _counts_things(text: str, end: int, last: str) -> bool:
    """ "A total of 2016 votes": a number, unless it is a year of things ("the 2016 talks")."""
    return last in {"of", "from", "by", "to", "about", "around", "than", "or"} and (
        re.compile(r"\s[a-z]+s\b").match(text, end) is not None
    )


def _is_future(text: str, start: int, end: int, table: Grammar) -> bool:
    """Does the nearest verb before the date, or after it where it opens the sentence, speak of the future?"""
    before = text[max(0, start - _NEAR) : start]
    stops = [match.end() for match in _SENTENCE.finditer(before)]
    before = before[stops[-1] :] if stops else before
    future = [match.start() for match in table.future.finditer(before)]
    past = [match.start() for match in _PAST.finditer(before)]
    if future or past:
        return bool(future) and (not past or future[-1] > past[-1])
    if len(before.split()) > _OPENING:
        return False
    after = text[end : end + _NEAR]
    stop = _SENTENCE.search(after)
    after = after[: stop.start()] if stop else after
    first, spoken = table.future.search(after), _PAST.search(after)
    return first is not None and (spoken is None or first.start() < spoken.start())


def _named_events(text: str, events: Sequence[Event]) -> Iterator[_Atom]:
    """Mentions of the case's events by their whole names, which must be two words or a name with a capital."""
    names: dict[str, Event] = {}
    for event in events:
        name = " ".join(re.sub(r"^the\s", "", event.name.strip(), flags=re.IGNORECASE).split())
        if " " in name or name[:1].isupper():
            names.setdefault(name.lower(), event)
    if not names:
        return
    listed = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in sorted(names, key=len, reverse=True))
    for match in re.finditer(rf"(?<!\w)(?:{listed})(?!\w)", text, re.IGNORECASE):
        event = names[" ".join(match.group().lower().split())]
        days = event.during.start.date(), event.during.end.date()
        when = known(days, "day" if days[0] == days[1] else "range", f"by event {event.id} of the case")
        yield _Atom(match.start(), match.end(), None, None, when)


def _composed(text: str, atoms: list[_Atom], published: date | None) -> Iterator[_Atom]:
    """Dates with the words before and between them."""
    k = 0
    while k < len(atoms):
        atom = atoms[k]
        following = atoms[k + 1] if k + 1 < len(atoms) else None
        word = _last_word(text, atom.start)
        lead = _lead(text, atom.start, word)
        word = lead.group().split()[0].lower() if lead else word
        if following is not None and (joint := grammar().joints.fullmatch(text, atom.end, following.start)):
            joined = _span_of_two(text, atom, following, joint.group().strip().lower(), word, published)
            if joined is not None:
                yield joined
                k += 2
                continue
        if following is not None and _is_eve(atom, following) and following.when.start is not None:
            day = following.when.start - DAY
            yield _Atom(atom.start, following.end, None, None, known((day, day), "day", following.when.note))
            k += 2
            continue
        bound = next((name for name, group in lead.groupdict().items() if group), "") if lead else ""
        yield _bounded(atom, lead.start(), bound, published) if lead and bound and word != "from" else atom
        k += 1


def _is_eve(atom: _Atom, following: _Atom) -> bool:
    return atom.rule is not None and atom.rule.meaning == "eve" and following.start - atom.end < 6


def _last_word(text: str, start: int) -> str:
    """The word that stands right before, in lower case, or the bracket; "" for neither."""
    tail = text[max(0, start - 24) : start].rstrip("- \t\r\n\u00a0")
    k = len(tail)
    while k and tail[k - 1].isalpha():
        k -= 1
    return tail[k:].lower() or (tail[-1:] if tail[-1:] in {"(", "["} else "")


def _lead(text: str, start: int, word: str) -> re.Match[str] | None:
    """ "Since", "until" and their like before a date, an article between or none. `word`: the one right before it."""
    table = grammar()
    if word != "the" and word not in table.bound_ends:
        return None
    return table.bounds.search(text, max(0, start - 32), start)


def _span_of_two(text: str, first: _Atom, second: _Atom, joint: str, word: str, published: date | None) -> _Atom | None:
    """ "From March to May 2018", "between 2016 and 2018", "June–August": None where they stay two dates."""
    is_between = word in {"between", "from"}
    if joint == "and" and word != "between":
        return None
    a, b = first.when, second.when
    said = first.said
    if said is not None and first.rule is not None and said.year is None and b.start is not None:
        # The first date borrows the year, and the tense, of the second.
        a = _resolved(first.rule, replace(said, published=b.start, is_future=False), b.start)
    if a.start is None or b.end is None or a.start > b.end:
        return None
    lead = re.compile(r"(?:between|from)\s+(?:the\s+)?$", re.IGNORECASE)
    led = lead.search(text, max(0, first.start - 16), first.start) if is_between else None
    note = "; ".join(dict.fromkeys(note for note in (a.note, b.note) if note))
    del published
    return _Atom(led.start() if led else first.start, second.end, None, None, known((a.start, b.end), "range", note))


def _bounded(atom: _Atom, start: int, bound: str, published: date | None) -> _Atom:
    """ "Since", "until", "by", "before" and "after" a date. What is open stays open."""
    when = atom.when
    precision: Precision = "range"
    if when.alternatives:
        # Which of them is meant is not known, and so neither is where the span begins or ends.
        return replace(atom, start=start)
    if when.start is None and when.end is None:
        return replace(atom, start=start)
    first, last = when.start, when.end
    match bound:
        case "since":
            is_past = published is not None and first is not None and first <= published
            made = When(first, published if is_past else None, precision, (), when.note)
        case "until":
            made = When(None, last, precision, (), when.note)
        case "by":
            is_due = published is not None and last is not None and last >= published
            made = When(published if is_due else None, last, precision, (), when.note)
        case "before":
            # "Before the end of the year" is before its last day, and not before its last months.
            ends = atom.said is not None and atom.said["edge"] in {"end", "close"}
            made = When(None, last if ends else None if first is None else first - DAY, precision, (), when.note)
        case _:
            made = When(None if last is None else last + DAY, None, precision, (), when.note)
    return replace(atom, start=start, when=made)
