"""Finding methods while typing."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.facts import SOME_CATALOGUES
from tests.facts import catalogue as real
from truenas_client.methods.catalogue import Catalogue
from truenas_client.methods.search import SUMMARY, Index


@dataclass(frozen=True)
class Known:
    name: str
    summary: str = ""
    names: tuple[str, ...] = ()


def found(index: Index, query: str) -> list[str]:
    return [hit.method.name for hit in index.search(query)]


@pytest.fixture(scope="module")
def index() -> Index:
    return Index(Catalogue.from_methods(real("cut")))


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
        ("services", "service.query"),
        ("datasets", "pool.dataset.query"),
        ("disks", "disk.query"),
        ("users", "user.query"),
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


@pytest.mark.parametrize("release", SOME_CATALOGUES)
def test_every_real_name_finds_itself_first(release: str) -> None:
    catalogue = Catalogue.from_methods(real(release))
    index = Index(catalogue)
    for method in catalogue:
        assert index.search(method.name, limit=1)[0].method is method


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


def test_argument_names_are_found_whole_in_parts_and_by_their_letters() -> None:
    index = Index(
        [
            Known("a.create", names=("data", "recordsize")),
            Known("b.create", names=("RecordSize", "record_size_limit")),
            Known("c.create", names=("record_size",)),
            Known("d.create", names=("other_record",)),
            Known("e.create", names=("unrecorded",)),
        ]
    )
    assert found(index, "recordsize") == ["a.create", "b.create", "c.create"]
    assert found(index, "record") == ["a.create", "b.create", "c.create", "d.create", "e.create"]
    assert found(index, "recsize") == ["a.create", "b.create", "c.create"]
    assert found(index, "create recsize") == ["a.create", "b.create", "c.create"]


def test_hits_outside_the_name_say_why() -> None:
    index = Index([Known("a.create", "Makes a pond", ("data", "FrogSize")), Known("frog.pond", "", ("frogs",))])

    def why(query: str) -> dict[str, tuple[str, ...]]:
        return {hit.method.name: hit.why for hit in index.search(query)}

    assert why("frog") == {"frog.pond": (), "a.create": ("FrogSize",)}
    assert why("pond") == {"frog.pond": (), "a.create": (SUMMARY,)}
    assert why("create pond frogs") == {"a.create": (SUMMARY, "FrogSize")}
    assert why("fr pond") == {"frog.pond": (), "a.create": ("FrogSize", SUMMARY)}


@pytest.mark.parametrize("release", SOME_CATALOGUES)
def test_recordsize_finds_exactly_the_real_methods_that_take_it(release: str) -> None:
    catalogue = Catalogue.from_methods(real(release))
    takes = {method.name for method in catalogue if "recordsize" in method.names}
    hits = Index(catalogue).search("recordsize")
    assert {"pool.dataset.create", "pool.dataset.update"} <= takes
    assert {hit.method.name for hit in hits if "recordsize" in hit.why} == takes


@pytest.mark.parametrize("release", SOME_CATALOGUES)
def test_every_argument_of_a_real_method_finds_it(release: str) -> None:
    catalogue = Catalogue.from_methods(real(release))
    index = Index(catalogue)
    seen: dict[str, set[str]] = {}
    for method in catalogue:
        for name in method.names:
            seen.setdefault(name, set()).add(method.name)
    for name in sorted(seen)[::7]:
        if len(name) > 1 and " " not in name:
            assert seen[name] <= {hit.method.name for hit in index.search(name, limit=2000)}, name


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


# Ranking.

PARTS = st.text("pdsqolaet_0", min_size=1, max_size=7)
NAMES = st.lists(PARTS, min_size=1, max_size=4).map(".".join)
METHODS = st.lists(
    st.builds(Known, NAMES, st.text("pdsqolaet ", max_size=20), st.lists(PARTS, max_size=3).map(tuple)),
    min_size=1,
    max_size=12,
    unique_by=lambda method: method.name,
)


@given(methods=METHODS, data=st.data())
def test_the_exact_name_comes_first(methods: list[Known], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(methods)).name
    assert found(Index(methods), name)[0] == name
    assert found(Index(methods), name.upper().replace(".", " "))[0] == name


@given(methods=METHODS, data=st.data())
def test_names_that_begin_with_the_query_come_before_all_others(methods: list[Known], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(methods)).name
    query = name[: data.draw(st.integers(1, len(name)))]
    begins = [each.startswith(query) for each in found(Index(methods), query)]
    assert begins[0]
    assert begins == sorted(begins, reverse=True)


@given(methods=METHODS, query=PARTS.filter(lambda text: len(text) > 1))
def test_a_term_that_starts_a_word_of_a_name_beats_texts_and_arguments(methods: list[Known], query: str) -> None:
    hits = Index(methods).search(query)
    word = [f".{query}" in f".{hit.method.name}" or f"_{query}" in hit.method.name for hit in hits]
    for at, hit in enumerate(hits):
        if hit.why:
            assert not any(word[at:]), hits


@given(methods=METHODS, query=st.lists(PARTS, min_size=1, max_size=3).map(" ".join))
def test_every_hit_is_there_once_and_says_where_it_matches(methods: list[Known], query: str) -> None:
    hits = Index(methods).search(query)
    assert len({hit.method.name for hit in hits}) == len(hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        assert hit.positions or hit.why
        for reason in hit.why:
            assert reason == SUMMARY or reason in hit.method.names
        terms = query.split()
        for term in terms:
            # Found in the name in this order, in an argument, or in the summary: never for nothing.
            in_name = _in_order(term, hit.method.name)
            assert in_name or any(_in_order(term, name) for name in hit.method.names) or term in hit.method.summary


def _in_order(term: str, text: str) -> bool:
    letters = iter(text)
    return all(letter in letters for letter in term)


@given(
    names=st.lists(st.text(max_size=30), unique=True, max_size=8),
    summary=st.text(max_size=30),
    arguments=st.lists(st.text(max_size=10), max_size=3),
    query=st.text(max_size=20),
)
def test_any_names_and_texts_are_searched_without_an_error(
    names: list[str], summary: str, arguments: list[str], query: str
) -> None:
    index = Index([Known(name, summary, tuple(arguments)) for name in names])
    for each in (query, *names, *arguments):
        for hit in index.search(each):
            assert all(0 <= at < len(hit.method.name) for at in hit.positions)


def test_a_name_of_any_length_counts_no_further_against_it() -> None:
    long = "pool." + "x" * 10_000
    assert found(Index([Known("a.pool"), Known(long), Known("spool.query")]), "pool") == [long, "a.pool", "spool.query"]


def test_reading_ahead_in_slices_finds_the_same() -> None:
    catalogue = Catalogue.from_methods(real("cut"))
    index, fresh = Index(catalogue), Index(catalogue)
    slices = fresh.prepare(at_a_time=100)
    assert next(slices) == len(fresh) - 100
    assert fresh.search("recordsize") == index.search("recordsize")
    assert list(slices)[-1] == 0
    assert fresh.search("quota") == index.search("quota")
