"""Scene by scene: chip, detections, observations. Each its own step, so that one image more is one image's work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from overlook.errors import InputError
from overlook.run.folder import CaseFolder
from overlook.run.steps import key_of, step, store_of, table_bytes, table_of
from overlook.store import Step, Store
from overlook.terms import (
    DETECTIONS,
    LOCAL,
    OBSERVATIONS,
    BoxFile,
    Case,
    ModelUse,
    NotObserved,
    Observation,
    Rights,
    Scene,
    Site,
    canonical,
    digest,
    observations_to_table,
)

if TYPE_CHECKING:
    from overlook.activity import Looked
    from overlook.detect import Conditions, Detector, Rates, Reviewed

_CHIP_ROOMS = ("collect", "imagery")
_LOOK_ROOMS = ("imagery", "detect")
_OBSERVE_ROOMS = ("collect", "imagery", "activity")
#: How the names of those who looked begin: a person by her boxes, a model by its card.
PERSON, MODEL = "boxes ", "model "
#: What a case calls the model that comes with Overlook.
SHIPPED = "shipped"


@dataclass(frozen=True, slots=True)
class SceneTask:
    """All that one process needs to work on one scene of one site."""

    folder: CaseFolder
    case: Case
    scene: Scene
    site: Site
    #: Digest of the reference's chip, "" for none (then the scene's own georeference holds).
    reference: str
    #: What was reviewed at this site of this sensor: card, class, and what the reviews counted.
    reviews: tuple[tuple[str, str, Reviewed], ...] = ()


@dataclass(frozen=True, slots=True)
class SceneResult:
    """Digests of what was made: the chip ("" when it could not be read), (looker, detections), observations.

    `problem` is why there is no chip; `remarks` what a detector said of this image, or why it could not look at it.
    """

    scene: str
    site: str
    chip: str
    looks: tuple[tuple[str, str], ...]
    observations: str
    problem: str = ""
    remarks: tuple[str, ...] = ()


def pairs(case: Case, scenes: Sequence[Scene]) -> Iterator[tuple[Scene, Site]]:
    """Which scenes are of which sites: those whose footprint meets the box around the site's zones.

    A scene that meets no site is paired with the only site there is, if there is one: its zones are then *off the
    image*, which the gap ledger says. Among several sites it is left out, and a note says so.
    """
    with_zones = [s for s in case.sites if s.zones]
    for scene in scenes:
        met = [s for s in with_zones if _meets(scene, s)]
        for site in met or (with_zones if len(with_zones) == 1 else []):
            yield scene, site


def look_at(folder: CaseFolder, case: Case, site: Site, scene: Scene) -> tuple[str, float]:
    """(digest of the chip of a scene where its georeference lays it, the share of the site that it shows)."""
    chip, _ = _chip(SceneTask(folder, case, scene, site, reference=""))
    return (chip, _usable_fraction(folder, chip)) if chip else ("", 0.0)


def work(task: SceneTask) -> SceneResult:
    """Do what is left to do for one scene of one site; what was done is read back."""
    chip, problem = _chip(task)
    lookers = _lookers(task) if chip else ()
    steps = [(looker.name, _look(task, looker, chip)) for looker in lookers]
    looks = _detections_of(steps)
    made = step(
        store_of(task.folder),
        _observe_key(task, chip, looks),
        f"observe {task.scene.id}",
        lambda: {"observations": table_bytes(observations_to_table(_observations(task, chip, problem, looks)))},
    )
    remarks = _remarks_of(task, steps)
    return SceneResult(task.scene.id, task.site.id, chip, looks, made.outputs["observations"], problem, remarks)


def is_done(task: SceneTask) -> bool:
    """Whether `work` would only read back: decides what is worth a process of its own."""
    store = store_of(task.folder)
    chip = store.done(_chip_key(task))
    if chip is None:
        return False
    steps = []
    for looker in _lookers(task) if "chip" in chip.outputs else ():
        look = store.done(_look_key(task, looker, chip.outputs["chip"]))
        if look is None:
            return False
        steps.append((looker.name, look))
    return store.done(_observe_key(task, chip.outputs.get("chip", ""), _detections_of(steps))) is not None


def observations_table(store: Store, results: Sequence[SceneResult]) -> pa.Table:
    """All observations of all scenes, in the scenes' order."""
    tables = [table_of(store.get(r.observations), OBSERVATIONS) for r in results]
    return pa.concat_tables(tables) if tables else OBSERVATIONS.empty_table()


