"""Who said what: the reading of texts against PolNeAR 1.0: the tables of docs/explanation/reading-texts.md.

    python benchmarks/attribution.py                 # the development articles: the goals
    python benchmarks/attribution.py --split train   # the articles the rules were written on
    python benchmarks/attribution.py --speed         # articles a second, and time against length

PolNeAR (Newell, Margolin and Ruths, LREC 2018) marks in news articles every attribution: source, cue, content. The
rules were written with the train articles in view; the development articles only ever gave numbers.

What is counted (no official scorer exists; these follow the partial match of Pareti 2015, one to one):

cue               a predicted and a marked cue match when their characters overlap, each used once
attribution       a match of cues whose sources overlap too, or have both none
content tokens    words inside any predicted content against words inside any marked content
direct quotations every passage of five words or more between double quotation marks, inside one marked content;
                  found when half of its words lie in one predicted content; its speaker is right when the sources
                  overlap or have both none
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from shared import SHARED  # noqa: I001

from overlook.claims.texts import read_text
from overlook.claims.texts.attributing import statements
from overlook.claims.texts.words import lexicon

Ranges = tuple[tuple[int, int], ...]
GOALS = {"cue": 0.80, "attribution": 0.70, "content tokens": 0.72, "quotations found": 0.97, "right speaker": 0.88}
_WORD = re.compile(r"\w+")
_CUE_WORD = re.compile(r"\w+|:")
_QUOTED = re.compile(r'“[^“”\n]+”|(?<!\w)"[^"\n]+"')
_SPOKEN = 5


@dataclass(frozen=True)
class Marked:
    """One attribution, in characters; () where a part is absent."""

    source: Ranges
    cue: Ranges
    content: Ranges


@dataclass
class Score:
    """Counts over articles: right, predicted and marked of each kind."""

    right: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GOALS, 0))
    predicted: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GOALS, 0))
    marked: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GOALS, 0))

    def add(self, name: str, right: int, predicted: int, marked: int) -> None:
        self.right[name] += right
        self.predicted[name] += predicted
        self.marked[name] += marked

    def of(self, name: str) -> tuple[float, float, float]:
        """Precision, recall, F1."""
        right = self.right[name]
        precision = right / max(1, self.predicted[name])
        recall = right / max(1, self.marked[name])
        return precision, recall, 2 * right / max(1, self.predicted[name] + self.marked[name])


def articles(split: str) -> Iterator[tuple[str, str, list[Marked]]]:
    """Name, text and marked attributions of each article. Line ends are kept, so that offsets hold."""
    folder = SHARED / "news-attributions" / split
    annotations = {path.name.rpartition("_")[0]: path for path in (folder / "attributions").glob("*.ann")}
    for path in sorted((folder / "text").glob("*.txt")):
        text = path.read_bytes().decode("utf-8")
        yield path.stem, text, list(_marked(annotations[path.stem].read_text(encoding="utf-8")))


def _marked(stand_off: str) -> Iterator[Marked]:
    spans: dict[str, Ranges] = {}
    events = []
    for line in stand_off.splitlines():
        columns = line.split("\t")
        if line.startswith("T") and len(columns) > 1:
            places = columns[1].partition(" ")[2]
            spans[columns[0]] = tuple((int(a), int(b)) for a, b in (p.split() for p in places.split(";")))
        elif line.startswith("E"):
            events.append([part.split(":") for part in columns[1].split()[1:]])
    for event in events:
        parts: dict[str, list[tuple[int, int]]] = {"Source": [], "Cue": [], "Content": []}
        for role, name in event:
            parts[role.rstrip("0123456789")] += spans[name]
        if parts["Cue"]:
            yield Marked(*(tuple(sorted(parts[role])) for role in ("Source", "Cue", "Content")))


def predicted(text: str) -> list[Marked]:
    def ranges(spans: tuple | None) -> Ranges:
        return tuple((span.start, span.end) for span in spans or ())

    return [Marked(ranges(s.source), ranges(s.cue), ranges(s.content)) for s in statements(text, None)]


def overlap(one: Ranges, other: Ranges) -> bool:
    return any(a < d and c < b for a, b in one for c, d in other)


def same(one: Ranges, other: Ranges) -> bool:
    return overlap(one, other) or (not one and not other)


def pairs(found: list[Marked], marked: list[Marked]) -> list[tuple[Marked, Marked]]:
    """Cues matched one to one, in the order of the text."""
    matched, rest = [], sorted((m for m in marked), key=lambda m: m.cue)
    for one in sorted((f for f in found if f.cue), key=lambda f: f.cue):
        for k, other in enumerate(rest):
            if overlap(one.cue, other.cue):
                matched.append((one, other))
                del rest[k]
                break
    return matched


def score_article(text: str, found: list[Marked], marked: list[Marked], score: Score) -> None:
    matched = pairs(found, marked)
    n_found = sum(1 for one in found if one.cue)
    score.add("cue", len(matched), n_found, len(marked))
    score.add("attribution", sum(same(f.source, m.source) for f, m in matched), n_found, len(marked))
    words = [match.span() for match in _WORD.finditer(text)]
    ours, theirs = _inside(words, found), _inside(words, marked)
    score.add("content tokens", len(ours & theirs), len(ours), len(theirs))
    quotes = right = n = 0
    for match in _QUOTED.finditer(text):
        spoken = _inside(words, [Marked((), (), (match.span(),))])
        owner = next((m for m in marked if any(a <= match.start() and match.end() <= b for a, b in m.content)), None)
        if len(spoken) < _SPOKEN or owner is None:
            continue
        n += 1
        by = next((f for f in found if 2 * len(spoken & _inside(words, [f])) >= len(spoken)), None)
        quotes += by is not None
        right += by is not None and same(by.source, owner.source)
    score.add("quotations found", quotes, n, n)
    score.add("right speaker", right, n, n)


def _inside(words: list[tuple[int, int]], attributions: list[Marked]) -> set[int]:
    covered: set[int] = set()
    for one in attributions:
        for a, b in one.content:
            k = bisect_left(words, (a, a))
            while k < len(words) and words[k][1] <= b:
                covered.add(k)
                k += 1
    return covered


def score_split(split: str) -> tuple[Score, int, int]:
    """The score, the articles, and the marked cues that hold no word of the lexicon."""
    score, n, unlisted = Score(), 0, 0
    known = _listed()
    for _, text, marked in articles(split):
        score_article(text, predicted(text), marked, score)
        n += 1
        for one in marked:
            words = {word.lower() for a, b in one.cue for word in _CUE_WORD.findall(text[a:b])}
            unlisted += not words & known
    return score, n, unlisted


def _listed() -> set[str]:
    """Every form of every word that may head a cue."""
    words = lexicon()
    bases = {entry.partition("_")[0] for entry in words.frames}
    verbs = {form for form, base in words.lemmas.items() if base in bases}
    return verbs | set(words.nouns) | set(words.adjectives) | set(words.phrases) | words.hearsay | {":"}


def speed() -> None:
    texts = [text for _, text, _ in articles("dev")]
    n_words = sum(len(_WORD.findall(text)) for text in texts)
    print(f"{len(texts)} articles of {n_words / len(texts):.0f} words, one core, best of 5")
    for name, read in (("attribution", statements), ("attribution, dates, places, numbers", read_text)):
        best = min(_seconds(read, texts) for _ in range(5))
        print(f"{name}: {len(texts) / best:.0f} articles/s")
    joined = "\n\n".join(texts)
    for name, separator in (("paragraphs", "\n\n"), ("one line", " ")):
        for megabytes in (0.5, 1, 5):
            text = (joined.replace("\n", separator) * 20)[: int(megabytes * 1e6)]
            seconds = _seconds(statements, [text])
            print(f"attribution, {megabytes} MB, {name}: {seconds:.2f} s, {seconds / megabytes:.2f} s/MB")


def _seconds(read: Callable[[str, None], object], texts: list[str]) -> float:
    start = time.process_time()
    for text in texts:
        read(text, None)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--split", choices=("dev", "train"), default="dev")
    parser.add_argument("--speed", action="store_true")
    options = parser.parse_args()
    if not (SHARED / "news-attributions").is_dir():
        print("news-attributions is absent (set OVERLOOK_SHARED): nothing to measure")
        return
    if options.speed:
        speed()
        return
    score, n, unlisted = score_split(options.split)
    n_cues, n_quotations = score.marked["cue"], score.marked["right speaker"]
    print(f"PolNeAR {options.split}: {n} articles, {n_cues} attributions, {n_quotations} direct quotations")
    print(f"{'':18} precision  recall      F1    goal")
    for name, goal in GOALS.items():
        precision, recall, f1 = score.of(name)
        if name in {"quotations found", "right speaker"}:
            print(f"{name:18} {'':9} {recall:7.3f} {'':7} {goal:7.2f}")
        else:
            print(f"{name:18} {precision:9.3f} {recall:7.3f} {f1:7.3f} {goal:7.2f}")
    print(f"cues without any word of the lexicon: {unlisted} of {n_cues} ({unlisted / n_cues:.3f})")


if __name__ == "__main__":
    main()
