"""overlook search DIR: what catalogues hold of the sites of a case, and what of it can be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from overlook.cli import say, typed

if TYPE_CHECKING:
    from overlook.run import Downloaded, Searched
    from overlook.terms import Interval, Offer, Search

#: Offers that a listing shows; `--json` shows all.
_SHOWN = 40


def register(app: typer.Typer) -> None:
    @app.command()
    def search(
        folder: Path = typer.Argument(..., metavar="DIR", help="The case folder."),
        catalog: list[str] = typer.Option(
            [],
            "--catalog",
            help="A catalogue's name, address or file; give it several times. Without it, those of case.yaml.",
        ),
        collection: list[str] = typer.Option([], "--collection", help="Only these of its collections."),
        site: list[str] = typer.Option([], "--site", help="Only this site; without it, every site with a place."),
        start: str = typer.Option("", "--from", metavar="DATE", help="From this day (UTC) on."),
        end: str = typer.Option(
            "", "--to", metavar="DATE", help="To the end of this day; without it and --from, what the case asks for."
        ),
        limit: int = typer.Option(2000, min=1, max=100_000, help="Items of one search, at most; more is not whole."),
        download: bool = typer.Option(False, "--download", help="Fetch the sites' windows of what is fit."),
        most: int = typer.Option(20, "--max", min=1, help="Images to fetch at most, the least cloudy first."),
        all_of_it: bool = typer.Option(False, "--all", help="Fetch what seems unfit too: coarse, cloudy, dark."),
        choose: list[str] = typer.Option(
            [], "--choose", metavar="ID", help="Fetch these alone; they count as chosen, which findings name."
        ),
        workers: int = typer.Option(4, "--workers", "-j", min=1, max=32, help="Images to fetch at once."),
        as_json: bool = say.JSON,
    ) -> None:
        """Search catalogues for images of the case's sites; keep what was asked, where, when and what came back."""
        from overlook import run

        with say.progress() as progress:
            searched = run.search(
                folder,
                catalogues=catalog,
                collections=collection,
                sites=site,
                during=_during(start, end),
                limit=limit,
                progress=progress,
            )
        if not as_json:
            print("\n".join(_lines(searched)))
        fetched = _download(folder, searched, most, choose, workers, is_all=all_of_it) if download or choose else None
        if as_json:
            for row in _rows(searched, fetched):
                say.document(row)
        elif fetched is not None:
            print("\n".join(_fetched_lines(fetched)))
        if any(not s.complete for s in searched.searches) or (fetched is not None and fetched.not_obtained):
            # What came is kept; a script must be able to tell that it is not all.
            raise typer.Exit(1)


def _during(start: str, end: str) -> Interval | None:
    """--from and --to as a time. Raises UsageError for one without the other that cannot be filled."""
    from datetime import UTC, datetime

    from overlook.errors import UsageError
    from overlook.terms import Interval

    if not start and not end:
        return None
    if not start:
        raise UsageError("E-USAGE-TIME", "--to is given without --from", where="--to", remedy="give both days")
    first = typed.interval(start, "--from")
    last = typed.interval(end, "--to") if end else None
    until = last.end if last else max(datetime.now(UTC), first.end)
    if until < first.start:
        raise UsageError("E-USAGE-TIME", f"{start} to {end} ends before it starts", where="--to")
    return Interval(start=first.start, end=until)


def _download(
    folder: Path, searched: Searched, most: int, choose: Sequence[str], workers: int, *, is_all: bool
) -> Downloaded:
    """Fetch what is fit, or what was chosen. Raises UsageError for a choice that was not found."""
    from overlook import run
    from overlook.errors import UsageError

    known = {i: offer for _, offer, _, _ in searched.offers for i in (offer.id, *offer.also)}
    for wanted in choose:
        if wanted not in known:
            raise UsageError(
                "E-USAGE-OFFER",
                f"{wanted[:80]!r} is none of what was found",
                where="--choose",
                remedy="search without it, and name an image as it is listed",
            )
    if choose:
        offers = list({known[w].id: known[w] for w in choose}.values())
    else:
        fit = [o for _, o, reason, _ in searched.offers if reason == "not obtained" or (is_all and reason)]
        fit = list({o.id: o for o in fit}.values())
        offers = sorted(fit, key=lambda o: (o.cloud_cover if o.cloud_cover is not None else 0.5, o.id))[:most]
    with say.progress() as progress:
        return run.download_offers(
            folder, offers, searched.searches, is_chosen=bool(choose), workers=workers, progress=progress
        )


