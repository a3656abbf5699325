"""The form in the call pane: rows that are edited, and the text that comes of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual import on, work
from textual.events import Paste
from textual.pilot import Pilot

from tests.app.stage import HOSTILE, drawn, staged
from tests.app.waiting import dealt_with, wait_for
from truenas_client import Catalogue
from truenas_client.methods.catalogue import Method
from tui.cards.choose import ChooseScreen
from tui.widgets.call_pane import CallPane
from tui.widgets.draft_view import FORM, DraftView
from tui.widgets.form_view import FormView

TEXT = {"type": "string"}
MEMBERS: dict[str, Any] = {
    "name": TEXT | {"description": "What the shelf is called."},
    "size": {"type": "integer", "minimum": 1024},
    "open": {"type": "boolean"},
    "wood": {"enum": ["OAK", "PINE"]},
    "password": TEXT,
    "pool": TEXT,
    "tags": {"type": "array", "items": TEXT},
    "labels": {"type": "object", "additionalProperties": TEXT},
    "owner": {"anyOf": [TEXT, {"type": "integer"}, {"type": "null"}], "default": None},
}


class Shelves:
    """A library with one method in it."""

    def __init__(self) -> None:
        schema = {"type": "object", "_name_": "shelf", "_required_": True, "properties": MEMBERS,
                  "required": ["name", "size"]}  # fmt: skip
        self.catalogue = Catalogue.from_methods({"shelf.create": {"accepts": [schema], "returns": []}})

    def method(self, name: str) -> Method | None:
        return self.catalogue.get(name)


class Pane(CallPane):
    """A call pane that asks by itself, as its section does."""

    @on(DraftView.ChoiceWanted)
    @work
    async def _choose(self, event: DraftView.ChoiceWanted) -> None:
        if (answer := await ChooseScreen(event.title, event.entries).ask(self)) is not None:
            event.take(answer)


class At:
    """The form of a method, and what is done with it."""

    def __init__(self, pilot: Pilot[None], pane: CallPane) -> None:
        self.pilot, self.pane = pilot, pane

    @property
    def form(self) -> FormView:
        view = self.pane.draft_view
        assert isinstance(view, FormView)
        return view

    @property
    def value(self) -> Any:
        return json.loads(self.pane.text)[0]

    async def go(self, *path: str | int, kind: str = "") -> None:
        self.form.back()
        assert self.form.rows.move_to(json.dumps([kind, 0, *path])), path
        await self.pilot.pause()

    async def paste(self, text: str) -> None:
        self.form.rows.post_message(Paste(text))
        await dealt_with(self.pilot)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def enter(self, text: str) -> None:
        """Types over what the row holds."""
        await self.press("enter", "ctrl+u", *text)
        await self.press("enter")


@asynccontextmanager
async def form(
    text: str | None = None, size: tuple[int, int] = (80, 30), *, ascii_only: bool = False
) -> AsyncIterator[At]:
    library = Shelves()
    pane = Pane(library)  # type: ignore[arg-type]
    async with staged(pane, size=size, ascii_only=ascii_only) as pilot:
        method = library.method("shelf.create")
        assert method is not None
        pane.open(method, text)
        pane.show(FORM)
        pane.focus_view()
        await pilot.pause()
        await pilot.pause()
        yield At(pilot, pane)


async def test_rows_of_each_kind_are_filled_in() -> None:
    async with form() as at:
        shown = "\n".join(drawn(at.pilot))
        assert "7 more" in shown
        assert "to fill in" in shown
        await at.go("name")
        assert "What the shelf is called" in "\n".join(drawn(at.pilot))
        await at.enter("oak")
        await at.go("size")
        await at.enter("10 GiB")
        assert at.value == {"name": "oak", "size": 10737418240}
        assert "10.0 GiB" in "\n".join(drawn(at.pilot))
        await at.go(kind="more")
        await at.press("enter")
        await at.go("open")
        await at.press("space")
        assert at.value["open"] is True
        await at.press("space")
        assert at.value["open"] is False
        await at.go("wood")
        await at.press("enter")
        await at.press("down", "enter")
        assert at.value["wood"] == "PINE"
        await at.go("password")
        await at.enter("hidden1")
        assert at.value["password"] == "hidden1"
        assert "hidden1" not in "\n".join(drawn(at.pilot))
        await at.go("password")
        await at.press("delete")
        assert "password" not in at.value


async def test_items_members_and_branches() -> None:
    async with form('[{"name": "a", "size": 2048, "tags": [], "labels": {}, "owner": null}]') as at:
        await at.go("tags", kind="add")
        await at.press("enter")
        await at.press(*"red", "enter")
        assert at.value["tags"] == ["red"]
        await at.go("labels", kind="add")
        await at.press("enter", *"k", "enter")
        await at.press(*"v", "enter")
        assert at.value["labels"] == {"k": "v"}
        await at.go("labels", kind="add")
        await at.press("enter", *"half")
        assert at.pane.settle() == "the member half is not added yet"
        await at.press("ctrl+u")
        assert at.pane.settle() == ""
        await at.go("owner")
        await at.press("t")
        await at.press("down", "enter")
        assert at.value["owner"] == 0
        await at.press("ctrl+z")
        assert at.value["owner"] is None
        await at.press("ctrl+y", "ctrl+z", "ctrl+z")
        assert at.value["labels"] == {"k": ""}


async def test_a_value_out_of_limits_stays_in_the_field_and_escape_leaves_it() -> None:
    async with form('[{"name": "a", "size": 2048}]') as at:
        await at.go("size")
        await at.enter("5")
        assert "Not taken: at least 1024" in "\n".join(drawn(at.pilot))
        assert at.form.field.has_focus
        assert at.form.back()
        assert at.value["size"] == 2048


async def test_tab_and_arrows_take_what_was_typed_and_go_on() -> None:
    async with form('[{"name": "a", "size": 2048}]') as at:
        await at.go("name")
        await at.press("enter", *"bc", "tab")
        assert at.value["name"] == "bc"
        assert at.form.row is not None
        assert at.form.row.name == "size"
        assert at.form.rows.has_focus
        await at.press("enter", "up")
        assert at.form.row.name == "name"
        await at.press("t")
        assert not at.form.field.display


async def test_names_from_earlier_results_are_offered() -> None:
    async with form('[{"name": "a", "size": 2048, "pool": ""}]') as at:
        at.pane.known.learn("pool.query", [{"id": 1, "name": "tank"}, {"id": 2, "name": "archive"}])
        await at.go("pool")
        await at.press("enter", "ctrl+u", "a")
        await at.pilot.pause()
        await at.press("right", "enter")
        assert at.value["pool"] == "archive"
        await at.press("ctrl+l")
        await at.press("enter")
        assert at.value["pool"] == "tank"


async def test_what_is_to_be_filled_in_is_typed_at_once_one_after_the_other() -> None:
    async with form() as at:
        await at.press(*"oak", "enter")
        await at.press(*"10 G", "enter")
        assert at.value == {"name": "oak", "size": 10 << 30}
        assert at.form.rows.has_focus
        await at.press("ctrl+z")
        assert at.value["name"] == "oak"


async def test_rows_are_found_by_name_also_folded_ones() -> None:
    async with form('[{"name": "a", "size": 2048, "place": {"room": {"number": 1}}}]') as at:
        assert at.form.find()
        await at.press(*"wood")
        assert [row.name for row in at.form.shown] == ["shelf", "wood"]
        await at.press("enter", "enter")
        await at.press("down", "enter")
        assert at.value["wood"] == "PINE"
        assert at.form.back()
        assert at.form.row is not None
        assert (at.form.row.name, at.form.rows.has_focus, len(at.form.shown) > 2) == ("wood", True, True)
        await at.press("ctrl+z")
        assert at.form.find()
        await at.press(*"called")
        assert [row.name for row in at.form.shown] == ["shelf", "name"], "by what the server says of it"
        await at.press("ctrl+u", *"tag")
        assert [(row.name, row.kind) for row in at.form.shown] == [("shelf", "group"), ("tags", "list"), ("", "add")]
        await at.press("enter", "enter")
        assert len(at.form.shown) > 3, "a container leads back to all rows"
        assert at.form.row.name == "tags"
        assert at.form.find()
        await at.press(*"nowhere")
        assert "No row has that name" in "\n".join(drawn(at.pilot))
        assert at.form.back()


async def test_a_cell_of_many_lines() -> None:
    long = {"room": {"number": 1, "floor": "the second floor", "house": "the long house"}}
    async with form(json.dumps([{"name": "a", "size": 2048, "place": long, "pool": "one\ntwo"}]), (80, 12)) as at:
        await at.go("place")
        await at.press("enter")
        cell = at.form.cell
        assert cell.has_focus
        assert cell.text == json.dumps(long, indent=2)
        drawn(at.pilot)
        cell.load_text('{"room": 5')
        await at.press("tab")
        at.form.show_draft(at.pane.draft, at.pane.known)  # as when a check of the text ends
        await at.pilot.pause()
        assert "Not taken: not JSON" in "\n".join(drawn(at.pilot))
        cell.load_text('{"room":\n 5}')
        await at.press("tab")
        assert at.value["place"] == {"room": 5}
        await at.go("pool")
        await at.press("enter")
        assert cell.text == "one\ntwo"
        await at.press("end", "x")
        assert at.form.back()
        assert at.value["pool"] == "one\ntwo"
        # Lines that are pasted into the field.
        await at.go("name")
        await at.press("enter")
        at.form.field.post_message(Paste("-----BEGIN-----\nabc\n"))
        await at.pilot.pause()
        assert cell.text == "-----BEGIN-----\nabc\n"
        # The run takes over what is typed.
        assert at.pane.settle() == ""
        assert at.value["name"] == cell.text
        await at.pilot.pause()
        assert at.form.rows.has_focus


async def test_what_is_pasted_goes_into_the_row() -> None:
    async with form('[{"name": "a", "size": 2048, "tags": ["red"]}]') as at:
        for path, kind, paste in [
            (("name",), "", "oak"),
            (("size",), "", "10 GiB"),
            (("tags",), "", '"blue", "green"'),
            ((), "", '{"wood": "OAK"}'),
            (("wood",), "", "PINE"),
        ]:
            await at.go(*path, kind=kind)
            await at.paste(paste)
        expected = {"name": "oak", "size": 10 << 30, "tags": ["red", "blue", "green"], "wood": "PINE"}
        assert at.value == expected
        await at.go(kind="more")
        await at.press("enter")
        await at.go("password")
        await at.paste("-----KEY-----\nabc\n")
        assert at.value["password"] == "-----KEY-----\nabc\n"
        await at.go("size")
        await at.paste("many")
        await wait_for(at.pilot, lambda: "Not taken: not a number" in "\n".join(drawn(at.pilot)), "why not")
        await at.paste('{"name": "b", "size": 4096}')
        assert at.value["name"] == "b"


async def test_a_secret_is_hidden_by_signs_of_ascii_on_a_screen_of_ascii() -> None:
    async with form('[{"name": "a", "size": 2048, "password": "hidden1"}]', ascii_only=True) as at:
        assert "********" in "\n".join(drawn(at.pilot))
        await at.go("password")
        await at.press("enter")
        shown = "\n".join(drawn(at.pilot))
        assert "*******" in shown
        assert "•" not in shown


async def test_a_secret_that_was_left_out_is_filled_in() -> None:
    async with form('[{"name": "a", "size": 2048, "password": "********"}]') as at:
        assert "to fill in" in "\n".join(drawn(at.pilot))
        assert at.form.field.has_focus
        assert at.form.field.password
        await at.press(*"hidden1", "enter")
        assert at.value["password"] == "hidden1"


async def test_problems_stand_on_their_rows_and_broken_text_says_so() -> None:
    async with form('[{"name": "a", "size": 1}]') as at:
        lines = drawn(at.pilot)
        assert any("size" in line and "1024" in line for line in lines)
        at.pane.editor.load_text('[{"name": ')
        at.pane.look()
        await at.pilot.pause()
        assert "F2 shows the text" in "\n".join(drawn(at.pilot))


async def test_hostile_values_are_drawn_safely() -> None:
    async with form(json.dumps([{"name": text, "size": 1024, text: text} for text in HOSTILE])) as at:
        drawn(at.pilot)
