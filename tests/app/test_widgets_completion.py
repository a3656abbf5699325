"""The editor's list of completions: its keys, its place on the screen, and hostile words in it."""

from __future__ import annotations

import json
from functools import partial

import pytest
from textual.events import Paste
from textual.notifications import Notify
from textual.pilot import Pilot
from textual.widgets import Static, TextArea

from tests.app.stage import HOSTILE, Stage, drawn, said, staged
from tests.app.waiting import screen_lines, wait_for
from truenas_client.methods.catalogue import Method
from tui.model.completion import Completions, complete
from tui.model.jsontext import TextProblem
from tui.model.known import Known
from tui.model.pasting import pasted
from tui.widgets.arguments_editor import ArgumentsEditor
from tui.widgets.completion import CompletionList
from tui.widgets.json_editor import JsonEditor

METHOD = Method(
    "demo.create",
    {
        "accepts": [
            {
                "type": "object",
                "_name_": "data",
                "properties": {
                    "name": {"type": "string"},
                    "number": {"type": "integer", "default": 3},
                    "mode": {"enum": ["FAST", "FASTER", "SLOW"], "default": "SLOW"},
                    "on": {"type": "boolean", "default": False},
                    "both": {
                        "type": "object",
                        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                        "required": ["a", "b"],
                    },
                },
                "required": ["name"],
            }
        ]
    },
)


def editing(text: str, method: Method = METHOD) -> tuple[ArgumentsEditor, CompletionList]:
    choices = CompletionList()
    editor = ArgumentsEditor(choices)

    def given(text: str, caret: int, onward: bool) -> Completions | None:
        return complete(method, text, caret, Known(), onward=onward)

    editor.complete = given
    editor.load_text(text.replace("^", ""))
    editor.move_cursor(editor.location_of(text.index("^")))
    return editor, choices


def listed(choices: CompletionList) -> list[str]:
    return [one.word for one in choices.candidates]


async def opened(pilot: Pilot[None], editor: ArgumentsEditor) -> None:
    await wait_for(pilot, lambda: editor.choosing, "the list")


async def rested(pilot: Pilot[None]) -> None:
    """Waits until the text has rested after the last key, when lists open by themselves."""
    kinds = (TextArea.Changed, JsonEditor.Edited)
    stage = pilot.app
    assert isinstance(stage, Stage)

    def is_over() -> bool:
        told = [message for message in stage.messages if isinstance(message, kinds)]
        return isinstance(told[-1], JsonEditor.Edited)

    await wait_for(pilot, is_over, "the text to rest")


async def test_a_pasted_object_is_the_new_arguments_and_can_be_taken_back() -> None:
    before = '[{"name": ""}]'
    editor, choices = editing(before.replace('""', '"^"'))
    editor.pasted = partial(pasted, method=METHOD, smallest=before)
    async with staged(editor, choices) as pilot:
        editor.focus()
        pilot.app.post_message(Paste('{\r\n  "name": "books",\r\n  "number": 5\r\n}\r\n'))
        await wait_for(pilot, lambda: editor.text != before, "the paste")
        assert json.loads(editor.text) == [{"name": "books", "number": 5}]
        await pilot.press("ctrl+z")
        await wait_for(pilot, lambda: editor.text == before, "what was there")
        pilot.app.post_message(Paste("books"))
        await wait_for(pilot, lambda: "books" in editor.text, "the word")
        assert json.loads(editor.text) == [{"name": "books"}]


async def test_the_list_opens_while_a_key_is_typed_and_tab_writes_it() -> None:
    editor, choices = editing("[{^}]")
    async with staged(editor, choices) as pilot:
        editor.focus()
        await pilot.press('"', "n")
        await opened(pilot, editor)
        assert listed(choices) == ["name", "number", "on"]
        await pilot.press("u")
        await wait_for(pilot, lambda: listed(choices) == ["number"], "narrowed at once")
        await pilot.press("tab")
        assert editor.text == '[{"number": 3}]'
        assert editor.selected_text == "3"
        assert not editor.choosing
        await pilot.press("7")
        assert editor.text == '[{"number": 7}]'


async def test_a_key_with_choices_lists_them_at_the_one_it_begins_with() -> None:
    editor, choices = editing('[{"mo^}]')
    async with staged(editor, choices) as pilot:
        editor.focus()
        await pilot.press("ctrl+l", "tab")
        await opened(pilot, editor)
        assert editor.text == '[{"mode": "SLOW"}]'
        assert listed(choices) == ["FAST", "FASTER", "SLOW"]
        assert choices.current is not None
        assert choices.current.word == "SLOW"
        # Accepting what stands there changes nothing, and typing over it narrows the list.
        await pilot.press("tab")
        assert editor.text == '[{"mode": "SLOW"}]'
        editor.select_inside(10, 16)
        await pilot.press("ctrl+l", "F", "A")
        await wait_for(pilot, lambda: listed(choices) == ["FAST", "FASTER"], "narrowed")
        await pilot.press("down", "tab")
        assert editor.text == '[{"mode": "FASTER"}]'


