"""overlook pattern COUNTS.csv --event DATE: did it change, stay about the same, or can't we tell?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from overlook.cli import say, typed


def register(app: typer.Typer) -> None:
    @app.command()
    def pattern(
        counts: Path = typer.Argument(..., metavar="COUNTS.csv", help="Columns time, count; site, zone, class if any."),
        event: str = typer.Option(..., help="When: a date (that UTC day), a time with a zone, or START/END."),
        margin: float | None = typer.Option(
            None, help='M: "about the same" means a ratio within 1/M … M. Without it, "same" is never said.'
        ),
        before: str = typer.Option("120d", help="Window before the event: 120d, 17w, 36h."),
        after: str = typer.Option("45d", help="Window after the event, likewise."),
        level: float = typer.Option(0.90, help="Probability of the intervals."),
        fleet: bool = typer.Option(
            False, "--fleet", help="Learn the prior of the drift from this file's own series: 20 or more."
        ),
        fdr: float | None = typer.Option(
            None,
            metavar="Q",
            help="Call series at this false discovery rate over all of the file; no row before the last.",
        ),
        breaks: bool = typer.Option(
            False, "--breaks", help="Also look for breaks that nobody declared, in all images of each series."
        ),
        active: bool = typer.Option(
            False, "--active", help="Also say whether there was activity in the window after the event."
        ),
        quiet_below: float | None = typer.Option(
            None,
            metavar="RATE",
            help="With --active: counts an image, all visible and found, under which a place is quiet. Without it, "
            "quiet is never said, only a bound.",
        ),
        workers: int = say.WORKERS,
        as_json: bool = say.JSON,
    ) -> None:
        """Say of each series of counts whether it changed at an event, stayed about the same, or nobody can tell."""
        from overlook import run
        from overlook.errors import UsageError
        from overlook.terms import Plan

        if quiet_below is not None:
            _require_rate(quiet_below, active=active)
        try:
            plan = Plan(
                margin=margin,
                before_days=typed.days(before, "--before"),
                after_days=typed.days(after, "--after"),
                level=level,
                quiet_below=quiet_below,
            )
        except ValueError as error:
            field, _, rest = str(error).partition(" ")
            raise UsageError("E-USAGE-PLAN", f"{field} {rest}", where=f"--{field}") from error
        if fdr is not None and not 0 < fdr < 1:
            raise UsageError("E-USAGE-FDR", f"{fdr:g} is not between 0 and 1", where="--fdr", remedy="write 0.1")
        when = typed.interval(event, "--event")
        known: dict[str, int] = {}
        priors: set[str] = set()
        with say.progress() as progress:
            for row in run.pattern(
                counts,
                event=when,
                plan=plan,
                fleet=fleet,
                fdr=fdr,
                breaks=breaks,
                active=active,
                workers=workers,
                progress=progress,
            ):
                if as_json:
                    say.document(row)
                else:
                    notes = [known.setdefault(note, len(known) + 1) for note in _all_notes(row)]
                    print(_line(row, notes))
                    if fleet and row["model"]:
                        priors.add(row["model"]["prior"])
        for note, number in known.items():
            print(f"note {number}: {note}")
        for prior in sorted(priors):
            print(f"prior: {prior}")


def _require_rate(quiet_below: float, *, active: bool) -> None:
    from overlook.errors import UsageError

    if not active:
        what = "a quiet rate is for --active, which is not asked"
        raise UsageError("E-USAGE-QUIET", what, where="--quiet-below", remedy="add --active")
    if not 0 < quiet_below < float("inf"):
        what = f"{quiet_below:g} is not a rate above zero"
        raise UsageError("E-USAGE-QUIET", what, where="--quiet-below", remedy="write 0.5")


def _line(row: Mapping[str, Any], notes: Sequence[int]) -> str:
    """One series: the answer, what it rests on, what these images would have missed, and its notes by their numbers."""
    series = "/".join(part for part in row["series"].values() if part)
    ratio, missed = row["ratio"], row["missed"]
    size = "no ratio"
    if ratio:
        size = f"ratio {ratio['estimate']:.2f} ({ratio['level']:.0%}: {ratio['low']:.2f}–{ratio['high']:.2f})"
    flags = ", also within the margin" * row["also_same"] + ", exploratory" * row["exploratory"]
    parts = [f"{row['verdict']}{flags}", size, f"{_images(row['n_before'])} before, {row['n_after']} after"]
    # Where no verdict can be given every change is missed: a limit would promise that a larger one is not.
    is_told = missed["smallest_ratio_up"] is not None and missed["smallest_ratio_down"] is not None
    if is_told and not row["exploratory"]:
        parts.append(
            f"would miss a change within {missed['smallest_ratio_down']:.2f}–{missed['smallest_ratio_up']:.2f}"
        )
    if row["verdict"] == "undetermined" and (missed["images_needed"] or 0) > min(row["n_before"], row["n_after"]):
        parts.append(f"'same' needs {missed['images_needed']} images on each side")
    if row.get("fdr"):
        parts.append(_rate(row["fdr"]))
    if row.get("active"):
        parts.append(_active(row["active"]))
    if row.get("breaks"):
        parts.append(_breaks(row["breaks"]))
    if notes:
        parts.append(f"note{'s' * (len(notes) > 1)} " + ", ".join(str(n) for n in sorted(notes)))
    return f"{series}: {'; '.join(parts)}"


def _images(n: int) -> str:
    return f"{n} image{'' if n == 1 else 's'}"


def _rate(fdr: Mapping[str, Any]) -> str:
    if fdr["called"] is None:
        return "not tested for the false discovery rate, and counted with p = 1"
    called = "called" if fdr["called"] else "not called"
    over = f"over {fdr['series']} series" + (f", {fdr['not_tested']} not tested" if fdr["not_tested"] else "")
    return f"{called} at a false discovery rate of {fdr['q']:g} (adjusted p {fdr['adjusted_p']:.2g}, {over})"


def _all_notes(row: Mapping[str, Any]) -> list[str]:
    """Those of the event's answer, then those of the activity and of the breaks, each once."""
    more = [note for key in ("active", "breaks") for note in row.get(key, {}).get("notes", ())]
    return list(dict.fromkeys([*row["notes"], *more]))


