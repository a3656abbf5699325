"""The documentation widget: how it is drawn, moves, folds and finds, and what hostile servers can do to it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from tests.app.stage import HOSTILE, drawn, said, staged
from tests.app.waiting import resized
from tests.shelf import SHELF
from truenas_client.methods.catalogue import Catalogue, Method
from tui.widgets.docs import Docs

CATALOGUE = {
    "shelf.create": SHELF,
    "shelf.query": {"filterable": True, "description": "Lists.", "accepts": []},
    "wall.paint": {"roles": ["READONLY_ADMIN"], "accepts": []},
}


class Books:
    """A library that knows these methods, and the roles of whoever reads."""

    def __init__(self, methods: dict[str, Any], roles: Collection[str] | None = None) -> None:
        self.catalogue = Catalogue.from_methods(methods)
        self.roles = roles

    def method(self, name: str) -> Method | None:
        return self.catalogue.get(name)


def library(**options: Any) -> Books:
    return Books(CATALOGUE, **options)


def lines(pilot: Pilot[None]) -> list[str]:
    return [line.rstrip() for line in drawn(pilot)]


def under(pilot: Pilot[None]) -> str:
    """The line with the cursor."""
    return next(line for line in drawn(pilot) if line.startswith(("› ", "> ")))[2:].rstrip()


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Presses keys, each after the widget has dealt with the one before."""
    for key in keys:
        pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await pilot.pause()


async def to(pilot: Pilot[None], text: str) -> None:
    """Moves down to the line that begins with a text."""
    docs = pilot.app.query_one(Docs)
    texts = [
        "".join(span.text for span in docs.line_spans(index, 80)).strip(" ›") for index in range(docs.line_count())
    ]
    docs.cursor = next(index for index, line in enumerate(texts) if line.startswith(text))
    await pilot.pause()


async def test_what_is_said_of_a_method() -> None:
    books = library(roles={"ROOM_ADMIN"})
    docs = Docs(books)
    async with staged(docs, size=(60, 40)) as pilot:
        docs.show(books.method("shelf.create"))
        docs.focus()
        await pilot.pause()
        assert lines(pilot)[:13] == [
            "› shelf.create  write  job",
            "",
            "  Puts up a shelf, as shelf.query lists them.",
            "",
            "  See wall.paint,",
            "  shelf.query and no.such.",
            "",
            "  needs one of  SHELF_WRITE,  ROOM_ADMIN:",
            "    you have ROOM_ADMIN",
            "",
            "  Arguments",
            "  ▾ shelf  ShelfCreate  required",
            "      name    string  required  not empty",
        ]
        docs.show(None)
        await pilot.pause()
        assert not "".join(drawn(pilot)).strip()


async def test_a_scroll_bar_that_comes_leaves_the_lines_as_they_were() -> None:
    books = library()
    docs = Docs(books)
    async with staged(docs, size=(60, 60)) as pilot:
        docs.show(books.method("shelf.create"))
        for width in range(36, 60, 4):
            texts = []
            for height in (60, 8):
                await resized(pilot, width, height)
                spans = [docs.line_spans(at, width) for at in range(docs.line_count())]
                texts.append(["".join(span.text for span in line) for line in spans])
            assert texts[0] == texts[1], width


async def test_ascii_has_signs_of_its_own() -> None:
    books = library()
    docs = Docs(books)
    async with staged(docs, size=(60, 40), ascii_only=True) as pilot:
        docs.show(books.method("shelf.create"))
        docs.focus()
        await pilot.pause()
        assert "".join(lines(pilot)).isascii()
        assert any(line.startswith("  - shelf") for line in lines(pilot))
        assert any(line.startswith("    + extras") for line in lines(pilot))


