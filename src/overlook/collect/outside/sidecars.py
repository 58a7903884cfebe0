"""STAC side-cars, through pystac."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapely.errors import ShapelyError

from overlook.collect.item import from_item
from overlook.collect.names import SIDECAR
from overlook.collect.outside.files import read_text, write
from overlook.errors import InputError
from overlook.terms import Scene

if TYPE_CHECKING:
    pass


def write_sidecar(path: Path, item: dict[str, Any]) -> None:
    """A STAC Item through pystac, which refuses what is none."""
    import pystac

    checked = pystac.Item.from_dict(item, preserve_dict=True)
    checked.stac_extensions = list(item["stac_extensions"])
    write(path, json.dumps(checked.to_dict(include_self_link=False, transform_hrefs=False), indent=1).encode())


def read_sidecar(path: Path) -> tuple[Scene, dict[str, Any]]:
    """The scene of a side-car, and the Item itself. Raises InputError naming the file when it is broken."""
    text = read_text(path)
    try:
        item = json.loads(text)
        scene = from_item(item)
        # Ids are names in the ledger and in the report: two side-cars of one id would be one image.
        if scene.id + SIDECAR != path.name:
            raise ValueError(f"its id {scene.id!r} is not its name")  # noqa: TRY301
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError, ShapelyError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(
            "E-INPUT-SIDECAR",
            f"this side-car is broken ({what[:160]})",
            where=str(path),
            remedy="restore it, or move it away and add the image again",
        ) from error
    return scene, item
