"""The calls of the methods in Explore: sent once they were seen to be right, shown where they are read, copied.

Each method keeps its last call for the session. Calls run in workers of the section, so
that one that takes minutes is found again when its method is opened again. How the
panes stand beside each other is `explore`'s business.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from textual import on, work
from textual.message import Message
from textual.worker import Worker

from tui.model.failure import explain
from tui.model.transfers import file_wanted
from tui.sections.section import Section
from tui.session.session import Session
from tui.session.stores import Call
from tui.text import safe
from tui.widgets.call_pane import ARGUMENTS, CallPane
from tui.widgets.method_list import MethodList
from tui.widgets.result_pane import ResultPane

__all__ = ["Calling"]


class Calling(Section):
    """A section with a list of methods, a call and its result."""

    @dataclass
    class ReviewWanted(Message):
        """A call that may change the server, or takes a file along, waits for the user; `send` goes on with it."""

        call: Call
        risk: str

    class CopyWanted(Message):
        """The copy menu is wanted; `copied` hears what was chosen."""

    @dataclass
    class Copied(Message):
        """For the clipboard: a text, or a value to become JSON; what it is, and what a file of it is named after."""

        value: Any
        what: str
        name: str = ""

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._session = session
        self._method = ""
        self._calls: dict[str, Call] = {}
        self._workers: dict[int, Worker[None]] = {}
        # The text whose problems were shown and which is sent all the same when run once more.
        self._insisted = ""

    @property
    def methods(self) -> MethodList:
        """The list of methods."""
        return self.query_one("#methods", MethodList)

    @property
    def call_pane(self) -> CallPane:
        """The arguments and docs."""
        return self.query_one("#call", CallPane)

    @property
    def result_pane(self) -> ResultPane:
        """The result."""
        return self.query_one("#result", ResultPane)

    @property
    def narrow(self) -> bool:
        """Whether the methods are a drawer."""
        return self.screen.has_class("-narrow")

    @property
    def wide(self) -> bool:
        """Whether the docs have a pane of their own."""
        return self.screen.has_class("-wide")

    @abstractmethod
    def open_method(self, name: str) -> None:
        """Opens a method with its draft and its last call."""

    @abstractmethod
    def action_pane_methods(self) -> None:
        """Opens the methods with the focus in the filter."""

    @abstractmethod
    def _close_drawer(self) -> None:
        """Shows what the methods cover."""

    # Running -----------------------------------------------------------------------

    def action_call_run(self) -> None:
        """Sends the call, once what is wrong with it has been seen."""
        if self.open_shown():
            return
        highlighted = self.methods.highlighted if self.methods.has_focus_within else None
        if highlighted and highlighted != self._method:
            # Whoever is in the list means what the cursor is on.
            self.open_method(highlighted)
            return
        if self.methods.has_focus_within and not self.methods.names.rows:
            self.notify("Nothing sent: no method matches.", timeout=3)
            return
        method = self.call_pane.method
        if method is None:
            self.action_pane_methods()
            return
        self._close_drawer()
        text = self.call_pane.text
        problems, draft = self.call_pane.look(), self.call_pane.draft
        missing = "" if problems else safe(", ".join(one.message for one in draft.missing))
        problems = problems or draft.missing
        params = draft.params
        if params is None or (problems and self._insisted != text):
            self._insisted = text
            self.call_pane.show(ARGUMENTS)
            self.call_pane.editor.focus()
            if missing:
                self.call_pane.editor.select_inside(problems[0].start, problems[0].end)
            else:
                self.call_pane.go_to_first(problems)
            unsendable = safe(draft.unsendable)
            again = "Press ctrl+j again to send it anyway."
            self.notify(
                f"Not sent: {unsendable}." if unsendable else f"Not sent: {missing}. {again}" if missing else again,
                timeout=3,
                markup=False,
            )
            return
        self._start(self._session.new_call(method.name, params))

    def open_shown(self) -> bool:
        """Opens the method that the call pane shows, where another one is open; whether it did.

        Comes first in everything that acts on a method: nothing acts on one that is not shown.
        """
        previewed = self.call_pane.previewed
        if previewed is None or previewed.name == self._method:
            return False
        self.open_method(previewed.name)
        return True

    def action_call_repeat(self) -> None:
        """Repeats a read. A write is only ever sent from its arguments, by the key that says so."""
        if self.open_shown():
            return
        last, method = self._calls.get(self._method), self.call_pane.method
        params = last.params if last is not None else self.call_pane.draft.params or []
        if method is not None and self._session.risk_of(method.name, params) != "read":
            self.notify("r repeats reads only. ctrl+j sends this call, after a review.", timeout=3)
        elif last is None:
            self.action_call_run()
        else:
            self._start(self._session.new_call(last.method, last.params))

    def _start(self, call: Call) -> None:
        before = self._calls.get(call.method)
        if before is not None and before.state == "running" and before.job is None:
            self.notify("This call is still running; ctrl+c cancels it.", timeout=3)
            return
        risk = self._session.risk_of(call.method, call.params)
        method = self._session.method(call.method)
        asks = risk != "read" or (method is not None and file_wanted(method, call.params) is not None)
        if asks and self._session.online and (risk == "read" or self._session.writable):
            self.post_message(self.ReviewWanted(call, risk))
        else:
            # The session itself refuses what is locked, and says why in the result's place.
            self.send(call)

    def send(self, call: Call) -> None:
        """Makes the call; its result is shown where its method is open."""
        call.restart()
        self._calls[call.method] = call
        self._session.memory.called(call.method)
        self.methods.renew()
        if call.method == self._method:
            self.add_class("-ran")
            self.result_pane.show(call)
        self._workers[call.number] = self._run(call, self.call_pane.text)

    @work(group="call", exit_on_error=False)
    async def _run(self, call: Call, text: str) -> None:
        try:
            await self._session.run(call)
        except Exception as error:  # noqa: BLE001 - the root of a call: whatever it was, the user sees it in its place
            self.log.error(f"{call.method}: {error!r}")
            call.failure = explain(error, method=call.method)
            call.end("failed")
        finally:
            self._workers.pop(call.number, None)
            if self.is_attached:
                self._ended(call, text)

    def _ended(self, call: Call, text: str) -> None:
        if call.method != self._method or self._calls.get(call.method) is not call:
            return
        self.result_pane.show(call)
        rows = call.failure.rows if call.failure is not None else ()
        if rows and self.call_pane.text == text:
            self.call_pane.refuse(rows)
            self._go_to(rows[0].attribute)

    def _go_to(self, attribute: str) -> None:
        """The caret goes to the field, but only from the arguments: whoever reads on elsewhere is left alone."""
        if self.call_pane.has_focus_within:
            self.call_pane.go_to(attribute)

    @on(ResultPane.FieldChosen)
    def _field(self, event: ResultPane.FieldChosen) -> None:
        event.stop()
        self.call_pane.go_to(event.attribute)

    def cancel(self) -> bool:
        call = self._calls.get(self._method)
        worker = self._workers.get(call.number) if call is not None else None
        if worker is None:
            return False
        worker.cancel()
        return True

    def action_call_abort(self) -> None:
        job = self.result_pane.running_job
        if job is not None:
            self.post_message(self.AbortWanted(job.id))

    # Copying -----------------------------------------------------------------------

    def action_copy_menu(self) -> None:
        self.post_message(self.CopyWanted())

    def copy_entries(self) -> list[tuple[str, str]]:
        """What can be copied now: letter and words."""
        self.open_shown()
        entries = []
        result = self.result_pane
        if result.under_cursor() is not None:
            entries += [("v", "value under the cursor"), ("p", "path under the cursor")]
        if result.shown is not None or result.error_text is not None:
            entries.append(("r", "the whole error" if result.shown is None else "the whole result"))
        if self._method:
            entries += [("a", "arguments"), ("n", "name of the method")]
        return entries

    def copied(self, letter: str) -> None:
        """Copies what the letter stands for."""
        result, name = self.result_pane, self._method
        at_cursor = result.under_cursor()
        match letter:
            case "v" if at_cursor is not None:
                self.post_message(self.Copied(at_cursor[1], f"value of {at_cursor[0] or 'the result'}", name))
            case "p" if at_cursor is not None:
                self.post_message(self.Copied(at_cursor[0], f"path {at_cursor[0]}", name))
            case "r" if result.shown is not None:
                self.post_message(self.Copied(result.shown.value, "result", name))
            case "r" if result.error_text is not None:
                self.post_message(self.Copied(result.error_text, "error", name))
            case "a":
                self.post_message(self.Copied(self.call_pane.text, "arguments", name))
            case "n":
                self.post_message(self.Copied(name, "name", name))
            case _:
                return
