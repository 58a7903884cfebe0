"""overlook sign DIR CLAIM: an opinion of a claim, over the evidence as it was last assessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from overlook.cli import say
from overlook.errors import UsageError


def register(app: typer.Typer) -> None:
    @app.command()
    def sign(
        folder: Path = typer.Argument(..., metavar="DIR", help="The case folder."),
        claim: str = typer.Argument(..., metavar="CLAIM", help="Id of the claim or commitment."),
        by: str = typer.Option(..., metavar="NAME", help="Who signs."),
        likelihood: str = typer.Option("", metavar="WORD", help="The claim's likelihood, an ICD 203 word."),
        confidence: str = typer.Option("", metavar="WORD", help="low, moderate or high."),
        because: list[str] = typer.Option([], metavar="TEXT", help="A reason; may be given several times."),
        second_reader: str = typer.Option("", metavar="NAME", help="Who read it after the signer."),
        dissent: bool = typer.Option(False, "--dissent", help="Disagree with what is signed; both stand."),
        as_json: bool = say.JSON,
    ) -> None:
        """Sign a judgement: an opinion in case.yaml, over the evidence as assessed; refused (4) when out of date."""
        from overlook import run

        likely: Any = _word(likelihood, "--likelihood", _likelihoods())
        sure: Any = _word(confidence, "--confidence", ("low", "moderate", "high"))
        signing = run.Signing(
            by=by,
            likelihood=likely,
            confidence=sure,
            reasons=tuple(because),
            reader=second_reader,
            dissent=dissent,
        )
        done = run.sign(folder, claim, signing)
        if as_json:
            say.document({"claim": claim, "evidence": done.evidence, "diff": done.diff})
            return
        print(done.diff, end="")
        print(f"{claim}: signed over evidence {done.evidence[:12]}; `overlook assess {folder}` puts it into the report")


def _likelihoods() -> tuple[str, ...]:
    from typing import get_args

    from overlook.terms import Likelihood

    return get_args(Likelihood)


def _word(text: str, option: str, known: tuple[str, ...]) -> str | None:
    plain = " ".join(text.split()).lower()
    if plain and plain not in known:
        raise UsageError("E-USAGE-SIGN", f"{text!r} is not a word of it", where=option, remedy=", ".join(known))
    return plain or None
