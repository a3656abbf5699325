"""The call: arguments of the open method in a JSON editor, its docs beside them.

The pane knows what the text says and what is wrong with it: problems of JSON, then
problems of the schema, each underlined at its place and the one at the caret explained
in the border. After a refusal the errors that the server named stand at the same places, until
the text changes. A long text is looked at in a thread, which the next key stops.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import ContentSwitcher, TextArea

from truenas_client.methods.catalogue import Method
from truenas_client.methods.validator import Stopped, stopping
from truenas_client.storage.named_secrets import named, unknown
from tui import actions
from tui.model.completion import Completions, complete
from tui.model.examine import Examined, examine
from tui.model.failure import FieldProblem
from tui.model.jsontext import Document, Path, TextProblem, parse
from tui.model.known import Known
from tui.model.pasting import pasted_arguments
from tui.model.spans import attribute_path, place_attributes
from tui.widgets.arguments_editor import ArgumentsEditor
from tui.widgets.completion import CompletionList
from tui.widgets.docs import Docs, Library
from tui.widgets.docs_box import DocsBox
from tui.widgets.json_editor import JsonEditor
from tui.widgets.pane import Fact, Pane
from tui.widgets.text_view import TextView

__all__ = ["ARGUMENTS", "DOCS", "CallPane"]

ARGUMENTS = "Arguments"
DOCS = "Docs"
ONE_LINE = 40
AT_ONCE = 4096
"""Characters up to which a text is looked at between two keys: it takes some 5 ms."""


class CallPane(Pane):
    """Edits the arguments of one method at a time, or previews the docs of another.

    Invariant: title, arguments and docs are of `shown`. While another method is previewed no arguments
    are shown; whatever leads to arguments ends the preview (`show`), or its owner opens what is previewed.
    """

    @property
    def FOOTER_WORDS(self) -> Mapping[str, str]:
        """What the keys do here: escape leaves a text for the result, and the docs for the arguments."""
        if self.view == DOCS:
            return {"app.back": "arguments", "pane.docs": "", "pane.args": ""}
        return {"app.back": "result", "call.view": "docs"}

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
        self._previewed: Method | None = None
        self.known = Known()
        """What earlier results told, for completion; the owner gives the session's."""
        self._examined = examine("[]", None)
        self._stop = threading.Event()
        self._refused: tuple[str, tuple[FieldProblem, ...]] = ("", ())
        self.smallest = ""
        """The smallest valid arguments of the open method, as text."""
        # Values that drafts were begun with, to say how many still stand there.
        self._to_fill: dict[Path, str] = {}

    def compose(self) -> ComposeResult:
        choices = CompletionList(id="choices")
        with ContentSwitcher(initial="nothing"):
            yield TextView(id="nothing")
            yield ArgumentsEditor(choices, id="editor")
        yield choices

    @property
    def editor(self) -> ArgumentsEditor:
        """Where the arguments are typed."""
        return self.query_one(ArgumentsEditor)

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
    def previewed(self) -> Method | None:
        """The method whose docs are shown while one is being chosen."""
        return self._previewed

    @property
    def shown(self) -> Method | None:
        """The method that the pane shows: the one that may be run from here."""
        return self._previewed or self._method

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

    def on_mount(self) -> None:
        self.editor.complete = self._complete
        self.editor.pasted = self._pasted

    def open(self, method: Method, text: str | None = None) -> None:
        """Opens a method with this text, or with its smallest valid arguments."""
        self._refused = ("", ())
        self._take_method(method)
        self.editor.load_text(self.smallest if text is None else text)
        self.show(ARGUMENTS)
        self.look()
        if self.editor.gaps:
            # What has to be filled in is selected, so that typing replaces it.
            self.editor.select_inside(self.editor.gaps[0].start, self.editor.gaps[0].end)
        elif text in (None, self.smallest):
            # Before the last bracket, where further arguments belong.
            self.editor.goto(len(self.editor.text) - 1)
        # From the top, once it is known how much fits.
        self.call_after_refresh(self.editor.scroll_from_top)

    def renew(self, method: Method) -> None:
        """The open method as another catalogue tells of it. The arguments, the caret in them and the view stay."""
        self._take_method(method)
        if self._previewed is None and self.view == DOCS:
            self.docs.docs.show(method)
        self.look()

    def _take_method(self, method: Method) -> None:
        self._method = method
        self._entitle()
        drafted = method.smallest()
        fresh = parse(arguments_text(drafted.value))
        self.smallest = fresh.text
        self._to_fill = {path: _text_at(fresh, path) for path in drafted.to_fill}

    def _pasted(self, text: str, start: int, end: int, pasted: str) -> str | None:
        if self._method is None:
            return None
        return pasted_arguments(text, start, end, pasted, self._method, smallest=self.smallest)

    def _entitle(self) -> None:
        self.title = self.shown.name if self.shown is not None else "Call"

    def show(self, view: str) -> None:
        """Shows the arguments or the docs of the open method; the focus follows when it was inside."""
        inside = self.has_focus_within
        self._previewed = None
        self._entitle()
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
        if method is None:
            self.show(ARGUMENTS)
            return
        self._previewed = method
        self._entitle()
        self.docs.docs.show(method)
        self.query_one(ContentSwitcher).current = "docs"
        self.set_tabs((DOCS,), DOCS)
        self.facts = ""

    # What is wrong -----------------------------------------------------------------

    def look(self) -> list[TextProblem]:
        """Reads and checks the text as it is now; the problems, in the order of the text."""
        self._stop.set()
        examined = examine(self.editor.text, self._method, unknown)
        return self._take(examined)

    def _take(self, examined: Examined) -> list[TextProblem]:
        self._examined = examined
        problems = list(examined.problems)
        if self._refused[0] == examined.text:
            problems += self._placed(examined.document, self._refused[1])
        self.editor.problems = problems
        begun = [
            TextProblem(*examined.document.span(path), "to fill in")
            for path, text in self._to_fill.items()
            if _text_at(examined.document, path) == text
        ]
        self.editor.gaps = [*begun, *examined.left_out]
        self._tell()
        return problems

    @work(exclusive=True, group="look", exit_on_error=False)
    async def _look_aside(self, text: str) -> None:
        stop = self._stop = threading.Event()
        try:
            examined = await asyncio.to_thread(_examine_until, stop, text, self._method)
        except Stopped:
            return
        finally:
            stop.set()
        if self.editor.text == text:
            self._take(examined)
            self.post_message(self.Edited(text))

    @property
    def missing(self) -> list[TextProblem]:
        """Required texts that are still empty."""
        document = self._present().document
        return [
            TextProblem(*document.span(path), f"{self._argument(path)} is missing")
            for path in sorted(self._to_fill, key=document.span)
            if _text_at(document, path) == '""'
        ]

    def _argument(self, path: Path) -> str:
        """What a place in the arguments is called: the argument's name, then the members down to it."""
        params = self._method.params if self._method is not None else ()
        first = params[path[0]].name if isinstance(path[0], int) and path[0] < len(params) else str(path[0])
        return ".".join([first, *map(str, path[1:])])

    def params(self) -> list[Any] | None:
        """The arguments as values, None when they can not be sent as they stand: `unsendable` tells why."""
        examined = self._present()
        value: list[Any] = examined.document.value
        return None if examined.unsendable else value

    @property
    def unsendable(self) -> str:
        """Why the arguments can not be sent at all, "" when they can."""
        return self._present().unsendable

    def _present(self) -> Examined:
        text = self.editor.text
        return self._examined if self._examined.text == text else examine(text, self._method, unknown)

    def refuse(self, text: str, rows: Sequence[FieldProblem]) -> None:
        """The server refused this text: its messages are placed at the fields they name."""
        self._refused = (text, tuple(rows))
        self.look()

    def go_to(self, attribute: str) -> None:
        """Moves the caret to the field the server named."""
        self.show(ARGUMENTS)
        start, _end = self._where(self._present().document, attribute)
        self.editor.focus()
        self.editor.goto(start)

    def go_to_first(self, problems: Sequence[TextProblem]) -> None:
        """Moves the caret to the first of these problems; without one, selects the first place to fill in."""
        if problems:
            self.editor.goto(problems[0].start)
        elif self.editor.gaps:
            self.editor.select_inside(self.editor.gaps[0].start, self.editor.gaps[0].end)

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
        text = self.editor.text
        # Whether a secret can be had may take opening the keyring's library.
        if len(text) > AT_ONCE or "${secret:" in text:
            self._look_aside(text)
            return
        self.look()
        self.post_message(self.Edited(text))

    @on(TextArea.Changed)
    def _changed(self) -> None:
        # What is being found out about the text before this key is of no use any more.
        self._stop.set()

    @on(Docs.Moved)
    def _docs_moved(self, event: Docs.Moved) -> None:
        event.stop()
        if self.tabs != (DOCS,):
            self._tell()

    @on(TextArea.SelectionChanged)
    def _moved(self, event: TextArea.SelectionChanged) -> None:
        event.stop()
        self._tell()

    # Completion --------------------------------------------------------------------

    def _complete(self, text: str, caret: int, onward: bool) -> Completions | None:
        if self._method is None:
            return None
        return complete(self._method, text, caret, self.known, read=self._examined.document, onward=onward, named=named)

    @on(ArgumentsEditor.Completed)
    def _completed(self, event: ArgumentsEditor.Completed) -> None:
        event.stop()
        document = parse(self.editor.text)
        self._to_fill |= {path: _text_at(document, path) for path in event.to_fill}
        self.look()

    @on(CompletionList.Clicked)
    def _clicked(self, event: CompletionList.Clicked) -> None:
        event.stop()
        self.editor.action_accept()

    def _tell(self) -> None:
        """The bottom border: the problem at the caret, or the roles and that all is well."""
        method = self._method
        if method is None or self._previewed is not None:
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
                if hint := self._examined.hint:
                    facts.append((hint, "warning"))
                empty = len(self.editor.gaps)
                facts.append((f"fill {empty} field{'' if empty == 1 else 's'}", "warning") if empty else "valid")
                if empty > 1:
                    facts.append(f"{actions.by_id('edit.problem').key} next")
        self.facts = facts


def _examine_until(stop: threading.Event, text: str, method: Method | None) -> Examined:
    with stopping(stop.is_set):
        return examine(text, method, unknown)


def _text_at(document: Document, path: Path) -> str:
    """What stands at a path, "" when nothing does."""
    start, end = document.span(path)
    return document.text[start:end] if document.existing(path) == path else ""


def arguments_text(params: list[Any]) -> str:
    """Arguments as JSON to be edited: short ones in one line, others indented."""
    line = json.dumps(params, ensure_ascii=False)
    return line if len(line) <= ONE_LINE else json.dumps(params, indent=2, ensure_ascii=False)
