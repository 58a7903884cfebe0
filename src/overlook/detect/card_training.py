"""What a card tells its reader of where the model comes from: material, licences, and what each class rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from overlook.detect.card_fields import refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A set of images that the model was made from: its name, its licence, the credit it asks for, how it was used."""

    name: str
    licence: str
    attribution: str
    used_for: str = ""


def material_of(path: Path, fields: Mapping[str, Any]) -> tuple[Material, ...]:
    """`overlook:training`: a list of {name, licence, attribution, used_for}; () when it is not there."""
    value = fields.get("overlook:training", [])
    if not isinstance(value, list):
        refuse(path, "overlook:training is not a list", "give one object for each set of images")
    return tuple(_material(path, plain) for plain in value)


def _material(path: Path, plain: Any) -> Material:
    names = ("name", "licence", "attribution", "used_for")
    if not isinstance(plain, Mapping) or not all(isinstance(plain.get(name, ""), str) for name in names):
        refuse(path, "overlook:training holds something that is not {name, licence, attribution}", "write texts")
    given = {name: str(plain.get(name, "")).strip() for name in names}
    if missing := [name for name in names[:3] if not given[name]]:
        refuse(path, f"a set in overlook:training has no {missing[0]}", "state it, be it 'none stated'")
    return Material(**given)


def texts_of(path: Path, fields: Mapping[str, Any], name: str, classes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """An object from class to text; () when the field is not there."""
    value = fields.get(name, {})
    if not isinstance(value, Mapping) or not all(isinstance(text, str) and text.strip() for text in value.values()):
        refuse(path, f"{name} is not an object from class to text", 'write {"vehicle": "…"}')
    if unknown := sorted(set(value) - set(classes)):
        refuse(path, f"{name} names {unknown[0][:40]!r}, which is no class of the model", "correct the name")
    return tuple((cls, str(value[cls]).strip()) for cls in classes if cls in value)
