"""The result: what the last call of the open method gave, and nothing else.

A result belongs to the call that made it. While a call runs the older result is
dimmed and called previous; when it fails, the error takes the result's place. A
job shows its progress here until it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from truenas_client.values.human import human_ms, human_size
from tui import actions
from tui.model.differences import Differences
from tui.model.failure import ABORTED, Failure
from tui.model.page import Page, page_of
from tui.session.session import Session
from tui.session.stores import Call, Job
from tui.text import cut, plain, safe
from tui.widgets.finding_pane import VIEWS, SwitchingPane
from tui.widgets.finding_view import FindingView
from tui.widgets.job_detail import JobDetail
from tui.widgets.key_line import is_typing
from tui.widgets.pane import Fact, State
from tui.widgets.pulse import on_pulse
from tui.widgets.result_words import CANCELLED, CANCELLED_JOB, READING, call_facts, no_call, result_note, result_words
from tui.widgets.switcher import ViewSwitcher
from tui.widgets.text_view import TextView
from tui.widgets.transfer_view import TransferView

__all__ = ["ResultPane"]

QUIET_SECONDS = 0.3
"""How long a call may take before its clock is shown."""


class ResultPane(SwitchingPane):
    """Shows one `Call` after the other. `FailureView.Chosen` asks for the place of a field in the arguments."""

    @property
    def FOOTER_WORDS(self) -> Mapping[str, str]:
        """Beside a result the room in the footer is for what may be done to it."""
        return {} if self.views is None else {"pane.args": "", "pane.docs": ""}

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__("Result", id=id)
        self._session = session
        self.call: Call | None = None
        """The call this pane is about."""
        self._shown: Call | None = None
        self._drawn: object = None
        self._back = 0
        self.cancellable = False
        """Whether a call takes long enough to name the key that stops it."""
        self._nothing = no_call()
        self._page: Page | None = None
        self._noted = ""
        self._notice: str | None = None
        self._count = ("", 0)

    def compose(self) -> ComposeResult:
        yield Static("", id="notice")
        with ViewSwitcher(initial="message"):
            yield TextView(id="message")
        yield self.find_field

    def on_mount(self) -> None:
        self.show(None)
        on_pulse(self, self._tick)
        self._forget = self._session.changed.subscribe(self._announce)

    def on_unmount(self) -> None:
        self._forget()

    def empty_text(self, text: str) -> None:
        """The text here while there is no call."""
        self._nothing = text
        if self.call is None:
            self._renew()

    # What is shown -----------------------------------------------------------------

    @property
    def running_job(self) -> Job | None:
        """The job shown here, while it has not ended."""
        if self.call is None or self.call.state != "running" or self.call.job is None:
            return None
        return self._session.jobs.get(self.call.job.id)

    def show(self, call: Call | None) -> None:
        """Shows this call as it is now, and follows it while it runs."""
        if call is None or self.call is None or call.method != self.call.method:
            self._let_go()
        self.call = call
        self._drawn = None
        self._back = 0
        self._renew()

    def _let_go(self) -> None:
        """Holds no value any more: a large one is to be gone when it is not seen."""
        self._shown = None
        self.clear_views()

    def _announce(self) -> None:
        """Says that a large result is about to be read, before everything stands still for that."""
        reading = self._session.caller.results.reading
        if reading is None or reading is not self.call or not self.children:
            return
        self.say(READING.format(human_size(reading.size or 0, decimal=True)))
        self._let_go()
        self._head("Result", human_ms(reading.elapsed * 1000))

    def show_previous(self) -> bool:
        """Shows the result before the one that is shown; after the oldest the newest again. False without any."""
        earlier = self._earlier()
        if not self.has_previous:
            return False
        self._back = (self._back + 1) % (len(earlier) + 1)
        if not self._back:
            self._renew()
            return True
        self._show_value(earlier[self._back - 1])
        self.title = "Previous result" if self._back == 1 else f"{self._back} results back"
        self.state = "stale"
        return True

    def _earlier(self) -> list[Call]:
        """The older results of the method that are kept, the newest first."""
        if self.call is None:
            return []
        return [call for call in self._session.caller.results.earlier(self.call.method) if call is not self.call]

    @property
    def has_previous(self) -> bool:
        """Whether an older result of the method is kept behind what is shown."""
        return self.call is not None and self.call.state != "running" and bool(self._earlier())

    def show_differences(self, differences: Differences) -> None:
        """Shows what differs between another result and the one that is shown, as one of its views."""
        if self.views is not None:
            self.views.show_differences(differences)

    @property
    def differences(self) -> Differences | None:
        """What differs from another result, while that is shown."""
        return self.views.differences if self.views is not None and self.views.view == "Diff" else None

    def _tick(self) -> None:
        if (self.call is not None and self.call.state == "running") or self._drawn is not self.call:
            self._renew()

    def _renew(self) -> None:
        """Draws the state of the call; called ten times a second while it runs and once when it ends."""
        call = self.call
        self._note("")
        # Of a job that runs, the user does not wait for the answer.
        slow = call is not None and call.state == "running" and call.job is None and call.elapsed >= QUIET_SECONDS
        if self.cancellable != slow:
            self.cancellable = slow
            self.screen.refresh_bindings()
        if call is None:
            self.say(self._nothing)
            self._head("Result", state="empty")
            return
        if call.state == "running":
            self._show_running(call)
            return
        self._drawn = call
        if call.state == "done":
            self.state = ""
            self._show_value(call)
        else:
            failure = call.failure or (CANCELLED_JOB if call.job is not None else CANCELLED)
            self.fail(failure)
            aborted = failure.title == ABORTED
            title = ABORTED if aborted else "Error" if call.state == "failed" else "Cancelled"
            previous = ["{result.previous} previous"] if self.has_previous else []
            facts: list[Fact] = [*previous, "{copy.menu} copies all", *self._call_facts(call)]
            self._head(title, *facts, state="error" if title == "Error" else "")

    def _show_running(self, call: Call) -> None:
        job = self._session.jobs.get(call.job.id) if call.job is not None else None
        if job is not None:
            detail = self.switcher.made("job", JobDetail)
            online = self._session.online
            drawn = (job, int(call.elapsed * 2), online)
            if drawn != self._drawn:
                self._drawn = drawn
                detail.set_job(job)
                self.switch("job")
                now: Fact = "{call.abort} aborts" if online else ("offline: it goes on at the server", "warning")
                self._head(f"Job #{job.id}", now, f"#{call.number}")
            return
        if call.transfer is not None:
            self.switcher.made("transfer", TransferView).set_transfer(call.transfer)
            self.switch("transfer")
            title = "Download" if call.transfer.kind == "download" else "Upload"
            self._head(title, "{app.cancel} stops it", human_ms(call.elapsed * 1000))
            return
        if call.elapsed < QUIET_SECONDS or self._session.caller.results.reading is call:
            return
        facts = ("{app.cancel} cancels", human_ms(call.elapsed * 1000))
        if self._shown is not None and self.views is not None:
            self.title, self.facts, self.state = "Previous result", facts, "stale"
            return
        queued = next((job for job in self._session.caller.queued() if job.serial == call.number), None)
        self.say("Waiting for the answer ..." if queued is None else f"The job {queued.text}.")
        self._head("Result", *facts)

    def _head(self, title: str, *facts: Fact, state: State = "") -> None:
        """Sets the borders for what is shown in the place of a result."""
        self.title, self.facts, self.state = title, facts, state
        self.set_tabs(())

    def _show_value(self, call: Call) -> None:
        method = self._session.method(call.method)
        filterable = method is not None and method.filterable
        words = result_words(call, filterable=filterable)
        if words:
            self._let_go()
            self._shown = call
            self.say(words)
            self._head("Result", *self._call_facts(call))
            return
        self._note(result_note(call))
        views = self.made_views()
        if self._shown is not call:
            self._shown = call
            as_table = filterable or call.method.endswith(".query")
            rows = call.value if isinstance(call.value, list) and call.saved is None else None
            page = page_of(call.method, call.params, len(rows)) if as_table and rows is not None else None
            self._page = page
            views.show_value(call.value, call.method, self._session.memory, as_table=as_table, page=page)
        self.switch(VIEWS)
        self.tell_view()

    def tell_view(self) -> None:
        """Title, views and facts of the result as it is shown now."""
        views, call = self.views, self._shown
        if views is None or call is None:
            return
        self.set_tabs(views.views, views.view)
        if call is self.call:
            self.title = views.title or "Result"
            self.facts = [*views.facts, *self._call_facts(call)]
        elif self.call is not None and self.call.state != "running":
            self.facts = self._call_facts(call)

    def _call_facts(self, call: Call) -> list[Fact]:
        job = self._session.jobs.get(call.job.id) if call.job is not None else None
        return call_facts(call, job, self._page if call is self._shown else None)

    def _note(self, text: str) -> None:
        if text != self._noted:
            self._noted = text
            self._focus_moved(self.screen)

    def _focus_moved(self, screen: Screen[Any]) -> None:
        super()._focus_moved(screen)
        words = actions.worded(self._noted, typing=is_typing(screen))
        if words != self._notice:  # an update lays out the whole screen
            self._notice = words
            notice = self.query_one("#notice", Static)
            notice.display = bool(words)
            notice.update(plain(words))

    # Views -------------------------------------------------------------------------

    def next_view(self) -> None:
        """Tree, table, raw."""
        if self.views is not None:
            self.views.next_view()

    # Finding -----------------------------------------------------------------------

    def step_find(self, by: int) -> None:
        """Goes to the next match, or with -1 to the one before."""
        if self.finds is not None:
            self.finds.step(by)

    @on(FindingView.Counted)
    def _counted(self, event: FindingView.Counted) -> None:
        event.stop()
        self._count = event.text, event.count
        if self.found is not None and self.found.text == event.text:
            self.tell_found()

    def tell_found(self) -> None:
        """Writes what was found, and how many, into the lower border, until the cursor moves."""
        found, views, call = self.found, self.views, self._shown
        if found is None:
            return
        if found.place is None:
            self.facts = ((f"no {safe(found.text)} here", "warning"),)
        elif views is not None and call is not None:
            text, count = self._count
            matches = (f"{count:,} match" + ("" if count == 1 else "es"),) if text == found.text else ()
            # In the field these letters are only typed.
            typed = (*matches, "enter goes there")
            words = f'"{cut(safe(found.text), 20, ellipsis=self.ellipsis)}"'
            done = (words, *matches, "{find.next} next", "{find.previous} previous")
            self.facts = (*views.facts, *(typed if self.find_field.has_focus else done), *self._call_facts(call))

    # Copying -----------------------------------------------------------------------

    @property
    def shown(self) -> Call | None:
        """The call whose result is shown; None while an error, a job or nothing is."""
        call = self._shown
        if call is None or call.let_go:
            return None
        words = self.switcher.current == "message" and call is self.call
        return call if self.views is not None or words else None

    @property
    def error_text(self) -> str | None:
        """The error that is shown, as text."""
        if self.switcher.current != "failure" or self.call is None:
            return None
        failure = self.call.failure
        return actions.worded(failure.text, typing=False) if isinstance(failure, Failure) else None
