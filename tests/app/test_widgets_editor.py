"""The JSON editor: colours, problems, offsets, keys, pasting, and its cost beside a plain text area."""

import json

import pytest
from rich.style import Style
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip

from tests.app.stage import HOSTILE, drawn, said, staged
from tests.app.waiting import wait_for
from tui.model.jsontext import TextProblem
from tui.widgets.json_editor import JsonEditor
from tui.widgets.json_tokens import harmless

TEXT = """[
  [["status", "!=", "ONLINE"]],
  {"order_by": ["-size"], "limt": 50, "get": false, "x": null}
]"""


def styles_of(editor: JsonEditor, row: int) -> dict[str, Style]:
    """The style of each coloured piece of a line."""
    line = editor.get_line(row)
    return {line.plain[span.start : span.end]: span.style for span in line.spans if isinstance(span.style, Style)}


async def test_tokens_are_coloured_by_kind_in_both_themes() -> None:
    editor = JsonEditor(TEXT)
    async with staged(editor) as pilot:
        seen = []
        for theme in ("dark", "light"):
            pilot.app.theme = theme
            await pilot.pause()
            styles = styles_of(editor, 2)
            kinds = [styles['"order_by"'], styles['"-size"'], styles["50"], styles["false"], styles["{"]]
            assert len({style.color for style in kinds}) == 5
            assert styles["null"] == styles["false"]
            assert styles_of(editor, 1)['"status"'] == styles['"-size"']
            seen.append(kinds)
            drawn(pilot)
        assert seen[0] != seen[1]


@pytest.mark.parametrize("line", ['"open', '"a\\"b": 1', '{"a":"b"}', "-1.5e+10", '"x" : tru', "{[", '"\\', "]]}}"])
async def test_broken_json_is_coloured_without_harm(line: str) -> None:
    editor = JsonEditor(line)
    async with staged(editor) as pilot:
        assert editor.get_line(0).plain == line
        drawn(pilot)


async def test_problems_are_underlined_and_move_with_the_text() -> None:
    editor = JsonEditor(TEXT)
    async with staged(editor) as pilot:
        at = TEXT.index('"limt"')
        editor.problems = [TextProblem(len(TEXT), len(TEXT), "more expected"), TextProblem(at, at + 6, "no field limt")]
        assert styles_of(editor, 2)['"limt"'].underline
        assert styles_of(editor, 3)["]"].underline
        assert editor.problem is not None
        assert editor.describe(editor.problem) == "3:27 no field limt"
        await pilot.press("ctrl+g")
        assert editor.caret == at
        await pilot.press("ctrl+g")
        assert editor.caret == len(TEXT)
        await pilot.press("ctrl+g")
        assert editor.caret == at
        editor.goto(0)
        await pilot.press("space", "enter")
        assert styles_of(editor, 3)['"limt"'].underline
        assert editor.describe(editor.problems[0]) == "4:27 no field limt"
        editor.select(editor.problems[0].start, editor.problems[0].end)
        assert editor.selected_text == '"limt"'
        await pilot.press("a")
        assert styles_of(editor, 3)["a"].underline
        editor.problems = []
        assert editor.problem is None
        await pilot.press("ctrl+g")


async def test_a_problem_over_several_lines_and_beyond_the_end() -> None:
    editor = JsonEditor(TEXT)
    async with staged(editor) as pilot:
        editor.problems = [TextProblem(0, 10_000, "all of it")]
        for row in range(4):
            assert any(style.underline for style in styles_of(editor, row).values()), row
        drawn(pilot)
        editor.load_text("")
        editor.problems = [TextProblem(0, 0, "a value is expected")]
        await pilot.pause()
        drawn(pilot)


async def test_offsets_and_locations_agree() -> None:
    editor = JsonEditor(TEXT)
    async with staged(editor):
        for offset in range(len(TEXT) + 1):
            assert editor.offset_of(editor.location_of(offset)) == offset
        assert editor.location_of(10_000) == (3, 1)
        assert editor.location_of(-5) == (0, 0)


async def test_edited_comes_once_after_the_last_key() -> None:
    editor = JsonEditor("[]")
    async with staged(editor) as pilot:
        await pilot.press("right", "1", "comma", "2")
        await wait_for(pilot, lambda: said(pilot, JsonEditor.Edited), "edited")
        assert editor.text == "[1,2]"
        assert len(said(pilot, JsonEditor.Edited)) == 1
        await pilot.press("backspace")
        await wait_for(pilot, lambda: len(said(pilot, JsonEditor.Edited)) == 2, "edited again")


