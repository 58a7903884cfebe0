"""Where an assessment comes from, as PROV-JSON (W3C PROV-DM, 2013): every sentence back to pixels.

    image → chip → detections → observation → finding → sentence → report
                                             ↘ judgement ↗ → opinion

Files and images are named by their SHA-256, so that whoever has them can check them. A finding is derived from the
observations of its series that share evidence with it; what was not observed was used (role `unseen`) and nothing is
derived from it: a cloud is evidence of nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from overlook.report.prov_graph import Graph, by_digest, named
from overlook.report.prov_said import add_claims, add_record
from overlook.report.tables_out_rows import answers_of
from overlook.terms import (
    Assessment,
    Boxes,
    CompositeFinding,
    Finding,
    NotObserved,
    Observation,
    Plan,
    Scene,
    Series,
    digest,
    dumps,
)

SOFTWARE = named("software", "overlook")
CASE, PLAN = named("case"), named("plan")


def provenance(assessment: Assessment, *, made: datetime, own_digest: str) -> dict[str, Any]:
    """The PROV-JSON document of an assessment. `made` (UTC) is when it was made, `own_digest` its SHA-256."""
    graph = Graph()
    _declared(graph, assessment)
    _images(graph, assessment)
    for path, sha in assessment.provenance.inputs:
        graph.entity(by_digest(sha), "File", path=path)
    seen = _observations(graph, assessment)
    _findings(graph, assessment, seen)
    judged = add_claims(graph, assessment, software=SOFTWARE, case=CASE)
    add_record(graph, assessment)
    sentences = _sentences(graph, assessment)
    whole, report = by_digest(own_digest), named("report")
    graph.entity(whole, "Assessment", f"Assessment of {assessment.case.title or assessment.case.id}")
    graph.derived(whole, [CASE, PLAN, *(named("finding", f.id) for f in assessment.findings), *judged])
    assess = graph.activity(named("assess"), "Assess", at=made, codeDigest=assessment.provenance.code_digest)
    graph.used(assess, [CASE, PLAN])
    graph.generated(whole, assess)
    graph.associated(assess, SOFTWARE)
    graph.entity(report, "Report", f"Report on {assessment.case.title or assessment.case.id}")
    render = graph.activity(named("render"), "Render")
    graph.used(render, [whole])
    graph.generated(report, render)
    graph.associated(render, SOFTWARE)
    graph.derived(report, [whole, *sentences])
    return graph.document()


def _declared(graph: Graph, assessment: Assessment) -> None:
    """The software, the case and its plan."""
    p = assessment.provenance
    graph.agent(
        SOFTWARE,
        "SoftwareAgent",
        f"Overlook {p.code_version}",
        version=p.code_version,
        codeDigest=p.code_digest,
        libraries=[f"{name} {version}" for name, version in p.libraries],
    )
    graph.entity(CASE, "Case", assessment.case.title, sha256=p.case_digest, notice=assessment.case.notice)
    plan = dumps(assessment.case.plan, Plan).decode()
    graph.entity(PLAN, "Plan", sha256=p.plan_digest, parameters=plan, ledgered=p.plan_note)
    graph.derived(PLAN, [CASE])


def _images(graph: Graph, assessment: Assessment) -> None:
    """Images, their chips, and the boxes on them."""
    scenes = {s.id: s for s in assessment.scenes}
    for scene in assessment.scenes:
        _image(graph, scene)
    metas = {(m.scene, m.site): m for m in assessment.chips}
    chips = {(scene, site): sha for scene, site, sha in assessment.chip_digests}
    for (scene_id, site), sha in chips.items():
        meta, scene = metas.get((scene_id, site)), scenes[scene_id]
        chip = graph.entity(by_digest(sha), "Chip", f"{scene_id} on the grid of {site}")
        work = graph.activity(named("lay", scene_id, site), "Register")
        pixels = [by_digest(scene.digest)] + ([by_digest(scene.cloud_mask_digest)] if scene.cloud_mask else [])
        if meta is not None:
            registered = meta.registration
            graph.activity(
                work, "Register", method=registered.method, shift_m=list(registered.shift_m),
                residual_m=registered.residual_m, usableFraction=meta.usable_fraction,
            )  # fmt: skip
            if reference := chips.get((registered.reference, site)):
                graph.entity(by_digest(reference), "Chip")
                pixels.append(by_digest(reference))
        graph.used(work, [p for p in pixels if p != chip])
        graph.generated(chip, work)
        graph.associated(work, SOFTWARE)
        graph.derived(chip, pixels)
    for boxes in assessment.boxes:
        _detections(graph, boxes, scenes.get(boxes.scene), chips.get((boxes.scene, boxes.site)))


def _image(graph: Graph, scene: Scene) -> None:
    when = scene.when
    graph.entity(
        by_digest(scene.digest), "Image", scene.id, scene=scene.id, sensor=scene.sensor, gsd_m=scene.gsd_m,
        catalogueId=scene.catalogue_id, credit=scene.rights.credit, licence=scene.rights.licence,
        acquiredFrom=when.start.isoformat() if when else None, acquiredTo=when.end.isoformat() if when else None,
        whyAcquired=scene.why_acquired,
    )  # fmt: skip
    if scene.cloud_mask:
        graph.entity(by_digest(scene.cloud_mask_digest), "CloudMask", sha256=scene.cloud_mask_digest)
    for box in scene.boxes:
        graph.entity(by_digest(box.digest), "BoxFile", searched=list(box.complete_for), sha256=box.digest)
        graph.attributed(by_digest(box.digest), _observer(graph, box.observer))


def _observer(graph: Graph, observer: str) -> str:
    """A reader or a model: the name does not say which, and so PROV's common kind."""
    name = named("observer", observer)
    return name if graph.has(name) else graph.agent(name, "Agent", observer)


