"""What does not fit together: claims with claims, with declared facts, and with the quote that they retell.

Each pair is put side by side with an outcome: *agree*, *contradict*, or *cannot tell*. Which of the two is right is
never said: two statements that contradict each other may both be wrong, and the better graded source is not a proof.
Only what is declared in a form that can be compared is compared; nothing is read out of a text here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from overlook.claims.contradict_paraphrase import Difference, lost
from overlook.claims.contradict_values import Found, compare
from overlook.claims.facts import in_words, resolved, spelled
from overlook.claims.observables import observable
from overlook.terms import Assertion, Case, Claim, Comparison, Interval, Prediction
from overlook.terms.chain import Outcome

#: Relations of which one denies the other, where both speak of one place, thing and time.
OPPOSITE = {("active", "quiet"), ("changed", "same"), ("present", "absent")}
#: Steps that can follow each other in one window: only a pair to look at.
_UNDOES = {("built", "removed"), ("arrived", "left")}
#: Those that speak of the whole of their place and window; the others are of something in it.
_OF_ALL = ("quiet", "absent")


def comparisons(case: Case) -> tuple[Comparison, ...]:
    """Every pair that can be compared, in the order of the claims: against facts, other claims, then quotes.

    Two claims that agree are one statement of the source graph and are not listed, nor two that speak of different
    times; a fact is listed whatever comes out.
    """
    found = [*_with_facts(case), *_between_claims(case), *_predictions(case), *_paraphrases(case)]
    place = {c.id: i for i, c in enumerate(case.claims)}
    return tuple(sorted(found, key=lambda c: (place[c.claim], ("fact", "claim", "quote").index(c.against))))


def of_claim(claim: str, found: Iterable[Comparison]) -> tuple[Comparison, ...]:
    """Those that a claim has a part in, on either side."""
    return tuple(c for c in found if c.claim == claim or (c.against != "fact" and c.other == claim))


def _with_facts(case: Case) -> Iterator[Comparison]:
    facts: dict[str, list[tuple[str, Assertion, Interval | None]]] = defaultdict(list)
    for fact in case.facts:
        for a in fact.asserts:
            facts[a.of].append((fact.id, a, fact.during))
    for claim in case.claims:
        for ours in claim.asserts:
            for fact_id, theirs, during in facts[ours.of]:
                found = _side_by_side(case, claim, ours, fact_id, theirs, during)
                if found:
                    yield found


def _side_by_side(
    case: Case, claim: Claim, ours: Assertion, fact: str, theirs: Assertion, during: Interval | None
) -> Comparison | None:
    """A fact from a table speaks as of whenever the claim does; another as of the day it names, or was so."""
    if ours.says != theirs.says:
        return None
    our_value = resolved(ours, case, as_of=claim.said)
    as_of = (our_value.by if our_value else None) if theirs.table else during
    their_value = resolved(theirs, case, as_of=as_of)
    if our_value is None or their_value is None:
        found: Found | None = ("cannot tell", "The table of events lists nothing that answers.")
    else:
        found = compare(our_value, their_value)
    if found is None:
        return None
    return Comparison(
        claim=claim.id,
        against="fact",
        other=fact,
        outcome=found[0],
        ours=in_words(our_value or ours, case),
        theirs=in_words(their_value or theirs, case),
        why=spelled(found[1], case),
        our_value=our_value,
        their_value=their_value,
    )


def _between_claims(case: Case) -> Iterator[Comparison]:
    said: dict[tuple[str, str], list[tuple[Claim, Assertion]]] = defaultdict(list)
    for claim in case.claims:
        for a in claim.asserts:
            value = resolved(a, case, as_of=claim.said)
            if value is not None:
                said[(a.of, a.says)].append((claim, value))
    for pairs in said.values():
        for (one, ours), (other, theirs) in combinations(pairs, 2):
            found = compare(ours, theirs)
            if one.id != other.id and found and found[0] == "contradict":
                yield Comparison(
                    claim=one.id,
                    against="claim",
                    other=other.id,
                    outcome=found[0],
                    ours=in_words(ours, case),
                    theirs=in_words(theirs, case),
                    why=spelled(found[1], case),
                    our_value=ours,
                    their_value=theirs,
                )


# --- predictions ------------------------------------------------------------------------------------------------------


def _predictions(case: Case) -> Iterator[Comparison]:
    """Claims whose predictions cannot both come true: one place, thing and time, and opposite relations."""
    alike: dict[tuple[str, str], list[tuple[Claim, Prediction]]] = defaultdict(list)
    for claim in case.claims:
        for p in claim.predictions:
            alike[(p.site, p.cls or p.indicator)].append((claim, p))
    for pairs in alike.values():
        for (one, p), (other, q) in combinations(pairs, 2):
            found = None if one.id == other.id else opposed(p, q)
            if found:
                yield Comparison(
                    claim=one.id,
                    against="claim",
                    other=other.id,
                    outcome="contradict" if found[0] else "cannot tell",
                    ours=p.statement or observable(p, case),
                    theirs=q.statement or observable(q, case),
                    why=found[1],
                )


def opposed(p: Prediction, q: Prediction) -> tuple[bool, str] | None:
    """Whether two predictions of one site and thing contradict (True), or may (False), and why; None: neither."""
    told = f"One predicts {p.relation}, the other {q.relation}"
    if _is_pair(p, q, OPPOSITE):
        if p.relation in ("changed", "same"):
            same = p.event == q.event and p.zone == q.zone
            return (True, f"{told}, at one event.") if same else None
        whole, part = (p, q) if p.relation in _OF_ALL else (q, p)
        if whole.zone not in ("", part.zone):
            # Activity somewhere on the site may be in another zone; in another zone it surely is elsewhere.
            return (False, f"{told}, of a zone and of its whole site.") if part.zone == "" else None
        return _in_time(whole.window, part.window, told)
    if _is_pair(p, q, _UNDOES) and p.zone == q.zone and _may_meet(p.window, q.window):
        return False, f"{told}: one after the other, both can hold."
    return None


def _in_time(whole: Interval | None, part: Interval | None, told: str) -> tuple[bool, str] | None:
    """Never in `whole`, and once in `part`: they contradict where all of `part` lies in `whole`."""
    if whole == part or (whole and part and whole.encloses(part)):
        return True, f"{told}, of one place and time."
    if not _may_meet(whole, part):
        return None
    return False, f"{told}; their times overlap, and both can hold."


def _may_meet(a: Interval | None, b: Interval | None) -> bool:
    return a is None or b is None or a.overlaps(b)


def _is_pair(p: Prediction, q: Prediction, pairs: set[tuple[str, str]]) -> bool:
    return (p.relation, q.relation) in pairs or (q.relation, p.relation) in pairs


# --- quotes and what became of them -----------------------------------------------------------------------------------


def _paraphrases(case: Case) -> Iterator[Comparison]:
    quotes = {c.id: c for c in case.claims}
    for claim in case.claims:
        quoted = quotes.get(claim.paraphrases)
        if quoted is None:
            continue
        differences = lost(quoted.quote, claim.quote)
        yield Comparison(
            claim=claim.id,
            against="quote",
            other=quoted.id,
            outcome=_paraphrased(differences),
            ours=claim.quote,
            theirs=quoted.quote,
            why=" ".join(d.text for d in differences)
            or "Numbers, negation, hedges and modality are alike; whether the sense is, a reader has to say.",
        )


def _paraphrased(differences: Sequence[Difference]) -> Outcome:
    if any(d.contradicts for d in differences):
        return "contradict"
    return "altered" if differences else "cannot tell"
