"""What a report for publication leaves out, and what it refuses.

It works on the values before anything is written: paths and file names, precise coordinates and collection plans are
gone from the assessment that the page is made of, so that no template can let one through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from overlook.errors import RefusedError
from overlook.terms import Assessment, Claim, ClaimJudgement, Commitment, Obligation, OpenTerm, Scene, Source

#: Decimals of a degree in a published coordinate: about a kilometre.
DECIMALS = 2

_PAIR = re.compile(r"(?<![\d.])([-+−]?\d{1,3}\.\d{3,})(\s*°?\s*[NSEW]?\s*[,;/ ]\s*)([-+−]?\d{1,3}\.\d{3,})(?!\.?\d)")
_DEGREES = re.compile(r"(?<![\d.])(\d{1,3}\.\d{3,})(\s*°)")
_HEMISPHERE = re.compile(r"(?<![\d.])(\d{1,3}\.\d{3,})(\s*°?\s*[NSEW])\b")
_SEXAGESIMAL = re.compile(r"(\d{1,3})\s*°\s*(\d{1,2})\s*['′’]\s*(?:(\d{1,2}(?:\.\d+)?)\s*[\"″”])?\s*([NSEW])")
_GRID = re.compile(r"\b\d{1,2}[C-HJ-NP-X]\s?[A-HJ-NP-Z]{2}\s?(?:\d{3,5}\s?\d{3,5}|\d{6,10})\b")
_PATH = re.compile(r"(?:file://\S+|(?<![\w/:.])(?:~|\.{1,2})?/(?:[\w.@+-]+/)+[\w.@+-]*|\b[A-Za-z]:\\[^\s\"']+)")


def check_rights(scenes: Iterable[Scene]) -> None:
    """Refuse when the pixels of a scene may not be published, or nobody said that they may.

    Raises RefusedError E-REFUSED-RIGHTS, naming each scene and the remedy.
    """
    refused = {s.id: s for s in scenes if s.rights.may_publish is not True}
    if not refused:
        return
    forbidden = [s for s in refused.values() if s.rights.may_publish is False]
    why = "may not be published" if forbidden else "carry no right to publish: nobody said that they may be published"
    raise RefusedError(
        "E-REFUSED-RIGHTS",
        f"the pixels of {len(refused)} image(s) in this report {why}",
        where=", ".join(sorted(refused)),
        remedy="add each again with --may-publish and --licence and assess again, or report without --publication",
    )


def coarse(text: str) -> str:
    """The text with coordinates rounded to `DECIMALS` and local paths taken out."""
    text = _PATH.sub("[file]", text)
    text = _GRID.sub("[grid reference removed]", text)
    text = _SEXAGESIMAL.sub(_rounded_sexagesimal, text)
    text = _PAIR.sub(lambda m: f"{_rounded(m[1])}{m[2]}{_rounded(m[3])}", text)
    text = _HEMISPHERE.sub(lambda m: f"{_rounded(m[1])}{m[2]}", text)
    return _DEGREES.sub(lambda m: f"{_rounded(m[1])}{m[2]}", text)


def for_publication(assessment: Assessment) -> tuple[Assessment, dict[str, str]]:
    """The assessment as it may be published, and the true id of each scene by the label it has there.

    Words that are somebody's (quotes, commitments, citations) stay verbatim; digests and catalogue ids stay, so that
    a reader who has the files can still check them.
    """
    order = sorted(assessment.scenes, key=lambda s: (s.when is None, s.when.start.timestamp() if s.when else 0, s.id))
    labels = {s.id: f"image {i}" for i, s in enumerate(order, 1)}
    scrub = _Scrub(labels, _file_names(assessment))
    cleaned: Assessment = scrub.value(_without_plans(assessment))
    inputs = tuple((f"file {i}", digest) for i, (_, digest) in enumerate(assessment.provenance.inputs, 1))
    cleaned = replace(cleaned, provenance=replace(cleaned.provenance, inputs=inputs))
    return cleaned, {label: scene for scene, label in labels.items()}


def _without_plans(assessment: Assessment) -> Assessment:
    judgements: tuple[ClaimJudgement, ...] = tuple(
        replace(j, parts=tuple(replace(p, needs=()) for p in j.parts)) for j in assessment.judgements
    )
    return replace(assessment, judgements=judgements)


def _file_names(assessment: Assessment) -> tuple[str, ...]:
    """Every name of a local file, and the stems that are long enough to be one and not a word."""
    paths = [path for path, _ in assessment.provenance.inputs]
    for scene in assessment.scenes:
        paths += [scene.path, scene.cloud_mask, *(b.path for b in scene.boxes)]
    names = {name for path in paths if path for name in (path, PurePosixPath(path.replace("\\", "/")).name)}
    stems = {name.split(".", 1)[0] for name in names}
    names |= {stem for stem in stems if len(stem) >= 6 and any(c.isdigit() for c in stem)}
    return tuple(sorted((n for n in names if len(n) >= 4), key=len, reverse=True))


class _Scrub:
    """A walk over the terms that rewrites every text, and the scene ids."""

    def __init__(self, labels: dict[str, str], names: tuple[str, ...]) -> None:
        self.labels = labels
        any_name = "|".join(re.escape(name) for name in names)
        self.names = re.compile(rf"(?<![\w-])(?:{any_name})(?![\w-])") if names else None

    def value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, tuple):
            return tuple(self.value(v) for v in value)
        if not is_dataclass(value) or isinstance(value, type):
            return value
        changed: dict[str, Any] = {}
        for field in fields(value):
            old = getattr(value, field.name)
            new = self.field(value, field.name, old)
            if new is not old and new != old:
                changed[field.name] = new
        return replace(value, **changed) if changed else value

    def field(self, owner: Any, name: str, old: Any) -> Any:
        if (isinstance(owner, Scene) and name == "id") or name in ("scene", "reference_scene"):
            return self.labels.get(old, old)
        if isinstance(owner, Scene) and name in ("path", "cloud_mask"):
            return ""
        if (type(owner), name) in _VERBATIM or name in _KEPT:
            return old
        return self.value(old)

    def text(self, text: str) -> str:
        if text in self.labels:
            return self.labels[text]
        return coarse(self.names.sub("[file]", text) if self.names and len(text) > 3 else text)


_VERBATIM = {
    (Claim, "quote"),
    (Commitment, "text"),
    (Commitment, "undefined"),
    (Commitment, "defined"),
    (Obligation, "text"),
    (Obligation, "undefined"),
    (Obligation, "defined"),
    (OpenTerm, "term"),
    (OpenTerm, "given"),
    (Source, "citation"),
}
_KEPT = ("catalogue_id", "digest", "case_digest", "code_digest", "plan_digest", "geometry", "footprint", "evidence")


def _rounded(number: str) -> str:
    return f"{float(number.replace('−', '-')):.{DECIMALS}f}"


def _rounded_sexagesimal(match: re.Match[str]) -> str:
    degrees = int(match[1]) + int(match[2]) / 60 + float(match[3] or 0) / 3600
    return f"{degrees:.{DECIMALS}f}°{match[4]}"
