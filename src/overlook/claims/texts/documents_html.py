"""HTML to text: what a reader would see of the page, one paragraph a block, without running or fetching anything.

Dropped: scripts, styles, templates, forms, navigation, what is declared hidden, and comments. Kept, each a paragraph of
its own: headings, bylines, captions, list items, cells. The title stands first where no heading repeats it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from overlook.errors import InputError

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_DROPPED = frozenset(
    {
        "script", "style", "noscript", "template", "nav", "head", "title", "svg", "math", "iframe", "frame", "object",
        "embed", "canvas", "audio", "video", "button", "select", "input", "textarea", "datalist", "dialog", "map",
        "menu", "menuitem",
    }
)  # fmt: skip
_BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset",
        "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "legend", "li",
        "main", "ol", "p", "pre", "section", "summary", "table", "caption", "tbody", "thead", "tfoot", "tr", "td", "th",
        "ul",
    }
)  # fmt: skip
_BYLINE = re.compile(r"(?:^|[\s_-])(?:byline|author)(?:$|[\s_-])", re.IGNORECASE)
_HIDDEN_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.IGNORECASE)
_NAVIGATION = frozenset({"navigation", "menu", "menubar", "search", "dialog", "alertdialog"})
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*?(/?)>")
#: Elements that need no closing tag say nothing of how deep the others are nested.
_UNCLOSED = frozenset(
    {
        "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup", "colgroup", "rt",
        "rp", "html", "head", "body", "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta",
        "param", "source", "track", "wbr",
    }
)  # fmt: skip
#: The time of the parser grows with the square of the depth; pages that people read are a few dozen deep.
DEEPEST = 1000
_SPACE = re.compile(r"[^\S\u00a0]+")


def html_text(markup: str, name: str = "") -> tuple[str, tuple[str, ...]]:
    """(text, notes). Paragraphs are parted by a blank line, line breaks kept, other white space folded.

    Raises InputError (E-INPUT-HTML-DEPTH) for a page nested deeper than `DEEPEST`.
    """
    from selectolax.lexbor import LexborHTMLParser

    if _depth(markup) > DEEPEST:
        what = f"the page is nested more than {DEEPEST} elements deep"
        raise InputError("E-INPUT-HTML-DEPTH", what, where=name, remedy="save its text alone")
    tree = LexborHTMLParser(markup)
    root = tree.body or tree.root
    walk = _Walk()
    if root is not None:
        walk.through(root)
    blocks = walk.blocks()
    title = _title(tree)
    if title and not any(_same(title, block) for block in blocks[:12]):
        blocks.insert(0, title)
    notes = (f"{walk.dropped} hidden parts of the page were left out",) if walk.dropped > 1 else ()
    if walk.dropped == 1:
        notes = ("a hidden part of the page was left out",)
    return "\n\n".join(blocks), notes


class _Walk:
    """The page in the order of its document, without recursion: a page may be nested deep."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        #: Parts declared hidden that held text.
        self.dropped = 0

    def through(self, root: LexborNode) -> None:
        stack: list[tuple[LexborNode | None, str, bool]] = [(root.child, "", False)]
        while stack:
            node, closing, pre = stack.pop()
            if node is None:
                self.pieces.append(closing)
                continue
            stack.append((node.next, closing, pre))
            inner = self._enter(node, pre=pre)
            if inner is not None:
                stack.append((node.child, inner, pre or node.tag == "pre"))

    def _enter(self, node: LexborNode, *, pre: bool) -> str | None:
        """Write what opens; return what closes, None when there is nothing inside to read."""
        if node.is_text_node:
            text = node.text_content or ""
            self.pieces.append(text.replace("\n", "\v") if pre else _SPACE.sub(" ", text))
            return None
        tag = node.tag or ""
        if not node.is_element_node or tag in _DROPPED:
            return None
        attributes = node.attributes
        if attributes and _is_hidden(attributes):
            self.dropped += bool((node.text() or "").strip())
            return None
        if tag == "br":
            self.pieces.append("\v")
            return None
        if tag == "q":
            self.pieces.append("“")
            return "”"
        if tag == "footer" and not _within_article(node):
            return None
        if tag in _BLOCKS or (attributes and _is_byline(attributes)):
            self.pieces.append("\f")
            return "\f"
        return ""

    def blocks(self) -> list[str]:
        """Paragraphs. Form feeds part them here, vertical tabs are line breaks."""
        found = []
        for block in "".join(self.pieces).replace("\r", "\v").split("\f"):
            lines = [_SPACE.sub(" ", line).strip(" ") for line in block.split("\v")]
            text = "\n".join(lines).strip()
            if text:
                found.append(re.sub(r"\n{2,}", "\n\n", text))
        return found


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    return (
        "hidden" in attributes
        or (attributes.get("aria-hidden") or "").lower() == "true"
        or (attributes.get("role") or "").lower() in _NAVIGATION
        or _HIDDEN_STYLE.search(attributes.get("style") or "") is not None
    )


def _is_byline(attributes: dict[str, str | None]) -> bool:
    said = " ".join(attributes.get(key) or "" for key in ("class", "rel", "itemprop"))
    return _BYLINE.search(said) is not None


def _within_article(node: LexborNode) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.tag in {"article", "main", "blockquote"}:
            return True
        parent = parent.parent
    return False


def _title(tree: object) -> str:
    node = tree.css_first("head > title")  # type: ignore[attr-defined]
    return " ".join((node.text() or "").split()) if node is not None else ""


def _same(title: str, block: str) -> bool:
    """Does the block say the title, or the title the block and the name of the site ("... - The Daily")?"""
    a, b = title.casefold(), " ".join(block.split()).casefold()
    return a == b or (len(b) > 12 and a.startswith(b))


def _depth(markup: str) -> int:
    """How deep elements stand open at most. Counted by name: a stray closing tag of another element closes nothing."""
    opened: Counter[str] = Counter()
    deepest = total = 0
    for match in _TAG.finditer(markup):
        closing, name, empty = match[1], match[2].lower(), match[3]
        if name in _UNCLOSED or empty:
            continue
        if not closing:
            opened[name] += 1
            total += 1
            deepest = max(deepest, total)
        elif opened[name]:
            opened[name] -= 1
            total -= 1
    return deepest
