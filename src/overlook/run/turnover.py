"""Coming and going: the boxes of one reader, followed over all images of a site, and the findings that rest on them.

Two steps, each keyed by what it rests on: the places of a reader's boxes of one class at a site, and one answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from overlook.run.folder import CaseFolder
from overlook.run.scenes import SceneResult, SceneTask, contents_of
from overlook.run.steps import key_of, step, store_of, table_bytes, table_of
from overlook.terms import (
    DETECTIONS,
    Case,
    ChipMeta,
    Count,
    Finding,
    Observation,
    Plan,
    Question,
    Registration,
    Scene,
    Series,
    Site,
    Zone,
    canonical,
    digest,
    dumps,
    loads,
)

if TYPE_CHECKING:
    from overlook.activity import Followed
    from overlook.detect import Look

_FOLLOW_ROOMS = ("imagery", "detect", "run")
_ANSWER_ROOMS = ("activity", "detect", "imagery", "collect", "run")
#: A hand draws a box's centre no better than this: labels of one standing car, frame after frame, stray by 0.26 m.
_DRAWING_M = 0.26
_PLACES = pa.schema([pa.field("x", pa.float64()), pa.field("y", pa.float64()), pa.field("states", pa.binary())])


@dataclass(frozen=True, slots=True)
class _Taken:
    """One image's boxes: its chip, the digest of its detections, and the score from which they count."""

    scene: Scene
    chip: str
    detections: str
    threshold: float | None


@dataclass(frozen=True, slots=True)
class TurnoverTask:
    """Answer one question of coming and going. `taken`: the images and boxes that are followed, in order of time."""

    folder: CaseFolder
    question: Question
    observations: tuple[Observation, ...]
    site: Site
    zone: Zone | None
    plan: Plan
    reader: str
    taken: tuple[_Taken, ...]
    exploratory: tuple[str, ...] = ()

    def key(self) -> str:
        return key_of(
            "turnover",
            _ANSWER_ROOMS,
            question=digest(self.question),
            observations=digest(self.observations, tuple[Observation, ...]),
            zone=digest(self.zone) if self.zone else "",
            plan=digest(self.plan),
            followed=self.follow_key(),
            exploratory=list(self.exploratory),
        )

    def follow_key(self) -> str:
        return key_of(
            "follow",
            _FOLLOW_ROOMS,
            site=[self.site.id, repr(self.site.grid_gsd_m)],
            cls=self.question.series.cls,
            reader=self.reader,
            images=[[t.scene.id, repr(t.scene.gsd_m), t.chip, t.detections, repr(t.threshold)] for t in self.taken],
        )

    def finding(self) -> Finding:
        from overlook.activity import turnover

        return turnover(
            self.question,
            self.observations,
            followed=_followed(self) if self.taken else None,
            zone=self.zone,
            plan=self.plan,
            exploratory=self.exploratory,
        )


def with_boxes(results: Sequence[SceneResult], observations: Sequence[Observation]) -> tuple[Series, ...]:
    """The series of which an image shows a box: those that can be asked for coming and going."""
    looked = {(r.scene, r.site) for r in results if r.looks}
    found = {o.series for o in observations if isinstance(o, Count) and o.count and (o.scene, o.series.site) in looked}
    return tuple(sorted(found, key=lambda s: (s.site, s.zone, s.cls)))


def turnover_tasks(
    folder: CaseFolder,
    case: Case,
    questions: Sequence[Question],
    series: Mapping[Series, tuple[Observation, ...]],
    scenes: Sequence[Scene],
    results: Sequence[SceneResult],
) -> list[TurnoverTask]:
    """One task a question of kind "turnover", none of them exploratory yet: that is the ledger's to say."""
    sites = {site.id: site for site in case.sites}
    by_id = {scene.id: scene for scene in scenes}
    tasks = []
    for question in questions:
        if question.kind != "turnover" or question.series.site not in sites:
            continue
        site = sites[question.series.site]
        of = {r.scene: r for r in results if r.site == site.id}
        reader, counts = _read_by(question, site, series)
        taken = tuple(_taken(folder, case, site, by_id[o.scene], of[o.scene], o) for o in counts if o.scene in of)
        tasks.append(
            TurnoverTask(
                folder,
                question,
                series.get(question.series, ()),
                site,
                next((z for z in site.zones if z.id == question.series.zone), None),
                case.plan,
                reader,
                tuple(t for t in taken if t.detections),
            )
        )
    return tasks


