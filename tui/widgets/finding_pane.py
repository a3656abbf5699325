"""Panes that show a value in its views, with a field below it to find texts in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import on
from textual.widget import Widget

from tui.model.failure import Failure
from tui.widgets.failure_view import FailureView
from tui.widgets.find_field import FindField
from tui.widgets.finding_view import FindingView
from tui.widgets.pane import Pane
from tui.widgets.result_messages import ViewChanged
from tui.widgets.switcher import ViewSwitcher
from tui.widgets.text_view import TextView

# Loaded with the first value: the start does not wait for it.
if TYPE_CHECKING:
    from tui.widgets.result_views import ResultViews

__all__ = ["VIEWS", "FindingPane", "SwitchingPane"]

VIEWS = "views"
"""The name of the views of a value in a `SwitchingPane`."""


class FindingPane(Pane):
    """Composes `find_field` where it wants it. Views, facts and what was found are told in its borders."""

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(title, id=id)
        self.find_field = FindField(self._find, lambda: self.content, placeholder="find")
        self.found: FindingView.Found | None = None
        """How the search that is active came out last."""

    # What a sub-class defines

    @property
    def content(self) -> Widget:
        """The widget shown inside now; it gets the focus when the field closes."""
        raise NotImplementedError

    @property
    def views(self) -> ResultViews | None:
        """The value in its views, while it is what is shown."""
        raise NotImplementedError

    def tell_view(self) -> None:
        """Writes the borders as they are now."""
        raise NotImplementedError

    def tell_found(self) -> None:
        """Writes the borders after a search came out."""
        self.tell_view()

    def choose_tab(self, tab: str) -> None:
        """Shows the view whose word in the title was clicked."""
        if self.views is not None:
            self.views.choose_view(tab)

    # What they share

    @property
    def finds(self) -> FindingView | None:
        """What is looked through; None where there is nothing."""
        return content if isinstance(content := self.content, FindingView) else None

    def open_find(self) -> bool:
        """Opens the find field; False where there is nothing to look through."""
        if self.finds is None:
            return False
        self.find_field.open()
        return True

    def _find(self, text: str) -> None:
        self.found = None
        if self.finds is not None:
            self.finds.find(text)
        if not text:
            self.tell_view()

    def back(self) -> bool:
        """Closes the find field, or leaves the row that is open; False when there was neither."""
        if not (self.find_field.close() or (self.views is not None and self.views.back())):
            return False
        self.found = None
        self.tell_view()
        return True

    def under_cursor(self) -> tuple[str, Any] | None:
        """Path and value under the cursor, where there is one."""
        return None if self.views is None else self.views.under_cursor()

    @on(FindingView.Found)
    def _searched(self, event: FindingView.Found) -> None:
        event.stop()
        self.found = event
        self.tell_found()
        self.refresh_bindings()

    @on(ViewChanged)
    def _view_changed(self, event: ViewChanged) -> None:
        event.stop()
        self.tell_view()
        self.refresh_bindings()

    @on(Pane.TabPressed)
    def _tab_pressed(self, event: Pane.TabPressed) -> None:
        event.stop()
        self.choose_tab(event.tab)


class SwitchingPane(FindingPane):
    """Composes a `ViewSwitcher`, and shows in it a value, a failure or words, or a view of its own."""

    _views: ResultViews | None = None

    @property
    def switcher(self) -> ViewSwitcher:
        return self.query_one(ViewSwitcher)

    @property
    def content(self) -> Widget:
        shown = self.switcher.visible_content
        assert shown is not None
        return self.views.content if self.views is not None else shown

    @property
    def views(self) -> ResultViews | None:
        return self._views if self.switcher.current == VIEWS else None

    def made_views(self) -> ResultViews:
        """The views, made for the first value."""
        if self._views is None:
            from tui.widgets.result_views import ResultViews

            self._views = self.switcher.made(VIEWS, ResultViews)
        return self._views

    def clear_views(self) -> None:
        """Lets go of the value."""
        if self._views is not None:
            self._views.clear()

    def switch(self, name: str, *, inside: bool = False) -> None:
        """Shows the view of a name. It gets the focus where the one before had it, or with ``inside``."""
        if self.switcher.current == name and not inside:
            return
        inside = inside or self.content.has_focus
        self.switcher.current = name
        if inside:
            self.screen.set_focus(self.content)

    def say(self, text: str) -> None:
        """Shows words."""
        self.switcher.made("message", TextView).set_text(text)
        self.switch("message")

    def fail(self, failure: Failure, *, chosen: bool = True) -> None:
        """Shows an error; its fields are to be ``chosen`` where they have a place to go to."""
        self.switcher.made("failure", FailureView).set_failure(failure, chosen=chosen)
        self.switch("failure")