def forget() -> None:
    """Open stores and models anew: another run may have changed the folder since."""
    store_of.cache_clear()
    model_digest.cache_clear()


def shows_a_site(case: Case, scene: Scene) -> bool:
    """Whether a scene's footprint meets the box around any site's zones."""
    return any(_meets(scene, site) for site in case.sites if site.zones)


def _meets(scene: Scene, site: Site) -> bool:
    if (scene.crs == LOCAL) != (site.crs == LOCAL):
        return False
    from shapely import union_all
    from shapely.geometry import box

    bounds = union_all([zone.geometry for zone in site.zones]).bounds
    return bool(scene.footprint.intersects(box(*bounds)))


def _usable_fraction(folder: CaseFolder, chip: str) -> float:
    from overlook.imagery import decode_meta

    return decode_meta(store_of(folder).get(chip)).usable_fraction


# Chips


def _chip_key(task: SceneTask) -> str:
    return key_of("chip", _CHIP_ROOMS, scene=_pixels_of(task.scene), grid=_grid_of(task.site), ref=task.reference)


def _chip(task: SceneTask) -> tuple[str, str]:
    """(digest of the chip, problem). A scene that cannot be read is a fact about it, not the end of the run."""
    store = store_of(task.folder)

    def make() -> dict[str, bytes]:
        from overlook.imagery import decode, encode, make_chip

        reference = decode(store.get(task.reference)) if task.reference else None
        try:
            return {"chip": encode(make_chip(task.scene, task.folder.imagery, task.site, reference))}
        except InputError as error:
            # In the case's own words for places: a path of this machine has no business in a report.
            name = error.where.removeprefix(f"{task.folder.imagery}/")
            problem = InputError(error.code, error.what, where=name, remedy=error.remedy)
            return {"problem": canonical({"problem": str(problem)})}

    made = step(store, _chip_key(task), f"chip {task.scene.id}", make)
    if "chip" in made.outputs:
        return made.outputs["chip"], ""
    return "", str(json.loads(store.get(made.outputs["problem"]))["problem"])


def _grid_of(site: Site) -> list[str]:
    """What of a site decides its chips."""
    return [site.id, site.crs, repr(site.grid_gsd_m), repr(site.margin_m), *(z.geometry.wkb_hex for z in site.zones)]


def _pixels_of(scene: Scene) -> str:
    """What of a scene decides its chips: not who drew boxes on it, nor what may be published."""
    return digest(replace(scene, boxes=(), rights=Rights(), why_acquired="unknown", catalogue_id=""))


# Detections


@dataclass(frozen=True, slots=True)
class _Looker:
    """Someone who looked at a scene: a person through a file of boxes, or a model through its card."""

    name: str
    content: str
    by: BoxFile | ModelUse

    def detector(self, folder: CaseFolder) -> Detector:
        from overlook.detect import OnnxDetector, PersonBoxes

        if isinstance(self.by, BoxFile):
            return PersonBoxes(folder.imagery, self.by)
        return OnnxDetector(card_of(folder, self.by))


def _lookers(task: SceneTask) -> tuple[_Looker, ...]:
    people = tuple(_Looker(f"{PERSON}{box.path}", box.digest, box) for box in task.scene.boxes)
    models = tuple(
        _Looker(f"{MODEL}{use.card}", model_digest(card_of(task.folder, use)), use) for use in task.case.models
    )
    return people + models


def contents_of(task: SceneTask) -> dict[str, str]:
    """By the name of each looker, the digest of what it looks with: a file of boxes, a model."""
    return {looker.name: looker.content for looker in _lookers(task)}


def card_of(folder: CaseFolder, use: ModelUse) -> Path:
    """Where a model's card lies: in the case, or in Overlook itself."""
    from overlook.detect import shipped_card

    return shipped_card() if use.card == SHIPPED else folder.root / use.card


@cache
def model_digest(card: Path) -> str:
    """The digest of a model: its card, its weights and what they refer to."""
    from overlook.detect import read_card

    return read_card(card).digest


def _look_key(task: SceneTask, looker: _Looker, chip: str) -> str:
    return key_of(
        "look", _LOOK_ROOMS, looker=looker.name, content=looker.content, scene=_pixels_of(task.scene), chip=chip
    )


