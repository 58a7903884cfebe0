"""The lexicon of numbers: lexicon/numbers.yaml, and the one expression that its words make."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from overlook.claims.texts.dates_grammar import in_cases
from overlook.claims.texts.lexicons import read_lexicon

#: Between words: a little white space, one line break at most.
GAP = r"(?:[^\S\r\n]{1,2}|[^\S\r\n]?\r?\n[^\S\r\n]?)"
DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_MARKS = frozenset("~≈<>≤≥$€£¥")


@dataclass(frozen=True, slots=True)
class NumbersLexicon:
    """`expression` has the groups approximate, at_least, at_most, exactly (or with w_ before a word), between, money,
    vague or low and high, unit. `openings`: words that begin it, as texts write them; `alone`: those that are a number.
    """

    expression: re.Pattern[str]
    openings: frozenset[str]
    alone: frozenset[str]
    values: dict[str, int]
    scales: dict[str, int]
    fractions: dict[str, int]
    vague: dict[str, tuple[int, int]]
    units: dict[str, str]
    currencies: dict[str, str]
    rates: re.Pattern[str]
    plural: frozenset[str]
    things: frozenset[str]
    stops: frozenset[str]
    skipped: frozenset[str]
    naming: frozenset[str]
    pointing: frozenset[str]


@cache
def numbers_lexicon() -> NumbersLexicon:
    """lexicon/numbers.yaml, compiled."""
    table = read_lexicon("numbers")
    ones, tens, scales, fractions = (table[name] for name in ("ones", "tens", "scales", "fractions"))
    forms = {form: unit for unit, written in table["units"].items() for form in written.split("|")}
    leads = {name: table[name].split("|") for name in ("approximate", "at_least", "at_most", "exactly")}
    alone = _firsts([*ones, *tens, *table["vague"], "half"])
    leading = _firsts([*scales, *fractions, *(word for words in leads.values() for word in words)])
    leading |= {"a", "an", "between", "from", "us"}
    return NumbersLexicon(
        expression=re.compile(_expression(table, forms, leads), re.IGNORECASE),
        openings=_in_cases(alone | leading) | _MARKS,
        alone=_in_cases(alone) | _MARKS,
        values=ones | tens,
        scales=scales,
        fractions=fractions,
        vague={word: (low, high) for word, (low, high) in table["vague"].items()},
        units={form.lower(): unit for form, unit in forms.items()},
        currencies=table["currencies"],
        rates=re.compile(rf"{GAP}(?:an?|per|each|every){GAP}({_any(table['rates'].split())})\b", re.IGNORECASE),
        plural=frozenset(table["plural"].split()),
        things=frozenset(table["things"].split()),
        stops=frozenset(table["stops"].split()),
        skipped=frozenset(table["skipped"].split()),
        naming=frozenset(table["naming"].split()),
        pointing=frozenset(table["pointing"].split()),
    )


def _expression(table: Mapping[str, Any], forms: Mapping[str, str], leads: Mapping[str, list[str]]) -> str:
    """[about] [between|from] [$] value [to value] [unit]"""
    ones, tens, scales = _any(table["ones"]), _any(table["tens"]), _any(table["scales"])
    word = rf"(?:(?:{tens})(?:-(?:{ones}))?|{ones})\b"
    scaled = rf"(?:{GAP}(?:{scales})\b)"
    spelled = rf"(?:{word}|an?{GAP}(?:{scales})\b){scaled}{{0,3}}(?:{GAP}(?:and{GAP})?{word}{scaled}{{1,3}}){{0,6}}"
    spelled += rf"(?:(?<=ndred|usand|llion){GAP}(?:and{GAP})?{word})?"
    digits = rf"(?:{DIGITS})(?:(?:bn|k|(?(money)m|(?!)))\b|(?!\w)(?:{GAP}(?:{scales})\b)?|(?=m\b|km\b|kg\b|t\b|ft\b))"
    parts = [name for name in table["fractions"] if name != "half"]
    share = rf"(?:half|(?:one|two|three|four|five|seven|a)[-\s](?:{_any(parts)}))(?={GAP}(?:of|the)\b)"
    ratio = rf"(?:{ones}|\d{{1,3}}){GAP}(?:in|out{GAP}of){GAP}(?:every{GAP})?(?:{tens}|{ones}|\d{{1,4}})\b"
    value = rf"{ratio}|{share}|{digits}|{spelled}"
    lead = "|".join(f"(?P<{name}>{_any(words)})" for name, words in leads.items())
    money = _any(table["currencies"])
    joint = rf"(?:\s?[-–]\s?|{GAP}(?:to|or|(?(between)and|(?!))){GAP})"
    return (
        rf"(?:(?:{lead})(?<![^\W\d_])\s?|(?:{lead.replace('?P<', '?P<w_')}){GAP})?"
        rf"(?:(?P<between>between|from){GAP})?(?P<money>{money})?"
        rf"(?:(?P<vague>(?:{_any(table['vague'])})\b)|(?P<low>{value})(?:{joint}(?:{money})?(?P<high>{value}))?)"
        rf"(?:(?:-|{GAP})?(?P<unit>{_any(forms)})(?!\w))?"
    )


def _firsts(words: Sequence[str]) -> frozenset[str]:
    return frozenset(match.group().lower() for word in words if (match := re.match(r"[^\W\d_]+", word)))


def _in_cases(words: frozenset[str]) -> frozenset[str]:
    return frozenset(form for word in words for form in in_cases(word))


def _any(words: Any) -> str:
    ordered = sorted(map(str, words), key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", GAP) for word in ordered)
