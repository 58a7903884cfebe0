"""Error rates from a card's rows, and what a site's own reviews make of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from overlook.detect import Conditions, Reviewed
from overlook.detect.measured import Measured, MeasuredRow, parse_measured
from overlook.detect.rates import MOST_PRIOR_OBJECTS, Alarms, Rates, Share, rates_of_reviews
from overlook.errors import ModelError


def _row(place: str, gsd_m: float, present: int, found: int, **more: float) -> MeasuredRow:
    values = {"shadow_share": 0.1, "brightness": 120.0, "false_alarms": 4, "area_ha": 4.0} | more
    return MeasuredRow(cls="vehicle", place=place, gsd_m=gsd_m, present=present, found=found, **values)  # type: ignore[arg-type]


def _at(gsd_m: float, shadow_share: float = 0.1, brightness: float = 120.0) -> Conditions:
    return Conditions(gsd_m=gsd_m, shadow_share=shadow_share, brightness=brightness)


FOUR = tuple(_row(f"p{i}", gsd, 100, found) for i in range(4) for gsd, found in ((0.2, 90), (0.5, 70)))


def test_the_mean_is_that_of_all_places_and_falls_between_gsds() -> None:
    measured = Measured(on="tiles", rows=FOUR)
    fine, middle, coarse = (measured.rates("vehicle", _at(gsd)) for gsd in (0.2, 0.35, 0.5))
    assert fine is not None
    assert middle is not None
    assert coarse is not None
    assert fine.found.mean == pytest.approx(360.5 / 401)
    assert coarse.found.mean == pytest.approx(280.5 / 401)
    logits = [np.log(r.found.mean / (1 - r.found.mean)) for r in (fine, middle, coarse)]
    assert logits[1] == pytest.approx((logits[0] + logits[2]) / 2)
    assert "640 of 800 found at 4 places at 0.2 to 0.5 m" in middle.basis
    assert fine.alarms.mean_per_ha == pytest.approx(16.5 / 16)


def test_nothing_is_known_beyond_what_was_measured() -> None:
    measured = Measured(on="tiles", rows=FOUR)
    for at in (_at(0.15), _at(0.6), _at(0.3, shadow_share=0.5), _at(0.3, brightness=40.0)):
        assert measured.rates("vehicle", at) is None
    assert measured.rates("container", _at(0.3)) is None
    assert measured.rates("vehicle", _at(0.5005)) is not None


def test_bins_speak_when_they_hold_enough_and_are_pooled_when_not() -> None:
    dark = tuple(_row(f"d{i}", gsd, 50, 20, shadow_share=0.4) for i in range(2) for gsd in (0.2, 0.5))
    measured = Measured(on="tiles", rows=(*FOUR, *dark), shadow_edges=(0.0, 0.2, 1.0))
    in_shadow, lit = (measured.rates("vehicle", _at(0.2, shadow_share=s)) for s in (0.4, 0.1))
    assert in_shadow is not None
    assert lit is not None
    assert in_shadow.found.mean == pytest.approx(40.5 / 101)
    assert lit.found.mean == pytest.approx(360.5 / 401)
    few = tuple(_row(f"d{i}", gsd, 10, 4, shadow_share=0.4) for i in range(2) for gsd in (0.2, 0.5))
    pooled = Measured(on="tiles", rows=(*FOUR, *few), shadow_edges=(0.0, 0.2, 1.0)).rates("vehicle", _at(0.2, 0.4))
    assert pooled is not None
    assert pooled.found.mean == pytest.approx(368.5 / 421)


def test_a_new_place_is_covered_when_places_differ() -> None:
    """90% intervals for a new place's share and false alarms, over simulated cards of 12 places: 85 to 95%."""
    rng = np.random.default_rng(5)
    inside = np.zeros(2)
    trials = 1000
    for _ in range(trials):
        shares, rates = rng.beta(12, 3, 13), rng.gamma(1.5, 2.0, 13)
        present = rng.integers(20, 150, 12)
        rows = tuple(
            _row(f"p{i}", 0.2, int(n), int(rng.binomial(n, shares[i])), false_alarms=int(rng.poisson(rates[i] * 4)))
            for i, n in enumerate(present)
        )
        told = Measured(on="tiles", rows=rows).rates("vehicle", _at(0.2))
        assert told is not None
        low, high = stats.beta.ppf([0.05, 0.95], told.found.alpha, told.found.beta)
        inside[0] += low <= shares[12] <= high
        low, high = stats.gamma.ppf([0.05, 0.95], told.alarms.shape, scale=1 / told.alarms.area_ha)
        inside[1] += low <= rates[12] <= high
    share = inside / trials
    assert ((share > 0.85) & (share < 0.96)).all(), share


