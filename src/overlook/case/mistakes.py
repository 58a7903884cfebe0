"""Mistakes in a case file: what is wrong, at which path, and the one CaseError that tells the first of them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from overlook.case.document import Document, Path
from overlook.errors import CaseError


@dataclass(frozen=True, slots=True)
class Mistake:
    """`code` is the last words of an E-CASE code; `path` leads to the node; `of_key`: its key is meant.

    `what` may be asked for later: the nearest spelling takes time, and only the first mistake is told.
    """

    code: str
    path: Path
    what: str | Callable[[], str]
    of_key: bool = False


def nearest(word: str, known: Iterable[str]) -> str:
    """ "; did you mean 'x'?" for the nearest known spelling, "" when none is near."""
    near = difflib.get_close_matches(word[:100], list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def unknown(kind: str, word: str, known: Collection[str]) -> str:
    """What to say of a reference to something that is not declared."""
    hint = nearest(word, known)
    if hint:
        return f"no {kind} {word[:80]!r}{hint}"
    listed = f"known: {', '.join(sorted(known)[:8])}" if known else "none is declared"
    return f"no {kind} {word[:80]!r}; {listed}"


def case_error(mistakes: Sequence[Mistake], document: Document) -> CaseError:
    """The mistake that stands first in the file, and how many more there are."""
    ordered = sorted(mistakes, key=lambda m: document.position(m.path, of_key=m.of_key))
    first = ordered[0]
    more = f" (and {len(ordered) - 1} more)" if len(ordered) > 1 else ""
    field = path_text(first.path)
    told = first.what if isinstance(first.what, str) else first.what()
    what = f"{field}: {told}{more}" if field else f"{told}{more}"
    return CaseError(
        f"E-CASE-{first.code}",
        what,
        where=document.where(first.path, of_key=first.of_key),
        remedy="docs/reference/case-yaml.md lists every field" if first.code == "UNKNOWN-KEY" else "",
    )


def path_text(path: Path) -> str:
    """`sites[0].zones[2].kind`"""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step[:64]}"
    return text.lstrip(".")


def shape_mistakes(errors: Sequence[Any], plain: Any, model: type[BaseModel]) -> list[Mistake]:
    """pydantic's errors in this room's words."""
    return [_translate(error, plain, model) for error in errors]


def _translate(error: Any, plain: Any, model: type[BaseModel]) -> Mistake:
    kind, path, context = error["type"], _path_in(error["loc"], plain), error.get("ctx", {})
    if kind == "extra_forbidden":
        known = _known_keys(model, path[:-1])
        return Mistake("UNKNOWN-KEY", path, lambda: f"unknown key{nearest(str(path[-1]), known)}", of_key=True)
    if kind == "missing":
        return Mistake("MISSING-FIELD", path, "is missing")
    if kind.startswith("case_"):
        return Mistake(kind.removeprefix("case_").upper(), path, error["msg"])
    if kind == "literal_error":
        return _not_one_of(path, error["input"], context.get("expected", ""))
    if kind == "string_pattern_mismatch":
        return Mistake("VALUE", path, f"{_shown(error['input'])} is not of the form {context.get('pattern', '')}")
    if kind == "too_long" and isinstance(error["input"], str):
        kind = "string_too_long"
    if kind == "too_short" and isinstance(error["input"], str):
        kind = "string_too_short"
    return Mistake("VALUE", path, f"{_wanted(kind, error['msg'], context)}, not {_shown(error['input'])}")


def _path_in(loc: Sequence[str | int], plain: Any) -> Path:
    """The part of pydantic's location that exists in the data; names of unions and of keys as such drop out."""
    path: list[str | int] = []
    for i, step in enumerate(loc):
        if step == "[key]":
            continue
        is_last = i == len(loc) - 1
        if isinstance(plain, dict) and (step in plain or is_last):
            plain = plain.get(step)
        elif isinstance(plain, list) and isinstance(step, int) and step < len(plain):
            plain = plain[step]
        else:
            continue
        path.append(step)
    return tuple(path)


def _known_keys(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that a mapping at `path` may have."""
    here: type[BaseModel] | None = model
    for step in path:
        if isinstance(step, int) or here is None:
            continue
        found = next((f for n, f in here.model_fields.items() if step in (f.alias, n)), None)
        here = _entry_of(found.annotation) if found else None
    return [f.alias or n for n, f in here.model_fields.items()] if here else []


def _entry_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((e for a in getattr(annotation, "__args__", ()) if (e := _entry_of(a))), None)


def _not_one_of(path: Path, given: Any, expected: str) -> Mistake:
    if path == ("overlook",):
        what = f"format {_shown(given)} is not known; this version of Overlook reads {expected}"
        return Mistake("VERSION", path, what)
    words = expected.replace(" or ", ", ").replace("'", "").split(", ")
    hint = nearest(str(given), words)
    if hint:
        return Mistake("VALUE", path, f"{_shown(given)} is not known here{hint}")
    return Mistake("VALUE", path, f"must be one of {', '.join(words)}, not {_shown(given)}")


def _wanted(kind: str, message: str, context: dict[str, Any]) -> str:
    """What a value must be, in the imperative of a reader's words."""
    bound = {"greater_than": "gt", "greater_than_equal": "ge", "less_than": "lt", "less_than_equal": "le"}
    if kind in bound:
        relation = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}[bound[kind]]
        return f"must be {relation} {context[bound[kind]]:g}"
    words = {
        "model_type": "must be a mapping of fields",
        "model_attributes_type": "must be a mapping of fields",
        "dict_type": "must be a mapping",
        "list_type": "must be a list",
        "string_type": "must be text",
        "bool_type": "must be true or false",
        "int_type": "must be a whole number",
        "float_type": "must be a number",
        "finite_number": "must be a finite number",
        "string_too_short": "must not be empty",
        "string_too_long": f"must have at most {context.get('max_length')} characters",
        "too_short": "must have at least one entry",
        "too_long": f"must have at most {context.get('max_length')} entries",
    }
    return words.get(kind, message)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    raw = getattr(value, "raw", None)
    return str(raw) if raw is not None else repr(str(value)[:60])
