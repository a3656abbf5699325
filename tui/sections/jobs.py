"""Jobs: what runs on the server, what ran, what waits here for its turn, and the one under the cursor in its parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.getters import query_one

from truenas_client import exc
from tui import actions
from tui.cards.copies import Copy, copy_one_of
from tui.cards.toast import tell_failure
from tui.model.failure import explain
from tui.model.job import QUEUED, Job
from tui.model.jobfilter import JobFilter
from tui.sections.filtered_list import FilteredList
from tui.sections.splits import Split
from tui.text import bar
from tui.widgets.job_pane import JobPane
from tui.widgets.jobwords import STATE_WORDS, words_of
from tui.widgets.pane import Fact, Pane
from tui.widgets.rows import Cell, Column, Row, Rows

__all__ = ["JobsSection"]

BAR_CELLS = 14


class JobsSection(FilteredList):
    """Pulls from the job store at most ten times a second."""

    BINDINGS = actions.bindings("jobs")
    FOOTER_WORDS = {"nav.open": "details"}
    SPLITS = (Split("job", "#job-detail-pane", "top"),)
    TITLE = "Jobs"
    PLACEHOLDER = "filter, e.g. state:running method:pool"
    NOUN = "job"
    COLUMNS = (
        Column("", cells=1, style="accent"),
        Column("id", least=4, align="right"),
        Column("state", cells=8),
        Column("method", least=16, most=36),
        Column("what", least=8, flex=True, style="dim", hide_below=100),
        Column("progress", cells=BAR_CELLS + 7),
        Column("elapsed", cells=8, align="right"),
        Column("left", cells=9, align="right", style="dim", hide_below=110),
        Column("by", least=4, most=12, style="dim", hide_below=100),
    )
    kind = JobFilter
    details = query_one(JobPane)
    """The job under the cursor."""
    _allows: object = None

    def compose_detail(self) -> ComposeResult:
        yield JobPane(self._session, id="job-detail-pane")

    @property
    def current(self) -> Job | None:
        """The job under the cursor, as it is now."""
        job: Job | None = super().current
        return job if job is None else self._session.jobs.find(job.key) or job

    def on_mount(self) -> None:
        self._pull()

    def shows_job(self, key: str) -> bool:
        return self.rows.key == key

    # The list ------------------------------------------------------------------------

    def version(self) -> object:
        jobs, queued = self._session.jobs, self._session.caller.queued()
        # The clocks of running jobs go on without any event.
        seconds = sum(int(job.elapsed() or 0) for job in jobs.active())
        return jobs.version, seconds, self._session.online, [job.key for job in queued]

    def items(self) -> Sequence[Job]:
        return [*self._session.caller.queued(), *self._session.jobs.newest_first()]

    def key_of(self, item: Job) -> str:
        return item.key

    def look_of(self, item: Job) -> object:
        """Whether it is watched, and its seconds while they go on."""
        return item.id in self._session.jobs.watched, -1 if item.ended else int(item.elapsed() or 0)

    def row_of(self, item: Job) -> Row:
        words, glyphs = words_of(item), self.rows.glyphs
        drawn = bar(words.fraction, BAR_CELLS, glyphs)
        cells = (
            glyphs.star if item.id in self._session.jobs.watched else "",
            str(item.id or ""),
            Cell(words.state, words.style),
            item.method,
            words.text or item.description,
            Cell(f"{drawn} {words.percent:>5}", "" if item.ended else "accent"),
            words.elapsed,
            words.left,
            item.by,
        )
        return Row(item.key, cells)

    def nothing(self) -> str:
        return "No jobs. What runs on the server appears here."

    def count(self, pane: Pane, items: Sequence[Job], shown: int) -> None:
        pane.set_tabs(_counts(items))
        pane.facts = [*self._warnings(), f"{shown} of {len(items)}"]

    def _warnings(self) -> list[Fact]:
        if not self._session.online:
            return [("offline: jobs go on at the server", "warning")]
        roles, problem = self._session.roles, self._session.jobs.problem
        facts: list[Fact] = [(problem, "warning")] if problem else []
        # The server shows the jobs of others to full administrators only.
        return facts if roles is None or "FULL_ADMIN" in roles else [*facts, "your own jobs only"]

    def show_current(self) -> None:
        """Shows the details of the job under the cursor, and the keys for it."""
        job = self.current
        self.details.show(job)
        allows = (job is None, job is not None and job.ended, self.details.parts)
        if allows != self._allows:
            self._allows = allows
            self.refresh_bindings()

    @on(Rows.Chosen, ".list-rows")
    def _chosen(self, event: Rows.Chosen) -> None:
        event.stop()
        self.details.content.focus()

    # Actions ------------------------------------------------------------------------

    def action_jobs_find(self) -> None:
        """Filters the list; in the details, finds text."""
        if not (self.details.has_focus_within and self.details.open_find()):
            self.filter.focus()

    def action_job_view(self) -> None:
        self.details.next_part()

    def action_job_abort(self) -> None:
        job = self.current
        if job is None or job.ended:
            self.notify("Only a job that waits or runs can be aborted.", timeout=3)
            return
        self._abort(job)

    def action_watch_add(self) -> None:
        """Watches the job, or not any more."""
        job = self.current
        if job is None or job.ended or job.state == QUEUED:
            self.notify("Only a job that the server still runs can be watched.", timeout=3)
        else:
            self._watch(job)

    def action_job_bell(self) -> None:
        """Turns the bell on or off, and rings it once when on."""
        memory = self._session.memory.app
        memory.bell = not memory.bell
        if memory.bell:
            self.app.bell()
        self.notify(f"The bell {'rings when a watched job ends' if memory.bell else 'is off'}.", timeout=3)

    @work(exclusive=True, group="save")
    async def action_export_open(self) -> None:
        """Asks where to save the value that is shown of the job, or else its whole log."""
        job, exported = self.current, self.details.exported
        if job is not None and exported is not None:
            from tui.cards.save_value import save_value

            await save_value(self, self._session, exported, "Save a part of the job", f"job-{job.id}-{job.method}")
        elif job is not None and job.logs_path:
            from tui.cards.save_log import save_log

            await save_log(self, self._session, job)
        else:
            self.notify("This job keeps no log.", timeout=3)

    @work(exclusive=True, group="copy")
    async def action_job_copy(self) -> None:
        """Asks what of the job to copy, and copies it."""
        if (job := self.current) is not None:
            there = self.details.to_copy().items()
            copies = [Copy.of(letter, words, value, words) for letter, (words, value) in there]
            await copy_one_of(self, copies, f"job-{job.id}-{job.method}")

    def readable(self) -> tuple[str, Any] | None:
        there = self.details.to_copy() if self.details.has_focus_within else {}
        whole = next((there[letter] for letter in "lr" if letter in there), None)
        return ("log" if "l" in there else "value", whole[1]) if whole is not None else super().readable()

    @work(exclusive=True, group="refresh")
    async def action_view_refresh(self) -> None:
        """Reads the jobs again, and of the one under the cursor the part that is shown."""
        self.details.read_again()
        try:
            await self._session.follower.refresh()
        except exc.ClientException as error:
            tell_failure(self, explain(error, method="core.get_jobs"), "error")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        job = self.current if self.is_mounted else None
        match action:
            case "job_abort" | "watch_add":
                return job is not None and not job.ended
            case "job_view":
                return len(self.details.parts) > 1
            case "job_copy":
                return job is not None
            case "export_open":
                return job is not None and (bool(job.logs_path) or self.details.exported is not None)
        return True

    def back(self) -> bool:
        return (self.details.has_focus_within and self.details.back()) or super().back()


def _counts(jobs: Sequence[Job]) -> list[str]:
    counts = Counter(job.state for job in jobs)
    told = ("RUNNING", "WAITING", QUEUED, "FAILED", "LOST")
    return [f"{counts[state]} {STATE_WORDS[state][0]}" for state in told if counts[state]]
