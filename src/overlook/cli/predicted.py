"""What could be seen of a statement, on lines for people: parts, images, questions, the rest, the parts of a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from overlook.cli.say import cut, plain

_STANDING = {
    "not observable": "no image shows",
    "unknown": "not known",
    "not tested": "not tested",
}
#: Kinds of words that say where, when or who: not told on lines, but in JSON.
_NOT_TOLD = frozenset({"form", "place", "date", "name"})


def predicted(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The lines of one statement; `rows` are all of the text, for the parts of a whole."""
    told = row["predictions"]
    rivals = ""
    for part in told["parts"]:
        yield from _part(part)
        same = "; ".join(
            r["name"] + (" (deception)" if r["is_deception"] else "") for r in part["rivals"] if r["predicts"] == "same"
        )
        if same not in ("", rivals):
            yield f"      would look the same: {same}"
        rivals = same
    for question in dict.fromkeys(q for part in told["parts"] for q in part["ask"]):
        yield f"   ask: {plain(question)}"
    if not told["parts"] and "whole" not in told:
        yield "   could be seen: nothing that Overlook reads in these words"
    for note in told["notes"]:
        yield f"   note: {plain(note)}"
    yield from _rest(told["remainder"])
    if "whole" in told:
        yield from _whole(told["whole"], rows)


def context(row: Mapping[str, Any], bounds: str) -> str:
    """A date of the writer's own words. `bounds` is what it means."""
    note = f"; {plain(row['note'])}" if row["note"] else ""
    return f"context: {plain(row['text'])} = {bounds}{note}; in “{cut(plain(row['line']['text']))}”"


def _part(part: Mapping[str, Any]) -> Iterator[str]:
    words = " … ".join(plain(span["text"]) for span in part["words"])
    told = "; ".join(text for flag, text in _flags(part) if flag)
    yield f"   could be seen: {plain(part['observable'])}" + (f" [{told}]" if told else "")
    yield f"      {part['id']}, from “{words}”"
    for note in part["notes"]:
        yield f"      {plain(note)}"
    for need in part["needs"]:
        yield f"      needs: {plain(need['images'])}"


def _flags(part: Mapping[str, Any]) -> Iterator[tuple[bool, str]]:
    yield bool(part["denied"]), "read from a denial"
    yield bool(part["possible"]), f"it may be so: “{', '.join(part['possible'])}”"
    yield bool(part["implied"]), "implied, not said"
    yield bool(part["roofed"]), "under a roof: no image shows it"


def _rest(rest: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for words in rest:
        if not set(words["kinds"]) - _NOT_TOLD:
            continue
        unknown = ", ".join(f"“{plain(word['text'])}”" for word in words["unknown"])
        yield f"   {_STANDING[words['standing']]}: “{cut(plain(words['text']))}”: {words['why']}"
        if unknown and words["standing"] != "unknown":
            yield f"      unknown to Overlook in it: {unknown}"


# --- the parts of a whole ---------------------------------------------------------------------------------------------


def _whole(whole: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What was told as a whole, part by part: an image bears on parts, never on the whole."""
    whom = (
        "by who is named beside it"
        if whole["by_name"]
        else "by whoever it may mean; which of them, the words do not say"
    )
    yield f"   “{plain(whole['words']['text'])}” is of a whole. Its parts, {whom}:"
    for number in whole["statements"]:
        row = rows[number - 1]
        content = " … ".join(plain(span["text"]) for span in row["content"])
        yield f"      statement {number}: {cut(content)}"
        yield from (f"         {line}" for line in _of_part(row["predictions"]))
    if whole["left_out"]:
        yield f"      and {whole['left_out']} statements before them"
    for claim in whole["claims"]:
        yield f"      claim {claim['id']}: {cut(plain(claim['quote']))}"
        yield from (f"         {line}" for line in _of_claim(claim))
    if not whole["statements"] and not whole["claims"]:
        yield "      none that the text or the case tells"


def _of_part(told: Mapping[str, Any]) -> Iterator[str]:
    for part in told["parts"]:
        kind = " (implied, not said)" if part["implied"] else ""
        yield f"could be seen: {plain(part['observable'])}{kind}"
    never = [plain(r["text"]) for r in told["remainder"] if r["standing"] == "not observable"]
    if never:
        yield f"no image shows: {'; '.join(f'“{cut(text)}”' for text in never)}"
    unknown = [plain(r["text"]) for r in told["remainder"] if r["standing"] == "unknown"]
    if unknown:
        yield f"unknown to Overlook: {'; '.join(f'“{cut(text)}”' for text in unknown)}"
    yield from told["notes"]


def _of_claim(claim: Mapping[str, Any]) -> Iterator[str]:
    for p in claim["predictions"]:
        said = plain(p["statement"] or f"{p['relation']}: {p['of'] or 'the pattern'}")
        yield f"{'no image shows' if p['inside'] else 'could be seen'}: {said} ({p['id']})"
    for text in claim["not_observable"]:
        yield f"no image shows: {plain(text)}"
    if not claim["predictions"] and not claim["not_observable"]:
        yield "nothing is declared of it that images could be held against"
