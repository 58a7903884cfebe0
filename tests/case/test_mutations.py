"""Whatever happens to a case file, reading it gives a case or one line that says what is wrong, and soon."""

from __future__ import annotations

import copy
import io
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from overlook.case import case_files, read_case
from overlook.errors import CaseError
from overlook.terms import Case
from shared import ROOT

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = [p.read_bytes() for p in sorted((ROOT / "examples").glob("*/case.yaml"))]

odd_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["2018-06-12", "2018-13-99", "EPSG:32651", "local", "POLYGON ((0 0, 1 1))", "../x", "9" * 400]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
    st.just({"file": "case.yaml"}),
    st.just({"type": "Polygon", "coordinates": [[[0, 0], [0, 0], [0, 0]]]}),
)  # fmt: skip


def outcome(data: bytes) -> Case | CaseError:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "case.yaml").write_bytes(data)
        began = time.process_time()
        try:
            case_files(folder)
            found: Case | CaseError = read_case(folder, now=NOW)
        except CaseError as error:
            found = error
        assert time.process_time() - began < 10
        assert (folder / "case.yaml").read_bytes() == data
        assert len(list(folder.iterdir())) == 1
    if isinstance(found, CaseError):
        assert str(found)
        assert "\n" not in str(found)
        assert len(str(found)) < 1000
        assert found.code.startswith("E-CASE-")
    return found


def nodes(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(p for key, child in children for p in nodes(child, (*path, key)))]


def mutate(tree: Any, path: tuple[Any, ...], how: str, value: Any) -> None:
    *above, last = path
    for step in above:
        tree = tree[step]
    if how == "replace":
        tree[last] = copy.deepcopy(value)  # the strategy hands out one object; a later mutation must not reach it
    elif how == "delete":
        del tree[last]
    elif isinstance(tree, list):
        tree.insert(last, copy.deepcopy(tree[last]))
    else:
        tree[f"{last}x"] = copy.deepcopy(tree[last])


def dumped(tree: Any) -> bytes:
    out = io.BytesIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = True
    yaml.dump(tree, out)
    return out.getvalue()


def load(data: bytes) -> Any:
    return YAML(typ="safe", pure=True).load(data)


TREES = [load(t) for t in TEXTS]


def test_the_examples_are_cases() -> None:
    assert len(TEXTS) >= 4
    assert all(isinstance(outcome(t), Case) for t in TEXTS)


@settings(max_examples=70, deadline=None)
@given(st.data())
def test_deleted_doubled_and_replaced_nodes(data: st.DataObject) -> None:
    tree = copy.deepcopy(data.draw(st.sampled_from(TREES)))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([p for p in nodes(tree) if p]))
        mutate(tree, path, data.draw(st.sampled_from(["delete", "double", "replace"])), data.draw(odd_values))
        if not tree:
            break
    outcome(dumped(tree))


@settings(max_examples=70, deadline=None)
@given(st.data())
def test_flipped_cut_and_repeated_bytes(data: st.DataObject) -> None:
    text = bytearray(data.draw(st.sampled_from(TEXTS)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        how = data.draw(st.sampled_from(["flip", "cut", "insert", "repeat"]))
        if how == "flip":
            text[at] ^= 1 << data.draw(st.integers(0, 7))
        elif how == "cut":
            del text[at : at + data.draw(st.integers(1, 200))]
        elif how == "insert":
            text[at:at] = data.draw(
                st.sampled_from([b"&a ", b"*a", b"!!set ", b"{", b"]", b"\t", b"\x00", b"\xff", b"%", b"---\n"])
            )
        else:
            text[at:at] = text[at : at + 40]
        if not text:
            break
    outcome(bytes(text))


@settings(max_examples=50, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text(alphabet="ab:-#[]{}&*!|>'\"%@ \n\t0", max_size=60).map(str.encode)))
def test_any_bytes(data: bytes) -> None:
    outcome(data)
