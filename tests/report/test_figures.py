import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from overlook.report.figures import (
    averaged,
    figure_pairs,
    hatched,
    north,
    scale_bar,
    visible_bands,
)
from overlook.report.pairs import MAX_PAIRS, plan_pairs
from overlook.report.words import Names
from overlook.terms import Assessment, Chip, Event, NotObserved, Series, instant
from report import fixture

A = fixture.assessment()
NAMES = Names.of(A.case)


def shapes(pixels: NDArray[np.uint8]) -> str:
    return f"{pixels.shape}"


def shown(assessment: Assessment = A, publication: bool = False, chip: object = fixture.chip) -> tuple[object, ...]:
    pairs, _ = plan_pairs(assessment, NAMES)
    return figure_pairs(pairs, assessment, chip, shapes, publication=publication, file_of={})  # type: ignore[arg-type]


def test_each_event_has_the_nearest_usable_image_on_each_side() -> None:
    pairs, notes = plan_pairs(A, NAMES)
    assert [p.title for p in pairs] == [
        "Summit, 12 June 2024: North yard",
        "Summit, 12 June 2024: Staff car park",
        "Autumn holiday, 27 September to 4 October 2024: Staff car park",
        "Crane left, 24 April to 8 July 2024: North yard",
    ]
    assert notes == ()
    before, after = (s.scene for s in pairs[0].slots)
    assert before is not None
    assert after is not None
    # Image 22 was clouded: the next one stands in.
    assert (before.id, after.id) == ("kestrel_21_20m", "kestrel_23_20m")
    usable = {o.scene for o in A.observations if not isinstance(o, NotObserved) and o.series.zone == "yard"}
    between = [s for s in A.scenes if s.when and before.when.end < s.when.start < after.when.start]  # type: ignore[union-attr]
    assert usable.isdisjoint(s.id for s in between)


def test_a_side_without_a_usable_image_says_why() -> None:
    early = Event(id="early", name="Early", during=instant(fixture.FIRST - timedelta(days=3)), sites=("works",))
    only = fixture.assessment(case=fixture.case(events=(early,)), findings=())
    pairs, _ = plan_pairs(only, NAMES)
    assert pairs[0].slots[0].why == "No image before."
    clouded = tuple(
        NotObserved(series=Series(site="works", zone="yard", cls="vehicle"), when=s.when, scene=s.id, reason="cloud")
        for s in A.scenes
    )
    unseen = fixture.assessment(observations=clouded, findings=())
    shown, notes = plan_pairs(unseen, NAMES)
    assert shown == ()
    assert notes[0] == (
        "Summit, 12 June 2024: North yard. No usable image before: 23 images, none of which shows the zone (cloud 23). "
        "No usable image after: 25 images, none of which shows the zone (cloud 25)."
    )


def test_a_pair_is_shown_once_and_a_case_without_images_shows_none() -> None:
    twice = fixture.assessment(findings=(*A.findings, replace(A.findings[6], id="again")))
    assert [p.title for p in plan_pairs(twice, NAMES)[0]] == [p.title for p in plan_pairs(A, NAMES)[0]]
    pairs, notes = plan_pairs(fixture.assessment(scenes=()), NAMES)
    assert pairs == ()
    assert notes == ("The case holds no images: there is nothing to show.",)


def test_more_pairs_than_fit_are_counted() -> None:
    events = tuple(
        Event(id=f"e{i}", name=f"E{i}", during=instant(fixture.EVENT_A + timedelta(days=i)), sites=("works",))
        for i in range(20)
    )
    pairs, notes = plan_pairs(fixture.assessment(case=fixture.case(events=events), findings=()), NAMES)
    assert len(pairs) == MAX_PAIRS
    assert notes == ("16 further pairs of images not shown.",)


def test_a_figure_carries_what_an_editor_asks_for() -> None:
    figure = shown()[0].figures[1]  # type: ignore[attr-defined]
    facts = dict(figure.facts)
    assert facts["UTC"] == "13 June 2024, 02:11 UTC"
    assert facts["Local"] == "13 June 2024, 11:11 Asia/Pyongyang"
    assert facts["Sensor"] == "SimSat-1"
    assert facts["Catalogue id"] == "1040010023"
    assert facts["Pixel size (GSD)"] == "0.50 m"
    assert facts["Angles"] == "off nadir 6°, sun elevation 51°, sun azimuth 153°"
    assert facts["Why acquired"] == "tasked"
    assert figure.credit == "© SimSat 2024"
    assert [text for _, text in figure.legend] == [
        "vehicle, drawn by simulated reader",
        "container, drawn by simulated reader",
    ]
    assert figure.picture.north_deg == 0.0
    assert figure.picture.bar_text == "20 m"