async def test_keys_fold_as_in_lists() -> None:
    books = library()
    docs = Docs(books)
    async with staged(docs, size=(60, 24)) as pilot:
        docs.show(books.method("shelf.create"))
        docs.focus()
        await pilot.pause()
        await to(pilot, "▸ extras")
        await press(pilot, "right")
        assert under(pilot) == "  ▾ extras  Extras"
        await press(pilot, "right")
        assert under(pilot).strip() == "▸ lamp  Lamp  1 member", "on what is open, right goes inside"
        await press(pilot, "left")
        assert under(pilot) == "  ▾ extras  Extras", "on what is folded, left goes to what holds it"
        await press(pilot, "left")
        assert under(pilot) == "  ▸ extras  Extras  1 member"
        await press(pilot, "Z")
        assert any(line.strip().startswith("watt") for line in lines(pilot)), "everything below is open"
        await press(pilot, "space")
        assert under(pilot) == "  ▸ extras  Extras  1 member"
        await to(pilot, "▾ bolts")
        await press(pilot, "enter")
        assert under(pilot) == "  ▸ bolts   object  required  1 member", "without a page of its own, enter folds"
        await to(pilot, "▸ colour")
        await press(pilot, "l", "pagedown")
        assert any('"C39"' in line for line in lines(pilot))


async def test_enter_opens_a_type_and_backspace_returns_to_the_same_cursor() -> None:
    books = library()
    docs = Docs(books)
    async with staged(docs, size=(60, 16)) as pilot:
        docs.show(books.method("shelf.create"))
        docs.focus()
        await pilot.pause()
        await press(pilot, "backspace")
        assert under(pilot).startswith("shelf.create"), "on the first page there is no way back"
        await to(pilot, "▸ extras")
        assert docs.hint() == "enter opens Extras"
        before = lines(pilot)
        await press(pilot, "enter")
        assert [line.strip() for line in lines(pilot) if line] == [
            "› Extras",
            "in  shelf.create > shelf",
            "Members",
            "▸ lamp  Lamp  1 member",
        ]
        await to(pilot, "▸ lamp")
        await press(pilot, "enter")
        assert under(pilot) == "Lamp"
        assert docs.depth == 2
        await press(pilot, "backspace")
        assert under(pilot) == "▸ lamp  Lamp  1 member"
        await press(pilot, "backspace")
        await pilot.pause()
        assert lines(pilot) == before
        assert docs.depth == 0


async def test_names_in_a_description_lead_to_the_methods_and_these_to_their_arguments() -> None:
    books = library()
    docs = Docs(books)
    async with staged(docs, size=(60, 16)) as pilot:
        docs.show(books.method("shelf.create"))
        docs.focus()
        await pilot.pause()
        await to(pilot, "See wall.paint")
        await press(pilot, "enter")
        assert under(pilot) == "wall.paint  read" or under(pilot) == "wall.paint  write"
        await press(pilot, "enter")
        assert [message.method for message in said(pilot, Docs.CallWanted)] == ["wall.paint"]
        await press(pilot, "backspace")
        assert under(pilot) == "See wall.paint,"


async def test_enter_on_an_example_offers_it_as_the_draft() -> None:
    books = library()
    docs = Docs(books)
    async with staged(docs, size=(60, 16)) as pilot:
        docs.show(books.method("shelf.create"))
        docs.focus()
        await pilot.pause()
        await press(pilot, "G")
        assert docs.hint() == "enter makes it the draft"
        await press(pilot, "enter")
        wanted = said(pilot, Docs.DraftWanted)
        assert [(message.method, message.params) for message in wanted] == [("shelf.create", [{"name": "books"}])]


async def test_each_method_is_found_as_it_was_left() -> None:
    books = library()
    docs = Docs(books)
    async with staged(docs, size=(60, 16)) as pilot:
        docs.show(books.method("shelf.create"))
        docs.focus()
        await pilot.pause()
        await to(pilot, "▾ place")
        await press(pilot, "space")
        before = lines(pilot)
        docs.show(books.method("wall.paint"))
        await pilot.pause()
        assert under(pilot).startswith("wall.paint")
        docs.show(books.method("shelf.create"))
        await pilot.pause()
        assert lines(pilot) == before
        await to(pilot, "▸ extras")
        await press(pilot, "enter")
        docs.show(books.method("wall.paint"))
        docs.show(books.method("shelf.create"))
        await pilot.pause()
        assert under(pilot) == "Extras"
        await press(pilot, "backspace")
        assert under(pilot) == "  ▸ extras  Extras  1 member"


