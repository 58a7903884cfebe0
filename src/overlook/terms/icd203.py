"""The one row of estimative words that Overlook uses (ICD 203, 2 January 2015, section D.6.e(2)(a))."""

from __future__ import annotations

from overlook.terms.said import Likelihood

#: (upper bound of the probability, word); a probability on a bound belongs to the lower word.
WORDS: tuple[tuple[float, Likelihood], ...] = (
    (0.05, "almost no chance"),
    (0.20, "very unlikely"),
    (0.45, "unlikely"),
    (0.55, "roughly even chance"),
    (0.80, "likely"),
    (0.95, "very likely"),
    (0.99, "almost certain"),
)


def word(probability: float) -> Likelihood:
    """The word for a probability in [0, 1]. ICD 203 stops at .01 and .99; beyond, the outer words hold.

    Raises ValueError outside [0, 1] or for NaN.
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"not a probability: {probability}")
    return next((name for bound, name in WORDS if probability <= bound), WORDS[-1][1])
