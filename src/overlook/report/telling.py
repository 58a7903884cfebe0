"""What the report tells of one finding, whatever its kind, and the words that all kinds share. It judges nothing."""

from __future__ import annotations

from dataclasses import dataclass

from overlook.claims.phrases import named
from overlook.report.words import NONE, isolated, number, percent, rate, ratio
from overlook.terms import Estimate, Finding, ModelUsed

NOT_ENOUGH = "Not enough imagery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A finding in words: one sentence of its answer for page one, and its row in the table of findings.

    `numbers` are (what, as printed). `table`: rows, the first its head and the last its totals; empty for most kinds.
    `missed` says what these images could have missed; empty when it cannot be said.
    """

    lead: str
    question: str
    sentence: str
    asked_of: str
    numbers: tuple[tuple[str, str], ...]
    effect: str = NONE
    step: str = NONE
    missed: str = ""
    table: tuple[tuple[str, ...], ...] = ()


def level(f: Finding) -> str:
    return f"the {isolated(f.series.cls) or 'count'} level"


def indicator(name: str) -> str:
    return f"“{isolated(named(name))}”" if name else "what was looked for"


def cap(text: str) -> str:
    return text[:1].upper() + text[1:]


def estimate_text(estimate: Estimate | None, *, as_ratio: bool) -> str:
    if estimate is None:
        return NONE
    write = ratio if as_ratio else rate
    return f"{write(estimate.estimate)} ({write(estimate.low)} to {write(estimate.high)})"


def model_numbers(model: ModelUsed | None) -> tuple[tuple[str, str], ...]:
    if model is None:
        return (("Model", "nothing could be fitted"),)
    return (
        ("Model", model.name),
        ("Prior", model.prior),
        ("Terms switched on", ", ".join(model.terms) or "none"),
        ("Widened for", ", ".join(model.widened_for) or "nothing"),
        ("Day-to-day dispersion, k (without bound: Poisson)", number(model.dispersion_k)),
        ("Usual drift, standard deviation of the logarithm", number(model.drift_sd)),
        ("Days over which the drift is correlated", number(model.correlation_time_d, 1)),
        ("Jitter from image to image (nugget), standard deviation of the logarithm", number(model.nugget_sd)),
        ("Share of the answer's precision that is the prior's", percent(model.prior_weight)),
    )
