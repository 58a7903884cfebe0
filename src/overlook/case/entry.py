"""What every mapping of case.yaml has in common, and how its fields are described."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

#: Lists longer than these are data, not declarations.
MANY = 2_000


class Entry(BaseModel):
    """A mapping of case.yaml. Unknown keys are mistakes; a key with nothing after it is as if not written."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        names = {f.alias or name for name, f in cls.model_fields.items()}
        return {k: v for k, v in data.items() if v is not None or k not in names}


def described(description: str, default: Any = ..., **more: Any) -> Any:
    """A field with its description; a list's default is a new list."""
    if default == []:
        return Field(default_factory=list, description=description, max_length=MANY, **more)
    return Field(default, description=description, **more)