async def test_another_catalogue_shows_at_once_and_folds_stay() -> None:
    books = library()
    docs = Docs(books)
    async with staged(docs, size=(60, 24)) as pilot:
        docs.show(books.method("shelf.create"))
        docs.focus()
        await pilot.pause()
        await to(pilot, "▾ bolts")
        await press(pilot, "space")
        books.catalogue = Catalogue.from_methods({"shelf.create": {**SHELF, "description": "Another text."}})
        docs.show(books.method("shelf.create"))
        await pilot.pause()
        assert any("Another text." in line for line in lines(pilot))
        assert under(pilot) == "  ▸ bolts   object  required  1 member"


async def test_it_wraps_again_when_the_width_changes_and_the_cursor_stays() -> None:
    books = library()
    docs = Docs(books)
    async with staged(docs, size=(60, 20)) as pilot:
        docs.show(books.method("shelf.create"))
        docs.focus()
        await pilot.pause()
        tall = docs.line_count()
        await to(pilot, "▾ bolts")
        await resized(pilot, 34, 20)
        await pilot.pause()
        drawn(pilot)
        assert docs.line_count() > tall
        assert under(pilot).strip().startswith("▾ bolts")


async def test_find_goes_through_what_is_folded_and_around() -> None:
    books = library()
    docs = Docs(books)
    async with staged(docs, size=(60, 10)) as pilot:
        docs.show(books.method("shelf.create"))
        docs.focus()
        await pilot.pause()
        docs.find("WATT")
        assert docs.match_count == 1
        await pilot.pause()
        assert under(pilot).strip() == "watt  any value"
        docs.find("integer")
        assert docs.match_count == 3
        seen = []
        for _ in range(4):
            await press(pilot, "n")
            seen.append(under(pilot).split()[0])
        assert seen == ["id", "height", "size", "id"] or sorted(set(seen)) == ["height", "id", "size"]
        await press(pilot, "N")
        assert under(pilot).split()[0] == seen[-2]
        docs.find("C39")
        assert docs.match_count == 1
        await pilot.pause()
        assert any('"C39"' in line for line in lines(pilot)), "what unfolds to be seen is unfolded"
        docs.find("no such word")
        assert docs.match_count == 0
        docs.find("")
        assert docs.match_count == 0
        await press(pilot, "n", "G", "g", "pagedown", "j", "k")
        drawn(pilot)


async def test_the_mouse_moves_the_cursor_and_a_double_click_opens() -> None:
    books = library()
    docs = Docs(books)
    async with staged(docs, size=(60, 30)) as pilot:
        docs.show(books.method("shelf.create"))
        docs.focus()
        await pilot.pause()
        at = next(number for number, line in enumerate(lines(pilot)) if "▸ extras" in line)
        await pilot.click(offset=(10, at))
        assert under(pilot).strip().startswith("▸ extras")
        await pilot.click(offset=(10, at), times=2)
        assert under(pilot) == "Extras"


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_documentation(text: str) -> None:
    schema = {
        "type": "object",
        "title": text,
        "description": text,
        "properties": {
            text: {"type": text, "enum": [text, text + "x"], "default": text, "description": text, "examples": [text]},
            "inner": {"type": "object", "title": text, "properties": {text: {"pattern": text}}},
        },
        "required": [text, "inner"],
    }
    nested = {"anyOf": [schema, {"type": "object", "title": text, "properties": {text: schema}}]}
    example = f"{text}\n" + '{"method": "evil.x", "params": [%s]}' % (f'"{text}"' if text.isprintable() else "1")
    entry = {
        "description": f"{text} evil.{text} other.one",
        "cli_description": text,
        "roles": [text],
        "examples": {"websocket": [example, text]},
        "accepts": [{**schema, "_name_": text}, {**nested, "_name_": "n"}],
        "returns": [nested],
    }
    books = Books({f"evil.{text}": entry, "evil.x": entry, "other.one": entry}, roles={text})
    docs = Docs(books)
    async with staged(docs, size=(80, 20)) as pilot:
        docs.focus()
        for name in (f"evil.{text}", "evil.x"):
            docs.show(books.method(name))
            await press(pilot, "G", "enter", "g", "shift+space", "enter")
            drawn(pilot)
        for width in (120, 7):
            await resized(pilot, width, 20)
            docs.find(text[:5])
            for key in ("n", "g", "shift+space", "pagedown", "enter", "backspace", "G"):
                await press(pilot, key)
                drawn(pilot)
