"""A name as it may be written: in text, in JSON, in HTML, over two lines, in an id. Finds it and puts a mark there."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from overlook.errors import UsageError
from overlook.terms import ERASED

#: Shorter than this a name is part of too many words.
_SHORTEST = 3
#: What may stand between two parts of a name: white space, also as JSON or YAML escape it.
_BETWEEN = r"(?:\s|\\n|\\t|\\r|&nbsp;)+"
_BETWEEN_IN_IDS = r"[-_.]+"


@dataclass(frozen=True)
class Name:
    """A person's name to be erased. `mark_digits` tells one erased name from another.

    Raises UsageError for one that is too short to be told from other words.
    """

    text: str
    mark_digits: str

    def __post_init__(self) -> None:
        if len("".join(self.text.split())) < _SHORTEST:
            what = f"a name of fewer than {_SHORTEST} letters is part of other words"
            raise UsageError("E-USAGE-NAME", what, remedy="give the whole name")

    @property
    def mark(self) -> str:
        """What stands in its place."""
        return f"{ERASED} {self.mark_digits}"

    def is_in(self, text: str) -> bool:
        return bool(self._in_text.search(text) or self._in_ids.search(text))

    def without(self, text: str) -> str:
        """`text` with the mark in its place; ids that spell it stay ids."""
        return self._in_ids.sub(f"erased-{self.mark_digits}", self._in_text.sub(self.mark, text))

    @cached_property
    def _in_text(self) -> re.Pattern[str]:
        # Longer ways of writing it first: "O&#39;Neil" before "O".
        ways = sorted({w for part in _ways(self.text) for w in part}, key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(ways)})(?!\w)", re.IGNORECASE)

    @cached_property
    def _in_ids(self) -> re.Pattern[str]:
        plain = unicodedata.normalize("NFKD", self.text).encode("ascii", "ignore").decode().lower()
        words = re.findall(r"[a-z0-9]+", plain)
        # One word alone is a word; only several in a row spell a name in an id.
        spelled = _BETWEEN_IN_IDS.join(map(re.escape, words)) if len(words) > 1 else r"(?!)"
        return re.compile(rf"(?<![A-Za-z0-9]){spelled}(?![A-Za-z0-9])", re.IGNORECASE)


def _ways(text: str) -> list[list[str]]:
    """Patterns of each way of writing: composed and decomposed letters, plain, in JSON once or twice, in HTML."""
    found = []
    for form in ("NFC", "NFD"):
        words = unicodedata.normalize(form, text).split()
        once = [_json(w) for w in words]
        escaped = [words, once, [_json(w) for w in once], [json.dumps(w)[1:-1] for w in words]]
        escaped += [[html.escape(w) for w in words], [_jinja(w) for w in words]]
        found.append([_BETWEEN.join(map(re.escape, way)) for way in escaped])
    return found


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _jinja(text: str) -> str:
    return html.escape(text, quote=False).replace("'", "&#39;").replace('"', "&#34;")
