"""The YAML files of lexicon/, as plain values."""

from __future__ import annotations

from importlib.resources import files
from typing import Any


def read_lexicon(name: str) -> dict[str, Any]:
    """What lexicon/NAME.yaml says."""
    from ruamel.yaml import YAML

    text = files(__package__).joinpath("lexicon", f"{name}.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return loaded
