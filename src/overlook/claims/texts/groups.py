"""Verb groups: a verb with its auxiliaries, modals and adverbs, and whether it is passive."""

from __future__ import annotations

from overlook.claims.texts.page import Page

BE = frozenset(
    {"am", "is", "are", "was", "were", "be", "been", "being", "get", "gets", "got", "gotten", "'re", "'m", "'s"}
)
_NOT_BE = frozenset({"isn't", "aren't", "wasn't", "weren't", "ain't"})
_HAVE = frozenset({"have", "has", "had", "having", "'ve", "haven't", "hasn't", "hadn't"})
#: Words that may stand between a subject and its verb: "they all said".
_FLOATING = frozenset({"all", "both", "each"})


def group_start(page: Page, a: int, k: int) -> int:
    """The first token of the verb group that ends at k: auxiliaries, modals, adverbs and "to" before it."""
    tags, first = page.tags, k
    at = k - 1
    while at >= a and not page.inside[at]:
        if tags[at] in "MA" or (tags[at] == "T" and tags[at + 1] in "VA"):
            first = at
        elif tags[at] != "R" and page.lows[at] != "first" and not _floats(page, a, at):
            break
        at -= 1
    # Adverbs just before belong to the group: "reportedly said", "also told".
    while first > a and (tags[first - 1] == "R" or page.lows[first - 1] == "first") and not page.inside[first - 1]:
        first -= 1
    return first


def _floats(page: Page, a: int, at: int) -> bool:
    """`They have both said`: a quantifier within the verb group."""
    return page.lows[at] in _FLOATING and at > a and page.tags[at - 1] in "ANQ"


def is_passive(page: Page, first: int, k: int) -> bool:
    """Is the participle at k, whose group begins at `first`, passive?"""
    if page.tags[k] not in "BE":
        return False
    for at in range(k - 1, first - 1, -1):
        if page.lows[at] == "'s" and page.lows[k] == "said" and page.lows[k + 1 : k + 2] != ["to"]:
            return False  # "he's said": has
        if page.lows[at] in BE or page.lows[at] in _NOT_BE:
            return True
        if page.lows[at] in _HAVE:
            return False
    return False
