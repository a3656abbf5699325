"""The query view: fields and JSON show each other, mistakes have carets, and what a new user asks is asked."""

from __future__ import annotations

from textual.events import Paste
from textual.widgets import Input

from tests.app.conftest import Desk, Open
from tui.widgets.query_view import QueryView
from tui.widgets.table_view import TableView


async def query(desk: Desk, typed: str, name: str) -> QueryView:
    await desk.open(typed, name)
    # In one burst, all around: a view that is made for one key takes the next.
    await desk.burst("f2", "f2", "f2", "f2")
    await desk.see("[Query]", "where", "answer")
    view = desk.explore.call_pane.draft_view
    assert isinstance(view, QueryView)
    await desk.until(lambda: view.query_one("#query-where", Input).has_focus, "the where line has the focus")
    return view


async def test_disks_hotter_than_40_degrees_hottest_first(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        view = await query(desk, "disk query", "disk.query")
        await desk.type("size > 1T and name ^ sd")
        await desk.press("tab", "tab")
        await desk.type("-size")
        await desk.press("tab")
        await desk.type("3")
        await desk.see("makes", '["size", ">", 1099511627776]')
        assert desk.explore.call_pane.draft.params == [
            [["size", ">", 1 << 40], ["name", "^", "sd"]],
            {"order_by": ["-size"], "limit": 3},
        ]
        await desk.press("enter")
        await desk.ended()
        await desk.see("[Table]", "rows 1-3", "size ▾")
        # A click on a title: the server sorts, because there may be more rows than these.
        table = desk.explore.result_pane.content
        assert isinstance(table, TableView)
        row = next(line for line in desk.text.splitlines() if "size ▾" in line)
        await desk.pilot.click(table, offset=(row.index("name") - table.region.x, 0))
        await desk.see("name ▴")
        assert (desk.explore.call_pane.draft.params or [])[1:] == [{"order_by": ["name"], "limit": 3}]
        await desk.press("escape", "slash")
        await desk.type("sd")
        await desk.see("matches")
        await desk.press("escape")
        desk.explore.call_pane.focus_view()
        view.query_one("#query-limit", Input).focus()
        # A mistake is shown below its place, and is not sent.
        await desk.press("shift+tab", "shift+tab", "shift+tab", "end")
        await desk.type(" or")
        await desk.see("expected a field", "^")
        assert view.unfinished
        await desk.press("ctrl+j")
        await desk.see("Not sent: where")
        await desk.press("backspace", "backspace", "backspace")
        await desk.see("makes")
        # So in the order.
        await desk.press("tab", "tab", "end")
        await desk.type(" name")
        await desk.until(lambda: view.query_one("#query-order-carets").display, "the caret below the order")
        await desk.press(*["backspace"] * 5)
        await desk.see("makes")
        # Typed as JSON it comes back as text, where it can.
        await desk.press("f2", "f2")
        await desk.see("[Arguments]")
        await desk.write('[[["name", "=", "sda"]], {"count": true}]')
        desk.explore.call_pane.show("Query")
        await desk.until(lambda: view.query_one("#query-where", Input).value == "name = sda", "the text of the JSON")
        assert view.texts.answer == "count"
        desk.explore.call_pane.show("Arguments")
        await desk.write('[[["name", "=", "sda"]], {"limit": "3"}]')
        desk.explore.call_pane.show("Query")
        await desk.see("Text cannot say this query", "at [1].limit")


async def test_names_are_completed_from_the_schema_and_other_methods_have_no_query(signed_in: Open) -> None:
    async with signed_in(size=(120, 36)) as desk:
        view = await query(desk, "user query", "user.query")
        assert "shell" in view.names
        await desk.see("fields ", "username")
        await desk.type("shel = 1")
        await desk.see("The rows have no field shel. Near it: shell")
        where = view.query_one("#query-where", Input)
        await desk.press("ctrl+u")
        where.post_message(Paste('[["uid", ">", 3000],\n ["locked", "=", false]]'))
        await desk.until(lambda: where.value == "uid > 3000 and locked = false", "the pasted filters as text")
        await desk.press("ctrl+u", *"shel")
        await desk.until(lambda: view.query_one("#query-where", Input)._suggestion, "a suggestion")
        await desk.press("right")
        await desk.type(" !$ nologin")
        await desk.press("enter")
        await desk.ended()
        await desk.see("/usr/bin/")
        assert desk.explore.call_pane.draft.params == [[["shell", "!$", "nologin"]]]
        await desk.open("system info", "system.info")
        assert "Query" not in desk.text
