"""`ValuePane`: one value in its views, with the field to find in them: an event, a frame of the wire."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.widget import Widget

from tui.memory.state import ConnectionMemory
from tui.widgets.finding_pane import FindingPane
from tui.widgets.pane import Fact
from tui.widgets.result_views import ResultViews

__all__ = ["ValuePane"]


class ValuePane(FindingPane):
    """Shows `show(...)` as a tree, a table or raw JSON. The owner binds the keys; `back` leaves what is open inside."""

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(title, id=id)
        self._views = ResultViews()
        # The choice of a view is for this pane only, not for a method of this name.
        self._memory = ConnectionMemory()
        self._about = ""
        self.value: Any = None

    def compose(self) -> ComposeResult:
        yield self._views
        yield self.find_field

    @property
    def views(self) -> ResultViews:
        return self._views

    @property
    def content(self) -> Widget:
        return self._views.content

    def show(self, value: Any, title: str, about: str) -> None:
        """Shows a value, which must not change meanwhile; ``about`` is a fact for the border."""
        self.value, self.title, self._about, self.found = value, title, about, None
        self._views.show_value(value, "event", self._memory, as_table=False)
        self.tell_view()

    def clear(self) -> None:
        """Lets go of the value."""
        self.value = None
        self._views.clear()

    def tell_view(self) -> None:
        self.set_tabs(self._views.views, self._views.view)
        found: list[Fact] = []
        if self.found is not None:
            found.append(("not found", "warning") if self.found.place is None else "{find.next} next")
        self.facts = [*found, *self._views.facts, self._about]
