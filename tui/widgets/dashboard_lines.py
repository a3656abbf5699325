"""The lines of each tile of the dashboard, made from what was read. Whatever a server said is made safe here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from truenas_client.values.human import human_size
from tui import actions
from tui.model.dashboard import Alert, Dataset, Disk, Link, Pool, System
from tui.model.failure import Failure
from tui.model.realtime import Sample
from tui.session.dashboard import Board
from tui.session.stores import JobStore
from tui.text import ASCII, Glyphs, bar, fit, pad, safe, width, wrap
from tui.widgets.jobwords import words_of
from tui.widgets.laid_lines import Line
from tui.widgets.lines import Span
from tui.widgets.sparkline import sparkline
from tui.widgets.tile import Drawn, Room

__all__ = [
    "alert_lines",
    "dataset_lines",
    "disk_lines",
    "job_lines",
    "network_lines",
    "plot",
    "pool_lines",
    "system_lines",
]

LEVEL_STYLES = {"WARNING": "warning", "NOTICE": "", "INFO": "dim"}
"""Every other level is an error."""
STATUS_STYLES = {"ONLINE": "ok", "DEGRADED": "warning"}
FULL = 0.8
"""From this share on a pool is said to be getting full: ZFS becomes slow."""
BAR = 10
ROOMY = 44
"""Cells from which a tile has room for what is only nice to know."""
BUSY = 0.7
"""The share from which on the plot of one is drawn as a warning."""
TIGHT = 32
"""Cells below which names come before what can be read elsewhere."""

V = TypeVar("V")
Series = Sequence[float | None]
"""Values, oldest first; None where nothing was measured."""


def _of(source: str, what: str) -> Callable[[Callable[[V, Board, Room], Drawn]], Callable[[Board, Room], Drawn]]:
    """Draws the value of a source of the board; while there is none, says why. ``what`` names it."""

    def made(draw: Callable[[V, Board, Room], Drawn]) -> Callable[[Board, Room], Drawn]:
        def drawn(board: Board, room: Room) -> Drawn:
            reading = board[source]
            if reading.known:
                return draw(reading.value, board, room)
            return [_line(f"reading {what} ...")] if reading.failure is None else _failure(reading.failure, room)

        return drawn

    return made


def _item(key: str, *spans: Span) -> tuple[str, Line]:
    """A line of an item."""
    return key, spans


def _line(text: str, style: str = "dim") -> tuple[str, Line]:
    """A line that is of no item."""
    return _item("", Span(text, style))


def _failure(failure: Failure, room: Room) -> Drawn:
    yield _line(safe(failure.title), "warning" if failure.title == "Not allowed" else "error")
    words = [*(safe(f"{row.attribute}: {row.message}") for row in failure.rows), safe(failure.reason)]
    for part in (*words, actions.worded(failure.hint, typing=False)):
        yield from [_line(line) for line in wrap(part, room.cells) if part]


def plot(values: Series, cells: int, rows: int, top: float | None, glyphs: Glyphs) -> list[str]:
    """A plot of blocks, ``rows`` lines high; its top is ``top``, or the greatest value. The newest value is right."""
    shown = list(values[-cells:])
    known = [value for value in shown if value is not None]
    peak = max(known, default=0.0) if top is None else top
    if not known or peak <= 0:
        return [" " * cells] * (rows - 1) + [pad(sparkline(shown, cells, glyphs), cells, "right")]
    lines = []
    for row in range(rows - 1, -1, -1):
        # The share of this line that each value fills; a first value of 1 sets the height.
        parts = [None if value is None else min(max(value / peak * rows - row, 0.0), 1.0) for value in shown]
        drawn = sparkline([1.0, *parts], len(parts) + 1, glyphs, whole=rows > 1)[1:]
        blank = "".join(" " if row and not part else sign for sign, part in zip(drawn, parts, strict=True))
        lines.append(pad(blank, cells, "right"))
    return lines


def _plot(
    key: str, label: str, value: str, values: Series, room: Room, rows: int = 1, top: float | None = None
) -> Drawn:
    """Label and newest value, the plot beside them; all of one item."""
    head = 5 + 10 + 1
    lines = plot(values, max(room.cells - head, 4), rows, top, room.glyphs)
    for place, drawn in enumerate(lines):
        first = place == 0
        busy = top is not None and _busy(values, len(lines), place, top)
        yield _item(
            key,
            Span(fit(label if first else "", 5), "key"),
            Span(pad(value if first else "", 10, "right") + " ", "strong"),
            Span(drawn, "warning" if busy else "accent"),
        )


def _busy(values: Series, rows: int, place: int, top: float) -> bool:
    """Whether a line of a plot up to ``top`` is only reached by high values; a single line, whether the newest is."""
    if rows > 1:
        return rows - place > rows * BUSY
    newest = values[-1] if values else None
    return newest is not None and newest >= top * BUSY


def _rates(key: str, room: Room, **rates: Series) -> Drawn:
    """A plot of each of these series, named as its label, that has values."""
    for label, values in rates.items():
        if any(value is not None for value in values):
            newest = "" if values[-1] is None else f"{human_size(values[-1], decimal=True)}/s"
            yield from _plot(key, label, newest, values, room)


# The tiles ---------------------------------------------------------------------------


@_of("system", "the system")
def _machine(system: System, board: Board, room: Room) -> Drawn:
    yield "", (Span(safe(system.host), "strong"), Span(f"  {safe(system.version)}"))
    facts = [
        f"up {safe(system.uptime)}" if system.uptime else "",
        f"{system.cores} cores" if system.cores else "",
        human_size(system.memory) if system.memory else "",
    ]
    yield from [_line(line) for line in wrap("   ".join(fact for fact in facts if fact), room.cells)]


def system_lines(board: Board, room: Room) -> Drawn:
    """The machine, and the plots of processor, memory and temperature."""
    yield from _machine(board, room)
    if board.measures is not None and not board.samples:
        system = board["system"].value
        if isinstance(system, System) and system.load:
            yield "", (Span("load ", "key"), Span("  ".join(f"{one:.2f}" for one in system.load), "strong"))
        yield "", ()
        yield _line("No measurements")
        yield from _failure(board.measures, room)
        return
    samples = list(board.samples)
    newest = samples[-1] if samples else Sample()
    rows = max((room.rows - 3) // 3, 1)
    for label, value, values in (
        ("cpu", _percent(newest.cpu), [sample.cpu for sample in samples]),
        ("mem", _percent(newest.memory), [sample.memory for sample in samples]),
        ("temp", _degrees(newest.temperature, room.glyphs), [sample.temperature for sample in samples]),
    ):
        yield from _plot("", label, value, values, room, rows=rows, top=100.0)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0f} %"


def _degrees(value: float | None, glyphs: Glyphs) -> str:
    return "" if value is None else f"{value:.0f} {'C' if glyphs is ASCII else '°C'}"


@_of("pools", "pools")
def pool_lines(pools: list[Pool], board: Board, room: Room) -> Drawn:
    """Each pool with its state, what it is filled to, why it is unhealthy, and its last scan."""
    if not pools:
        yield _line("No pools.")
    name_cells = min(max((width(safe(pool.name)) for pool in pools), default=0), max(room.cells - 30, 8))
    bar_cells = BAR if room.cells - name_cells - 2 - 9 - 5 > BAR else BAR // 2
    for pool in pools:
        share = pool.share
        full = share is not None and share >= FULL
        yield _item(
            pool.name,
            Span(fit(safe(pool.name), name_cells) + "  ", "strong"),
            Span(fit(safe(pool.status), 8) + " ", STATUS_STYLES.get(pool.status, "error")),
            Span(pad("" if share is None else f"{share * 100:.0f} %", 5, "right"), "warning" if full else ""),
            Span(f" {bar(share, bar_cells, room.glyphs)}", "warning" if full else "accent"),
        )
        for reason in pool.reasons:
            yield from _wrapped(pool.name, reason, room, "warning")
        size = "" if not pool.size or pool.used is None else f"{human_size(pool.used)} of {human_size(pool.size)}"
        yield from _wrapped(pool.name, ", ".join(part for part in (size, pool.scan) if part), room, "dim")


def _wrapped(key: str, text: str, room: Room, style: str) -> Drawn:
    """A text below its item, indented."""
    if text:
        yield from [(key, (Span(f"  {line}", style),)) for line in wrap(safe(text), room.cells - 2)]


@_of("alerts", "alerts")
def alert_lines(alerts: list[Alert], board: Board, room: Room) -> Drawn:
    """Each alert that was not dismissed: how urgent, and its message."""
    shown = [alert for alert in alerts if not alert.dismissed]
    if not shown:
        yield _line("No alerts.", "ok")
    for alert in shown:
        level = safe(alert.level.lower() or "alert")
        style = LEVEL_STYLES.get(alert.level, "error")
        first, *more = wrap(f"{level}  {safe(alert.message)}", room.cells)
        yield alert.uuid, (Span(level, f"{style} strong".strip()), Span(first[len(level) :]))
        yield from _wrapped(alert.uuid, " ".join(more), room, "")


@_of("network", "interfaces")
def network_lines(links: list[Link], board: Board, room: Room) -> Drawn:
    """Each interface with its speed and addresses, and what goes through it now."""
    if not links:
        yield _line("No interfaces.")
    for link in links:
        word, style = {True: ("up", "ok"), False: ("down", "dim"), None: ("unknown", "warning")}[link.up]
        yield _item(
            link.name,
            Span(f"{safe(link.name)}  ", "strong"),
            Span(word, style),
            Span(f"  {link.speed}" if link.up else ""),
            Span("  " + "  ".join(safe(address) for address in link.addresses[:2]), "dim"),
        )
        if link.up:
            received = [sample.received.get(link.name) for sample in board.samples]
            sent = [sample.sent.get(link.name) for sample in board.samples]
            yield from _rates(link.name, room, **{"in": received, "out": sent})


@_of("datasets", "datasets")
def dataset_lines(datasets: list[Dataset], board: Board, room: Room) -> Drawn:
    """The datasets that use most."""
    if not datasets:
        yield _line("No datasets.")
    bar_cells = BAR if room.cells >= ROOMY else BAR // 2 if room.cells >= TIGHT else 0
    for dataset in datasets:
        whole = dataset.used + (dataset.available or 0)
        share = dataset.used / whole if dataset.available is not None and whole else None
        yield _item(
            dataset.name,
            Span(_tail(safe(dataset.name), room.cells - 11 - bar_cells - 1, room.glyphs)),
            Span(pad(human_size(dataset.used), 11, "right"), "strong"),
            Span(f" {bar(share, bar_cells, room.glyphs)}", "accent"),
        )


def _tail(name: str, cells: int, glyphs: Glyphs) -> str:
    """A path in so many cells; its end says more than its beginning."""
    while width(name) > cells and "/" in name.removeprefix(glyphs.ellipsis + "/"):
        name = f"{glyphs.ellipsis}/{name.removeprefix(glyphs.ellipsis + '/').partition('/')[2]}"
    return fit(name, cells, ellipsis=glyphs.ellipsis)


@_of("disks", "disks")
def _disks(disks: list[Disk], board: Board, room: Room) -> Drawn:
    samples, degrees = board.samples, board["temperatures"].value or {}
    yield from _rates("", room, read=[one.reading for one in samples], write=[one.writing for one in samples])
    if not disks:
        yield _line("No disks.")
    names = min(max((width(safe(disk.name)) for disk in disks), default=0), 12)
    for disk in disks:
        size = human_size(disk.size, decimal=True) if disk.size else ""
        yield _item(
            disk.name,
            Span(fit(safe(disk.name), names), "strong"),
            Span(pad(_degrees(degrees.get(disk.name), room.glyphs), 7, "right")),
            Span(pad(size, 9, "right") if room.cells >= TIGHT else ""),
            Span(f"  {safe(disk.kind)}" if room.cells >= ROOMY else "", "dim"),
            Span(f"  {safe(disk.pool)}" if disk.pool else "  in no pool", "" if disk.pool else "dim"),
        )


def disk_lines(board: Board, room: Room) -> Drawn:
    """What all disks read and write now, and each disk with its temperature."""
    yield from _disks(board, room)
    failure = board["temperatures"].failure
    if failure is not None and board["disks"].known:
        yield _line("No temperatures")
        yield from _failure(failure, room)


def job_lines(jobs: JobStore, room: Room) -> Drawn:
    """The jobs that run or wait."""
    active = jobs.active()
    if not active:
        yield _line("No job is running.")
        last = next(iter(jobs.newest_first()), None)
        if last is not None:
            words = words_of(last)
            yield str(last.id), (Span("last: ", "dim"), Span(f"{words.name}  "), Span(words.state, words.style))
        return
    for job in active:
        words = words_of(job)
        tail = "  ".join(part for part in (words.percent, words.elapsed, words.left) if part)
        free = room.cells - width(words.name) - width(tail) - 4
        runs = job.state == "RUNNING" and free >= BAR
        drawn = bar(words.fraction, min(free, 30), room.glyphs) if runs else words.state
        progress = Span(drawn, "accent" if runs else words.style)
        yield _item(str(job.id), Span(f"{words.name}  ", "strong"), progress, Span(f"  {tail}"))