async def test_tab_and_enter_leave_unless_something_is_being_chosen() -> None:
    editor, choices = editing('[{"na^"}]')
    other = JsonEditor("[]")
    async with staged(editor, choices, other) as pilot:
        editor.focus()
        await pilot.press("ctrl+l")
        await opened(pilot, editor)
        await pilot.press("enter")
        assert (editor.text, editor.caret) == ('[{"na"}]', 6)
        await wait_for(pilot, lambda: not editor.choosing, "closed by leaving the word")
        editor.goto(5)
        await pilot.pause()
        await pilot.press("ctrl+l", "up", "down", "enter")
        assert editor.text == '[{"name": ""}]'
        await pilot.press("tab")
        assert other.has_focus


async def test_escape_closes_and_the_list_stays_closed_until_more_is_typed() -> None:
    editor, choices = editing("[{^}]")
    async with staged(editor, choices) as pilot:
        editor.focus()
        await pilot.press('"', "n")
        await opened(pilot, editor)
        await pilot.press("escape")
        assert not editor.choosing
        assert not choices.display
        await pilot.press("left", "right")
        assert not editor.choosing
        await pilot.press("a")
        await opened(pilot, editor)
        await pilot.press("home")
        await wait_for(pilot, lambda: not editor.choosing, "closed by moving away")


async def test_the_rest_of_the_first_choice_stands_behind_the_caret_and_right_takes_it() -> None:
    editor, choices = editing('[{"name": "x", "mo^}]')
    async with staged(editor, choices) as pilot:
        editor.focus()
        await pilot.press("ctrl+l")
        await opened(pilot, editor)
        await wait_for(pilot, lambda: '"mode}]' in screen_lines(pilot)[0], "the rest of the word")
        assert editor.text == '[{"name": "x", "mo}]'
        await pilot.press("right")
        assert editor.text == '[{"name": "x", "mode": "SLOW"}]'
        # With something behind the caret that is not only closing, there is none.
        editor.load_text('[{"mo": "x"}]')
        editor.goto(5)
        await pilot.press("ctrl+l")
        await opened(pilot, editor)
        assert editor.suggestion == ""
        await pilot.press("right")
        assert editor.text == '[{"mo": "x"}]'


OPENS = [
    ('[{"on"^}]', ":", True),
    ('[{"on":^}]', " ", True),
    ('[{"mode": ^}]', '"', True),
    ('[{"mode": ^}]', "f", True),
    ('[{"name": "a^"}]', "b", False),
    ('[{"name": ^}]', "1", False),
    ("[^]", "{", False),
    ('[{"name": "x"^}]', ",", False),
    ('[{"mode": "SLO^"}]', "W", False),
]


async def test_when_it_opens_by_itself() -> None:
    editor, choices = editing("^")
    async with staged(editor, choices) as pilot:
        editor.focus()
        for start, typed, opens in OPENS:
            editor.load_text(start.replace("^", ""))
            editor.goto(start.index("^"))
            await pilot.pause()
            await pilot.press(typed)
            await rested(pilot)
            assert editor.choosing is opens, (start, typed)


async def test_with_nothing_to_choose_the_keys_that_may_follow_are_listed() -> None:
    editor, choices = editing('[{"name": "x^"}]')
    async with staged(editor, choices) as pilot:
        editor.focus()
        await pilot.press("ctrl+l")
        await opened(pilot, editor)
        assert listed(choices) == ["number", "mode", "on", "both"]
        await pilot.press("up", "tab")
        assert editor.text == '[{"name": "x", "both": {"a": "", "b": ""}}]'
        assert [completed.to_fill for completed in said(pilot, ArgumentsEditor.Completed)] == [
            ((0, "both", "a"), (0, "both", "b"))
        ]
        assert editor.selection.is_empty
        await pilot.press("q")
        assert '"a": "q"' in editor.text
        # What is typed while they are listed is a key, not more of the value.
        editor.load_text('[{"name": "x"}]')
        editor.goto(11)
        await pilot.press("ctrl+l", "o")
        await wait_for(pilot, lambda: listed(choices) == ["on", "mode", "both"], "narrowed")
        await pilot.press("tab")
        assert editor.text == '[{"name": "x", "on": false}]'


async def test_a_choice_that_was_made_can_be_made_anew() -> None:
    editor, choices = editing('[{"mode": "FAS^T"}]')
    async with staged(editor, choices) as pilot:
        editor.focus()
        await pilot.press("ctrl+l")
        await opened(pilot, editor)
        assert listed(choices) == ["FAST", "FASTER", "SLOW"]
        await pilot.press("up", "enter")
        assert editor.text == '[{"mode": "SLOW"}]'


async def test_a_place_with_nothing_says_so() -> None:
    editor, choices = editing("[{}, ^]")
    async with staged(editor, choices) as pilot:
        editor.focus()
        await pilot.press("ctrl+l")
        (told,) = said(pilot, Notify)
        assert told.notification.message == "No completions here."
        assert not editor.choosing


