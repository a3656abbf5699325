"""The methods of a server: a tree of namespaces, and while typing a flat list, best match first."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.message import Message
from textual.widgets import Input

from truenas_client.catalogue import Catalogue, Method
from tui.model.search import Index
from tui.widgets.pane import Pane
from tui.widgets.rows import Cell, Row, Rows

__all__ = ["MethodList", "Typed"]

# Namespaces and methods share one list; the prefix keeps their keys apart.
SPACE = "namespace:"
METHOD = "method:"
MOST_HITS = 200


class Filter(Input):
    """The field above the list: arrows and enter reach into the list without leaving it."""

    BINDINGS = [
        Binding("enter", "submit", "Open", show=False, id="nav.open"),
        Binding("down", "reach('down')", show=False),
        Binding("up", "reach('up')", show=False),
        Binding("pagedown", "reach('page_down')", show=False),
        Binding("pageup", "reach('page_up')", show=False),
    ]

    @dataclass
    class Reached(Message):
        """An arrow key went on into the list."""

        where: str

    def action_reach(self, where: str) -> None:
        self.post_message(self.Reached(where))


@dataclass(frozen=True, slots=True)
class Typed:
    """What a user did before the workspace was there."""

    filter: str = ""
    cursor: str = ""
    """The key of the row under the cursor."""
    chosen: str = ""
    """The method that is to be opened."""


class MethodList(Pane):
    """Shows a `Catalogue`; `Chosen` names the method to open, `Highlighted` the one under the cursor."""

    @dataclass
    class Chosen(Message):
        """A method is to be opened."""

        method: str

    @dataclass
    class Highlighted(Message):
        """The cursor came to a method, or to a namespace (None)."""

        method: str | None

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("Methods", id=id)
        self._catalogue = Catalogue.from_methods({})
        self._index = Index([])
        self._open: set[str] = set()
        self._current: str | None = None

    def compose(self) -> ComposeResult:
        yield Filter(placeholder="type to find", id="filter", compact=True)
        yield Rows(empty="Reading the methods ...", id="names")

    @property
    def filter(self) -> Input:
        """The field to type into."""
        return self.query_one("#filter", Input)

    @property
    def names(self) -> Rows:
        """The list below it."""
        return self.query_one("#names", Rows)

    @property
    def highlighted(self) -> str | None:
        """The method under the cursor."""
        key = self.names.key or ""
        return key.removeprefix(METHOD) if key.startswith(METHOD) else None

    def set_catalogue(self, catalogue: Catalogue, *, cached: bool = False) -> None:
        """Shows the methods of this one; what was typed and unfolded stays. ``cached`` ones may not be the present."""
        self.title = "Methods  cached" if cached else "Methods"
        self._catalogue = catalogue
        self._index = Index(catalogue)
        self.filter.placeholder = f"type to find among {len(catalogue)}" if len(catalogue) else "type to find"
        self._refill(keep=True)

    def go_on(self, typed: str, cursor: str) -> None:
        """Takes over what was typed into another list of the same methods, and the row its cursor was on."""
        self.filter.value = typed
        self._refill(keep=False)
        self.names.move_to(cursor)

    def show_current(self, method: str) -> None:
        """Marks the open method and unfolds the namespace it is in."""
        self._current = method
        if method:
            self._open.add(method.rpartition(".")[0])
        if not self.filter.value.strip():
            self._refill(keep=True)
            self.names.move_to(METHOD + method)

    @on(Input.Changed, "#filter")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._refill(keep=False)
        if not self.filter.value.strip() and self._current:
            self.names.move_to(METHOD + self._current)

    @on(Input.Submitted, "#filter")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.names.action_choose()

    @on(Filter.Reached)
    def _reached(self, event: Filter.Reached) -> None:
        event.stop()
        # The first arrow down goes into the list, on the row it marks already.
        self.names.focus()
        if event.where == "down":
            return
        {
            "up": self.names.action_line_up,
            "page_down": self.names.action_page_down,
            "page_up": self.names.action_page_up,
        }[event.where]()

    @on(Rows.Chosen, "#names")
    def _chosen(self, event: Rows.Chosen) -> None:
        event.stop()
        self.post_message(self.Chosen(event.key.removeprefix(METHOD)))

    @on(Rows.Highlighted, "#names")
    def _highlight(self, event: Rows.Highlighted) -> None:
        event.stop()
        self.post_message(self.Highlighted(self.highlighted))
        self._tell()

    @on(Rows.Folded, "#names")
    def _folded(self, event: Rows.Folded) -> None:
        event.stop()
        space = event.key.removeprefix(SPACE)
        if event.folded:
            self._open.discard(space)
        else:
            self._open.add(space)
        self._refill(keep=True)

    def _refill(self, *, keep: bool) -> None:
        query = self.filter.value.strip()
        rows = self._hits(query) if query else self._tree()
        if len(self._catalogue):
            self.names.empty = "No method matches." if query else "No methods."
        self.names.set_rows(rows, keep=keep)
        self._tell()

    def _tell(self) -> None:
        query = self.filter.value.strip()
        total = len(self._catalogue)
        if query:
            self.facts = f"{len(self.names.rows)} of {total}"
        elif (key := self.names.key) and total:
            space = key.removeprefix(SPACE) if key.startswith(SPACE) else key.removeprefix(METHOD).rpartition(".")[0]
            self.facts = f"{space} {sum(1 for method in self._catalogue if method.namespace == space)}"
        else:
            self.facts = ""

    def _hits(self, query: str) -> list[Row]:
        return [
            Row(
                METHOD + hit.method.name,
                (Cell(hit.method.name, marks=hit.positions),),
                badges=_badges(self._catalogue.get(hit.method.name)),
            )
            for hit in self._index.search(query, limit=MOST_HITS)
        ]

    def _tree(self) -> list[Row]:
        below: dict[str, list[Method]] = {}
        for method in self._catalogue:
            below.setdefault(method.namespace, []).append(method)
        rows: list[Row] = []
        for space in sorted(below):
            opened = space in self._open
            count = Cell(str(len(below[space])), "dim")
            rows.append(Row(SPACE + space, (space or "(no namespace)",), fold=not opened, badges=(count,)))
            if opened:
                rows += [
                    Row(METHOD + method.name, (method.action,), depth=1, badges=_badges(method))
                    for method in below[space]
                ]
        return rows


def _badges(method: Method | None) -> tuple[Cell | str, ...]:
    if method is None:
        return ()
    badges = []
    if method.job:
        badges.append(Cell("job", "accent"))
    if method.filterable:
        badges.append(Cell("table", "dim"))
    if method.risk != "read":
        badges.append(Cell(method.risk, "error" if method.risk == "risk" else "warning"))
    return tuple(badges)