def _look(task: SceneTask, looker: _Looker, chip: str) -> Step:
    """Outputs `detections`, absent when this image is none that the looker can look at, and `remarks`."""
    store = store_of(task.folder)

    def make() -> dict[str, bytes]:
        from overlook.detect import notes_of
        from overlook.imagery import decode

        detector, pixels = looker.detector(task.folder), decode(store.get(chip))
        misfit = detector.misfit(pixels, task.scene)
        if misfit:
            # An empty table would say that nothing was there.
            return {"remarks": canonical([misfit])}
        found = detector.detect(pixels, task.scene)
        return {"detections": table_bytes(found.cast(DETECTIONS)), "remarks": canonical(list(notes_of(found)))}

    return step(store, _look_key(task, looker, chip), f"look {task.scene.id} {looker.name}", make)


def _detections_of(steps: Sequence[tuple[str, Step]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, made.outputs["detections"]) for name, made in steps if "detections" in made.outputs)


def _remarks_of(task: SceneTask, steps: Sequence[tuple[str, Step]]) -> tuple[str, ...]:
    store = store_of(task.folder)
    return tuple(f"{name}: {text}" for name, made in steps for text in json.loads(store.get(made.outputs["remarks"])))


# Observations


def _observe_key(task: SceneTask, chip: str, looks: tuple[tuple[str, str], ...]) -> str:
    return key_of(
        "observe",
        _OBSERVE_ROOMS,
        scene=digest(task.scene),
        site=digest(task.site),
        plan=digest(task.case.plan),
        observers=[digest(o) for o in task.case.observers],
        models=[digest(m) for m in task.case.models],
        chip=chip,
        looks=[list(look) for look in looks],
        reviews=[repr(review) for review in task.reviews],
    )


def _observations(
    task: SceneTask, chip: str, problem: str, looks: tuple[tuple[str, str], ...]
) -> Iterator[Observation]:
    from overlook.activity import observe
    from overlook.collect import gate
    from overlook.imagery import decode

    store = store_of(task.folder)
    found = dict(looks)
    for observation in observe(
        task.scene,
        task.site,
        task.case.plan,
        task.case.observers,
        decode(store.get(chip)) if chip else None,
        [_looked(task, looker, found[looker.name]) for looker in _lookers(task) if looker.name in found],
        gate=lambda zone, cls: gate(task.scene, task.site, zone, cls, task.case.plan),
    ):
        if isinstance(observation, NotObserved) and observation.reason == "unreadable":
            yield replace(observation, detail=problem)
        else:
            yield observation
    if task.scene.radar is not None:
        yield from _measured(task)


def _measured(task: SceneTask) -> Iterator[Observation]:
    """Backscatter of every zone; what cannot be read is said, and ends nothing."""
    from overlook.activity import measured, unmeasured
    from overlook.collect import gate
    from overlook.imagery import measure_zones

    scene, site, plan = task.scene, task.site, task.case.plan
    try:
        found = measure_zones(scene, task.folder.imagery, site)
    except InputError as error:
        yield from unmeasured(scene, site, error.what)
        return
    yield from measured(scene, site, plan, found, gate=lambda zone, cls: gate(scene, site, zone, cls, plan))


def _looked(task: SceneTask, looker: _Looker, detections: str) -> Looked:
    from overlook.activity import Looked

    detector = looker.detector(task.folder)
    return Looked(
        observer=detector.observer,
        searched=detector.searched,
        detections=table_of(store_of(task.folder).get(detections), DETECTIONS),
        thresholds=detector.thresholds,
        provisional=_unreviewed(task, looker, detector),
        evidence=looker.content,
        rates=_rates(task, looker),
    )


def _reviewed(task: SceneTask, looker: _Looker) -> dict[str, Reviewed]:
    """By class, what this site's own reviews counted of a model."""
    if isinstance(looker.by, BoxFile):
        return {}
    return {cls: reviewed for card, cls, reviewed in task.reviews if card == looker.by.card}


def _unreviewed(task: SceneTask, looker: _Looker, detector: Detector) -> frozenset[str]:
    """The classes of which too few images were reviewed here: their counts carry no judgement."""
    if isinstance(looker.by, BoxFile) or looker.by.reviewed_images >= looker.by.needed_reviews:
        return frozenset()
    reviewed, needed = _reviewed(task, looker), looker.by.needed_reviews
    return frozenset(c for c in detector.searched if c not in reviewed or reviewed[c].images < needed)


def _rates(task: SceneTask, looker: _Looker) -> Callable[[str, Conditions], Rates | None] | None:
    """How often a model errs here: by its card and this site's own reviews."""
    if isinstance(looker.by, BoxFile):
        return None
    from overlook.detect import read_card

    card, reviewed = read_card(card_of(task.folder, looker.by)), _reviewed(task, looker)
    return lambda cls, at: card.rates(cls, at, reviewed.get(cls))
