"""`ValuePane`: one value in its views, with the field to find in them: an event, a frame of the wire."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult

from tui.memory.state import ConnectionMemory
from tui.widgets.find_field import FindField
from tui.widgets.finding_view import FindingView
from tui.widgets.pane import Fact, Pane
from tui.widgets.result_messages import ViewChanged
from tui.widgets.result_views import ResultViews
from tui.widgets.value_view import ValueView

__all__ = ["ValuePane"]


class ValuePane(Pane):
    """Shows `show(...)` as a tree, a table or raw JSON. The owner binds the keys; `back` leaves what is open inside."""

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(title, id=id)
        self.views = ResultViews()
        self.field_to_find = FindField(self._find, lambda: self.views.content, placeholder="find")
        # The choice of a view is for this pane only, not for a method of this name.
        self._memory = ConnectionMemory()
        self._about: list[Fact] = []
        self._found: Fact | None = None
        self.value: Any = None

    def compose(self) -> ComposeResult:
        yield self.views
        yield self.field_to_find

    def show(self, value: Any, title: str, about: str) -> None:
        """Shows a value, which must not change meanwhile; ``about`` is a fact for the border."""
        self._about, self._found = [about], None
        self.value = value
        self.title = title
        self.views.show_value(value, "event", self._memory, as_table=False)
        self._tell()

    def clear(self) -> None:
        """Lets go of the value."""
        self.value = None
        self.views.clear()

    def focus_value(self) -> None:
        """Puts the focus into the value."""
        self.views.content.focus()

    def under_cursor(self) -> tuple[str, Any] | None:
        """Path and value under the cursor."""
        return self.views.under_cursor()

    def back(self) -> bool:
        """Closes the search or an open row; False when there is neither."""
        return self.field_to_find.close() or self.views.back()

    def _find(self, text: str) -> None:
        self._found = None
        self.views.find(text)
        self._tell()

    @on(FindingView.Found)
    def _told(self, event: FindingView.Found) -> None:
        event.stop()
        self._found = ("not found", "warning") if event.place is None else "{find.next} next"
        self._tell()

    @on(ViewChanged)
    @on(ValueView.PathChanged)
    def _tell(self) -> None:
        self.set_tabs(self.views.views, self.views.view)
        self.facts = [*([self._found] if self._found else []), *self.views.facts, *self._about]

    @on(Pane.TabPressed)
    def _tab_pressed(self, event: Pane.TabPressed) -> None:
        event.stop()
        self.views.choose_view(event.tab)
