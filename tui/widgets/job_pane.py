"""`JobPane`: one job in its parts: how it is now, its log, its arguments, its result, its error.

The parts are the words at the right of the title. What the list of jobs does not hold is read when its part is opened:
the log by a task that ends when the part is left, the values once for each state of the job. Invariant: another job
begins with the part that every job has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import work
from textual.app import ComposeResult

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
from tui.widgets.finding_pane import VIEWS, SwitchingPane
from tui.widgets.finding_view import FindingView
from tui.widgets.job_detail import JobDetail
from tui.widgets.log_view import LogView
from tui.widgets.pane import Fact
from tui.widgets.result_views import TREE
from tui.widgets.switcher import ViewSwitcher

__all__ = ["JobPane"]


class JobPane(SwitchingPane):
    """Shows `show(job)`, and follows it when it is given the same job in a later state."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__("Details", id=id)
        self._session = session
        self.job: Job | None = None
        """The job that is shown."""
        self._part = NOW
        self._row: tuple[str, dict[str, Any]] | None = None
        """The state in which the row was read, and the row."""
        self._log: JobLog | None = None
        self._inside = False
        """Whether the part that is being opened gets the focus."""

    def compose(self) -> ComposeResult:
        with ViewSwitcher(initial="job-detail"):
            yield JobDetail(id="job-detail")
        yield self.find_field

    # What is shown -----------------------------------------------------------------

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that the job has now."""
        return parts_of(self.job)

    def show(self, job: Job | None) -> None:
        """Shows this job as it is now."""
        before, self.job = self.job, job
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
        self.tell_view()

    def read_again(self) -> None:
        """Reads the present part again."""
        self._row = None
        if self._part != NOW and not (self._log is not None and self._log.how == FOLLOWING):
            self._open(self._part)

    def _leave(self) -> None:
        """Ends what the present part is doing, and lets go of what it holds."""
        self.workers.cancel_group(self, "part")
        self._log = None
        self.find_field.close()
        self.found = None
        self.clear_views()

    def _open(self, part: str) -> None:
        self._inside = self.has_focus_within
        self._leave()
        self._part = part
        if part == LOG:
            self._log = JobLog(self._session.masked, self.tell_view)
            self.switcher.made("log", LogView).set_log(self._log.lines)
            self.switch("log")
            self._read_log(self._log)
        elif part in VALUES:
            self.say("Reading ...")
            self._read_row(part)
        self.tell_view()

    @work(exclusive=True, group="part")
    async def _read_log(self, log: JobLog) -> None:
        client, job = self._session.life.client, self.job
        if client is not None and job is not None:
            # What lists events is the release whose event sources took a plain text.
            await log.read(client, job, old=self._session.method("core.get_events") is not None)

    @work(exclusive=True, group="part")
    async def _read_row(self, part: str) -> None:
        job = self.job
        assert job is not None
        try:
            if self._row is None or self._row[0] != job.state:
                row = await self._session.follower.row(job.id)
                self._row = (job.state, row or {})
        except exc.ClientException as error:
            self.fail(explain(error, method="core.get_jobs"), chosen=False)
        else:
            if not self._row[1]:
                self.fail(Failure("Gone", "The server does not know this job any more."))
            else:
                self._show_value(part, self._row[1])
        self.tell_view()

    def _show_value(self, part: str, row: dict[str, Any]) -> None:
        if part == ERROR:
            self.fail(failure_of(row), chosen=False)
            return
        views = self.made_views()
        method = row.get("method")
        if part == ARGUMENTS or not isinstance(method, str):
            views.show_value(row.get("arguments"), "", ConnectionMemory(), as_table=False)
        else:
            views.show_value(row.get("result"), method, self._session.memory, as_table=True)
        self.switch(VIEWS)

    def switch(self, name: str, *, inside: bool = False) -> None:
        super().switch(name, inside=self._inside)
        # While it only says that it reads, what it reads is still to come.
        self._inside = self._inside and name == "message"

    def tell_view(self) -> None:
        """Draws the borders, and the parts that go on by themselves."""
        job = self.job
        if self._part == NOW:
            self.query_one(JobDetail).set_job(job)
            self.switch("job-detail")
        elif self._part == LOG and self._log is not None:
            self.switcher.made("log", LogView).pull(
                self._log.problem or ("" if self._log.how == "reading" else "No lines yet.")
            )
        self.title = "Details" if job is None else safe(f"#{job.id} {job.method}" if job.id else job.method)
        self.set_tabs(self._shown_tabs(), self._shown_tab())
        self.facts = self._facts_now(job)

    # The views of a value are parts of their own in the title: one key goes through all of them.

    def _shown_tabs(self) -> list[str]:
        tabs: list[str] = []
        for part in self.parts:
            tabs.append(part)
            if part == self._part and self.views is not None:
                tabs += [view for view in self.views.views if view != TREE]
        return tabs

    def _shown_tab(self) -> str:
        views = self.views
        return self._part if views is None or views.view == TREE else views.view

    def next_part(self) -> None:
        """The next of the words in the title, and around."""
        tabs = self._shown_tabs()
        if len(tabs) > 1:
            self.choose_tab(tabs[(tabs.index(self._shown_tab()) + 1) % len(tabs)])

    def choose_tab(self, tab: str) -> None:
        views = self.views
        if tab in self.parts and tab != self._part:
            self._open(tab)
        elif views is not None:
            views.choose_view(TREE if tab == self._part else tab)

    def _facts_now(self, job: Job | None) -> Sequence[Fact]:
        if job is None:
            return ()
        if self.found is not None:
            return self._facts_found(self.found)
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
        elif self.views is not None:
            facts += self.views.facts
        if not self._session.online and not job.ended:
            facts.append(("offline: as it was last seen", "warning"))
        elif job.state not in FINAL_STATES and job.state != LOST and self._part == NOW:
            facts.append("{job.abort} aborts")
        return facts

    # Finding -----------------------------------------------------------------------

    def _facts_found(self, found: FindingView.Found) -> Sequence[Fact]:
        text = f'"{cut(safe(found.text), 20, ellipsis=self.ellipsis)}"'
        if found.place is None:
            return ((f"no {text} here", "warning"),)
        if self.find_field.has_focus:
            return ("enter goes there",)
        only: list[Fact] = []
        if isinstance(log := self.content, LogView):
            shown, there = log.facts
            only = [f"{shown} of {there} lines", "{log.only} all" if log.only else "{log.only} only these"]
        return (*only, text, "{find.next} next", "{find.previous} previous")

    # Copying -----------------------------------------------------------------------

    def to_copy(self) -> dict[str, tuple[str, Any]]:
        """What can be copied of what is shown: by its letter the words for it, and the text or value."""
        there: dict[str, tuple[str, Any]] = {}
        job, views = self.job, self.views
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
        job, views = self.job, self.views
        if job is None or views is None or self._row is None or self._part not in (ARGUMENTS, RESULT):
            return None
        return Exported(self._whole(), f"the {self._part.lower()} of job #{job.id}", views.part_shown)

    def _whole(self) -> Any:
        assert self._row is not None
        return self._row[1].get("arguments" if self._part == ARGUMENTS else "result")
