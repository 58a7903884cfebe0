"""overlook detect IMAGE --out FILE: boxes from an image, and how many there probably were."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import typer

from overlook.cli import say


def register(app: typer.Typer) -> None:
    @app.command()
    def detect(
        image: Path = typer.Argument(..., metavar="IMAGE", help="GeoTIFF, PNG, JPEG, NITF or JPEG 2000."),
        out: Path = typer.Option(..., help="Boxes, as .geojson, .gpkg or .parquet by the name."),
        gsd: float | None = typer.Option(
            None, metavar="METRES", help="Pixel size on the ground. Needed unless the image says it."
        ),
        model: Path | None = typer.Option(
            None, metavar="CARD", help="A model's card, a JSON file beside its ONNX file. The one that ships otherwise."
        ),
        zones: Path | None = typer.Option(
            None, metavar="FILE", help="Polygons (.geojson, .gpkg, .kml): only they are searched."
        ),
        min_score: float | None = typer.Option(
            None,
            metavar="S",
            help="Give boxes from this score on, too. Counted are those at the card's threshold.",
        ),
        preview: Path | None = typer.Option(None, metavar="PNG", help="Also draw the counted boxes, for a quick look."),
        runtime: Literal["onnxruntime", "openvino"] | None = typer.Option(
            None, metavar="NAME", help="onnxruntime or openvino, rather than the card's own."
        ),
        threads: int = typer.Option(2, min=1, max=64, help="Threads of the network."),
        as_json: bool = say.JSON,
    ) -> None:
        """Find vehicles and the like in one image: boxes to a file, and how many there probably were."""
        from overlook import run

        how = run.Detecting(
            gsd_m=gsd,
            card=model,
            zones=zones,
            min_score=min_score,
            preview=preview,
            runtime=runtime,
            threads=threads,
        )
        found = run.detect(image, out, how)
        if as_json:
            say.document(found)
            return
        for line in _lines(found, out):
            print(line)


def _lines(found: Mapping[str, Any], out: Path) -> list[str]:
    lines = [f"{cls}: {_count(told)}" for cls, told in found["counts"].items()]
    if not lines:
        lines = ["nothing was searched: no pixel that was looked at is usable"]
    lines += [f"note: {note}" for note in found["notes"]]
    return [*lines, f"boxes: {out}"]


def _count(told: Mapping[str, Any]) -> str:
    boxes = f"{told['detected']} box{'' if told['detected'] == 1 else 'es'}"
    estimate = told["estimate"]
    if estimate is not None:
        return f"{boxes}; estimated {estimate['low']}–{estimate['high']} ({estimate['level']:.0%})"
    return f"{boxes}; how many there were is not known" if told["detected"] else boxes
