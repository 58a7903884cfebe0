"""Every failure Overlook raises on purpose.

    OverlookError            root; carries a stable code, the place, and what to do
    ├── CaseError            case.yaml or a file it names is wrong              (E-CASE-*)
    ├── InputError           an image, boxes or counts file cannot be used       (E-INPUT-*)
    ├── FetchError           an address, a server or what it sent cannot be used  (E-FETCH-*)
    ├── ModelError           a detector's file does not fit its card             (E-MODEL-*)
    ├── StoreError           a derived value could not be read or written        (E-STORE-*)
    ├── IntegrityError       a digest or the ledger's chain is broken; exit 3    (E-INTEGRITY-*)
    ├── RefusedError         the report may not be made as asked; exit 4         (E-REFUSED-*)
    └── UsageError           the command line asks for what cannot be; exit 2    (E-USAGE-*)

Absence of evidence is never an exception: it is a `NotObserved`, an `undetermined`, a note.
Exceptions are for broken input, a broken source or a broken store. Errors of other libraries
are translated where they are caught, with `raise ... from`.
"""

from __future__ import annotations

#: Characters of a part of a message. A cell of a million is named by its ends.
_LONGEST = 600


class OverlookError(Exception):
    """What went wrong, where, and what to do about it.

    `code` is stable and may be matched on; `what` is one sentence without a line break; `where` is a
    file, file:line:column, field or scene; `remedy` is what the user can do, in the imperative.
    """

    exit_code = 1

    def __init__(self, code: str, what: str, *, where: str = "", remedy: str = "") -> None:
        self.code = code
        self.what = _one_line(what)
        self.where = _one_line(where)
        self.remedy = _one_line(remedy)
        super().__init__(code, what, where, remedy)

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        tail = f" Try: {self.remedy}." if self.remedy else ""
        end = "" if head.endswith(("?", "!")) else "."
        return f"{head.rstrip('.')}{end}{tail} [{self.code}]"

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders when work runs on several processes.
        return (_rebuild, (type(self), self.code, self.what, self.where, self.remedy))


class CaseError(OverlookError):
    """case.yaml, or a file that it names, cannot be understood."""


class InputError(OverlookError):
    """An image, a file of boxes or a file of counts cannot be used."""


class FetchError(OverlookError):
    """An address is refused, a server does not answer, or what it sent is not what was promised."""


class ModelError(OverlookError):
    """A detector's file is broken or does not fit its card."""


class StoreError(OverlookError):
    """A derived value could not be read or written."""


class IntegrityError(OverlookError):
    """A file does not match its digest, or the ledger's chain is broken."""

    exit_code = 3


class RefusedError(OverlookError):
    """A report was asked for that may not be made: a right, a crop or a citation is missing."""

    exit_code = 4


class UsageError(OverlookError):
    """Arguments that cannot go together."""

    exit_code = 2


def _one_line(text: str) -> str:
    """Fold white space, drop control characters that a name may carry to a terminal, and cut what fills a screen."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text[: 10 * _LONGEST]).split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST // 2]} … {plain[-_LONGEST // 2 :]}"


def _rebuild(kind: type[OverlookError], code: str, what: str, where: str, remedy: str) -> OverlookError:
    return kind(code, what, where=where, remedy=remedy)
