"""overlook demo [DIR]: a simulated site, assessed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import typer

from overlook.cli import assess, say

#: Beside the case while it is being made, with the seed in it: one that was stopped is made again, not taken for done
_UNFINISHED = "unfinished"


def register(app: typer.Typer) -> None:
    @app.command()
    def demo(
        folder: Path = typer.Argument(
            Path("demo"), metavar="[DIR]", help="Where to make the case; `demo` if left out."
        ),
        seed: int = typer.Option(2018, min=0, help="Of the simulated year: another seed, another year."),
        workers: int = say.WORKERS,
        as_json: bool = say.JSON,
    ) -> None:
        """Make a simulated site with known truth, have a simulated reader draw boxes, and assess it."""
        from overlook import run

        if _is_to_make(folder, seed):
            _make(folder, seed)
        with say.progress() as progress:
            assessed = run.assess(folder / "case", workers=workers, progress=progress)
        assess.tell(assessed, as_json=as_json)


def _make(folder: Path, seed: int) -> None:
    """Draw the material and make a case of it. Raises OverlookError; the next call begins again."""
    from overlook import run
    from overlook.collect import Registering
    from overlook.errors import CaseError
    from overlook.simulate import demo_spec, make_material
    from overlook.terms import Rights

    case, spec = folder / "case", demo_spec()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _UNFINISHED).write_text(f"{seed}\n", encoding="ascii")
    except OSError as error:
        why = f"the demo cannot be made here ({error.strerror})"
        raise CaseError("E-CASE-FOLDER", why, where=str(folder), remedy="name a folder you may write to") from error
    with say.progress() as progress:
        material = make_material(folder / "material", spec, seed, progress=partial(progress, "drawing the site"))
    if not (case / "case.yaml").exists():
        run.init(case)
    (case / "case.yaml").write_text(material.case_yaml, encoding="utf-8")
    files = [*material.images, *(m for m in material.cloud_masks if m), *material.boxes]
    registering = Registering(
        sensor=spec.sensor.name,
        why_acquired="routine",
        rights=Rights(may_publish=True, licence="made by Overlook", credit="simulated by Overlook"),
    )
    with say.progress() as progress:
        for one in run.add(case, files, registering=registering, progress=progress):
            if one.error is not None:
                raise one.error
    (folder / _UNFINISHED).unlink()


def _is_to_make(folder: Path, seed: int) -> bool:
    """Whether the demo is still to be made. Raises CaseError when something else is here, or another seed's demo."""
    from overlook.errors import CaseError

    if (folder / _UNFINISHED).is_file() or (folder / "case" / "case.yaml").is_file():
        here = _seed_of(folder)
        if here not in (None, seed):
            raise CaseError(
                "E-CASE-OTHER",
                f"the demo of seed {here} is here, not of seed {seed}",
                where=str(folder),
                remedy="name a new folder for another year",
            )
        return (folder / _UNFINISHED).is_file()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CaseError("E-CASE-OTHER", "something else is here", where=str(folder), remedy="name a new folder")
    return True


def _seed_of(folder: Path) -> int | None:
    """The seed of the demo that is here; None when nothing tells it."""
    import json

    try:
        if (folder / _UNFINISHED).is_file():
            return int((folder / _UNFINISHED).read_text(encoding="ascii"))
        return int(json.loads((folder / "material" / "truth.json").read_text(encoding="utf-8"))["seed"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
