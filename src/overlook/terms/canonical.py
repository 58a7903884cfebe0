"""Frozen terms to canonical JSON and back. One encoding, so that a digest means one thing."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import TypeAdapter

_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    # Building a validator costs milliseconds; a type's validator never changes.
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def dumps(value: Any, kind: Any = None) -> bytes:
    """Canonical JSON (sorted keys, no spaces, UTF-8) of a term; `kind` is its type when it is a union or tuple.

    Raises ValueError for NaN or infinity: they are not evidence.
    """
    plain = _adapter(kind or type(value)).dump_python(value, mode="json")
    return canonical(plain)


def canonical(plain: Any) -> bytes:
    """Canonical JSON bytes of plain data (dicts, lists, strings, numbers)."""
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def loads(data: bytes, kind: Any) -> Any:
    """The term that `dumps` wrote. Raises pydantic.ValidationError (a ValueError) when it does not fit."""
    return _adapter(kind).validate_json(data)


def digest(value: Any, kind: Any = None) -> str:
    """SHA-256 of the canonical JSON, hexadecimal."""
    return hashlib.sha256(dumps(value, kind)).hexdigest()
