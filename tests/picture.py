"""The pictures in the README: the app on a simulated NAS, drawn by the app itself, the same each time.

``python -m tests.picture FOLDER`` (``make picture``) writes ``explore.svg``, ``dashboard.svg``, ``jobs.svg`` and
``events.svg``. Time stands still at the server and in what the app shows of it, and goes on only by `Tour.wait`.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime, tzinfo
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar
from unittest import mock

from tests.app.conftest import Desk, at_desk
from tests.homes import own_home
from truenas_client import AsyncClient
from truenas_client.simulator import Clock, Simulator
from tui.app import Start
from tui.sections.dashboard import DashboardSection
from tui.sections.events import EventsSection
from tui.sections.jobs import JobsSection
from tui.sections.section import Section

SIZE = (120, 36)
TITLE = "truenas-tui --demo"
BEGIN = datetime(2026, 11, 30, 11, 2, 15, tzinfo=UTC)
STEP = 0.5
MEASURE = 2.0
"""Seconds from one event of ``reporting.realtime`` to the next."""
ARGUMENTS = """[
  [["type", "=", "FILESYSTEM"]],
  {
    "order_by": ["name"],
    "limit": 4
  }
]"""
EARLIER = (("cloudsync.sync", 1), ("app.upgrade", "photos"), ("rsynctask.run", 1), ("app.upgrade", "notes"),
           ("replication.run", 1), ("cronjob.run", 1))  # fmt: skip
"""Jobs that are over when the pictures are made."""

SHOWS_TIME = ("tui.session.feeds", "tui.session.jobstore", "tui.model.job", "tui.widgets.jobwords",
              "tui.widgets.status_line", "tui.widgets.result_words")  # fmt: skip
"""The modules by whose clock something is on screen."""


S = TypeVar("S", bound=Section)


class Still(Clock):
    """A clock that only its caller moves."""

    def now(self) -> float:
        return self._moved

    def unscaled(self) -> float:
        return self._moved


class _Dates(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


@asynccontextmanager
async def still() -> AsyncIterator[Simulator]:
    """A simulated NAS at a time that stands still, and an app that has no other time."""
    nas = Simulator()
    nas.clock.__class__ = Still
    nas.clock.started = BEGIN

    class At(datetime, metaclass=_Dates):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return nas.clock.wall().astimezone(tz)

    os.environ["TZ"] = "UTC"
    time.tzset()
    fakes = {"datetime": At, "time": SimpleNamespace(monotonic=nas.clock.now), "human_ms": lambda milliseconds: "5 ms"}
    with ExitStack() as patches:
        for name in SHOWS_TIME:
            module = import_module(name)
            for what, fake in fakes.items():
                if hasattr(module, what):
                    patches.enter_context(mock.patch.object(module, what, fake))
        async with nas:
            yield nas


class Tour:
    """Goes through the sections as a person would."""

    def __init__(self, desk: Desk, nas: Simulator, other: AsyncClient) -> None:
        self.desk, self.nas, self.other = desk, nas, other
        self.pictures: dict[str, str] = {}

    async def wait(self, seconds: float, step: float = STEP) -> None:
        """Time goes on; the app has taken in all that happened."""
        for _ in range(round(seconds / step)):
            self.nas.clock.advance(step)
            await self.desk.until(self._told, "the jobs")

    def _told(self) -> bool:
        jobs = self.desk.session.jobs
        known = [(jobs.get(job.id), job) for job in self.nas.jobs]
        return all(one and (one.state, one.percent) == (job.state, job.progress["percent"]) for one, job in known)

    async def measure(self, seen: Callable[[], int], count: int, step: float = MEASURE) -> None:
        """So many measurements more; ``seen`` tells how many the app has."""
        for wanted in range(seen() + 1, seen() + 1 + count):
            await self.wait(MEASURE, step)
            await self.desk.until(lambda wanted=wanted: seen() >= wanted, "a measurement")  # type: ignore[misc]

    async def show(self, kind: type[S], key: str) -> S:
        """Another section."""
        await self.desk.press("escape", "escape", key)
        await self.desk.until(lambda: isinstance(self.desk.workspace.section, kind), kind.__name__)
        section = self.desk.workspace.section
        assert isinstance(section, kind)
        return section

    async def draw(self, name: str) -> None:
        """Keeps what is on screen."""
        desk = self.desk
        desk.app.clear_notifications()
        before = ""
        while before != desk.text:
            before = desk.text
            await desk.pilot.pause()
        self.pictures[name] = desk.app.export_screenshot(title=TITLE)

    async def explore(self) -> None:
        """A query and its rows."""
        desk = self.desk
        await desk.open("pds q", "pool.dataset.query")
        await desk.write(ARGUMENTS)
        await desk.run()
        await desk.see("rows 1-4")
        desk.explore.methods.filter.value = ""
        await desk.until(lambda: "pds q" not in desk.text, "the tree")
        await self.draw("explore")

    async def events(self) -> None:
        """Four panels, one of which plots."""
        desk = self.desk
        section = await self.show(EventsSection, "4")
        section.adding.display = False
        names = ("reporting.realtime", "alert.list", "core.get_jobs", "pool.scan")
        panels = [await section._add(name, None) for name in names]
        await desk.until(lambda: all(feed.live for feed in desk.session.feeds.open), "the subscriptions")
        measurements = panels[0].panel.feed
        await self.measure(lambda: measurements.seen, 31)
        panels[0].lines.focus()
        await self.draw("events")

    async def jobs(self) -> None:
        """The scrub, in the list and in detail."""
        desk = self.desk
        section = await self.show(JobsSection, "3")
        await desk.until(lambda: len(section.rows.rows) == len(EARLIER) + 1, "the jobs")
        section.rows.focus()
        await self.draw("jobs")

    async def dashboard(self) -> None:
        """The tiles, when each has something."""
        desk = self.desk
        section = await self.show(DashboardSection, "2")
        await desk.until(lambda: section.board.measured, "a measurement")
        for method, argument in EARLIER:
            await self.other.start(method, argument)
        await self.measure(lambda: section.board.measured, 20)
        await self.other.start("pool.scrub.scrub", "tank")
        await self.measure(lambda: section.board.measured, 4, STEP)
        await desk.press("r")
        await desk.see("s left")
        await self.draw("dashboard")


async def tour() -> dict[str, str]:
    """The pictures by name, as SVG."""
    async with still() as nas, AsyncClient(nas.url) as other:
        await other.login_with_password("admin", "admin")
        start = Start(nas.url, "admin", "admin", writable=True, fresh=True)
        async with at_desk(start, SIZE) as desk:
            await desk.press("enter")
            await desk.landed()
            desk.session.jobs._clock = nas.clock.now
            desk.session.jobs._now = nas.clock.wall
            made = Tour(desk, nas, other)
            for draw in (made.explore, made.dashboard, made.events, made.jobs):
                await draw()
            return made.pictures


def main(folder: Path) -> None:
    """Writes them."""
    with own_home():
        pictures = asyncio.run(tour())
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        (folder / f"{name}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
