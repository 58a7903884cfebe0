"""A real image series of two places: parked cars stay, moving ones go, and no pattern of life is claimed.

Frames of the KIT AIS Data Set (CC-BY 3.0), taken seconds apart from one flight, with their labels as a person's boxes.
Their day is not stated, and none is invented: they are figures, for looking and never for counting.
"""

import dataclasses
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import shapely

from overlook.activity import Looked, observe
from overlook.collect import Registering, add_boxes, gate, register, scenes
from overlook.detect import Look, Matches, PersonBoxes, corners_in, follow, match, read_boxes
from overlook.errors import InputError
from overlook.imagery import make_chip
from overlook.terms import TAKEN, Chip, NotObserved, Plan, Scene, Site, Zone
from shared import SHARED, needs

pytestmark = needs("vehicles-kit-ais")

KIT = SHARED / "vehicles-kit-ais"
CROSSING, AVENUE = tuple(range(74, 94)), tuple(range(155, 180))
#: By car length in the frames.
GSD_M = 0.13
#: What `aerial.names` calls car, truck, bus, minibus, cyclist.
CLASSES = ("vehicle", "large_vehicle", "large_vehicle", "vehicle", "cyclist")
SEARCHED = ("vehicle", "large_vehicle")
#: How far a label's centre strays between frames: two pixels.
DRAWING_M = 0.26
NOW = datetime(2026, 1, 1, tzinfo=UTC)
#: In pixels of the first frame of the crossing: cars parked along two kerbs; lanes before and between the stop lines.
KERBS = [
    [(345, 25), (485, 25), (485, 65), (345, 65)],
    [(350, 430), (385, 430), (490, 515), (490, 545), (450, 545), (350, 475)],
]
LANES = [
    [(70, 325), (150, 325), (150, 375), (70, 410)],
    [(440, 200), (540, 145), (560, 175), (500, 270), (450, 270)],
    [(245, 205), (305, 205), (305, 240), (245, 240)],
]
CASE = """
overlook: 1
id: crossing
title: A crossing, some seconds of an unknown day
question: Does traffic change?
sites:
  - id: kit
    name: KIT AIS crossing
    crs: local
    grid_gsd_m: 0.26
    margin_m: 0
    zones:
      - {id: kerb, name: North kerb, kind: parking, geometry: "POLYGON ((44 62, 64 62, 64 68, 44 68, 44 62))"}
      - {id: lane, name: West arm, kind: road, geometry: "POLYGON ((9 18, 20 22, 20 29, 9 29, 9 18))"}
      - {id: all, name: All of it, kind: other, geometry: "POLYGON ((0 0, 88.9 0, 88.9 71.1, 0 71.1, 0 0))"}
events:
  - {id: e1, name: An event, on: 2012-06-12}
sources:
  - {id: s1, name: Someone, kind: anonymous}
claims:
  - id: c1
    quote: it stayed about the same
    chain: [s1]
    said: 2013-01-01
    predictions:
      - {id: p1, relation: same, site: kit, zone: kerb, class: vehicle, event: e1, statement: as many cars as before}
      - {id: p2, relation: active, site: kit, zone: lane, class: vehicle, window: {from: 2012-06-01, to: 2012-07-30},
         statement: cars come and go}
plan: {margin: 1.25, before: 120d, after: 45d, classes: [vehicle], quiet_below: 0.5}
"""


@dataclasses.dataclass(frozen=True)
class Place:
    """Some frames of one place, each laid on the first one's plane."""

    imagery: Path
    site: Site
    scenes: dict[int, Scene]
    chips: dict[int, Chip]
    tables: dict[int, pa.Table]

    def match(self, before: int, after: int) -> Matches:
        residual_m = self.chips[after].meta.registration.residual_m
        assert residual_m is not None
        return match(
            self.tables[before],
            self.tables[after],
            residual_m / self.site.grid_gsd_m,
            drawing_px=DRAWING_M / self.site.grid_gsd_m,
            unusable_before=self.chips[before].unusable,
            unusable_after=self.chips[after].unusable,
        )

    def within(self, frame: int, ring: list[tuple[float, float]]) -> np.ndarray:
        """Rows of a frame's boxes whose centre lies in a ring drawn in pixels of the first frame."""
        centres = corners_in(self.tables[frame]).mean(axis=1) * self.site.grid_gsd_m / GSD_M
        return np.flatnonzero(shapely.contains_xy(shapely.Polygon(ring), centres[:, 0], centres[:, 1]))


def _registered(imagery: Path, frame: int) -> Scene:
    options = Registering(gsd_m=GSD_M, crs="local", kind="figure", sensor="aerial camera")
    return _with_boxes(register(KIT / f"MOS{frame}.jpg", imagery, options, now=NOW), imagery, frame)


