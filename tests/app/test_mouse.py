"""What stands on the screen can be clicked: rows, triangles, tabs, the words of footer, cards and status line."""

from __future__ import annotations

from textual.widget import Widget

from tests.app.conftest import Desk, at_desk
from tests.app.stage import Stage, staged
from tui.app import Start
from tui.widgets.json_view import JsonView
from tui.widgets.key_line import Hint, KeyLine
from tui.widgets.rows import Row, Rows
from tui.widgets.status_line import StatusLine


def place(widget: Widget, text: str) -> tuple[int, int]:
    """The middle of a text on a widget, from the widget's top left corner."""
    for y in range(widget.size.height):
        line = widget.render_line(y).text
        if (at := line.find(text)) >= 0:
            return at + len(text) // 2, y
    raise AssertionError(f"{text!r} is not on {widget!r}")


async def click(desk: Desk, widget: Widget, text: str, *, times: int = 1) -> None:
    await desk.pilot.click(widget, offset=place(widget, text), times=times)


async def test_rows_choose_with_one_click_and_open_with_the_second() -> None:
    rows = Rows(id="rows")
    async with staged(rows, size=(40, 12)) as pilot:
        stage = pilot.app
        assert isinstance(stage, Stage)
        rows.set_rows([Row("space", ("namespace",), fold=True), Row("one", ("one",), depth=1), Row("two", ("two",))])
        await pilot.pause()

        def told() -> list[object]:
            acted = (one for one in stage.messages if isinstance(one, Rows.Chosen | Rows.Folded))
            return [(type(message), message.key) for message in acted]

        await pilot.click(rows, offset=place(rows, "one"))
        assert (rows.key, told()) == ("one", [])
        await pilot.click(rows, offset=place(rows, "two"), times=2)
        assert rows.key == "two"
        assert told() == [(Rows.Chosen, "two")], "a double click opens once"
        stage.messages.clear()
        rows.move_to("one")
        await pilot.click(rows, offset=place(rows, "one"))
        assert told() == [(Rows.Chosen, "one")], "and so does a click on the chosen row"
        stage.messages.clear()
        await pilot.click(rows, offset=place(rows, "▸"))
        assert told() == [(Rows.Folded, "space")], "the triangle needs no second click"


async def test_in_ascii_a_dash_in_a_cell_is_no_triangle() -> None:
    rows = Rows()
    async with staged(rows, size=(40, 12), ascii_only=True) as pilot:
        stage = pilot.app
        assert isinstance(stage, Stage)
        rows.set_rows([Row("one", ("one", "-"))])
        await pilot.pause()
        await pilot.click(rows, offset=place(rows, "-"))
        assert [message.key for message in stage.of(Rows.Chosen)] == ["one"]


async def test_the_triangle_of_a_tree_folds() -> None:
    view = JsonView(id="view")
    async with staged(view, size=(40, 12)) as pilot:
        view.set_value({"outer": {"inner": 1}, "last": 2})
        await pilot.pause()
        lines = view.line_count()
        x, y = place(view, "▾ outer")
        await pilot.click(view, offset=(x - 3, y))
        assert view.line_count() == lines - 1
        await pilot.click(view, offset=place(view, "last"))
        assert view.line_count() == lines - 1, "a plain value has nothing to fold"


async def test_methods_tabs_footer_cards_and_status_by_mouse() -> None:
    async with at_desk(Start(demo=True), (80, 24)) as desk:
        await desk.landed()
        await desk.until(lambda: desk.session.online and desk.explore.methods.names.rows, "the methods")
        names = desk.explore.methods.names
        await click(desk, names, "▸ boot")
        await desk.until(lambda: names.key == "namespace:boot.environment", "the namespace")
        footer = desk.workspace.query_one(KeyLine)
        await click(desk, footer, "enter open")
        await desk.see("▾ boot.environment")
        await click(desk, names, "query", times=2)
        await desk.until(lambda: desk.explore.call_pane.method is not None, "the method")
        await desk.press("escape")
        await click(desk, footer, "docs")
        await desk.see("[Docs]")
        await click(desk, footer, "keys")
        await desk.see("Keys")
        await click(desk, desk.app.screen.query_one(Hint), "close")
        await desk.until(lambda: desk.app.screen is desk.workspace, "the workspace")
        await click(desk, desk.workspace.query_one(StatusLine), "writes allowed")
        await desk.see("read-only")
