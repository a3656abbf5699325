"""`DocsBox`: the docs with their find field below; `DocsPane`: the pane of their own they have on wide screens."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from tui.text import cut, safe
from tui.widgets.docs import Docs, Library
from tui.widgets.find_field import FindField
from tui.widgets.pane import Fact, Pane

__all__ = ["DocsBox", "DocsPane"]

_LONGEST_HINT = 44  # cells


class DocsBox(Vertical):
    """Holds `docs` and the `field` to find in them. `facts` are for the border of the pane."""

    def __init__(self, library: Library, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.docs = Docs(library, id=f"{id}-text" if id else None)
        self.field = FindField(self._find, lambda: self.docs, placeholder="find in the docs")
        self._found: Fact | None = None
        self._wanted = False

    def compose(self) -> ComposeResult:
        yield self.docs
        yield self.field

    def focus_docs(self) -> None:
        """Puts the focus into the docs, as soon as they are there."""
        self._wanted = not self.docs.is_attached
        if not self._wanted:
            self.docs.focus()

    def on_mount(self) -> None:
        if self._wanted:
            self.docs.focus()

    @property
    def facts(self) -> list[Fact]:
        """The facts for the border: the matches, the effect of the opening key, how to get back."""
        facts: list[Fact] = [] if self._found is None else [self._found]
        if hint := self.docs.hint():
            # Cut, so that a long name does not push out the count of matches.
            facts.append((cut(safe(hint), _LONGEST_HINT), "title"))
        if self.docs.depth:
            facts.append("{docs.back} back")
        return facts

    def back(self) -> bool:
        """Closes the find field, or goes to the page before; False when there is neither."""
        return self.field.close() or self.docs.back()

    def _find(self, text: str) -> None:
        self.docs.find(text)
        self._found = None
        if text:
            count = self.docs.match_count
            key = "enter goes there" if self.field.has_focus else "{find.next} next"
            words = f"{count} place{'' if count == 1 else 's'}, {key}" if count else f"no {safe(text)} here"
            self._found = (words, "" if count else "warning")
        self.post_message(Docs.Moved())


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
