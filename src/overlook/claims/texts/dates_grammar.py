"""The grammar of dates: lexicon/dates.yaml as compiled patterns, looked up by the word that they begin with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from overlook.claims.texts.lexicons import read_lexicon

#: White space between words: a little of it, one line break at most, never the end of a paragraph.
_GAP = r"(?:[^\S\r\n]{1,3}|[^\S\r\n]{0,2}\r?\n[^\S\r\n]{0,3})"
_TOKEN = re.compile(r"\[|\]|<\w+>|[^\s\[\]<>]+")
DIGIT = "0"
_ORDINALS = "first second third fourth fifth sixth last"
_YEAR = r"(?:1[5-9]|20|21)\d\d(?![\d%$€£]|[.,:]\d|[’']?s\b)"


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern: what it means, and its expression."""

    meaning: str
    expression: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Grammar:
    """`by_word`: first word as it may be written, or "0" for a digit → the rules that may begin there.

    `inner` are all words of the patterns: after a word that begins one, one of them follows, or it is a date alone
    (`alone`), or no date.

    The tables are those of the YAML file, under its names.
    """

    by_word: dict[str, tuple[Rule, ...]]
    inner: frozenset[str]
    alone: frozenset[str]
    months: dict[str, int]
    weekdays: dict[str, int]
    seasons: dict[str, int]
    units: dict[str, str]
    vague_numbers: dict[str, tuple[int, int]]
    reach: dict[str, int]
    parts: dict[str, tuple[float, float]]
    fixed_days: dict[str, tuple[int, int]]
    doubtful: frozenset[str]
    before_year: frozenset[str]
    future: re.Pattern[str]
    #: What a date's meaning turns on, before it: since, until, by, before, after. Group name → which.
    bounds: re.Pattern[str]
    #: The last words of these.
    bound_ends: frozenset[str]
    joints: re.Pattern[str]


def in_cases(word: str) -> tuple[str, str, str]:
    """A word as texts write it: in lower case, with a capital, in capitals. Looking it up needs no folding then."""
    return word, word.capitalize(), word.upper()


@cache
def grammar() -> Grammar:
    """The packaged grammar, read once a process. Raises ValueError for a pattern that cannot be understood."""
    table = read_lexicon("dates")
    symbols = _symbols(table)
    by_word: dict[str, list[Rule]] = {}
    inner: set[str] = set()
    alone: set[str] = set()
    for meaning, patterns in table["rules"].items():
        for pattern in patterns:
            items = _parsed(iter(_TOKEN.findall(pattern)), symbols)
            rule = Rule(meaning, re.compile(_joined(items) + r"(?![\w])", re.IGNORECASE))
            inner.update(*(item.openings for item in items))
            needed = [item for item in items if not item.is_optional]
            if len(needed) == 1:
                alone |= needed[0].openings
            for word in _openings(items):
                by_word.setdefault(word, []).append(rule)
    names = ("since", "until", "by", "before", "after")
    groups = "|".join(f"(?P<{name}>{_choice(table[name].split('|'))})" for name in names)
    joints = _choice(table["joints"].split("|"))
    return Grammar(
        by_word={form: tuple(dict.fromkeys(rules)) for word, rules in by_word.items() for form in in_cases(word)},
        inner=frozenset(form for word in inner | {"s"} for form in in_cases(word)),
        alone=frozenset(form for word in alone for form in in_cases(word)),
        months=table["months"],
        weekdays=table["weekdays"] | table["short_weekdays"],
        seasons=table["seasons"],
        units=table["units"],
        vague_numbers={word: (low, high) for word, (low, high) in table["vague_numbers"].items()},
        reach=table["reach"],
        parts={word: (low, high) for word, (low, high) in table["parts"].items()},
        fixed_days={name: (month, day) for name, (month, day) in table["fixed_days"].items()},
        doubtful=frozenset(table["doubtful"].split()),
        before_year=frozenset(table["before_year"].split("|")),
        future=re.compile(rf"(?<!\w)(?:{_choice(table['future'].split('|'))})(?!\w)", re.IGNORECASE),
        bounds=re.compile(rf"(?<!\w)(?:{groups}){_GAP}(?:the{_GAP})?$", re.IGNORECASE),
        bound_ends=frozenset(lead.split()[-1] for name in names for lead in table[name].split("|")),
        joints=re.compile(rf"\s?(?:{joints})\s?(?:the\s)?", re.IGNORECASE),
    )


@dataclass(frozen=True, slots=True)
class _Item:
    """A word of a pattern, or a part that may be missing. `openings`: words with which it begins."""

    expression: str
    openings: frozenset[str]
    is_optional: bool = False
    #: It brings the white space before it, or after it.
    is_close: bool = False
    brings_gap: bool = False


