"""A pane with a field below the value that it shows, to find texts in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.widget import Widget

from tui.text import cut, safe
from tui.widgets.find_field import FindField
from tui.widgets.finding_view import FindingView
from tui.widgets.pane import Fact, Pane

if TYPE_CHECKING:
    from tui.widgets.result_views import ResultViews

__all__ = ["FindingPane"]


class FindingPane(Pane):
    """Composes `find_field` where it wants it. What is found, and how many, is told in the lower border."""

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(title, id=id)
        self.find_field = FindField(self._find, lambda: self.content, id="find", placeholder="find")
        self._found_last: FindingView.Found | None = None
        self._count = ("", 0)

    @property
    def content(self) -> Widget:
        """The widget that gets the focus when the field closes."""
        raise NotImplementedError

    @property
    def views(self) -> ResultViews | None:
        """The value in its views, while it is what is shown."""
        raise NotImplementedError

    def facts_of_value(self) -> list[Fact] | None:
        """The facts beside those of the view; None where no value is shown."""
        raise NotImplementedError

    def tell_view(self) -> None:
        """Writes the borders as they are when nothing is sought."""
        raise NotImplementedError

    def open_find(self) -> None:
        """Opens the find field."""
        if self.views is not None:
            self.find_field.open()

    def step_find(self, by: int) -> None:
        """Goes to the next match, or with -1 to the one before."""
        if self.views is not None:
            self.views.step(by)

    def _find(self, text: str) -> None:
        if self.views is not None:
            self.views.find(text)
        if not text:
            self.tell_view()

    @on(FindingView.Counted)
    def _counted(self, event: FindingView.Counted) -> None:
        event.stop()
        self._count = event.text, event.count
        if self._found_last is not None and self._found_last.text == event.text:
            self._found(self._found_last)

    @on(FindingView.Found)
    def _found(self, event: FindingView.Found) -> None:
        event.stop()
        self._found_last = event
        if event.place is None:
            self.facts = ((f"no {safe(event.text)} here", "warning"),)
        elif self.views is not None and (more := self.facts_of_value()) is not None:
            text, count = self._count
            matches = (f"{count:,} match" + ("" if count == 1 else "es"),) if text == event.text else ()
            # In the field these letters are only typed.
            typed = (*matches, "enter goes there")
            found = f'"{cut(safe(event.text), 20, ellipsis=self.ellipsis)}"'
            done = (found, *matches, "{find.next} next", "{find.previous} previous")
            self.facts = (*self.views.facts, *(typed if self.find_field.has_focus else done), *more)