def _with_boxes(scene: Scene, imagery: Path, frame: int) -> Scene:
    boxes = read_boxes(KIT / f"MOS{frame}.txt", scene=scene, class_names=CLASSES)
    file = imagery.parent / f"MOS{frame}.labels.geojson"
    file.write_bytes(boxes.to_geojson(searched=SEARCHED, observer="kit"))
    return add_boxes(file, imagery, scene=scene.id, observer="kit", searched=SEARCHED)


def _place(folder: Path, frames: tuple[int, ...], grid_gsd_m: float) -> Place:
    imagery = folder / "imagery"
    imagery.mkdir()
    scenes = {frame: _registered(imagery, frame) for frame in frames}
    rows, columns = scenes[frames[0]].shape
    everything = shapely.box(0, 0, columns * GSD_M, rows * GSD_M)
    zone = Zone(id="all", name="All of it", kind="road", geometry=everything)
    site = Site(id="kit", name="KIT AIS", crs="local", grid_gsd_m=grid_gsd_m, margin_m=0.0, zones=(zone,))
    chips: dict[int, Chip] = {}
    for frame in frames:
        chips[frame] = make_chip(scenes[frame], imagery, site, chips.get(frames[0]))
    tables = {
        frame: PersonBoxes(imagery, scenes[frame].boxes[0]).detect(chips[frame], scenes[frame]) for frame in frames
    }
    return Place(imagery, site, scenes, chips, tables)


