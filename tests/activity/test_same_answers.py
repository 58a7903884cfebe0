"""The decision tier's quantiles are what they were before it was made faster.

`decision_designs.npz` holds the designs of 29 series; `decision_quantiles.json` the log quantiles that the whole grid
gave for them when every point was fitted by Newton to the end on all nodes, unseen days included.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from overlook.activity.design import Design
from overlook.activity.posterior import fit
from overlook.activity.prior import DEFAULT_PRIOR

HERE = Path(__file__).parent
PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
ARRAYS = (
    *("y", "offset", "false_alarms", "extra_var", "node", "design", "gap_d", "node_d", "level_design", "days"),
    "effect_sd",
)


def designs() -> dict[str, Design]:
    held = np.load(HERE / "decision_designs.npz")
    scalars = json.loads((HERE / "decision_quantiles.json").read_text())
    return {
        name: Design(
            **{field: held[f"{i}/{field}"] for field in ARRAYS},
            family=case["family"],
            names=tuple(case["names"]),
            start_level=case["start_level"],
        )
        for i, (name, case) in enumerate(scalars.items())
    }


def told(design: Design) -> dict[str, list[float]]:
    """Log quantiles of the ratio under half, once and twice the drift, of the step, and of the level."""
    posterior = fit(design, DEFAULT_PRIOR)
    quantiles = {f"ratio, drift x {f:g}": posterior.contrast(f).quantiles(*PROBABILITIES) for f in (0.5, 1.0, 2.0)}
    quantiles["step"] = posterior.effect("step").quantiles(*PROBABILITIES)
    quantiles["level"] = posterior.effect("level").quantiles(*PROBABILITIES)
    return {name: [round(q, 6) for q in values] for name, values in quantiles.items()}


@pytest.mark.parametrize("name", list(designs()))
def test_quantiles_are_those_of_the_whole_grid(name: str) -> None:
    frozen = json.loads((HERE / "decision_quantiles.json").read_text())[name]["quantiles"]
    for what, values in told(designs()[name]).items():
        np.testing.assert_allclose(values, frozen[what], atol=1e-3, err_msg=what)
