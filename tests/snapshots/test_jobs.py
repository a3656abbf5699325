"""The jobs section as text at three sizes: on a session without a server, so that no clock and no network is in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.app import App, ComposeResult
from textual.screen import Screen

import tui
from tests.app.waiting import wait_for
from tests.snapshots.texts import NARROW, compared
from tui.sections.jobs import JobsSection
from tui.session.session import Session, State
from tui.session.target import Target
from tui.themes import THEMES

BEGAN = datetime(2026, 11, 30, 11, 2, 15, tzinfo=UTC)


def row(number: int, method: str, state: str, percent: int | None, text: str, ran: int, **more: Any) -> dict[str, Any]:
    """A row of the server; what runs has an end as well, so that its clock stands still."""
    return {
        "id": number,
        "method": method,
        "state": state,
        "progress": {"percent": percent, "description": text, "extra": None},
        "time_started": BEGAN,
        "time_finished": BEGAN + timedelta(seconds=ran),
        "credentials": {"type": "LOGIN_PASSWORD", "data": {"username": "admin"}},
        **more,
    }


ROWS = [
    row(4211, "pool.scrub.scrub", "RUNNING", 37, "Scrubbing tank", 842, arguments=["tank", "START"]),
    row(4212, "replication.run", "WAITING", 0, "", 4, description="nightly to backup"),
    row(4209, "cloudsync.sync", "SUCCESS", 100, "photos to b2", 191, logs_path="/var/log/jobs/4209.log"),
    row(4198, "app.upgrade", "FAILED", 61, "jellyfin", 100, error="[EFAULT] no space left\n", arguments=["jellyfin"]),
    row(4190, "pool.dataset.destroy_snapshots", "ABORTED", 20, "about to go on", 12),
    row(4180, "core.bulk", "RUNNING", None, "", 3600),
    {"id": "no number", "method": "odd.row"},
    row(4170, "[/nope] \x1b[31m", "ODD", 3, "\u202eevil", 1, credentials=7, progress="x"),
]


class Workspace(Screen[None]):
    """Stands for the app's workspace: the style sheet names it."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]

    def __init__(self, section: JobsSection) -> None:
        super().__init__()
        self.section = section

    def compose(self) -> ComposeResult:
        yield self.section


class Stage(App[None]):
    """Shows the section under the app's style sheets."""

    CSS_PATH = [Path(tui.__file__).parent / "styles" / f"{name}.tcss" for name in ("app", "workspace")]

    def __init__(self, section: JobsSection) -> None:
        super().__init__()
        self.section = section
        for known in THEMES:
            self.register_theme(known)
        self.theme = "dark"

    def get_default_screen(self) -> Screen[None]:
        return Workspace(self.section)


async def test_jobs(snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.widgets.jobwords.time", SimpleNamespace(monotonic=lambda: 0.0))
    session = Session(Target.of("ws://127.0.0.1/api/current", "admin", "x", writable=True))
    session.life.state = State.ONLINE
    session.jobs._clock = lambda: 0.0
    session.jobs.fill(ROWS)
    session.jobs.fill([one for one in ROWS if one["id"] != 4180])
    session.jobs.watch(4211, True)
    section = JobsSection(session, id="jobs")
    async with Stage(section).run_test(size=NARROW) as pilot:
        await wait_for(pilot, lambda: len(section.rows.rows) == 7, "the jobs")
        section.rows.focus()
        await compared(pilot, snapshot, "all")
        section.rows.move_to("4198")
        section.filter.value = "state:ended"
        await wait_for(pilot, lambda: len(section.rows.rows) == 4, "those that have ended")
        await compared(pilot, snapshot, "ended")
        section.filter.value = "state:runing"
        await wait_for(pilot, lambda: not section.rows.rows, "none")
        await compared(pilot, snapshot, "none", {"80x24": NARROW})
