"""Reading a result: as a table, row by row; what is said of empty, large and huge ones; copying what is large."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import Desk, Open
from truenas_client.simulator import Call, Simulator
from tui.cards.columns import ColumnsScreen
from tui.cards.copy_menu import CopyMenu
from tui.session import results
from tui.settings.values import Settings
from tui.widgets.json_view import JsonView
from tui.widgets.raw_view import RawView
from tui.widgets.rows import Rows
from tui.widgets.table_view import TableView

SIZES = [(80, 24), (120, 36)]


async def table(desk: Desk) -> TableView:
    await desk.open("pds q", "pool.dataset.query")
    await desk.run()
    await desk.press("escape")
    view = desk.explore.result_pane.content
    assert isinstance(view, TableView)
    await desk.until(lambda: view.has_focus, "the table has the focus")
    return view


def rows_method(nas: Simulator, name: str, rows: Any) -> None:
    @nas.method(name, roles=["READONLY_ADMIN"])
    def answer(call: Call) -> Any:
        return rows


@pytest.mark.parametrize("size", SIZES)
async def test_a_query_opens_as_a_table_with_facts_and_path(signed_in: Open, size: tuple[int, int]) -> None:
    async with signed_in(size=size) as desk:
        view = await table(desk)
        await desk.see("[Table]", "18 rows", " kB  ", " ms  #1", "[0].name", "31 hidden")
        await desk.press("down", "right")
        await desk.see("[1].type")
        assert view.path == (1, "type")
        await desk.press("v")
        await desk.see("[Raw]", '"id": "flash"')
        await desk.press("v")
        await desk.see("[Tree]", "▾ [18]")


@pytest.mark.parametrize("size", SIZES)
async def test_a_row_opens_as_a_tree_and_escape_goes_back_to_it(signed_in: Open, size: tuple[int, int]) -> None:
    async with signed_in(size=size) as desk:
        view = await table(desk)
        await desk.press("down", "down", "enter")
        await desk.see("row 3 of 18  flash/apps/photos", '"FILESYSTEM"', "esc back  [2]")
        tree = desk.explore.result_pane.content
        assert isinstance(tree, JsonView)
        await desk.until(lambda: tree.has_focus, "the row has the focus")
        await desk.press("down")
        await desk.see("[2].id")
        await desk.press("y", "p")
        await desk.until(lambda: desk.app.clipboard == "[2].id", "the path from the whole result")
        await desk.press("escape")
        await desk.see("Result", "[2].name")
        assert desk.explore.result_pane.content is view
        assert view.has_focus
        assert view.path == (2, "name")


async def test_columns_are_sorted_hidden_moved_and_pinned_by_keys_and_stay_so(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        view = await table(desk)
        await desk.press("o", "o")
        await desk.see("name ▾")
        assert view.table is not None
        assert view.table.row(0)["id"] == "tank/vault"
        await desk.press("right", "H")
        await desk.until(lambda: view.table is not None and "type" not in view.table.columns, "it is hidden")
        await desk.press("P", "right", "right", "less_than_sign")
        assert view.table.columns[:4] == ("used", "available", "name", "mountpoint")
        await desk.press("u")
        await desk.see("exact values")
        columns = view.table.columns
        # Another result of the same method, and the same one after another method was open.
        await desk.press("r")
        await desk.ended()
        await desk.see("#2")
        assert view.table.columns == columns
        assert view.table.row(0)["id"] == "tank/vault"
        await desk.open("sys info", "system.info")
        await desk.open("pds q", "pool.dataset.query")
        await desk.see("used", "name ▾")
        assert view.table is not None
        assert view.table.columns == columns


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_of_columns_shows_orders_and_pins(signed_in: Open, size: tuple[int, int]) -> None:
    async with signed_in(size=size) as desk:
        view = await table(desk)
        await desk.press("t")
        await desk.until(lambda: isinstance(desk.app.screen, ColumnsScreen), "the columns")
        rows = desk.app.screen.query_one(Rows)
        await desk.until(lambda: rows.key == "=name", "the cursor on the column it was on")
        await desk.press("space", "down", "P", "o", "down", "down", "greater_than_sign", "home", "down")
        await desk.see("[ ]  name", "pinned  ascending")
        assert view.table is not None
        assert view.table.columns[0] == "name", "nothing changes before enter"
        await desk.press("enter")
        await desk.until(lambda: not isinstance(desk.app.screen, ColumnsScreen), "the card gone")
        assert view.table.columns[:4] == ("type", "available", "used", "mountpoint")
        assert view.table.row(0)["type"] == "FILESYSTEM"
        shown = len(view.table.columns)
        await desk.press("t", "n", "escape")
        assert len(view.table.columns) == shown, "escape changes nothing"
        await desk.press("t", "n", "enter")
        assert len(view.table.columns) == 1
        await desk.press("t", "a", "enter")
        assert len(view.table.columns) == len(view.table.whole)
        await desk.press("t", "r", "slash", *"used.parsed")
        await desk.see("found")
        await desk.press("enter", "space", "enter")
        assert view.table.columns[:2] == ("name", "type")
        assert "used.parsed" in view.table.columns


async def test_the_server_sorts_and_pages_where_the_query_has_a_limit(signed_in: Open) -> None:
    async with signed_in(size=(120, 36)) as desk:
        await desk.open("pds q", "pool.dataset.query")
        await desk.write('[[], {"limit": 5}]')
        await desk.run()
        await desk.press("escape")
        await desk.see("rows 1-5")
        await desk.press("right_square_bracket")
        await desk.see("rows 6-10", '"offset": 5')
        await desk.press("right", "right", "o")
        await desk.see('"used.parsed"', "used ▴", "rows 1-5")
        view = desk.explore.result_pane.content
        assert isinstance(view, TableView)
        assert view.key == "used"
        await desk.press("o")
        await desk.see('"-used.parsed"', "used ▾", "rows 1-5")
        assert view.has_focus
        assert view.table is not None
        assert view.table.row(0)["id"] == "tank"


async def test_finding_in_the_table_and_copying_the_cell(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        view = await table(desk)
        await desk.press("slash")
        await desk.type("debian")
        await desk.press("enter")
        await desk.until(lambda: view.has_focus and view.path == (7, "name"), "the first match")
        await desk.see("1 match  n next")
        await desk.press("home", "n")
        await desk.until(lambda: view.path == (7, "name"), "the next one")
        await desk.press("end", "N")
        await desk.until(lambda: view.path == (7, "name"), "the one before")
        await desk.press("right", "y", "v")
        await desk.until(lambda: desk.app.clipboard == "VOLUME", "the value on the clipboard")
        await desk.press("escape", "slash")
        await desk.type("#none")
        await desk.see("no #none here")
        await desk.press("escape")
        await desk.see("[7].type")


async def test_the_view_of_a_method_is_remembered(signed_in: Open) -> None:
    async with signed_in() as desk:
        await table(desk)
        await desk.press("v")
        await desk.see("[Raw]")
        await desk.open("sys info", "system.info")
        await desk.run()
        await desk.see("[Tree]")
        await desk.open("pds q", "pool.dataset.query")
        await desk.see("[Raw]")
        assert desk.session.memory.view_of("pool.dataset.query") == "Raw"


async def test_a_list_of_objects_of_any_method_can_be_a_table_and_others_cannot(
    signed_in: Open, nas: Simulator
) -> None:
    rows_method(nas, "demo.rows", [{"a": 1}, {"b": 2}])
    async with signed_in() as desk:
        await desk.open("demo rows", "demo.rows")
        await desk.run()
        await desk.see("[Tree]  Table  Raw")
        await desk.press("escape", "v")
        await desk.see("[Table]", "   a   b")
        await desk.open("sys info", "system.info")
        await desk.run()
        await desk.see("[Tree]  Raw")
        await desk.press("escape", "o", "t")
        assert not isinstance(desk.app.screen, ColumnsScreen)


async def test_the_hottest_disk_first(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("disk temperatures", "disk.temperatures")
        await desk.run()
        await desk.press("escape", "v")
        await desk.see("[Table]", "name", "value")
        await desk.press("right", "o", "o", "home")
        await desk.see("value ▾")
        await desk.press("y", "v")
        call = desk.explore.result_pane.call
        assert call is not None
        hottest = max(call.value, key=lambda name: call.value[name])
        await desk.until(lambda: desk.app.clipboard == str(call.value[hottest]), "the highest")
        await desk.press("y", "p")
        await desk.until(lambda: desk.app.clipboard == hottest, "the path of the member")


async def test_an_empty_list_says_what_keeps_the_rows_away(signed_in: Open, nas: Simulator) -> None:
    rows_method(nas, "demo.none", [])
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("pds q", "pool.dataset.query")
        await desk.write('[[["name", "=", "nowhere"]], {"offset": 3}]')
        await desk.run()
        await desk.see("No rows.", 'Active filter: [["name", "=", "nowhere"]]', "Active offset: 3", "0 rows", "2 B")
        await desk.press("escape", "e")
        await desk.until(lambda: desk.explore.call_pane.editor.has_focus, "e goes to the filter")
        await desk.press("escape", "y", "r")
        await desk.until(lambda: desk.app.clipboard == "[]", "the result on the clipboard")
        await desk.open("demo none", "demo.none")
        await desk.run()
        await desk.see("No rows.")
        assert "Active" not in desk.text


# Large results.


def big(megabytes: float) -> list[dict[str, Any]]:
    return [{"id": number, "text": "x" * 1000} for number in range(round(megabytes * 1000))]


async def test_a_large_result_is_announced_and_its_size_is_told(
    signed_in: Open, nas: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "ANNOUNCE_SECONDS", 1.5)  # else only a quick eye would see it
    rows_method(nas, "demo.big", big(4.5))
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("demo big", "demo.big")
        await desk.press("ctrl+j")
        await desk.see("Reading 4.6 MB ...")
        await desk.ended()
        await desk.see("4.6 MB, loaded as you scroll", "4,500 rows  4.6 MB")
        await desk.press("escape", "end")
        await desk.see("4499")
        await desk.press("v", "v", "end")
        await desk.see("[Raw]")
        raw = desk.explore.result_pane.content
        assert isinstance(raw, RawView)
        await desk.until(lambda: raw.line_count() == 2 + 4 * 4500, "all lines counted")


async def test_older_large_results_are_let_go_for_newer_ones(
    signed_in: Open, nas: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "KEPT", 2_500_000)
    for name in ("one", "two"):
        rows_method(nas, f"demo.{name}", big(1.5))
    async with signed_in(size=(80, 24)) as desk:
        for name in ("one", "two"):
            await desk.open(f"demo {name}", f"demo.{name}")
            await desk.run()
            await desk.see("1,500 rows  1.5 MB")
        await desk.open("demo one", "demo.one")
        await desk.see("This result (1.5 MB) was dropped", "Run the call again")
        await desk.press("escape", "y")
        await desk.until(lambda: isinstance(desk.app.screen, CopyMenu), "the menu")
        assert "whole result" not in desk.text
        await desk.press("escape", "r")
        await desk.ended()
        await desk.see("1,500 rows  1.5 MB")


async def test_a_huge_result_goes_to_a_private_file_and_its_beginning_is_shown(
    signed_in: Open, nas: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "in_force", lambda: Settings(result_bytes=5_000_000))
    value = big(6)
    rows_method(nas, "demo.huge", value)
    async with signed_in(size=(120, 36)) as desk:
        await desk.open("demo huge", "demo.huge")
        await desk.run()
        await desk.see("6.2 MB: too large to show here", "first 1,9")
        call = desk.explore.result_pane.call
        assert call is not None
        assert call.saved is not None
        assert call.value == value[: len(call.value)]
        assert json.loads(call.saved.path.read_text()) == value
        assert call.saved.path.stat().st_mode & 0o777 == 0o600
        assert call.saved.size == call.saved.path.stat().st_size
        assert call.saved.path.name in desk.text.replace("\n", "").replace("│", "").replace(" ", "")


async def test_a_huge_result_is_read_where_it_cannot_be_saved(
    signed_in: Open, nas: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(results, "in_force", lambda: Settings(result_bytes=5_000_000))
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    rows_method(nas, "demo.huge", big(6))
    async with signed_in(size=(120, 36)) as desk:
        await desk.open("demo huge", "demo.huge")
        await desk.run()
        await desk.see("6,000 rows")


async def test_what_is_too_large_for_the_terminal_s_clipboard_goes_to_a_file(signed_in: Open, nas: Simulator) -> None:
    rows_method(nas, "demo.rows", big(0.2))
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("demo rows", "demo.rows")
        await desk.run()
        await desk.press("escape", "y", "r")
        await desk.until(lambda: desk.app.clipboard, "the path")  # its length decides where the toast breaks its lines
        await desk.see("is longer than")
        call = desk.explore.result_pane.shown
        assert call is not None
        saved = Path(desk.app.clipboard)
        assert json.loads(await asyncio.to_thread(saved.read_text)) == call.value
        await desk.press("down", "down", "y", "v")
        await desk.until(lambda: desk.app.clipboard == "0", "a small value goes to the clipboard")


async def test_fold_levels_are_stepped_through(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("pool q", "pool.query")
        await desk.run()
        await desk.press("escape", "v", "v")
        tree = desk.explore.result_pane.content
        assert isinstance(tree, JsonView)
        counts = []
        for level in range(2, 6):
            await desk.press("full_stop")
            await desk.until(lambda level=level: tree.level == level, "the next level")  # type: ignore[misc]
            counts.append(tree.line_count())
        assert counts == sorted(set(counts))
        await desk.see("level 5")
        await desk.press(*["full_stop"] * 30)
        await desk.press("comma")
        await desk.until(lambda: tree.level is not None and 4 < tree.level < 20, "no levels below the last")
        await desk.press(*["comma"] * 20)
        await desk.see("level 1")
        assert tree.line_count() == 3
        await desk.press("home", "Z")
        await desk.until(lambda: tree.line_count() != 3, "everything below, or nothing")
