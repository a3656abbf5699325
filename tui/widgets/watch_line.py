"""The line above the footer: the newest of what runs and what happens. Enter or a click opens its section."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tui import actions
from tui.model.feed import Feed
from tui.session.session import Session
from tui.session.stores import Job
from tui.text import ASCII, UNICODE, Glyphs, bar, cut, safe, width
from tui.themes import STYLES
from tui.widgets.event_words import event_spans
from tui.widgets.jobwords import words_of
from tui.widgets.key_line import is_typing
from tui.widgets.pulse import on_pulse

__all__ = ["WatchLine"]

BUSY_RATE = 4.0
"""Events a second above which no eye follows them."""


class WatchLine(Widget, can_focus=True):
    """One row that pulls from the session's stores at most ten times a second."""

    DEFAULT_CSS = """
    WatchLine { height: 1; }
    """
    BINDINGS = actions.bind("nav.open")

    @dataclass
    class Opened(Message):
        """The section with more about it is wanted."""

        section: Literal["jobs", "events"]

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._session = session
        self._drawn: object = None

    def on_mount(self) -> None:
        on_pulse(self, self._pull)
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.refresh())

    def _pull(self) -> None:
        if not self.display:
            return
        job, watch = self._newest()
        # A running job's clock goes on without any event.
        clock = int(job.elapsed() or 0) if job is not None and not job.ended else 0
        # Of busy subscriptions two events a second are enough, whichever of them has the newest.
        busy = watch is not None and watch.rate() > BUSY_RATE
        news = int(time.monotonic() * 2) if busy else (watch, watch.version) if watch is not None else None
        state = (self._session.jobs.version, clock, news)
        if state != self._drawn:
            self._drawn = state
            self.refresh()

    def _newest(self) -> tuple[Job | None, Feed | None]:
        """A job that runs comes first, best a watched one: it is being waited for; else the newest event."""
        active = self._session.jobs.active()
        watched = [feed for feed in self._session.feeds.open if feed.events]
        watch = max(watched, key=lambda each: each.events[-1].clock, default=None)
        if active:
            return next((job for job in active if job.id in self._session.jobs.watched), active[0]), None
        if watch is not None:
            return None, watch
        ours = [job for job in self._session.jobs.newest_first() if job.id in self._session.jobs.ours]
        return (ours[0] if ours else None), None

    def action_choose(self) -> None:
        _job, watch = self._newest()
        self.post_message(self.Opened("events" if watch is not None else "jobs"))

    def on_click(self, event: events.Click) -> None:
        self.action_choose()

    def render(self) -> Content:
        glyphs = ASCII if self.app.has_class("-ascii") else UNICODE
        job, watch = self._newest()
        cells = self.size.width - 2
        if job is not None:
            return self._job(job, cells, glyphs)
        if watch is not None:
            return self._event(watch, cells, glyphs)
        # A digit is only typed where a text field has the focus; a click works everywhere.
        keys = "" if is_typing(self.screen) else "; {go.jobs} shows jobs, {go.events} events"
        words = " No jobs or events yet" + actions.worded(keys, typing=False)
        return Content.styled(cut(words, cells, ellipsis=glyphs.ellipsis), STYLES["dim"])

    def _job(self, job: Job, cells: int, glyphs: Glyphs) -> Content:
        words = words_of(job)
        name = words.name
        right = "  ".join(part for part in (words.percent, words.elapsed, words.text) if part)
        if job.ended:
            text = cut(f"{name}  {words.state}  {right}", cells, ellipsis=glyphs.ellipsis)
            return Content.assemble(" ", (text, STYLES["dim"]))
        right = cut(right, max(cells // 2, 8), ellipsis=glyphs.ellipsis)
        room = cells - width(name) - width(right) - 4
        drawn = bar(words.fraction, min(room, 40), glyphs) if room >= 8 else words.state
        return Content.assemble(" ", (name, STYLES["strong"]), "  ", (drawn, STYLES["accent"]), "  ", right)

    def _event(self, feed: Feed, cells: int, glyphs: Glyphs) -> Content:
        name = cut(safe(feed.name), cells // 2, ellipsis=glyphs.ellipsis)
        text = "".join(span.text for span in event_spans(feed.events[-1], cells))
        text = cut(text, max(cells - width(name) - 2, 0), ellipsis=glyphs.ellipsis)
        return Content.assemble(" ", (name, STYLES["strong"]), "  ", text)