async def test_enter_indents_and_tab_leaves() -> None:
    editor = JsonEditor("  {}")
    other = JsonEditor("[]")
    async with staged(editor, other) as pilot:
        editor.focus()
        editor.goto(3)
        await pilot.pause()
        press(pilot, "enter", "\r", at=1000.0)
        await wait_for(pilot, lambda: editor.text == "  {\n    }", "the indented line")
        await pilot.press("tab")
        assert other.has_focus


def press(pilot: Pilot[None], key: str, character: str, *, at: float) -> None:
    """A key that the terminal sent at a moment of our choice."""
    event = events.Key(key, character)
    event.time = at
    pilot.app.post_message(event)


async def test_a_newline_right_after_another_key_is_pasted_and_a_later_one_runs() -> None:
    editor = JsonEditor("")
    ran: list[str] = []

    class Runs(App[None]):
        BINDINGS = [("ctrl+j", "run", "run")]

        def compose(self) -> ComposeResult:
            yield editor

        def action_run(self) -> None:
            ran.append(editor.text)

    app = Runs()
    async with app.run_test() as pilot:
        editor.focus()
        await pilot.pause()
        keys = [("a", "a"), ("ctrl+j", "\n"), ("b", "b"), ("ctrl+j", "\n"), ("ctrl+j", "\n"), ("c", "c")]
        for number, (key, character) in enumerate(keys):
            press(pilot, key, character, at=1000 + number / 1000)
        await wait_for(pilot, lambda: "c" in editor.text, "the pasted text")
        assert editor.text == "a\nb\n\nc"
        assert not ran
        press(pilot, "ctrl+j", "\n", at=1001.0)
        await wait_for(pilot, lambda: ran, "the run")
        assert ran == ["a\nb\n\nc"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_enters_as_escapes_and_means_the_same(text: str) -> None:
    written = json.dumps([text], ensure_ascii=False)
    assert json.loads(harmless(written)) == [text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")] or (
        json.loads(harmless(written)) == [text]
    )
    editor = JsonEditor(written)
    async with staged(editor, size=(50, 12)) as pilot:
        if "\ufe0f" not in text:  # emoji variation stays as typed; its width is the terminal's business
            drawn(pilot)
        editor.load_text("")
        editor.insert(written)
        await pilot.pause()
        assert editor.text == harmless(written)
        assert json.loads(editor.text) == json.loads(written)


class Slow(JsonEditor):
    """Draws every line the way the base class does."""

    def _still_line(self, y: int) -> Strip | None:
        return None


def characters(pilot: Pilot[None]) -> list[list[tuple[str, Style]]]:
    """Every character on screen with what is to be seen of its style."""
    return [
        [
            (character, Style(color=style.color, bgcolor=style.bgcolor, bold=style.bold, underline=style.underline))
            for text, style, _ in strip
            if style is not None
            for character in text
        ]
        for strip in pilot.app.screen._compositor.render_strips()
    ]


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "[\n"
        + ",\n".join(f'  {{"name": "tank/set{index}", "size": {index}, "日本": true}}' for index in range(60))
        + "\n]",
        json.dumps([{"name": f"tank/set{index}", "on": None} for index in range(300)]),
        json.dumps({"wrapped here and there " * 3: "語" * 90, "b": [1.5e3, False] * 20}, ensure_ascii=False),
        'tabs\t"a":\t1\n\t{"x": 2}',
        "",
    ],
    ids=["small", "many lines", "one long line", "wide", "tabs", "empty"],
)
async def test_lines_drawn_the_quick_way_look_the_same(text: str) -> None:
    screens: list[list[list[list[tuple[str, Style]]]]] = []
    for kind in (JsonEditor, Slow):
        editor = kind(text)
        seen = []
        async with staged(editor, size=(50, 12)) as pilot:
            editor.focus()
            editor.problems = [TextProblem(len(text) // 2, len(text) // 2 + 70, "here"), TextProblem(3, 5, "there")]
            for step in ("end", "x", "pagedown", "ctrl+g", "shift+up", "{"):
                await pilot.press(step)
                seen.append(characters(pilot))
            pilot.app.theme = "light"
            await pilot.pause()
            seen.append(characters(pilot))
        screens.append(seen)
    for number, (quick, slow) in enumerate(zip(*screens, strict=True)):
        for row, (left, right) in enumerate(zip(quick, slow, strict=True)):
            assert left == right, f"step {number}, line {row}"
