"""Watching, on wide screens: jobs that run or ran, and the newest events of every subscription."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from textual.app import ComposeResult

from tui.model.feed import Feed
from tui.session.feeds import Feeds
from tui.session.session import Session
from tui.session.stores import Job, JobStore
from tui.text import bar, pad, safe, width
from tui.widgets.event_words import event_spans
from tui.widgets.jobwords import words_of
from tui.widgets.laid_lines import LaidLines, Line
from tui.widgets.lines import Span
from tui.widgets.pane import Pane
from tui.widgets.pulse import on_pulse

__all__ = ["WatchingLines", "WatchingPane"]

MOST_JOBS = 4
MOST_EVENTS = 3


class WatchingLines(LaidLines):
    """Draws the stores as they are whenever it is laid out anew."""

    def __init__(self, jobs: JobStore, feeds: Feeds) -> None:
        super().__init__()
        self._jobs, self._feeds = jobs, feeds

    def lay(self, cells: int) -> Iterator[Line]:
        shown, feeds = _watched_first(self._jobs), self._feeds.open
        for job in shown:
            yield from self._job(job, cells)
            yield ()
        for feed in feeds:
            yield from self._feed(feed, cells)
            yield ()
        if not shown and not feeds:
            yield (Span("No jobs run, and there are no subscriptions.", "dim"),)

    def _job(self, job: Job, cells: int) -> Iterator[Line]:
        words = words_of(job)
        star = f"{self.glyphs.star} " if job.id in self._jobs.watched else ""
        yield _spread(cells, Span(star + words.name, "strong"), Span(f"{words.state}  {words.elapsed}", words.style))
        if not job.ended:
            tail = f"  {words.percent:>5}  {words.left}"
            yield Span(bar(words.fraction, max(cells - width(tail), 4), self.glyphs), "accent"), Span(tail)
            if words.text:
                yield (Span(words.text, "dim"),)

    def _feed(self, feed: Feed, cells: int) -> Iterator[Line]:
        state = "ended" if feed.ended else f"{feed.rate():.1f}/s"
        yield _spread(cells, Span(safe(feed.name), "strong"), Span(state, "dim"))
        for event in list(feed.events)[: -MOST_EVENTS - 1 : -1]:
            yield Span("  "), *event_spans(event, cells - 2)


class WatchingPane(Pane):
    """Pulls from the session's stores, at most ten times a second and only while it can be seen."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__("Watching", id=id)
        self._session = session

    def compose(self) -> ComposeResult:
        yield WatchingLines(self._session.jobs, self._session.feeds)

    def on_mount(self) -> None:
        on_pulse(self, self._pull)

    def _pull(self) -> None:
        if self.is_on_screen and self.screen.is_active:
            self.query_one(WatchingLines).lay_anew()
            running = len(self._session.jobs.active())
            self.facts = f"{running} running" if running else ""


def _watched_first(jobs: JobStore) -> list[Job]:
    """Those that have not ended, watched ones first; then watched ones that have, then the newest others."""
    active = sorted(jobs.active(), key=lambda job: job.id not in jobs.watched)
    room = max(MOST_JOBS - len(active), 0)
    watched = [job for number in sorted(jobs.watched, reverse=True) if (job := jobs.get(number)) and job.ended][:room]
    ended = islice(
        (job for job in jobs.newest_first() if job.ended and job.id not in jobs.watched), room - len(watched)
    )
    return [*active, *watched, *ended]


def _spread(cells: int, left: Span, right: Span) -> Line:
    room = cells - width(right.text)
    return (Span(pad(left.text[:room], room), left.style), right)
