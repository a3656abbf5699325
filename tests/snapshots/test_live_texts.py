"""The screens of what is live, as text, at three sizes: events in panels, the wire, the tabs of connections."""

from __future__ import annotations

from datetime import datetime

from syrupy.assertion import SnapshotAssertion

from tests.app.conftest import at_desk
from tests.snapshots.texts import NORMAL, compared
from tui.app import Start
from tui.model.feed import Feed, FeedEvent
from tui.sections.events import EventsSection
from tui.session.session import Session
from tui.session.target import Target
from tui.session.wire import FrameEvent

AT = datetime(2026, 11, 21, 11, 2, 15, 20_000)


def put(feed: Feed, *events: FeedEvent) -> None:
    """Gives a feed these events and no others, at a time that does not pass."""
    feed.events.clear()
    feed.events.extend(events)
    feed._arrivals.clear()
    feed.seen = sum(1 for event in events if event.kind not in ("gap", "dropped"))
    feed.version += 1


def event(number: int, kind: str, event_id: object, fields: object, missing: int | None = None) -> FeedEvent:
    return FeedEvent(kind, event_id, fields, AT.replace(second=number), 0.0, number, 100, missing)


async def test_events(snapshot: SnapshotAssertion) -> None:
    async with at_desk(Start(demo=True, fresh=True), NORMAL) as desk:
        await desk.landed()
        await desk.until(lambda: desk.session.online and desk.session.life.latency, "the connection")
        await desk.press("escape", "escape", "4")
        await desk.see("reporting.realtime", "interval?")
        await compared(desk.pilot, snapshot, "events-adding")
        section = desk.workspace.section
        assert isinstance(section, EventsSection)
        section.adding.display = False
        # Names that the demo sends nothing of.
        alerts, jobs, numbers = [
            (await section._add(name, None)).panel.feed for name in ("docker.events", "vm.query", "truecommand.config")
        ]
        assert isinstance(alerts, Feed)
        assert isinstance(jobs, Feed)
        assert isinstance(numbers, Feed)
        await desk.until(lambda: alerts.live and jobs.live and numbers.live, "the subscriptions")
        put(
            alerts,
            event(
                1,
                "added",
                "a1",
                {"klass": "ZpoolCapacityWarning", "level": "WARNING", "formatted": "tank is 82 % full"},
            ),
            event(2, "gap", None, None),
            event(3, "changed", "a2", {"klass": "ScrubFinished", "level": "INFO", "formatted": "archive"}),
        )
        put(
            jobs,
            event(
                1, "changed", 4211, {"id": 4211, "method": "vm.start", "state": "RUNNING", "progress": {"percent": 36}}
            ),
            event(2, "dropped", None, None, 120),
            event(
                3, "changed", 4211, {"id": 4211, "method": "vm.start", "state": "RUNNING", "progress": {"percent": 37}}
            ),
        )
        put(
            numbers,
            *(
                event(
                    n, "added", None, {"cpu": {"usage": n * n % 61 / 2}, "memory": {"used": (n + 40) << 30}, "net": n}
                )
                for n in range(40)
            ),
        )
        panels = {panel.panel.feed.name: panel for panel in section._panels}
        panels["vm.query"].panel.filter = "state:running"
        panels["vm.query"].panel.pause(True)
        await desk.until(lambda: panels["truecommand.config"].view == "plot", "the plots")
        panels["truecommand.config"].lines.focus()
        await compared(desk.pilot, snapshot, "events-panels")
        await desk.press("enter")
        await desk.see("now ")
        await compared(desk.pilot, snapshot, "events-plot")


async def test_wire_and_tabs(snapshot: SnapshotAssertion) -> None:
    async with at_desk(Start(demo=True, fresh=True), NORMAL) as desk:
        await desk.landed()
        await desk.until(lambda: desk.session.online and desk.session.life.latency, "the connection")
        for address in ("wss://backup.example/api/current", "wss://attic.example/api/current"):
            other = Session(Target.of(address, "admin"))
            other.life.host = "nas"
            desk.app.connections._modes[other] = "nowhere"
        await desk.press("escape", "escape", "6")
        await desk.see("logging")
        wire = desk.session.wire
        wire.turn(False)
        call = {"jsonrpc": "2.0", "id": "x", "method": "pool.query", "params": [[["name", "=", "tank"]]]}
        answer = {"jsonrpc": "2.0", "id": "x", "result": [{"id": 1, "name": "tank", "status": "ONLINE"}]}
        put(
            wire,
            FrameEvent("call", "pool.query", call, AT, 0.0, 1, 100, None, True, 95, None, "x"),
            FrameEvent("answer", "pool.query", answer, AT, 0.0, 2, 100, None, False, 7300, 0.0184, "x"),
            FrameEvent(
                "event", "alert.list", {"params": {"fields": {"level": "INFO"}}}, AT, 0.0, 3, 100, None, False, 120
            ),
        )
        await desk.see("pool.query", "off; w logs again")
        await compared(desk.pilot, snapshot, "wire")
        for session in list(desk.app.connections._modes):
            if desk.app.connections._modes[session] == "nowhere":
                del desk.app.connections._modes[session]
