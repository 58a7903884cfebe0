"""Derived values by digest, and the ledger of what was done.

Two parts, both on disk: `Store` keeps what can be made again (content-addressed, written atomically, so that a kill at
any moment loses at most the step under way); `Ledger` keeps what cannot (append-only, hash-chained). Neither knows what
the values mean, and neither ever changes what it wrote.
"""

from overlook.store.exported import Chain, check_export
from overlook.store.ledger import Entry, Ledger
from overlook.store.objects import Damage, Step, Store, clean, locked

__all__ = ["Chain", "Damage", "Entry", "Ledger", "Step", "Store", "check_export", "clean", "locked"]
