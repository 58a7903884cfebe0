"""What is built, taken down or altered, by the words around the verb: the object of a template of structures."""

from __future__ import annotations

from dataclasses import dataclass

from overlook.claims.predicting_words import Match, Words, find
from overlook.claims.vocabulary import Vocabulary

_LONGEST = 8
_PARTS = frozenset({"part", "parts", "portion", "section", "of", "a", "an", "the", "its", "their", "some", "'s"})


@dataclass(frozen=True, slots=True)
class Object:
    """`name`: the words that an indicator is called by. `is_place`: it is the site, or a part of it, and no structure
    of its own. `is_inside`: what images never show. `at`: the words that say so; those of its kind stay out."""

    name: tuple[str, ...]
    at: tuple[int, ...]
    is_place: bool = False
    is_inside: bool = False


def object_of(words: Words, match: Match, known: Vocabulary) -> Object:
    """After the verb up to a preposition or a pause; before it where a passive has nothing after it."""
    after = _after(words, match, known)
    if not any(words.lows[k] not in known.form for k in after):
        after = _before(words, match, known)
    if not after:
        return Object((), ())
    reach = range(after[0], after[-1] + 1)
    places = {k for m in find(known.places, words, reach) for k in m.at}
    not_shown = {k for _, _, patterns in known.remainder for m in find(patterns, words, reach) for k in m.at}
    inside = {
        k
        for kind, _, patterns in known.remainder
        if kind == "inside"
        for m in find(patterns, words, reach)
        for k in m.at
    }
    if not inside and not (set(after) - not_shown - {k for k in after if words.lows[k] in known.form}):
        # Nothing there has a name: the place that is spoken of, where one is.
        around = words.clause(match.last)
        places |= {k for m in find(known.places, words, range(match.last + 1, around.stop)) for k in m.at}
    no_name = known.form | _PARTS | known.possible | known.single_denials
    own = [k for k in after if k not in places and k not in not_shown and words.lows[k] not in no_name]
    if inside - places and not own:
        return Object((), (), is_inside=True)
    parts = [k for k in after if words.lows[k] in _PARTS]
    name = tuple(words.lows[k].replace("'", "") for k in own[-4:] if words.lows[k].isascii())
    return Object(name, tuple(sorted({*places, *own, *parts})), is_place=bool(places) and not own)


def _after(words: Words, match: Match, known: Vocabulary) -> list[int]:
    found: list[int] = []
    clause = words.clause(match.last)
    for k in range(match.last + 1, min(clause.stop, match.last + 1 + _LONGEST)):
        ends = words.all[k].after_pause or words.lows[k] in known.object_ends or k in words.read
        if ends:
            break
        found.append(k)
    return found


def _before(words: Words, match: Match, known: Vocabulary) -> list[int]:
    """ "The test stand was dismantled": up to the auxiliary, not before a preposition."""
    found: list[int] = []
    clause = words.clause(match.first)
    at = match.first - 1
    while at >= clause.start and words.lows[at] in ("was", "were", "is", "are", "been", "being", "has", "have", "had"):
        at -= 1
    while at >= clause.start and len(found) < _LONGEST:
        if (
            words.lows[at] in known.object_ends
            or words.all[min(at + 1, len(words.all) - 1)].after_pause
            or at in words.read
        ):
            break
        found.insert(0, at)
        at -= 1
    return found
