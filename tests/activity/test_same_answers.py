"""The decision tier's quantiles are what they were before it was made faster.

`decision_quantiles.json` holds 29 series and the log quantiles that the full grid gave for them, every point fitted by
Newton to the end on all nodes. `python tests/activity/test_same_answers.py` writes the answers anew, the series kept.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from overlook.activity.design import build
from overlook.activity.posterior import fit
from overlook.activity.prior import DEFAULT_PRIOR
from overlook.activity.series import to_days, usable
from overlook.terms import Count, Index, Series, instant

TABLE = Path(__file__).with_name("decision_quantiles.json")
PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
EVENT = datetime(2018, 6, 12, tzinfo=UTC)
ONE = Series(site="s", zone="z", cls="vehicle")


def read() -> list[dict]:
    return json.loads(TABLE.read_text())


def told(case: dict) -> dict[str, list[float]]:
    """Log quantiles of the ratio under half, once and twice the drift, of the step, and of the level."""
    kind = Index if "value" in case["images"][0] else Count
    images = [
        kind(
            series=ONE,
            when=instant(EVENT + timedelta(days=image["day"])),
            **{k: v for k, v in image.items() if k != "day"},
        )
        for image in case["images"]
    ]
    at = to_days(EVENT)
    design = build(usable(ONE, images), DEFAULT_PRIOR, numerator=(at, at + 45), denominator=(at - 120, at), after_d=at)
    posterior = fit(design, DEFAULT_PRIOR)
    quantiles = {f"ratio, drift x {f:g}": posterior.contrast(f).quantiles(*PROBABILITIES) for f in (0.5, 1.0, 2.0)}
    quantiles["step"] = posterior.effect("step").quantiles(*PROBABILITIES)
    quantiles["level"] = posterior.effect("level").quantiles(*PROBABILITIES)
    return {name: [round(q, 6) for q in values] for name, values in quantiles.items()}


@pytest.mark.parametrize("case", read() if TABLE.exists() else [], ids=lambda case: case["name"])
def test_quantiles_are_those_of_the_full_grid(case: dict) -> None:
    for name, values in told(case).items():
        np.testing.assert_allclose(values, case["quantiles"][name], atol=1e-3, err_msg=name)


if __name__ == "__main__":
    TABLE.write_text(json.dumps([case | {"quantiles": told(case)} for case in read()], separators=(",", ":")) + "\n")
