"""What a person decides of a draft: into case.yaml as a claim or event, in other words, or out; all of it ledgered.

The ledger is written before case.yaml: cut off in between, the case lacks what the ledger says was accepted,
and `undone` tells it until the draft is accepted again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from overlook.errors import UsageError
from overlook.run.add import WAIT_S
from overlook.run.declare import adding
from overlook.run.drafts import Draft, draft_named, drafts_of
from overlook.run.drafts_claim import claim_entries, event_entries
from overlook.run.folder import open_folder
from overlook.run.record import kept_name
from overlook.store import Ledger, locked
from overlook.terms import Case, canonical

#: Fields of a draft that a person may set; of a draft of an event, its words alone.
FIELDS = ("content", "kind", "said", "chain", "credibility")
_OF_EVENTS = ("content",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What accepting a draft writes: the id of the claim, or of the event, and the lines of case.yaml that change."""

    draft: str
    claim: str = ""
    event: str = ""
    diff: str


def accept_draft(
    root: Path, ident: str, *, name: str = "", by: str = "", dry_run: bool = False, now: datetime | None = None
) -> Accepted:
    """Write a draft into case.yaml as the claim or event `name` (an id of its own if none is given), with its sources.

    `by` is who accepts it. With `dry_run` nothing is written. Raises InputError for a draft that is not there or whose
    source is a pronoun, UsageError for one that stands in the case already, CaseError for a case that would not be
    valid with it.
    """
    folder = open_folder(root)
    moment = now or datetime.now(UTC)
    with locked(folder.derived, wait_s=WAIT_S), Ledger(folder.ledger) as ledger:
        draft = draft_named(drafts_of(ledger), ident)
        case = _case(folder.root, moment)
        if draft.state == "accepted" and _stands(draft, case):
            what = f"draft {ident} was accepted as {_as(draft)}, which stands in case.yaml"
            raise UsageError("E-USAGE-DRAFT", what, where=ident, remedy="edit it there")
        entries_of, key = (event_entries, "event") if draft.dated else (claim_entries, "claim")
        name, entries = entries_of(case, draft, name or draft.claim or draft.event)
        changed = adding(folder, entries, now=moment)
        if not dry_run:
            body = {
                "draft": ident,
                key: name,
                "by": kept_name(ledger, by),
                "added": ledger.keep_text(canonical(entries).decode()),
            }
            ledger.append("accepted", body, now=moment)
            changed.write()
    return Accepted(draft=ident, diff=changed.diff, **{key: name})


def edit_draft(
    root: Path, ident: str, fields: Mapping[str, Any], *, by: str = "", now: datetime | None = None
) -> Draft:
    """Set fields of a draft (`FIELDS`) in place of what was read. Raises InputError, UsageError."""
    folder = open_folder(root)
    moment = now or datetime.now(UTC)
    unknown = sorted(fields.keys() - set(FIELDS))
    if unknown or not fields:
        what = f"a draft has no field {unknown[0]!r}" if unknown else "nothing to change was given"
        raise UsageError("E-USAGE-DRAFT", what, where=ident, remedy=f"give one of {', '.join(FIELDS)}")
    if "content" in fields and not str(fields["content"]).strip():
        raise UsageError("E-USAGE-DRAFT", "the content is empty", where=ident, remedy="reject the draft instead")
    with locked(folder.derived, wait_s=WAIT_S), Ledger(folder.ledger) as ledger:
        draft = draft_named(drafts_of(ledger), ident)
        if draft.state == "accepted":
            what = f"draft {ident} was accepted as {_as(draft)}"
            raise UsageError("E-USAGE-DRAFT", what, where=ident, remedy="edit it in case.yaml")
        if draft.dated and (not_its := sorted(fields.keys() - set(_OF_EVENTS))):
            what = f"draft {ident} is of an event, which has no field {not_its[0]!r}"
            raise UsageError("E-USAGE-DRAFT", what, where=ident, remedy="accept it, then edit its days in case.yaml")
        edit = ledger.keep_text(canonical(dict(fields)).decode())
        ledger.append("edited", {"draft": ident, "edit": edit, "by": kept_name(ledger, by)}, now=moment)
        return draft_named(drafts_of(ledger), ident)


def reject_draft(root: Path, ident: str, *, why: str, by: str = "", now: datetime | None = None) -> Draft:
    """Put a draft aside, and say why. It may be accepted later. Raises InputError, UsageError."""
    folder = open_folder(root)
    moment = now or datetime.now(UTC)
    if not why.strip():
        raise UsageError("E-USAGE-WHY", "no reason was given", where="--why", remedy="say why it is not taken")
    with locked(folder.derived, wait_s=WAIT_S), Ledger(folder.ledger) as ledger:
        draft = draft_named(drafts_of(ledger), ident)
        if draft.state == "accepted" and _stands(draft, _case(folder.root, moment)):
            what = f"draft {ident} was accepted as {_as(draft)}, which stands in case.yaml"
            remedy = f"`overlook retract DIR {draft.claim}`" if draft.claim else "take it out of case.yaml first"
            raise UsageError("E-USAGE-DRAFT", what, where=ident, remedy=remedy)
        body = {"draft": ident, "why": ledger.keep_text(why.strip()), "by": kept_name(ledger, by)}
        ledger.append("rejected", body, now=moment)
        return draft_named(drafts_of(ledger), ident)


def undone(ledger: Ledger, case: Case) -> tuple[str, ...]:
    """Claims and events that the ledger says were accepted and that case.yaml does not hold, in words."""
    return tuple(
        f"Draft {d.id} was accepted as {_as(d)} on {d.at:%Y-%m-%d}, and case.yaml does not hold it: it "
        "was taken out by hand, or the command was cut off. Accept it again, or reject it."
        for d in drafts_of(ledger)
        if d.state == "accepted" and not _stands(d, case)
    )


def drafts_undone(root: Path, *, now: datetime | None = None) -> tuple[str, ...]:
    """`undone` of the case at `root`."""
    folder = open_folder(root)
    if not folder.ledger.exists():
        return ()
    case = _case(folder.root, now or datetime.now(UTC))
    with Ledger(folder.ledger) as ledger:
        return undone(ledger, case)


def _stands(draft: Draft, case: Case) -> bool:
    if draft.event:
        return any(e.id == draft.event for e in case.events)
    return any(c.id == draft.claim for c in case.claims)


def _as(draft: Draft) -> str:
    return f"event {draft.event}" if draft.event else f"claim {draft.claim}"


def _case(root: Path, now: datetime) -> Case:
    from overlook.case import read_case

    return read_case(root, now=now)
