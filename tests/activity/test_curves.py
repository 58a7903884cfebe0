"""What is drawn of an answer: its posterior on a grid, and the chances of `missed` as curves."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from activity.drifting import AT_EVENT, SERIES, drifting
from overlook.activity import answer
from overlook.activity.curves import chance_changed, chance_same, density_of
from overlook.activity.missed import missed
from overlook.activity.posterior import Mixture
from overlook.terms import Density, Event, EventFinding, Plan, Question, digest, dumps, loads


def normal(mean: float, sd: float) -> Mixture:
    return Mixture(weight=np.ones(1), mean=np.array([mean]), var=np.array([sd * sd]))


def finding(seed: int = 4, n_after: int = 14, step: float = 0.6) -> EventFinding:
    counts, _ = drifting(np.random.default_rng(seed), 30, n_after, step=step)
    event = Event(id="e", name="e", during=AT_EVENT)
    question = Question(kind="event", series=SERIES, event="e")
    plan = Plan(margin=1.25, after_days=45)
    found = answer(question, counts, event=event, events=(event,), plan=plan)
    assert isinstance(found, EventFinding)
    return found


def test_the_density_of_a_normal_is_the_normal_density() -> None:
    drawn = density_of(normal(0.4, 0.2))
    assert drawn is not None
    at = np.linspace(math.log(drawn.low), math.log(drawn.high), len(drawn.density))
    # Four digits are kept: all that a drawing shows.
    np.testing.assert_allclose(drawn.density, norm.pdf(at, 0.4, 0.2), rtol=2e-3)
    assert norm.cdf(at[-1], 0.4, 0.2) - norm.cdf(at[0], 0.4, 0.2) == pytest.approx(0.999, abs=2e-4)
    assert drawn.log_sd == pytest.approx(0.2)


def test_a_findings_density_holds_its_interval_and_its_probabilities() -> None:
    f = finding()
    assert f.density is not None
    assert f.ratio is not None
    assert len(f.density.density) <= 60
    grid = np.linspace(math.log(f.density.low), math.log(f.density.high), len(f.density.density))
    mass = np.concatenate(
        [[0.0], np.cumsum(0.5 * np.diff(grid) * (np.array(f.density.density)[1:] + f.density.density[:-1]))]
    )
    assert mass[-1] == pytest.approx(0.998, abs=0.0025)
    inside = np.interp([math.log(f.ratio.low), math.log(f.ratio.high)], grid, mass)
    assert inside[1] - inside[0] == pytest.approx(f.ratio.level, abs=0.005)
    margin = np.interp([-math.log(1.25), math.log(1.25)], grid, mass)
    assert f.p_within_margin == pytest.approx(margin[1] - margin[0], abs=0.005)


def test_the_same_answer_keeps_its_digest_and_comes_back_from_json() -> None:
    f = finding()
    assert digest(f) == digest(finding())
    assert loads(dumps(f), EventFinding) == f


def test_too_few_images_are_not_drawn() -> None:
    counts, _ = drifting(np.random.default_rng(1), 4, 3)
    event = Event(id="e", name="e", during=AT_EVENT)
    question = Question(kind="event", series=SERIES, event="e")
    few = answer(question, counts, event=event, events=(event,), plan=Plan(margin=1.25))
    assert isinstance(few, EventFinding)
    assert few.density is None
    assert density_of(normal(0.0, 30.0)) is None


@pytest.mark.parametrize("log_sd", [0.08, 0.25, 0.7])
@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_the_curves_pass_through_what_missed_says(log_sd: float, level: float) -> None:
    limits = missed(log_sd, Plan(level=level))
    assert limits.smallest_ratio_up
    assert limits.smallest_ratio_down
    assert limits.smallest_margin
    # `missed` leaves out the chance to call a rise a fall: under a thousandth.
    assert chance_changed(limits.smallest_ratio_up, log_sd, level) == pytest.approx(0.8, abs=1e-3)
    assert chance_changed(limits.smallest_ratio_down, log_sd, level) == pytest.approx(0.8, abs=1e-3)
    assert chance_same(limits.smallest_margin, log_sd, level) == pytest.approx(0.8, abs=1e-9)
    assert chance_changed(1.0, log_sd, level) == pytest.approx(1 - level)


def test_the_curves_are_the_chances_of_a_normal_estimate() -> None:
    rng, log_sd, level = np.random.default_rng(2), 0.3, 0.9
    z = norm.ppf(0.95)
    estimates = math.log(1.6) + log_sd * rng.standard_normal(200_000)
    changed = np.mean(np.abs(estimates) > z * log_sd)
    edge = math.log(3.0)
    same = np.mean((estimates - z * log_sd > -edge) & (estimates + z * log_sd < edge))
    assert chance_changed(1.6, log_sd, level) == pytest.approx(changed, abs=0.005)
    assert chance_same(3.0, log_sd, level, ratio=1.6) == pytest.approx(same, abs=0.005)


@given(st.floats(0.02, 2.0), st.floats(0.5, 0.99), st.floats(0.05, 3.0), st.floats(1.01, 20.0), st.floats(0.1, 0.9))
def test_more_change_is_called_more_often_and_a_wider_margin_too(
    log_sd: float, level: float, log_ratio: float, margin: float, less: float
) -> None:
    far, near = math.exp(log_ratio), math.exp(less * log_ratio)
    assert 0 <= chance_changed(near, log_sd, level) <= chance_changed(far, log_sd, level) + 1e-12
    assert chance_changed(far, log_sd, level) == pytest.approx(chance_changed(1 / far, log_sd, level))
    assert 0 <= chance_same(margin, log_sd, level) <= chance_same(margin * 1.1, log_sd, level) + 1e-12
    assert chance_same(margin, log_sd, level, ratio=far) <= chance_same(margin, log_sd, level) + 1e-12


@pytest.mark.parametrize(
    "wrong",
    [
        {"low": 2.0, "high": 1.0},
        {"density": (1.0,)},
        {"density": (0.0, 0.0)},
        {"density": (-1.0, 1.0)},
        {"log_sd": 0.0},
        {"low": math.nan},
    ],
)
def test_a_density_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    good = {"low": 0.5, "high": 2.0, "density": (0.1, 0.2), "log_sd": 0.3}
    with pytest.raises(ValueError, match="density"):
        Density(**(good | wrong))  # type: ignore[arg-type]
