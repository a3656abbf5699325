"""The dashboard: what its tiles show and lead to, what fails alone, and that nothing is polled behind its back."""

from __future__ import annotations

import json

import pytest

from tests.app.conftest import Desk, Open
from tests.app.stage import HOSTILE, drawn, staged
from truenas_client.simulator import Call, Simulator
from tui.cards.review import ReviewScreen
from tui.model.realtime import Sample
from tui.sections.dashboard import DashboardSection
from tui.sections.jobs import JobsSection
from tui.session.dashboard import Board
from tui.session.readings import Reading
from tui.session.session import Session
from tui.session.target import Target
from tui.text import ASCII, UNICODE
from tui.widgets import dashboard_lines as lines
from tui.widgets.tile import Drawn, Room, Tile, TileLines


async def dashboard(desk: Desk) -> DashboardSection:
    await desk.press("escape", "escape", "2")
    await desk.until(lambda: desk.workspace.section.id == "dashboard", "the dashboard")
    section = desk.workspace.section
    assert isinstance(section, DashboardSection)
    return section


async def to_alert(desk: Desk, section: DashboardSection, nas: Simulator) -> TileLines:
    """Puts the cursor on the alert that does not come and go."""
    uuid = next(key for key, row in nas.world.table("alert").items() if row["klass"] == "ScrubNotStarted")
    found = section.query_one("#tile-alerts", Tile).lines
    await desk.until(lambda: found.key, "the alerts")
    found.focus()
    found.move_to(uuid)
    await desk.until(lambda: found.key == uuid and found.has_focus, "the alert under the cursor")
    return found


async def test_a_pool_says_why_it_is_unhealthy_and_items_lead_to_what_is_behind_them(
    signed_in: Open, nas: Simulator
) -> None:
    @nas.job("demo.work")
    async def work(call: Call) -> None:
        await call.sleep(100_000)

    nas.world.pools[1].degraded.add("sdc")
    nas.world.pools[1].status = "DEGRADED"
    async with signed_in() as desk:
        client = desk.session.life.client
        assert client is not None
        for _ in range(2):
            await client.start("demo.work")
        section = await dashboard(desk)
        await desk.see("1 unhealthy", "DEGRADED", "sdc is UNAVAIL in raidz2-0", "#2 demo.work", "eno1", "°C")
        section.query_one("#tile-pools", Tile).lines.focus()
        await desk.press("enter")
        await desk.until(lambda: desk.workspace.section is desk.explore, "the method")
        await desk.ended()
        assert json.loads(desk.explore.call_pane.text) == [[["name", "=", "tank"]]]
        await desk.see("pool.query", "1 row")
        await desk.press("2")
        jobs = section.query_one("#tile-jobs", Tile).lines
        jobs.focus()
        await desk.press("down", "enter")
        await desk.until(lambda: desk.workspace.section.id == "jobs", "the jobs")
        await desk.until(lambda: desk.workspace.query_one(JobsSection).rows.key == "1", "the job")


async def test_an_alert_is_dismissed_after_its_review(signed_in: Open, nas: Simulator) -> None:
    async with signed_in(size=(80, 24)) as desk:
        section = await dashboard(desk)
        await desk.press("D")
        await desk.see("Put the cursor on an alert")
        alerts = await to_alert(desk, section, nas)
        uuid = alerts.key
        await desk.press("D")
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review")
        await desk.see("alert.dismiss", "write", "The scrub of pool flash")
        await desk.press("enter")
        await desk.until(lambda: nas.world.table("alert")[uuid]["dismissed"], "it is dismissed")
        await desk.see("1 dismissed")
        await desk.until(lambda: alerts.key not in ("", uuid), "the cursor on the next")
        await desk.press("pagedown", "pagedown", "pagedown")
        await desk.until(lambda: section.tile is not alerts.parent, "a page leads on to other tiles")


async def test_every_tile_fails_by_itself_and_a_locked_session_dismisses_nothing(
    signed_in: Open, nas: Simulator
) -> None:
    nas.add_account("few", "few", roles=("POOL_READ", "ALERT_LIST_READ", "ALERT_LIST_WRITE"))
    async with signed_in(user="few", writable=False, size=(200, 50)) as desk:
        section = await dashboard(desk)
        await desk.see("tank", "planned for Sunday", "DATASET_READ", "NETWORK_INTERFACE_READ", "DISK_READ")
        await desk.see("No measurements", "REPORTING_READ")
        assert section.board["pools"].failure is None
        assert section.board["disks"].refused
        await to_alert(desk, section, nas)
        await desk.press("D")
        await desk.see("Read-only", "L allows writes")
        assert not any(row["dismissed"] for row in nas.world.table("alert").values())


async def test_what_the_server_tells_is_seen_at_once_and_only_while_the_dashboard_is(
    signed_in: Open, nas: Simulator, hasty: None
) -> None:
    def subscribed() -> bool:
        return any("realtime" in name for session in nas.sessions for name in session.subscriptions.values())

    async with signed_in() as desk:
        section = await dashboard(desk)
        board = section.board
        await desk.until(lambda: board.measured > 1 and board["alerts"].known, "the board")
        assert subscribed()
        row = next(iter(nas.world.table("alert").values()))
        nas.world.table("alert")["new"] = {**row, "uuid": "new", "level": "CRITICAL", "formatted": "[/nope] It burns."}
        nas.send_event("alert.list", "ADDED", id="new", fields={"uuid": "new"})
        await desk.see("critical", "[/nope] It burns.")
        before = board.measured
        await desk.press("r")
        await desk.until(lambda: board.measured > before + 1, "measurements after a refresh")
        assert board.measures is None
        assert None not in [sample.cpu for sample in board.samples], "the measurements went on"
        nas.drop_connections()
        before = board.measured
        await desk.until(lambda: desk.session.online and board.measured > before + 1, "measurements after a loss")
        await desk.press("3")
        await desk.until(lambda: not board.watching and not subscribed(), "it rests")
        await desk.press("2")
        await desk.until(lambda: board.watching and subscribed(), "it goes on")