def _active(told: Mapping[str, Any]) -> str:
    """The window after the event: the answer, the rate or its bound, and the rate it was held against."""
    verdict = f"{told['verdict']} after it"
    if told["verdict"] == "undetermined":
        verdict = "whether active after it is undetermined"
    rate, images = told["rate"], _images(told["n_images"])
    if rate is None:
        return f"{verdict} ({images})"
    if rate["low"] == 0:
        size = f"at most {rate['high']:.2g} an image ({0.5 + rate['level'] / 2:.0%})"
    else:
        # Only counts are worth image-equivalents; an index has a level in its own unit.
        unit = " an image" if told["image_equivalents"] else ""
        # "to": an index in decibels can be negative, and a dash would read as one more minus.
        size = f"{rate['estimate']:.2g}{unit} ({rate['level']:.0%}: {rate['low']:.2g} to {rate['high']:.2g})"
    quiet = "no quiet rate declared" if told["quiet_below"] is None else f"quiet is under {told['quiet_below']:g}"
    flag = ", exploratory" if told["exploratory"] else ""
    return f"{verdict}: {size} on {images}, {quiet}{flag}"


def _breaks(told: Mapping[str, Any]) -> str:
    if told["p_value"] is None:
        return "breaks not looked for"
    if not told["found"]:
        return f"no break found (p {told['p_value']:.2g})"
    each = []
    for found in told["found"]:
        ratio, (start, end) = found["ratio"], (text[:10] for text in found["between"])
        size = f"×{ratio['estimate']:.2f} ({ratio['level']:.0%}: {ratio['low']:.2f}–{ratio['high']:.2f})"
        each.append(f"between {start} and {end} {size}")
    return f"break{'s' * (len(each) > 1)} {', '.join(each)}"
