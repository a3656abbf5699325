"""Jobs: what runs on the server and what ran, and the details of the one under the cursor."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Input

from truenas_client import exc
from tui import actions
from tui.cards.toast import tell_failure
from tui.model.failure import explain
from tui.sections.section import Section
from tui.session.session import Session
from tui.session.stores import Job
from tui.text import Glyphs, bar
from tui.widgets.job_detail import JobDetail
from tui.widgets.jobwords import STATE_WORDS, words_of
from tui.widgets.pane import Pane
from tui.widgets.pulse import on_pulse
from tui.widgets.rows import Cell, Column, Row, Rows

__all__ = ["JobsSection", "matches"]

BAR_CELLS = 14

COLUMNS = (
    Column("id", least=4, align="right"),
    Column("state", cells=8),
    Column("method", least=16, most=36),
    Column("what", least=8, flex=True, style="dim", hide_below=100),
    Column("progress", cells=BAR_CELLS + 7),
    Column("elapsed", cells=8, align="right"),
    Column("left", cells=9, align="right", style="dim", hide_below=110),
    Column("by", least=4, most=12, style="dim", hide_below=100),
)


def matches(job: Job, query: str) -> bool:
    """Whether a job fits every word: ``state:running``, ``method:pool``, ``by:admin``, or a part of any of them."""
    for word in query.lower().split():
        field, colon, wanted = word.partition(":")
        texts = {"state": job.state, "method": job.method, "by": job.by, "id": str(job.id)}
        if colon and field in texts:
            if wanted not in texts[field].lower():
                return False
        elif not any(word in text.lower() for text in (*texts.values(), job.text, job.description)):
            return False
    return True


class JobsSection(Section):
    """Pulls from the job store at most ten times a second."""

    BINDINGS = actions.bindings("jobs")
    FOOTER_WORDS = {"nav.open": "details"}

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(session, id=id)
        self._drawn: object = None
        self._ended_rows: dict[int, tuple[Job, Glyphs, Row]] = {}

    def compose(self) -> ComposeResult:
        with Pane("Jobs", id="job-list-pane"):
            yield Input(placeholder="filter, e.g. state:running method:pool", id="job-filter", compact=True)
            yield Rows(COLUMNS, header=True, empty="No jobs.", id="job-rows")
        with Pane("Details", id="job-detail-pane"):
            yield JobDetail(id="job-detail")

    @property
    def rows(self) -> Rows:
        """The list."""
        return self.query_one("#job-rows", Rows)

    @property
    def filter(self) -> Input:
        """The field above it."""
        return self.query_one("#job-filter", Input)

    @property
    def current(self) -> Job | None:
        """The job under the cursor."""
        key = self.rows.key
        return self._session.jobs.get(int(key)) if key is not None else None

    def on_mount(self) -> None:
        on_pulse(self, self._pull)
        self._pull()

    def enter(self) -> None:
        self.rows.focus()

    def _pull(self) -> None:
        if not self.display or not self.screen.is_active:
            return
        jobs = self._session.jobs
        # The clocks of running jobs go on without any event.
        seconds = sum(int(job.elapsed() or 0) for job in jobs.active())
        state = (jobs.version, seconds, self.filter.value)
        if state == self._drawn:
            return
        self._drawn = state
        query = self.filter.value.strip()
        shown = [job for job in jobs.newest_first() if matches(job, query)]
        rows = self.rows
        rows.empty = f"No job fits; {actions.key('app.back')} clears the filter." if query else "No jobs."
        if len(self._ended_rows) > 2 * len(jobs):
            self._ended_rows.clear()  # most of them the store has forgotten
        rows.set_rows([self._row(job) if not job.ended else self._ended_row(job) for job in shown])
        pane = self.query_one("#job-list-pane", Pane)
        pane.set_tabs(_counts(jobs.newest_first()))
        pane.facts = f"{len(shown)} of {len(jobs)}"
        self._show_detail()

    def _ended_row(self, job: Job) -> Row:
        """The row of a job that has ended, made once: a list holds a thousand of them and is drawn every second."""
        made = self._ended_rows.get(job.id)
        if made is None or made[0] is not job or made[1] is not self.rows.glyphs:
            made = self._ended_rows[job.id] = (job, self.rows.glyphs, self._row(job))
        return made[2]

    def _row(self, job: Job) -> Row:
        words = words_of(job)
        drawn = bar(words.fraction, BAR_CELLS, self.rows.glyphs)
        return Row(
            str(job.id),
            (
                str(job.id),
                Cell(words.state, words.style),
                job.method,
                words.text or job.description,
                Cell(f"{drawn} {words.percent:>5}", "" if job.ended else "accent"),
                words.elapsed,
                words.left,
                job.by,
            ),
        )

    @on(Rows.Highlighted, "#job-rows")
    def _highlighted(self, event: Rows.Highlighted) -> None:
        event.stop()
        self._show_detail()

    def _show_detail(self) -> None:
        job = self.current
        pane = self.query_one("#job-detail-pane", Pane)
        pane.title = "Details" if job is None else f"#{job.id} {job.method}"
        self.query_one(JobDetail).set_job(job)

    @on(Rows.Chosen, "#job-rows")
    def _chosen(self, event: Rows.Chosen) -> None:
        event.stop()
        self.query_one(JobDetail).focus()

    @on(Input.Changed, "#job-filter")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._pull()

    @on(Input.Submitted, "#job-filter")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.rows.focus()

    def action_jobs_find(self) -> None:
        self.filter.focus()

    def action_job_abort(self) -> None:
        job = self.current
        if job is None or job.ended:
            self.notify("Only a job that waits or runs can be aborted.", timeout=3)
            return
        self._abort(job.id)

    @work(exclusive=True, group="refresh", exit_on_error=False)
    async def action_view_refresh(self) -> None:
        """Reads the jobs again."""
        try:
            await self._session.refresh_jobs()
        except exc.ClientException as error:
            tell_failure(self, explain(error, method="core.get_jobs"), "error")

    def back(self) -> bool:
        if self.filter.has_focus:
            self.filter.value = ""
            self.rows.focus()
            return True
        if self.query_one(JobDetail).has_focus:
            self.rows.focus()
            return True
        if self.filter.value:
            self.filter.value = ""
            return True
        return False


def _counts(jobs: list[Job]) -> list[str]:
    counts = {word: sum(1 for job in jobs if job.state == state) for state, (word, _style) in STATE_WORDS.items()}
    return [f"{counts[word]} {word}" for word in ("running", "waiting", "failed") if counts[word]]
