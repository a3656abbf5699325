"""A result as rows that fold: the model behind the JSON viewer.

A `Tree` looks at the value it was given and copies nothing. Only containers that
are unfolded have a node; rows exist while they are being drawn. Unfolding a list
of a million numbers therefore costs the same as one of ten, and any row is found by its
number through the row counts of the unfolded.

Rows are numbered from 0 without gaps; the first is the root. A path is a tuple of keys and indexes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from weakref import ref

from truenas_client.values.human import hint
from truenas_client.values.kinds import Kind, Members, Path, has_members, kind_of, path_text, preview, title_of

from .finding import finder, search, way

__all__ = ["Kind", "Path", "Row", "Tree", "path_text"]

FIRST_ROWS = 60
"""How many rows a new tree may unfold by itself."""
MOST_UNFOLDED = 10_000
"""How many containers one step may unfold."""
MOST_LOOKED_AT = 200_000
"""How many values one step may look at for containers to unfold."""


@dataclass(frozen=True, slots=True)
class Row:
    """One visible row. ``folded`` is None for what cannot fold; ``count`` is how much a container holds.

    ``preview`` is the value as JSON writes it, cut to one short line; of a container its size in its brackets.
    ``title`` names an object by its most telling member; ``hint`` is a human reading of the value.
    """

    index: int
    depth: int
    key: str | int | None
    kind: Kind
    preview: str
    count: int
    folded: bool | None
    path: Path
    value: Any
    title: str = ""
    hint: str = ""


class _Node(Members):
    """An unfolded container: ``rows`` visible below it, ``children`` by position those of them that are unfolded."""

    __slots__ = ("__weakref__", "_ends", "_parent", "children", "order", "place", "rows")

    def __init__(self, value: Any, parent: _Node | None, place: int) -> None:
        super().__init__(value)
        # Held by the parent alone: a tree that no view shows is freed at once, and its value with it.
        self._parent = None if parent is None else ref(parent)
        self.place = place
        self.rows = self.size
        self.children: dict[int, _Node] = {}
        self.order: list[int] = []
        self._ends: list[int] | None = None

    @property
    def parent(self) -> _Node | None:
        """The unfolded container that holds this one; None for the one that holds the root."""
        return None if self._parent is None else self._parent()

    def ends(self) -> list[int]:
        """For each unfolded child, in order: the rows inside it and inside the ones before."""
        if self._ends is None:
            self._ends = list(accumulate(self.children[index].rows for index in self.order))
        return self._ends

    def grow(self, rows: int) -> None:
        """Count rows that appeared below (or went, below zero)."""
        node: _Node | None = self
        while node is not None:
            node.rows += rows
            node._ends = None
            node = node.parent

    def recount(self) -> None:
        """Count again after ``children`` changed."""
        self.order = sorted(self.children)
        self._ends = None
        self.rows = self.size + sum(inner.rows for inner in self.children.values())

    def before(self, index: int) -> int:
        """Rows below this node that stand above its child ``index``."""
        unfolded = bisect_left(self.order, index)
        return index + (self.ends()[unfolded - 1] if unfolded else 0)

    def locate(self, offset: int) -> tuple[int, int]:
        """The child that holds the row ``offset`` below this node, and the offset in it (-1 is its own row)."""
        order, ends = self.order, self.ends()

        def first_inside(number: int) -> int:
            return order[number] + 1 + (ends[number - 1] if number else 0)

        number = bisect_right(range(len(order)), offset, key=first_inside) - 1
        if number < 0:
            return offset, -1
        inside = offset - first_inside(number)
        rows = self.children[order[number]].rows
        return (order[number], inside) if inside < rows else (order[number] + 1 + inside - rows, -1)


class Tree:
    """A value, and which of its containers are unfolded. The value must not change while it is shown."""

    def __init__(self, value: Any, *, first_rows: int = FIRST_ROWS) -> None:
        self.value = value
        # Holds the value as its only member: so the first row is a row like all others.
        self._top = _Node((value,), None, 0)
        if (root := self._open(self._top, 0)) is not None:
            self._unfold_at_first(root, first_rows)

    def __len__(self) -> int:
        """How many rows are visible."""
        return self._top.rows

    def row(self, index: int) -> Row:
        """The row of this number. Raises IndexError when there is none."""
        node, child = self._at(index)
        path, value = self._path(node, child), node.at(child)
        key = path[-1] if path else None
        count = len(value) if has_members(value) else 0
        return Row(
            index=index,
            depth=len(path),
            key=key,
            kind=kind_of(value),
            preview=preview(value),
            count=count,
            folded=None if not count else child not in node.children,
            path=path,
            value=value,
            title=title_of(value),
            hint=hint(key, value, parent=path[-2] if len(path) > 1 else None),
        )

    def rows(self, start: int, stop: int) -> list[Row]:
        """The visible rows from ``start`` up to ``stop``, as many as there are."""
        return [self.row(index) for index in range(max(start, 0), min(stop, len(self)))]

    def index_of(self, path: Path) -> int:
        """The number of the row at ``path``, or of its nearest visible parent."""
        index, node = 0, self._top.children.get(0)
        for part in path:
            child = None if node is None else node.position(part)
            if node is None or child is None:
                return index
            index += 1 + node.before(child)
            node = node.children.get(child)
        return index

    def value_at(self, path: Path) -> Any:
        """The value at ``path``, folded or not. Raises KeyError when nothing is there."""
        if (found := way(self.value, path)) is None:
            raise KeyError(path)
        return found[1]

    # Folding: each gives the number of rows gained (or lost, below zero)

    def unfold(self, index: int) -> int:
        """Unfold the row of this number; 0 when there is nothing to unfold."""
        before = len(self)
        self._open(*self._at(index))
        return len(self) - before

    def fold(self, index: int) -> int:
        """Fold the row of this number; what was unfolded inside is forgotten."""
        before = len(self)
        node, child = self._at(index)
        if child in node.children:
            gone = node.children.pop(child)
            del node.order[bisect_left(node.order, child)]
            node.grow(-gone.rows)
        return len(self) - before

    def toggle(self, index: int) -> int:
        """Fold an unfolded row, unfold a folded one."""
        return self.fold(index) or self.unfold(index)

    def unfold_below(self, index: int) -> bool:
        """Unfold everything below a row, level by level. False when the limit stopped it before the end."""
        return self._unfold_to(self.row(index).path, None)

    def fold_level(self, level: int) -> bool:
        """Show exactly the rows down to ``level`` (0: the root alone). False when the limit stopped it."""
        self.fold(0)
        return level <= 0 or self._unfold_to((), level)

    def parent_of(self, index: int) -> int:
        """The number of the row above in the tree; of the root its own."""
        return self.index_of(self.row(index).path[:-1])

    def reveal(self, path: Path) -> int:
        """Unfold what hides the row at ``path`` (not itself) and give its number."""
        index = 0
        for depth in range(len(path)):
            self.unfold(index)
            index = self.index_of(path[: depth + 1])
        return index

    # Finding

    def search(self, text: str, *, after: Path | None = None, backwards: bool = False) -> Iterator[Path | None]:
        """The paths, folded or not, whose key or value holds ``text``: from ``after`` on and around the end.

        ``after`` itself comes last. Capitals are told apart only when ``text`` has some. A None comes now and then
        (every few milliseconds), where the caller can let others run or give up.
        """
        return search(self.value, text, after=after, backwards=backwards)

    def matches(self, row: Row, text: str) -> bool:
        """Whether a row is one that `search` would stop at."""
        return bool(text) and finder(text)(row.key, row.value)

    # Inside

    def _at(self, index: int) -> tuple[_Node, int]:
        """The unfolded container that holds a row, and which of its children the row is."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        # Straight to the root, as most rows are below it.
        node, offset = (self._top.children[0], index - 1) if index else (self._top, 0)
        while True:
            child, inside = node.locate(offset)
            if inside < 0:
                return node, child
            node, offset = node.children[child], inside

    def _path(self, node: _Node, child: int) -> Path:
        parts: list[str | int] = []
        while (parent := node.parent) is not None:
            parts.append(node.name(child))
            child, node = node.place, parent
        return tuple(reversed(parts))

    def _open(self, node: _Node, child: int) -> _Node | None:
        value = node.at(child)
        if child in node.children or not has_members(value):
            return None
        inner = node.children[child] = _Node(value, node, child)
        insort(node.order, child)
        node.grow(inner.rows)
        return inner

    def _unfold_at_first(self, root: _Node, limit: int) -> None:
        """Unfold level by level while there is room."""
        queue = deque([root])
        while queue:
            node = queue.popleft()
            for child in range(min(node.size, limit)):
                value = node.at(child)
                if not has_members(value):
                    continue
                # The first of a long list shows what the others look like, even when there is no room for all.
                an_example = node is root and child == 0 and len(value) <= limit
                if len(self) + len(value) > limit and not an_example:
                    return
                inner = self._open(node, child)
                if inner is not None:
                    queue.append(inner)

    def _unfold_to(self, path: Path, levels: int | None) -> bool:
        """Unfold ``levels`` levels (None: all) below a path; False when a limit stopped it."""
        index = self.reveal(path)
        self.unfold(index)
        holder, place = self._at(index)
        top = holder.children.get(place)
        if top is None:
            return True
        queue, touched, looked, unfolded = deque([(top, 1)]), [], 0, 0
        complete = True
        while queue and complete:
            node, depth = queue.popleft()
            if levels is not None and depth >= levels:
                continue
            touched.append(node)
            for child in range(node.size):
                looked += 1
                if unfolded == MOST_UNFOLDED or looked > MOST_LOOKED_AT:
                    complete = False
                    break
                value = node.at(child)
                if not has_members(value):
                    continue
                inner = node.children.get(child)
                if inner is None:
                    inner = node.children[child] = _Node(value, node, child)
                    unfolded += 1
                queue.append((inner, depth + 1))
        # Rows are added up once at the end, from the innermost outwards, not once per container.
        for node in reversed(touched):
            node.recount()
        while top.parent is not None:
            top = top.parent
            top.recount()
        return complete
