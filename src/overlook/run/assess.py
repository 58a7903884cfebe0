"""The line: from a case folder to an assessment and its report. What was done before is read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from overlook.run.code import code_digest, library_versions, package_version
from overlook.run.counts import brought, without_doubles
from overlook.run.drafts_decided import undone
from overlook.run.flags import cloud_notes, flags_of
from overlook.run.folder import CaseFolder, open_folder
from overlook.run.history import (
    added_order,
    added_paths,
    ask,
    asked_digest,
    data_keys,
    forgotten,
    late,
    note_assessed,
    plan_digest,
    plan_note,
    removal_notes,
)
from overlook.run.progress import Progress, in_order, silent
from overlook.run.record import note_declared
from overlook.run.record_told import record_of
from overlook.run.references import reference_of
from overlook.run.report import write_report
from overlook.run.reviews import note_pointed, seen_first, with_reviews
from overlook.run.scenes import (
    SceneResult,
    SceneTask,
    card_of,
    forget,
    is_done,
    look_at,
    model_digest,
    observations_table,
    pairs,
    work,
)
from overlook.run.search import missed, search_notes, searched_digest, searches_of
from overlook.run.series import (
    AnswerTask,
    PatternTask,
    answer_task,
    answer_tasks,
    describe_task,
    read_finding,
    read_pattern,
    timezone_of,
)
from overlook.run.steps import key_of, store_of, table_of
from overlook.run.turnover import TurnoverTask, turnover_tasks, with_boxes
from overlook.store import Entry, Ledger, Store, clean, locked
from overlook.terms import (
    CORNERS,
    DETECTIONS,
    Assessment,
    Boxes,
    Case,
    ChipMeta,
    Count,
    Finding,
    Index,
    Observation,
    Pattern,
    Provenance,
    Question,
    Recorded,
    Scene,
    Series,
    Sighting,
    digest,
    dumps,
    loads,
    observations_from_table,
)

#: An `add` beside us is soon done; another `assess` is not waited for.
_WAIT_S = 5.0
_ALL_ROOMS = ("case", "collect", "imagery", "detect", "activity", "claims", "run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """What a run of the line came to. `reused`: nothing had changed since the last."""

    assessment: Assessment
    digest: str
    made: datetime
    report: Path
    reused: bool


@dataclass(frozen=True, slots=True)
class _Seen:
    """Everything the observations rest on, and what was made of it."""

    scenes: tuple[Scene, ...]
    results: tuple[SceneResult, ...]
    observations: tuple[Observation, ...]
    inputs: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def assess(root: Path, *, workers: int = 1, now: datetime | None = None, progress: Progress = silent) -> Assessed:
    """Run the line for the case at `root`; only what changed is done again.

    Raises CaseError, InputError or ModelError for what is broken in the case, StoreError or IntegrityError for what is
    broken in its store. An image that cannot be read raises nothing: it is *not observed*, and says why.
    """
    from overlook.case import read_case
    from overlook.collect import scenes

    folder = open_folder(root)
    moment = now or datetime.now(UTC)
    case = read_case(root)
    with locked(folder.derived, wait_s=_WAIT_S), Ledger(folder.ledger) as ledger:
        clean(folder.derived)
        forget()
        store = store_of(folder)
        all_scenes = scenes(folder.imagery)
        done = _as_before(folder, store, ledger, case, all_scenes)
        if done is not None:
            return done
        note_declared(ledger, case, now=moment)
        seen = _see(folder, case, all_scenes, ledger, workers, moment, progress)
        seen = replace(
            seen,
            notes=(
                *_lost(store, ledger),
                *_left_out(folder, ledger),
                *removal_notes(ledger),
                *search_notes(folder, ledger),
                *undone(ledger, case),
                *seen.notes,
            ),
        )
        assessment = _judge(folder, case, ledger, seen, workers, moment, progress)
        note_pointed(ledger, seen.results, now=moment)
        return _keep(folder, store, ledger, case, all_scenes, assessment, moment)


def _lost(store: Store, ledger: Ledger) -> tuple[str, ...]:
    lost = forgotten(store, ledger)
    if not lost:
        return ()
    which = "an assessment that is" if lost == 1 else f"{lost} assessments that are"
    return (
        f"The ledger does not know {which} stored here: it was lost, cut off or replaced. "
        "Whether a question came before its data cannot be told from it.",
    )


def _left_out(folder: CaseFolder, ledger: Ledger) -> tuple[str, ...]:
    """What was added and is not used any more, and what lies among the images and was never added."""
    from overlook.collect import unused

    added = added_paths(ledger)
    present, lost = unused(folder.imagery), []
    for name in present:
        if name in added and not added[name]:
            lost.append(f"{name} was added and is not used: no side-car names it any more. Add it again.")
        elif name not in added:
            lost.append(f"{name} lies in imagery/ and is not used: it was not added with `overlook add`.")
    lost += [f"{name} was added and is gone." for name in added if not (folder.imagery / name).is_file()]
    return tuple(lost)


def _top_key(
    folder: CaseFolder, ledger: Ledger, case: Case, scenes: Sequence[Scene], record: tuple[Recorded, ...]
) -> str:
    """The key of the whole assessment: equal when nothing that could change it has changed."""
    from overlook.collect import count_files

    return key_of(
        "assessment",
        _ALL_ROOMS,
        case=digest(case),
        models=[model_digest(card_of(folder, use)) for use in case.models],
        scenes=[digest(s) for s in scenes],
        counts=[d for _, d in count_files(folder.imagery)],
        asked=asked_digest(ledger),
        left_out=list(_left_out(folder, ledger)),
        removed=list(removal_notes(ledger)),
        late=list(seen_first(ledger, scenes)) if case.models else [],
        searched=searched_digest(folder, ledger),
        undone=list(undone(ledger, case)),
        record=digest(record, tuple[Recorded, ...]),
    )


def is_current(folder: CaseFolder, store: Store, ledger: Ledger, case: Case, assessment: Assessment) -> bool:
    """Whether an assessment is what would be made now, were it not for opinions and the record of who did what."""
    from overlook.collect import scenes

    as_then = replace(
        case,
        opinions=assessment.case.opinions,
        corrections=assessment.case.corrections,
        retractions=assessment.case.retractions,
    )
    done = store.done(_top_key(folder, ledger, as_then, scenes(folder.imagery), assessment.record))
    return done is not None and done.outputs["assessment"] == digest(assessment)


def _as_before(
    folder: CaseFolder, store: Store, ledger: Ledger, case: Case, scenes: Sequence[Scene]
) -> Assessed | None:
    done = store.done(_top_key(folder, ledger, case, scenes, record_of(ledger)))
    if done is None:
        return None
    value = done.outputs["assessment"]
    assessment: Assessment = loads(store.get(value), Assessment)
    entry = _entry_of(ledger, value)
    if entry is None:
        return None
    report = write_report(folder, store, assessment, entry)
    return Assessed(assessment=assessment, digest=value, made=entry.at, report=report, reused=True)


def _keep(
    folder: CaseFolder,
    store: Store,
    ledger: Ledger,
    case: Case,
    scenes: Sequence[Scene],
    assessment: Assessment,
    now: datetime,
) -> Assessed:
    value = store.put(dumps(assessment))
    entry = _entry_of(ledger, value)
    if entry is None:
        data = data_keys(assessment.observations, assessment.scenes)
        entry = note_assessed(ledger, value, case, data, now=now)
    store.record(_top_key(folder, ledger, case, scenes, assessment.record), "assessment", {"assessment": value})
    report = write_report(folder, store, assessment, entry)
    return Assessed(assessment=assessment, digest=value, made=entry.at, report=report, reused=False)


def _entry_of(ledger: Ledger, value: str) -> Entry | None:
    """The ledger's entry of an assessment; None when it is not there (the ledger was made anew)."""
    return next((e for e in ledger.entries("assessed") if e.body["assessment"] == value), None)


