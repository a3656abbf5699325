"""The screen while the rest of the app is loaded: the methods of the last run, ready for searching.

It looks like the workspace that takes its place, and loads next to nothing: a list,
two lines, and frames without content. Invariant: what was typed or chosen here is
not lost but handed on (`typed`).
"""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen

from truenas_client.storage.catalogue_cache import Kept
from tui.memory.state import ConnectionMemory, First
from tui.remapped import RemappedKeys
from tui.widgets.key_line import KeyLine
from tui.widgets.method_list import MethodList, Typed
from tui.widgets.pane import Pane
from tui.widgets.status_line import Status, StatusLine

__all__ = ["Starting"]


class Starting(RemappedKeys, Screen[None]):
    """The first screen when it is known where to connect to."""

    AUTO_FOCUS = None

    class Shown(Message):
        """The screen has been drawn: there is time to load the rest."""

    def __init__(self, first: First, kept: Kept | None, memory: ConnectionMemory) -> None:
        super().__init__()
        self.kept = kept
        """The methods as they were listed last time; None when they never were."""
        self._status = Status(connecting=True, name=first.name, user=first.user, writable=first.writable)
        self._memory = memory
        self._chosen = ""

    def compose(self) -> ComposeResult:
        yield StatusLine(self._status, id="status")
        with Horizontal(id="starting"):
            yield MethodList(self._memory, id="methods")
            with Vertical():
                yield Pane("Call", id="call")
                yield Pane("Result", id="result")
        yield KeyLine()

    def on_mount(self) -> None:
        if self.kept is not None:
            self.methods.set_catalogue(self.kept.catalogue, cached=True)
        self.set_focus(self.methods.filter)
        self.call_after_refresh(self.post_message, self.Shown())

    @property
    def methods(self) -> MethodList:
        """The list of methods."""
        return self.query_one(MethodList)

    @property
    def typed(self) -> Typed:
        """The user's input here so far."""
        return Typed(self.methods.filter.value, self.methods.names.key or "", self._chosen)

    @on(MethodList.Chosen)
    def _choose(self, event: MethodList.Chosen) -> None:
        self._chosen = event.method
