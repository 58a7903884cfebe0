"""The lexicon: what the YAML files beside this module say, as look-up tables.

A person can read and extend the files; nothing in them was fitted. Inflections are made here, by the spelling rules of
English, so that an entry is one word.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from overlook.claims.texts.lexicons import read_lexicon

_VOWELS = "aeiou"
_SINGLE = {"to": "T", "that": "t", "her": "D", "'s": "X", "'ll": "M", "'ve": "A", "'re": "A", "'d": "M", "'m": "A"}


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Look-up tables of the reading. Words are lower-case with straight apostrophes.

    `tags`: word → tag (tags.py). `lemmas`: form of a verb → its base. `frames`: base of a cue verb → the frames in
    which it is a cue; the same for nouns and adjectives. `said`: forms of verbs that may follow what was said.
    """

    tags: dict[str, str]
    lemmas: dict[str, str]
    frames: dict[str, frozenset[str]]
    addressed: frozenset[str]
    #: base → second word → the entry of both: "point" → "out" → "point_out".
    joined: dict[str, dict[str, str]]
    adjectives: dict[str, frozenset[str]]
    nouns: dict[str, frozenset[str]]
    phrases: dict[str, tuple[tuple[str, ...], ...]]
    statements: frozenset[str]
    #: What stands before a colon and speaks for nobody: "Photo:".
    labels: frozenset[str]
    views: frozenset[str]
    #: What a thing may be noted with: "with concern".
    manners: frozenset[str]
    #: Verbs by which it is the writer who judges: "appears to be".
    impersonal: frozenset[str]
    #: Adverbs by which a writer passes on what somebody said: "reportedly".
    hearsay: frozenset[str]
    #: Nouns and adjectives whose ending looks like that of another class: "family", "building".
    plain: frozenset[str]
    said: frozenset[str]
    abbreviations: frozenset[str]
    openers: frozenset[str]
    times: frozenset[str]
    negations: frozenset[str]
    hedges: dict[str, tuple[tuple[str, ...], ...]]
    modal_words: frozenset[str]
    anonymous: frozenset[str]
    roles: frozenset[str]
    documents: frozenset[str]
    images: frozenset[str]
    relays: frozenset[str]
    denials: frozenset[str]


@cache
def lexicon() -> Lexicon:
    """The packaged lexicon, read once a process."""
    grammar, verbs, cues, people = (read_lexicon(name) for name in ("grammar", "verbs", "cues", "sources"))
    hedges = read_lexicon("hedges")
    frames = _frames(cues["verbs"])
    lemmas, tags = _inflected(verbs, frames)
    adjectives = _frames(cues["adjectives"])
    tags |= dict.fromkeys(adjectives, "J") | _closed_classes(grammar)
    times = _words(grammar["months_and_days"]) | _words(grammar["time_nouns"])
    said = {form for form, lemma in lemmas.items() if frames.get(lemma, frozenset()) & {"after", "any"}}
    return Lexicon(
        tags=tags,
        lemmas=lemmas,
        frames=frames,
        addressed=_words(cues["addressed"]),
        joined=_joined(frames),
        adjectives=adjectives,
        nouns=_frames(cues["nouns"]),
        phrases=_phrases(cues["phrases"]),
        statements=_words(cues["statements"]),
        impersonal=_words(cues["impersonal"]),
        views=_words(cues["views"]),
        manners=_words(cues["manners"]),
        labels=_words(cues["labels"]),
        hearsay=_words(cues["hearsay"]),
        plain=_words(grammar["plain"]),
        said=frozenset(said),
        abbreviations=_words(grammar["abbreviations"]),
        openers=frozenset(word for word, tag in tags.items() if tag in "DPCSWI"),
        times=frozenset(times),
        negations=_words(grammar["negations"]),
        hedges=_phrases(hedges["hedges"]),
        modal_words=_words(hedges["modality"]),
        anonymous=_words(people["anonymous"]),
        roles=_words(people["roles"]),
        documents=_words(people["documents"]),
        images=_words(people["images"]),
        relays=_words(people["media"]),
        denials=_words(hedges["denials"]),
    )


