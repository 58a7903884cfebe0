"""overlook plan DIR: which images would settle the event questions of a case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from overlook.cli import say, typed

if TYPE_CHECKING:
    from overlook.terms import CollectionOption, CurvePoint, ImagePlan, Power


def register(app: typer.Typer) -> None:
    @app.command()
    def plan(
        folder: Path = typer.Argument(..., metavar="DIR", help="The case folder."),
        event: str = typer.Option("", help="Only the questions of this event; without it, of every event."),
        on: str = typer.Option(
            "", metavar="DATE", help="A hypothetical event: a date (that UTC day), a time with a zone, or START/END."
        ),
        today: str = typer.Option(
            "",
            metavar="DATE",
            help="Plan as if it were this day: images before it are the archive's, later ones not known. Without it, "
            "the clock.",
        ),
        zone: str = typer.Option("", help="Only the questions of this zone."),
        ratio: float = typer.Option(1.5, help="The change to be called: 1.5 is half as much again, 0.5 is half."),
        margin: float | None = typer.Option(
            None, help='M: "about the same" within 1/M … M, in place of the declared margin, for planning alone.'
        ),
        power: float = typer.Option(0.8, help="The chance of an answer that is wanted."),
        images: list[int] = typer.Option(
            [], help="Usable images to add on each side; give it several times. Without it, 5, 10, 20 and 40."
        ),
        rate: float | None = typer.Option(
            None, help="Things that an image is likely to show, where no image was counted yet."
        ),
        replicates: int = typer.Option(60, help="Simulated sites for each number; 20 or more."),
        seed: int = typer.Option(0, help="Of the simulation; printed with the answer."),
        workers: int = say.WORKERS,
        as_json: bool = say.JSON,
    ) -> None:
        """Plan images: how many, how often and how fine would settle an event question, and which to ask for next."""
        from overlook import run
        from overlook.activity import Asked
        from overlook.errors import UsageError

        if margin is not None and not 1 < margin <= 100:
            raise UsageError("E-USAGE-PLAN", f"margin must be above 1, not {margin:g}", where="--margin")
        try:
            asked = Asked(
                ratio=ratio,
                power=power,
                replicates=replicates,
                seed=seed,
                rate=rate,
                **({"images": tuple(images)} if images else {}),
            )
        except ValueError as error:
            field = str(error).partition(" ")[0]
            raise UsageError("E-USAGE-PLAN", str(error), where=f"--{field}") from error
        when = typed.interval(on, "--on") if on else None
        known: dict[str, int] = {}
        with say.progress() as progress:
            for made in run.plan(
                folder,
                asked=asked,
                event=event,
                on=when,
                zone=zone,
                margin=margin,
                workers=workers,
                now=typed.interval(today, "--today").start if today else None,
                progress=progress,
            ):
                if as_json:
                    say.document(_row(made))
                else:
                    numbers = [known.setdefault(text, len(known) + 1) for text in made.assumptions]
                    print("\n".join(_lines(made, numbers)), end="\n\n")
        for text, number in known.items():
            print(f"assumption {number}: {text}")


def _row(plan: ImagePlan) -> dict[str, Any]:
    """A plan as one JSON document: the fields of `ImagePlan`, the series by its parts, what is in hand together."""
    import json

    from overlook.terms import dumps

    row: dict[str, Any] = json.loads(dumps(plan))
    series = row.pop("series")
    have = {"before": row.pop("have_before"), "after": row.pop("have_after")}
    head = {
        "series": {"site": series["site"], "zone": series["zone"], "class": series["cls"]},
        "event": row.pop("event"),
    }
    return {**head, "have": have, **row}


def _lines(plan: ImagePlan, assumptions: Sequence[int]) -> Iterator[str]:
    s = plan.series
    name = "/".join(part for part in (s.site, s.zone, s.cls) if part)
    yield f"{name}, {plan.event} ({plan.during.start:%Y-%m-%d})"
    images = f"{plan.have_before} usable image{'' if plan.have_before == 1 else 's'}"
    yield f"  in hand: {images} before, {plan.have_after} after; {plan.verdict}" + (
        f", sd of the log ratio {plan.log_ratio_sd:.2f}" if plan.log_ratio_sd is not None else ""
    )
    for side, gaps in (("before", plan.before), ("after", plan.after)):
        yield (
            f"  days {side}: {gaps.usable} seen, {gaps.cloudy} cloudy, {gaps.too_coarse} too coarse, "
            f"{gaps.otherwise_unusable} otherwise unusable, {gaps.without_image} without an image"
            f" ({gaps.to_come} of them to come)"
        )
    yield from _curve(plan)
    yield from _options(plan)
    yield from _next(plan)
    yield from _schedule(plan)
    yield from (f"  note: {note}" for note in plan.notes)
    if assumptions:
        yield f"  assumptions {', '.join(map(str, assumptions))}; seed {plan.seed}"


def _curve(plan: ImagePlan) -> Iterator[str]:
    if not plan.curve:
        return
    same = f"same within ×{plan.margin:g}" if plan.margin is not None else "same (no margin)"
    yield f"  {'images before, after':<40}{f'called changed at ×{plan.ratio:g}':<26}{same}"
    for point in plan.curve:
        yield f"  {_images(point):<40}{_power(point.power_changed):<26}{_power(point.power_same)}"
    best = f"×{plan.ratio:g}: {plan.best_case_changed}"
    if plan.best_case_same is not None:
        best += f", same within ×{plan.margin:g}: {plan.best_case_same}"
    yield f"  best case without drift, images a side: {best}"


def _images(point: CurvePoint) -> str:
    words = f"{point.images_before}, {point.images_after}"
    if not point.added_before + point.added_after:
        return f"{words} (in hand)"
    words += " with the archive" if point.from_archive else ""
    return words + (", every day" if point.every_day else "")


def _power(power: Power | None) -> str:
    return "–" if power is None else f"{power.estimate:.2f} ({power.low:.2f}–{power.high:.2f})"


def _options(plan: ImagePlan) -> Iterator[str]:
    if not plan.options:
        return
    yield f"  {'collect':<40}{'ordered':>8}{'usable':>8}  {'changed':<20}same"
    for option in plan.options:
        line = f"  {_option(option):<40}{option.ordered:>8}{option.usable_expected:>8.1f}  "
        yield line + (option.note or f"{_power(option.power_changed):<20}{_power(option.power_same)}")


def _option(option: CollectionOption) -> str:
    gsd = "" if option.gsd_m is None else f" {option.gsd_m:.2f} m"
    return f"{option.sensor}{gsd}, every {option.every_d:g} d" + (", with the archive" if option.from_archive else "")


def _next(plan: ImagePlan) -> Iterator[str]:
    for one in plan.next:
        yield (
            f"  next: {one.date} {one.weekday[:3]}, {one.source}, {one.sensor}: sd −{one.information:.3f} if usable "
            f"({one.p_usable:.0%}), −{one.information * one.p_usable:.3f} expected; another verdict if usable "
            f"{_power(one.p_verdict)}"
        )


def _schedule(plan: ImagePlan) -> Iterator[str]:
    made = plan.schedule
    if not made.orders:
        yield from [f"  ask for: {made.why}"] if made.why else []
        return
    dates = ", ".join(f"{o.date} {o.weekday[:3]}" for o in made.orders)
    weekends = sum(o.weekday.startswith("S") for o in made.orders)
    sources = [f"{n} {source}" for source in ("archive", "new") if (n := sum(o.source == source for o in made.orders))]
    yield f"  ask for {len(made.orders)} ({', '.join(sources)}; {weekends} at weekends), as {made.why}: {dates}"
    chances = made.p_at_least
    told = [f"{n} or more {chances[n]:.2f}" for n in sorted({1, made.wanted}) if n < len(chances)]
    short = "" if made.wanted < len(chances) else f"; {made.wanted} are needed, more than can be asked for"
    yield f"  usable of these: {made.usable_expected:.1f} expected; {', '.join(told)}{short}"
