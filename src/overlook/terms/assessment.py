"""The assessment: everything above for one case at one moment; a report is its rendering."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from overlook.terms.case import Case
from overlook.terms.chain import Comparison, SourceGraph
from overlook.terms.finding import Finding
from overlook.terms.flag import Flag
from overlook.terms.judgement import ClaimJudgement
from overlook.terms.observation import Observation, Reason
from overlook.terms.pattern import Pattern
from overlook.terms.record import Recorded
from overlook.terms.scene import ChipMeta, Scene
from overlook.terms.time import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A row of the gap ledger: what was not seen, when, and why. `scene` "" when there was no image at all.

    "No image" (searched, none came back), "search insufficient" (searched, by nothing that could have found one) and
    "not searched" are never the same row. `spans`: of a row that stands for several short spans, each of them, in
    order; `during` then goes from the first to the last. An image that a catalogue offers
    and that is not in the case is `scene` too: "not obtained", "embargoed" until a date, or unfit as it is described.
    """

    site: str
    zone: str
    during: Interval | None
    reason: Reason | Literal["no image", "search insufficient", "not obtained", "embargoed"]
    scene: str = ""
    detail: str = ""
    spans: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes:
    """A scene's boxes on the site's grid, for drawing: corners in chip pixels, one observer and class."""

    scene: str
    site: str
    observer: str
    cls: str
    corners: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where it all came from: the code, the declared case, every input file and its digest, the plan's history."""

    code_version: str
    code_digest: str
    case_digest: str
    plan_digest: str
    plan_note: str
    inputs: tuple[tuple[str, str], ...]
    libraries: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    case: Case
    scenes: tuple[Scene, ...] = ()
    chips: tuple[ChipMeta, ...] = ()
    #: (scene, site, SHA-256 of the chip's bytes): from a sentence back to the pixels.
    chip_digests: tuple[tuple[str, str, str], ...] = ()
    boxes: tuple[Boxes, ...] = ()
    observations: tuple[Observation, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    findings: tuple[Finding, ...] = ()
    judgements: tuple[ClaimJudgement, ...] = ()
    source_graph: SourceGraph = field(default_factory=SourceGraph)
    comparisons: tuple[Comparison, ...] = ()
    gaps: tuple[Gap, ...] = ()
    #: Doubts about the date or place of an image. Nothing was mended because of them.
    flags: tuple[Flag, ...] = ()
    notes: tuple[str, ...] = ()
    #: What people did, from the ledger: who accepted, graded, signed, took back what.
    record: tuple[Recorded, ...] = ()
    provenance: Provenance
