"""Overlook: what overhead imagery of a site shows, and what it could have missed.

The verbs of the command line are functions here: `overlook.assess(path)`. The words they speak are in
`overlook.terms`, the statistics alone in `overlook.activity`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from overlook.run import add, assess, export, init, pattern, plan, read, remove, report, verify

__all__ = ["add", "assess", "export", "init", "pattern", "plan", "read", "remove", "report", "verify"]


def __getattr__(name: str) -> Any:
    # Loaded on first use: the command line must answer --help before the libraries below are in.
    if name in __all__:
        from importlib import import_module

        from overlook import run

        # The room `report` takes its name here when it is first imported: before the verb of that name does, not after.
        import_module("overlook.report")
        globals().update({verb: getattr(run, verb) for verb in __all__})
        return globals()[name]
    raise AttributeError(f"module 'overlook' has no attribute '{name}'")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
