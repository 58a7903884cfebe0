"""Citations as CSL-JSON (Citation Style Language 1.0.2): the report, its images, its sources, the software.

Names are `literal`: nobody declared which part of a name is the family's.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from overlook.report.exports import stands
from overlook.report.said import stamp
from overlook.report.words import number, short
from overlook.terms import Assessment, Interval, Scene, Source

_URL = re.compile(r"https?://[^\s<>\"'`\\]+")
_RIGHTS = {
    True: "The pixels may be published.",
    False: "The pixels may not be published.",
    None: "Whether the pixels may be published, nobody stated.",
}


def citations(assessment: Assessment, *, made: datetime, own_digest: str) -> list[dict[str, Any]]:
    """CSL-JSON items with ids of their own: the report first, then software, images by date, sources.

    An anonymous source is nothing that can be cited, and has no item.
    """
    order = sorted(assessment.scenes, key=lambda s: (s.when is None, s.when.start.timestamp() if s.when else 0, s.id))
    items = [_report(assessment, made, own_digest), _software(assessment)]
    items += [_image(scene) for scene in order]
    items += [_source(source) for source in assessment.case.sources if source.kind not in ("anonymous", "image")]
    return items


def _report(assessment: Assessment, made: datetime, own_digest: str) -> dict[str, Any]:
    case = assessment.case
    standing = [s.opinion for j in assessment.judgements for s in j.opinions if stands(s) and not s.opinion.dissent]
    authors = dict.fromkeys(o.analyst for o in standing if o.analyst.strip())
    item: dict[str, Any] = {
        "id": f"report-{own_digest[:16]}",
        "type": "report",
        "title": case.title or case.id,
        "genre": "Assessment of overhead imagery",
        "issued": _day(made.date()),
        "number": own_digest[:16],
        "note": f"{stamp(assessment.judgements)}. Case {case.id}, assessment SHA-256 {own_digest}."
        + (f" {case.notice}." if case.notice else ""),
    }
    return item | ({"author": [{"literal": name} for name in authors]} if authors else {})


def _software(assessment: Assessment) -> dict[str, Any]:
    p = assessment.provenance
    libraries = ", ".join(f"{name} {version}" for name, version in p.libraries)
    return {
        "id": f"overlook-{p.code_version}",
        "type": "software",
        "title": "Overlook",
        "version": p.code_version,
        "note": f"Code SHA-256 {p.code_digest}." + (f" With {libraries}." if libraries else ""),
    }


def _image(scene: Scene) -> dict[str, Any]:
    what = {"image": "Overhead image", "screenshot": "Screenshot of an overhead image", "figure": "Published figure"}
    sensor = "" if scene.sensor in ("", "unknown") else f", {scene.sensor}"
    title = f"{what[scene.kind]}{sensor}, {short(scene.when)}" if scene.when else f"{what[scene.kind]}{sensor}, undated"
    item: dict[str, Any] = {
        "id": f"image-{scene.id}",
        "type": "graphic",
        "title": title,
        "note": " ".join(
            (
                f"{number(scene.gsd_m)} m a pixel.",
                *([f"Licence: {scene.rights.licence}."] if scene.rights.licence else []),
                _RIGHTS[scene.rights.may_publish],
                f"SHA-256 {scene.digest}.",
            )
        ),
        # The schema has no field for rights and digests; `custom` is where it wants what it has none for.
        "custom": {"may_publish": scene.rights.may_publish, "licence": scene.rights.licence, "sha256": scene.digest},
    }
    if scene.rights.credit:
        item["author"] = [{"literal": scene.rights.credit}]
    if scene.catalogue_id:
        item["number"] = scene.catalogue_id
    return item | ({"issued": _span(scene.when)} if scene.when else {})


def _source(source: Source) -> dict[str, Any]:
    item: dict[str, Any] = {"id": f"source-{source.id}", "type": "document", "title": source.name}
    if source.kind in ("named", "role"):
        item = {"id": item["id"], "type": "personal_communication", "author": [{"literal": source.name}]}
    if _URL.fullmatch(source.citation):
        item |= {"URL": source.citation} | ({"type": "webpage"} if source.kind == "document" else {})
    elif source.citation:
        item["note"] = source.citation
    if source.digest:
        item["note"] = f"{item.get('note', '')} SHA-256 {source.digest}.".strip()
    return item


def _day(day: date) -> dict[str, Any]:
    return {"date-parts": [[day.year, day.month, day.day]]}


def _span(during: Interval) -> dict[str, Any]:
    """A day, or first and last day, in UTC."""
    first, last = during.start.date(), during.end.date()
    parts = [[d.year, d.month, d.day] for d in ((first,) if first == last else (first, last))]
    return {"date-parts": parts}
