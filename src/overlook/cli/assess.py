"""overlook assess DIR: run the line; only what changed is done again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from overlook.cli import say

if TYPE_CHECKING:
    from overlook.run import Assessed
    from overlook.terms import Assessment, ClaimJudgement, CompositeFinding, EventFinding


def register(app: typer.Typer) -> None:
    @app.command()
    def assess(
        folder: Path = typer.Argument(..., metavar="DIR", help="The case folder."),
        workers: int = say.WORKERS,
        as_json: bool = say.JSON,
    ) -> None:
        """Assess a case: from images and counts to findings, judgements and a report."""
        from overlook import run

        with say.progress() as progress:
            assessed = run.assess(folder, workers=workers, progress=progress)
        tell(assessed, as_json=as_json)


def tell(assessed: Assessed, *, as_json: bool) -> None:
    """Print what an assessment came to: judgements, findings, where the report is."""
    if as_json:
        say.document(_summary(assessed))
        return
    for line in lines(assessed):
        print(line)
    print(f"report: {assessed.report}")


def lines(assessed: Assessed) -> list[str]:
    """The assessment in a few lines: each part of each claim, then what the events did."""
    assessment = assessed.assessment
    made = [
        f"{judgement.claim}/{part.prediction}: {part.verdict}"
        for judgement in assessment.judgements
        for part in judgement.parts
    ]
    made += [_event_line(f) for f in assessment.findings if f.kind == "event"]
    made += [_composite_line(f) for f in assessment.findings if f.kind == "composite"]
    unseen = sum(1 for o in assessment.observations if o.kind == "not observed")
    made.append(f"{len(assessment.scenes)} images, {len(assessment.observations)} observations, {unseen} not observed")
    made += [f"{j.claim}: {_signature(j)}; evidence {j.evidence[:12]}" for j in assessment.judgements]
    made += [f"note: {note}" for note in assessment.notes]
    return made + _uncounted(assessment) + _nothing_yet(assessment)


def _signature(judgement: ClaimJudgement) -> str:
    return "signature out of date" if judgement.status == "stale" else judgement.status


def _uncounted(assessment: Assessment) -> list[str]:
    """Parts of claims that speak of a class which nothing here counts: most often the plan spells it otherwise."""
    case = assessment.case
    counted = {*case.plan.classes, *(o.series.cls for o in assessment.observations if o.kind != "not observed")}
    return [
        f"note: {claim.id}/{part.id} speaks of {part.cls}, which nothing here counts: name it in `plan: classes:` "
        "and search images for it, or bring counts of it"
        for claim in case.claims
        for part in claim.predictions
        if part.cls and part.cls not in counted
    ]


def _nothing_yet(assessment: Assessment) -> list[str]:
    """What a case lacks before anything can be said of it."""
    case = assessment.case
    if not any(site.zones for site in case.sites):
        return ["note: case.yaml declares no zone, so nothing was looked at: write one under `sites:`"]
    if not assessment.observations:
        return ["note: no image and no count of these sites yet: `overlook search` finds, `overlook add` brings them"]
    if not (case.claims or case.events or case.commitments):
        return ["note: case.yaml asks nothing yet: write `events:` and `claims:`"]
    return []


def _event_line(finding: EventFinding) -> str:
    s = finding.series
    ratio = finding.ratio
    size = f" (ratio {ratio.estimate:.2f}, {ratio.level:.0%}: {ratio.low:.2f}–{ratio.high:.2f})" if ratio else ""
    flags = " also within the margin" * finding.also_same + " exploratory" * finding.exploratory
    return f"{finding.event} {s.zone or s.site} {s.cls}: {finding.verdict}{size}{flags}"


def _composite_line(finding: CompositeFinding) -> str:
    """All series of a site together: how many were tested, and which changed at the one error rate."""
    s = finding.series
    what = " ".join(part for part in (finding.event, s.zone or s.site, s.cls, "together") if part)
    changed = ", ".join(" ".join(p for p in (m.series.zone, m.series.cls) if p) for m in finding.changed)
    told = f"{finding.n_tested} of {len(finding.members)} series tested"
    told += f", changed at an error rate of {finding.error_rate:.2g}: {changed}" if changed else ""
    flags = " also within the margin" * finding.also_same + " exploratory" * finding.exploratory
    return f"{what}: {finding.verdict} ({told}){flags}"


def _summary(assessed: Assessed) -> dict[str, Any]:
    import json

    from overlook.terms import Finding, dumps

    assessment = assessed.assessment
    return {
        "case": assessment.case.id,
        "assessment": assessed.digest,
        "made": assessed.made.isoformat(),
        "report": str(assessed.report),
        "reused": assessed.reused,
        "judgements": [json.loads(dumps(j)) for j in assessment.judgements],
        "findings": [json.loads(dumps(f, Finding)) for f in assessment.findings],
        "notes": list(assessment.notes),
        "observations": len(assessment.observations),
    }
