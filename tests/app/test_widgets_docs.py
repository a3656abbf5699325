"""The documentation pane: what it says, how it wraps, finding, and every method there is."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.app.stage import HOSTILE, drawn, staged
from tests.facts import require_facts
from truenas_client.catalogue import Catalogue
from tui.widgets.docs import Docs, method_lines


def catalogue(**entry: Any) -> Catalogue:
    return Catalogue.from_methods({"shelf.create": entry})


SHELF = {
    "description": "Puts up a shelf.\n\nIt can hold books and other things that are not too heavy for it to hold.",
    "roles": ["SHELF_WRITE", "ROOM_ADMIN"],
    "job": True,
    "accepts": [
        {
            "_name_": "shelf",
            "_required_": True,
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "minLength": 1, "description": "What to call it."},
                "boards": {"type": "integer", "default": 3, "minimum": 1, "maximum": 9},
                "wood": {"enum": ["OAK", "PINE"], "type": "string"},
                "place": {
                    "anyOf": [
                        {"type": "object", "title": "Wall", "properties": {"height": {"type": "integer"}}},
                        {"type": "object", "title": "Floor", "properties": {"corner": {"type": "boolean"}}},
                    ]
                },
            },
        }
    ],
    "returns": [{"type": "integer"}],
}


def text_of(docs: Docs) -> list[str]:
    return ["".join(span.text for span in docs.line_spans(index, 60)).rstrip() for index in range(docs.line_count())]


async def test_what_is_said_of_a_method() -> None:
    docs = Docs()
    async with staged(docs, size=(60, 40)) as pilot:
        docs.show(catalogue(**SHELF).get("shelf.create"), held={"ROOM_ADMIN"})
        await pilot.pause()
        assert [line.rstrip() for line in drawn(pilot)[:24]] == [
            "shelf.create  write  job",
            "",
            "Puts up a shelf.",
            "",
            "It can hold books and other things that are not too heavy",
            "for it to hold.",
            "",
            "needs  SHELF_WRITE  or  ROOM_ADMIN  which you have",
            "",
            "Arguments",
            "  shelf  object  required",
            "    name    string  required  not empty",
            "            What to call it.",
            "    boards  integer  default 3  1 to 9",
            '    wood    string  one of "OAK"  "PINE"',
            "    place   object",
            "      either  Wall",
            "        height  integer",
            "      or  Floor",
            "        corner  boolean",
            "",
            "Returns",
            "  integer",
            "",
        ]
        docs.show(catalogue(**SHELF).get("shelf.create"), held={"OTHER"})
        assert "needs  SHELF_WRITE  or  ROOM_ADMIN  which you do not have" in text_of(docs)
        docs.show(catalogue(roles=["READONLY_ADMIN"], accepts=[]).get("shelf.create"))
        assert "Takes no arguments." in text_of(docs)
        docs.show(None)
        await pilot.pause()
        assert not "".join(drawn(pilot)).strip()


async def test_it_wraps_again_when_the_width_changes_and_words_are_kept() -> None:
    docs = Docs()
    async with staged(docs, size=(60, 20)) as pilot:
        docs.show(catalogue(**SHELF).get("shelf.create"))
        await pilot.pause()
        words = " ".join(text_of(docs)).split()
        tall = docs.line_count()
        await pilot.resize_terminal(30, 20)
        await pilot.pause()
        drawn(pilot)
        assert docs.line_count() > tall
        assert sorted(" ".join(text_of(docs)).split()) == sorted(words)


async def test_find_goes_to_the_lines_and_around() -> None:
    docs = Docs()
    async with staged(docs, size=(60, 8)) as pilot:
        docs.show(catalogue(**SHELF).get("shelf.create"))
        await pilot.pause()
        assert docs.find("INTEGER") == 3
        for _ in range(4):
            assert any("integer" in line for line in drawn(pilot))
            await pilot.press("n")
        await pilot.press("N")
        assert any("integer" in line for line in drawn(pilot))
        assert docs.find("no such word") == 0
        assert docs.find("") == 0
        await pilot.press("n", "G", "g", "pagedown", "j", "k")
        drawn(pilot)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_documentation(text: str) -> None:
    schema = {
        "type": "object",
        "title": text,
        "description": text,
        "properties": {text: {"type": text, "enum": [text, text + "x"], "default": text, "description": text}},
        "required": [text],
    }
    nested = {"anyOf": [schema, {"type": "object", "title": text, "properties": {text: schema}}]}
    entry = {
        "description": text,
        "cli_description": text,
        "roles": [text],
        "examples": {"websocket": [text]},
        "accepts": [{**schema, "_name_": text}, {**nested, "_name_": "n"}],
        "returns": [nested],
    }
    docs = Docs()
    async with staged(docs, size=(60, 20)) as pilot:
        for width in (60, 5):
            await pilot.resize_terminal(width, 20)
            docs.show(Catalogue.from_methods({f"evil.{text}": entry}).get(f"evil.{text}"))
            docs.find(text[:5])
            for key in ("pagedown", "G"):
                await pilot.press(key)
                drawn(pilot)


@pytest.mark.parametrize("release", ["24.10", "25.04", "25.10", "26"])
def test_every_real_method_has_its_documentation(release: str) -> None:
    path: Path = require_facts() / "api" / f"methods-{release}.json.gz"
    listed = json.loads(gzip.decompress(path.read_bytes()))
    methods = Catalogue.from_methods(listed.get("methods", listed))
    assert len(methods) > 700
    for method in methods.methods.values():
        lines = ["".join(span.text for span in line) for line in method_lines(method, 76)]
        assert lines[0].startswith(method.name)
        for param in method.params:
            assert any(line.startswith(f"  {param.name}") for line in lines), (method.name, param.name)
        example = lines.index("Examples") if "Examples" in lines else len(lines)
        assert all(cell_len(line) <= 76 for line in lines[:example]), method.name
