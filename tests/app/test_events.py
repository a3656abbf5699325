"""Events as one works with them: arguments, filters, saving, sets of panels."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import Desk, Open
from tests.keptfiles import files_below
from truenas_client.simulator import CallError, Simulator, Source, shapes
from tui.cards.event_arguments import ArgumentsScreen
from tui.cards.panel_sets import PanelSetsScreen
from tui.cards.save import SaveScreen
from tui.model.feed import Feed
from tui.sections.events import EventsSection
from tui.session.recording import Recording, write_events
from tui.session.session import Session
from tui.session.target import Target


def events(desk: Desk) -> EventsSection:
    section = desk.workspace.section
    assert isinstance(section, EventsSection)
    return section


async def subscribe(desk: Desk, name: str) -> None:
    if not events(desk).adding.display:
        await desk.press("plus")
    events(desk).adding.field.value = name
    await desk.press("enter")
    await desk.until(lambda: any(feed.name == name and feed.live for feed in desk.session.feeds.open), name)


async def test_watching_filtering_and_saving(signed_in: Open, nas: Simulator, tmp_path: Path) -> None:
    async with signed_in() as desk:
        await desk.press("escape", "escape", "4")
        await subscribe(desk, "alert.list")
        await subscribe(desk, "pool.query")
        nas.send_event("pool.query", "CHANGED", id=1, fields={"name": "tank", "status": "ONLINE"})
        nas.send_event("pool.query", "CHANGED", id=2, fields={"name": "archive", "status": "DEGRADED"})
        await desk.see("archive DEGRADED", "2 seen")
        await desk.press("slash")
        await desk.type("status:degraded")
        await desk.press("enter")
        await desk.see("pool.query  /status:degraded", "1 fit")
        await desk.see_gone("tank ONLINE")
        await desk.press("x")
        await desk.until(lambda: isinstance(desk.app.screen, SaveScreen), "the card")
        await desk.press("enter")
        await desk.see("Saved 1 events")
        await desk.press("x")
        await desk.until(lambda: isinstance(desk.app.screen, SaveScreen), "the card again")
        path = tmp_path / "events.jsonl"
        desk.app.screen.query_one("#path").value = str(path)  # type: ignore[attr-defined]
        await desk.press("left", "enter")  # both: what is there and what arrives
        await desk.see("1 saved to events.jsonl")
        nas.send_event("pool.query", "CHANGED", id=3, fields={"name": "archive", "status": "DEGRADED", "n": 3})
        nas.send_event("pool.query", "CHANGED", id=1, fields={"name": "tank", "status": "ONLINE"})
        await desk.see("2 saved")
        await desk.press("x")
        await desk.see("Saved 2 events")
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert [(line["event"], line["msg"], line["id"]) for line in lines] == [
            ("pool.query", "changed", 2),
            ("pool.query", "changed", 3),
        ]
        assert path.stat().st_mode & 0o777 == 0o600
        # What is open is there again at the next start, and under its name.
        assert (
            desk.session.memory.panels
            == [
                {"event": "alert.list"},
                {"event": "pool.query"},
            ]
            or desk.session.memory.panels[1]["filter"] == "status:degraded"
        )
        await desk.press("s")
        await desk.until(lambda: isinstance(desk.app.screen, PanelSetsScreen), "the sets")
        await desk.type("pools")
        await desk.press("enter")
        await desk.see("Saved the panels as pools.")
        await desk.press("delete")
        await desk.until(lambda: len(desk.session.feeds.open) == 1, "one panel")
        await desk.press("s")
        await desk.until(lambda: isinstance(desk.app.screen, PanelSetsScreen), "the sets")
        await desk.see("alert.list, pool.query")
        await desk.press("enter")
        await desk.until(lambda: len(desk.session.feeds.open) == 2, "both")
        await desk.see("pool.query  /status:degraded")
        await desk.press("s")
        await desk.until(lambda: isinstance(desk.app.screen, PanelSetsScreen), "the sets")
        await desk.press("delete")
        await desk.see("Forgot pools.")
        assert desk.session.memory.panel_sets == {}


async def test_a_source_that_needs_arguments_asks_for_them(signed_in: Open, nas: Simulator) -> None:
    wanted = shapes.obj("", {}, path=shapes.text("A path."), tail_lines=shapes.integer("Lines.", default=3))

    @nas.source("filesystem.file_tail_follow", accepts=wanted)
    async def follow(source: Source, argument: Any) -> None:
        source.send(fields={"data": json.dumps(argument)})
        await asyncio.Event().wait()

    async with signed_in(size=(80, 24)) as desk:
        await desk.press("escape", "escape", "4")
        events(desk).adding.field.value = "filesystem.file_tail_follow"
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, ArgumentsScreen), "the card")
        await desk.press("ctrl+j")
        assert isinstance(desk.app.screen, ArgumentsScreen), "what is missing is said"
        await desk.see("missing")
        await desk.type("/var/log/messages")
        await desk.see("valid")
        await desk.press("ctrl+j")
        await desk.see('{"path": "/var/log/messages"', "1 seen")


async def test_a_server_before_25_04_is_asked_for_its_events() -> None:
    async with Simulator(release="24.10") as nas:

        @nas.source("demo.only_here")
        async def only(source: Source, argument: Any) -> None:
            raise CallError("never", 5)

        session = Session(Target.of(nas.legacy_url, "admin", nas.users["admin"]["password"]))
        await session.open()
        await session.ask_for_events()
        assert "demo.only_here" in session.events_known().names
        assert "container.metrics" not in session.events_known().names
        await session.close()


async def test_a_file_that_cannot_be_written_ends_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = Feed("x")
    recording = Recording(feed, tmp_path / "events.jsonl", lambda event: True, [], replace=False)
    await recording.begin()
    monkeypatch.setattr("tui.session.recording._put", _full)
    feed.add("added", 1, {})
    await recording.stop()
    assert "No space left" in recording.failed
    assert (recording.written, recording.lost) == (0, 1)
    assert feed.listeners == []


async def test_what_arrives_while_the_file_is_opened_is_recorded_too(tmp_path: Path) -> None:
    feed, path = Feed("x"), tmp_path / "events.jsonl"
    recording = Recording(feed, path, lambda event: True, [], replace=False)
    beginning = asyncio.create_task(recording.begin())
    await asyncio.sleep(0)
    feed.add("added", 1, {})
    await beginning
    await recording.stop()
    assert recording.written == 1
    with pytest.raises(FileExistsError):
        await Recording(feed, path, lambda event: True, [], replace=False).begin()
    assert feed.listeners == []


async def test_events_that_cannot_be_saved_leave_the_file_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed, path = Feed("x"), tmp_path / "events.jsonl"
    feed.add("added", 1, {})
    path.write_text("before")
    monkeypatch.setattr("tui.session.recording.event_line", _full)
    with pytest.raises(OSError, match="No space left"):
        await write_events(path, "x", list(feed.events), replace=True)
    assert files_below(tmp_path) == {path: b"before"}


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")
