"""Where the report touches the outside: its templates in the package, encoded pictures, and the file it writes."""

from __future__ import annotations

import base64
import contextlib
import io
import os
import re
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image

from overlook.errors import StoreError

#: Pictures of at most this many pixels are kept without loss; larger ones are JPEG.
LOSSLESS_PIXELS = 60_000
JPEG_QUALITY = 88
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e]")


def data_uri(pixels: NDArray[np.uint8]) -> str:
    """A picture made anew from pixels alone, so that it carries no metadata: (rows, columns, 1, 3 or 4), uint8."""
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else np.ascontiguousarray(pixels))
    buffer = io.BytesIO()
    if pixels.shape[2] == 4:
        image.quantize(4).save(buffer, "PNG", optimize=True)
        kind = "png"
    elif pixels.shape[0] * pixels.shape[1] <= LOSSLESS_PIXELS:
        image.save(buffer, "PNG")
        kind = "png"
    else:
        image.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
        kind = "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def fill(template: str, **values: Any) -> str:
    """The template of that name in this package, filled. Every value is escaped; a missing one is an error."""
    return _environment().get_template(template).render(style=_style(), **values)


def write_text(text: str, path: Path) -> None:
    """Write the file whole or not at all. Raises StoreError E-STORE-WRITE."""
    write_all(((path, text.encode("utf-8")),))


def write_all(files: Sequence[tuple[Path, bytes]]) -> None:
    """Write each file whole or not at all; none is put in place before all are on the disk.

    Raises StoreError E-STORE-WRITE.
    """
    ready: list[tuple[Path, Path]] = []
    path = Path()
    try:
        for path, data in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".report-", suffix=".tmp", dir=path.parent)
            ready.append((Path(name), path))
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for temporary, path in ready:
            temporary.chmod(0o644)
            temporary.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        for temporary, _ in ready:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        "E-STORE-WRITE",
        f"the file could not be written: {error.strerror or error}",
        where=str(path),
        remedy="make room, or give a folder that can be written to",
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("overlook.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )


@cache
def _style() -> Markup:
    # The package's own file, not a user's text.
    return Markup(files("overlook.report").joinpath("templates/report.css").read_text("utf-8"))  # noqa: S704


def _printable(value: Any) -> Any:
    """Texts without characters that HTML cannot hold or that turn the text after them; our own markup passes."""
    return _UNPRINTABLE.sub("\ufffd", value) if isinstance(value, str) and not isinstance(value, Markup) else value
