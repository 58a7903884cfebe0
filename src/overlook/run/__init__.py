"""The line itself: what runs when, what is reused, on how many processes.

`init`, `add`, `remove`, `assess`, `report`, `verify`, `pattern`, `plan` and `read` are what the commands and `import
overlook` call.
This room knows the order of the rooms and nothing of their methods; only it opens the store.
"""

from overlook.run.add import Added, Boxing, add, init
from overlook.run.assess import Assessed, assess
from overlook.run.detect import Detecting, detect
from overlook.run.download import Downloaded, NotObtained, Obtained, download
from overlook.run.drafts import Draft, drafts, keep_drafts
from overlook.run.drafts_decided import Accepted, accept_draft, drafts_undone, edit_draft, reject_draft
from overlook.run.erasing import Erasure, erase
from overlook.run.export import ExportDone, export
from overlook.run.opinions import Signed, Signing, retract, sign
from overlook.run.pattern import pattern
from overlook.run.plan import plan
from overlook.run.read import Read, read
from overlook.run.record_told import ledger_lines, ledger_record
from overlook.run.remove import remove
from overlook.run.report import report
from overlook.run.search import Searched, download_offers, search
from overlook.run.verify import Verified, verify, verify_ledger

__all__ = [
    "Accepted",
    "Added",
    "Assessed",
    "Boxing",
    "Detecting",
    "Downloaded",
    "Draft",
    "Erasure",
    "ExportDone",
    "NotObtained",
    "Obtained",
    "Read",
    "Searched",
    "Signed",
    "Signing",
    "Verified",
    "accept_draft",
    "add",
    "assess",
    "detect",
    "download",
    "download_offers",
    "drafts",
    "drafts_undone",
    "edit_draft",
    "erase",
    "export",
    "init",
    "keep_drafts",
    "ledger_lines",
    "ledger_record",
    "pattern",
    "plan",
    "read",
    "reject_draft",
    "remove",
    "report",
    "retract",
    "search",
    "sign",
    "verify",
    "verify_ledger",
]
