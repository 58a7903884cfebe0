"""The code version of a step: the digest of the rooms it runs through.

A step's key changes when code that can change its result changes, and only then: mending the report leaves chips alone.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

#: Libraries whose numbers end up in results, beside our own code.
LIBRARIES = ("numpy", "scipy", "numba", "rasterio", "shapely", "pyproj", "scikit-image", "onnxruntime", "pyarrow")
_PACKAGE = Path(__file__).resolve().parents[1]
_SOURCES = (".py", ".j2", ".css", ".yaml")


@cache
def library_versions() -> tuple[tuple[str, str], ...]:
    return tuple((name, version(name)) for name in LIBRARIES)


@cache
def code_digest(*rooms: str) -> str:
    """SHA-256 over the source files of `rooms`, of terms, and over the libraries' versions."""
    total = hashlib.sha256(repr(library_versions()).encode())
    for room in sorted({*rooms, "terms"}):
        for path in sorted((_PACKAGE / room).rglob("*")):
            if path.suffix in _SOURCES:
                total.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0")
                total.update(path.read_bytes())
    return total.hexdigest()


def package_version() -> str:
    return version("overlook")