def _detections(graph: Graph, boxes: Boxes, scene: Scene | None, chip: str | None) -> None:
    key = (boxes.scene, boxes.site, boxes.observer)
    found = graph.entity(
        named("detections", *key, boxes.cls), "Detections", f"{boxes.cls} on {boxes.scene}", boxes=len(boxes.corners)
    )
    look = graph.activity(named("look", *key), "Detect")
    of = [by_digest(chip)] if chip else [by_digest(scene.digest)] if scene else []
    of += [by_digest(b.digest) for b in (scene.boxes if scene else ()) if b.observer == boxes.observer]
    graph.used(look, of)
    graph.generated(found, look)
    graph.derived(found, of)
    graph.associated(look, _observer(graph, boxes.observer))
    graph.attributed(found, _observer(graph, boxes.observer))


def _observations(graph: Graph, assessment: Assessment) -> dict[Series, list[tuple[str, Observation]]]:
    """Every observation, what it was made from, and by which act; returned by series."""
    scenes = {s.id: s for s in assessment.scenes}
    chips = {(scene, site): sha for scene, site, sha in assessment.chip_digests}
    known: dict[Series, list[tuple[str, Observation]]] = defaultdict(list)
    for o in assessment.observations:
        s = o.series
        name = named("observation", digest(o)[:16])
        known[s].append((name, o))
        when = o.when
        graph.entity(
            name, "NotObserved" if isinstance(o, NotObserved) else "Observation", site=s.site, zone=s.zone, cls=s.cls,
            observation=o.kind, reason=getattr(o, "reason", None), count=getattr(o, "count", None),
            value=getattr(o, "value", None), state=getattr(o, "state", None),
            seenFrom=when.start.isoformat() if when else None, seenTo=when.end.isoformat() if when else None,
        )  # fmt: skip
        scene, chip = scenes.get(o.scene), chips.get((o.scene, s.site))
        of = [by_digest(chip)] if chip else [by_digest(scene.digest)] if scene else []
        observer = getattr(o, "observer", "")
        boxes = named("detections", o.scene, s.site, observer, s.cls)
        of += [boxes] if graph.has(boxes) else []
        of += [_evidence(graph, item) for item in o.evidence if not (scene and chip and item == scene.digest)]
        act = graph.activity(named("observe", o.scene or s.site, s.site), "Observe")
        graph.used(act, [*of, PLAN])
        graph.generated(name, act)
        graph.derived(name, of)
        graph.associated(act, SOFTWARE)
        if observer not in ("", "unknown"):
            graph.attributed(name, _observer(graph, observer))
    return known


def _evidence(graph: Graph, sha: str) -> str:
    """A digest that a value rests on. Told already: a file, an image, a chip; else something named by digest alone."""
    name = by_digest(sha)
    return name if graph.has(name) else graph.entity(name, "Evidence", sha256=sha)


def _findings(graph: Graph, assessment: Assessment, seen: dict[Series, list[tuple[str, Observation]]]) -> None:
    for f in assessment.findings:
        name = graph.entity(
            named("finding", f.id), "Finding", f.id, verdict=f.verdict, question=f.kind,
            exploratory=getattr(f, "exploratory", None), sha256=digest(f),
        )  # fmt: skip
        model = getattr(f, "model", None)
        act = graph.activity(
            named("answer", f.id), "Answer", model=model.name if model else None, prior=model.prior if model else None
        )
        graph.generated(name, act)
        graph.associated(act, SOFTWARE)
        used, unseen = _rests_on(graph, f, seen)
        graph.used(act, [*used, PLAN])
        graph.used(act, unseen, "unseen")
        graph.derived(name, used)


def _rests_on(
    graph: Graph, finding: Finding, seen: dict[Series, list[tuple[str, Observation]]]
) -> tuple[list[str], list[str]]:
    """What a finding rests on, and what of its series was not observed."""
    if isinstance(finding, CompositeFinding):
        return [named("finding", m.finding) for m in finding.members], []
    evidence, told = frozenset(finding.evidence), set[str]()
    used: list[str] = []
    unseen: list[str] = []
    for name, o in _of(finding.series, seen):
        if isinstance(o, NotObserved):
            unseen.append(name)
        elif evidence.intersection(o.evidence):
            used.append(name)
            told.update(o.evidence)
    return used + [_evidence(graph, item) for item in finding.evidence if item not in told], unseen


def _of(series: Series, seen: dict[Series, list[tuple[str, Observation]]]) -> Sequence[tuple[str, Observation]]:
    """The observations of a series; a question without a zone is about every zone of its site."""
    if series.zone:
        return seen.get(series, ())
    return [row for s, rows in seen.items() if (s.site, s.cls) == (series.site, series.cls) for row in rows]


def _sentences(graph: Graph, assessment: Assessment) -> list[str]:
    """What the report says of each finding, under its F-number, word for word."""
    told = []
    for said in answers_of(assessment):
        text = " ".join(part for part in (said.sentence, said.missed) if part)
        name = graph.entity(named("sentence", f"F{said.number}"), "Sentence", f"F{said.number}", text=text)
        graph.derived(name, [named("finding", said.id)])
        told.append(name)
    for judgement in assessment.judgements:
        for part in judgement.parts:
            of = named("judgement", part.claim, part.prediction)
            for n, text in enumerate((t for t in (part.observable, *part.why, *part.would_change) if t), 1):
                label = f"{part.claim}/{part.prediction}, {n}"
                name = graph.entity(
                    named("sentence", part.claim, part.prediction, str(n)), "Sentence", label, text=text
                )
                graph.derived(name, [of])
                told.append(name)
    return told
