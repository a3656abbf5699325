"""The memory from one start to the next: a small file of the app, and one for each connection.

No Textual here, and nothing is read before it is asked for. Invariants: no secret is ever written (drafts pass
`tui.model.drafts`), nor whether writes were allowed; whatever stands in a file, each member has a value of its type;
no fault of a file stops the app.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tui.memory.late_file import Tell
from tui.memory.state_file import Kept, StateFile
from tui.model.answers import mapping, text

if TYPE_CHECKING:
    from truenas_client.methods.catalogue import Method
    from tui.memory.history import History

__all__ = ["AppMemory", "ConnectionMemory", "First", "Memories", "Place", "file_name", "state_folder"]

MOST_DRAFTS = 200
MOST_FIRSTS = 20
MOST_DRAFTED = 1_000_000
"""Characters of all drafts together: the file is read at the start, and that has to be quick."""
MOST_RECENT = 20
MOST_STARS = 500
MOST_VIEWS = 500
MOST_UNFOLDED = 500
MOST_SETS = 50
MOST_PANELS = 4


def state_folder() -> Path:
    """Where the files are (on Linux ``~/.local/state/truenas-client/tui``)."""
    import platformdirs

    return platformdirs.user_state_path("truenas-client", appauthor=False) / "tui"


class Place(NamedTuple):
    """How far a list was scrolled and unfolded, and on which row its cursor was ("" when unknown)."""

    unfolded: tuple[str, ...] = ()
    cursor: str = ""
    top: int = 0


class First(NamedTuple):
    """The connection that a start begins with: its address in full, its user, and whether it allows writes."""

    place: str
    user: str
    writable: bool

    @property
    def name(self) -> str:
        """A short name of the server, until it tells its own."""
        return self.place.partition("://")[2].partition("/")[0] or self.place


def _texts(value: Any, most: int) -> tuple[str, ...]:
    texts = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    return tuple(dict.fromkeys(texts))[:most]


def _is_true(value: Any) -> bool:
    return value is True


def _place(value: Any) -> Place:
    kept = mapping(value)
    top = kept.get("top")
    unfolded, cursor = _texts(kept.get("unfolded"), MOST_UNFOLDED), text(kept.get("cursor"))
    return Place(unfolded, cursor, top if type(top) is int else 0)


def _written_place(place: Place) -> dict[str, Any]:
    return {"unfolded": sorted(place.unfolded)[:MOST_UNFOLDED], "cursor": place.cursor, "top": place.top}


def _saved_to(value: Any) -> tuple[str, str]:
    return text(mapping(value).get("folder")), text(mapping(value).get("form"))


def _panels(value: Any) -> list[dict[str, Any]]:
    rows = value if isinstance(value, list) else []
    return [row for row in rows if isinstance(row, dict) and isinstance(row.get("event"), str)][:MOST_PANELS]


class AppMemory(StateFile):
    """Settings of the user and the terminal, not of a server."""

    theme = Kept("theme", text)
    """The name of the theme that was chosen, "" when none was."""
    docs_open = Kept("docs_open", _is_true)
    """Whether the docs were shown in place of the arguments."""
    bell = Kept("bell", _is_true)
    """Whether the terminal's bell rings when a watched job ends."""
    saved_to = Kept("saved", _saved_to, lambda last: {"folder": last[0], "form": last[1]})
    """The folder of the last saved file, as people write it, and the form it had; each "" when there is none."""

    def first_of(self, digest: str) -> First | None:
        """Whose methods came first when the app was last started like this (`Start.digest`)."""
        match self.inside("firsts").get(digest):
            case [str() as place, str() as user, bool() as writable]:
                return First(place, user, writable)
        return None

    def set_first(self, digest: str, first: First | None) -> None:
        """Remembers what such a start begins with; None when that does not hold any more."""
        if first is not None:
            self.put_inside("firsts", digest, list(first), MOST_FIRSTS)
        else:
            self.drop_inside("firsts", digest)

    def size_of(self, pane: str, size_class: str) -> int | None:
        """The rows or columns a pane was given on screens of a size class, None when it was left as it is."""
        cells = mapping(self.inside("panes").get(size_class)).get(pane)
        return cells if type(cells) is int and 0 < cells < 1000 else None

    def set_size(self, pane: str, size_class: str, cells: int) -> None:
        """Remembers the size of a pane."""
        panes = self.inside("panes")
        self.put("panes", {**panes, size_class: {**mapping(panes.get(size_class)), pane: cells}})


