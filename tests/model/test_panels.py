"""A panel of events, its filter and its plots, as pure rules."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.eventfilter import EventFilter
from tui.model.feed import Feed
from tui.model.panel import Panel
from tui.model.plot import draw_plot, reach

EVENT = SimpleNamespace(
    kind="changed",
    id=7,
    fields={
        "state": "RUNNING",
        "progress": {"percent": 37},
        "disks": [{"name": "sda", "ok": True, "modelName": "X"}],
        "what": "Café",
    },
)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", True),
        ("running", True),
        ("caf\u00c9", True),
        ("nothing", False),
        ("!nothing running", True),
        ("!running", False),
        ("msg:changed", True),
        ("msg:added", False),
        ("id:7", True),
        ("id:77", False),
        ("state:run", True),
        ("what:run", False),
        ("progress.percent:37", True),
        ("disks.name:SDA", True),
        ("disks.0.ok:true", True),
        ("disks.1.ok:true", False),
        ("disks.modelname:x", True),
        ("disks.\u00b2:x", False),
        (f"disks.{'9' * 5000}:x", False),
        ("path:progress.percent", True),
        ("path:progress.other", False),
        ('"running', True),
        ('state:"run now"', False),
        ("! state: !", True),
    ],
)
def test_what_fits(text: str, fits: bool) -> None:
    assert EventFilter(text).fits(EVENT) is fits  # type: ignore[arg-type]


@given(st.text())
def test_any_text_is_a_filter(text: str) -> None:
    EventFilter(text).fits(EVENT)  # type: ignore[arg-type]


def filled(count: int, limit: int = 5) -> tuple[Feed, Panel]:
    feed = Feed("x", limit)
    panel = Panel(feed)
    for number in range(count):
        feed.add("changed", number, {"n": number})
    return feed, panel


def ids(panel: Panel) -> list[Any]:
    return [event.id for event in panel.shown()]


def test_a_paused_panel_keeps_what_it_showed_however_much_arrives() -> None:
    feed, panel = filled(3)
    panel.pause(True)
    for number in range(3, 50):
        feed.add("changed", number, {})
    assert ids(panel) == [2, 1, 0]
    assert panel.waiting == 47
    panel.filter = "n:1"
    assert ids(panel) == [1]
    panel.filter = ""
    panel.pause(False)
    assert ids(panel) == [49, 48, 47, 46, 45]


def test_a_filter_tests_each_event_once_and_outlives_the_feed() -> None:
    feed, panel = filled(4)
    panel.filter = "n:2"
    assert ids(panel) == [2]
    for number in range(4, 8):
        feed.add("changed", number, {"n": number})
        assert ids(panel) == [2]
    panel.filter = "n:7"
    assert ids(panel) == [7]


def test_marks_of_missing_events_stay_and_two_in_a_row_are_one() -> None:
    feed, panel = filled(1)
    panel.filter = "nothing"
    feed.mark("dropped", 3)
    feed.mark("dropped", 4)
    assert [(event.kind, event.missing) for event in panel.shown()] == [("dropped", 7)]
    feed.add("changed", 9, {})
    feed.mark("dropped", None)
    assert [event.kind for event in panel.shown()] == ["dropped"]
    assert feed.seen == 2


def test_a_panel_is_made_again_from_what_is_remembered() -> None:
    feed, panel = filled(1)
    panel.filter, panel.paths, panel.view = "n:1", "cpu", "plot"
    again = Panel(feed)
    again.arrange(panel.as_dict())
    assert again.as_dict() == {"event": "x", "filter": "n:1", "paths": "cpu", "view": "plot"}
    again.arrange({"filter": 5, "view": "nonsense", "paths": None})
    assert again.as_dict() == {"event": "x"}


numbers = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))


@given(st.lists(numbers, max_size=60), st.integers(0, 20), st.integers(1, 9), st.booleans())
def test_a_plot_is_as_large_as_asked_and_has_all_values(
    values: list[float | None], cells: int, rows: int, ascii_only: bool
) -> None:
    plot = draw_plot(values, cells, rows, lambda value: f"{value:.3g}", ascii_only=ascii_only)
    assert len(plot.lines) == len(plot.labels) == rows
    assert all(len(line) == cells for line in plot.lines)
    shown = values[-cells * (1 if ascii_only else 2) :] if cells else []
    known = [value for value in shown if value is not None]
    assert (plot.least, plot.most) == (min(known, default=None), max(known, default=None))
    assert any(line.strip() for line in plot.lines) == bool(known)


def test_what_a_plot_looks_like() -> None:
    plot = draw_plot([0, 1, 2, 3, 2, 1, 0, None, 3], 9, 4, "{:g}".format, ascii_only=True)
    assert [line.rstrip() for line in plot.lines] == ["   *    *", "  * *", " *   *", "*     *"]
    assert plot.labels == ("3", "", "", "0")
    assert draw_plot([0, 1], 1, 1, str).lines == ("\u2878",)


@pytest.mark.parametrize(
    ("values", "ends"),
    [([], (0, 1)), ([5, 10], (0, 10)), ([9, 10], (9, 10)), ([7, 7], (3.5, 10.5)), ([0], (-1, 1)), ([-5, 5], (-5, 5))],
)
def test_the_axis(values: list[float], ends: tuple[float, float]) -> None:
    assert reach(values) == ends


def test_times_are_those_of_arrival() -> None:
    feed, _panel = filled(1)
    assert isinstance(feed.events[0].at, datetime)
