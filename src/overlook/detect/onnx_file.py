"""Where an ONNX file says that its weights lie: read from its bytes, so that nothing is opened before it is allowed.

The runtime would follow a path out of the model's folder, or fail after having read what it points at. This walks only
the parts of the format (protocol buffers; onnx.proto3, IR version 10) that can hold a tensor.
"""

from __future__ import annotations

from collections.abc import Iterator

#: Messages that can hold tensors, and the fields of each that lead on: field number -> message.
_PATHS: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
    "entry": {},
}
_DEEPEST = 64


def external_locations(data: bytes) -> tuple[str, ...]:
    """The `location` of every tensor kept in another file, in order of appearance, each once.

    Raises ValueError when the bytes are not an ONNX model: not protocol buffers, no graph, or nested beyond reason.
    """
    if not any(field == 7 for field, _ in _fields(memoryview(data))):
        raise ValueError("it has no graph")
    return tuple(dict.fromkeys(_locations(memoryview(data), "model", 0)))


def _locations(message: memoryview, kind: str, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        raise ValueError("it is nested beyond reason")
    for field, value in _fields(message):
        inner = _PATHS[kind].get(field)
        if inner == "entry":
            entry = {number: bytes(content).decode("utf-8", "replace") for number, content in _fields(value)}
            if entry.get(1) == "location":
                yield entry.get(2, "")
        elif inner:
            yield from _locations(value, inner, depth + 1)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The length-delimited fields of a message; others are stepped over."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        field, wire = key >> 3, key & 7
        if field == 0:
            raise ValueError("it is not a protocol buffer")
        if wire == 0:
            _, at = _varint(message, at)
        elif wire in (1, 5):
            at += 8 if wire == 1 else 4
        elif wire == 2:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise ValueError("it is cut short")
            yield field, message[at : at + length]
            at += length
        else:
            raise ValueError("it is not a protocol buffer")
    if at > len(message):
        raise ValueError("it is cut short")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise ValueError("it is cut short")
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
