"""From a text to its statements: cues, their sources and contents, sentence by sentence.

The rules follow the conventions of attribution corpora (Pareti 2012; Newell et al. 2018): one statement a cue, what is
nested in a content belongs to that content, a quotation that goes on after its cue's sentence is part of its content.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from overlook.claims.texts.contents import continues_after, is_clausal, left_range, right_end
from overlook.claims.texts.cues import Cue, find_cues
from overlook.claims.texts.features import to_statement
from overlook.claims.texts.frames import next_frame
from overlook.claims.texts.page import Page, make_page
from overlook.claims.texts.sources import Range, source_of, subject_of
from overlook.terms.said import SourceKind
from overlook.terms.statement import Statement

#: Words in a quotation that nothing introduces, for it to be a statement of an unknown speaker and no scare quotes.
_SPOKEN = 5

#: Frames in which "say" states something.
_STATED = frozenset({"clause", "that", "quote"})
#: Tokens of what somebody does while speaking, between two parts of a quotation.
_ASIDE = 20
#: Paragraphs back in which the noun that "he" stands for is looked for.
_NEAR = 2


@dataclass(slots=True)
class Draft:
    """A statement in tokens. `nested` holds the sources of cues that its content contains."""

    cue: Cue | None
    source: Range | None
    content: list[Range]
    nested: list[Range]
    #: The paragraph in which it ends, the first token of its sentence, and the paragraph in which it begins.
    paragraph: int
    sentence: int
    begins: int
    open_colon: bool = False


def statements(text: str, published: date | None) -> tuple[Statement, ...]:
    """The statements of `text` in order (see `read_text`)."""
    del published  # the grammar of dates resolves against it
    page = make_page(text)
    found: list[Statement] = []
    known: SourceKind | None = None
    at = -2
    for draft in _drafts(page):
        statement = to_statement(page, draft, known if draft.begins - at <= _NEAR else None)
        found.append(statement)
        if statement.source_type is not None:
            known, at = statement.source_type, draft.begins
    return tuple(sorted(found, key=_first_character))


def _first_character(statement: Statement) -> int:
    return min(span.start for span in (*(statement.source or ()), *statement.cue, *statement.content))


def _drafts(page: Page) -> list[Draft]:
    drafts: list[Draft] = []
    number = -1
    for a, b in page.sentences:
        number += a in page.paragraph_starts
        if _carries_on(page, a, b, number, drafts) or _speaks_on(page, a, b, number, drafts):
            continue
        found = _in_sentence(page, a, b, number)
        if not found:
            _loose_quotes(page, a, b, number, drafts)
        drafts += found
    return [draft for draft in drafts if draft.content]


def _carries_on(page: Page, a: int, b: int, number: int, drafts: list[Draft]) -> bool:
    """Is the sentence a quotation that goes on, or the block that a colon announced? Then it joins a draft before."""
    if not drafts:
        return False
    last = drafts[-1]
    quote = page.quote_at(a)
    if last.open_colon and number - last.paragraph <= 1:
        last.open_colon = False
        last.content.append((a, quote.last + 1 if quote else _without_stop(page, a, b)))
        last.paragraph = number
        return True
    if quote is None or quote.first != a or number - last.paragraph > 1:
        return False
    if any(not page.inside[k] and page.tags[k] not in '.)"' for k in range(quote.last + 1, b)):
        return False
    speaker = _speaker(page, drafts)
    if speaker is None or (number != speaker.paragraph and not _quoted(page, speaker)):
        return False
    speaker.content.append((a, quote.last + 1))
    speaker.paragraph = last.paragraph = number
    return True


def _speaks_on(page: Page, a: int, b: int, number: int, drafts: list[Draft]) -> bool:
    """In a transcript all of a paragraph is its speaker's."""
    last = drafts[-1] if drafts else None
    if last is None or last.cue is None or last.cue.kind != "colon" or last.paragraph != number:
        return False
    if _quoted(page, last) or last.cue.first - last.sentence > _SPOKEN or last.sentence not in page.paragraph_starts:
        return False
    s, _ = last.content[-1]
    last.content[-1] = (s, _without_stop(page, a, b))
    return True


def _speaker(page: Page, drafts: list[Draft]) -> Draft | None:
    """Who spoke last, among the drafts of the last sentence that has any: rather in quotation marks than not."""
    recent = [draft for draft in drafts[-4:] if draft.sentence == drafts[-1].sentence and draft.content]
    for draft in reversed(recent):
        if _quoted(page, draft):
            return draft
    recent = [draft for draft in recent if draft.cue is not None and draft.cue.kind == "verb" and draft.source]
    return recent[-1] if recent else None


def _quoted(page: Page, draft: Draft) -> bool:
    return any(page.inside[s] or page.inside[e - 1] for s, e in draft.content)


def _without_stop(page: Page, a: int, b: int) -> int:
    return b - 1 if b - 1 > a and page.tags[b - 1] == "." else b