def _see(
    folder: CaseFolder,
    case: Case,
    scenes: tuple[Scene, ...],
    ledger: Ledger,
    workers: int,
    now: datetime,
    progress: Progress,
) -> _Seen:
    """Scenes and counts to observations."""
    order = added_order(ledger)
    tasks = []
    paired = list(pairs(case, scenes))
    references = {}
    for site in case.sites:
        mine = sorted((s for s, of in paired if of.id == site.id), key=lambda s: (order.get(s.id, len(order)), s.id))
        look = partial(look_at, folder, case, site)
        references[site.id] = reference_of(folder, ledger, site, mine, look, now=now)
    for scene, site in paired:
        reference, chip = references[site.id]
        tasks.append(SceneTask(folder, case, scene, site, reference="" if scene.id == reference else chip))
    waiting = [t for t in tasks if not is_done(t)]
    # The first is done here: a failure that every scene shares is then raised once, and soon.
    for _ in in_order(work, waiting, workers=workers, what="images", progress=progress):
        pass
    forget()
    results = tuple(work(t) for t in tasks)
    told, of_reviews = with_reviews(folder, tasks, results, seen_first(ledger, scenes))
    # Reviews are of a site's images together: what they say of the model goes into every count of it.
    results = tuple(work(t) for t in told) if told != tuple(tasks) else results
    from_images = observations_from_table(observations_table(store_of(folder), results))
    from_files = brought(folder, case, now=now)
    observations, notes = without_doubles((*from_images, *from_files.observations))
    notes = (*from_files.notes, *of_reviews, *notes)
    stray = sorted({s.id for s in scenes} - {s.id for s, _ in paired})
    notes += tuple(f"Image {s} shows none of this case's sites; it was not used." for s in stray)
    notes += tuple(f"Image {r.scene} could not be used: {r.problem}" for r in results if r.problem)
    notes += tuple(f"Image {r.scene}, {remark}" for r in results for remark in r.remarks)
    inputs = [(s.path, s.digest) for s in scenes]
    inputs += [(b.path, b.digest) for s in scenes for b in s.boxes]
    inputs += [(s.cloud_mask, s.cloud_mask_digest) for s in scenes if s.cloud_mask]
    inputs += [(s.provider_mask.path, s.provider_mask.digest) for s in scenes if s.provider_mask]
    inputs += sorted({(s.ground.dem, s.ground.dem_digest) for s in scenes if s.ground and s.ground.dem})
    radar = [s.radar for s in scenes if s.radar]
    inputs += [(r.calibration, r.calibration_digest) for r in radar if r.calibration]
    inputs += [(r.noise, r.noise_digest) for r in radar if r.noise]
    return _Seen(scenes, results, observations, (*inputs, *from_files.inputs), notes)


