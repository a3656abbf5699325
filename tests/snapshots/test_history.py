"""History, saved calls and their cards as text, at three sizes: with calls whose times and results stand still."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.app.conftest import Open, nas, signed_in
from tests.snapshots.texts import NARROW, compared
from truenas_client.storage.saved import SavedCalls
from truenas_client.storage.saved_call import SavedCall, Variable
from tui.cards.form import FormScreen
from tui.cards.save_call import SaveCallScreen
from tui.model.history import Entry

__all__ = ["nas", "signed_in"]

ONE = {"80x24": NARROW}
SMALLER = {**ONE, "120x36": (120, 36)}
NOW = datetime(2026, 11, 30, 11, 2, tzinfo=UTC)
QUERY = [[["pool", "=", "tank"]], {"select": ["name", "used", "available"], "order_by": ["-used.parsed"], "limit": 20}]
CREATE = [{"name": "tank/new", "type": "FILESYSTEM", "encryption_options": {"passphrase": "********"}}]
ENTRIES = [
    Entry("a", NOW - timedelta(minutes=3), "pool.dataset.query", QUERY, "done", 41),
    Entry("b", NOW - timedelta(minutes=9), "pool.dataset.create", CREATE, "failed", 212, "EINVAL  1 field"),
    Entry("c", NOW - timedelta(hours=20), "pool.scrub.scrub", ["tank", "START"], "running"),
    Entry("d", NOW - timedelta(days=3), "app.upgrade", ["jellyfin", {}], "cancelled", 95_000),
    Entry("e", NOW - timedelta(days=4), "[/nope] \u202eevil", ["\x1b[31m"], "failed", 1, "[@click=app.quit]x[/]"),
    Entry("f", NOW - timedelta(days=400), "system.info", [], "done", 7),
    Entry("g", NOW - timedelta(days=401), "user.create", None, "done", 7),
]
SAVED = [
    SavedCall(
        "nightly/datasets",
        "pool.dataset.query",
        [[["pool", "=", "${var:pool}"]], {"limit": "${var:limit}"}],
        "Datasets of one pool",
        (Variable("pool", description="its name"), Variable("limit", "number", default="20")),
    ),
    SavedCall(
        "user with password", "user.create", [{"password": "${var:password}"}], "", (Variable("password", "secret"),)
    ),
    SavedCall("version", "system.version", [], "[/nope]"),
]


class Clock(datetime):
    """The time in the app stands still."""

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return NOW


@pytest.fixture(autouse=True)
def no_time_passes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr("tui.sections.history.datetime", Clock)
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


async def test_history_and_saved_calls(
    signed_in: Open, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = SavedCalls().folder
    for call in SAVED:
        SavedCalls().put(call)
    (folder / "broken.toml").write_text("x")
    monkeypatch.setattr("tui.sections.saved.shortened", lambda path: f"~/{path.relative_to(folder.parents[1])}")
    monkeypatch.setattr("tui.cards.save_call.shortened", lambda path: "~/.config/truenas-client/calls")
    async with signed_in(size=NARROW) as desk:
        await desk.until(lambda: desk.workspace.offered is not None, "the offer to keep the connection")
        for entry in ENTRIES:
            desk.session.memory.history._put(entry)
        await desk.press("escape", "escape", "5")
        await desk.see("jellyfin", "yesterday", " ms")
        await compared(desk.pilot, snapshot, "history")
        await desk.press("down")
        await desk.see("a secret was here")
        await compared(desk.pilot, snapshot, "history-secret", ONE)
        await desk.press("s")
        await desk.until(lambda: isinstance(desk.app.screen, SaveCallScreen), "the card")
        await desk.press("tab", "tab", "space")
        await desk.see("asked as name")
        await compared(desk.pilot, snapshot, "save-call", SMALLER)
        await desk.press("escape", "8")
        await desk.see("nightly/datasets")
        await desk.press("down")
        await desk.see("its name")
        await compared(desk.pilot, snapshot, "saved")
        await desk.press("up")
        await desk.see("Correct that place")
        await compared(desk.pilot, snapshot, "saved-broken", ONE)
        await desk.press("down", "r")
        await desk.until(lambda: isinstance(desk.app.screen, FormScreen), "the question")
        await compared(desk.pilot, snapshot, "variables", ONE)
