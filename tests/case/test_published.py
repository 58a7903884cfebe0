"""The published schema and reference page are what the reader reads by."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest

from overlook.case.__main__ import main
from overlook.case.document import read_document
from shared import ROOT

REFERENCE = ROOT / "docs" / "reference"
EXAMPLES = sorted((ROOT / "examples").glob("*/case.yaml"))


def test_the_committed_schema_and_page_are_current() -> None:
    assert (REFERENCE / "case.schema.json").read_text(encoding="utf-8") == main("schema")
    assert (REFERENCE / "case-yaml.md").read_text(encoding="utf-8") == main("reference")


def test_every_code_is_documented() -> None:
    sources = [p.read_text(encoding="utf-8") for p in (ROOT / "src/overlook/case").glob("*.py")]
    page = (REFERENCE / "case-yaml.md").read_text(encoding="utf-8")
    codes = {
        c for s in sources for c in re.findall(r'"(?:E-CASE-)([A-Z-]+)"|Mistake\(\s*"([A-Z-]+)"', s) for c in c if c
    }
    assert len(codes) > 10
    assert all(f"`{code}`" in page or f"`E-CASE-{code}`" in page for code in codes)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize("path", EXAMPLES, ids=[p.parent.name for p in EXAMPLES])
def test_every_example_fits_the_schema(path: object) -> None:
    from pathlib import Path

    assert isinstance(path, Path)
    schema = json.loads(main("schema"))
    jsonschema.Draft202012Validator.check_schema(schema)
    plain = read_document(path.read_bytes(), "case.yaml").plain()
    jsonschema.Draft202012Validator(schema).validate(plain)
    plain["claims"][0]["kind"] = "indirekt"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(plain)