# Tiles and their lines, without an app.


def board_of(**values: object) -> Board:
    board = Board(Session(Target.of("ws://127.0.0.1:1")))
    for name, value in values.items():
        board._held[name] = Reading(board.sources[name].read(value), known=True)
    return board


async def test_hostile_texts_stay_in_their_line() -> None:
    board = board_of(
        system={"hostname": HOSTILE[0], "version": HOSTILE[3]},
        pools=[{"name": text, "status": text, "status_detail": text, "healthy": False} for text in HOSTILE],
        alerts=[{"uuid": text, "level": text, "formatted": text} for text in HOSTILE],
        datasets=[{"id": text, "used": {"parsed": 5}} for text in HOSTILE],
        network=[{"name": text, "state": {"link_state": text}} for text in HOSTILE],
        disks=[{"name": text, "type": text, "pool": text} for text in HOSTILE],
    )
    draws = (lines.system_lines, lines.pool_lines, lines.alert_lines, lines.dataset_lines, lines.disk_lines)
    tiles = [
        Tile("x", lambda room, draw=draw: draw(board, room), lambda: 0, id=f"t{number}")  # type: ignore[misc]
        for number, draw in enumerate((*draws, lines.network_lines))
    ]
    async with staged(*tiles, size=(40, 240)) as pilot:
        for tile in tiles:
            tile.pull()
        await pilot.pause()
        drawn(pilot)


async def test_tiles_are_plain_where_the_app_is() -> None:
    board = board_of(
        system={"hostname": "nas", "version": "26"},
        pools=[{"name": "tank", "status": "DEGRADED", "size": 4, "allocated": 3}],
        datasets=[{"id": "a/b/c/d/e/f/g/h/i/j/k/l/m", "used": {"parsed": 5}, "available": {"parsed": 5}}],
        network=[{"name": "eno1", "state": {"link_state": "LINK_STATE_UP"}}],
        disks=[{"name": "sda"}],
        temperatures={"sda": 40},
    )
    board.samples.append(Sample(1, 2, 3, 4, 5, 6, 7, {"eno1": 8}, {"eno1": 9}))
    draws = (lines.system_lines, lines.pool_lines, lines.dataset_lines, lines.network_lines, lines.disk_lines)
    for draw in draws:
        for _key, line in draw(board, Room(30, 9, ASCII)):
            assert "".join(span.text for span in line).isascii(), line


def test_an_alert_of_a_wide_level_keeps_its_message() -> None:
    board = board_of(alerts=[{"uuid": "1", "level": "緊急警報", "formatted": "tank is full"}])
    texts = ["".join(span.text for span in line) for _key, line in lines.alert_lines(board, Room(40, 9, UNICODE))]
    assert texts == ["緊急警報  tank is full"]


def test_a_plot_fills_from_below_and_leaves_holes() -> None:
    assert lines.plot([0, 50, 100], 4, 2, 100.0, UNICODE) == ["   █", " ▁██"]
    assert lines.plot([None, 10, 5], 3, 1, None, UNICODE) == [" ▇▄"]
    assert lines.plot([None, 0], 3, 2, None, ASCII) == ["   ", "  _"]
    assert lines.plot([], 3, 1, 100.0, ASCII) == ["   "]
    assert lines.plot([1, 2, 3, 4], 2, 1, 4, ASCII)[0][-1] == "+"


class Tall(Tile):
    """A tile with two items of two lines, and a line that is none."""

    def __init__(self) -> None:
        self.items = ["a", "b"]
        super().__init__("Tall", self.draw, lambda: tuple(self.items), id="tall")

    def draw(self, room: Room) -> Drawn:
        from tui.widgets.lines import Span

        yield "", [Span("head")]
        for key in self.items:
            yield key, [Span(f"{key} 1")]
            yield key, [Span(f"{key} 2")]


async def test_the_cursor_goes_from_item_to_item_and_on_to_the_next_tile() -> None:
    tile = Tall()
    async with staged(tile, size=(30, 10)) as pilot:
        view = tile.lines
        view.focus()
        tile.pull()
        await pilot.pause()
        assert view.key == "a"
        await pilot.press("down")
        assert (view.key, view.cursor, view.rows_of_item) == ("b", 3, 2)
        assert "› b 1" in "".join(drawn(pilot))
        tile.items = ["0", "a", "b"]
        tile.pull()
        assert (view.key, view.cursor) == ("b", 5), "it stays on its item"
        tile.items = ["a"]
        tile.pull()
        assert view.key == "a"
        await pilot.press("down")
        assert [message.way for message in pilot.app.of(TileLines.Left)] == [1]  # type: ignore[attr-defined]
        await pilot.press("enter")
        assert [message.key for message in pilot.app.of(TileLines.Chosen)] == ["a"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("share", "rows", "styles"),
    [
        (20.0, 1, ["accent"]),
        (90.0, 1, ["warning"]),
        (20.0, 3, ["warning", "accent", "accent"]),
    ],
)
def test_a_share_that_is_high_is_drawn_as_a_warning(share: float, rows: int, styles: list[str]) -> None:
    drawn = lines._plot("", "cpu", "", [share], Room(40, rows, UNICODE), rows=rows, top=100.0)
    assert [line[-1].style for _key, line in drawn] == styles