def _judge(
    folder: CaseFolder, case: Case, ledger: Ledger, seen: _Seen, workers: int, now: datetime, progress: Progress
) -> Assessment:
    """Observations to patterns, findings and judgements."""
    from overlook.activity import by_series
    from overlook.claims import comparisons, judge, not_asked, observed_span, questions, source_graph
    from overlook.collect import gaps

    series = by_series(seen.observations)
    counted = [s for s, of in series.items() if any(isinstance(o, Count | Index) for o in of)]
    sighted = [s for s, of in series.items() if any(isinstance(o, Sighting) for o in of)]
    measured = [s for s in counted if not any(isinstance(o, Count) for o in series[s])]
    boxed = with_boxes(seen.results, seen.observations)
    observed = observed_span(seen.observations)
    asked = questions(case, sighted, counted, measured=measured, boxed=boxed, observed=observed)
    findings = _answers(folder, case, ledger, asked, seen, series, workers, now, progress)
    patterns = _patterns(folder, case, counted, series, workers, progress)
    gap_rows = gaps(case, seen.scenes, seen.observations, searches_of(folder, ledger), missed(ledger))
    judgements = judge(case, {f.id: f for f in findings}, seen.observations, gap_rows)
    store = store_of(folder)
    chips = _chips(store, seen.results)
    return Assessment(
        case=case,
        scenes=seen.scenes,
        chips=chips,
        chip_digests=tuple((r.scene, r.site, r.chip) for r in seen.results if r.chip),
        boxes=tuple(b for r in seen.results for b in _boxes(store, r)),
        observations=seen.observations,
        patterns=patterns,
        findings=findings,
        judgements=judgements,
        source_graph=source_graph(case),
        comparisons=comparisons(case),
        gaps=gap_rows,
        flags=flags_of(folder, case, seen.scenes, seen.results),
        notes=(*seen.notes, *cloud_notes(chips, seen.scenes), *not_asked(case, measured)),
        record=record_of(ledger),
        provenance=Provenance(
            code_version=package_version(),
            code_digest=code_digest(*_ALL_ROOMS),
            case_digest=digest(case),
            plan_digest=plan_digest(case),
            plan_note=plan_note(ledger, case),
            inputs=seen.inputs,
            libraries=library_versions(),
        ),
    )


