"""Names that are safe as a file name, in a terminal and on a page: letters, digits, dot, dash, underscore."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 100
SIDECAR = ".stac.json"
COUNTS = ".counts.csv"


def safe_name(name: str, *, otherwise: str = "image") -> str:
    """`name` with every other character replaced by "_"; never hidden, never a path, at most 100 characters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", plain)
    plain = re.sub(r"\.{2,}", ".", plain).strip("._-")[:_LONGEST].strip("._-")
    return plain or otherwise


def is_safe(name: str) -> bool:
    """A plain file name, as `safe_name` makes them: no separator, no leading dot."""
    return re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,200}", name) is not None and ".." not in name


def split_name(name: str) -> tuple[str, str]:
    """A file name's stem and its last suffix in lower case."""
    stem, dot, suffix = name.rpartition(".")
    return (stem, f".{suffix.lower()}") if dot and stem else (name, "")


def belongs_to(boxes_name: str, scene_ids: list[str]) -> str | None:
    """The scene that a file of boxes is named after: `SCENE.anything` or `SCENE_boxes.anything`; the longest wins."""
    name = safe_name(boxes_name, otherwise="")
    stem, _ = split_name(name)
    plain = re.sub(r"[_-](boxes|labels|annotations)$", "", stem)
    fits = [s for s in scene_ids if s in (stem, plain) or name.startswith(f"{s}.")]
    return max(fits, key=len, default=None)
