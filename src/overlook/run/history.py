"""What the ledger remembers, and what follows: whether a question was asked before its data were seen.

`added`      a file came into the case: what, path, digest
`removed`    an image or table was taken out again, and why
`asked`      the plan and every question, before anything is assessed under them
`assessed`   an assessment was made, from which data
`drafted`    statements were read of a document; `edited`, `accepted`, `rejected`: what a person made of a draft
`graded`     a source's reliability or a claim's credibility, when it changed
`opinion`    a named person signed (her name outside the chain); `withdrawn` when it was taken out of case.yaml
`retracted`  a claim, a source or an opinion does not hold any more, and why
`corrected`  an earlier report was wrong
`erased`     a name was erased; which digests it had
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from overlook.store import Entry, Ledger, Store
from overlook.terms import Case, NotObserved, Observation, Question, Scene, digest

#: 64 bits name a row of one case without doubt, and keep the ledger small.
_SHORT = 16


def plan_digest(case: Case) -> str:
    """The digest of the plan of analysis: margins, windows, level, classes, gates."""
    return digest(case.plan)


def question_digest(case: Case, question: Question) -> str:
    """The digest of a question with all that decides its answer beside the data: plan, event, the zone's outline."""
    event = next((e for e in case.events if e.id == question.event), None)
    zones = [
        digest(zone)
        for site in case.sites
        if site.id == question.series.site
        for zone in site.zones
        if question.series.zone in ("", zone.id)
    ]
    # Whether series are scanned for steps as well decides no answer: to ask for it later unasks no question.
    plan = digest(replace(case.plan, breaks=False))
    parts = (digest(question), digest(event.during) if event else "", plan, *zones)
    return digest(parts, tuple[str, ...])


def data_keys(observations: Iterable[Observation], scenes: Sequence[Scene]) -> frozenset[str]:
    """What of the world was looked at, as short digests: an image by its file, a brought value by its row.

    Not by the file of a row: a file of counts that grew still holds the old rows, and they were seen.
    """
    files = {scene.id: scene.digest for scene in scenes}
    seen = [o for o in observations if not isinstance(o, NotObserved)]
    rows = (files.get(o.scene) or digest(replace(o, evidence=())) for o in seen)
    return frozenset(row[:_SHORT] for row in rows)


def ask(
    ledger: Ledger, case: Case, questions: Sequence[Question], *, now: datetime
) -> Mapping[str, tuple[datetime, frozenset[str]]]:
    """Ledger the questions that were not asked before.

    Returns, by question id, when it was first asked and the digests of the data that had been assessed by then.
    """
    wanted = {question_digest(case, q): q.id for q in questions}
    first = _first_asked(ledger)
    new = {d: qid for d, qid in wanted.items() if d not in first}
    if new:
        ledger.append("asked", {"plan": plan_digest(case), "questions": new}, now=now)
        first = _first_asked(ledger)
    return {qid: first[d] for d, qid in wanted.items()}


def _first_asked(ledger: Ledger) -> dict[str, tuple[datetime, frozenset[str]]]:
    first: dict[str, tuple[datetime, frozenset[str]]] = {}
    seen: set[str] = set()
    for entry in ledger.entries("asked", "assessed"):
        if entry.kind == "assessed":
            seen |= set(entry.body["data"])
        else:
            for question in entry.body["questions"]:
                first.setdefault(question, (entry.at, frozenset(seen)))
    return first


def asked_digest(ledger: Ledger) -> str:
    """One digest for all that was asked and when it was first asked relative to the data."""
    return digest(tuple(e.digest for e in ledger.entries("asked")), tuple[str, ...])


def late(asked: tuple[datetime, frozenset[str]], data: frozenset[str]) -> tuple[str, ...]:
    """Why a finding is exploratory: its question came after some of its data had been assessed. Empty if it is not."""
    when, seen = asked
    known = seen & data
    if not known:
        return ()
    return (
        f"This question (or its plan, event or zone) was first asked on {when:%Y-%m-%d}, after {len(known)} of the "
        f"{len(data)} images or counts that it rests on had been assessed: exploratory.",
    )


def note_assessed(ledger: Ledger, value: str, case: Case, data: frozenset[str], *, now: datetime) -> Entry:
    """Ledger an assessment and the data that were seen for the first time in it."""
    known = {row for entry in ledger.entries("assessed") for row in entry.body["data"]}
    body = {"assessment": value, "plan": plan_digest(case), "data": sorted(data - known)}
    return ledger.append("assessed", body, now=now)


def forgotten(store: Store, ledger: Ledger) -> int:
    """How many assessments are stored that the ledger does not know: it was lost, cut off or replaced since."""
    known = {e.body["assessment"] for e in ledger.entries("assessed")}
    return len({s.outputs.get("assessment") for s in store.recorded("assessment")} - known)


def plan_note(ledger: Ledger, case: Case) -> str:
    """When the plan was ledgered, and under how many other plans the case was assessed before."""
    entries = ledger.entries("asked")
    mine = next((e for e in entries if e.body["plan"] == plan_digest(case)), None)
    if mine is None:
        return "The plan was not ledgered."
    others = {e.body["plan"] for e in entries if e.seq < mine.seq}
    text = f"This plan was ledgered on {mine.at:%Y-%m-%d %H:%M} UTC (entry {mine.seq})."
    if others:
        text += f" {len(others)} other plan{'s' if len(others) > 1 else ''} came before it in this case."
    return text


def added_order(ledger: Ledger) -> dict[str, int]:
    """Scene id → when it was added, as an order."""
    return {e.body["scene"]: e.seq for e in ledger.entries("added") if e.body["what"] == "image"}


def added_files(ledger: Ledger) -> dict[str, str]:
    """File → digest of everything that was added and not removed since."""
    found: dict[str, str] = {}
    for entry in ledger.entries("added", "removed"):
        if entry.kind == "added":
            found[str(entry.body["path"])] = str(entry.body["digest"])
        else:
            for path in entry.body["paths"]:
                found.pop(str(path), None)
    return found


def removal_notes(ledger: Ledger) -> tuple[str, ...]:
    """What was taken out of the case after it had been assessed, and why: whoever reads a report may want to know."""
    notes, was_assessed = [], False
    for entry in ledger.entries("assessed", "removed"):
        if entry.kind == "assessed":
            was_assessed = True
        elif was_assessed:
            why = ledger.read_text(str(entry.body["why"])) or "a reason that was erased"
            notes.append(f"{entry.body['name']} was removed from this case after an assessment had used it: {why}")
    return tuple(notes)


def added_paths(ledger: Ledger) -> dict[str, bool]:
    """File → whether a later file took its place: boxes of the same person on the same image."""
    standing = added_files(ledger)
    found: dict[str, bool] = {}
    last: dict[str, str] = {}
    for entry in ledger.entries("added"):
        path = str(entry.body["path"])
        if path not in standing:
            continue
        found[path] = False
        if entry.body["what"] == "boxes":
            whose = re.sub(r"(-\d+)?\.boxes\.[a-z]+$", "", path)
            if last.get(whose, path) != path:
                found[last[whose]] = True
            last[whose] = path
    return found