async def test_one_undo_takes_a_completion_back() -> None:
    editor, choices = editing('[{"bo^}]')
    async with staged(editor, choices) as pilot:
        editor.focus()
        await pilot.press("ctrl+l", "tab")
        assert editor.text == '[{"both": {"a": "", "b": ""}}]'
        await pilot.press("ctrl+z")
        assert editor.text == '[{"bo}]'


async def test_a_click_chooses() -> None:
    editor, choices = editing("[{^}]")
    async with staged(editor, choices) as pilot:
        editor.focus()
        await pilot.press("ctrl+l")
        await opened(pilot, editor)
        await pilot.pause()
        await pilot.click(choices, offset=(5, 2))
        assert editor.text.startswith('[{"number": ')
        assert not editor.choosing
        assert editor.has_focus


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_the_line_that_is_typed_in_stays_free(size: tuple[int, int]) -> None:
    for row in (0, size[1] // 2 - 1, size[1] // 2 + 2, size[1] - 1):
        editor, choices = editing("^" + "\n" * row + '[{"name": "' + "x" * 30 + '", }]')
        async with staged(editor, choices, size=size) as pilot:
            editor.styles.height = size[1]
            await pilot.pause()
            editor.focus()
            editor.goto(len(editor.text) - 2)
            await pilot.press("ctrl+l")
            await opened(pilot, editor)
            await pilot.pause()
            lines = screen_lines(pilot)
            assert lines[editor.cursor_screen_offset.y].rstrip().endswith('", }]'), row
            region = choices.region
            assert region.height == len(listed(choices)) + 2
            assert region.x >= 0
            assert region.right <= size[0]
            assert region.y >= 0
            assert region.bottom <= size[1]
            drawn(pilot)


async def test_the_list_goes_along_with_a_caret_that_moves_on_the_screen() -> None:
    editor, choices = editing('[{"name": "a", ^}]')
    offer = Static("A line that appears")
    offer.display = False
    async with staged(offer, editor, choices) as pilot:
        editor.focus()
        await pilot.press("ctrl+l", "down")
        await opened(pilot, editor)
        line, chosen = choices.region.y, choices.current
        offer.display = True
        await wait_for(pilot, lambda: choices.region.y == line + 1, "the list below the caret")
        assert editor.choosing
        assert choices.current == chosen != choices.candidates[0]


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_hostile_words_are_listed_and_written_without_harm(ascii_only: bool) -> None:
    editor, choices = editing("^")
    async with staged(editor, choices, size=(80, 12), ascii_only=ascii_only) as pilot:
        editor.focus()
        for word in HOSTILE:
            schema = {"type": "object", "_name_": "d", "properties": {word: {"enum": [word, "b"]}, "z": {}}}
            given = partial(complete, Method("demo.create", {"accepts": [schema]}), known=Known())
            editor.complete = lambda text, caret, onward, given=given: given(text, caret, onward=onward)  # type: ignore[misc]
            editor.load_text("[{}]")
            editor.goto(2)
            await pilot.press("ctrl+l")
            await opened(pilot, editor)
            await pilot.pause()
            drawn(pilot)
            await pilot.press("tab")
            await pilot.pause()
            value = json.loads(editor.text)
            (key,) = value[0]
            assert key.encode("utf-16", "surrogatepass") == word.encode("utf-16", "surrogatepass")
            assert value[0][key] == key
            if "\ufe0f" not in word:  # its width is the terminal's business
                drawn(pilot)


async def test_enter_in_a_string_goes_on_and_breaks_no_line_there() -> None:
    text = '["", 7, ""]'
    editor, choices = editing(f"^{text}")
    async with staged(editor, choices) as pilot:
        editor.focus()
        editor.gaps = [TextProblem(1, 3, "to fill in"), TextProblem(8, 10, "to fill in")]
        editor.select_inside(1, 3)
        await pilot.press("a", "enter", "b", "enter")
        assert editor.text == '["a", 7, "b"]'
        await pilot.press("enter")
        assert editor.text == '["a", 7, "b"\n]'


async def test_next_goes_through_problems_and_places_to_fill_in_order() -> None:
    text = '[{"a": "?", "b": 0, "c": x, "d": ""}]'
    editor, choices = editing(f"^{text}")
    async with staged(editor, choices) as pilot:
        editor.focus()
        at = text.index("x")
        editor.problems = [TextProblem(at, at + 1, "wrong")]
        for piece in ('"?"', "0", '""'):
            editor.gaps = [*editor.gaps, TextProblem(text.index(piece), text.index(piece) + len(piece), "to fill in")]
        await pilot.press("ctrl+g")
        assert editor.selected_text == "?"
        await pilot.press("n", "e", "w", "ctrl+g")
        assert editor.selected_text == "0"
        await pilot.press("4", "2", "ctrl+g")
        assert editor.text[editor.caret] == "x"
        await pilot.press("ctrl+g")
        assert editor.selection.is_empty
        await pilot.press("y")
        assert editor.text == '[{"a": "new", "b": 42, "c": x, "d": "y"}]'
        editor.problems, editor.gaps = [], []
        await pilot.press("ctrl+g")
        (told,) = said(pilot, Notify)
        assert "nothing to fill in" in told.notification.message
