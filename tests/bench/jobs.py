"""What a list of 2,000 jobs costs on a screen of 120 by 36: opening it, a job that goes on, a key of the filter."""

from __future__ import annotations

import asyncio
import gc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from textual.app import App
from textual.containers import Vertical
from textual.pilot import Pilot

import tui
from tui.model.job import Job
from tui.sections.jobs import JobsSection
from tui.session.session import Session
from tui.session.target import Target
from tui.widgets.rows import Rows

COUNT = 2000
RUNNING = 10
SIZE = (120, 36)
METHODS = ("pool.scrub.scrub", "cloudsync.sync", "replication.run", "app.upgrade", "core.bulk", "filesystem.get")
BEGAN = datetime.now(UTC) - timedelta(seconds=90)
FILTERS = ("state:failed", "pool tank", "by:admin -state:success", "method:cloud state:active")


def row(number: int, percent: int = 40) -> dict[str, Any]:
    """A job as the server tells it; the newest ones run."""
    runs = number > COUNT - RUNNING
    return {
        "id": number,
        "method": METHODS[number % len(METHODS)],
        "state": "RUNNING" if runs else ("SUCCESS", "FAILED", "SUCCESS")[number % 3],
        "progress": {"percent": percent if runs else 100, "description": f"Working on tank/set{number}", "extra": None},
        "arguments": [f"tank/set{number}", {"recursive": True}],
        "time_started": BEGAN,
        "time_finished": None if runs else BEGAN + timedelta(seconds=40),
        "credentials": {"type": "LOGIN_PASSWORD", "data": {"username": "admin"}},
    }


class Stage(App[None]):
    """A screen with a place for the section."""

    CSS_PATH = [Path(tui.__file__).parent / "styles" / f"{name}.tcss" for name in ("app", "workspace")]

    def compose(self) -> Any:
        yield Vertical(id="sections")


async def _drawn(pilot: Pilot[None], section: JobsSection) -> None:
    section._pull()  # the next look of the pulse
    await pilot.pause()


async def _measure() -> None:
    gc.disable()  # as the program does before it starts: the app turns it on again in its own way
    session = Session(Target.of("ws://127.0.0.1/api/current", "admin", "x", writable=True))
    rows = [row(number) for number in range(1, COUNT + 1)]
    section = JobsSection(session, id="jobs")
    async with Stage().run_test(size=SIZE) as pilot:
        began = perf_counter()
        session.jobs.fill(rows)
        await pilot.app.query_one("#sections").mount(section)
        await pilot.pause()
        opening = perf_counter() - began
        while len(section.rows.rows) < COUNT:  # thousands are drawn at several looks
            await _drawn(pilot, section)
        print(f"  opening {COUNT} jobs             {opening * 1e3:6.0f} ms, the reading of the answer included")
        drawn: list[int] = []
        line_spans = Rows.line_spans

        def counted(self: Rows, index: int, cells: int) -> Any:
            if self is section.rows:
                drawn.append(index)
            return line_spans(self, index, cells)

        Rows.line_spans = counted  # type: ignore[method-assign]
        spent, lines = [], []
        for step in range(20):
            job = Job.from_fields(row(COUNT - 3, 41 + step))
            assert job is not None
            drawn.clear()
            began = process_time()
            session.jobs.put(job)
            await _drawn(pilot, section)
            spent.append((process_time() - began) * 1e3)
            lines.append(len(set(drawn)))  # now and then a second has passed for all that run
        Rows.line_spans = line_spans  # type: ignore[method-assign]
        again = f"{median(lines):.0f} of {RUNNING} running drawn"
        print(f"  a job that goes on              {median(spent):6.1f} ms CPU, {again}")
        spent = []
        for text in FILTERS:
            for end in range(1, len(text) + 1):
                began = process_time()
                section.filter.value = text[:end]
                await _drawn(pilot, section)
                spent.append((process_time() - began) * 1e3)
        print(f"  a key of the filter             {median(spent):6.1f} ms CPU, worst {max(spent):.1f} ms")


def run() -> None:
    print("jobs in the app")
    asyncio.run(_measure())


if __name__ == "__main__":
    run()
