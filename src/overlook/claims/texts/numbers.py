"""Numbers in a text with their units: counts, lengths, shares, money, ranges. Words and units stand in numbers.yaml.

A number is [low, high] in its unit as the text gives it; nothing is converted. "More than" and "up to" leave a bound
open, "about" makes it approximate. Skipped: dates, times of day, designations (Hwasong-15, No. 5), ordinals, and *one*
where it is a pronoun.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence

from overlook.claims.texts.numbers_lexicon import DIGITS, GAP, NumbersLexicon, numbers_lexicon
from overlook.claims.texts.openings import Opening, openings
from overlook.terms.statement import Quantity, Span

#: Longer runs of digits are identifiers.
_LONGEST = 15
_WORD = re.compile(rf"{GAP}([^\W\d_]+(?:[-’'][^\W\d_]+)*)")
#: Words of the thing that is counted, at most.
_THING = 4


#: Second words of what leads to a number: "more than", "as many as".
_INSIDE = frozenset({"than", "least", "most", "to", "of", "as", "many", "much", "few", "estimated", "total", "maximum"})
_FOLLOWING = re.compile(r"\.?\s{0,3}([^\W\d_]+|[\d~≈<>≤≥$€£¥])")
_OF = re.compile(r"\s+of\b", re.IGNORECASE)
_BEFORE = re.compile(r"([^\W\d_]+)\.?[-\s]{1,2}$")
#: What follows a time of day, a fraction, half of a compound ("three-way"): what stands before it is no number.
_GOES_ON = re.compile(r"[:/]\d|\s?[ap]\.?m\b|\s?o[’']clock|[-–][^\W\d_]", re.IGNORECASE)


def find_numbers(
    text: str, taken: Sequence[tuple[int, int]] = (), *, words: Sequence[Opening] | None = None
) -> tuple[Quantity, ...]:
    """The quantities of `text` in order, none within a range of `taken` (sorted), such as those of dates.

    `words` are `openings(text)`, where they are known already. Never raises for any text; time linear in its length.
    """
    table, found, done = numbers_lexicon(), [], 0
    ends = [end for _, end in taken]
    for start, after, word in openings(text) if words is None else words:
        if start < done or not _may_begin(text, after, word, table):
            continue
        k = bisect_right(ends, start)
        if k < len(taken) and taken[k][0] <= start:
            done = taken[k][1]
            continue
        limit = taken[k][0] if k < len(taken) else len(text)
        said = table.expression.match(text, start, limit) if _begins(text, start) else None
        quantity = _quantity(text, said, table) if said else None
        if quantity is not None:
            found.append(quantity)
            done = quantity.span.end
        elif word[0].isdigit():
            # The rest of an identifier is no number either.
            done = _past_identifier(text, start)
    return tuple(found)


def _may_begin(text: str, end: int, word: str, table: NumbersLexicon) -> bool:
    """Is it a number, or a word after which one may follow: "about", "a"?"""
    if word in table.alone or word[0].isdigit():
        return True
    if word not in table.openings:
        return False
    following = _FOLLOWING.match(text, end)
    if following is None:
        return False
    second = following[1]
    return not second[0].isalpha() or second in table.openings or second in _INSIDE


def _begins(text: str, start: int) -> bool:
    """Not in the middle of a word, a designation, a decimal or a link."""
    before = text[start - 1] if start else " "
    if before in ".,":
        return text[start].isalpha()
    return not (before.isalnum() or before in "-–_/@#$€£¥")


def _past_identifier(text: str, start: int) -> int:
    match = re.compile(r"[\w.,:/-]*\w").match(text, start)
    return match.end() if match else start + 1


def _quantity(text: str, said: re.Match[str], table: NumbersLexicon) -> Quantity | None:
    """The number of a match; None where it is no number but a name, a time of day, a pronoun."""
    start, end = said.span()
    if said["between"] and not said["high"]:
        start = said.start("money") if said["money"] else said.start("low") if said["low"] else said.start("vague")
    bounds = table.vague[_folded(said["vague"])] if said["vague"] else _bounds(said, table)
    if bounds is None or _GOES_ON.match(text, end):
        return None
    unit = table.units[_folded(said["unit"])] if said["unit"] else ""
    if said["money"]:
        unit = table.currencies[said["money"].upper()]
    if not unit:
        unit, end = _thing(text, end, table)
        if not _counts(text, start, said, unit, table):
            return None
        if said["low"] and re.search(r"[-\s](?:in|out|third|quarter|half|fifth)|^half", said["low"], re.IGNORECASE):
            unit = f"share of {unit}" if unit else "share"
    if unit and (rate := table.rates.match(text, end)):
        unit, end = f"{unit} a {rate[1].lower()}", rate.end()
    lead = {name for name in ("approximate", "at_least", "at_most") if said[name] or said[f"w_{name}"]}
    low, high = bounds
    return Quantity(
        span=Span(start, end, text[start:end]),
        low=None if "at_most" in lead else low,
        high=None if "at_least" in lead else high,
        unit=unit,
        approximate="approximate" in lead or bool(said["vague"]),
    )


def _bounds(said: re.Match[str], table: NumbersLexicon) -> tuple[float, float] | None:
    low = _value(said["low"], table)
    high = _value(said["high"], table) if said["high"] else low
    if low is None or high is None:
        return None
    # "2 to 3 million", "$2-3bn": the scale belongs to both.
    scale = re.search(r"[^\W\d_]+$", said["high"] or "")
    if low < high and scale and re.fullmatch(DIGITS, said["low"]):
        factor = table.scales.get(scale.group().lower(), 1)
        low *= factor if low * factor <= high else 1
    return (low, high) if low <= high else None


def _value(text: str, table: NumbersLexicon) -> float | None:
    """The value of digits or words; None for a run of digits that is an identifier."""
    folded = _folded(text)
    ratio = re.fullmatch(r"(\S+) (?:in|out of) (?:every )?(\S+)", folded)
    if ratio:
        part, whole = _value(ratio[1], table), _value(ratio[2], table)
        return part / whole if part is not None and whole and part <= whole else None
    match = re.match(DIGITS, folded)
    if match:
        if len(match.group()) > _LONGEST:
            return None
        suffix = folded[match.end() :].strip()
        factor = {"k": 1000, "m": 1_000_000}.get(suffix) or table.scales.get(suffix, 1)
        return float(match.group().replace(",", "")) * factor
    words = folded.replace("-", " ").split()
    if words[-1] in table.fractions:
        count = 1 if len(words) == 1 or words[0] == "a" else table.values.get(words[0], 1)
        return count / table.fractions[words[-1]]
    return _spelled(words, table)


def _spelled(words: Sequence[str], table: NumbersLexicon) -> float:
    """ "One hundred and fifty thousand": each scale multiplies what stands before it and is larger than it."""
    total = current = 0
    for word in words:
        if word in table.values:
            current += table.values[word]
        elif word in table.scales:
            scale = table.scales[word]
            if scale == 100 or scale == 12:
                current = max(current, 1) * scale
            else:
                total, current = total + max(current, 1) * scale, 0
    return float(total + current)


def _folded(text: str) -> str:
    return " ".join(text.lower().split())


def _thing(text: str, end: int, table: NumbersLexicon) -> tuple[str, int]:
    """The words for what is counted, up to a plural, and where they end; "" where there are none."""
    words: list[str] = []
    k = end
    while len(words) < _THING:
        match = _WORD.match(text, k)
        if match is None:
            break
        word = match[1].lower()
        k = match.end()
        if word.endswith(("’s", "'s")):
            break
        if not words and word in table.skipped:
            continue
        if word in table.stops:
            break
        words.append(match[1])
        is_plural = word in table.plural or word in table.things
        if is_plural or (word.endswith("s") and not word.endswith(("ss", "us", "is", "ous"))):
            said = " ".join(words)
            return table.units.get(said.lower(), said), k
    return "", end


def _counts(text: str, start: int, said: re.Match[str], unit: str, table: NumbersLexicon) -> bool:
    """Does a number without a unit of measure count something? A designation, a pronoun and a bare year do not."""
    match = _BEFORE.search(text, max(0, start - 24), start)
    before = match[1] if match else ""
    low = _folded(said["low"] or "")
    if low == "one" and not said["high"]:
        return bool(unit) and before.lower() not in table.pointing and _OF.match(text, said.end()) is None
    if before.lower() in table.naming:
        return False
    if unit:
        return True
    if re.fullmatch(r"(?:19|20)\d\d", low) or low in {"a dozen", "half"}:
        return False
    return not (before[:1].isupper() and before.lower() not in table.stops)


def value_of(text: str, vague: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    """A whole number in digits or words, or the bounds of a vague one ("a few"), as dates count with it."""
    folded = re.sub(r"^an? ", "", _folded(text))
    if folded in vague:
        return vague[folded]
    if folded in {"couple", "dozen"}:
        return (2, 3) if folded == "couple" else (12, 12)
    ends = re.fullmatch(r"(\d+) (?:or|to) (\d+)", folded)
    if ends:
        low, high = sorted((int(ends[1]), int(ends[2])))
        return low, high
    value = _value(folded, numbers_lexicon())
    return (int(value), int(value)) if value else (1, 1)
