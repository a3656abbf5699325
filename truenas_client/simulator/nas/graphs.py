"""Graphs of the past: which there are, and their data, the same however often one asks.

A value belongs to a moment: it is made of waves whose phase the name of the series
decides, so two requests that overlap agree. There are at most `POINTS` of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from .. import shapes
from ..call import Call
from ..errors import InstanceNotFound, ValidationErrors
from ..extension import Extensible
from ..state import Nas
from ..world import GIB, World
from .tables import add_config, read

__all__ = ["PART"]

POINTS = 360
UNITS = {"HOUR": 3600, "DAY": 86_400, "WEEK": 604_800, "MONTH": 2_592_000, "YEAR": 31_536_000}


@dataclass(frozen=True, slots=True)
class Graph:
    """One graph: its axis, the series in it with the least and most they reach, and what it is drawn for."""

    label: str
    series: dict[str, tuple[float, float]]
    identifiers: Callable[[World], list[str]] | None = None


def _disks(world: World) -> list[str]:
    return sorted(world.disks)


GRAPHS = {
    "cpu": Graph("%CPU", {"cpu": (2, 38)}),
    "cputemp": Graph("Celsius", {"cpu": (41, 52)}),
    "disk": Graph("Kibibytes/s", {"reads": (200, 160_000), "writes": (100, 70_000)}, _disks),
    "interface": Graph(
        "Kilobits/s", {"received": (40, 700_000), "sent": (20, 210_000)}, lambda world: ["eno1", "eno2"]
    ),
    "load": Graph("Processes", {"shortterm": (0.1, 3), "midterm": (0.3, 2), "longterm": (0.5, 1.5)}),
    "processes": Graph("Processes", {"running": (1, 5), "blocked": (0, 2)}),
    "memory": Graph("Bytes", {"available": (9 * GIB, 15 * GIB)}),
    "uptime": Graph("Seconds", {"uptime": (0, 0)}),
    "arcsize": Graph("Bytes", {"size": (13 * GIB, 17 * GIB)}),
    "disktemp": Graph("Celsius", {"temperature": (31, 46)}, _disks),
}
"""The graphs by name."""

_QUERY = shapes.obj(
    "Which stretch of time.",
    {},
    unit=shapes.nullable(shapes.choice(*UNITS, doc="Length of the time range, which ends now."), default=None),
    page=shapes.integer("How many such stretches before now, counted from 1.", default=1, minimum=1),
    aggregate=shapes.boolean("Answer least, mean and most as well.", default=True),
    start=shapes.nullable(shapes.integer("Its beginning, in seconds since 1970."), default=None),
    end=shapes.nullable(shapes.integer("Its end, in seconds since 1970."), default=None),
)
_VALUES = shapes.obj("By the names of the series.", ..., True)
_ANSWER = shapes.array(
    shapes.obj(
        name=shapes.text("Name of the graph.", minLength=1),
        identifier=shapes.nullable(shapes.text("The disk or interface that the graph is about.")),
        data=shapes.array(shapes.any_(), "A row for each moment: its time, then a value for each series."),
        aggregations=shapes.nullable(shapes.obj("Over the stretch.", min=_VALUES, mean=_VALUES, max=_VALUES)),
        start=shapes.integer("The first moment.", exclusiveMinimum=0),
        end=shapes.integer("The last moment.", exclusiveMinimum=0),
        legend=shapes.array(shapes.text(), "What the members of a row are."),
    ),
    "One answer for each graph.",
)


PART = Extensible()
add_config(PART, "reporting")

ROW = shapes.obj(
    name=shapes.text("Name of the graph."),
    vertical_label=shapes.text("Label of the vertical axis."),
    identifiers=shapes.nullable(shapes.array(shapes.text(), "What it can be drawn for.")),
)
WANTED = shapes.array(
    shapes.obj(
        "One graph.",
        name=shapes.choice(*GRAPHS, doc="Name of the graph."),
        identifier=shapes.nullable(shapes.text("A disk or an interface, for graphs of one of them."), default=None),
    ),
    "The graphs.",
    minItems=1,
)


def graphs(call: Call, filters: list[Any], options: dict[str, Any]) -> Any:
    """List the graphs, and what each can be drawn for."""
    rows = [
        {
            "name": name,
            "vertical_label": graph.label,
            "identifiers": None if graph.identifiers is None else graph.identifiers(call.nas.world),
        }
        for name, graph in GRAPHS.items()
    ]
    return call.filter_list(rows, filters, options)


def get_data(call: Call, graphs: list[dict[str, Any]], query: dict[str, Any]) -> list[dict[str, Any]]:
    """Answer the data of some graphs over a stretch of time; the last hour unless told otherwise."""
    start, end = _stretch(call.nas, query)
    errors = ValidationErrors()
    for position, asked in enumerate(graphs):
        known = GRAPHS[asked["name"]].identifiers
        if known is not None and asked.get("identifier") not in known(call.nas.world):
            errors.add(f"graphs.{position}.identifier", f"{asked['name']} is drawn for one of {known(call.nas.world)}")
    errors.check()
    return [_data(call.nas, asked["name"], asked.get("identifier"), start, end, query) for asked in graphs]


def graph(call: Call, name: str, query: dict[str, Any]) -> list[dict[str, Any]]:
    """Answer the data of one graph, for everything it can be drawn for."""
    found = GRAPHS.get(name)
    if found is None:
        raise InstanceNotFound(f"There is no graph {name!r}")
    start, end = _stretch(call.nas, query)
    identifiers = [None] if found.identifiers is None else found.identifiers(call.nas.world)
    return [_data(call.nas, name, identifier, start, end, query) for identifier in identifiers]


# Every method there is twice: the second name is the older one.
for prefix in ("reporting.", "reporting.netdata_"):
    for action, accepts, returns, handler in (
        ("graphs", PART.query_arguments, shapes.table(ROW, "The graphs, one of them, or how many there are."), graphs),
        ("get_data", {"graphs": WANTED, "query": _QUERY}, _ANSWER, get_data),
        ("graph", {"str": shapes.text("Name of the graph.", minLength=1), "query": _QUERY}, _ANSWER, graph),
    ):
        add = PART.method(
            f"{prefix}{action}",
            accepts=accepts,
            returns=returns,
            roles=read("reporting"),
            filterable=action == "graphs",
        )
        add(handler)


def _stretch(nas: Nas, query: dict[str, Any]) -> tuple[int, int]:
    """The asked stretch of time in seconds since 1970. Raises `ValidationErrors`."""
    now = int(nas.clock.wall().timestamp())
    errors = ValidationErrors()
    if query.get("unit") and (query.get("start") or query.get("end")):
        errors.add("query.unit", "Give either a unit or a start and end")
    length = UNITS[query.get("unit") or "HOUR"]
    end = query.get("end") or now - length * (query.get("page", 1) - 1)
    start = query.get("start") or end - length
    if not 0 < start < end:
        errors.add("query.start", "The start is to lie before the end")
    errors.check()
    return start, min(end, now) if start < now else end


def _data(nas: Nas, name: str, identifier: str | None, start: int, end: int, query: dict[str, Any]) -> dict[str, Any]:
    graph = GRAPHS[name]
    step = max((end - start) // POINTS, 1)
    booted = nas.world.boot_time.timestamp()
    rows: list[list[float]] = []
    for moment in range(start, end + 1, step):
        if name == "uptime":
            values = [max(moment - booted, 0.0)]
        else:
            values = [
                _value(f"{nas.seed} {name} {identifier} {series}", moment, low, high)
                for series, (low, high) in graph.series.items()
            ]
        rows.append([moment, *(round(value, 2) for value in values)])
    aggregations = None
    if query.get("aggregate", True):
        columns = {series: [row[place] for row in rows] for place, series in enumerate(graph.series, start=1)}
        aggregations = {
            name: {series: combine(values) for series, values in columns.items()}
            for name, combine in (
                ("min", min),
                ("mean", lambda values: round(sum(values) / len(values), 2)),
                ("max", max),
            )
        }
    return {
        "name": name,
        "identifier": identifier,
        "data": rows,
        "aggregations": aggregations,
        "start": start,
        "end": int(rows[-1][0]),
        "legend": ["time", *graph.series],
    }


def _value(series: str, moment: int, low: float, high: float) -> float:
    phase = crc32(series.encode()) % 6283 / 1000
    # A day, some minutes and something restless together.
    wave = (
        0.5 * math.sin(moment / 13_751 + phase)
        + 0.3 * math.sin(moment / 397 + 2 * phase)
        + 0.2 * math.sin(moment * moment % 7919 + phase)
    )
    return low + (high - low) * (wave + 1) / 2
