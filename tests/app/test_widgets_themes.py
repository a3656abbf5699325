"""Contrast of every text colour on every background it can meet, in the app's own themes; other themes load."""

import pytest
from rich.style import Style

from tests.app.stage import drawn, staged
from tui.themes import THEMES
from tui.widgets.json_editor import JsonEditor
from tui.widgets.lines import STYLES
from tui.widgets.pane import Pane
from tui.widgets.rows import Cell, Row, Rows
from tui.widgets.status_line import Status, StatusLine

ENOUGH = 4.5


def luminance(color: tuple[int, int, int]) -> float:
    def part(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (part(value) for value in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(style: Style) -> float:
    assert style.color is not None
    assert style.bgcolor is not None
    light, dark = sorted(
        (luminance(style.color.get_truecolor()), luminance(style.bgcolor.get_truecolor())), reverse=True
    )
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_every_text_is_readable_with_and_without_focus(theme: str) -> None:
    rows, editor = Rows(), JsonEditor('{"key": "text", "n": 1, "b": null}')
    pane = Pane("Title", tabs=["One", "Two"], tab="One")
    status = StatusLine(Status(True, "nas", "admin", "26", writable=True, latency=3, note="note"))
    pane.compose_add_child(rows)
    pane.compose_add_child(editor)
    async with staged(status, pane, theme=theme, size=(100, 30)) as pilot:
        pane.facts = [("problem", "error"), ("write", "warning"), ("ok", "ok"), "plain"]
        cells = [Row(name, (Cell(f"{name} text", name),)) for name in STYLES]
        for row in range(len(cells)):
            rows.set_rows(cells)
            rows.cursor = row
            for focused in (rows, editor):
                focused.focus()
                await pilot.pause()
                for strip in pilot.app.screen._compositor.render_strips():
                    for text, style, _ in strip:
                        letters = any(character.isalnum() for character in text)
                        if letters and style is not None:
                            assert contrast(style) >= ENOUGH, (theme, text, style)


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light", "textual-light", "nord", "dracula"])
async def test_other_themes_can_be_used(theme: str) -> None:
    rows = Rows()
    async with staged(StatusLine(), rows, JsonEditor("[]"), theme=theme) as pilot:
        rows.set_rows([Row("a", (Cell("a", "error"), Cell("b", "dim")))])
        rows.focus()
        await pilot.pause()
        drawn(pilot)


@pytest.mark.parametrize("theme", ["dark", "light", "ansi-dark"])
async def test_the_cursor_row_differs_with_and_without_focus(theme: str) -> None:
    rows, other = Rows(), Rows()
    async with staged(rows, other, theme=theme, size=(40, 10)) as pilot:
        rows.set_rows([Row("a", ("one",)), Row("b", ("two",))])

        def look() -> list[Style | None]:
            return [strip._segments[-1].style for strip in pilot.app.screen._compositor.render_strips()[:2]]

        rows.focus()
        await pilot.pause()
        focused = look()
        other.focus()
        await pilot.pause()
        blurred = look()
        assert focused[0] != focused[1]
        assert focused[0] != blurred[0]
        assert blurred[0] != blurred[1]
