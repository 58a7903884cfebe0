"""An entry more in case.yaml: the rest stays byte for byte, whatever way it is written."""

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlook.case import amend
from overlook.case.document import read_document
from overlook.errors import CaseError

ENTRY = {"id": "n", "quote": 'A "quote": # not a comment', "chain": ["a", "on"], "parts": [{"x": 1.5, "y": True}]}
WRITTEN = {
    "a block": (
        "claims:   # these\n  - id: c1\n    quote: |\n      abc\n\n    chain: [x]  # why\n  # last\n\n# events\nid: x\n"
    ),
    "dashes at the margin": "claims:\n- id: a\n  q: |\n    x\n\nid: x\n",
    "nothing": "id: x",
    "an empty value": "claims: # none yet\nid: x\n",
    "empty brackets": "claims: []  # none yet\nid: x\n",
    "brackets": "claims: [{id: a}, {id: b}] # two\nid: x\n",
    "brackets with a comma at the end": "claims: [{id: a}, ]\nid: x\n",
    "brackets over lines": "claims: [\n  {id: a} # one\n]\nid: x\n",
    "lines of Windows": "id: x\r\nclaims:\r\n  - {id: a, l: [1, 2]}\r\n",
    "a byte-order mark": "\ufeffid: x\nclaims:\n  - id: a\n",
    "no last line break": "claims:\n  - id: a",
    "the key elsewhere": "# claims: []\nid: {claims: [x]}\nnote: 'claims: []'\n",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_an_entry_is_added_and_nothing_else_changes(text: str) -> None:
    before = read_document(text.encode(), "case.yaml").plain()
    after = amend(text.encode(), "claims", [ENTRY]).decode()
    assert read_document(after.encode(), "case.yaml").plain() == {
        **before,
        "claims": [*(before.get("claims") or []), ENTRY],
    }
    lines = list(difflib.ndiff(text.splitlines(), after.splitlines()))
    # At most the line of the list itself is touched; every comment is there.
    assert sum(line.startswith("- ") for line in lines) <= 1
    assert all(c in after for c in ("these", "why", "last", "events", "none yet", "two", "one") if f"# {c}" in text)
    assert ("\r\n" in after) == ("\r\n" in text)
    assert after.count("\n") == after.count("\r\n") or "\r\n" not in text
    assert after.startswith("\ufeff") == text.startswith("\ufeff")


@pytest.mark.parametrize("text", ["a: &k [x]\nclaims: *k\n", "claims: {a: b}\n", "claims: text\n", "claims: ~\n"])
def test_what_has_no_place_for_it_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(CaseError, match="by hand") as caught:
        amend(text.encode(), "claims", [ENTRY])
    assert caught.value.code == "E-CASE-AMEND"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20), min_size=1, max_size=4))
def test_any_text_comes_back_as_it_was(texts: list[str]) -> None:
    entry = {"id": "n", "quote": texts[0], "reasons": texts, "part": {"statement": texts[-1]}}
    data = amend(amend(b"id: x\n", "claims", [entry]), "claims", [entry])
    assert read_document(data, "case.yaml").plain()["claims"] == [entry, entry]
