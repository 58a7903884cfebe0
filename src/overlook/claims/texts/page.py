"""A text made ready for its cues: tokens, tags, quotations and sentences side by side."""

from __future__ import annotations

from dataclasses import dataclass

from overlook.claims.texts.quotes import Quote, find_quotes
from overlook.claims.texts.sentences import split_sentences
from overlook.claims.texts.tags import tag_tokens
from overlook.claims.texts.tokens import Tokens, tokenise
from overlook.claims.texts.words import Lexicon, lexicon


@dataclass(slots=True)
class Page:
    """`inside[k]` is 0 or the number (from 1) of the quotation that token k stands in; sentences are [start, end)."""

    tokens: Tokens
    words: list[str]
    lows: list[str]
    tags: list[str]
    inside: list[int]
    quotes: list[Quote]
    sentences: list[tuple[int, int]]
    lexicon: Lexicon
    paragraph_starts: frozenset[int]

    def quote_at(self, k: int) -> Quote | None:
        """The quotation that token k stands in."""
        number = self.inside[k]
        return self.quotes[number - 1] if number else None


def make_page(text: str) -> Page:
    """Tokenise, find the quotations, split into sentences, tag. Linear in the length of `text`."""
    tokens, words = tokenise(text), lexicon()
    quotes, inside = find_quotes(tokens)
    sentences = split_sentences(tokens, inside, words)
    tags = tag_tokens(tokens, sentences, inside, words)
    return Page(tokens, tokens.words, tokens.lows, tags, inside, quotes, sentences, words, frozenset(tokens.paragraphs))