def _words(block: str) -> frozenset[str]:
    return frozenset(block.split())


def _frames(lists: dict[str, str]) -> dict[str, frozenset[str]]:
    """frame → words, turned into word → frames."""
    found: dict[str, set[str]] = {}
    for frame, words in lists.items():
        for word in words.split():
            found.setdefault(word, set()).add(frame)
    return {word: frozenset(frames) for word, frames in found.items()}


def _joined(frames: dict[str, frozenset[str]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for entry in frames:
        base, mark, second = entry.partition("_")
        if mark:
            found.setdefault(base, {})[second] = entry
    return found


def _phrases(block: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Phrases, one a line, by their first word, the longest first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for line in block.splitlines():
        words = tuple(line.split())
        if words:
            found.setdefault(words[0], []).append(words)
    return {first: tuple(sorted(some, key=len, reverse=True)) for first, some in found.items()}


def _closed_classes(grammar: dict[str, str]) -> dict[str, str]:
    order = (
        ("months_and_days", "Q"), ("time_nouns", "N"), ("adjectives", "J"), ("adverbs", "R"), ("numbers", "F"),
        ("determiners", "D"), ("object_pronouns", "p"), ("subject_pronouns", "P"), ("prepositions", "I"),
        ("subordinators", "S"), ("question_words", "w"), ("relatives", "W"), ("conjunctions", "C"), ("modals", "M"),
        ("auxiliaries", "A"),
    )  # fmt: skip
    tags = {word: tag for name, tag in order for word in grammar[name].split()}
    return tags | _SINGLE


def _inflected(verbs: dict[str, str], cues: dict[str, frozenset[str]]) -> tuple[dict[str, str], dict[str, str]]:
    """Forms of all verbs → their base, and → their tag. A base or -s form that may be a noun gets `v` or `z`."""
    lemmas: dict[str, str] = {}
    tags: dict[str, str] = {}
    irregular = dict(_principal_parts(entry) for entry in verbs["irregular"].split())
    nouns, doubling = _words(verbs["also_nouns"]), _words(verbs["doubling"])
    for base in dict.fromkeys([*irregular, *verbs["regular"].split(), *(cue.partition("_")[0] for cue in cues)]):
        stem = _with_last_doubled(base, doubling)
        past, participle = irregular.get(base) or (_ed(base, stem), _ed(base, stem))
        for form, tag in (
            (past, "B" if past == participle else "U"),
            (participle, "B" if past == participle else "E"),
            (_ing(base, stem), "G"),
            (_s(base), "z" if base in nouns else "V"),
            (base, "v" if base in nouns else "V"),
        ):
            lemmas.setdefault(form, base)
            tags.setdefault(form, tag)
    for base in irregular:
        lemmas[base] = base
    return lemmas, tags


def _principal_parts(entry: str) -> tuple[str, tuple[str, str]]:
    base, past, participle = entry.split("/")
    return base, (past, participle)


def _with_last_doubled(base: str, doubling: frozenset[str]) -> str:
    """The stem before -ed and -ing: "stop" → "stopp"."""
    if len(base) < 3 or base[-1] in _VOWELS + "wxy" or base[-2] not in _VOWELS or base[-3] in _VOWELS:
        return base
    one_syllable = sum(c in _VOWELS for c in base) == 1
    return base + base[-1] if one_syllable or base in doubling else base


def _ed(base: str, stem: str) -> str:
    if base.endswith("e"):
        return base + "d"
    if base.endswith("y") and base[-2] not in _VOWELS:
        return base[:-1] + "ied"
    return stem + "ed"


def _ing(base: str, stem: str) -> str:
    if base.endswith("ie"):
        return base[:-2] + "ying"
    if base.endswith("e") and not base.endswith(("ee", "oe", "ye")):
        return base[:-1] + "ing"
    return stem + "ing"


def _s(base: str) -> str:
    if base.endswith("y") and base[-2] not in _VOWELS:
        return base[:-1] + "ies"
    return base + ("es" if base.endswith(("s", "x", "z", "ch", "sh", "o")) else "s")
