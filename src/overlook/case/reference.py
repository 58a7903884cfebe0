"""The format's JSON Schema, and its reference page made from that schema."""

from __future__ import annotations

from typing import Any

from overlook.case.models import CaseFile

_HEAD = """# case.yaml

What an analyst declares of a case, field by field. This page and [case.schema.json](case.schema.json) are made from
the reader itself: `python -m overlook.case reference` and `python -m overlook.case schema`.

For completion and checks while you write, begin the file with

    # yaml-language-server: $schema=case.schema.json

**Text.** YAML 1.2: `on`, `yes` and dates are text. Tags and duplicate keys are refused, aliases allowed. UTF-8.
A key with nothing after it is as if not written. Control characters are refused; markup is kept as text.

**Ids** are `a-z 0-9 . _ -`, at most 64 characters, a letter or digit first: they become names of files and anchors.
Claims, commitments and facts share one space of ids; zones are unique in their site, predictions in their claim.

**Times.** A time needs a zone: `2018-06-12T09:00+09:00`. A date alone is that whole day: in the site's time zone when
it is one site's (its covers, its predictions' windows, an event of that site alone), in UTC otherwise. What was said,
signed, made or happened as a fact cannot lie in the future; an event can.

**Geometry.** Longitude, latitude (WGS 84), or metres for a site with `crs: local`: inline GeoJSON, WKT text, or
`{file: zones.kml, feature: Pad}` with GeoJSON, KML (Google Earth: heights are dropped, folders searched) or GeoPackage
(any CRS, reprojected), inside the case folder. Holes are allowed. Refused: a polygon that crosses itself (where is
said), has no area, is more than 50 km across, or looks as if latitude and longitude were swapped.

**Sites without zones** have `whereabouts` only. Their `crs` is `local` as a formality; images of them are not read.

**Predictions.** `active`, `quiet`, `present` and `absent` take a `class` or an `indicator`, and `window` or the whole
period; `changed` and `same` need `event`, and take the plan's windows. Without `class` they are about every class of
the plan, and without `zone` about every zone that is not roofed: all these series are tested together, with one error
rate. `arrived` and `left` take an `indicator`, or a `class` whose boxes are drawn on registered images; `built`,
`removed` and `altered` need an `indicator`: counts have no identity.
A prediction with `inside: true`, or in a zone of kind `building`, is *not observable*, whatever is seen.

**Mistakes** are told as `case.yaml:LINE:COLUMN: field: what`, the first in the file, and how many more there are.
Codes: `E-CASE-NO-FILE`, `EMPTY`, `TOO-LARGE` (2 MB, or 100,000 values with aliases written out), `ENCODING`, `YAML`,
`TAG`, `DUPLICATE-KEY`, `UNKNOWN-KEY`, `MISSING-FIELD`, `VALUE`, `VERSION`, `TIME`, `REFERENCE` (an id nothing has),
`DUPLICATE-ID`, `GEOMETRY`, `FILE` (a file of geometry or events; of events with its row and column). What a command
adds may fail with `AMEND` (the list is written in a way that takes no entry), `CHANGED` (somebody saved the file
meanwhile) or `WRITE`.
"""


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of case.yaml."""
    made = CaseFile.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "Overlook case.yaml"}


def reference(of: dict[str, Any]) -> str:
    """The reference page of a schema: one table a kind of entry, in the order of the file."""
    entries = of["$defs"]
    order = [ref for field in of["properties"].values() if (ref := _entry(field))]
    inner = [r for name in order for f in entries[name]["properties"].values() if (r := _entry(f))]
    deeper = [r for name in inner for f in entries[name]["properties"].values() if (r := _entry(f))]
    parts = [_HEAD, "## The file\n\n" + _table(of)]
    for name in dict.fromkeys([*order, *inner, *deeper]):
        entry = entries[name]
        parts.append(f"## {name}\n\n{_one_line(entry.get('description', ''))}\n\n{_table(entry)}")
    return "\n".join(parts)


def _table(entry: dict[str, Any]) -> str:
    required = set(entry.get("required", ()))
    rows = ["| field | | value | meaning |", "|---|---|---|---|"]
    for name, field in entry["properties"].items():
        needed = "required" if name in required else ""
        rows.append(f"| `{name}` | {needed} | {_value(field)} | {_one_line(field.get('description', ''))} |")
    return "\n".join(rows) + "\n"


def _value(field: dict[str, Any]) -> str:
    text = _kind(field)
    default = field.get("default")
    return text if default in (None, "", [], {}) or isinstance(default, dict) else f"{text}; default `{default}`"


def _kind(field: dict[str, Any]) -> str:
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{v}`" for v in dict.fromkeys(map(str, field["enum"])))
    if "$ref" in field:
        return f"[{field['$ref'].rsplit('/', 1)[1]}](#{field['$ref'].rsplit('/', 1)[1].lower()})"
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_kind(f) for f in field["anyOf"] if f.get("type") != "null"))
    if field.get("type") == "array":
        return "list of " + (_kind(field["items"]) if "items" in field else "numbers")
    if field.get("type") in ("number", "integer"):
        return ("number" if field["type"] == "number" else "whole number") + _bounds(field)
    if field.get("type") == "object":
        keys = ", ".join(f"{k}:" for k in field.get("properties", {}))
        return f"{{{keys}}}" if keys else "mapping"
    return {"boolean": "true, false"}.get(field.get("type", ""), _text(field.get("pattern", "")))


def _text(pattern: str) -> str:
    if pattern.startswith(r"^\d{4}"):
        return "date or time" if "T" in pattern else "date"
    if pattern.startswith(r"^\d+"):
        return "duration"
    if pattern.startswith("^[a-z0-9][a-z0-9._-]"):
        return "id"
    return "WKT" if "[Pp][Oo][Ll][Yy]" in pattern else "text"


def _bounds(field: dict[str, Any]) -> str:
    words = {"exclusiveMinimum": ">", "minimum": "≥", "exclusiveMaximum": "<", "maximum": "≤"}
    found = [f"{sign} {field[key]:g}" for key, sign in words.items() if key in field]
    return f" ({', '.join(found)})" if found else ""


def _entry(field: dict[str, Any]) -> str | None:
    """The name of the kind of entry that a field holds or lists, if any."""
    for f in (field, field.get("items", {}), *field.get("anyOf", ())):
        if "$ref" in f:
            return str(f["$ref"]).rsplit("/", 1)[1]
    return None


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
