"""The table and raw views as widgets: drawing, columns, cells, finding, hostile texts."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from tests.app.stage import HOSTILE, drawn, said, staged
from tests.app.waiting import resized, wait_for
from truenas_client.values.kinds import path_text
from truenas_client.values.table import Arrangement, Table
from tui.memory.state import ConnectionMemory
from tui.widgets.raw_view import RawView
from tui.widgets.result_messages import ViewChanged
from tui.widgets.result_views import TABLE, ResultViews
from tui.widgets.table_view import TableView

POOLS: list[dict[str, Any]] = [
    {"name": "tank", "status": "ONLINE", "healthy": True, "size": 11957192654848, "count": 7},
    {"name": "archive", "status": "DEGRADED", "healthy": False, "size": 48048024223744, "count": 12},
    {"name": "scratch", "status": "FAULTED", "healthy": False, "size": None},
]
WIDE = [{f"column {at}": f"value {row} {at}" for at in range(30)} for row in range(50)]


def lines_of(pilot: Pilot[None]) -> list[str]:
    return [line.rstrip() for line in drawn(pilot)]


async def shown(pilot: Pilot[None], view: TableView, rows: Any, arrangement: Arrangement | None = None) -> None:
    view.set_table(Table(rows, arrangement))
    view.focus()
    await pilot.pause()


async def test_rows_and_columns_with_numbers_at_the_right() -> None:
    view = TableView()
    async with staged(view, size=(60, 6)) as pilot:
        await shown(pilot, view, POOLS)
        await pilot.press("down")
        assert lines_of(pilot) == [
            "  name     status        size  count  healthy",
            "  tank     ONLINE    10.9 TiB      7  yes",
            "› archive  DEGRADED  43.7 TiB     12  no",
            "  scratch  FAULTED       null         no",
            "",
            "",
        ]
        assert view.path == (1, "name")
        await pilot.press("right", "l")
        assert (view.path, view.value) == ((1, "size"), 48048024223744)
        assert said(pilot, ViewChanged)
        assert path_text(view.path) == "[1].size"
        await pilot.press("end", "right")
        assert (view.path, view.value) == ((2,), None), "there is no such value"
        await pilot.press("h", "enter")
        assert said(pilot, TableView.Chosen)[-1].path == (2,)


async def test_the_cell_under_the_cursor_is_marked_by_more_than_colour() -> None:
    view = TableView()
    async with staged(view, size=(60, 6)) as pilot:
        await shown(pilot, view, POOLS)
        await pilot.press("end", "right", "right", "right")
        strip = pilot.app.screen._compositor.render_strips()[3]
        underlined = [segment for segment in strip if segment.style is not None and segment.style.underline]
        assert [segment.text for segment in underlined] == [" "], "even where a row has nothing"


async def test_columns_scroll_by_whole_ones_and_pinned_ones_stay() -> None:
    view = TableView()
    async with staged(view, size=(50, 6)) as pilot:
        await shown(pilot, view, WIDE, Arrangement(pinned=("column 3",)))
        assert lines_of(pilot)[0].split("  column")[1:3] == [" 3  ", " 0  "]
        for _ in range(12):
            await pilot.press("right")
        head = lines_of(pilot)[0]
        assert head.split()[:2] == ["column", "3"]
        assert "column 12" in head
        assert "column 0" not in head
        assert view.shown_columns[2] == 30
        # The column under the cursor is on screen as a whole.
        assert "value 0 12" in lines_of(pilot)[1]
        for _ in range(40):
            await pilot.press("left")
        assert "column 0" in lines_of(pilot)[0]
        await resized(pilot, 8, 6)
        drawn(pilot)
        # Without a pinned one the first stays: it says which row this is.
        await resized(pilot, 50, 6)
        await shown(pilot, view, WIDE)
        for _ in range(12):
            await pilot.press("right")
        assert {"column 0", "column 12"} <= set(lines_of(pilot)[0].split("  "))
        assert view.shown_columns == (12, 14, 30)


async def test_sorting_keeps_the_cursor_on_its_row() -> None:
    view = TableView()
    async with staged(view, size=(60, 6)) as pilot:
        await shown(pilot, view, POOLS)
        view.change(lambda table, key: table.arrangement.sorted_by(key))
        await pilot.pause()
        assert [line.split()[0] for line in lines_of(pilot)[1:4]] == ["archive", "scratch", "›"]
        assert view.path == (0, "name")
        assert lines_of(pilot)[0].startswith("  name ▴")
        view.change(lambda table, key: table.arrangement.sorted_by(key))
        await pilot.pause()
        assert lines_of(pilot)[0].startswith("  name ▾")
        assert lines_of(pilot)[1].startswith("› tank")
        assert said(pilot, TableView.Arranged)[-1].arrangement == Arrangement(sort="name", descending=True)


async def test_many_rows_are_sorted_while_others_run() -> None:
    view = TableView()
    rows = [{"n": (number * 7919) % 60_000} for number in range(60_000)]
    async with staged(view, size=(60, 6)) as pilot:
        await shown(pilot, view, rows, Arrangement(sort="n"))
        await wait_for(pilot, lambda: lines_of(pilot)[1].split() == ["›", "0"], "sorted")
        await pilot.press("end")
        await wait_for(pilot, lambda: lines_of(pilot)[-1].split() == ["›", "59999"], "the last")


async def test_finding_goes_from_cell_to_cell_around_and_says_when_there_is_none() -> None:
    view = TableView()
    async with staged(view, size=(60, 6)) as pilot:
        await shown(pilot, view, POOLS)
        view.find("no")
        await wait_for(pilot, lambda: said(pilot, TableView.Found), "found")
        assert view.path == (1, "healthy")
        for key, path in (("n", (2, "healthy")), ("n", (1, "healthy")), ("N", (2, "healthy"))):
            count = len(said(pilot, TableView.Found))
            await pilot.press(key)
            await wait_for(pilot, lambda count=count: len(said(pilot, TableView.Found)) > count, "the next")
            assert view.path == path
        view.find("tib")
        await wait_for(pilot, lambda: view.path == (0, "size"), "what is read is found, not what is meant")
        await wait_for(pilot, lambda: said(pilot, TableView.Counted)[-1].count == 2, "every match is counted")
        view.find("nowhere")
        await wait_for(pilot, lambda: said(pilot, TableView.Found)[-1].place is None, "nowhere")


async def test_a_click_takes_the_cell_and_a_double_click_opens_the_row() -> None:
    view = TableView()
    async with staged(view, size=(60, 6)) as pilot:
        await shown(pilot, view, POOLS)
        await pilot.click(TableView, offset=(13, 2))
        assert view.path == (1, "status")
        await pilot.click(TableView, offset=(4, 3), times=2)
        assert said(pilot, TableView.Chosen)[-1].path == (2,)
        await pilot.click(TableView, offset=(4, 0))
        assert view.path == (2, "name"), "the head is no row"
        assert said(pilot, TableView.HeadChosen)


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_hostile_keys_and_values_keep_the_columns_aligned(ascii_only: bool) -> None:
    rows = [
        {"first": "x", **{text: text for text in HOSTILE}, "last": [text], "n": at} for at, text in enumerate(HOSTILE)
    ]
    rows += [{"first": text, "last": {text: 1}} for text in HOSTILE]
    view = TableView()
    async with staged(view, size=(60, 40), ascii_only=ascii_only) as pilot:
        await shown(pilot, view, rows)
        view.find("x")
        for width in (60, 12, 5):
            await resized(pilot, width, 40)
            for key in ("pagedown", *["right"] * 18, "G", "g", *["left"] * 4):
                await pilot.press(key)
                drawn(pilot)


async def test_every_cell_of_a_column_begins_in_the_same_place() -> None:
    view = TableView()
    async with staged(view, size=(60, 40)) as pilot:
        await shown(pilot, view, [{"text": text, "bar": "|"} for text in HOSTILE])
        lines = lines_of(pilot)[1 : len(HOSTILE) + 1]
        assert {cell_len(line[: line.rindex("|")]) for line in lines} == {2 + 40 + 2}


async def test_nothing_shown_and_every_key() -> None:
    view = TableView()
    async with staged(view) as pilot:
        view.focus()
        for key in ("down", "right", "left", "enter", "n", "G", "pagedown"):
            await pilot.press(key)
        view.find("x")
        await shown(pilot, view, [{}])
        for key in ("down", "right", "left", "enter", "n", "G", "pagedown"):
            await pilot.press(key)
        drawn(pilot)
        assert view.path == ()
        view.clear()
        await pilot.pause()
        assert lines_of(pilot)[1] == ""


# Raw.


async def test_raw_lines_are_those_of_json_and_long_values_are_counted_while_they_are_read() -> None:
    view = RawView()
    async with staged(view, size=(40, 8)) as pilot:
        view.set_value({"name": "tank", "list": [1, {}], "none": None})
        await pilot.pause()
        assert lines_of(pilot) == [
            "{", '  "name": "tank",', '  "list": [', "    1,", "    {}", "  ],", '  "none": null', "}",
        ]  # fmt: skip
        view.set_value([{"n": number} for number in range(50_000)])
        view.focus()
        await wait_for(pilot, lambda: view.line_count() == 150_002, "all lines")
        await pilot.press("end")
        await wait_for(pilot, lambda: lines_of(pilot)[-3:] == ['    "n": 49999', "  }", "]"], "the last")


async def test_finding_in_raw_text() -> None:
    view = RawView()
    async with staged(view, size=(40, 8)) as pilot:
        view.focus()
        view.set_value([{"n": number} for number in range(500)])

        async def goes_to(act: Callable[[], None], line: int | None) -> None:
            count = len(said(pilot, RawView.Found))
            act()
            await wait_for(pilot, lambda: len(said(pilot, RawView.Found)) > count, "the search over")
            assert said(pilot, RawView.Found)[-1].place == line

        await goes_to(lambda: view.find('"n": 49'), 1 + 3 * 49 + 1)
        assert '"n": 49' in "".join(lines_of(pilot))
        await goes_to(view.action_find_next, 1 + 3 * 490 + 1)
        await goes_to(view.action_find_previous, 1 + 3 * 49 + 1)
        await goes_to(view.action_find_previous, 1 + 3 * 499 + 1)
        await goes_to(lambda: view.find("nowhere"), None)


async def test_hostile_values_in_raw_text() -> None:
    view = RawView()
    async with staged(view, size=(60, 40)) as pilot:
        view.set_value([{text: text for text in HOSTILE}, list(HOSTILE)])
        view.find("x")
        for width in (60, 12, 5):
            await resized(pilot, width, 40)
            for key in ("pagedown", "end", "home"):
                await pilot.press(key)
                drawn(pilot)


# The views together.


async def test_a_value_that_is_shown_no_more_is_held_by_nobody() -> None:
    views = ResultViews()
    # One more than are sorted at once.
    value: list[dict[str, Any]] = [{"id": number, "deep": {"x": [number]}} for number in range(20_001)]
    async with staged(views, size=(60, 12)) as pilot:
        gc.collect()
        gc.disable()
        try:
            held = sys.getrefcount(value)
            views.show_value(value, "demo.query", ConnectionMemory(), as_table=True)
            for view in views.views:
                views.choose_view(view)
                await pilot.pause()
                views.content.find("nowhere")
                await pilot.pause()
            views.choose_view(TABLE)
            await pilot.pause()
            views.action_table_sort()
            await pilot.pause()
            views.clear()
            # Workers end in their own time; with the collector off, nothing else could let go for them.
            await wait_for(pilot, lambda: sys.getrefcount(value) == held, "nobody holds the value")
        finally:
            gc.enable()
