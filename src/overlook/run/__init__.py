"""The line itself: what runs when, what is reused, on how many processes.

`init`, `add`, `remove`, `assess`, `report`, `verify`, `pattern` and `plan` are what the commands and `import
overlook` call.
This room knows the order of the rooms and nothing of their methods; only it opens the store.
"""

from overlook.run.add import Added, Boxing, add, init
from overlook.run.assess import Assessed, assess
from overlook.run.pattern import pattern
from overlook.run.plan import plan
from overlook.run.remove import remove
from overlook.run.report import report
from overlook.run.verify import Verified, verify

__all__ = [
    "Added",
    "Assessed",
    "Boxing",
    "Verified",
    "add",
    "assess",
    "init",
    "pattern",
    "plan",
    "remove",
    "report",
    "verify",
]
