"""The whole page as one frozen value: every number and sentence in it, before any markup.

`page` computes; the templates only lay out. What Overlook says here in its own voice passes the lint.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from overlook.report import contradictions, lint
from overlook.report.answers import (
    Answer,
    FindingRow,
    PatternRow,
    Told,
    answer,
    by_lead,
    finding_row,
    first_told,
    pattern_rows,
    told_once,
)
from overlook.report.commitments import sentences as told_matrix
from overlook.report.drawings import fleets, timelines
from overlook.report.event import few_counts
from overlook.report.events_timeline import EventsView, events_view
from overlook.report.figures import FigurePair
from overlook.report.flags import FlagRow, flag_rows
from overlook.report.fleet import Fleet
from overlook.report.gaps import GapGroup, Strip, gap_groups, strip
from overlook.report.gaps import told as told_gaps
from overlook.report.publish import DECIMALS
from overlook.report.record import RecordRow, RetractionView, record_rows, retraction_views
from overlook.report.said import (
    ClaimView,
    CommitmentView,
    OpinionView,
    SourceView,
    Wanted,
    claim_views,
    commitment_views,
    sources,
    stamp,
    wanted,
)
from overlook.report.sources import SourcesView, sources_view
from overlook.report.telling import cap
from overlook.report.thinning import MOST_CURVES
from overlook.report.timeline import Timeline
from overlook.report.top import basis, by_chance, first_answers, headline, sampling, scans_by_chance
from overlook.report.words import (
    Names,
    anchor,
    as_sentence,
    counted,
    day,
    days,
    isolated,
    number,
    percent,
    ratio,
    short,
    time_zone,
)
from overlook.terms import (
    LOCAL,
    Assessment,
    Case,
    EventFinding,
    Index,
    Plan,
    Site,
    digest,
)


@dataclass(frozen=True, slots=True)
class SiteView:
    name: str
    place: str
    timezone: str
    grid: str
    zones: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    question: str
    notice: str
    stamp: str
    signed: bool
    publication: bool
    made: str
    headline: str
    basis: str
    chance: str
    alone: Told | None
    decided: tuple[Told, ...]
    undecided: tuple[Told, ...]
    told_first: frozenset[str]
    others: tuple[tuple[str, tuple[Answer, ...]], ...]
    corrections: tuple[tuple[str, str, str], ...]
    retractions: tuple[RetractionView, ...]
    record: tuple[RecordRow, ...]
    dissent: tuple[OpinionView, ...]
    claims: tuple[ClaimView, ...]
    commitments: tuple[CommitmentView, ...]
    chain: SourcesView | None
    compared: tuple[contradictions.Row, ...]
    lanes: EventsView | None
    wanted: tuple[Wanted, ...]
    findings: tuple[FindingRow, ...]
    fleets: tuple[Fleet, ...]
    patterns: tuple[PatternRow, ...]
    timelines: tuple[Timeline, ...]
    blank: tuple[str, ...]
    left_out: str
    pairs: tuple[FigurePair, ...]
    pairs_notes: tuple[str, ...]
    gaps: tuple[GapGroup, ...]
    gap_strip: Strip | None
    sites: tuple[SiteView, ...]
    events: tuple[tuple[str, str, str], ...]
    sources: tuple[SourceView, ...]
    facts: tuple[tuple[str, str, str, str], ...]
    plan: tuple[tuple[str, str], ...]
    plan_note: str
    observers: tuple[tuple[str, str, str, str], ...]
    sampling: str
    notes: tuple[str, ...]
    flags: tuple[FlagRow, ...]
    images: tuple[tuple[str, ...], ...]
    inputs: tuple[tuple[str, str], ...]
    digests: tuple[tuple[str, str], ...]
    libraries: tuple[tuple[str, str], ...]
    citation: str
    decimals: int


def page(
    assessment: Assessment,
    pairs: tuple[FigurePair, ...],
    pairs_notes: tuple[str, ...],
    *,
    made: datetime,
    publication: bool,
    names: Names,
    own_digest: str,
    ledger_head: str = "",
) -> Page:
    """`own_digest` is the whole assessment's, also where a published page shows less of it.

    Raises RefusedError when a sentence or a judgement may not be printed (lint.py)."""
    case = assessment.case
    measured = frozenset(o.series for o in assessment.observations if isinstance(o, Index))
    answers = tuple(
        answer(f, n, names, is_index=f.series in measured, counts=few_counts(f, assessment.observations))
        for n, f in enumerate(assessment.findings, 1)
    )
    by_id = {a.id: a for a in answers}
    cited = frozenset(f for j in assessment.judgements for part in j.parts for f in part.findings)
    told = tuple(by_id[i] for i in first_told(assessment.findings, cited))
    first = first_answers(told, assessment.findings, cited)
    rest = [a for a in told if a not in first]
    verdicts = [part.verdict for j in assessment.judgements for part in j.parts]
    is_alone = len(first) == 1 and not verdicts
    drawn, blank, left_out = timelines(assessment, names)
    claims = claim_views(assessment, by_id, names, with_needs=not publication)
    commitments = commitment_views(assessment, by_id, names, with_needs=not publication)
    stamped = stamp(assessment.judgements)
    result = Page(
        title=case.title,
        question=case.question,
        notice=case.notice,
        stamp=stamped,
        signed=stamped.startswith("Signed"),
        publication=publication,
        made=f"{day(made)}, {made:%H:%M} UTC",
        headline=headline(verdicts, first),
        basis=basis(assessment, names),
        chance=" ".join(
            t for t in (by_chance(assessment.findings, case.plan.level), scans_by_chance(assessment.findings)) if t
        ),
        alone=told_once(first)[0] if is_alone else None,
        decided=told_once([a for a in first if a.decided and not is_alone]),
        undecided=told_once([a for a in first if not a.decided and not is_alone]),
        told_first=frozenset(a.id for a in first),
        others=by_lead(rest),
        corrections=tuple((day(c.made), c.was, c.now) for c in case.corrections),
        retractions=retraction_views(case),
        record=record_rows(assessment.record, publication=publication),
        dissent=tuple(
            o for told in (*(c.opinions for c in claims), *(k.opinions for k in commitments)) for o in told if o.dissent
        ),
        claims=claims,
        commitments=commitments,
        chain=sources_view(assessment, claims),
        compared=contradictions.rows(assessment, claims),
        lanes=events_view(assessment, claims, answers, names),
        wanted=wanted(claims, commitments),
        findings=_finding_rows(assessment, told),
        fleets=fleets(assessment, names),
        patterns=pattern_rows(assessment, names),
        timelines=drawn,
        blank=blank,
        left_out=left_out,
        pairs=pairs,
        pairs_notes=pairs_notes,
        gaps=gap_groups(assessment.gaps, names, told_gaps(case, names)),
        gap_strip=strip(assessment, names),
        sites=tuple(_site(s, publication=publication) for s in case.sites),
        events=tuple(
            (cap(e.name), names.event_days(e), ", ".join(names.site(s) for s in e.sites)) for e in case.events
        ),
        sources=tuple(sources(case).values()),
        facts=tuple((anchor("fact", f.id), f.text, f.source, days(f.during) if f.during else "") for f in case.facts),
        plan=_plan(case.plan),
        plan_note=assessment.provenance.plan_note,
        observers=_observers(case),
        sampling=sampling(assessment.observations),
        notes=tuple(as_sentence(n) for n in assessment.notes),
        flags=flag_rows(assessment),
        images=_images(assessment),
        inputs=assessment.provenance.inputs,
        digests=_digests(assessment, own_digest, ledger_head),
        libraries=assessment.provenance.libraries,
        citation=_citation(assessment, stamped, made, own_digest),
        decimals=DECIMALS,
    )
    _check(assessment, result)
    return result


def _finding_rows(assessment: Assessment, told: Sequence[Answer]) -> tuple[FindingRow, ...]:
    """All findings in their order; curves for those that are told first, as many as a page can hold."""
    level = assessment.case.plan.level
    by_id = {f.id: f for f in assessment.findings}
    drawn = frozenset([a.id for a in told if isinstance(by_id[a.id], EventFinding)][:MOST_CURVES])
    rows = (finding_row(by_id[a.id], a, level=level, is_drawn=a.id in drawn) for a in told)
    return tuple(sorted(rows, key=lambda row: row.answer.number))


def _site(site: Site, *, publication: bool) -> SiteView:
    decimals = DECIMALS if publication else 5
    on_earth = site.crs != LOCAL

    def where(geometry: object) -> str:
        if not on_earth:
            return "on a local plane"
        centre = geometry.centroid  # type: ignore[attr-defined]
        ns, ew = "N" if centre.y >= 0 else "S", "E" if centre.x >= 0 else "W"
        return f"{abs(centre.y):.{decimals}f}° {ns}, {abs(centre.x):.{decimals}f}° {ew}"

    zones = tuple(
        (
            z.name,
            z.kind + (", roofed: nothing inside can be observed" if z.is_roofed else ""),
            where(z.geometry),
            "; ".join(f"{c.kind}, {days(c.during, time_zone(site.timezone) or UTC)}" for c in z.covers),
        )
        for z in site.zones
    )
    return SiteView(
        name=site.name,
        place=site.whereabouts,
        timezone=site.timezone,
        grid=f"{'local plane' if not on_earth else site.crs}, {number(site.grid_gsd_m)} m",
        zones=zones,
    )


def _plan(plan: Plan) -> tuple[tuple[str, str], ...]:
    margin = (
        "none declared: “about the same” is never said" if plan.margin is None else f"{ratio(plan.margin)} either way"
    )
    quiet = (
        "not declared: activity is not asked" if plan.quiet_below is None else f"{number(plan.quiet_below)} per image"
    )
    return (
        ("Margin for “about the same”", margin),
        ("Window before an event", f"{plan.before_days:g} days"),
        ("Window after an event", f"{plan.after_days:g} days"),
        ("Level of every interval", percent(plan.level)),
        ("A site counts as quiet below", quiet),
        ("Classes counted", ", ".join(plan.classes)),
        ("An image counts where at least this share of the zone is visible", percent(plan.min_visible_fraction)),
        ("Coarsest pixels for a class", ", ".join(f"{c} {number(g)} m" for c, g in plan.max_gsd_m) or "built-in table"),
        ("Few-image rules below", counted(plan.few_images, "usable image")),
    )


def _observers(case: Case) -> tuple[tuple[str, str, str, str], ...]:
    rows = []
    for o in case.observers:
        p = o.detection_probability
        found = "not declared" if p is None else f"{number(p)} ± {number(o.detection_probability_sd)}"
        # Nought is what stands in a case where nobody declared any.
        undeclared = p is None and not o.false_alarms_per_ha and not o.false_alarms_per_ha_sd
        false = (
            "not declared" if undeclared else f"{number(o.false_alarms_per_ha)} ± {number(o.false_alarms_per_ha_sd)}"
        )
        rows.append((o.id, found, false, o.basis or "no basis given"))
    return tuple(rows)


def _images(assessment: Assessment) -> tuple[tuple[str, ...], ...]:
    residual = {m.scene: m.registration for m in assessment.chips}
    rows = []
    for s in sorted(assessment.scenes, key=lambda s: (s.when is None, s.when.start.timestamp() if s.when else 0, s.id)):
        r = residual.get(s.id)
        laid: str = "not laid on a grid" if r is None else r.method
        if r is not None and r.residual_m is not None:
            laid += f", residual {number(r.residual_m)} m"
        rights = {True: "may be published", False: "may not be published", None: "right to publish not stated"}
        may = rights[s.rights.may_publish]
        rows.append(
            (
                s.id,
                short(s.when) + ("" if s.when_source == "metadata" else f" ({s.when_source})"),
                s.sensor,
                s.catalogue_id,
                f"{number(s.gsd_m)} m",
                s.why_acquired,
                laid,
                may + (f"; {s.rights.credit}" if s.rights.credit else ""),
                s.digest,
            )
        )
    return tuple(rows)


def _digests(assessment: Assessment, own_digest: str, ledger_head: str) -> tuple[tuple[str, str], ...]:
    p = assessment.provenance
    made = (
        ("This assessment", own_digest),
        ("The declared case", p.case_digest),
        ("The plan of analysis", p.plan_digest),
        ("The code", p.code_digest),
    )
    # Kept with the report, it shows later whether the ledger was cut or made anew.
    return (*made, ("The ledger, at this assessment", ledger_head)) if ledger_head else made


def assessment_digest(assessment: Assessment) -> str:
    try:
        return digest(assessment)
    except ValueError:  # not encodable as JSON: it can still be read, and is told by the others
        return "cannot be computed"


def _citation(assessment: Assessment, stamped: str, made: datetime, own_digest: str) -> str:
    case, p = assessment.case, assessment.provenance
    return (
        f"{isolated(case.title)}. Assessment of overhead imagery made with Overlook {p.code_version} "
        f"on {day(made)}. {stamped}. "
        f"Case {isolated(case.id)}, assessment {own_digest[:16]}, plan {p.plan_digest[:16]}."
    )


def _check(assessment: Assessment, result: Page) -> None:
    """Nothing that Overlook says goes out unread: likelihood apart from confidence, no proof, every judgement cited."""
    known = frozenset(f.id for f in assessment.findings)
    declared = declared_words(assessment.case)
    for judgement in (part for j in assessment.judgements for part in j.parts):
        lint.check_judgement(judgement, known=known)
    for where, text in _own_sentences(assessment, result):
        lint.check_text(text, where=where, declared=declared)


def _own_sentences(assessment: Assessment, result: Page) -> Iterable[tuple[str, str]]:
    yield "the answer", f"{result.headline} {result.basis} {result.chance}"
    for told in (*result.decided, *result.undecided, *([result.alone] if result.alone else [])):
        yield f"finding {told.answers[0].id}", f"{told.sentence} {told.missed}"
    for row in result.findings:
        yield f"finding {row.answer.id}", f"{row.answer.sentence} {row.answer.missed}"
    for f in assessment.findings:
        yield from ((f"notes of finding {f.id}", note) for note in f.notes)
    for j in assessment.judgements:
        yield from ((f"claim {j.claim}", text) for text in (*j.source_notes, *j.disputes))
        for part in j.parts:
            where = f"claim {part.claim}, part {part.prediction}"
            needs = tuple(n.text for n in part.needs)
            yield from ((where, text) for text in (part.observable, *part.why, *part.would_change, *needs))
    for k in result.commitments:
        yield from ((f"commitment {k.id}", text) for text in told_matrix(k.matrix))
    for p in assessment.patterns:
        yield from (("notes of a pattern", note) for note in p.notes)
    yield from (("notes of the assessment", note) for note in assessment.notes)
    yield from ((f"a doubt about {f.images[0]}", f.what) for f in result.flags)
    yield from (("a timeline", t.summary) for t in result.timelines)
    yield from (("a timeline", t.summary) for t in (result.lanes.drawings if result.lanes else ()))
    if result.chain:
        yield from (("the source graph", text) for text in (result.chain.summary, *result.chain.circles))
    yield from ((f"comparison with {r.ours.label}", r.why) for r in result.compared)
    yield from (("a figure", c.text) for row in result.findings for c in row.curves)
    yield from (("a figure", f.text) for f in result.fleets)


def declared_words(case: Case) -> tuple[str, ...]:
    """Words of the case that may stand inside Overlook's sentences: they are the analyst's or her sources'."""
    predictions = [p for c in case.claims for p in c.predictions] + [p for k in case.commitments for p in k.predictions]
    words = [case.title, case.question, case.notice]
    words += [name for s in case.sites for name in (s.name, s.whereabouts, *(z.name for z in s.zones))]
    words += [e.name for e in case.events] + [s.name for s in case.sources]
    words += [t for c in case.claims for t in (c.quote, c.note, *c.not_observable)]
    words += [t for k in case.commitments for t in (k.text, *k.undefined, *(o.text for o in k.obligations))] + [
        f.text for f in case.facts
    ]
    words += [t for table in case.event_tables for t in (table.name, *(e.kind for e in table.events))]
    words += [t for p in predictions for t in (p.statement, p.indicator, *(r.name for r in p.rivals))]
    words += [*case.plan.classes, *(p.cls for p in predictions), *(o.id for o in case.observers)]
    return tuple(dict.fromkeys(w for w in words if w))
