"""Who relies on whom, as a drawing and as tables: origins left, what was read right, and what goes back to one origin.

Grades of sources and of statements stand side by side and are never made one. Lengths are in units of the view box.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from overlook.report.said import ClaimView, SourceView, sources
from overlook.report.sources_layout import BOX_HEIGHT, BOX_WIDTH, Layout, Node, layout
from overlook.report.words import counted, isolated, listed, percent
from overlook.terms import Assessment, Case, Reliance, StatementOrigins

#: More than these would be a drawing that nobody reads; the tables hold all.
MOST_SOURCES = 40
_NAME = 22


@dataclass(frozen=True, slots=True)
class Box:
    """One source. `lines` is its name, wrapped; `detail` its kind and reliability."""

    x: float
    y: float
    lines: tuple[str, ...]
    detail: str
    name: str
    anchor: str
    is_origin: bool
    is_anonymous: bool
    in_circle: bool


@dataclass(frozen=True, slots=True)
class Arrow:
    path: str
    text: str
    in_circle: bool


@dataclass(frozen=True, slots=True)
class StatementRow:
    statement: str
    claims: tuple[tuple[int, str], ...]
    read_in: str
    origins: tuple[tuple[str, str], ...]
    independent: int
    anonymous: str
    #: The credibility of each claim, in the claims' order.
    credibility: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocumentRow:
    name: str
    n: int
    single: int
    anonymous: int
    share: str
    origins: str


@dataclass(frozen=True, slots=True)
class SourcesView:
    width: float
    height: float
    box_width: float
    box_height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    summary: str
    circles: tuple[str, ...]
    statements: tuple[StatementRow, ...]
    documents: tuple[DocumentRow, ...]
    reliances: tuple[tuple[str, str, str], ...]


def sources_view(assessment: Assessment, claims: Sequence[ClaimView]) -> SourcesView | None:
    """None for a case in which nobody relies on anybody and nothing is claimed."""
    graph, case = assessment.source_graph, assessment.case
    if not graph.reliances and not graph.statements:
        return None
    known = sources(case)
    names = {id_: isolated(s.name) for id_, s in known.items()}
    shown = _shown(assessment)
    circled = {s for c in graph.circles for s in c.sources}
    drawn = layout(shown, [(r.on, r.of) for r in graph.reliances if r.on in shown and r.of in shown])
    n_linked = len(_linked(assessment))
    at = {c.id: (c.number, c.anchor, c.credibility) for c in claims}
    return SourcesView(
        width=drawn.width,
        height=drawn.height,
        box_width=BOX_WIDTH,
        box_height=BOX_HEIGHT,
        boxes=tuple(_box(n, known, case, set(graph.origins), circled) for n in drawn.nodes),
        arrows=_arrows(drawn, graph.reliances, names, [set(c.sources) for c in graph.circles]),
        summary=_summary(assessment, names, len(shown), n_linked),
        circles=tuple(_circle(c.sources, c.claims, names, at) for c in graph.circles),
        statements=tuple(_statement(s, at, known) for s in graph.statements),
        documents=tuple(
            DocumentRow(
                name=names.get(d.source, d.source),
                n=len(d.claims),
                single=len(d.single),
                anonymous=len(d.anonymous),
                share=percent(len(d.anonymous) / len(d.claims)),
                origins=listed(names.get(o, o) for o in d.origins),
            )
            for d in graph.documents
        ),
        reliances=tuple((names.get(r.of, r.of), names.get(r.on, r.on), _basis(r, at)) for r in graph.reliances),
    )


def _linked(assessment: Assessment) -> tuple[str, ...]:
    """Sources that stand in a chain or a reliance, those of claims first."""
    in_claims = (s for c in assessment.case.claims for s in c.chain)
    in_reliances = (s for r in assessment.source_graph.reliances for s in (r.on, r.of))
    return tuple(dict.fromkeys([*in_claims, *in_reliances]))


def _shown(assessment: Assessment) -> tuple[str, ...]:
    """In the order of the case, so that the drawing does not jump when a claim is added."""
    some = _linked(assessment)[:MOST_SOURCES]
    declared = [s.id for s in assessment.case.sources if s.id in some]
    return (*declared, *(s for s in some if s not in declared))


def _box(node: Node, known: Mapping[str, SourceView], case: Case, origins: set[str], circled: set[str]) -> Box:
    source = next((s for s in case.sources if s.id == node.id), None)
    name = source.name if source else node.id
    grade = f", {source.reliability}" if source and source.reliability else ", not graded"
    return Box(
        x=node.x,
        y=node.y,
        lines=wrapped(name),
        detail=(source.kind if source else "not declared") + grade,
        name=name,
        anchor=known[node.id].anchor if node.id in known else "",
        is_origin=node.id in origins,
        is_anonymous=source is not None and source.kind == "anonymous",
        in_circle=node.id in circled,
    )


def wrapped(name: str, width: int = _NAME) -> tuple[str, ...]:
    """At most two lines; what does not fit ends in an ellipsis."""
    lines = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    kept = lines[:2]
    if len(lines) > 2:
        kept[1] += " …"
    return tuple(line if len(line) <= width + 2 else line[: width - 1] + "…" for line in kept)


def _arrows(
    drawn: Layout, reliances: Iterable[Reliance], names: Mapping[str, str], circles: Sequence[set[str]]
) -> tuple[Arrow, ...]:
    by_pair = {(r.on, r.of): r for r in reliances}
    found = []
    for edge in drawn.edges:
        reliance = by_pair[(edge.start, edge.end)]
        text = f"{names.get(reliance.of, reliance.of)} relies on {names.get(reliance.on, reliance.on)}"
        if reliance.claims:
            text += f": {counted(len(reliance.claims), 'claim')}"
        found.append(Arrow(edge.path, text, any({edge.start, edge.end} <= c for c in circles)))
    return tuple(found)


def _basis(r: Reliance, at: Mapping[str, tuple[int, str, str]]) -> str:
    told = f"for {_claims(r.claims, at)}" if r.claims else ""
    return "; ".join(t for t in ("declared of the source" if r.declared else "", told) if t)


def _claims(ids: Sequence[str], at: Mapping[str, tuple[int, str, str]]) -> str:
    numbers = [str(at[c][0]) for c in ids if c in at]
    return f"claim {numbers[0]}" if len(numbers) == 1 else f"claims {listed(numbers)}"


def _circle(
    members: Sequence[str], claims: Sequence[str], names: Mapping[str, str], at: Mapping[str, tuple[int, str, str]]
) -> str:
    who = listed(names.get(s, s) for s in members)
    where = f", in the telling of {_claims(claims, at)}" if claims else ""
    return f"Circular reporting: {who} rely on one another{where}. Together they are one origin."


def _statement(
    s: StatementOrigins, at: Mapping[str, tuple[int, str, str]], known: Mapping[str, SourceView]
) -> StatementRow:
    def name(source: str) -> str:
        return known[source].name if source in known else source

    return StatementRow(
        statement=s.statement,
        claims=tuple(at[c][:2] for c in s.claims if c in at),
        read_in=listed(name(d) for d in s.read_in),
        origins=tuple((name(o), known[o].reliability if o in known else "not declared") for o in s.origins),
        independent=s.independent,
        anonymous=listed(name(o) for o in s.anonymous) or "none",
        credibility=tuple(at[c][2] for c in s.claims if c in at),
    )


def _summary(assessment: Assessment, names: Mapping[str, str], n_shown: int, n_linked: int) -> str:
    """The drawing in words, for who cannot see it."""
    graph = assessment.source_graph
    n = len(assessment.case.claims)
    anonymous = [c for d in graph.documents for c in d.anonymous]
    single = [c for d in graph.documents for c in d.single]
    parts = [
        f"{counted(n, 'claim')} {'goes' if n == 1 else 'go'} back to {counted(len(graph.origins), 'origin')}"
        + (f": {listed(names.get(o, o) for o in graph.origins)}." if graph.origins else ".")
    ]
    if n:
        parts.append(
            f"With a single origin: {len(single)} of {n}. With nothing but anonymous origins: {len(anonymous)} of {n}."
        )
    alone = sum(s.independent < 2 for s in graph.statements)
    parts.append(f"Told from one independent origin at most: {alone} of {counted(len(graph.statements), 'statement')}.")
    if n_shown < n_linked:
        parts.append(f"Drawn are {n_shown} of {n_linked} sources, those of claims first; the tables hold all.")
    return " ".join(parts)