def _in_sentence(page: Page, a: int, b: int, number: int) -> list[Draft]:
    drafts: list[Draft] = []
    shared: Range | None = None
    for cue in find_cues(page, a, b):
        before = drafts[-1] if drafts else None
        source = source_of(page, a, b, cue, shared)
        begin = min(cue.first, source[0]) if source and source[0] >= a else cue.first
        if _covers(page, a, cue, begin, drafts):
            # What a later cue of the sentence takes whole, with its own cues, is that one's content.
            before, nested = None, [draft.source for draft in drafts if draft.source is not None]
            content = _content(page, a, b, cue, source, begin, None)
            drafts = [Draft(cue, source, content, nested, number, a, number)]
            shared = source
            continue
        if before is not None and any(s <= cue.first < e for s, e in before.content):
            cut = _cut(page, a, before, cue, source, shared)
            if cut < 0:
                if source is not None and source != before.source:
                    before.nested.append(source)
                continue
            s, _ = before.content[-1]
            before.content[-1] = (s, cut)
            if cut <= s:
                before.content.pop()
        content = _content(page, a, b, cue, source, begin, before)
        draft = Draft(cue, source, content, [], number, a, number)
        if cue.frame == "quote" and not content:
            draft.open_colon = page.lows[b - 1] == ":"
            if not draft.open_colon:
                continue
        elif not content:
            continue
        drafts.append(draft)
        if source is not None and cue.kind != "noun" and not _subordinate(page, a, cue):
            shared = source
    return drafts


def _covers(page: Page, a: int, cue: Cue, begin: int, drafts: list[Draft]) -> bool:
    """Does "..., he said" or "..., according to" close a sentence whose earlier cues are all in its content?"""
    if not drafts or not (cue.frame == "after" or cue.kind == "phrase") or cue.first <= a + 1:
        return False
    left = left_range(page, a, begin)
    return left is not None and all(
        draft.cue is not None and left[0] <= draft.cue.first and draft.cue.last < left[1] for draft in drafts
    )


def _cut(page: Page, a: int, before: Draft, cue: Cue, source: Range | None, shared: Range | None) -> int:
    """Where the content before ends if this cue, which it seems to contain, is no part of it; -1: it is part of it."""
    tags = page.tags
    s = before.content[-1][0]
    if (cue.first <= s + 1 and cue.kind != "phrase") or before.cue is None:
        return -1
    first = cue.first
    if source is not None and source[1] == first - 1 and tags[first - 1] == "," and source[0] < before.cue.first:
        return first - 1  # "Leenders, who estimated that ..., said": the relative clause is over
    own = source is not None and source[0] > s and source != shared
    if own and source is not None and source[1] <= first:
        first = source[0]
    if cue.kind == "phrase":
        return first - 1 if tags[first - 1] == "," else cue.first
    if cue.kind in {"noun", "adjective"} and not own:
        return -1
    return _boundary(page, before.cue, cue, first, own=own, introduced=_introduces(page, a, before.cue))


def _boundary(page: Page, before: Cue, cue: Cue, first: int, *, own: bool, introduced: bool) -> int:
    """The end of the content of `before`, from what stands just before `first`, where the later cue's clause begins."""
    tags, k = page.tags, first - 1
    narrow = not is_clausal(before)
    if cue.kind == "verb" and page.inside[k] and not own:
        return first  # "called it “a joke,” said": the quotation ends what was said before
    if cue.kind == "verb" and tags[k] == "I" and own and narrow:
        return k  # "after the mayor said"
    if tags[k] == "C":
        end = k - 1 if tags[k - 1] == "," else k
        return end if not own or tags[k - 1] == "," or narrow or page.lows[k] == "but" else -1
    if tags[k] == ",":
        parted = tags[cue.first] == "G" or tags[first] == "W"
        says = "any" in page.lexicon.frames.get(cue.lemma, ()) and cue.frame in _STATED
        ends = (narrow or introduced or says) if own else (narrow and tags[cue.head] in "VUB")
        return k if parted or ends else -1
    if tags[k] in "Sw" and (tags[k - 1] == "," or narrow):
        return k - 1 if tags[k - 1] == "," else k
    return first if own and cue.frame == "quote" and (narrow or introduced) else -1


def _subordinate(page: Page, a: int, cue: Cue) -> bool:
    """Does the cue stand in a clause that "when" or "while" opens? Its subject is not the sentence's."""
    openers = [k for k in range(a, cue.first) if page.tags[k] in "Sw,"]
    return bool(openers) and page.tags[openers[-1]] != ","


def _introduces(page: Page, a: int, cue: Cue) -> bool:
    """Does the cue stand in a clause before the main one: "After ... said that", "Asked whether", "If ..."?"""
    k = a
    while k < cue.first and page.tags[k] in "CR,":
        k += 1
    return page.tags[k] in "SwBGE" or (page.tags[k] == "I" and (page.tags[cue.head] == "G" or k + 4 > cue.first))


