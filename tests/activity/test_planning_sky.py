"""Clouds in spells: the chain's known moments, and the exact number of usable images against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlook.activity.planning_sky import draw_sky, marginal, number_usable, persistence, usable_chance
from overlook.terms import Clouds

PROBABILITIES = st.floats(0, 1)


def clouds(spell_d: float = 0.0, **by_month: float) -> Clouds:
    usable = [0.5] * 12
    for month, p in by_month.items():
        usable[["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"].index(month)] = p
    return Clouds(site="s", usable=tuple(usable), source="made up", spell_d=spell_d)


def test_a_day_has_its_months_probability() -> None:
    days = np.array([0, 30, 31, 58, 59, 364, 365])  # 1 and 31 Jan, 1 and 28 Feb, 1 Mar, 31 Dec 1970, 1 Jan 1971
    told = usable_chance(clouds(jan=0.1, feb=0.2, mar=0.3, dec=0.9), days)
    assert told.tolist() == [0.1, 0.1, 0.2, 0.2, 0.3, 0.9, 0.1]


def test_without_a_climatology_every_day_is_usable() -> None:
    assert usable_chance(None, np.arange(5)).tolist() == [1.0] * 5
    assert persistence(None) == 0.0


def test_spells_have_the_lengths_of_a_markov_chain() -> None:
    """Mean run of usable days of a two-state chain: 1 / P(not usable | usable) = 1 / ((1 - rho) (1 - p))."""
    p, rho, n = 0.6, persistence(clouds(spell_d=2.0)), 200_000
    assert rho == pytest.approx(math.exp(-0.5))
    sky = draw_sky(np.full(n, p), rho, np.random.default_rng(71))
    runs = np.diff(np.flatnonzero(np.diff(sky.astype(int)) != 0))
    usable = runs[::2] if sky[np.flatnonzero(np.diff(sky.astype(int)) != 0)[0] + 1] else runs[1::2]
    wanted = 1 / ((1 - rho) * (1 - p))
    assert usable.mean() == pytest.approx(wanted, abs=4 * usable.std() / math.sqrt(usable.size))
    lag_one = float(np.corrcoef(sky[1:], sky[:-1])[0, 1])
    assert lag_one == pytest.approx(rho, abs=0.02)


def test_the_number_of_usable_images_is_that_of_simulation() -> None:
    rng = np.random.default_rng(72)
    chance, rho = np.repeat([0.3, 0.7], 20), 0.7
    ordered, collected = np.array([1, 2, 3, 9, 20, 21, 33, 39]), np.array([1.0, 1, 1, 0.4, 1, 1, 1, 0.5])
    exact = number_usable(chance, rho, ordered, collected)
    n = 20_000
    skies = np.array([draw_sky(chance, rho, rng) for _ in range(n)])
    number = (skies[:, ordered] & (rng.random((n, ordered.size)) < collected)).sum(axis=1)
    drawn = np.bincount(number, minlength=ordered.size + 1) / n
    assert np.abs(drawn - exact).max() < 4 * math.sqrt(0.25 / n)
    shares = skies.mean(axis=0)
    assert np.abs(shares - marginal(chance, rho)).max() < 4.5 * math.sqrt(0.25 / n)


def test_spells_do_not_change_how_many_are_expected_but_how_many_may_come() -> None:
    chance, ordered, one = np.full(10, 0.5), np.arange(10), np.ones(10)
    number = np.arange(11)
    alone, in_spells = (number_usable(chance, rho, ordered, one) for rho in (0.0, 0.8))
    assert alone @ number == pytest.approx(5.0)
    assert in_spells @ number == pytest.approx(5.0)
    # Independent days: the binomial's variance.
    assert alone @ (number - 5.0) ** 2 == pytest.approx(2.5)
    assert in_spells @ (number - 5.0) ** 2 > 10


@settings(max_examples=60, deadline=None)
@given(
    st.lists(PROBABILITIES, min_size=1, max_size=25),
    st.floats(0, 0.99),
    st.data(),
)
def test_number_usable_is_a_distribution_with_the_mean_of_the_marginals(
    chance: list[float], rho: float, data: st.DataObject
) -> None:
    p = np.array(chance)
    ordered = np.array(sorted(data.draw(st.lists(st.integers(0, p.size - 1), max_size=8))), dtype=np.int64)
    collected = np.array(data.draw(st.lists(PROBABILITIES, min_size=ordered.size, max_size=ordered.size)))
    mass = number_usable(p, rho, ordered, collected)
    assert mass.min() >= -1e-12
    assert mass.sum() == pytest.approx(1.0)
    mean = float(mass @ np.arange(mass.size))
    assert mean == pytest.approx(float((marginal(p, rho)[ordered] * collected).sum()), abs=1e-9)


@pytest.mark.parametrize(
    ("usable", "spell_d"),
    [((0.5,) * 11, 0.0), ((0.5,) * 13, 0.0), ((0.5,) * 11 + (1.1,), 0.0), ((0.5,) * 11 + (-0.1,), 0.0),
     ((0.5,) * 11 + (math.nan,), 0.0), ((0.5,) * 12, -1.0), ((0.5,) * 12, math.nan)],
)  # fmt: skip
def test_clouds_that_cannot_be_are_refused(usable: tuple[float, ...], spell_d: float) -> None:
    with pytest.raises(ValueError, match=r"usable|spell_d"):
        Clouds(site="s", usable=usable, source="", spell_d=spell_d)
