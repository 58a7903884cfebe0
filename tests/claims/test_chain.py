"""Who relies on whom: circles, origins, and how many reports are really one."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from claims.made import prediction
from overlook.claims import source_graph
from overlook.claims.chain import Chains, components, independent
from overlook.terms import Assertion, Case, Claim, Source


def source(id_: str, *relies_on: str, **more: Any) -> Source:
    return Source(**({"id": id_, "name": id_.upper(), "kind": "document", "relies_on": relies_on} | more))


def claim(id_: str, *chain: str, **more: Any) -> Claim:
    return Claim(**({"id": id_, "quote": f"Quote of {id_}.", "chain": chain} | more))


def case(*parts: Source | Claim) -> Case:
    return Case(
        id="k",
        title="t",
        sources=tuple(p for p in parts if isinstance(p, Source)),
        claims=tuple(p for p in parts if isinstance(p, Claim)),
    )


OFFICIAL = source("official", kind="anonymous")
PAPER, WIRE, SITE = source("paper", "official"), source("wire", "paper"), source("site", "wire")
SAYS_SO = {"predictions": (prediction("active"),)}


def test_three_reports_of_one_official_are_one_report():
    """Wire copy that retells a paper, and a site that retells the wire: the usual form of circular reporting."""
    told = case(OFFICIAL, PAPER, WIRE, SITE, *(claim(s, s, **SAYS_SO) for s in ("paper", "wire", "site")))
    (statement,) = source_graph(told).statements
    assert (statement.claims, statement.origins, statement.independent) == (
        ("paper", "wire", "site"),
        ("official",),
        1,
    )
    assert statement.anonymous == ("official",)


def test_a_second_origin_is_counted_once_it_is_declared():
    images = source("images", kind="image")
    told = case(OFFICIAL, PAPER, images, claim("c1", "paper", **SAYS_SO), claim("c2", "images", **SAYS_SO))
    (statement,) = source_graph(told).statements
    assert (statement.independent, statement.origins) == (2, ("official", "images"))
    assert source_graph(told).origins == ("official", "images")


def test_one_report_with_several_origins_is_one_report():
    """An article that relies on five people, and says something itself, is not five reports."""
    article = source("article", "official", "images")
    told = case(OFFICIAL, source("images", kind="image"), article, claim("c1", "article"))
    (statement,) = source_graph(told).statements
    assert (statement.origins, statement.independent) == (("official", "images"), 1)


def test_reports_share_out_the_origins_that_they_have():
    # By hand: X alone, X alone, X or Y or Z. Two can be told apart, and no more.
    assert independent([frozenset("x"), frozenset("x"), frozenset("xyz")], {}) == 2
    assert independent([frozenset("xy"), frozenset("x"), frozenset("yz")], {}) == 3
    assert independent([], {}) == 0


def test_origins_that_rely_on_each_other_are_one():
    a, b = source("a", "b"), source("b", "a")
    told = case(a, b, claim("c1", "a", **SAYS_SO), claim("c2", "b", **SAYS_SO))
    graph = source_graph(told)
    assert graph.statements[0].independent == 1
    assert [(c.sources, c.claims) for c in graph.circles] == [(("a", "b"), ())]


def test_a_chain_that_comes_back_to_who_is_relied_on_is_a_circle_of_that_claim():
    """The paper is told to know, relies on the site, and the site passes it on."""
    paper, site = source("paper", "site"), source("site")
    graph = source_graph(case(paper, site, claim("c1", "paper", "site")))
    assert [(c.sources, c.claims) for c in graph.circles] == [(("paper", "site"), ("c1",))]


def test_papers_that_quote_each_other_on_different_claims_are_no_circle():
    told = case(source("a"), source("b"), claim("c1", "a", "b"), claim("c2", "b", "a"))
    assert source_graph(told).circles == ()


def test_a_paraphrase_goes_back_to_where_its_quote_does():
    told = case(
        OFFICIAL, PAPER, source("blog"), claim("c1", "official", "paper"), claim("c2", "blog", paraphrases="c1")
    )
    assert dict(source_graph(told).back_to) == {"c1": ("official",), "c2": ("official",)}
    # Two that retell each other have no first: each keeps its own chain.
    turning = case(OFFICIAL, claim("c1", "official", paraphrases="c2"), claim("c2", "x", paraphrases="c1"))
    assert Chains.of(turning).told == {"c1": ("official",), "c2": ("x",)}


def test_shares_of_what_was_read():
    named = source("expert", kind="named")
    article = source("article", "official", "expert")
    told = case(
        OFFICIAL,
        named,
        article,
        claim("c1", "official", "article"),
        claim("c2", "expert", "article"),
        claim("c3", "article"),
    )
    (document,) = source_graph(told).documents
    assert document.claims == ("c1", "c2", "c3")
    assert (document.single, document.anonymous) == (("c1", "c2"), ("c1",))


def test_reliances_say_what_they_rest_on():
    told = case(OFFICIAL, PAPER, claim("c1", "official", "paper"), claim("c2", "nobody", "paper"))
    found = {(r.of, r.on): (r.declared, r.claims) for r in source_graph(told).reliances}
    assert found == {("paper", "official"): (True, ("c1",)), ("paper", "nobody"): (False, ("c2",))}


def test_what_is_one_statement():
    same = prediction("active", id="other", statement="In other words")
    elsewhere = prediction("active", zone="pad")
    later = prediction("active", window=None)
    told = case(
        claim("c1", "a", predictions=(prediction("active"),)),
        claim("c2", "b", predictions=(same, elsewhere, later)),
        claim("c3", "c", asserts=(Assertion(says="count", of="test", low=6, high=6),)),
        claim("c4", "d", asserts=(Assertion(says="count", of="test", low=6, high=6),)),
        claim("c5", "e"),
    )
    found = [s.claims for s in source_graph(told).statements]
    assert found == [("c1", "c2"), ("c2",), ("c2",), ("c3", "c4"), ("c5",)]


def test_an_empty_case_has_an_empty_graph():
    graph = source_graph(case())
    assert (graph.reliances, graph.circles, graph.statements, graph.documents) == ((), (), (), ())


nodes = st.integers(0, 9)


@given(st.sets(st.tuples(nodes, nodes), max_size=30))
def test_components_are_what_reaches_each_other(pairs: set[tuple[int, int]]):
    """Against reachability by repeated squaring, the definition itself."""
    edges = {str(n): [str(b) for a, b in sorted(pairs) if a == n] for n in range(10)}
    reach = {n: set(edges[n]) for n in edges}
    for _ in range(10):
        reach = {n: reach[n] | {far for near in reach[n] for far in reach[near]} for n in reach}
    wanted = {frozenset({n} | {m for m in reach[n] if n in reach[m]}) for n in edges}
    assert {frozenset(c) for c in components(edges)} == {c for c in wanted if len(c) > 1}


@given(st.lists(st.frozensets(st.sampled_from("uvwxyz"), min_size=1), max_size=6))
def test_independent_reports_are_the_best_that_any_choice_gives(told: list[frozenset[str]]):
    """Against every way of giving each report one of its origins."""

    def best(i: int, taken: frozenset[str]) -> int:
        if i == len(told):
            return len(taken)
        return max(best(i + 1, taken | {origin}) for origin in told[i])

    assert independent(told, {}) == best(0, frozenset())


def test_a_long_chain_of_reliance_and_many_claims_end():
    n = 1_500
    long = [source(f"s{i}", f"s{i + 1}") for i in range(n)]
    told = case(*long, source(f"s{n}"), claim("c1", "s0"), claim("c2", f"s{n - 1}"))
    assert dict(source_graph(told).back_to) == {"c1": (f"s{n}",), "c2": (f"s{n}",)}
