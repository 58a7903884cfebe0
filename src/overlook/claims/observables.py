"""The tested statement in words: what images would show if a part of a claim were true, and nothing about the claim."""

from __future__ import annotations

from overlook.claims.asking import tested
from overlook.claims.phrases import event_name, named, number, place, site_of, span, within
from overlook.terms import Case, Prediction, Verdict

_COUNTED = {
    "active": "The {cls} count in {where} was above the declared quiet rate{rate}{when}.",
    "quiet": "The {cls} count in {where} was below the declared quiet rate{rate}{when}.",
    "changed": "The {cls} in {where} changed{event}.",
    "same": "The {cls} in {where} stayed about the same{event}.",
}
_SIGHTED = {
    "present": "{images} show {cls} in {where}.",
    "absent": "{images} show no {cls} in {where}.",
    "arrived": "{images} show that {cls} arrived in {where}.",
    "left": "{images} show that {cls} left {where}.",
    "built": "{images} show {cls} being built in {where}.",
    "removed": "{images} show {cls} being removed from {where}.",
    "altered": "{images} show {cls} being altered in {where}.",
}


def _what(prediction: Prediction) -> str:
    if tested(prediction) not in ("changed", "same"):
        return named(prediction.cls) or f"“{named(prediction.indicator)}”"
    return f"{named(prediction.cls)} count" if prediction.cls else "pattern of all that is counted"


_OPEN: dict[Verdict, str] = {
    "insufficient imagery": "Not settled",
    "mixed": "Not settled",
    "not observable": "Not observable",
    "inconsistent": "Contradicted",
}


def labelled(text: str, verdict: Verdict, *, has_likelihood: bool) -> str:
    """The statement with what became of it, so that nobody reads it as a fact; a likelihood says that by itself."""
    if has_likelihood or verdict not in _OPEN:
        return text
    return f"{_OPEN[verdict]}: {text[:1].lower()}{text[1:]}"


def observable(prediction: Prediction, case: Case, zone: str | None = None) -> str:
    """What was, or would have to be, tested; in `zone` where one zone of a whole site decides."""
    site = site_of(case, prediction.site)
    text = (_COUNTED | _SIGHTED)[tested(prediction)]
    return text.format(
        cls=_what(prediction),
        rate="" if case.plan.quiet_below is None else f" of {number(case.plan.quiet_below)} an image",
        where=place(case, prediction.site, prediction.zone if zone is None else zone),
        when=within(prediction.window, site),
        images=f"Images of {span(prediction.window, site)}" if prediction.window else "Images",
        event=f" at {event_name(case, prediction.event)}" if prediction.event else "",
    )
