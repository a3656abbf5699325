"""The call: arguments of the open method in a JSON editor, its docs beside them.

The pane knows at any time what the text says and what is wrong with it: problems
of JSON, then problems of the schema, each underlined at its place and the one at
the caret explained in the border. After a refusal the server's own words stand at
the same places, until the text changes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import ContentSwitcher, TextArea

from truenas_client.catalogue import Method
from tui.failure import FieldProblem
from tui.model.jsontext import Document, Path, TextProblem, parse
from tui.model.spans import attribute_path, place, place_attributes
from tui.widgets.docs import Docs, Library
from tui.widgets.docs_box import DocsBox
from tui.widgets.json_editor import JsonEditor
from tui.widgets.pane import Fact, Pane
from tui.widgets.text_view import TextView

__all__ = ["ARGUMENTS", "DOCS", "CallPane"]

ARGUMENTS = "Arguments"
DOCS = "Docs"
ONE_LINE = 40


class CallPane(Pane):
    """Edits the arguments of one method at a time. `ViewWanted` asks for the other view."""

    @dataclass
    class Shown(Message):
        """Another view is shown now."""

        view: str

    @dataclass
    class Edited(Message):
        """The text rested after a change and was looked at."""

        text: str

    def __init__(self, library: Library, *, id: str | None = None) -> None:
        super().__init__("Call", tabs=(ARGUMENTS, DOCS), tab=ARGUMENTS, id=id)
        self._library = library
        self._method: Method | None = None
        self._document = parse("[]")
        self._refused: tuple[str, tuple[FieldProblem, ...]] = ("", ())
        self.smallest = ""
        """The smallest valid arguments of the open method, as text."""
        # Placeholders of a fresh draft, to say how many still stand there.
        self._to_fill: dict[Path, str] = {}

    def compose(self) -> ComposeResult:
        with ContentSwitcher(initial="nothing"):
            yield TextView(id="nothing")
            yield JsonEditor(id="editor")

    @property
    def editor(self) -> JsonEditor:
        """Where the arguments are typed."""
        return self.query_one(JsonEditor)

    @property
    def docs(self) -> DocsBox:
        """What the method takes and returns; made when it is wanted for the first time, to start sooner."""
        switcher = self.query_one(ContentSwitcher)
        for docs in switcher.query_children("#docs").results(DocsBox):
            return docs
        docs = DocsBox(self._library, id="docs")
        docs.display = False
        switcher.mount(docs)
        return docs

    @property
    def method(self) -> Method | None:
        """The open method."""
        return self._method

    @property
    def text(self) -> str:
        """The arguments as they stand."""
        return self.editor.text

    @property
    def view(self) -> str:
        """The view that is shown."""
        return self.tab

    def greet(self, text: str) -> None:
        """What stands here while no method is open."""
        self.query_one("#nothing", TextView).set_text(text)

    def open(self, method: Method, text: str | None = None) -> None:
        """Opens a method with this text, or with its smallest valid arguments."""
        self._method = method
        self._refused = ("", ())
        self.title = method.name
        smallest = method.smallest()
        self.smallest = arguments_text(smallest.value)
        drafted = smallest if text is None or text == self.smallest else None
        self.editor.load_text(self.smallest if drafted is not None else text or "")
        self.show(ARGUMENTS)
        self._to_fill = {}
        self.look()
        if drafted is not None and drafted.to_fill:
            self._to_fill = {path: self._text_at(path) for path in drafted.to_fill}
            self._tell()
            # What has to be filled in is selected, so that typing replaces it.
            start, end = self._document.span(drafted.to_fill[0])
            if self.editor.text[start] == '"' and end - start >= 2:
                start, end = start + 1, end - 1
            self.editor.select(start, end)
        elif drafted is not None:
            # Before the last bracket, where further arguments belong.
            self.editor.goto(len(self.editor.text) - 1)

    def show(self, view: str) -> None:
        """Shows the arguments or the docs; the focus follows when it was inside."""
        inside = self.has_focus_within
        switcher = self.query_one(ContentSwitcher)
        if view == DOCS and self._method is not None:
            self.docs.docs.show(self._method)
            switcher.current = "docs"
        else:
            switcher.current = "editor" if self._method is not None else "nothing"
        self.set_tabs((ARGUMENTS, DOCS), view)
        self.post_message(self.Shown(view))
        self._tell()
        if inside:
            self.focus_view()

    def focus_view(self) -> None:
        """Puts the focus into the view that is shown."""
        shown = self.query_one(ContentSwitcher).visible_content
        if isinstance(shown, DocsBox):
            shown.focus_docs()
        elif shown is not None:
            shown.focus()

    def put_draft(self, params: list[Any]) -> None:
        """Makes these the arguments, as one step that can be undone, and goes there."""
        self.show(ARGUMENTS)
        editor = self.editor
        editor.replace(arguments_text(params), editor.document.start, editor.document.end)
        self._to_fill = {}
        self.look()
        editor.goto(0)
        editor.focus()

    def preview(self, method: Method | None) -> None:
        """Shows the docs of a method that is not open, while one is being chosen; None goes back."""
        if method is not None:
            self.docs.docs.show(method)
            self.title = method.name
            self.query_one(ContentSwitcher).current = "docs"
            self.set_tabs((DOCS,), DOCS)
            self.facts = ""
        else:
            self.title = self._method.name if self._method is not None else "Call"
            self.show(ARGUMENTS)

    # What is wrong -----------------------------------------------------------------

    def look(self) -> list[TextProblem]:
        """Reads and checks the text as it is now; the problems, in the order of the text."""
        text = self.editor.text
        document = self._document = parse(text)
        problems: list[TextProblem] = list(document.problems)
        if not problems:
            if not isinstance(document.value, list):
                problems.append(TextProblem(0, len(text), "the arguments are a list: [...]"))
            elif self._method is not None:
                problems += place(document, self._method.check(document.value))
        if self._refused[0] == text:
            problems += self._placed(document, self._refused[1])
        self.editor.problems = problems
        self._tell()
        return problems

    def params(self) -> list[Any] | None:
        """The arguments as values, None when the text is not a list in JSON."""
        document = self._document if self._document.text == self.editor.text else parse(self.editor.text)
        return document.value if document.ok and isinstance(document.value, list) else None

    def refuse(self, text: str, rows: Sequence[FieldProblem]) -> None:
        """The server refused this text: its messages are placed at the fields they name."""
        self._refused = (text, tuple(rows))
        self.look()

    def go_to(self, attribute: str) -> None:
        """Moves the caret to the field the server named."""
        self.show(ARGUMENTS)
        start, _end = self._where(self._document, attribute)
        self.editor.focus()
        self.editor.goto(start)

    def _names(self) -> list[str]:
        return [param.name for param in self._method.params] if self._method is not None else []

    def _placed(self, document: Document, rows: Sequence[FieldProblem]) -> list[TextProblem]:
        return place_attributes(document, [(row.attribute, self._told(document, row)) for row in rows], self._names())

    def _told(self, document: Document, row: FieldProblem) -> str:
        """The server's message; of a field that is not there, with its name in front."""
        params = document.value if isinstance(document.value, list) else []
        path = attribute_path(row.attribute, params, self._names())
        last = row.attribute.rpartition(".")[2]
        return row.message if not last or (path and str(path[-1]) == last) else f"{last}: {row.message}"

    def _where(self, document: Document, attribute: str) -> tuple[int, int]:
        placed = place_attributes(document, [(attribute, "")], self._names())[0]
        return placed.start, placed.end

    @on(JsonEditor.Edited)
    def _edited(self, event: JsonEditor.Edited) -> None:
        event.stop()
        self.look()
        self.post_message(self.Edited(self.editor.text))

    @on(Docs.Moved)
    def _docs_moved(self, event: Docs.Moved) -> None:
        event.stop()
        if self.tabs != (DOCS,):
            self._tell()

    @on(TextArea.SelectionChanged)
    def _moved(self, event: TextArea.SelectionChanged) -> None:
        event.stop()
        self._tell()

    def _tell(self) -> None:
        """The bottom border: the problem at the caret, or the roles and that all is well."""
        method = self._method
        if method is None:
            self.facts = ""
            return
        problems = self.editor.problems
        facts: list[Fact] = []
        if self.view == ARGUMENTS and problems:
            count = f"{len(problems)} problem" + ("" if len(problems) == 1 else "s")
            at_caret = self.editor.problem or problems[0]
            facts = [(count, "error"), self.editor.describe(at_caret)]
        else:
            if method.risk != "read":
                facts.append((method.risk, "error" if method.risk == "risk" else "warning"))
            facts.append(" or ".join(method.roles[:2]))
            if self.view == DOCS and (words := self.docs.facts):
                facts = words
            if self.view == ARGUMENTS:
                empty = sum(1 for path, text in self._to_fill.items() if self._text_at(path) == text)
                facts.append((f"fill {empty} field{'' if empty == 1 else 's'}", "warning") if empty else "valid")
        self.facts = facts

    def _text_at(self, path: Path) -> str:
        start, end = self._document.span(path)
        return self._document.text[start:end] if self._document.existing(path) == path else ""


def arguments_text(params: list[Any]) -> str:
    """Arguments as JSON to be edited: short ones in one line, others indented."""
    line = json.dumps(params, ensure_ascii=False)
    return line if len(line) <= ONE_LINE else json.dumps(params, indent=2, ensure_ascii=False)
