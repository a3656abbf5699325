"""Results as rows that fold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from datetime import time as clock
from ipaddress import IPv4Interface
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tui.model.flatten import Tree, path_text

POOLS = [
    {"id": 1, "name": "tank", "size": 11957192654848, "scan": {"state": "FINISHED", "errors": [0, 1]}, "odd key": None},
    {"id": 2, "name": "archive", "topology": {"data": [{"disk": "sda"}]}},
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)
Path = tuple[str | int, ...]


def everything(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    yield path, value
    members = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for key, inner in members:
        yield from everything(inner, (*path, key))


def find(tree: Tree, text: str, *, after: Path | None = None, backwards: bool = False) -> Path | None:
    return next((path for path in tree.search(text, after=after, backwards=backwards) if path is not None), None)


def shown(tree: Tree) -> list[str]:
    return [f"{'  ' * row.depth}{row.key if row.key is not None else ''} {row.preview}" for row in tree.rows(0, 999)]


def test_a_small_result_is_unfolded_at_once() -> None:
    assert shown(Tree(POOLS)) == [
        " [2]",
        "  0 {5}",
        "    id 1",
        '    name "tank"',
        "    size 11957192654848",
        "    scan {2}",
        '      state "FINISHED"',
        "      errors [2]",
        "        0 0",
        "        1 1",
        "    odd key null",
        "  1 {3}",
        "    id 2",
        '    name "archive"',
        "    topology {1}",
        "      data [1]",
        "        0 {1}",
        '          disk "sda"',
    ]


def test_rows_carry_what_a_viewer_draws() -> None:
    tree = Tree(POOLS)
    pool = tree.row(1)
    assert (pool.kind, pool.count, pool.folded, pool.title, pool.path) == ("object", 5, False, "tank", (0,))
    size = tree.row(4)
    assert (size.kind, size.folded, size.hint, size.value) == ("number", None, "10.9 TiB", 11957192654848)
    assert path_text(tree.row(10).path) == '[0]["odd key"]'
    assert tree.row(0).path == ()
    with pytest.raises(IndexError):
        tree.row(len(tree))
    with pytest.raises(IndexError):
        tree.row(-1)


def test_a_long_list_shows_one_item_as_an_example() -> None:
    tree = Tree([{"id": n, "name": f"n{n}"} for n in range(10_000)])
    assert len(tree) == 10_003
    assert [tree.row(index).folded for index in (0, 1, 4)] == [False, False, True]


@pytest.mark.parametrize("value", [1, "x", None, [], {}, datetime(2026, 1, 1, tzinfo=UTC)])
def test_a_value_without_members_is_one_row(value: Any) -> None:
    tree = Tree(value)
    assert len(tree) == 1
    assert tree.row(0).folded is None
    assert tree.toggle(0) == 0
    assert find(tree, "zzz") is None


def test_folding_and_levels() -> None:
    tree = Tree(POOLS)
    total = len(tree)
    assert tree.fold(1) == -9
    assert tree.row(1).folded is True
    assert tree.toggle(1) == 5
    assert tree.unfold(1) == 0
    assert tree.unfold_below(1)
    assert len(tree) == total
    assert tree.fold_level(1)
    assert [row.preview for row in tree.rows(0, 99)] == ["[2]", "{5}", "{3}"]
    assert tree.fold_level(2)
    assert len(tree) == 11
    assert tree.fold_level(0)
    assert len(tree) == 1
    assert tree.unfold_below(0)
    assert len(tree) == total
    assert tree.fold(0) == 1 - total


def test_parents_and_revealing() -> None:
    tree = Tree(POOLS)
    tree.fold_level(1)
    index = tree.reveal((1, "topology", "data", 0, "disk"))
    assert tree.row(index).path == (1, "topology", "data", 0, "disk")
    assert tree.row(tree.parent_of(index)).path == (1, "topology", "data", 0)
    assert tree.parent_of(0) == 0
    tree.fold(tree.index_of((1,)))
    assert tree.index_of((1, "topology", "data")) == tree.index_of((1,))
    assert tree.value_at((1, "topology", "data", 0, "disk")) == "sda"
    with pytest.raises(KeyError):
        tree.value_at((1, "nothing"))


def test_decoded_types_are_rows_too() -> None:
    tree = Tree(
        {
            "when": datetime(2025, 11, 21, tzinfo=UTC),
            "day": date(2025, 11, 21),
            "at": clock(3, 30),
            "net": IPv4Interface("10.0.0.1/24"),
            "names": {"b", "a"},
            "long": "x" * 1000,
            "huge": 10**5000,
            "odd": object,
        }
    )
    rows = {row.key: row for row in tree.rows(0, 99)}
    assert rows["when"].preview == '{"$date": 1763683200000}'
    assert rows["when"].hint == "2025-11-21 00:00Z"
    assert (rows["when"].kind, rows["day"].kind, rows["net"].kind, rows["names"].kind) == (
        "date",
        "date",
        "other",
        "set",
    )
    assert rows["at"].preview == '{"$time": "03:30:00"}'
    assert rows["net"].preview == '{"$ipv4_interface": "10.0.0.1/24"}'
    assert [tree.row(rows["names"].index + n).preview for n in (1, 2)] == ['"a"', '"b"']
    assert len(rows["long"].preview) < 410
    assert len(rows["huge"].preview) < 410
    assert rows["odd"].kind == "other"


# Finding


def test_finding_looks_into_what_is_folded_and_goes_around_the_end() -> None:
    tree = Tree(POOLS)
    tree.fold_level(1)
    assert find(tree, "sda") == (1, "topology", "data", 0, "disk")
    assert find(tree, "NAME") is None
    assert find(tree, "name") == (0, "name")
    assert find(tree, "name", after=(0, "name")) == (1, "name")
    assert find(tree, "name", after=(1, "name")) == (0, "name")
    assert find(tree, "name", after=(1, "name"), backwards=True) == (0, "name")
    assert find(tree, "name", after=(0, "name"), backwards=True) == (1, "name")
    assert find(tree, "name", backwards=True) == (1, "name")
    assert find(tree, "119571") == (0, "size")
    assert find(tree, "null") == (0, "odd key")
    assert find(tree, "tank", after=(0, "name")) == (0, "name")
    assert find(tree, "name", after=("gone",)) == (0, "name")
    assert find(tree, "") is None
    assert len(tree) == 3


def test_a_search_pauses_so_that_it_can_be_left() -> None:
    tree = Tree(list(range(10_000)))
    assert list(tree.search("no such text")) == [None] * 5
    assert [path for path in tree.search("999") if path is not None][:2] == [(999,), (1999,)]


def test_matches_says_where_find_stops() -> None:
    tree = Tree(POOLS)
    assert [row.key for row in tree.rows(0, 99) if tree.matches(row, "scan")] == ["scan"]
    assert not tree.matches(tree.row(0), "")


@given(value=VALUES, text=st.text("0a", min_size=1, max_size=2), data=st.data())
def test_all_are_found_in_order_both_ways(value: Any, text: str, data: st.DataObject) -> None:
    tree = Tree(value)
    order = [path for path, _ in everything(value)]
    wanted = [path for path in tree.search(text) if path is not None]
    assert wanted == [path for path in order if path in set(wanted)]
    start = data.draw(st.sampled_from(order))
    at = order.index(start)
    around = [path for path in [*order[at + 1 :], *order[: at + 1]] if path in set(wanted)]
    assert [path for path in tree.search(text, after=start) if path is not None] == around
    back = [path for path in [*reversed(order[:at]), *reversed(order[at:])] if path in set(wanted)]
    assert [path for path in tree.search(text, after=start, backwards=True) if path is not None] == back


class Folding(RuleBasedStateMachine):
    """A tree against the plainest model of one: the set of unfolded paths."""

    @initialize(value=VALUES)
    def begin(self, value: Any) -> None:
        self.value = value
        self.tree = Tree(value, first_rows=0)
        self.tree.fold_level(0)
        self.open: set[Path] = set()

    def expected(self) -> list[Path]:
        def visible(value: Any, path: Path) -> Iterator[Path]:
            yield path
            if path in self.open:
                members = enumerate(value) if isinstance(value, list) else value.items()
                for key, inner in members:
                    yield from visible(inner, (*path, key))

        return list(visible(self.value, ()))

    def folds(self, path: Path) -> bool:
        value = self.tree.value_at(path)
        return isinstance(value, (list, dict)) and bool(value)

    @rule(data=st.data())
    def toggle(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.tree) - 1))
        path = self.tree.row(index).path
        before = len(self.tree)
        gained = self.tree.toggle(index)
        if path in self.open:
            self.open = {other for other in self.open if other[: len(path)] != path}
        elif self.folds(path):
            self.open.add(path)
        assert gained == len(self.tree) - before

    @rule(data=st.data())
    def unfold_below(self, data: st.DataObject) -> None:
        path = self.tree.row(data.draw(st.integers(0, len(self.tree) - 1))).path
        assert self.tree.unfold_below(self.tree.index_of(path))
        self.open |= {p for p, _ in everything(self.value) if p[: len(path)] == path and self.folds(p)}

    @rule(level=st.integers(0, 4))
    def fold_level(self, level: int) -> None:
        assert self.tree.fold_level(level)
        self.open = {path for path, _ in everything(self.value) if len(path) < level and self.folds(path)}

    @rule(data=st.data())
    def reveal(self, data: st.DataObject) -> None:
        path = data.draw(st.sampled_from([path for path, _ in everything(self.value)]))
        index = self.tree.reveal(path)
        self.open |= {path[:depth] for depth in range(len(path))}
        assert self.tree.row(index).path == path

    @invariant()
    def rows_are_right(self) -> None:
        if not hasattr(self, "tree"):
            return
        expected = self.expected()
        rows = self.tree.rows(0, len(expected) + 5)
        assert [row.path for row in rows] == expected
        assert [row.index for row in rows] == list(range(len(expected)))
        assert [self.tree.index_of(path) for path in expected] == list(range(len(expected)))
        for row in rows:
            assert row.folded == (None if not self.folds(row.path) else row.path not in self.open)


Folding.TestCase.settings = settings(max_examples=60, stateful_step_count=15, deadline=None)
TestFolding = Folding.TestCase


def test_a_large_result_costs_nothing_until_it_is_looked_at() -> None:
    value = [{"id": n, "name": f"n{n}", "numbers": [1, 2, 3, 4]} for n in range(150_000)]
    value.append(list(range(200_000)))  # type: ignore[arg-type]

    tree = Tree(value)
    last = len(tree) - 1
    tree.unfold(last)
    assert len(tree) == last + 1 + 200_000
    assert [row.index for row in tree.rows(last + 100_000, last + 100_002)] == [last + 100_000, last + 100_001]
    assert tree.fold_level(3) is False, "a level that does not fit stops at its limit"
    assert len(tree.rows(100_000, 100_050)) == 50


# Paths


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        ((0, "size"), "[0].size"),
        (("pools", 0), "pools[0]"),
        (("odd key", "a.b", "x"), '["odd key"]["a.b"].x'),
        (('q"', "é"), '["q\\""]["é"]'),
    ],
)
def test_paths_as_people_write_them(path: Path, text: str) -> None:
    assert path_text(path) == text
