"""The arguments of an event source, in the editor of arguments: completed and checked by the source's schema."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.dom import DOMNode
from textual.widgets import Static

from truenas_client.methods.catalogue import Method
from tui import actions
from tui.cards.card import CardScreen, ask
from tui.model.completion import complete
from tui.model.draft import Draft
from tui.model.known import Known
from tui.text import plain, safe
from tui.widgets.arguments_editor import ArgumentsEditor
from tui.widgets.completion import CompletionList
from tui.widgets.json_editor import JsonEditor
from tui.widgets.key_line import Hint

__all__ = ["ArgumentsScreen", "ask_for_arguments"]


async def ask_for_arguments(node: DOMNode, source: Method, given: Any = None) -> dict[str, Any] | None:
    """Asks over the screen of ``node``; None for escape. ``source`` has one argument. From a worker."""
    return await ask(node, ArgumentsScreen(source, given))


class ArgumentsScreen(CardScreen[dict[str, Any] | None]):
    """Dismisses with the object that was typed, once it fits the schema."""

    BINDINGS = actions.bind(("call.run", "take"))

    def __init__(self, source: Method, given: Any = None) -> None:
        super().__init__()
        self._source = source
        self._draft = Draft(source)
        if isinstance(given, dict):
            self._draft.text = self._draft.put((), [given]).text

    def compose(self) -> ComposeResult:
        choices = CompletionList(id="choices")
        with Vertical(id="card"):
            yield ArgumentsEditor(choices, id="source-arguments")
            yield Static("", id="says")
            yield Hint(("call.run", "subscribe"), ("edit.complete", "complete"), ("card.leave", "back"))
            yield choices

    @property
    def editor(self) -> ArgumentsEditor:
        """Where the object is typed, in the brackets of a list of arguments."""
        return self.query_one(ArgumentsEditor)

    def on_mount(self) -> None:
        self.query_one("#card").border_title = plain(f"Arguments  {self._source.name}")
        editor = self.editor
        editor.complete = lambda text, caret, onward: complete(
            self._source, text, caret, Known(), read=self._draft.read.document, onward=onward
        )
        editor.load_text(self._draft.text)
        self._look()
        if editor.gaps:
            editor.select_inside(editor.gaps[0].start, editor.gaps[0].end)
        else:
            editor.goto(max(editor.text.rfind("}"), 0))
        editor.focus()

    def _look(self) -> None:
        self._draft.text = self.editor.text
        self._draft.look()
        self.editor.problems, self.editor.gaps = self._draft.problems, self._draft.gaps
        problems = [*self._draft.problems, *self._draft.missing]
        words = safe(problems[0].message) if problems else "valid"
        self.query_one("#says", Static).update(Content.styled(words, "$text-warning" if problems else "$text-success"))

    @on(JsonEditor.Edited)
    @on(ArgumentsEditor.Completed)
    def _edited(self) -> None:
        self._look()

    @on(CompletionList.Clicked)
    def _clicked(self, event: CompletionList.Clicked) -> None:
        event.stop()
        self.editor.action_accept()

    def action_take(self) -> None:
        self._look()
        params = self._draft.params
        problems = [*self._draft.problems, *self._draft.missing]
        if params is None or problems:
            if problems:
                self.editor.select_inside(problems[0].start, problems[0].end)
            return
        self.dismiss(params[0] if params and isinstance(params[0], dict) else {})
