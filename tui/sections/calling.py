"""The calls of the methods in Explore: sent once they were seen to be right, shown where they are read.

The session's caller makes them and keeps the last one of each method, so that one that
takes minutes is found again when its method is opened again. How the panes stand beside
each other is `explore`'s business.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual import on, work
from textual.getters import query_one
from textual.worker import Worker

from truenas_client.secrets.placeholders import find
from truenas_client.values.fittedjson import fitted_json
from tui import actions
from tui.sections.section import Run, Section
from tui.session.session import Session
from tui.session.stores import Call
from tui.text import safe
from tui.widgets.call_pane import ARGUMENTS, DOCS, CallPane
from tui.widgets.failure_view import FailureView
from tui.widgets.method_list import MethodList
from tui.widgets.result_pane import ResultPane

if TYPE_CHECKING:
    from truenas_client.storage.saved_call import Variable

__all__ = ["Calling"]

DRAFT_CELLS = 70
"""The width that arguments from elsewhere are written for: what the smallest call pane shows."""


class Calling(Section):
    """A section with a list of methods, a call and its result."""

    methods = query_one("#methods", MethodList)
    """The list of methods."""
    call_pane = query_one("#call", CallPane)
    """The arguments and docs."""
    result_pane = query_one("#result", ResultPane)
    """The result."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(session, id=id)
        self._method = ""
        self._reviewing: Worker[None] | None = None
        # The text whose problems were shown and which is sent all the same when run once more.
        self._insisted = ""
        # By method: how the variables in its arguments are described, and what was typed for them.
        self._described: dict[str, dict[str, Variable]] = {}
        self._typed: dict[str, dict[str, str]] = {}

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
    def action_pane_args(self) -> None:
        """Puts the caret into the arguments."""

    @abstractmethod
    def action_pane_result(self) -> None:
        """Puts the cursor into the result."""

    @abstractmethod
    def _close_drawer(self) -> None:
        """Shows what the methods cover."""

    def open_call(
        self, name: str, arguments: str | list[Any] | None, *, run: Run = "reads", variables: Sequence[Variable] = ()
    ) -> None:
        """Opens a method with these arguments, or their text; with those it was left with for None.

        Makes the call where ``run`` says so: never, where it only reads, or always, a write after its review.
        ``variables`` describe those in the arguments.
        """
        if self._session.method(name) is None:
            text = f"{self._session.host} has no {name}, or this user may not call it."
            self.notify(safe(text), severity="warning", timeout=4)
            return
        self.open_method(name)
        if arguments is None:
            return
        self._described[name] = {variable.name: variable for variable in variables}
        if isinstance(arguments, str):
            self.call_pane.show(ARGUMENTS)
            self.call_pane.editor.load_text(arguments)
            self.call_pane.look()
        elif self.call_pane.draft.params != arguments:
            self.call_pane.put_text(fitted_json(arguments, DRAFT_CELLS))
        params = self.call_pane.draft.params
        if run == "no":
            self.call_pane.show_arguments()
            self.call_pane.focus_view()
            self.call_pane.go_to_first(())
        elif run == "all":
            if not isinstance(arguments, str):
                # The user looks at what comes of it; a problem in the arguments takes the focus there.
                self.result_pane.content.focus()
            self.action_call_run()
        elif run == "reads" and params is not None and self._session.risk_of(name, params) == "read":
            self._start(self._session.new_call(name, params))
            self.action_pane_result()

    # Running -----------------------------------------------------------------------

    def action_call_run(self) -> None:
        """Sends the call, once what is wrong with it has been seen."""
        if self.open_shown():
            return
        highlighted = self.methods.highlighted if self.methods.has_focus_within else None
        if highlighted and highlighted != self._method:
            # With the focus in the list, the action is for the method under the cursor.
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
        if unfinished := self.call_pane.settle():
            self.notify(f"Not sent: {safe(unfinished)}.", severity="warning", timeout=4)
            return
        if (params := self._sendable()) is not None:
            self._start(self._session.new_call(method.name, params))

    def _sendable(self) -> list[Any] | None:
        """The arguments, once the user has seen what is wrong with them; None where that is only shown now."""
        text, problems, draft = self.call_pane.text, self.call_pane.look(), self.call_pane.draft
        missing = "" if problems else safe(", ".join(one.message for one in draft.missing))
        problems = problems or draft.missing
        if draft.params is not None and (not problems or self._insisted == text):
            return draft.params
        self._insisted = text
        self.call_pane.show_arguments()
        self.call_pane.focus_view()
        unsendable, as_json = safe(draft.unsendable), self.call_pane.draft_view is None
        if as_json and (half_typed := draft.read.document.problems):
            # The caret stays where the user types, and the message says what is missing there.
            unsendable += f", {safe(self.call_pane.editor.describe(half_typed[0]))}"
        elif as_json and missing:
            self.call_pane.editor.select_inside(problems[0].start, problems[0].end)
        else:
            self.call_pane.go_to_first(problems)
        again = f"Press {actions.key('call.run')} again to send it anyway."
        told = f"Not sent: {unsendable}." if unsendable else f"Not sent: {missing}. {again}" if missing else again
        self.notify(told, timeout=3)
        return None

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
        """Repeats a read. A write is only sent from its arguments, by the run key."""
        if self.open_shown():
            return
        last, method = self._session.caller.last.get(self._method), self.call_pane.method
        params = last.params if last is not None else self.call_pane.draft.params or []
        if method is not None and self._session.risk_of(method.name, params) != "read":
            repeat, run = actions.key("call.repeat"), actions.key("call.run")
            self.notify(f"{repeat} repeats reads only. {run} sends this call, after a review.", timeout=3)
        elif last is None:
            self.action_call_run()
        else:
            self._start(self._session.new_call(last.method, last.params))

    def _start(self, call: Call) -> None:
        """Sends a call, once its variables have values and what it may change was reviewed."""
        if any(one.kind == "var" and not one.wrong for _, one in find(call.params)):
            self._fill_in(call)
        else:
            self._start_whole(call)

    @work(exclusive=True, group="variables")
    async def _fill_in(self, call: Call) -> None:
        # Imported when it is wanted: few calls have variables.
        from truenas_client.storage.saved_call import with_values
        from tui.cards.variables import ask_variables
        from tui.model.variables import to_ask

        variables = to_ask(self._session.method(call.method), call.params, self._described.get(call.method, {}))
        typed = self._typed.setdefault(call.method, {})
        answers = await ask_variables(self, call.method, variables, typed)
        if answers is None:
            return
        typed |= answers.typed
        try:
            call.params = with_values(call.params, answers.values)
        except ValueError as e:
            self.notify(f"Not sent: {safe(e)}.", severity="warning", timeout=5)
            return
        call.answers = answers.secrets
        self._start_whole(call)

    def _start_whole(self, call: Call) -> None:
        caller = self._session.caller
        if caller.waits(call.method):
            self.notify(f"This call is still running; {actions.key('app.cancel')} cancels it.", timeout=3)
        elif caller.asks(call):
            self.review(call)
        else:
            self.send(call)

    def review(self, call: Call) -> None:
        """Asks before a call that may change the server, or takes a file along, and continues as the user answers."""
        # One card at a time: a key that is held down asks for many.
        if self._reviewing is None or self._reviewing.is_finished:
            self._reviewing = self._review(call)

    @work(group="review")
    async def _review(self, call: Call) -> None:
        # Imported when it is wanted: many only read.
        from tui.cards.before_sending import before_sending

        answer = await before_sending(self, self._session, call)
        if answer == "send":
            self.send(call)
        elif answer == "edit":
            self.action_pane_args()

    def send(self, call: Call) -> None:
        """Makes the call; its result is shown where its method is open."""
        text = self.call_pane.text
        self._session.caller.send(call, lambda: self._ended(call, text))
        self._session.memory.called(call.method)
        self.methods.renew()
        if call.method == self._method:
            self.result_pane.add_class("-ran")
            self.result_pane.show(call)

    def _ended(self, call: Call, text: str) -> None:
        shown = self.is_attached and call.method == self._method
        if not shown or self._session.caller.last.get(call.method) is not call:
            return
        self.result_pane.show(call)
        rows = call.failure.rows if call.failure is not None else ()
        if rows and self.call_pane.text == text:
            self.call_pane.refuse(rows)
            self._go_to(rows[0].attribute)

    def _go_to(self, attribute: str) -> None:
        """Moves the caret to the field, but only while the arguments have the focus: a reader elsewhere stays there."""
        if self.call_pane.has_focus_within:
            self.call_pane.go_to(attribute)

    @on(FailureView.Chosen)
    def _field(self, event: FailureView.Chosen) -> None:
        event.stop()
        self.call_pane.go_to(event.attribute)

    def cancel(self) -> bool:
        call = self._session.caller.last.get(self._method)
        return call is not None and self._session.caller.cancel(call)

    def shows_job(self, key: str) -> bool:
        call = self.result_pane.call
        return call is not None and call.job is not None and str(call.job.id) == key

    def action_call_abort(self) -> None:
        job = self.result_pane.running_job
        if job is not None:
            self._abort(job)

    def action_call_watch(self) -> None:
        job = self.result_pane.running_job
        if job is not None:
            self._watch(job)

    def readable(self) -> tuple[str, Any] | None:
        result = self.result_pane
        if self.call_pane.has_focus_within and self.call_pane.view != DOCS:
            return "arguments", self.call_pane.text
        if not result.has_focus_within:
            return super().readable()
        if (differences := result.differences) is not None:
            return "diff", "\n".join([*differences.lines(), ""])
        if (call := result.shown) is not None:
            return "result", call.value
        return ("error", error) if (error := result.error_text) is not None else None
