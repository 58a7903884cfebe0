"""Both tiers against the no-U-turn sampler: quantiles of 30 simulated sites, written by benchmarks/nuts_oracle.py."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from activity.screened import EVENT_D
from overlook.activity import DEFAULT_PRIOR, Prior, screen_sites
from overlook.activity.design import build
from overlook.activity.posterior import Posterior, fit
from overlook.activity.series import Usable
from overlook.terms import Count, Series, instant

ORACLE = json.loads(Path(__file__).with_name("nuts_quantiles.json").read_text())
PROBABILITIES = tuple(ORACLE["probabilities"])
DRIFTING = [site for site in ORACLE["sites"] if site["drifts"]]
STILL = [site for site in ORACLE["sites"] if not site["drifts"]]
#: The decision tier without its drift: what the sampler was given for the sites that do not drift.
NO_DRIFT = Prior(name="no drift", origin="a test", drift_sd=1e-5)


def arrays(site: dict) -> dict[str, np.ndarray]:
    kinds = {"starts": int, "counts": int, "is_after": bool}
    return {name: np.array(values).astype(kinds.get(name, float)) for name, values in site["site"].items()}


def decided(site: dict, prior: Prior) -> Posterior:
    held = arrays(site)
    series, epoch = Series(site="s", zone="z", cls="vehicle"), datetime(1970, 1, 1, tzinfo=UTC)
    counts = tuple(
        Count(
            series=series,
            when=instant(epoch + timedelta(days=t)),
            count=int(y),
            visible_fraction=v,
            false_alarms=f / v,
        )
        for t, y, v, f in zip(
            *(held[name].tolist() for name in ("time_d", "counts", "exposure", "false_alarms")), strict=True
        )
    )
    record = Usable(kept=counts, time_d=tuple(held["time_d"].tolist()), notes=())
    spans = {"numerator": (EVENT_D, EVENT_D + 45), "denominator": (EVENT_D - 120, EVENT_D)}
    design = build(record, prior, **spans, after_d=EVENT_D)
    assert list(design.names) == site["effects"], "the oracle was asked of other effects: run nuts_oracle.py again"
    return fit(design, prior)


def errors(sites: list[dict], what: str, told: list) -> np.ndarray:
    """Differences of quantiles in sds of the oracle's posterior (sites, probabilities)."""
    exact = np.array([site[what]["quantiles"] for site in sites])
    return (np.array(told) - exact) / np.array([[site[what]["sd"]] for site in sites])


def test_the_oracle_mixed() -> None:
    assert len(DRIFTING) == len(STILL) == 15
    assert max(site["r_hat"] for site in ORACLE["sites"]) < 1.01
    assert min(site["draws"] for site in ORACLE["sites"]) >= 2000
    assert min(site["effective_sample_size"] for site in ORACLE["sites"]) > 1000


def test_screened_quantiles_of_sites_that_do_not_drift() -> None:
    told = [
        screen_sites(**arrays(site), prior=DEFAULT_PRIOR, probabilities=PROBABILITIES).step_without_drift[0]
        for site in STILL
    ]
    error = errors(STILL, "step", told)
    assert np.abs(error).max() <= 0.085
    assert abs(error.mean()) < 0.02


@pytest.mark.parametrize("what", ["step", "ratio"])
def test_decided_quantiles(what: str) -> None:
    for sites, prior in ((DRIFTING, DEFAULT_PRIOR), (STILL, NO_DRIFT)):
        posteriors = [decided(site, prior) for site in sites]
        mixtures = [p.effect("step") if what == "step" else p.contrast() for p in posteriors]
        error = errors(sites, what, [mixture.quantiles(*PROBABILITIES) for mixture in mixtures])
        assert np.abs(error).max() <= 0.25
        assert np.sqrt((error**2).mean()) <= 0.08