def _content(
    page: Page, a: int, b: int, cue: Cue, source: Range | None, begin: int, before: Draft | None
) -> list[Range]:
    floor = max([a, *(e for s, e in before.content)]) if before is not None and before.content else a
    if cue.kind == "phrase":
        return _around_phrase(page, floor, b, cue, source)
    if cue.frame == "relative" and source is not None:
        return [(source[0] - 1, source[0]), (cue.last + 1, right_end(page, cue.last + 1, b, "relative"))]
    if cue.frame == "as-said":
        return _around_as(page, floor, b, cue, source, begin)
    if cue.frame == "if-believed":
        comma = next((k for k in range(cue.last + 1, b) if page.tags[k] == "," and not page.inside[k]), b)
        return [(comma + 1, right_end(page, comma + 1, b, "that"))] if comma + 1 < b else []
    if cue.kind == "hearsay":
        return _around_hearsay(page, floor, b, cue)
    if cue.frame == "be-by" and source is not None and source[0] > cue.head:
        return _beside_agent(page, a, b, cue, source[1])
    if cue.frame == "after":
        found = _around_after(page, floor, b, cue, source, begin)
        if found or cue.inverted:
            return found
        cue.frame = "quote"  # "A man, who spoke there, said on the air that ...": nothing was said before it
    start = cue.start
    while start < b and not page.inside[start] and page.tags[start] == ",":
        start += 1
    end = right_end(page, start, b, cue.frame)
    return [(start, end)] if end > start else []


def _around_phrase(page: Page, floor: int, b: int, cue: Cue, source: Range | None) -> list[Range]:
    """ "According to X, content" or "content, according to X"."""
    tags = page.tags
    if cue.first <= floor + 1 and source is not None:
        start = max(source[1], cue.last + 1)
        while start < b and not page.inside[start] and tags[start] in ",":
            start += 1
        end = right_end(page, start, b, "that")
        return [(start, end)] if end > start else []
    found = left_range(page, floor, cue.first)
    return [found] if found else []


def _beside_agent(page: Page, a: int, b: int, cue: Cue, j: int) -> list[Range]:
    """`It was reported by X that content`, or `content was denied by X`; j is the token after X."""
    frame, start = next_frame(page, j, b)
    if frame in {"that", "wh", "inf"}:
        return [(start, right_end(page, start, b, frame))]
    subject = subject_of(page, a, cue.first, None)
    return [subject] if subject is not None and subject[1] <= cue.first else [(cue.last + 1, j)]


def _around_hearsay(page: Page, floor: int, b: int, cue: Cue) -> list[Range]:
    """The clause around the adverb."""
    s = cue.first
    while s > floor and (page.inside[s - 1] or page.tags[s - 1] not in ",:.S"):
        s -= 1
    end = right_end(page, cue.last + 1, b, "obj")
    return [(x, y) for x, y in ((s, cue.first), (cue.last + 1, end)) if y > x]


def _around_as(page: Page, floor: int, b: int, cue: Cue, source: Range | None, begin: int) -> list[Range]:
    """`As X said, content` or `content, as X said`."""
    j, first = cue.last + 1, begin - 1
    if cue.passive:
        j, first = source[1] if source else j, cue.first
    if first <= floor + 1 and j < b and page.tags[j] == ",":
        return [(j + 1, right_end(page, j + 1, b, "that"))] if j + 1 < b else []
    left = left_range(page, floor, first)
    return [left] if left else []


def _around_after(page: Page, floor: int, b: int, cue: Cue, source: Range | None, begin: int) -> list[Range]:
    found = []
    left = left_range(page, floor, begin)
    if left is not None:
        found.append(left)
    j = cue.last + 1
    if source is not None and source[0] > cue.head:
        j = max(j, source[1])
    if cue.inverted and j + 1 < b and page.tags[j] == "," and page.tags[j + 1] == "G":
        # `said Baum, wiping the counter, “...”`
        comma = next((k for k in range(j + 1, min(b, j + _ASIDE)) if page.tags[k] == ","), j)
        j = comma if comma + 1 < b and page.inside[comma + 1] else j
    quoted = j + 1 < b and page.inside[j + 1]
    paused = j < b and page.tags[j] == "," and not page.inside[j]
    if paused and (quoted or (not cue.inverted and continues_after(page, j, b))):
        found.append((j + 1, right_end(page, j + 1, b, "that")))
    return [(s, e) for s, e in found if e > s]


def _loose_quotes(page: Page, a: int, b: int, number: int, drafts: list[Draft]) -> None:
    """A spoken sentence in quotation marks without any cue: somebody said it, and the text does not say who."""
    quote = page.quote_at(a)
    if quote is not None and quote.first == a and quote.n_words >= _SPOKEN and quote.last >= b - 2:
        drafts.append(Draft(None, None, [(a, min(b, quote.last + 1))], [], number, a, number))
