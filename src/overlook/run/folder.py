"""Where things are in a case folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from overlook.errors import CaseError


@dataclass(frozen=True, slots=True)
class CaseFolder:
    """The places of one case (docs/design.md, "A case folder")."""

    root: Path

    @property
    def case_yaml(self) -> Path:
        return self.root / "case.yaml"

    @property
    def imagery(self) -> Path:
        return self.root / "imagery"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.sqlite"

    @property
    def derived(self) -> Path:
        return self.root / ".overlook"

    @property
    def searches(self) -> Path:
        return self.root / "searches"

    @property
    def removed(self) -> Path:
        return self.root / "removed"

    @property
    def report(self) -> Path:
        return self.root / "report"


def open_folder(root: Path) -> CaseFolder:
    """The case folder at `root`. Raises CaseError when there is no case.yaml."""
    folder = CaseFolder(Path(root))
    if folder.root.is_file():
        raise CaseError(
            "E-CASE-NONE",
            "this is a file, not a case folder",
            where=str(root),
            remedy="name the folder that holds case.yaml first, files after it",
        )
    if not folder.case_yaml.is_file():
        raise CaseError(
            "E-CASE-NONE",
            "there is no case here",
            where=str(folder.case_yaml),
            remedy=f"`overlook init {root}`, or name the folder that holds case.yaml",
        )
    return folder
