"""The lines of each tile of the dashboard, made from what was read. Whatever a server said is made safe here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from truenas_client.values.human import human_size
from tui import actions
from tui.model.dashboard import Alert, Dataset, Disk, Link, Pool, System
from tui.model.failure import Failure
from tui.model.realtime import Sample
from tui.session.dashboard import Board
from tui.session.readings import Reading
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


def _told(reading: Reading, room: Room, what: str, draw: Callable[[Any, Room], Drawn]) -> Drawn:
    """The lines of a reading: its value, or why there is none."""
    if reading.known:
        return draw(reading.value, room)
    if reading.failure is None:
        return [("", (Span(f"reading {what} ...", "dim"),))]
    return [("", line) for line in _failure(reading.failure, room.cells)]


def _failure(failure: Failure, cells: int) -> Iterator[Line]:
    style = "warning" if failure.title == "Not allowed" else "error"
    yield (Span(safe(failure.title), style),)
    words = [*(safe(f"{row.attribute}: {row.message}") for row in failure.rows), safe(failure.reason)]
    for part in (*words, actions.worded(failure.hint, typing=False)):
        yield from [(Span(line, "dim"),) for line in wrap(part, cells) if part]


def plot(values: Sequence[float | None], cells: int, rows: int, top: float | None, glyphs: Glyphs) -> list[str]:
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
    label: str, value: str, values: Sequence[float | None], room: Room, rows: int = 1, top: float | None = None
) -> Iterator[Line]:
    """Label and newest value, the plot beside them."""
    head = 5 + 10 + 1
    lines = plot(values, max(room.cells - head, 4), rows, top, room.glyphs)
    for place, drawn in enumerate(lines):
        first = place == 0
        yield (
            Span(fit(label if first else "", 5), "key"),
            Span(pad(value if first else "", 10, "right") + " ", "strong"),
            Span(drawn, "warning" if top is not None and _busy(values, len(lines), place, top) else "accent"),
        )


def _busy(values: Sequence[float | None], rows: int, place: int, top: float) -> bool:
    """Whether a line of a plot up to ``top`` is only reached by high values; a single line, whether the newest is."""
    if rows > 1:
        return rows - place > rows * BUSY
    newest = values[-1] if values else None
    return newest is not None and newest >= top * BUSY


def _rate(value: float | None) -> str:
    return "" if value is None else f"{human_size(value, decimal=True)}/s"


# The tiles ---------------------------------------------------------------------------


def system_lines(board: Board, room: Room) -> Drawn:
    """The machine, and the plots of processor, memory and temperature."""

    def draw(system: System, room: Room) -> Iterator[tuple[str, Line]]:
        yield "", (Span(safe(system.host), "strong"), Span(f"  {safe(system.version)}"))
        facts = [
            f"up {safe(system.uptime)}" if system.uptime else "",
            f"{system.cores} cores" if system.cores else "",
            human_size(system.memory) if system.memory else "",
        ]
        for line in wrap("   ".join(fact for fact in facts if fact), room.cells):
            yield "", (Span(line, "dim"),)

    yield from _told(board["system"], room, "the system", draw)
    if board.measures is not None and not board.samples:
        system = board["system"].value
        if isinstance(system, System) and system.load:
            yield "", (Span("load ", "key"), Span("  ".join(f"{one:.2f}" for one in system.load), "strong"))
        yield "", ()
        yield "", (Span("No measurements", "dim"),)
        yield from [("", line) for line in _failure(board.measures, room.cells)]
        return
    samples = list(board.samples)
    newest = samples[-1] if samples else Sample()
    rows = max((room.rows - 3) // 3, 1)
    for label, value, values in (
        ("cpu", _percent(newest.cpu), [sample.cpu for sample in samples]),
        ("mem", _percent(newest.memory), [sample.memory for sample in samples]),
        ("temp", _degrees(newest.temperature, room.glyphs), [sample.temperature for sample in samples]),
    ):
        yield from [("", line) for line in _plot(label, value, values, room, rows, 100.0)]


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0f} %"


def _degrees(value: float | None, glyphs: Glyphs) -> str:
    return "" if value is None else f"{value:.0f} {'C' if glyphs is ASCII else '°C'}"


def pool_lines(board: Board, room: Room) -> Drawn:
    """Each pool with its state, what it is filled to, why it is unhealthy, and its last scan."""

    def draw(pools: list[Pool], room: Room) -> Iterator[tuple[str, Line]]:
        if not pools:
            yield "", (Span("No pools.", "dim"),)
        name_cells = min(max((width(safe(pool.name)) for pool in pools), default=0), max(room.cells - 30, 8))
        for pool in pools:
            key = pool.name
            share = pool.share
            full = share is not None and share >= FULL
            bar_cells = BAR if room.cells - name_cells - 2 - 9 - 5 > BAR else BAR // 2
            yield (
                key,
                (
                    Span(fit(safe(pool.name), name_cells) + "  ", "strong"),
                    Span(fit(safe(pool.status), 8) + " ", STATUS_STYLES.get(pool.status, "error")),
                    Span(pad("" if share is None else f"{share * 100:.0f} %", 5, "right"), "warning" if full else ""),
                    Span(f" {bar(share, bar_cells, room.glyphs)}", "warning" if full else "accent"),
                ),
            )
            for reason in pool.reasons:
                yield from _wrapped(key, reason, room, "warning")
            size = "" if not pool.size or pool.used is None else f"{human_size(pool.used)} of {human_size(pool.size)}"
            yield from _wrapped(key, ", ".join(part for part in (size, pool.scan) if part), room, "dim")

    return _told(board["pools"], room, "pools", draw)


def _wrapped(key: str, text: str, room: Room, style: str) -> Iterator[tuple[str, Line]]:
    """A text below its item, indented."""
    if text:
        yield from [(key, (Span(f"  {line}", style),)) for line in wrap(safe(text), room.cells - 2)]


def alert_lines(board: Board, room: Room) -> Drawn:
    """Each alert that was not dismissed: how urgent, and its message."""

    def draw(alerts: list[Alert], room: Room) -> Iterator[tuple[str, Line]]:
        shown = [alert for alert in alerts if not alert.dismissed]
        if not shown:
            yield "", (Span("No alerts.", "ok"),)
        for alert in shown:
            level = safe(alert.level.lower() or "alert")
            style = LEVEL_STYLES.get(alert.level, "error")
            first, *more = wrap(f"{level}  {safe(alert.message)}", room.cells)
            yield alert.uuid, (Span(level, f"{style} strong".strip()), Span(first[width(level) :]))
            yield from _wrapped(alert.uuid, " ".join(more), room, "")

    return _told(board["alerts"], room, "alerts", draw)


def network_lines(board: Board, room: Room) -> Drawn:
    """Each interface with its speed and addresses, and what goes through it now."""
    samples = list(board.samples)

    def draw(links: list[Link], room: Room) -> Iterator[tuple[str, Line]]:
        if not links:
            yield "", (Span("No interfaces.", "dim"),)
        for link in links:
            word, style = {True: ("up", "ok"), False: ("down", "dim"), None: ("unknown", "warning")}[link.up]
            yield (
                link.name,
                (
                    Span(f"{safe(link.name)}  ", "strong"),
                    Span(word, style),
                    Span(f"  {link.speed}" if link.up else ""),
                    Span("  " + "  ".join(safe(address) for address in link.addresses[:2]), "dim"),
                ),
            )
            for label, rates in (
                ("in", [sample.received.get(link.name) for sample in samples]),
                ("out", [sample.sent.get(link.name) for sample in samples]),
            ):
                if link.up and any(rate is not None for rate in rates):
                    yield from [(link.name, line) for line in _plot(label, _rate(rates[-1]), rates, room)]

    return _told(board["network"], room, "interfaces", draw)


def dataset_lines(board: Board, room: Room) -> Drawn:
    """The datasets that use most."""

    def draw(datasets: list[Dataset], room: Room) -> Iterator[tuple[str, Line]]:
        if not datasets:
            yield "", (Span("No datasets.", "dim"),)
        for dataset in datasets:
            whole = dataset.used + (dataset.available or 0)
            share = dataset.used / whole if dataset.available is not None and whole else None
            size = pad(human_size(dataset.used), 11, "right")
            bar_cells = BAR if room.cells >= ROOMY else BAR // 2 if room.cells >= TIGHT else 0
            name = room.cells - 11 - bar_cells - 1
            yield (
                dataset.name,
                (
                    Span(_tail(safe(dataset.name), name, room.glyphs)),
                    Span(size, "strong"),
                    Span(f" {bar(share, bar_cells, room.glyphs)}", "accent"),
                ),
            )

    return _told(board["datasets"], room, "datasets", draw)


def _tail(name: str, cells: int, glyphs: Glyphs) -> str:
    """A path in so many cells; its end says more than its beginning."""
    while width(name) > cells and "/" in name.removeprefix(glyphs.ellipsis + "/"):
        name = f"{glyphs.ellipsis}/{name.removeprefix(glyphs.ellipsis + '/').partition('/')[2]}"
    return fit(name, cells, ellipsis=glyphs.ellipsis)


def disk_lines(board: Board, room: Room) -> Drawn:
    """What all disks read and write now, and each disk with its temperature."""
    degrees = board["temperatures"].value or {}
    samples = list(board.samples)

    def draw(disks: list[Disk], room: Room) -> Iterator[tuple[str, Line]]:
        for label, rates in (
            ("read", [sample.reading for sample in samples]),
            ("write", [sample.writing for sample in samples]),
        ):
            if any(rate is not None for rate in rates):
                yield from [("", line) for line in _plot(label, _rate(rates[-1]), rates, room)]
        if not disks:
            yield "", (Span("No disks.", "dim"),)
        names = min(max((width(safe(disk.name)) for disk in disks), default=0), 12)
        for disk in disks:
            size = human_size(disk.size, decimal=True) if disk.size else ""
            yield (
                disk.name,
                (
                    Span(fit(safe(disk.name), names), "strong"),
                    Span(pad(_degrees(degrees.get(disk.name), room.glyphs), 7, "right")),
                    Span(pad(size, 9, "right") if room.cells >= TIGHT else ""),
                    Span(f"  {safe(disk.kind)}" if room.cells >= ROOMY else "", "dim"),
                    Span(f"  {safe(disk.pool)}" if disk.pool else "  in no pool", "" if disk.pool else "dim"),
                ),
            )

    yield from _told(board["disks"], room, "disks", draw)
    failure = board["temperatures"].failure
    if failure is not None and board["disks"].known:
        yield "", (Span("No temperatures", "dim"),)
        yield from [("", line) for line in _failure(failure, room.cells)]


def job_lines(jobs: JobStore, room: Room) -> Drawn:
    """The jobs that run or wait."""
    active = jobs.active()
    if not active:
        yield "", (Span("No job is running.", "dim"),)
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
        yield (
            str(job.id),
            (Span(f"{words.name}  ", "strong"), Span(drawn, "accent" if runs else words.style), Span(f"  {tail}")),
        )
