"""Finding methods while typing."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.facts import catalogue as real
from truenas_client.catalogue import Catalogue
from tui.model.search import Index


@dataclass(frozen=True)
class Known:
    name: str
    summary: str = ""
    names: tuple[str, ...] = ()


def found(index: Index, query: str) -> list[str]:
    return [hit.method.name for hit in index.search(query)]


@pytest.fixture(scope="module")
def index() -> Index:
    return Index(Catalogue.from_methods(real("26")))


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("pds q", "pool.dataset.query"),
        ("q pds", "pool.dataset.query"),
        ("PDS Q", "pool.dataset.query"),
        ("pool sn", "pool.snapshot.query"),
        ("pool", "pool.query"),
        ("system.info", "system.info"),
        ("sysinf", "system.info"),
        ("user cr", "user.create"),
        ("poolq", "pool.query"),
        ("alert", "alert.list"),
        ("pool scrub", "pool.scrub"),
        ("scrub", "pool.scrub.scrub"),
        ("scrub sc", "pool.scrub.scrub"),
        ("reboot", "system.reboot"),
        ("pool.dataset.create", "pool.dataset.create"),
        ("pool.dataset.c", "pool.dataset.create"),
    ],
)
def test_the_wanted_method_comes_first(index: Index, query: str, first: str) -> None:
    assert found(index, query)[0] == first


def test_every_real_name_finds_itself_first() -> None:
    index = Index(Catalogue.from_methods(real("26")))
    for name in real("26"):
        assert found(index, name)[0] == name


def test_texts_and_argument_names_are_searched_after_names() -> None:
    index = Index(
        [
            Known("a.lookup", summary="Lists the frogs"),
            Known("b.create", names=("options", "frog_size")),
            Known("frog.config"),
            Known("c.query", summary="Nothing of the kind"),
        ]
    )
    assert found(index, "frog") == ["frog.config", "b.create", "a.lookup"]
    assert found(index, "frog size") == ["b.create"]
    assert found(index, "frogs lists") == ["a.lookup"]
    assert found(index, "toad") == []
    assert found(index, "") == []
    assert found(index, "   ") == []


def test_all_terms_have_to_match(index: Index) -> None:
    for name in found(index, "snap rollback"):
        assert "rollback" in name
    assert found(index, "pool zzzz") == []


def test_matched_letters_are_told_for_highlighting(index: Index) -> None:
    hit = index.search("pds q")[0]
    assert "".join(hit.method.name[at] for at in hit.positions) == "pdsq"
    assert hit.positions == tuple(sorted(hit.positions))
    assert hit.positions[:2] == (0, 5)
    assert index.search("recordsize create")[0].method.name == "pool.dataset.create"


def test_the_number_of_hits_is_limited(index: Index) -> None:
    assert len(index.search("e")) == 200
    assert [hit.method.name for hit in index.search("e", limit=3)] == found(index, "e")[:3]


@given(words=st.lists(st.text("pdsqolaetr._ ", max_size=6), min_size=1, max_size=3))
def test_typing_letter_by_letter_finds_the_same_as_asking_at_once(words: list[str]) -> None:
    methods = [
        Known("pool.dataset.query", "Query datasets", ("filters", "options")),
        Known("pool.dataset.set_quota", "Sets quotas", ("ds", "quotas")),
        Known("replication.restore", "Restores a pool", ("target_dataset",)),
        Known("acme.dns.query"),
        Known("vm.port_wizard", "", ("odd", "sort")),
    ]
    query = " ".join(words)
    typed = Index(methods)
    for end in range(len(query) + 1):
        assert typed.search(query[:end]) == Index(methods).search(query[:end])


@given(query=st.text(max_size=20))
def test_any_query_is_answered(query: str) -> None:
    index = Index([Known("pool.dataset.query", "Straße İ", ("ı",)), Known(""), Known("...")])
    for hit in index.search(query):
        assert all(0 <= at < len(hit.method.name) for at in hit.positions)
