"""The call: arguments of the open method in a JSON editor and the other views of them, its docs beside them.

The pane shows one `Draft` in its views (`draft_view.VIEWS`): problems are underlined in the editor and the one at the
caret is explained in the border. A thread examines a long text; the next key stops it.

The file is long because editor, views and docs change the draft only through this pane.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import TextArea

from truenas_client.methods.catalogue import Method
from truenas_client.methods.validator import Stopped, stopping
from tui.model.completion import Completions, complete
from tui.model.draft import Draft, Patch
from tui.model.examine import Examined, examine
from tui.model.failure import FieldProblem
from tui.model.jsontext import TextProblem
from tui.model.known import Known
from tui.model.pasting import pasted
from tui.session.filling import named, unknown
from tui.widgets.arguments_editor import ArgumentsEditor
from tui.widgets.call_words import call_facts, draft_facts, problem_facts
from tui.widgets.completion import CompletionList
from tui.widgets.docs import Docs, Library
from tui.widgets.docs_box import DocsBox
from tui.widgets.draft_view import VIEWS, DraftView, views_of
from tui.widgets.json_editor import JsonEditor
from tui.widgets.pane import Pane
from tui.widgets.switcher import ViewSwitcher
from tui.widgets.text_view import TextView

__all__ = ["ARGUMENTS", "DOCS", "CallPane"]

ARGUMENTS = "Arguments"
DOCS = "Docs"
AT_ONCE = 4096
"""The most characters examined between two keys: that takes some 5 ms."""


class CallPane(Pane):
    """Edits the arguments of one method at a time, or previews the docs of another.

    Invariant: title, arguments and docs are of `shown`. While another method is previewed no arguments
    are shown; showing the arguments ends the preview (`show`), or its owner opens the previewed method.
    """

    @property
    def FOOTER_WORDS(self) -> Mapping[str, str]:
        """The footer's words for keys here: back leaves a text for the result, and the docs for the arguments."""
        if self.view == DOCS:
            return {"app.back": "arguments", "pane.docs": "", "pane.args": ""}
        following = self.next_view
        if (view := self.draft_view) is not None and view.has_class("-finding"):
            return {"app.back": "all rows"}
        return {"app.back": "result", "call.view": "" if following == self.view else following.lower()}

    @dataclass
    class Shown(Message):
        """Another view is shown now."""

        view: str

    def __init__(self, library: Library, *, id: str | None = None) -> None:
        super().__init__("Call", tabs=(ARGUMENTS, DOCS), tab=ARGUMENTS, id=id)
        self._library = library
        self._draft = Draft(unknown=unknown)
        self.previewed: Method | None = None
        """The method whose docs are shown while the user chooses one."""
        self.known = Known()
        """Ids and names from earlier results, for completion; the owner gives the session's."""
        self._stop = threading.Event()

    def compose(self) -> ComposeResult:
        choices = CompletionList(id="choices")
        with ViewSwitcher(initial="nothing"):
            yield TextView(id="nothing")
            yield ArgumentsEditor(choices, id="editor")
        yield choices

    @property
    def editor(self) -> ArgumentsEditor:
        """Where the arguments are typed."""
        return self.query_one(ArgumentsEditor)

    @property
    def docs(self) -> DocsBox:
        """The docs of the method; made when they are shown for the first time, to start sooner."""
        return self._switcher.made("docs", DocsBox, self._library)

    @property
    def _switcher(self) -> ViewSwitcher:
        return self.query_one(ViewSwitcher)

    @property
    def draft(self) -> Draft:
        """The arguments of the open method, as they stand."""
        self._draft.text = self.editor.text
        return self._draft

    @property
    def method(self) -> Method | None:
        """The open method."""
        return self._draft.method

    @property
    def shown(self) -> Method | None:
        """The method that the pane shows: the one that may be run from here."""
        return self.previewed or self.method

    @property
    def text(self) -> str:
        """The arguments as they stand."""
        return self.editor.text

    @property
    def view(self) -> str:
        """The view that is shown."""
        return self.tab

    @property
    def next_view(self) -> str:
        """The view of the arguments that comes after the shown one."""
        views = (ARGUMENTS, *views_of(self.method))
        return views[(views.index(self.view) + 1) % len(views)] if self.view in views else ARGUMENTS

    @property
    def draft_view(self) -> DraftView | None:
        """The view of the draft that is shown in place of the JSON editor."""
        shown = self._switcher.visible_content
        return shown if isinstance(shown, DraftView) else None

    async def mounted(self) -> None:
        """Waits until the view that is shown can take the focus."""
        if (mounting := self._switcher.mounting) is not None:
            await mounting

    def greet(self, text: str) -> None:
        """The text here while no method is open."""
        # The app may close in the middle of its opening: then the widget is gone already.
        for nothing in self.query("#nothing").results(TextView):
            nothing.set_text(text)

    def on_mount(self) -> None:
        self.editor.complete = self._complete
        self.editor.pasted = self._pasted

    def open(self, method: Method, text: str | None = None) -> None:
        """Opens a method with this text, or with its smallest valid arguments."""
        self._draft = Draft(method, text, unknown=unknown)
        self.editor.load_text(self._draft.text)
        self.show(ARGUMENTS)
        self.look()
        if not self.editor.select_gap() and text in (None, self._draft.smallest):
            # Before the last bracket, where further arguments belong.
            self.editor.goto(len(self.editor.text) - 1)
        # From the top, once it is known how much fits.
        self.call_after_refresh(self.editor.scroll_from_top)

    def renew(self, method: Method) -> None:
        """The open method as another catalogue tells of it. The arguments, the caret in them and the view stay."""
        self.draft.renew(method)
        self._entitle()
        if self.previewed is None and self.view == DOCS:
            self.docs.docs.show(method)
        self._show_read()

    def _pasted(self, text: str, start: int, end: int, paste: str) -> Patch | None:
        draft = self._draft
        return pasted(text, start, end, paste, draft.method, smallest=draft.smallest) if draft.method else None

    def _entitle(self) -> None:
        self.title = self.shown.name if self.shown is not None else "Call"

    def show(self, view: str) -> None:
        """Shows a view of the arguments, or the docs, of the open method; the focus follows when it was inside."""
        if view != DOCS and view not in views_of(self.method):
            view = ARGUMENTS
        inside = self.has_focus_within
        self.previewed = None
        self._entitle()
        switcher = self._switcher
        if view == DOCS and self.method is not None:
            self.docs.docs.show(self.method)
            switcher.current = "docs"
        elif view != ARGUMENTS:
            kind = next(spec.kind for spec in VIEWS if spec.name == view)
            switcher.current = switcher.made(view.lower(), kind).id
        else:
            switcher.current = "editor" if self.method is not None else "nothing"
        self.set_tabs((ARGUMENTS, *views_of(self.method), DOCS), view)
        self._show_draft()
        self.post_message(self.Shown(view))
        self._tell()
        if inside:
            self.focus_view()

    def focus_view(self) -> None:
        """Puts the focus into the view that is shown."""
        shown = self._switcher.visible_content
        if isinstance(shown, DocsBox):
            shown.focus_docs()
        elif isinstance(shown, DraftView):
            shown.focus_view()
        elif shown is not None:
            shown.focus()

    def put_draft(self, params: list[Any]) -> None:
        """Makes these the arguments, as one step that can be undone, and goes there."""
        self.put_text(self.draft.put((), params).text)

    def put_text(self, text: str) -> None:
        """Makes this the text of the arguments, as one step that can be undone, and goes there."""
        self.show_arguments()
        self._replace(text)
        self.focus_view()

    def rewrite(self, params: list[Any]) -> None:
        """Makes these the arguments, as one step that can be undone; the view and the focus stay."""
        self._replace(self.draft.put((), params).text)

    def _replace(self, text: str) -> None:
        self.editor.replace(text, (0, 0), self.editor.document.end)
        self.look()
        self.editor.goto(0)

    def preview(self, method: Method | None) -> None:
        """Shows the docs of a method that is not open, while one is being chosen; None goes back."""
        if method is None:
            self.show(ARGUMENTS)
            return
        self.previewed = method
        self._entitle()
        self.docs.docs.show(method)
        self._switcher.current = "docs"
        self.set_tabs((DOCS,), DOCS)
        self.facts = ""

    # Problems ----------------------------------------------------------------------

    def look(self) -> list[TextProblem]:
        """Reads and checks the text as it is now; the problems, in the order of the text."""
        self._stop.set()
        self.draft.look()
        return self._show_read()

    def _show_read(self) -> list[TextProblem]:
        problems = self.editor.problems = self._draft.problems
        self.editor.gaps = self._draft.gaps
        self._show_draft()
        self._tell()
        return problems

    def _show_draft(self) -> None:
        if (view := self.draft_view) is not None:
            view.show_draft(self.draft, self.known)

    @on(DraftView.Edited)
    def _view_edited(self, event: DraftView.Edited) -> None:
        event.stop()
        self._write(event.patch)

    def _write(self, patch: Patch) -> None:
        editor, (start, end, text) = self.editor, patch
        editor.history.checkpoint()
        editor.replace(text, editor.location_of(start), editor.location_of(end))
        self.look()

    @on(DraftView.UndoWanted)
    def _undo_wanted(self, event: DraftView.UndoWanted) -> None:
        event.stop()
        (self.editor.redo if event.again else self.editor.undo)()
        self.look()

    def settle(self) -> str:
        """Writes what is typed in a field of the view that is still open; why it cannot be written, "" when it can."""
        view = self.draft_view
        if view is None:
            return ""
        if (patch := view.take_typed()) is not None:
            self._write(patch)
        return view.unfinished

    @work(exclusive=True, group="look")
    async def _look_aside(self, text: str) -> None:
        stop = self._stop = threading.Event()
        try:
            examined = await asyncio.to_thread(_examine_until, stop, text, self.method)
        except Stopped:
            return
        finally:
            stop.set()
        # The app may have closed meanwhile.
        if self.query(ArgumentsEditor) and self.draft.take(examined):
            self._show_read()

    def refuse(self, rows: Sequence[FieldProblem]) -> None:
        """The server refused the text: its messages are placed at the fields they name."""
        self.draft.refuse(rows)
        self.look()

    def go_to(self, attribute: str) -> None:
        """Moves the caret to the field the server named."""
        self.show_arguments()
        self.focus_view()
        self._go_to(self.draft.place_of(attribute))

    def show_arguments(self) -> None:
        """Shows the arguments: in the view that is shown already, else in the editor."""
        self.show(ARGUMENTS if self.draft_view is None or self.previewed is not None else self.view)

    def _go_to(self, offset: int) -> None:
        self.editor.goto(offset)
        if (view := self.draft_view) is not None:
            view.go_to(offset)

    def go_to_first(self, problems: Sequence[TextProblem]) -> None:
        """Moves the caret to the first of these problems; without one, selects the first place to fill in."""
        if self.draft_view is not None and (places := [*problems, *self.editor.gaps]):
            self._go_to(places[0].start)
        elif problems:
            self.editor.goto(problems[0].start)
        else:
            self.editor.select_gap()

    @on(JsonEditor.Edited)
    def _edited(self, event: JsonEditor.Edited) -> None:
        event.stop()
        text = self.editor.text
        # Whether a secret can be had may take opening the keyring's library.
        if len(text) > AT_ONCE or "${secret:" in text:
            self._look_aside(text)
            return
        self.look()

    @on(TextArea.Changed)
    def _changed(self) -> None:
        # A check of the text before this key is of no use any more.
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
        draft = self._draft
        if draft.method is None:
            return None
        return complete(draft.method, text, caret, self.known, read=draft.read.document, onward=onward, named=named)

    @on(ArgumentsEditor.Completed)
    def _completed(self, event: ArgumentsEditor.Completed) -> None:
        event.stop()
        self.draft.begun(event.to_fill)
        self.look()

    def _tell(self) -> None:
        """The bottom border: the problem at the caret, or the roles and that all is well."""
        method, editor = self.method, self.editor
        if method is None or self.previewed is not None:
            self.facts = ""
        elif self.view == DOCS:
            self.facts = self.docs.facts or call_facts(method)
        elif problems := editor.problems:
            self.facts = problem_facts(len(problems), editor.describe(editor.problem or problems[0]))
        else:
            self.facts = [*call_facts(method), *draft_facts(self._draft.read.hint, len(editor.gaps))]


def _examine_until(stop: threading.Event, text: str, method: Method | None) -> Examined:
    with stopping(stop.is_set):
        return examine(text, method, unknown)
