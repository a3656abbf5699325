"""`FindField`: the field below a document, where a text to find in it is typed.

The class `-typing` on its parent says that the field is open, `-finding` that there is something to close: the field,
or the marks of what was found.
"""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.widget import Widget
from textual.widgets import Input

__all__ = ["FindField"]


class FindField(Input):
    """Calls ``find`` with the typed text, "" to end the search; ``document`` is the widget that gets the focus back."""

    def __init__(
        self, find: Callable[[str], None], document: Callable[[], Widget], *, id: str | None = None, placeholder: str
    ) -> None:
        super().__init__(id=id, classes="find", compact=True, placeholder=placeholder)
        self._find = find
        self._document = document

    def open(self) -> None:
        """Shows the field, empty, and goes into it."""
        assert self.parent is not None
        self.parent.add_class("-finding", "-typing")
        self.value = ""
        self.focus()

    def close(self) -> bool:
        """Hides the field and forgets the marks; False when there were neither."""
        assert self.parent is not None
        if not self.parent.has_class("-finding"):
            return False
        self.parent.remove_class("-finding", "-typing")
        self._find("")
        self._document().focus()
        return True

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._find(event.value)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        assert self.parent is not None
        # Not by focus(), which waits for its turn: the facts set now name the keys of the document.
        self.screen.set_focus(self._document())
        self.parent.set_class(bool(event.value), "-finding")
        self.parent.remove_class("-typing")
        self._find(event.value)