def test_only_boxes_in_the_window_are_drawn_and_in_publication_only_those_in_the_zone() -> None:
    drawn = shown()[0].figures[1].picture  # type: ignore[attr-defined]
    assert len(drawn.boxes) == 15
    tight = shown(publication=True)[1].figures[0]  # type: ignore[attr-defined]
    assert 0 < len(tight.picture.boxes) <= 6
    assert ("Cropped", "to the zone; pixels outside it were removed") in tight.facts


def test_box_coordinates_are_those_of_the_picture() -> None:
    picture = shown(publication=True)[0].figures[1].picture  # type: ignore[attr-defined]
    (outline,) = picture.outline
    points = np.array([[float(v) for v in p.split(",")] for p in outline.points.split()])
    # The window of the zone's bounds reaches at most a pixel past the outline.
    unit = picture.width / 90
    assert points[:, 0].min() == pytest.approx(picture.x, abs=1.1 * unit)
    assert points[:, 0].max() == pytest.approx(picture.x + picture.width, abs=1.1 * unit)
    assert points[:, 1].max() == pytest.approx(picture.height, abs=1.1 * unit)


def test_pixels_that_could_not_be_used_are_hatched() -> None:
    before, after = shown()[0].figures  # type: ignore[attr-defined]
    assert before.picture.hatch_uri
    assert not after.picture.hatch_uri
    mask = np.zeros((40, 60), dtype=bool)
    mask[10:30, 20:50] = True
    rgba = hatched(mask)
    assert not rgba[~mask].any()
    assert {tuple(c) for c in rgba[mask][:, :3]} == {(0, 0, 0), (255, 255, 255)}


@pytest.mark.parametrize("problem", ["gone", "elsewhere"])
def test_a_chip_that_cannot_be_shown_leaves_its_place_and_the_reason(problem: str) -> None:
    def chip(scene: str, site: str) -> Chip | None:
        if problem == "gone":
            return None
        real = fixture.chip(scene, site)
        a, b, c, d, e, f = real.meta.transform
        return replace(real, meta=replace(real.meta, transform=(a, b, c + 5000, d, e, f)))

    figure = shown(chip=chip)[0].figures[0]  # type: ignore[attr-defined]
    assert figure.picture is None
    assert figure.why
    assert dict(figure.facts)["Catalogue id"] == "1040010021"


@pytest.mark.parametrize(
    ("unit_m", "width", "metres"), [(0.05, 480.0, 5), (0.2, 480.0, 20), (1.0, 480.0, 100), (0.001, 480.0, 0.1)]
)
def test_scale_bars_are_round_and_of_the_right_length(unit_m: float, width: float, metres: float) -> None:
    got, units = scale_bar(unit_m, width)
    assert got == pytest.approx(metres)
    assert units * unit_m == pytest.approx(metres)
    assert units <= width / 3 * (1 + 1e-9)


def test_north_turns_with_the_grid_and_is_not_known_on_a_local_plane() -> None:
    meta = fixture.chip("kestrel_00_20m", "works").meta
    assert north(meta) == 0.0
    turn = math.radians(30)
    c, s = math.cos(turn) / 2, math.sin(turn) / 2
    # The picture's up points 30 degrees west of north, so north lies 30 degrees clockwise of up.
    assert north(replace(meta, transform=(c, -s, 0.0, -s, -c, 0.0))) in (30.0, -30.0)
    assert north(replace(meta, crs="local")) is None


def test_bands_are_taken_by_their_role() -> None:
    chip = fixture.chip("kestrel_00_20m", "works")
    turned = replace(chip, meta=replace(chip.meta, bands=("blue", "green", "red")))
    assert (visible_bands(turned) == chip.pixels[:, :, ::-1]).all()
    one = replace(chip, meta=replace(chip.meta, bands=("nir", "grey", "alpha")))
    assert visible_bands(one).shape[2] == 1
    assert (visible_bands(one)[:, :, 0] == chip.pixels[:, :, 1]).all()


def test_averaging_keeps_means_and_ragged_edges() -> None:
    pixels = np.arange(5 * 7, dtype=np.uint8).reshape(5, 7, 1)
    small = averaged(pixels, 2)
    assert small.shape == (3, 4, 1)
    assert small[0, 0, 0] == round((0 + 1 + 7 + 8) / 4)
    assert averaged(pixels, 1) is pixels