def test_reviews_are_conjugate_and_a_card_weighs_no_more_than_it_may() -> None:
    prior = Rates(found=Share(alpha=180, beta=20), alarms=Alarms(shape=40, area_ha=20), basis="tiles")
    told = prior.updated(Reviewed(images=5, present=60, found=30, false_alarms=3, area_ha=6.0))
    assert told.found.alpha == pytest.approx(0.9 * MOST_PRIOR_OBJECTS + 30)
    assert told.found.beta == pytest.approx(0.1 * MOST_PRIOR_OBJECTS + 30)
    assert told.alarms == Alarms(shape=pytest.approx(7), area_ha=pytest.approx(8))  # type: ignore[arg-type]
    assert told.reviewed_images == 5
    assert "30 of 60 found and 3 false alarms on 6 ha in 5 reviewed images" in told.basis
    assert prior.updated(Reviewed(images=0, present=0, found=0, false_alarms=0, area_ha=0.0)) is prior


def test_reviews_alone_are_jeffreys_posterior_or_nothing() -> None:
    told = rates_of_reviews(Reviewed(images=2, present=10, found=9, false_alarms=0, area_ha=3.0))
    assert told is not None
    assert (told.found, told.alarms) == (Share(alpha=9.5, beta=1.5), Alarms(shape=0.5, area_ha=3.0))
    assert rates_of_reviews(Reviewed(images=2, present=0, found=0, false_alarms=1, area_ha=3.0)) is None


@settings(max_examples=60, deadline=None)
@given(mean=st.floats(0.02, 0.98), share=st.floats(0.05, 0.9))
def test_moments_come_back(mean: float, share: float) -> None:
    sd = share * np.sqrt(mean * (1 - mean))
    beta = Share.from_moments(mean, float(sd))
    assert (beta.mean, beta.sd) == (pytest.approx(mean), pytest.approx(sd, rel=1e-6))
    gamma = Alarms.from_moments(mean, float(sd))
    assert (gamma.mean_per_ha, gamma.sd_per_ha) == (pytest.approx(mean), pytest.approx(sd))


GOOD = {
    "class": "vehicle",
    "place": "port",
    "gsd_m": 0.2,
    "shadow_share": 0.1,
    "brightness": 120,
    "present": 10,
    "found": 9,
    "false_alarms": 1,
    "area_ha": 4.0,
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"class": "lorry"}, "not the model's"),
        ({"place": ""}, "names no place"),
        ({"found": 11}, "more were found"),
        ({"present": 9.5}, "whole numbers"),
        ({"area_ha": 0}, "above zero"),
        ({"gsd_m": None}, "gsd_m is missing"),
        ({"shadow_share": 1.2}, "at most 1"),
        ({"brightness": float("nan")}, "brightness is missing"),
        ({"false_alarms": True}, "false_alarms is missing"),
    ],
)
def test_a_row_that_cannot_be_is_named(changes: dict[str, object], words: str) -> None:
    assert parse_measured({"on": "x", "rows": [GOOD]}, ("vehicle",), "card.json") is not None
    with pytest.raises(ModelError, match=words) as caught:
        parse_measured({"on": "x", "rows": [GOOD, GOOD | changes]}, ("vehicle",), "card.json")
    assert "row 2" in caught.value.what


@pytest.mark.parametrize(
    "value", [[], {"on": "x"}, {"rows": [GOOD]}, {"on": "x", "rows": [GOOD], "bins": {"shadow_share": [0.2, 0.1]}}]
)
def test_a_measurement_that_cannot_be_is_refused(value: object) -> None:
    with pytest.raises(ModelError) as caught:
        parse_measured(value, ("vehicle",), "card.json")
    assert caught.value.code == "E-MODEL-CARD"
