"""`remove`: take a wrong image or table out of a case. It is set aside, not deleted, and the ledger says why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from overlook.errors import UsageError
from overlook.run.add import WAIT_S
from overlook.run.folder import open_folder
from overlook.store import Ledger, locked


def remove(root: Path, names: Sequence[str], *, why: str, now: datetime | None = None) -> tuple[str, ...]:
    """Take scenes, or files of counts, out of the case, with their side-cars, boxes and masks, into `removed/`.

    Returns the files that were set aside. Evidence that was assessed and then removed is told in every later report.
    Raises InputError for a name that was not added, and removes nothing then; UsageError without a reason.
    """
    from overlook.collect import files_of, set_aside

    if not why.strip():
        raise UsageError("E-USAGE-WHY", "no reason was given", where="--why", remedy="say why it does not belong here")
    folder = open_folder(root)
    moment = now or datetime.now(UTC)
    with locked(folder.derived, wait_s=WAIT_S), Ledger(folder.ledger) as ledger:
        groups = {name: files_of(folder.imagery, name) for name in names}
        for name, files in groups.items():
            # The ledger first: killed in between, the files are still there and can be removed again.
            body = {"name": name, "paths": list(files), "why": ledger.keep_text(why.strip())}
            ledger.append("removed", body, now=moment)
            set_aside(folder.imagery, files, folder.removed)
    return tuple(file for files in groups.values() for file in files)
