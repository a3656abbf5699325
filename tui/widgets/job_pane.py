"""`JobPane`: one job in its parts: how it is now, its log, its arguments, its result, its error.

The parts are the words at the right of the title. What the list of jobs does not hold is read when its part is opened:
the log by a task that ends when the part is left, the values once for each state of the job. Invariant: another job
begins with the part that every job has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget

from truenas_client import exc
from truenas_client.engine.jobrecord import FINAL_STATES
from tui.memory.state import ConnectionMemory
from tui.model.export import Exported
from tui.model.failure import Failure, explain
from tui.model.job import LOST, Job, same_job
from tui.model.jobparts import ARGUMENTS, ERROR, LOG, NOW, RESULT, VALUES, failure_of, parts_of
from tui.session.joblog import FOLLOWING, JobLog
from tui.session.session import Session
from tui.text import cut, safe
from tui.widgets.failure_view import FailureView
from tui.widgets.find_field import FindField
from tui.widgets.finding_view import FindingView
from tui.widgets.job_detail import JobDetail
from tui.widgets.log_view import LogView
from tui.widgets.pane import Fact, Pane
from tui.widgets.result_messages import ViewChanged
from tui.widgets.result_views import TREE, ResultViews
from tui.widgets.switcher import ViewSwitcher
from tui.widgets.text_view import TextView
from tui.widgets.value_view import ValueView

__all__ = ["JobPane"]


class JobPane(Pane):
    """Shows `show(job)`, and follows it when it is given the same job in a later state."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__("Details", id=id)
        self._session = session
        self._job: Job | None = None
        self._part = NOW
        self._row: tuple[str, dict[str, Any]] | None = None
        """The state in which the row was read, and the row."""
        self._log: JobLog | None = None
        self._found: tuple[Fact, ...] = ()
        self._inside = False
        """Whether the part that is being opened gets the focus."""
        self._field = FindField(self._find, lambda: self.content, id="job-find", placeholder="find")

    def compose(self) -> ComposeResult:
        with ViewSwitcher(initial="job-detail"):
            yield JobDetail(id="job-detail")
        yield self._field

    # What is shown -----------------------------------------------------------------

    @property
    def job(self) -> Job | None:
        """The job that is shown."""
        return self._job

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that the job has now."""
        return parts_of(self._job)

    @property
    def content(self) -> Widget:
        """The widget shown inside; it can have the focus."""
        shown = self._switcher.visible_content
        assert shown is not None
        return shown.content if isinstance(shown, ResultViews) else shown

    def show(self, job: Job | None) -> None:
        """Shows this job as it is now."""
        before, self._job = self._job, job
        if job is None or before is None or job.key != before.key or not same_job(before, job):
            self._leave()
            self._row = None
            self._part = NOW
        elif self._part not in self.parts:
            self._open(NOW)
        elif self._part in VALUES and self._row is not None and self._row[0] != job.state:
            self._open(self._part)  # there is more of it now
        elif (log := self._log) is not None and (
            (log.broken and self._session.online) or (job.ended and not before.ended and log.how != FOLLOWING)
        ):
            self._open(LOG)  # there is a connection again, or what was read once has an end now
        self._renew()

    def read_again(self) -> None:
        """Reads the present part again."""
        self._row = None
        if self._part != NOW and not (self._log is not None and self._log.how == FOLLOWING):
            self._open(self._part)

    def _leave(self) -> None:
        """Ends what the present part is doing, and lets go of what it holds."""
        self.workers.cancel_group(self, "part")
        self._log = None
        self._field.close()
        self._found = ()
        for views in self._switcher.query_children().results(ResultViews):
            views.clear()

    def _open(self, part: str) -> None:
        self._inside = self.has_focus_within
        self._leave()
        self._part = part
        if part == LOG:
            self._log = JobLog(self._session.masked, self._renew)
            self._switcher.made("log", LogView).set_log(self._log.lines)
            self._switch("log")
            self._read_log(self._log)
        elif part in VALUES:
            self._switcher.made("message", TextView).set_text("Reading ...")
            self._switch("message")
            self._read_row(part)
        self._renew()

    @work(exclusive=True, group="part")
    async def _read_log(self, log: JobLog) -> None:
        client, job = self._session.life.client, self._job
        if client is not None and job is not None:
            # What lists events is the release whose event sources took a plain text.
            await log.read(client, job, old=self._session.method("core.get_events") is not None)

    @work(exclusive=True, group="part")
    async def _read_row(self, part: str) -> None:
        job = self._job
        assert job is not None
        try:
            if self._row is None or self._row[0] != job.state:
                row = await self._session.job_row(job.id)
                self._row = (job.state, row or {})
        except exc.ClientException as error:
            self._fail(explain(error, method="core.get_jobs"))
        else:
            if not self._row[1]:
                self._fail(Failure("Gone", "The server does not know this job any more."))
            else:
                self._show_value(part, self._row[1])
        self._renew()

    def _show_value(self, part: str, row: dict[str, Any]) -> None:
        if part == ERROR:
            self._fail(failure_of(row))
            return
        views = self._switcher.made("values", ResultViews)
        method = row.get("method")
        if part == ARGUMENTS or not isinstance(method, str):
            views.show_value(row.get("arguments"), "", ConnectionMemory(), as_table=False)
        else:
            views.show_value(row.get("result"), method, self._session.memory, as_table=True)
        self._switch("values")

    def _fail(self, failure: Failure) -> None:
        self._switcher.made("failure", FailureView).set_failure(failure, chosen=False)
        self._switch("failure")

    @property
    def _switcher(self) -> ViewSwitcher:
        return self.query_one(ViewSwitcher)

    def _switch(self, name: str) -> None:
        switcher = self._switcher
        if switcher.current == name and not self._inside:
            return
        inside = self._inside or (self.has_focus_within and not self._field.has_focus)
        switcher.current = name
        # While it only says that it reads, what it reads is still to come.
        self._inside = inside and name == "message"
        if inside:
            self.screen.set_focus(self.content)

    def _renew(self) -> None:
        """Draws the borders, and the parts that go on by themselves."""
        job = self._job
        if self._part == NOW:
            self.query_one(JobDetail).set_job(job)
            self._switch("job-detail")
        elif self._part == LOG and self._log is not None:
            self._switcher.made("log", LogView).pull(
                self._log.problem or ("" if self._log.how == "reading" else "No lines yet.")
            )
        self.title = "Details" if job is None else safe(f"#{job.id} {job.method}" if job.id else job.method)
        self.set_tabs(self._shown_tabs(), self._shown_tab())
        self.facts = self._facts_now(job)

    # The views of a value are parts of their own in the title: one key goes through all of them.

    @property
    def _views(self) -> ResultViews | None:
        shown = self._switcher.visible_content
        return shown if isinstance(shown, ResultViews) else None

    def _shown_tabs(self) -> list[str]:
        tabs: list[str] = []
        for part in self.parts:
            tabs.append(part)
            if part == self._part and self._views is not None:
                tabs += [view for view in self._views.views if view != TREE]
        return tabs

    def _shown_tab(self) -> str:
        views = self._views
        return self._part if views is None or views.view == TREE else views.view

    def next_part(self) -> None:
        """The next of the words in the title, and around."""
        tabs = self._shown_tabs()
        if len(tabs) > 1:
            self._choose(tabs[(tabs.index(self._shown_tab()) + 1) % len(tabs)])

    def _choose(self, tab: str) -> None:
        views = self._views
        if tab in self.parts and tab != self._part:
            self._open(tab)
        elif views is not None:
            views.choose_view(TREE if tab == self._part else tab)

    @on(Pane.TabPressed)
    def _tab_pressed(self, event: Pane.TabPressed) -> None:
        event.stop()
        self._choose(event.tab)

    @on(ViewChanged)
    @on(ValueView.PathChanged)
    def _view_changed(self, event: Message) -> None:
        event.stop()
        self._renew()

    @on(FailureView.Chosen)
    def _field_chosen(self, event: FailureView.Chosen) -> None:
        event.stop()

    def _facts_now(self, job: Job | None) -> Sequence[Fact]:
        if job is None:
            return ()
        if self._found:
            return self._found
        facts: list[Fact] = []
        if self._part == LOG and self._log is not None:
            log = self._log
            if log.problem:
                facts.append((safe(log.problem), "warning"))
            if log.how.startswith("as of"):
                facts.append("{view.refresh} reads it again")
            if log.lines.dropped:
                facts.append(f"{log.lines.dropped:,} earlier lines: {{export.open}} saves all")
            facts.append(f"{len(log.lines):,} lines")
            facts.append(("ended" if log.how == FOLLOWING and job.ended else log.how, "title"))
        elif self._views is not None:
            facts += self._views.facts
        if not self._session.online and not job.ended:
            facts.append(("offline: as it was last seen", "warning"))
        elif job.state not in FINAL_STATES and job.state != LOST and self._part == NOW:
            facts.append("{job.abort} aborts")
        return facts

    def back(self) -> bool:
        """Closes the find field, an open row, or the part; False when the first part is shown."""
        if self._field.close() or (self._views is not None and self._views.back()):
            self._found = ()
            self._renew()
            return True
        return False

    # Finding -----------------------------------------------------------------------

    @property
    def _finds(self) -> FindingView | ResultViews | None:
        content = self._views or self.content
        return content if isinstance(content, FindingView | ResultViews) else None

    def open_find(self) -> bool:
        """Opens the find field; False where there is nothing to look through."""
        if self._finds is None:
            return False
        self._field.open()
        return True

    def _find(self, text: str) -> None:
        if (view := self._finds) is not None:
            view.find(text)
        if not text:
            self._found = ()
            self._renew()

    @on(FindingView.Found)
    def _told(self, event: FindingView.Found) -> None:
        event.stop()
        text = f'"{cut(safe(event.text), 20, ellipsis=self.ellipsis)}"'
        if event.place is None:
            self._found = ((f"no {text} here", "warning"),)
        elif self._field.has_focus:
            self._found = ("enter goes there",)
        else:
            log = self.content if isinstance(self.content, LogView) else None
            only: list[Fact] = []
            if log is not None:
                shown, there = log.facts
                only = [f"{shown} of {there} lines", "{log.only} all" if log.only else "{log.only} only these"]
            self._found = (*only, text, "{find.next} next", "{find.previous} previous")
        self._renew()
        self.refresh_bindings()

    # Copying -----------------------------------------------------------------------

    def to_copy(self) -> dict[str, tuple[str, Any]]:
        """What can be copied of what is shown: by its letter the words for it, and the text or value."""
        there: dict[str, tuple[str, Any]] = {}
        job, views = self._job, self._views
        if job is None:
            return there
        if views is not None and (at := views.under_cursor()) is not None:
            there["v"] = ("value under the cursor", at[1])
            there["p"] = ("path under the cursor", at[0])
        if self._row is not None and self._row[1] and self._part in (ARGUMENTS, RESULT):
            there["r"] = (f"the whole {self._part.lower()}".replace("whole arguments", "arguments"), self._whole())
        if self._log is not None and len(self._log.lines):
            there["l"] = ("the log, as far as it is here", "\n".join(self._log.lines.lines))
        if job.error:
            there["e"] = ("the error", "\n\n".join(text for text in (job.error.rstrip(), job.trace) if text))
        if job.method:
            there["n"] = ("name of the method", job.method)
        return there

    @property
    def exported(self) -> Exported | None:
        """The value that is shown, to be saved; None while another part of the job is."""
        job, views = self._job, self._views
        if job is None or views is None or self._row is None or self._part not in (ARGUMENTS, RESULT):
            return None
        return Exported(self._whole(), f"the {self._part.lower()} of job #{job.id}", views.part_shown)

    def _whole(self) -> Any:
        assert self._row is not None
        return self._row[1].get("arguments" if self._part == ARGUMENTS else "result")
