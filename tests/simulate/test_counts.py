"""Counts without pictures: the same process, the same clouds, and a table that the statistics can take."""

from dataclasses import replace

import numpy as np
import pyarrow.compute as pc
import pytest

from overlook.simulate import Reader, Weather, demo_spec, simulate_counts
from overlook.simulate.process import simulate_history
from overlook.simulate.sky import CELLS, MASKED_FROM, draw_skies, outlines
from overlook.terms import OBSERVATIONS, Count, NotObserved, observations_from_table
from simulate.sites import flow, site


def test_one_row_for_each_site_image_zone_and_class() -> None:
    spec = demo_spec()
    drawn = simulate_counts(spec, 1, sites=2)
    table = drawn.observations
    assert table.schema == OBSERVATIONS
    assert table.num_rows == 2 * 48 * len(spec.zones) * len(spec.plan.classes)
    observations = observations_from_table(table)
    assert {o.series.site for o in observations} == {"site-alpha-0000", "site-alpha-0001"}
    for o in observations:
        if o.series.zone == "hall":
            assert isinstance(o, NotObserved)
            assert o.reason == "roofed"
        elif isinstance(o, NotObserved):
            assert o.reason == "cloud"
            assert o.visible_fraction < spec.plan.min_visible_fraction
        else:
            assert isinstance(o, Count)
            assert o.detection_probability == 0.9
            assert o.observer == "simulated-reader"
    assert sum(isinstance(o, NotObserved) and o.reason == "cloud" for o in observations) > 0


def test_counts_are_thinned_by_cloud_and_reader_and_padded_by_false_boxes() -> None:
    reader = Reader(detection_probability=0.7, false_alarms_per_ha=1.0)
    spec = site(flow(rate=30), reader=reader, weather=Weather(clear=0.3, overcast=0.1))
    drawn = simulate_counts(spec, 2, sites=60)
    v = drawn.visible_fraction
    seen = v >= spec.plan.min_visible_fraction
    counts = np.array(drawn.observations["count"].to_pylist(), dtype=float).reshape(v.shape)
    assert (np.isnan(counts) == ~seen).all()
    expected = (v * (30 * 0.7 + 1.96))[seen].sum()
    assert counts[seen].sum() == pytest.approx(expected, abs=4 * np.sqrt(expected))
    assert drawn.visible.sum() == pytest.approx((drawn.counts * v).sum(), abs=4 * np.sqrt((drawn.counts * v).sum()))
    assert 0.05 < (~seen).mean() < 0.5
    false = pc.max(drawn.observations["false_alarms"]).as_py()
    assert false == pytest.approx(1.96)  # 140 m x 140 m, one a hectare


def test_the_truth_is_the_process() -> None:
    spec = demo_spec()
    drawn = simulate_counts(spec, 5, sites=3)
    history = simulate_history(spec, 5, sites=3)
    assert drawn.series[0] == ("parking", "vehicle")
    assert (drawn.counts[:, 0] == history.counts[:, 0]).all()
    yard = drawn.series.index(("yard", "vehicle"))
    assert (drawn.counts[:, yard] == history.counts[:, 1]).all()
    assert drawn.ratio["september-talks"][:, yard] == pytest.approx(2.5, rel=0.35)
    empty = drawn.series.index(("gate", "container"))
    assert np.isnan(drawn.ratio["may-summit"][:, empty]).all()
    assert (drawn.counts[:, empty] == 0).all()


def test_same_seed_same_table_and_another_seed_another() -> None:
    spec = demo_spec()
    assert simulate_counts(spec, 3).observations.equals(simulate_counts(spec, 3).observations)
    assert not simulate_counts(spec, 3).observations.equals(simulate_counts(spec, 4).observations)


def test_skies_have_the_declared_weather() -> None:
    spec = replace(demo_spec(), weather=Weather(clear=0.5, overcast=0.2, cover_a=2, cover_b=2))
    skies = [sky for s in range(10) for sky in draw_skies(spec, 7, site=s)]
    cover = np.array([sky.cover for sky in skies])
    n = len(skies)
    assert (cover == 0).mean() == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / n))
    assert (cover == 1).mean() == pytest.approx(0.2, abs=4 * np.sqrt(0.16 / n))
    for sky in skies:
        if sky.opacity is not None and sky.cover < 1:
            # The mask goes out to where the edge fades, so it covers somewhat more than the cloud's half.
            assert (sky.opacity > 0.5).mean() == pytest.approx(sky.cover, abs=0.1)
        elif sky.opacity is not None:
            assert sky.opacity.min() > MASKED_FROM


def test_the_sky_repeats_and_shifts_without_a_seam() -> None:
    sky = next(
        s for s in draw_skies(replace(demo_spec(), weather=Weather(clear=0, overcast=0)), 1) if 0.2 < s.cover < 0.8
    )
    here = sky.over((200, 300), 1.0)
    around = sky.over((200, 300), 1.0, (CELLS * 16.0, -CELLS * 16.0))
    assert here == pytest.approx(around, abs=1e-5)
    moved = sky.over((200, 300), 1.0, (32.0, 48.0))
    assert moved[:100, :200] == pytest.approx(here[48:148, 32:232], abs=1e-4)
    assert np.abs(np.diff(here, axis=1)).max() < 0.2


def test_outlines_hold_holes() -> None:
    opacity = np.zeros((60, 60), dtype=np.float32)
    opacity[10:50, 10:50] = 1
    opacity[25:35, 25:35] = 0
    ((outer, hole),) = outlines(opacity)
    assert outer.min(axis=0).tolist() == [10, 10]
    assert outer.max(axis=0).tolist() == [49, 49]
    assert hole.min() >= 24
    assert outlines(np.zeros((9, 9), dtype=np.float32)) == ()


def test_the_demos_images_suffice_by_the_formulas() -> None:
    """activity: I = m²/(μ + m²/k); images a side 2/I (2.486/ln RR)² for a change, 2/I (2.926/ln M)² for "the same"."""
    spec = demo_spec()
    flows = {(f.zone, f.cls): f for f in spec.flows}
    usable = spec.weather.clear + 0.5 * (1 - spec.weather.clear - spec.weather.overcast)
    days = min(spec.plan.before_days, spec.plan.after_days)
    images = usable * spec.schedule.images * days / spec.schedule.days
    assert spec.plan.margin is not None

    def needed(rate: float, k: float, effect: float, z: float) -> float:
        m = rate * spec.reader.detection_probability
        return 2 / (m**2 / (m + m**2 / k)) * (z / np.log(effect)) ** 2

    parking, yard = flows["parking", "vehicle"], flows["yard", "vehicle"]
    step = dict(yard.steps)["september-talks"]
    assert step > spec.plan.margin
    # Twice as many as in the best case, for the drift and the cycles that have to be fitted too.
    assert images > 2 * needed(parking.rate, parking.dispersion, spec.plan.margin, 2.926)
    assert images > 2 * needed(yard.rate, yard.dispersion, step, 2.486)
    assert parking.steps == ()