def _answers(
    folder: CaseFolder,
    case: Case,
    ledger: Ledger,
    asked: Sequence[Question],
    seen: _Seen,
    series: dict[Series, tuple[Observation, ...]],
    workers: int,
    now: datetime,
    progress: Progress,
) -> tuple[Finding, ...]:
    first = ask(ledger, case, asked, now=now)
    tasks: list[AnswerTask | TurnoverTask] = [*answer_tasks(folder, case, asked, series)]
    tasks += turnover_tasks(folder, case, asked, series, seen.scenes, seen.results)
    tasks = [replace(t, exploratory=late(first[t.question.id], data_keys(t.observations, seen.scenes))) for t in tasks]
    store = store_of(folder)
    waiting = [t for t in tasks if store.done(t.key()) is None]
    made = dict(in_order(answer_task, waiting, workers=_worth(waiting, workers), what="questions", progress=progress))
    findings = (read_finding(store, made.get(t.key()) or _done(store, t.key(), "finding")) for t in tasks)
    return tuple(sorted(findings, key=lambda f: f.id))


def _patterns(
    folder: CaseFolder,
    case: Case,
    counted: Sequence[Series],
    series: dict[Series, tuple[Observation, ...]],
    workers: int,
    progress: Progress,
) -> tuple[Pattern, ...]:
    tasks = [PatternTask(folder, s, series[s], case.plan, timezone_of(case, s.site)) for s in counted]
    store = store_of(folder)
    waiting = [t for t in tasks if store.done(t.key()) is None]
    made = dict(in_order(describe_task, waiting, workers=_worth(waiting, workers), what="patterns", progress=progress))
    return tuple(read_pattern(store, made.get(t.key()) or _done(store, t.key(), "pattern")) for t in tasks)


def _worth(waiting: Sequence[object], workers: int) -> int:
    """A process costs more to start than a dozen series to fit."""
    return workers if len(waiting) > 24 else 1


def _done(store: Store, key: str, output: str) -> str:
    done = store.done(key)
    assert done is not None, "a step that was not waiting was done"
    return done.outputs[output]


def _chips(store: Store, results: Sequence[SceneResult]) -> tuple[ChipMeta, ...]:
    if not results:
        return ()
    from overlook.imagery import decode_meta

    return tuple(decode_meta(store.get(r.chip)) for r in results if r.chip)


def _boxes(store: Store, result: SceneResult) -> tuple[Boxes, ...]:
    """A scene's boxes by observer and class, for drawing."""
    made: dict[tuple[str, str], list[tuple[float, ...]]] = {}
    for _, detections in result.looks:
        for row in table_of(store.get(detections), DETECTIONS).to_pylist():
            made.setdefault((row["observer"], row["cls"]), []).append(tuple(row[c] for c in CORNERS))
    return tuple(
        Boxes(scene=result.scene, site=result.site, observer=observer, cls=cls, corners=tuple(corners))
        for (observer, cls), corners in sorted(made.items())
    )
