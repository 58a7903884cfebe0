"""YAML text to plain data and the place of every node. Knows YAML, nothing of cases; does no I/O.

A case file comes from elsewhere as often as not, so nothing in it is run or expanded without bounds: tags are
refused, aliases are shared and their expansion counted, depth and nodes are limited. Scalars follow the YAML 1.2
core schema: `on`, `yes` and dates are text; `~`, `true` and numbers are what they look like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from overlook.errors import CaseError

#: Bounds that no case written for people comes near: geometry with more points belongs in a file of its own.
MAX_BYTES = 2_000_000
MAX_NODES = 100_000
MAX_DEPTH = 64

Path = tuple[str | int, ...]

_NULL = re.compile(r"(?:null|Null|NULL|~|)\Z")
_TRUE = re.compile(r"(?:true|True|TRUE)\Z")
_FALSE = re.compile(r"(?:false|False|FALSE)\Z")
_INT = re.compile(r"[-+]?[0-9]{1,18}\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")


class IntText(int):
    """An integer that remembers how it was written, for a field that wants text (an id, a digest)."""

    raw: str


class FloatText(float):
    """A number that remembers how it was written."""

    raw: str


@dataclass(slots=True)
class Node:
    """A YAML node. `value`: text of a scalar; items of a sequence; (key, node) pairs of a mapping."""

    kind: str
    line: int
    column: int
    value: Any = ""
    is_plain: bool = False
    size: int = 1
    depth: int = 1
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """A file's data and places. `name` stands in error messages."""

    name: str
    root: Node

    def plain(self) -> Any:
        """Dicts, lists, strings, numbers, booleans and None; numbers as `IntText`, `FloatText`."""
        return _plain(self.root)

    def position(self, path: Path, *, of_key: bool = False) -> tuple[int, int]:
        """(line, column), from 1, of the value at `path`, or of the deepest node on the way that exists.

        A mapping or a sequence starts where its key does; `of_key` asks for the last key of a scalar as well.
        """
        node, at = self.root, (self.root.line, self.root.column)
        for i, step in enumerate(path):
            if node.kind == "map" and isinstance(step, str):
                child = next((v for k, v in node.value if k == step), None)
                if child is None:
                    continue
                wants_key = child.kind != "scalar" or (of_key and i == len(path) - 1)
                at = node.keys[step] if wants_key else (child.line, child.column)
                node = child
            elif node.kind == "list" and isinstance(step, int) and 0 <= step < len(node.value):
                node = node.value[step]
                at = (node.line, node.column)
        return at

    def where(self, path: Path, *, of_key: bool = False) -> str:
        line, column = self.position(path, of_key=of_key)
        return f"{self.name}:{line}:{column}"


def read_document(data: bytes, name: str) -> Document:
    """The one YAML document in `data`.

    Raises CaseError: E-CASE-TOO-LARGE, E-CASE-ENCODING, E-CASE-EMPTY, E-CASE-YAML, E-CASE-TAG,
    E-CASE-DUPLICATE-KEY.
    """
    if len(data) > MAX_BYTES:
        raise CaseError(
            "E-CASE-TOO-LARGE",
            f"the file has {len(data):,} bytes, more than {MAX_BYTES:,}",
            where=name,
            remedy="keep polygons with many points in files of their own",
        )
    text = _decode(data, name)
    root = _build(_events(text, name), name)
    if root is None or (root.kind == "scalar" and _NULL.match(root.value)):
        raise CaseError("E-CASE-EMPTY", "the file is empty", where=f"{name}:1:1", remedy="overlook init DIR")
    return Document(name, root)


