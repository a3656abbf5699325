"""When a paste is the new arguments, and when it belongs at the caret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.shelf import SHELF
from truenas_client.methods.catalogue import Method
from tui.model.pasting import pasted_arguments

METHOD = Method("shelf.create", SHELF)
SMALLEST = '[{"name": "", "place": {}, "bolts": {}}]'
GOOD = {"name": "books", "place": {"kind": "FLOOR"}, "bolts": {"size": 3}}


def paste(marked: str, pasted: str) -> Any:
    start, end = marked.index("‹"), marked.index("›") - 1
    text = marked.replace("‹", "").replace("›", "")
    made = pasted_arguments(text, start, end, pasted, METHOD, smallest=SMALLEST)
    return None if made is None else json.loads(made)


@pytest.mark.parametrize(
    "pasted",
    [
        json.dumps(GOOD),
        json.dumps(GOOD, indent=2),
        json.dumps(GOOD, indent=2).replace("\n", "\r\n") + "\r\n",
        "\ufeff" + json.dumps(GOOD),
        json.dumps([GOOD]),
    ],
    ids=["one line", "indented", "CRLF", "BOM", "list"],
)
def test_a_whole_object_in_the_place_to_fill_is_the_new_arguments(pasted: str) -> None:
    assert paste(SMALLEST.replace('"name": ""', '"name": "‹›"'), pasted) == [GOOD]
    assert paste(SMALLEST.replace("}]", "}‹›]"), pasted) == [GOOD]


def test_an_object_with_problems_replaces_only_what_nobody_typed() -> None:
    bad = json.dumps({"name": 5})
    assert paste(SMALLEST.replace('""', '"‹›"'), bad) == [{"name": 5}]
    assert paste('[{"name": "books"‹›}]', bad) is None
    assert paste('[{"name": "books"‹›}]', json.dumps(GOOD)) == [GOOD]


@pytest.mark.parametrize(
    ("marked", "pasted"),
    [
        ("[‹›]", json.dumps(GOOD)),
        ('[{"name": "books", "bolts": ‹{}›}]', '{"size": 3}'),
        ('[{"name": "‹›"}]', "books"),
        ('[{"name": "‹›"}]', "{books"),
        ('[{"name": "‹›"}]', "5"),
        ('[{"name": "‹›"}]', "[]"),
    ],
)
def test_what_makes_sense_at_the_caret_stays_there(marked: str, pasted: str) -> None:
    assert paste(marked, pasted) is None
