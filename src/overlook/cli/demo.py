"""overlook demo [DIR]: a simulated site, assessed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import typer

from overlook.cli import assess, say


def register(app: typer.Typer) -> None:
    @app.command()
    def demo(
        folder: Path = typer.Argument(Path("demo"), metavar="[DIR]", help="Where to make the case."),
        seed: int = typer.Option(2018, help="Of the simulated year: another seed, another year."),
        workers: int = say.WORKERS,
        as_json: bool = say.JSON,
    ) -> None:
        """Make a simulated site with known truth, have a simulated reader draw boxes, and assess it."""
        from overlook import run
        from overlook.collect import Registering
        from overlook.errors import CaseError
        from overlook.simulate import demo_spec, make_material
        from overlook.terms import Rights

        case = folder / "case"
        if not (case / "case.yaml").exists():
            if folder.exists() and any(folder.iterdir()):
                raise CaseError(
                    "E-CASE-OTHER", "the folder holds something else", where=str(folder), remedy="name a new folder"
                )
            spec = demo_spec()
            with say.progress() as progress:
                material = make_material(
                    folder / "material", spec, seed, progress=partial(progress, "drawing the site")
                )
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
        with say.progress() as progress:
            assessed = run.assess(case, workers=workers, progress=progress)
        assess.tell(assessed, as_json=as_json)