def _symbols(table: dict[str, Any]) -> dict[str, _Item]:
    numbers = read_lexicon("numbers")
    months = {**table["months"]}
    weekdays, short = table["weekdays"], table["short_weekdays"]
    vague = table["vague_numbers"]
    small = [*numbers["ones"], *numbers["tens"], *vague, "a few", "a couple of", "couple", "dozen"]
    ordinals = _ORDINALS.split()
    digit = frozenset({DIGIT})
    day = r"(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?(?![\d%]|[.,:]\d|/)"
    tail = rf"(?:,?{_GAP}|{_GAP}of{_GAP}|,)(?P<year>{_YEAR})|(?:{_GAP}of)?{_GAP}(?P<year_rel>last|this|next){_GAP}year"
    rel = "last|this|next|past|coming|current"
    return {
        "month": _words(months, "month", stop=True),
        "weekday": _words(weekdays, "weekday"),
        "any_weekday": _words({**weekdays, **short}, "beside", stop=True),
        "season": _words(table["seasons"], "season"),
        "sure_season": _words([s for s in table["seasons"] if s != "fall"], "season"),
        "unit": _words(table["units"], "unit"),
        "fixed_day": _words(table["fixed_days"], "fixed_day"),
        "part": _part(table["parts"]),
        "edge": _words([p for p in table["parts"] if p not in {"early", "mid", "late"}], "edge"),
        "ordinal": _Item(rf"(?P<ordinal>{_choice(ordinals)}|\d{{1,2}}(?:st|nd|rd|th))", _firsts(ordinals) | digit),
        "rel": _words(rel.split("|"), "rel"),
        "rolling": _words(["last", "past", "next", "coming", "previous", "preceding"], "rolling"),
        "within": _words(["earlier", "later", "late", "early"], "within"),
        "n": _Item(
            rf"(?P<n>(?:{_choice(list(numbers['tens']))})-(?:{_choice(list(numbers['ones']))})|{_choice(small)}"
            rf"|\d{{1,4}}(?!\d)(?:{_GAP}(?:or|to){_GAP}\d{{1,4}})?)",
            _firsts(small) | digit,
        ),
        "day": _Item(f"(?P<day>{day})", digit),
        "day2": _Item(f"(?P<day2>{day})", digit),
        "year": _Item(f"(?P<year>{_YEAR})", digit),
        "bare_year": _Item(rf"(?:(?P<year>{_YEAR})|(?P<year_rel>last|this|next){_GAP}year)", digit),
        "year2": _Item(rf"(?P<year2>{_YEAR}|\d\d(?!\d))", digit, is_close=True),
        "in_year": _Item(f"(?:{tail})", frozenset(), is_close=True),
        "decade": _Item(r"(?P<decade>(?:1[5-9]|20)\d0[’']?s|[’']?[1-9]0[’']?s)", digit),
        "q": _Item(r"(?P<q>q[1-4])", frozenset({"q1", "q2", "q3", "q4"})),
        "h": _Item(r"(?P<h>h[12])", frozenset({"h1", "h2"})),
        "iso": _Item(r"(?P<iso>(?:1[5-9]|20|21)\d\d([-/])\d\d?\2\d\d?)(?:T\d\d:?\d\d[\d:.]*Z?)?", digit),
        "numeric": _Item(r"(?P<numeric>\d{1,2}([/.-])\d{1,2}\2(?:\d{4}|\d\d))(?![/.-]?\d)", digit),
    }


def _words(words: Any, group: str, *, stop: bool = False) -> _Item:
    listed = [str(word) for word in words]
    # "Sept." is an abbreviation, "June." the end of a sentence.
    dot = r"(?:(?<!may)(?<!june)(?<!july)(?<![a-z]{5})\.)?" if stop else ""
    return _Item(f"(?P<{group}>{_choice(listed)}){dot}", _firsts(listed))


def _part(parts: dict[str, Any]) -> _Item:
    """ "Mid" may be joined by a hyphen to what follows."""
    listed = [word for word in parts if word in {"early", "mid", "late"}]
    return _Item(rf"(?P<part>{_choice(listed)})(?:{_GAP}|-(?=\w))", frozenset(listed), brings_gap=True)


def _choice(words: list[str]) -> str:
    """Longest first, with any apostrophe and any gap."""
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace("'", "[’']").replace(r"\ ", _GAP) for word in ordered)


def _firsts(words: list[str]) -> frozenset[str]:
    found = (re.match(r"[^\W_]+", word) for word in words)
    return frozenset(match.group().lower() for match in found if match)


def _parsed(tokens: Iterator[str], symbols: dict[str, _Item]) -> list[_Item]:
    items: list[_Item] = []
    for part in tokens:
        if part == "[":
            inner = _parsed(tokens, symbols)
            first, last = inner[0], inner[-1]
            items.append(
                _Item(
                    _joined(inner),
                    _openings(inner),
                    is_optional=True,
                    is_close=first.is_close,
                    brings_gap=last.brings_gap,
                )
            )
        elif part == "]":
            return items
        elif part.startswith("<"):
            if part[1:-1] not in symbols:
                raise ValueError(f"no list of dates.yaml is called {part}")
            items.append(symbols[part[1:-1]])
        elif part in {",", "-"}:
            items.append(_Item(r"\s?[-–—]\s?" if part == "-" else r"\s?,", frozenset(), is_close=True))
        else:
            words = part.split("|")
            if "-" in words:
                listed = _choice([word for word in words if word != "-"])
                items.append(_Item(rf"(?:{_GAP}(?:{listed}){_GAP}|\s?[-–—]\s?)", frozenset(), is_close=True))
            else:
                items.append(_Item(f"(?:{_choice(words)})", _firsts(words)))
    return items


def _joined(items: list[_Item]) -> str:
    """The expression of a row of items. White space belongs to what stands after it, at the head before it."""
    out, begun, glued = "", False, False
    for item in items:
        gap = "" if item.is_close or glued or not begun else _GAP
        if not item.is_optional:
            out, begun = out + gap + item.expression, True
            glued = item.is_close or item.brings_gap
        elif item.brings_gap:
            out, glued = f"{out}{gap}(?:{item.expression})?", True
        elif begun:
            out += f"(?:{gap}{item.expression})?"
        else:
            out += f"(?:{item.expression}{_GAP})?"
    return out


def _openings(items: list[_Item]) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for item in items:
        found |= item.openings
        if not item.is_optional:
            break
    return found
