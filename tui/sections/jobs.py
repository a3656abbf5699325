"""Jobs: what runs on the server, what ran, what waits here for its turn, and the one under the cursor in its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Input

from truenas_client import exc
from tui import actions
from tui.cards.copy_menu import choose_copy
from tui.cards.toast import tell_failure
from tui.model.failure import explain
from tui.model.job import QUEUED, Job
from tui.model.jobfilter import JobFilter
from tui.sections.section import Section
from tui.sections.splits import Split
from tui.session.session import Session
from tui.text import Glyphs, bar
from tui.widgets.job_pane import JobPane
from tui.widgets.jobwords import STATE_WORDS, words_of
from tui.widgets.pane import Fact, Pane
from tui.widgets.pulse import on_pulse
from tui.widgets.rows import Cell, Column, Row, Rows

__all__ = ["JobsSection"]

BAR_CELLS = 14

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


@dataclass(slots=True)
class Drawn:
    """The parts of a job's row, made once until it changes: a list of thousands is filtered at every key."""

    job: Job
    hay: str
    row: Row | None = None
    at: tuple[bool, Glyphs, int] | None = None
    """Whether it was watched, the signs in use, and its seconds, when the row was made."""


class JobsSection(Section):
    """Pulls from the job store at most ten times a second."""

    BINDINGS = actions.bindings("jobs")
    FOOTER_WORDS = {"nav.open": "details"}
    SPLITS = (Split("job", "#job-detail-pane", "top"),)

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(session, id=id)
        self._seen: object = None
        self._allows: object = None
        self._drawn: dict[str, Drawn] = {}
        self._queued: dict[str, Job] = {}
        self._filter = JobFilter("")

    def compose(self) -> ComposeResult:
        with Pane("Jobs", id="job-list-pane"):
            yield Input(placeholder="filter, e.g. state:running method:pool", id="job-filter", compact=True)
            yield Rows(COLUMNS, header=True, empty="No jobs.", id="job-rows")
        yield JobPane(self._session, id="job-detail-pane")

    @property
    def rows(self) -> Rows:
        """The list."""
        return self.query_one("#job-rows", Rows)

    @property
    def filter(self) -> Input:
        """The field above it."""
        return self.query_one("#job-filter", Input)

    @property
    def details(self) -> JobPane:
        """The job under the cursor."""
        return self.query_one(JobPane)

    @property
    def current(self) -> Job | None:
        """The job under the cursor."""
        key = self.rows.key
        return None if key is None else self._queued.get(key) or self._session.jobs.find(key)

    def on_mount(self) -> None:
        on_pulse(self, self._pull)
        self._pull()

    def enter(self) -> None:
        self.rows.focus()

    def shows_job(self, key: str) -> bool:
        return self.rows.key == key

    # The list ------------------------------------------------------------------------

    def _pull(self) -> None:
        if not self.display or not self.screen.is_active:
            return
        jobs = self._session.jobs
        self._queued = {job.key: job for job in self._session.caller.queued()}
        # The clocks of running jobs go on without any event.
        seconds = sum(int(job.elapsed() or 0) for job in jobs.active())
        state = (jobs.version, seconds, self.filter.value, self._session.online, self.rows.glyphs, tuple(self._queued))
        if state == self._seen:
            return
        self._seen = state
        if self._filter.text != self.filter.value.strip():
            self._filter = JobFilter(self.filter.value)
        there = [*self._queued.values(), *jobs.newest_first()]
        drawn = [self._kept(job) for job in there]
        shown = [one for one in drawn if self._filter.fits(one.job, one.hay)] if self._filter else drawn
        if len(self._drawn) > 2 * len(there) + 100:
            self._drawn = {one.job.key: one for one in drawn}  # the others the store has forgotten
        self.rows.empty = self._nothing()
        self.rows.set_rows([self._row(one) for one in shown])
        pane = self.query_one("#job-list-pane", Pane)
        pane.set_tabs(_counts(there))
        pane.facts = [*self._warnings(), f"{len(shown)} of {len(there)}"]
        self._show(self.current)

    def _show(self, job: Job | None) -> None:
        """Shows the details of a job, and the keys for it."""
        self.details.show(job)
        allows = (job is None, job is not None and job.ended, self.details.parts)
        if allows != self._allows:
            self._allows = allows
            self.refresh_bindings()

    def _nothing(self) -> str:
        if not self._filter:
            return "No jobs. What runs on the server appears here."
        return f"{self._filter.problem or 'No job fits.'}\n{actions.key('app.back')} clears the filter."

    def _warnings(self) -> list[Fact]:
        if not self._session.online:
            return [("offline: jobs go on at the server", "warning")]
        roles, problem = self._session.roles, self._session.jobs.problem
        facts: list[Fact] = [(problem, "warning")] if problem else []
        # The server shows the jobs of others to full administrators only.
        return facts if roles is None or "FULL_ADMIN" in roles else [*facts, "your own jobs only"]

    def _kept(self, job: Job) -> Drawn:
        kept = self._drawn.get(job.key)
        if kept is None or kept.job is not job:
            kept = self._drawn[job.key] = Drawn(job, JobFilter.haystack(job))
        return kept

    def _row(self, one: Drawn) -> Row:
        job, glyphs = one.job, self.rows.glyphs
        at = (job.id in self._session.jobs.watched, glyphs, -1 if job.ended else int(job.elapsed() or 0))
        if one.row is None or one.at != at:
            one.at = at
            words = words_of(job)
            drawn = bar(words.fraction, BAR_CELLS, glyphs)
            one.row = Row(
                job.key,
                (
                    glyphs.star if at[0] else "",
                    str(job.id or ""),
                    Cell(words.state, words.style),
                    job.method,
                    words.text or job.description,
                    Cell(f"{drawn} {words.percent:>5}", "" if job.ended else "accent"),
                    words.elapsed,
                    words.left,
                    job.by,
                ),
            )
        return one.row

    @on(Rows.Highlighted, "#job-rows")
    def _highlighted(self, event: Rows.Highlighted) -> None:
        event.stop()
        self._show(self.current)

    @on(Rows.Chosen, "#job-rows")
    def _chosen(self, event: Rows.Chosen) -> None:
        event.stop()
        self.details.content.focus()

    @on(Input.Changed, "#job-filter")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._pull()

    @on(Input.Submitted, "#job-filter")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.rows.focus()

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
        there = self.details.to_copy()
        if not there:
            self.notify("Nothing to copy yet.", timeout=2)
            return
        letter = await choose_copy(self, [(letter, words) for letter, (words, _value) in there.items()])
        if letter is not None and (job := self.details.job) is not None:
            from tui.cards.clipboard import copy

            words, value = there[letter]
            await copy(self, value, words, f"job-{job.id}-{job.method}")

    def readable(self) -> tuple[str, Any] | None:
        there = self.details.to_copy() if self.details.has_focus_within else {}
        whole = next((there[letter] for letter in "lr" if letter in there), None)
        return ("log" if "l" in there else "value", whole[1]) if whole is not None else super().readable()

    @work(exclusive=True, group="refresh")
    async def action_view_refresh(self) -> None:
        """Reads the jobs again, and of the one under the cursor the part that is shown."""
        self.details.read_again()
        try:
            await self._session.refresh_jobs()
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
        if self.filter.has_focus:
            self.filter.value = ""
            self.rows.focus()
            return True
        if self.details.has_focus_within:
            if not self.details.back():
                self.rows.focus()
            return True
        if self.filter.value:
            self.filter.value = ""
            return True
        return False


def _counts(jobs: list[Job]) -> list[str]:
    counts = dict.fromkeys(STATE_WORDS, 0)
    for job in jobs:
        counts[job.state] = counts.get(job.state, 0) + 1
    told = ("RUNNING", "WAITING", QUEUED, "FAILED", "LOST")
    return [f"{counts[state]} {STATE_WORDS[state][0]}" for state in told if counts[state]]
