"""The arguments of an event source, in the editor of arguments: completed and checked by the source's schema."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from truenas_client.methods.catalogue import Method
from tui import actions
from tui.cards.card import CardScreen
from tui.model.completion import complete
from tui.model.draft import Draft
from tui.model.jsontext import TextProblem
from tui.model.known import Known
from tui.widgets.arguments_editor import ArgumentsEditor
from tui.widgets.completion import CompletionList
from tui.widgets.json_editor import JsonEditor
from tui.widgets.key_line import Hint

__all__ = ["ArgumentsScreen"]


class ArgumentsScreen(CardScreen[dict[str, Any] | None]):
    """Dismisses with the object that was typed, once it fits the schema. ``source`` has one argument."""

    BINDINGS = actions.bind(("call.run", "take"))

    def __init__(self, source: Method) -> None:
        super().__init__(f"Arguments  {source.name}")
        self._source = source
        self._draft = Draft(source)

    def lines(self) -> ComposeResult:
        choices = CompletionList(id="choices")
        yield ArgumentsEditor(choices, id="source-arguments")
        yield Static("", id="says")
        yield Hint(("call.run", "subscribe"), ("edit.complete", "complete"), ("card.leave", "back"))
        yield choices

    @property
    def editor(self) -> ArgumentsEditor:
        """Where the object is typed, in the brackets of a list of arguments."""
        return self.query_one(ArgumentsEditor)

    def on_mount(self) -> None:
        editor = self.editor
        editor.complete = lambda text, caret, onward: complete(
            self._source, text, caret, Known(), read=self._draft.read.document, onward=onward
        )
        editor.load_text(self._draft.text)
        self._look()
        if not editor.select_gap():
            editor.goto(max(editor.text.rfind("}"), 0))

    def _look(self) -> list[TextProblem]:
        """Reads and checks what is typed; what is wrong with it."""
        self._draft.text = self.editor.text
        self._draft.look()
        self.editor.problems, self.editor.gaps = self._draft.problems, self._draft.gaps
        problems = [*self._draft.problems, *self._draft.missing]
        self.say(*((problems[0].message, "warning") if problems else ("valid", "success")))
        return problems

    @on(JsonEditor.Edited)
    @on(ArgumentsEditor.Completed)
    def _edited(self) -> None:
        self._look()

    def action_take(self) -> None:
        if problems := self._look():
            self.editor.select_inside(problems[0].start, problems[0].end)
        elif (params := self._draft.params) is None:
            self.say(self._draft.unsendable)
        else:
            self.dismiss(params[0] if params and isinstance(params[0], dict) else {})
