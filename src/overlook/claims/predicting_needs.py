"""What of a drafted part would be seen, in words, and which images would settle it."""

from __future__ import annotations

from dataclasses import replace

from overlook.claims.asking import is_unobservable
from overlook.claims.needs import needs_of
from overlook.claims.observables import observable
from overlook.terms import Case
from overlook.terms.draft import DraftPart, Expected

#: Stands for a site that the words do not name: an analyst says which.
UNNAMED_SITE = "the site that is meant"


def expected(part: DraftPart, case: Case) -> Expected:
    """What images would show if the part were so, and the images that it takes.

    No images are named where nothing of it can be seen, or where its event or thing has to be declared first.
    A site that is not named stands as `UNNAMED_SITE`: none is guessed.
    """
    prediction = part.prediction
    if is_unobservable(prediction, case):
        return Expected(observable=observable(prediction, case), is_roofed=True)
    named = prediction if "site" not in part.missing else replace(prediction, site=UNNAMED_SITE)
    is_open = bool(set(part.missing) - {"site", "window"})
    needs = () if is_open else needs_of(named, (), (), case)
    return Expected(observable=observable(named, case), needs=needs)
