"""Dashboard: tiles for the system, pools, alerts, network, datasets, disks and jobs.

Each tile loads and fails by itself. Enter leads to the method behind an item, with its arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Region

from tui import actions
from tui.sections.polling import Polling
from tui.session.dashboard import Board
from tui.session.session import Session
from tui.widgets import dashboard_lines as lines
from tui.widgets.pane import Fact
from tui.widgets.tile import Drawn, Room, Tile, TileLines

__all__ = ["DashboardSection"]

FILTERED_BY = {"pools": "name", "datasets": "id", "network": "name", "disks": "name"}
"""The tiles whose items are rows of a query, and the field that their keys are of."""


class Tiles(VerticalScroll, can_focus=False):
    """The tiles, which have the focus themselves."""


class DashboardSection(Polling):
    """Pulls from its board and from the job store."""

    BINDINGS = actions.bindings("dashboard")

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        self.board = Board(session)
        super().__init__(session, self.board, id=id)

    def compose(self) -> ComposeResult:
        with Tiles(id="tiles"):
            yield self._tile("system", "System", lines.system_lines, measured=True)
            yield self._tile("pools", "Pools", lines.pool_lines)
            yield self._tile("alerts", "Alerts", lines.alert_lines)
            yield self._tile("network", "Network", lines.network_lines, measured=True)
            yield self._tile("datasets", "Datasets by use", lines.dataset_lines)
            yield self._tile("disks", "Disks", lines.disk_lines, "temperatures", measured=True)
            yield Tile("Running", self._draw_jobs, self._jobs_state, self._jobs_told, id="tile-jobs")

    def _tile(
        self, name: str, title: str, draw: Callable[[Board, Room], Drawn], *further: str, measured: bool = False
    ) -> Tile:
        board = self.board

        def state() -> object:
            read = [board[source] for source in (name, *further)]
            return *read, board.measures, board.measured if measured else 0

        def told() -> tuple[Sequence[str], Sequence[Fact]]:
            reading = board[name]
            facts: list[Fact] = []
            if reading.known and reading.failure is not None:
                facts.append((f"not read again: {reading.failure.title}", "warning"))
            if measured and board.samples and board.measures is not None:
                facts.append((f"no measurements: {board.measures.title}", "warning"))
            return tuple(self._words(name, reading.value)) if reading.known else (), facts

        return Tile(title, lambda room: draw(board, room), state, told, id=f"tile-{name}")

    def _words(self, name: str, value: Any) -> Iterator[str]:
        """How many there are, for the top border."""
        if name == "alerts":
            dismissed = sum(1 for alert in value if alert.dismissed)
            yield str(len(value) - dismissed)
            if dismissed:
                yield f"{dismissed} dismissed"
        elif name == "pools":
            unwell = sum(1 for pool in value if not pool.healthy)
            yield f"{unwell} unhealthy" if unwell else "healthy" if value else ""

    def _draw_jobs(self, room: Room) -> Drawn:
        return lines.job_lines(self._session.jobs, room)

    def _jobs_state(self) -> object:
        jobs = self._session.jobs
        # The clocks of running jobs go on without any event.
        return jobs.version, sum(int(job.elapsed() or 0) for job in jobs.active())

    def _jobs_told(self) -> tuple[Sequence[str], Sequence[Fact]]:
        return (str(len(self._session.jobs.active())),), ()

    # Around ------------------------------------------------------------------------

    @property
    def tiles(self) -> list[Tile]:
        """All tiles, in their order."""
        return list(self.query(Tile))

    @property
    def tile(self) -> Tile | None:
        """The tile with the focus."""
        return next((tile for tile in self.tiles if tile.has_focus_within), None)

    def enter(self) -> None:
        self._set_growth()
        self.tiles[0].lines.focus()

    def on_resize(self) -> None:
        self._set_growth()

    def _set_growth(self) -> None:
        for tile in self.tiles:
            tile.lines.grows = self.screen.has_class("-narrow")
            tile.lines.lay_anew()

    def pull(self) -> None:
        for tile in self.tiles:
            tile.pull()

    @on(TileLines.Left)
    def _left(self, event: TileLines.Left) -> None:
        event.stop()
        tiles = self.tiles
        at = next(at for at, tile in enumerate(tiles) if tile.lines is event.lines) + event.way
        if 0 <= at < len(tiles):
            tiles[at].lines.enter_from(event.way)
            tiles[at].lines.focus()

    @on(TileLines.Moved)
    def _moved(self, event: TileLines.Moved) -> None:
        """Brings the item on screen where the tiles are stacked."""
        event.stop()
        tile = event.lines.parent
        assert isinstance(tile, Tile)
        if event.lines.grows:
            top = tile.virtual_region.y + 1 + event.lines.cursor
            rows = event.lines.rows_of_item
            self.query_one(Tiles).scroll_to_region(Region(0, top, 1, rows), animate=False, force=True)

    @on(TileLines.Chosen)
    def _chosen(self, event: TileLines.Chosen) -> None:
        event.stop()
        tile = event.lines.parent
        assert isinstance(tile, Tile)
        name = str(tile.id).removeprefix("tile-")
        if name == "jobs":
            if event.key:
                self.post_message(self.ItemWanted("jobs", event.key))
            return
        source = self.board.sources[name]
        params = list(source.params)
        if event.key and (field := FILTERED_BY.get(name)):
            params = [[[field, "=", event.key]], *params[1:]]
        self.post_message(self.CallWanted(source.method, params))

    def action_dashboard_refresh(self) -> None:
        self.board.refresh()

    def action_alert_dismiss(self) -> None:
        tile = self.tile
        if tile is None or tile.id != "tile-alerts" or not tile.lines.key:
            self.notify("Put the cursor on an alert to dismiss it.", timeout=3)
            self.query_one("#tile-alerts", Tile).lines.focus()
            return
        message = next((one.message for one in self.board["alerts"].value if one.uuid == tile.lines.key), "")
        self.change("alerts", "alert.dismiss", [tile.lines.key], [message])