class ConnectionMemory(StateFile):
    """The memory of one user on one server. Made by `Memories.connection`; without a path for one session only."""

    section = Kept("section", text)
    """The section that was on screen."""
    method = Kept("method", text)
    """The method that was open."""
    place = Kept("methods", _place, _written_place)
    """How the list of methods was left."""
    panels = Kept("panels", _panels)
    """The panels of events as they were left, as `model.panel` writes them."""

    def __init__(
        self,
        path: Path | None = None,
        tell: Tell = lambda text: None,
        *,
        about: dict[str, str] | None = None,
        app: AppMemory | None = None,
    ) -> None:
        super().__init__(path, tell, about=about)
        self.app = app or AppMemory()
        # What was typed in this session, in full, and which of it is not in the members yet.
        self._typed: dict[str, str] = {}
        self._waiting: dict[str, Method] = {}
        self._history_path = None if path is None else path.parent.parent / "history" / f"{path.stem}.jsonl"
        self._history: History | None = None

    @property
    def history(self) -> History:
        """The calls that were made, in a file of their own beside this one."""
        if self._history is None:
            from tui.memory.history import History  # here, for the same reason as `storable` below

            self._history = History(self._history_path, self._tell, about=self._about)
        return self._history

    def close(self) -> None:
        super().close()
        if self._history is not None:
            self._history.close()

    @property
    def stars(self) -> tuple[str, ...]:
        """Methods with a star, in the order they got it."""
        return _texts(self.members.get("stars"), MOST_STARS)

    def toggle_star(self, method: str) -> bool:
        """Gives a method a star or takes it; whether it has one now."""
        others = [name for name in self.stars if name != method]
        starred = len(others) == len(self.stars)
        self.put("stars", [*others, method][-MOST_STARS:] if starred else others)
        return starred

    @property
    def recent(self) -> tuple[str, ...]:
        """Methods that were called, the last one first."""
        return _texts(self.members.get("recent"), MOST_RECENT)

    def called(self, method: str) -> None:
        """A method was called."""
        self.put("recent", [method, *(name for name in self.recent if name != method)][:MOST_RECENT])

    def view_of(self, method: str) -> str:
        """The view that the user chose for results of a method, "" without a choice."""
        return text(self.inside("views").get(method))

    def set_view(self, method: str, view: str) -> None:
        """Remembers the view for results of a method."""
        self.put_inside("views", method, view, MOST_VIEWS)

    def table_of(self, method: str) -> dict[str, Any]:
        """How the columns of a method's results were arranged, as `values.arrangement` writes it."""
        return dict(mapping(self.inside("tables").get(method)))

    def set_table(self, method: str, arrangement: dict[str, Any]) -> None:
        """Remembers how columns are arranged."""
        self.put_inside("tables", method, arrangement, MOST_VIEWS)

    @property
    def panel_sets(self) -> dict[str, list[dict[str, Any]]]:
        """Panels that were saved under a name, the newest name last."""
        return {name: _panels(kept) for name, kept in self.inside("panel_sets").items()}

    def save_panels(self, name: str, panels: list[dict[str, str]]) -> None:
        """Saves panels under a name; none forgets the name."""
        if panels:
            self.put_inside("panel_sets", name, panels, MOST_SETS)
        else:
            self.drop_inside("panel_sets", name)

    def draft_of(self, method: str) -> str | None:
        """The arguments as they were left, None when there are none. Those of an earlier start are without secrets."""
        kept = self._typed.get(method, self.inside("drafts").get(method))
        # An empty text is not remembered: the method then opens with its smallest arguments.
        return kept if isinstance(kept, str) and kept.strip() else None

    def keep_draft(self, method: Method, text: str) -> None:
        """Remembers arguments that were typed; the file gets them without secrets, this session in full."""
        if (self.draft_of(method.name) or "") != text:
            self._typed[method.name] = text
            self._waiting.pop(method.name, None)
            self._waiting[method.name] = method
            self.changed()

    def before_writing(self) -> None:
        # Here, because nothing of it is needed to start.
        from truenas_client.methods.storable import MASKING
        from tui.model.drafts import storable
        from tui.model.room import fitting

        drafts = {name: text for name, text in self.inside("drafts").items() if isinstance(text, str)}
        if drafts and self.members.get("masking") != MASKING:
            # An earlier version of this program knew fewer secrets.
            judged = {name: storable(name, text, ()) for name, text in drafts.items()}
            drafts = self.members["drafts"] = {name: text for name, text in judged.items() if text is not None}
        if drafts or self._waiting:
            self.members["masking"] = MASKING
        for name, method in self._waiting.items():
            kept = storable(name, self._typed[name], [*(param.name for param in method.params), *method.names])
            # What may not be stored, being in the middle of a word, leaves what was stored before.
            if kept is not None:
                drafts.pop(name, None)
                drafts[name] = kept
        self._waiting.clear()
        newest = list(drafts.items())[: -MOST_DRAFTS - 1 : -1]
        if drafts:
            self.members["drafts"] = dict([*fitting(newest, lambda draft: len(draft[1]), MOST_DRAFTED)][::-1])


class Memories:
    """All files of one run. ``fresh`` reads none and writes none."""

    def __init__(self, *, fresh: bool = False, folder: Path | None = None) -> None:
        self._folder = None if fresh else folder or state_folder()
        self._connections: dict[str, ConnectionMemory] = {}
        self.notices: list[str] = []
        """What the user should know and has not been told yet."""
        self.on_notice: Callable[[], None] = lambda: None
        self.app = AppMemory(None if self._folder is None else self._folder / "app.json", self._tell)

    def connection(self, address: str, user: str) -> ConnectionMemory:
        """The memory of a connection: the same one for the same address (in full) and user."""
        name = file_name(address, user)
        if name not in self._connections:
            path = None if self._folder is None else self._folder / "connections" / name
            about = {"address": address, "user": user}
            self._connections[name] = ConnectionMemory(path, self._tell, about=about, app=self.app)
        return self._connections[name]

    def close(self) -> None:
        """Writes the pending changes at the end of the app."""
        for file in (self.app, *self._connections.values()):
            file.close()

    def _tell(self, text: str) -> None:
        self.notices.append(text)
        self.on_notice()


def file_name(address: str, user: str) -> str:
    """The name of a connection's file: a readable part, then a hash that makes it unique."""
    from hashlib import sha256

    shown = re.sub(r"[^A-Za-z0-9.-]+", "-", f"{user}-at-{address.partition('://')[2] or address}").strip("-.")[:60]
    # Surrogates may be in what came from the command line.
    key = f"{user}\0{address}".encode("utf-8", "surrogatepass")
    return f"{shown}-{sha256(key).hexdigest()[:12]}.json"
