"""A presence finding in words: an indicator that was seen, was not seen, or that the sightings disagree about."""

from __future__ import annotations

from overlook.report.telling import NOT_ENOUGH, Telling, cap, indicator
from overlook.report.words import NONE, Names, chance, counted, listed
from overlook.terms import PresenceFinding

_LEADS = {"present": "Present", "absent": "Absent", "mixed": "Sightings disagree", "undetermined": NOT_ENOUGH}


def tell(f: PresenceFinding, names: Names) -> Telling:
    when = names.days(f.window, f.series.site)
    missed = "not known: no reader stated a probability of detection"
    return Telling(
        lead=_LEADS[f.verdict],
        question=f"Was {indicator(f.series.cls)} in {names.place(f.series)}, {when}?",
        sentence=_sentence(f, names, when),
        asked_of=counted(f.n_present + f.n_absent + f.n_cannot_tell, "sighting"),
        numbers=(
            ("Window", when),
            ("Present", str(f.n_present)),
            ("Absent", str(f.n_absent)),
            ("Cannot tell", str(f.n_cannot_tell)),
            ("Identified as", f.identification or NONE),
            (
                "Chance that all these images missed it, had it been there",
                missed if f.chance_missed is None else chance(f.chance_missed),
            ),
        ),
    )


def _sentence(f: PresenceFinding, names: Names, when: str) -> str:
    what, where, seen = indicator(f.series.cls), names.place(f.series), _seen(f)
    if f.verdict == "present":
        as_what = f", identified as {f.identification}" if f.identification else ""
        return f"{cap(what)} was seen in {where}, {when}{as_what}: {seen}."
    if f.verdict == "absent":
        missed = f"; the chance that all missed it is {chance(f.chance_missed)}" if f.chance_missed is not None else ""
        return f"{cap(what)} was not seen in {where}, {when}: {seen}{missed}."
    if f.verdict == "mixed":
        return f"Sightings of {what} in {where}, {when}, disagree: {seen}."
    return f"These images cannot say whether {what} was in {where}, {when}: {seen}."


def _seen(f: PresenceFinding) -> str:
    """`of 5 images read for it, 3 show it, 1 does not and 1 cannot tell`."""
    n = f.n_present + f.n_absent + f.n_cannot_tell
    if not n:
        return "no image was read for it"
    if n == 1:
        said = "shows it" if f.n_present else "does not show it" if f.n_absent else "cannot tell"
        return f"the one image read for it {said}"
    kinds = ((f.n_present, "show it"), (f.n_absent, "do not show it"), (f.n_cannot_tell, "cannot tell"))
    told = [(k, words) for k, words in kinds if k]
    if len(told) == 1:
        every = "none of the" if told[0][1] == "do not show it" else "all"
        return f"{every} {n} images read for it {told[0][1].removeprefix('do not ')}"
    ones = {"show it": "shows it", "do not show it": "does not show it", "cannot tell": "cannot tell"}
    return f"of {n} images read for it, {listed(f'{k} {ones[w] if k == 1 else w}' for k, w in told)}"
