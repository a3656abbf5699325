"""Watching, on wide screens: jobs that run or ran, and the newest events of every subscription."""

from __future__ import annotations

from collections.abc import Sequence

from tui.session.feeds import Feed
from tui.session.session import Session
from tui.session.stores import Job
from tui.text import bar, human_duration, pad, safe, width
from tui.widgets.event_panel import event_spans
from tui.widgets.job_detail import STATE_WORDS, left_text, progress_text
from tui.widgets.lines import LineView, Span
from tui.widgets.pane import Pane

__all__ = ["WatchingPane"]

PULL_SECONDS = 0.1
MOST_JOBS = 4
MOST_EVENTS = 3

Line = tuple[Span, ...]


class WatchingLines(LineView):
    """Draws what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[Line] = []

    def set_lines(self, lines: list[Line]) -> None:
        if lines != self._lines:
            self._lines = lines
            self.lines_changed()

    def line_count(self) -> int:
        return len(self._lines)

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        return self._lines[index]


class WatchingPane(Pane):
    """Pulls from the session's stores, at most ten times a second and only while it can be seen."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__("Watching", id=id)
        self._session = session

    def compose(self):  # type: ignore[no-untyped-def]
        yield WatchingLines()

    def on_mount(self) -> None:
        self.set_interval(PULL_SECONDS, self._pull)

    def _pull(self) -> None:
        if not self.is_on_screen or not self.screen.is_active:
            return
        lines = self.query_one(WatchingLines)
        cells = max(lines.scrollable_content_region.width, 20)
        jobs = self._session.jobs
        running = jobs.active()
        drawn: list[Line] = []
        for job in jobs.newest_first()[: max(MOST_JOBS, len(running))]:
            drawn += [*self._job(job, cells, lines), ()]
        for feed in self._session.feeds.open:
            drawn += [*self._feed(feed, cells), ()]
        lines.set_lines(drawn or [(Span("No jobs run, and there are no subscriptions.", "dim"),)])
        self.facts = f"{len(running)} running" if running else ""

    def _job(self, job: Job, cells: int, view: WatchingLines) -> list[Line]:
        word, style = STATE_WORDS.get(job.state, (safe(job.state.lower()), ""))
        elapsed = job.elapsed()
        right = "" if elapsed is None else human_duration(elapsed)
        name = safe(f"#{job.id} {job.method}")
        lines: list[Line] = [_spread(cells, Span(name, "strong"), Span(f"{word}  {right}", style))]
        if not job.ended:
            tail = f"  {progress_text(job):>5}  {left_text(job)}"
            drawn = bar(None if job.percent is None else job.percent / 100, max(cells - width(tail), 4), view.glyphs)
            lines.append((Span(drawn, "accent"), Span(tail)))
            if job.text:
                lines.append((Span(safe(job.text), "dim"),))
        return lines

    def _feed(self, feed: Feed, cells: int) -> list[Line]:
        state = "ended" if feed.ended else f"{feed.rate():.1f}/s"
        lines: list[Line] = [_spread(cells, Span(safe(feed.name), "strong"), Span(state, "dim"))]
        for event in list(feed.events)[: -MOST_EVENTS - 1 : -1]:
            lines.append((Span("  "), *event_spans(event, cells - 2)))
        return lines


def _spread(cells: int, left: Span, right: Span) -> Line:
    room = cells - width(right.text)
    return (Span(pad(left.text[:room], room), left.style), right)