def _lines(searched: Searched) -> Iterator[str]:
    for one in searched.searches:
        yield _search_line(one)
        if one.refused:
            why = Counter(reason for _, reason in one.refused)
            told = "; ".join(f"{n} ({reason})" for reason, n in why.most_common(4))
            yield f"  left out: {told}"
        if not one.complete:
            yield f"  broke off: {say.plain(one.note)}. Nothing is said of what did not come"
        elif one.note:
            yield f"  note: {say.plain(one.note)}"
    for site in dict.fromkeys(site for site, _, _, _ in searched.offers):
        yield f"{site}:"
        mine = [row for row in searched.offers if row[0] == site]
        for _, offer, reason, detail in mine[:_SHOWN]:
            yield f"  {_offer_line(offer, reason, detail)}"
        if len(mine) > _SHOWN:
            yield f"  and {len(mine) - _SHOWN} more (--json lists all)"
    held = Counter("in the case" if not reason else _FIT.get(reason, reason) for _, _, reason, _ in searched.offers)
    counted = ", ".join(f"{n} {r}" for r, n in held.most_common())
    yield f"{len(searched.offers)} image{'' if len(searched.offers) == 1 else 's'}: {counted or 'none came back'}"


_FIT = {"not obtained": "to be had"}


def _search_line(one: Search) -> str:
    collections = f" ({', '.join(one.collections)})" if one.collections else ""
    items = sum(1 + len(o.also) for o in one.offers)
    images = f"{len(one.offers)} image{'' if len(one.offers) == 1 else 's'}"
    more = f" in {items} items" if items != len(one.offers) else ""
    days = f"{one.during.start:%Y-%m-%d} to {one.during.end:%Y-%m-%d}"
    return f"{one.site}, {one.catalogue}{collections}, {days}: {images}{more}"


def _offer_line(offer: Offer, reason: str, detail: str) -> str:
    when = f"{offer.when.start:%Y-%m-%d %H:%M}" if offer.when else "undated        "
    gsd = f"{offer.gsd_m:.3g} m" if offer.gsd_m is not None else "? m"
    cloud = f"{offer.cloud_cover:.0%} cloud" if offer.cloud_cover is not None else ""
    fit = "in the case" if not reason else "" if reason == "not obtained" else f"{reason}: {detail}"
    return say.cut(say.plain("  ".join(t for t in (when, offer.id, offer.sensor, gsd, cloud, fit) if t)))


def _fetched_lines(fetched: Downloaded) -> Iterator[str]:
    for one in fetched.obtained:
        yield f"obtained {one.scene}" + (f" ({'; '.join(one.notes)})" if one.notes else "")
    for missing in fetched.not_obtained:
        yield say.cut(say.plain(f"not obtained {missing.offer}: {missing.why}"))
    held = f", {len(fetched.held)} in the case before" if fetched.held else ""
    yield (
        f"{len(fetched.obtained)} obtained, {len(fetched.not_obtained)} not{held}; "
        f"{fetched.bytes_moved / 1e6:.1f} MB moved"
    )


def _rows(searched: Searched, fetched: Downloaded | None) -> Iterator[dict[str, Any]]:
    """One document a search, then one an offer, then one a download."""
    import json

    from overlook.terms import dumps

    for one in searched.searches:
        row = json.loads(dumps(one))
        yield {"search": row.pop("id"), **{k: v for k, v in row.items() if k != "offers"}, "offers": len(one.offers)}
    for site, offer, reason, detail in searched.offers:
        row = json.loads(dumps(offer))
        yield {"offer": row.pop("id"), "site": site, "reason": reason, "detail": detail, **row}
    if fetched is not None:
        for got in fetched.obtained:
            yield {"obtained": got.offer, "site": got.site, "scene": got.scene, "notes": list(got.notes)}
        for missing in fetched.not_obtained:
            yield {"not_obtained": missing.offer, "site": missing.site, "code": missing.code, "why": missing.why}