@pytest.fixture(scope="module")
def crossing(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return _place(tmp_path_factory.mktemp("crossing"), (74, 75, 84, 90), 0.26)


@pytest.fixture(scope="module")
def avenue(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return _place(tmp_path_factory.mktemp("avenue"), (155, 156, 158), 0.39)


@cache
def _lines(frame: int) -> tuple[tuple[int, ...], int]:
    rows = [line.split() for line in (KIT / f"MOS{frame}.txt").read_text().splitlines() if line.strip()]
    return tuple(int(row[0]) for row in rows), len(rows)


@pytest.mark.parametrize(("frames", "boxes"), [(CROSSING, 509), (AVENUE, 1338)], ids=["crossing", "avenue"])
def test_every_label_of_every_frame_becomes_one_box(
    crossing: Place, avenue: Place, frames: tuple[int, ...], boxes: int
) -> None:
    scene = (crossing if frames == CROSSING else avenue).scenes[frames[0]]
    total = 0
    for frame in frames:
        numbers, n = _lines(frame)
        read = read_boxes(KIT / f"MOS{frame}.txt", scene=scene, class_names=CLASSES)
        assert read.classes == tuple(CLASSES[i] for i in numbers)
        assert len(read.corners) == n
        total += n
    assert total == boxes


def test_the_names_beside_the_labels_are_found(avenue: Place) -> None:
    read = read_boxes(KIT / "MOS155.txt", scene=avenue.scenes[155])
    assert sorted(set(read.classes)) == ["bus", "car", "minibus"]


def test_counts_on_the_site_equal_the_labels(crossing: Place, avenue: Place) -> None:
    for place in (crossing, avenue):
        for frame, table in place.tables.items():
            assert table.num_rows == _lines(frame)[1]
            assert table["score"].null_count == table.num_rows


def test_parked_cars_stay_and_those_in_the_lanes_go(crossing: Place) -> None:
    found = crossing.match(74, 90)
    stayed, left = set(found.stayed[:, 0].tolist()), set(found.left.tolist())
    parked = np.concatenate([crossing.within(74, kerb) for kerb in KERBS]).tolist()
    assert len(parked) == 6
    assert set(parked) <= stayed
    driving = np.concatenate([crossing.within(74, lane) for lane in LANES]).tolist()
    assert len(driving) == 5
    assert set(driving) <= left
    arrived = np.concatenate([crossing.within(90, lane) for lane in LANES]).tolist()
    assert set(arrived) <= set(found.arrived.tolist())
    for kerb in KERBS:
        assert not set(crossing.within(90, kerb).tolist()) & set(found.arrived.tolist())


def test_a_row_of_twenty_parked_cars_stays_whole_while_the_avenue_moves(avenue: Place) -> None:
    north = [(553, 178), (1135, 203), (1135, 230), (553, 206)]
    south = [(1180, 335), (1450, 345), (1450, 375), (1180, 370)]
    lane = [(295, 280), (1150, 305), (1150, 350), (640, 345), (295, 330)]
    found = avenue.match(155, 158)
    stayed = set(found.stayed[:, 0].tolist())
    parked = [*avenue.within(155, north), *avenue.within(155, south)]
    assert len(parked) == 20
    assert set(parked) <= stayed
    driving = avenue.within(155, lane).tolist()
    assert len(driving) == 4
    assert not set(driving) & stayed


def test_over_four_frames_parked_cars_keep_their_places_and_lanes_empty(crossing: Place) -> None:
    grid_gsd_m = crossing.site.grid_gsd_m
    looks = []
    for frame, table in crossing.tables.items():
        registration = crossing.chips[frame].meta.registration
        residual_m = 0.0 if frame == 74 else registration.residual_m
        assert residual_m is not None
        vehicles = pc.is_in(table["cls"], pa.array(["vehicle"]))
        looks.append(
            Look(
                scene=str(frame),
                boxes=table.filter(vehicles),
                unusable=crossing.chips[frame].unusable,
                residual_px=residual_m / grid_gsd_m,
                drawing_px=DRAWING_M / grid_gsd_m,
            )
        )
    found = follow(looks)
    assert found.crowded == ()
    at = found.centres_px * grid_gsd_m / GSD_M
    parked = np.zeros(len(at), dtype=bool)
    for kerb in KERBS:
        parked |= shapely.contains_xy(shapely.Polygon(kerb), at[:, 0], at[:, 1])
    # Of the six at the kerbs one is a large vehicle.
    assert parked.sum() == 5
    assert (found.states[parked] == TAKEN).all()
    moving = np.zeros(len(at), dtype=bool)
    for lane in LANES:
        moving |= shapely.contains_xy(shapely.Polygon(lane), at[:, 0], at[:, 1])
    assert moving.sum() >= 5
    # What drives is gone by the last frame; a queue may stop for a moment where another car had stood.
    at_first, at_last = found.states[moving, 0] == TAKEN, found.states[moving, -1] == TAKEN
    assert at_first.sum() >= 4
    assert not (at_first & at_last).any()
    assert (found.states[moving] == TAKEN).sum(axis=1).max() <= 2


def test_without_registration_the_parked_cars_would_seem_to_leave(crossing: Place) -> None:
    registered = crossing.match(74, 84)
    assert len(registered.stayed) >= 19
    unmoved = make_chip(crossing.scenes[84], crossing.imagery, crossing.site, None)
    table = PersonBoxes(crossing.imagery, crossing.scenes[84].boxes[0]).detect(unmoved, crossing.scenes[84])
    raw = match(crossing.tables[74], table, registered.gate_px / 3, drawing_px=0.0)
    assert len(raw.stayed) < 8


def test_a_day_is_not_invented(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        register(KIT / "MOS74.jpg", tmp_path, Registering(gsd_m=GSD_M, crs="local"), now=NOW)
    assert caught.value.code == "E-INPUT-UNDATED"


def test_no_frame_is_counted(crossing: Place) -> None:
    plan = Plan(classes=SEARCHED)
    for frame, scene in crossing.scenes.items():
        assert scene.when is None
        boxes = scene.boxes[0]
        looked = Looked(
            observer=boxes.observer,
            searched=boxes.complete_for,
            detections=crossing.tables[frame],
            thresholds=None,
            provisional=frozenset(),
            evidence=boxes.digest,
        )
        seen = observe(
            scene,
            crossing.site,
            plan,
            (),
            crossing.chips[frame],
            [looked],
            gate=lambda zone, cls, scene=scene: gate(scene, crossing.site, zone, cls, plan),
        )
        assert len(seen) == 2
        assert all(isinstance(o, NotObserved) and o.reason == "undated" for o in seen)


def test_a_case_of_these_frames_claims_no_pattern_of_life(tmp_path: Path) -> None:
    from overlook import run

    root = tmp_path / "case"
    run.init(root)
    (root / "case.yaml").write_text(CASE, encoding="utf-8")
    options = Registering(gsd_m=GSD_M, crs="local", kind="figure", sensor="aerial camera")
    images = [KIT / f"MOS{frame}.jpg" for frame in CROSSING[:6]]
    assert [added.error for added in run.add(root, images, registering=options, now=NOW)] == [None] * 6
    for frame in CROSSING[:6]:
        _with_boxes(_scene_of(root, frame), root / "imagery", frame)

    assessment = run.assess(root, now=NOW).assessment

    assert sum(len(boxes.corners) for boxes in assessment.boxes) == sum(_lines(frame)[1] for frame in CROSSING[:6])
    assert len(assessment.observations) == 6 * 3
    assert all(isinstance(o, NotObserved) and o.reason == "undated" for o in assessment.observations)
    assert assessment.patterns == ()
    assert {finding.verdict for finding in assessment.findings} <= {"undetermined"}
    verdicts = [judgement.verdict for claim in assessment.judgements for judgement in claim.parts]
    assert verdicts == ["insufficient imagery"] * 2
    assert len([gap for gap in assessment.gaps if gap.reason == "undated"]) == 6 * 3


def _scene_of(root: Path, frame: int) -> Scene:
    return next(scene for scene in scenes(root / "imagery") if scene.id == f"MOS{frame}")