def _read_by(
    question: Question, site: Site, series: Mapping[Series, tuple[Observation, ...]]
) -> tuple[str, list[Count]]:
    """Who answers, and that reader's counts of the class in any zone of the site, one an image, in order of time.

    Of any zone: boxes are followed over the whole site, so that one on a zone's edge is the same place on either side.
    """
    from overlook.activity import turnover_counts

    asked, _ = turnover_counts(question.series, series.get(question.series, ()), within=question.window)
    if not asked:
        return "", []
    reader = asked[0].observer
    found: dict[str, Count] = {}
    for zone in site.zones:
        of = Series(site=site.id, zone=zone.id, cls=question.series.cls)
        for o in series.get(of, ()):
            if isinstance(o, Count) and o.scene and o.observer == reader and not o.provisional:
                found.setdefault(o.scene, o)
    return reader, sorted(found.values(), key=lambda o: (o.when.middle, o.scene))


def _taken(folder: CaseFolder, case: Case, site: Site, scene: Scene, result: SceneResult, count: Count) -> _Taken:
    """The boxes that a count was made from: its evidence names their content."""
    names = contents_of(SceneTask(folder, case, scene, site, reference=""))
    detections = next((d for name, d in result.looks if names.get(name) in count.evidence), "")
    return _Taken(scene, result.chip, detections, count.threshold)


# Following


def _followed(task: TurnoverTask) -> Followed:
    store = store_of(task.folder)
    name = f"follow {task.site.id}/{task.question.series.cls}/{task.reader}"
    made = step(store, task.follow_key(), name, lambda: _follow(task))
    return _read(task, store.get(made.outputs["places"]), store.get(made.outputs["images"]))


def _follow(task: TurnoverTask) -> dict[str, bytes]:
    from overlook.detect import follow

    chips = _Chips(task)
    places = follow(chips.looks())
    rows = [
        {"x": float(x), "y": float(y), "states": states.tobytes()}
        for (x, y), states in zip(places.centres_px, places.states, strict=True)
    ]
    images = {
        "scenes": list(places.scenes),
        "residual_px": [float(r) for r in places.residual_px],
        "crowded": list(places.crowded),
        "left_out": chips.left_out,
        "grid": json.loads(dumps(chips.first)),
    }
    return {"places": table_bytes(pa.Table.from_pylist(rows, schema=_PLACES)), "images": canonical(images)}


class _Chips:
    """The chips of a task, each read once and its mask alone unpacked; what is known after the last was looked at."""

    def __init__(self, task: TurnoverTask) -> None:
        self._task = task
        self.first: ChipMeta | None = None
        #: Scenes whose boxes cannot be laid on the others, and why.
        self.left_out: list[tuple[str, str]] = []

    def looks(self) -> Iterator[Look]:
        from overlook.detect import Look
        from overlook.imagery import decode_meta, decode_unusable

        store, grid_gsd_m = store_of(self._task.folder), self._task.site.grid_gsd_m
        for taken in self._task.taken:
            chip = store.get(taken.chip)
            meta = decode_meta(chip)
            self.first = self.first or meta
            residual_m = residual_of(meta.registration)
            if residual_m is None:
                why = "it is not registered to the others, and nothing says how far off it may be"
                self.left_out.append((taken.scene.id, why))
                continue
            yield Look(
                scene=taken.scene.id,
                boxes=self._boxes(taken),
                unusable=decode_unusable(chip),
                residual_px=residual_m / grid_gsd_m,
                drawing_px=max(_DRAWING_M, taken.scene.gsd_m) / grid_gsd_m,
            )

    def _boxes(self, taken: _Taken) -> pa.Table:
        boxes = table_of(store_of(self._task.folder).get(taken.detections), DETECTIONS)
        keep = np.asarray(boxes.column("cls").to_pylist(), dtype=object) == self._task.question.series.cls
        if taken.threshold is not None:
            keep &= boxes.column("score").to_numpy(zero_copy_only=False).astype(float) >= taken.threshold
        return boxes.filter(pa.array(keep))


def residual_of(registration: Registration) -> float | None:
    """How far off (1-sigma, metres) a chip may lie beside the others: the reference is where the others are laid."""
    return 0.0 if registration.method == "reference" else registration.residual_m


def _read(task: TurnoverTask, table: bytes, about: bytes) -> Followed:
    from overlook.activity import Followed
    from overlook.detect import Places

    rows, images = table_of(table, _PLACES), json.loads(about)
    n, m = rows.num_rows, len(images["scenes"])
    states = np.frombuffer(b"".join(rows.column("states").to_pylist()), dtype=np.uint8).reshape(n, m)
    centres = np.column_stack([rows.column("x").to_numpy(), rows.column("y").to_numpy()]).reshape(n, 2)
    return Followed(
        reader=task.reader,
        grid=loads(canonical(images["grid"]), ChipMeta),
        gsd_m=task.site.grid_gsd_m,
        places=Places(
            scenes=tuple(images["scenes"]),
            centres_px=centres,
            states=states,
            residual_px=np.array(images["residual_px"]),
            crowded=tuple(images["crowded"]),
        ),
        left_out=tuple((scene, why) for scene, why in images["left_out"]),
    )