def _decode(data: bytes, name: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        raise CaseError(
            "E-CASE-ENCODING",
            f"byte 0x{data[error.start]:02x} is not UTF-8",
            where=f"{name}:{line}:{column}",
            remedy="save the file as UTF-8",
        ) from error
    if not text.strip():
        raise CaseError("E-CASE-EMPTY", "the file is empty", where=f"{name}:1:1", remedy="overlook init DIR")
    return text


def _events(text: str, name: str) -> Iterator[Any]:
    """The parser's events. Only this function sees ruamel.yaml."""
    from ruamel.yaml import YAML  # 40 ms that `--help` need not pay
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        what = error.problem or error.context or "the text cannot be parsed"
        raise CaseError("E-CASE-YAML", f"not YAML: {what}", where=where) from error
    except YAMLError as error:
        what = str(error).splitlines()[0] if str(error) else "the text cannot be parsed"
        raise CaseError("E-CASE-YAML", f"not YAML: {what}", where=name) from error
    except CaseError:
        raise
    except Exception as error:
        # A pure Python parser of somebody else's text fails in more ways than it documents (chr() out of range …).
        raise CaseError("E-CASE-YAML", f"not YAML: {error or type(error).__name__}", where=name) from error


def _build(events: Iterator[Any], name: str) -> Node | None:
    """The node tree of the first document; never recursive, so that depth is ours to limit."""
    root: Node | None = None
    anchors: dict[str, Node | None] = {}
    stack: list[tuple[Node, list[Node], str | None]] = []
    documents = 0
    for event in events:
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            documents += 1
            if documents > 1:
                raise _error("E-CASE-YAML", "the file holds a second document ('---')", event, name)
        if kind in ("SequenceEndEvent", "MappingEndEvent"):
            node, items, anchor = stack.pop()
            _close(node, items, name)
            if anchor:
                anchors[anchor] = node
        elif kind in ("SequenceStartEvent", "MappingStartEvent"):
            _refuse_tag(event, name)
            node = Node("list" if kind.startswith("Seq") else "map", *_place(event))
            if len(stack) >= MAX_DEPTH:
                raise _error("E-CASE-YAML", f"nested deeper than {MAX_DEPTH} levels", event, name)
            anchor = event.anchor
            if anchor:
                anchors[anchor] = None  # until it is closed: an alias inside itself has no end
            root = _attach(node, stack, root)
            stack.append((node, [], anchor))
            continue
        elif kind == "ScalarEvent":
            _refuse_tag(event, name)
            node = Node("scalar", *_place(event), value=event.value, is_plain=bool(event.implicit[0]))
            if event.anchor:
                anchors[event.anchor] = node
            root = _attach(node, stack, root)
        elif kind == "AliasEvent":
            root = _attach(_alias(event, anchors, name), stack, root)
        else:
            continue
        _limit(stack, event, name)
    return root


def _attach(node: Node, stack: list[tuple[Node, list[Node], str | None]], root: Node | None) -> Node:
    if stack:
        stack[-1][1].append(node)
    return root or node


def _alias(event: Any, anchors: dict[str, Node | None], name: str) -> Node:
    if event.anchor not in anchors:
        raise _error("E-CASE-YAML", f"alias *{event.anchor} has no anchor", event, name)
    target = anchors[event.anchor]
    if target is None:
        raise _error("E-CASE-YAML", f"alias *{event.anchor} lies inside itself", event, name)
    return target


def _close(node: Node, items: list[Node], name: str) -> None:
    """Fill a collection from its finished items, and sum its expanded size and depth."""
    node.size = 1 + sum(i.size for i in items)
    node.depth = 1 + max((i.depth for i in items), default=0)
    if node.size > MAX_NODES:
        raise CaseError(
            "E-CASE-TOO-LARGE",
            f"with its aliases the file holds more than {MAX_NODES:,} values",
            where=f"{name}:{node.line}:{node.column}",
            remedy="write out what is meant, and keep polygons with many points in files of their own",
        )
    if node.depth > MAX_DEPTH:
        raise CaseError(
            "E-CASE-YAML", f"nested deeper than {MAX_DEPTH} levels", where=f"{name}:{node.line}:{node.column}"
        )
    if node.kind == "list":
        node.value = items
        return
    pairs = list(zip(items[::2], items[1::2], strict=True))
    for key, _ in pairs:
        place = (key.line, key.column)
        if key.kind != "scalar":
            raise CaseError("E-CASE-YAML", "a key must be text", where=f"{name}:{key.line}:{key.column}")
        if key.value in node.keys:
            raise CaseError(
                "E-CASE-DUPLICATE-KEY",
                f"{key.value[:64]!r} is given twice, first on line {node.keys[key.value][0]}",
                where=f"{name}:{key.line}:{key.column}",
            )
        node.keys[key.value] = place
    node.value = [(key.value, value) for key, value in pairs]


def _limit(stack: list[tuple[Node, list[Node], str | None]], event: Any, name: str) -> None:
    # An open collection's size is not summed yet: its own items bound it meanwhile.
    if stack and len(stack[-1][1]) > MAX_NODES:
        raise _error("E-CASE-TOO-LARGE", f"more than {MAX_NODES:,} values", event, name)


def _refuse_tag(event: Any, name: str) -> None:
    tag = event.tag
    if tag:
        raise _error(
            "E-CASE-TAG", f"the tag {tag[:64]} is not used here; values are read for what they are", event, name
        )


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _error(code: str, what: str, event: Any, name: str) -> CaseError:
    line, column = _place(event)
    return CaseError(code, what, where=f"{name}:{line}:{column}")


def _plain(node: Node) -> Any:
    if node.kind == "map":
        return {key: _plain(value) for key, value in node.value}
    if node.kind == "list":
        return [_plain(item) for item in node.value]
    return _scalar(node.value) if node.is_plain else node.value


def _scalar(text: str) -> Any:
    """A plain scalar by the YAML 1.2 core schema; without octal, hexadecimal, infinity and not-a-number."""
    if _NULL.match(text):
        return None
    if _TRUE.match(text) or _FALSE.match(text):
        return text.lower() == "true"
    if _INT.match(text):
        whole = IntText(text)
        whole.raw = text
        return whole
    if len(text) <= 64 and _FLOAT.match(text):
        number = FloatText(text)
        number.raw = text
        return number
    return text
