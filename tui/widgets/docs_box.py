"""`DocsBox`: the docs with their find field below; `DocsPane`: the pane of their own they have on wide screens."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from tui.text import cut, safe
from tui.widgets.docs import Docs, Library
from tui.widgets.pane import Fact, Pane

__all__ = ["DocsBox", "DocsPane"]

_LONGEST_HINT = 44  # cells


class DocsBox(Vertical):
    """Holds `docs`; `open_find` and `close_find` show and hide the field. `facts` are for the border of the pane."""

    def __init__(self, library: Library, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.docs = Docs(library, id=f"{id}-text" if id else None)
        self._found: Fact | None = None
        self._wanted = False

    def compose(self) -> ComposeResult:
        yield self.docs
        yield Input(classes="find", compact=True, placeholder="find in the docs")

    def focus_docs(self) -> None:
        """Puts the focus into the docs, as soon as they are there."""
        self._wanted = not self.docs.is_attached
        if not self._wanted:
            self.docs.focus()

    def on_mount(self) -> None:
        if self._wanted:
            self.docs.focus()

    @property
    def field(self) -> Input:
        """Where the text to find is typed."""
        return self.query_one(Input)

    @property
    def facts(self) -> list[Fact]:
        """What the border should say: what was found, where enter leads, how to get back."""
        facts: list[Fact] = [] if self._found is None else [self._found]
        if hint := self.docs.hint():
            # Cut, so that a long name does not push out what was found.
            facts.append((cut(safe(hint), _LONGEST_HINT), "title"))
        if self.docs.depth:
            facts.append("{docs.back} back")
        return facts

    def open_find(self) -> None:
        """Shows the find field, empty, and goes into it."""
        self.add_class("-finding", "-typing")
        self.field.value = ""
        self.field.focus()

    def close_find(self) -> bool:
        """Hides the find field and forgets its marks; False when there were neither."""
        if not self.has_class("-finding"):
            return False
        self.remove_class("-finding", "-typing")
        self._find("")
        self.docs.focus()
        return True

    def back(self) -> bool:
        """Closes the find field, or goes to the page before; False when there is neither."""
        return self.close_find() or self.docs.back()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._find(event.value)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.set_focus(self.docs)
        self.set_class(bool(event.value), "-finding")
        self.remove_class("-typing")
        self._find(event.value)

    def _find(self, text: str) -> None:
        count = self.docs.find(text)
        self._found = None
        if text:
            key = "enter goes there" if self.field.has_focus else "{find.next} next"
            words = f"{count} place{'' if count == 1 else 's'}, {key}" if count else f"no {safe(text)} here"
            self._found = (words, "" if count else "warning")
        self.post_message(Docs.Moved(self.docs, self.docs.hint()))


class DocsPane(Pane):
    """The docs of the open method, or of the one under the cursor of the list, beside the call."""

    def __init__(self, library: Library, *, id: str | None = None) -> None:
        super().__init__("Docs", id=id)
        self.box = DocsBox(library, id="side-docs")

    def compose(self) -> ComposeResult:
        yield self.box

    @on(Docs.Moved)
    def _moved(self, event: Docs.Moved) -> None:
        event.stop()
        self.facts = self.box.facts
