"""An assessment in the formats of others: which files, and which names and places may stand in them.

Nothing here judges or computes: an export says what the assessment holds, no more. It writes nothing either; `write`
does, file by file, each whole or not at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from overlook.errors import StoreError
from overlook.report.record import is_published
from overlook.terms import Assessment, Claim, Commitment, Obligation, OpenTerm, SignedOpinion, Source, require_utc

Format = Literal["claimreview", "prov", "csv", "parquet", "csl"]
FORMATS: tuple[Format, ...] = get_args(Format)
#: What stands where a source is anonymous.
UNNAMED = "unnamed source"
_VERBATIM = (
    (Claim, "quote"),
    (Commitment, "text"),
    (Commitment, "undefined"),
    (Obligation, "text"),
    (Obligation, "undefined"),
    (Obligation, "defined"),
    (OpenTerm, "term"),
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A claim that the export does not hold, and why."""

    claim: str
    why: str


@dataclass(frozen=True, slots=True)
class Exported:
    """Files by name. One file stands alone; several belong into one folder."""

    files: tuple[tuple[str, bytes], ...]
    left_out: tuple[LeftOut, ...] = ()


def exported(
    assessment: Assessment,
    to: Format,
    *,
    made: datetime,
    own_digest: str,
    publication: bool = False,
) -> Exported:
    """The assessment in one format. `made` is when it was made (UTC), `own_digest` its digest in the store.

    `publication`: what a published report leaves out is left out, and anonymous sources lose the names that the case
    gives them. ClaimReview is made for publication always.

    Raises RefusedError (exit 4) for ClaimReview when no claim may be exported, or a sentence may not be said;
    ValueError when `made` is not in UTC.
    """
    from overlook.report import claimreview, csl, prov, publish, tables_out

    require_utc("made", made)
    if publication or to == "claimreview":
        assessment, _ = publish.for_publication(unnamed(assessment))
        assessment = replace(assessment, record=tuple(r for r in assessment.record if is_published(r.act)))
    if to == "claimreview":
        documents, left_out = claimreview.claim_reviews(assessment)
        return Exported((("claimreview.jsonld", _json(documents)),), left_out)
    if to == "prov":
        graph = prov.provenance(assessment, made=made, own_digest=own_digest)
        return Exported((("prov.json", _json(graph)),))
    if to == "csl":
        return Exported((("citations.json", _json(csl.citations(assessment, made=made, own_digest=own_digest))),))
    tables = tables_out.tables(assessment, made=made, own_digest=own_digest, publication=publication)
    encode = tables_out.as_csv if to == "csv" else tables_out.as_parquet
    return Exported(tuple((f"{name}.{to}", encode(table)) for name, table in tables.items()))


def write_files(files: tuple[tuple[Path, bytes], ...], *, force: bool = False) -> None:
    """Write each file whole or not at all: nothing is put in place before all of them lie on the disk.

    Raises StoreError E-STORE-EXISTS when one is there already and not `force`, E-STORE-WRITE when one cannot be
    written; what was there before is then untouched.
    """
    from overlook.report import outside

    for path, _ in files:
        if path.is_dir() or ((path.exists() or path.is_symlink()) and not force):
            raise StoreError(
                "E-STORE-EXISTS",
                "there is a folder of that name" if path.is_dir() else "this file is there already",
                where=str(path),
                remedy="name another place with --out" + ("" if path.is_dir() else ", or overwrite it with --force"),
            )
    outside.write_all(files)


def stands(signed: SignedOpinion) -> bool:
    """Whether an opinion holds: signed over the evidence as it is, and not taken back. A dissent stands too."""
    return not signed.is_stale and signed.retraction is None


def unnamed(assessment: Assessment) -> Assessment:
    """The assessment without what the case calls its anonymous sources, their ids and citations among it."""
    hidden = [s for s in assessment.case.sources if s.kind == "anonymous"]
    ids = {s.id: f"unnamed-{n}" for n, s in enumerate(hidden, 1)}
    names = sorted({s.name for s in hidden if s.name.strip()}, key=len, reverse=True)
    if names:
        pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)")
        # What somebody said stays word for word: `Officials` as a name must not change a quote that speaks of them.
        assessment = _rewritten(assessment, lambda text: pattern.sub(UNNAMED, text), kept=_VERBATIM)
    case = assessment.case

    def renamed(source: Source) -> Source:
        source = replace(source, relies_on=tuple(ids.get(r, r) for r in source.relies_on))
        return replace(source, id=ids[source.id], name=UNNAMED, citation="") if source.id in ids else source

    case = replace(
        case,
        sources=tuple(renamed(s) for s in case.sources),
        claims=tuple(replace(c, chain=tuple(ids.get(s, s) for s in c.chain)) for c in case.claims),
        commitments=tuple(replace(k, source=ids.get(k.source, k.source)) for k in case.commitments),
        facts=tuple(replace(f, source=ids.get(f.source, f.source)) for f in case.facts),
        retractions=tuple(replace(r, source=ids.get(r.source, r.source)) for r in case.retractions),
        events=tuple(replace(e, source=ids.get(e.source, e.source)) for e in case.events),
        event_tables=tuple(replace(t, source=ids.get(t.source, t.source)) for t in case.event_tables),
    )
    told = {f"source {old}": f"source {new}" for old, new in ids.items()}
    record = tuple(replace(r, of=told.get(r.of, r.of)) for r in assessment.record)
    return replace(assessment, case=case, record=record)


def _rewritten(value: Any, text: Callable[[str], str], *, kept: Collection[tuple[type, str]] = ()) -> Any:
    """A term with every text in it rewritten but the fields of `kept`; what holds none is returned as it is."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, tuple):
        return tuple(_rewritten(v, text, kept=kept) for v in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed = {}
    for field in fields(value):
        old = getattr(value, field.name)
        new = old if (type(value), field.name) in kept else _rewritten(old, text, kept=kept)
        if new is not old and new != old:
            changed[field.name] = new
    return replace(value, **changed) if changed else value


def _json(body: Any) -> bytes:
    """JSON for people and machines: indented, UTF-8, no NaN. It can stand in a `<script>` of a page as it is.

    Outside strings JSON has no `<`; written as an escape, no text can end the script that it stands in.
    """
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, indent=1).replace("<", "\\u003c")
    return f"{text}\n".encode("utf-8", "replace")
