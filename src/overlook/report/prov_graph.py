"""A PROV document under construction: records by identifier, relations between them (W3C PROV-DM, PROV-JSON)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

#: Prefixes of identifiers. None of them is an address: an id means the same wherever the document lies.
PREFIXES = {
    "ovl": "urn:overlook:vocabulary:",
    "id": "urn:overlook:record:",
    "sha256": "urn:overlook:sha256:",
}
#: The two ends of each relation, as PROV-JSON names them (its JSON Schema, 24 April 2013).
ENDS = {
    "wasGeneratedBy": ("prov:entity", "prov:activity"),
    "used": ("prov:activity", "prov:entity"),
    "wasDerivedFrom": ("prov:generatedEntity", "prov:usedEntity"),
    "wasAttributedTo": ("prov:entity", "prov:agent"),
    "wasAssociatedWith": ("prov:activity", "prov:agent"),
    "specializationOf": ("prov:specificEntity", "prov:generalEntity"),
}
_PLAIN = re.compile(r"[^A-Za-z0-9_./-]")


def named(*parts: str) -> str:
    """An identifier from words of a case: what a local part may not hold is percent-encoded, byte by byte."""
    return "id:" + "/".join(_PLAIN.sub(_percent, part) or "-" for part in parts)


def by_digest(digest: str) -> str:
    """The identifier of bytes, by their SHA-256."""
    return f"sha256:{_PLAIN.sub(_percent, digest)}"


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace"))


def qualified(name: str) -> dict[str, str]:
    """A qualified name as a value."""
    return {"$": name, "type": "prov:QUALIFIED_NAME"}


class Graph:
    """Records and relations in the order in which they were told. The same relation is told once."""

    def __init__(self) -> None:
        self._records: dict[str, dict[str, dict[str, Any]]] = {"entity": {}, "activity": {}, "agent": {}}
        self._relations: dict[str, dict[tuple[str, str, str], dict[str, Any]]] = {name: {} for name in ENDS}

    def entity(self, name: str, kind: str, label: str = "", **attributes: Any) -> str:
        """An entity of a kind (a word of this vocabulary). Told again, it gains what is new: one file, two names."""
        return self._record("entity", name, f"ovl:{kind}", label, attributes)

    def activity(self, name: str, kind: str, label: str = "", at: datetime | None = None, **attributes: Any) -> str:
        times = {} if at is None else {"prov:endTime": at.isoformat()}
        made = self._record("activity", name, f"ovl:{kind}", label, attributes)
        self._records["activity"][name] |= times
        return made

    def agent(self, name: str, kind: str, label: str, **attributes: Any) -> str:
        """`kind`: Person, Organization or SoftwareAgent, PROV's own."""
        return self._record("agent", name, f"prov:{kind}", label, attributes)

    def has(self, name: str) -> bool:
        return any(name in records for records in self._records.values())

    def generated(self, entity: str, activity: str) -> None:
        self._relate("wasGeneratedBy", entity, activity)

    def used(self, activity: str, entities: Iterable[str], role: str = "") -> None:
        for entity in entities:
            self._relate("used", activity, entity, role)

    def derived(self, entity: str, sources: Iterable[str]) -> None:
        for source in sources:
            if source != entity:
                self._relate("wasDerivedFrom", entity, source)

    def attributed(self, entity: str, agent: str) -> None:
        self._relate("wasAttributedTo", entity, agent)

    def associated(self, activity: str, agent: str, role: str = "") -> None:
        self._relate("wasAssociatedWith", activity, agent, role)

    def specialized(self, entity: str, general: str) -> None:
        self._relate("specializationOf", entity, general)

    def document(self) -> dict[str, Any]:
        """PROV-JSON as plain data. Relations are numbered, so that one assessment gives one document."""
        made: dict[str, Any] = {"prefix": PREFIXES}
        made |= {kind: records for kind, records in self._records.items() if records}
        number = 0
        for name, relations in self._relations.items():
            numbered = {}
            for relation in relations.values():
                number += 1
                numbered[f"_:r{number}"] = relation
            if numbered:
                made[name] = numbered
        return made

    def _record(self, of: str, name: str, kind: str, label: str, attributes: dict[str, Any]) -> str:
        record = self._records[of].setdefault(name, {"prov:type": qualified(kind)})
        told = {f"ovl:{key}": value for key, value in attributes.items() if value not in (None, "", [], ())}
        if label:
            told["prov:label"] = label
        for key, value in told.items():
            record[key] = _both(record[key], value) if key in record else value
        return name

    def _relate(self, relation: str, first: str, second: str, role: str = "") -> None:
        ends = dict(zip(ENDS[relation], (first, second), strict=True))
        self._relations[relation][first, second, role] = ends | ({"prov:role": role} if role else {})


def _both(old: Any, new: Any) -> Any:
    """PROV-JSON writes several values of one attribute as a list."""
    values = old if isinstance(old, list) else [old]
    merged = [*values, *(v for v in (new if isinstance(new, list) else [new]) if v not in values)]
    return merged if len(merged) > 1 else merged[0]
