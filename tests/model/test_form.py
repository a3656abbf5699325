"""The form: its rows hold every value of a text, in order, and its edits write them back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from tests.facts import SOME_RELEASES, catalogue
from truenas_client.methods.catalogue import Catalogue, Method
from truenas_client.methods.draft import allows
from truenas_client.methods.examples import examples_of
from truenas_client.methods.generate import generate
from tui.model.draft import Draft, Patch
from tui.model.form import CONTAINERS, Field, fields, found_fields, key_of
from tui.model.formedit import added, chosen, entered
from tui.model.formtext import UnreadableText, read_text, shown_text

GENERATED = 20
"""Values made for each method in the long run; `make test` takes a share."""


def rows_of(method: Method, values: Sequence[Any]) -> list[Field]:
    """The rows, with everything open that the values have."""
    there: set[str] = set()

    def walk(path: tuple[str | int, ...], value: Any) -> None:
        there.add(key_of(path))
        parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for part, inner in parts:
            walk((*path, part), inner)

    walk((), list(values))
    return fields(method, values, lambda key, _usual: key in there)


def gathered(rows: Sequence[Field]) -> list[Any]:
    """The arguments that the rows show."""
    whole: list[Any] = []
    for row in rows:
        if row.present:
            holder: Any = whole
            for part in row.path[:-1]:
                holder = holder[part]
            value = ({} if row.kind == "group" else []) if row.kind in CONTAINERS else row.value
            if isinstance(holder, list):
                assert row.path[-1] == len(holder)
                holder.append(value)
            else:
                holder[row.path[-1]] = value
    return whole


def ordered(value: Any) -> Any:
    """A value in which the order of members counts."""
    if isinstance(value, dict):
        return ("{", [(name, ordered(inner)) for name, inner in value.items()])
    return [ordered(inner) for inner in value] if isinstance(value, list) else (type(value), value)


def entered_anew(method: Method, rows: Sequence[Field]) -> list[Any]:
    """The arguments that come of entering each row into an empty text."""
    draft = Draft(method, "[]")
    for row in rows:
        if row.present:
            value = ({} if row.kind == "group" else []) if row.kind in CONTAINERS else row.value
            start, end, text = entered(draft, row.path, value)
            draft.text = draft.text[:start] + text + draft.text[end:]
    return draft.params or []


def defaults(method: Method) -> Iterator[list[Any]]:
    """The arguments in which a default stands that its own schema allows."""
    smallest = method.draft()

    def walk(schema: Any, put: Any) -> Iterator[list[Any]]:
        if not isinstance(schema, dict):
            return
        if "default" in schema and allows(schema, schema["default"]):
            yield put(schema["default"])
        for name, inner in schema.get("properties", {}).items():
            yield from walk(inner, lambda value, name=name: put({name: value}))
        for keyword in ("anyOf", "oneOf", "allOf"):
            for inner in schema.get(keyword, ()):
                yield from walk(inner, put)
        yield from walk(schema.get("items"), lambda value: put([value]))

    for index, param in enumerate(method.params):
        yield from walk(param.schema, lambda value, index=index: [*smallest[:index], value, *smallest[index + 1 :]])


def arguments_of(method: Method, random: Random, count: int) -> Iterator[list[Any]]:
    yield method.draft()
    for example in examples_of(method.examples, method.name):
        if example.params is not None:
            yield example.params
    yield from defaults(method)
    for _ in range(count):
        yield [generate(param.schema, random, name=param.name) for param in method.params]


def go_through(methods: Sequence[Method], seed: int, count: int, *, rewrite: int = 1) -> int:
    """Takes values of the methods through the form; every ``rewrite``-th is also entered anew. How many."""
    random, done = Random(seed), 0
    for method in methods:
        for values in arguments_of(method, random, count):
            done += 1
            rows = rows_of(method, values)
            assert ordered(gathered(rows)) == ordered(values), method.name
            if not done % rewrite:
                assert ordered(entered_anew(method, rows)) == ordered(values), method.name
    return done


@pytest.mark.parametrize("release", SOME_RELEASES)
def test_values_of_every_method_come_back_from_the_form(release: str) -> None:
    methods = list(Catalogue.from_methods(catalogue(release)))
    share = Random(release).sample(methods, 40)
    assert go_through(share, 1, 1, rewrite=10) >= 80


def shelf(**members: Any) -> Method:
    """A method whose one argument has these members, of which the first is required."""
    schema = {
        "type": "object",
        "_name_": "shelf",
        "_required_": True,
        "properties": members,
        "required": list(members)[:1],
        "additionalProperties": False,
    }
    found = Catalogue.from_methods({"shelf.create": {"accepts": [schema], "returns": [{"type": "null"}]}})
    return found.get("shelf.create")  # type: ignore[return-value]


def usual(method: Method, values: Sequence[Any], *opened: str) -> dict[str, Field]:
    """The rows as they are at first, by their dotted paths; ``opened`` are paths that the user unfolded."""

    def name(row: Field) -> str:
        return ".".join(map(str, row.path[1:])) + {"more": "~", "add": "+"}.get(row.kind, "")

    keys = {key_of((0, *path.rstrip("~").split(".")) if path != "~" else (0,), "more" * path.endswith("~"))
            for path in opened}  # fmt: skip
    return {name(row): row for row in fields(method, values, lambda key, usual: usual or key in keys)}


def put(draft: Draft, patch: Patch | None) -> Any:
    assert patch is not None
    draft.text = draft.text[: patch.start] + patch.text + draft.text[patch.end :]
    return (draft.params or [None])[0]


TEXT = {"type": "string"}
SIDE = {
    "type": "object",
    "properties": {"kind": {"const": "SIDE"}, "deep": {"type": "integer"}},
    "required": ["kind", "deep"],
}
BACK = {"type": "object", "properties": {"kind": {"const": "BACK"}, "wide": TEXT}, "required": ["kind", "wide"]}
UNION = {"anyOf": [SIDE, BACK], "discriminator": {"propertyName": "kind"}}


@pytest.mark.parametrize(
    ("schema", "value", "kind"),
    [
        (TEXT, "oak", "text"),
        (TEXT, 5, "json"),
        ({"type": ["string", "null"]}, None, "text"),
        ({"type": "boolean"}, True, "switch"),
        ({"type": "integer"}, 5, "number"),
        ({"enum": ["A", "B"]}, "A", "select"),
        ({"anyOf": [{"const": "A"}, {"enum": ["B"]}, {"type": "null"}]}, None, "select"),
        ({"anyOf": [TEXT, {"type": "integer"}]}, 5, "number"),
        ({"type": "array", "items": TEXT}, ["a"], "list"),
        ({"type": "object", "additionalProperties": TEXT}, {"a": "b"}, "group"),
        ({"type": "object"}, {"$date": 5}, "json"),
        ({"type": "string", "format": "date-time"}, {"$date": 5}, "json"),
        ({"type": "array", "items": TEXT, "uniqueItems": True}, {"$set": ["a"]}, "json"),
        ({}, {"any": "thing"}, "json"),
        (UNION, {"kind": "BACK", "wide": ""}, "group"),
        ({"anyOf": [{"type": "array"}, {"type": "null"}]}, None, "json"),
    ],
)
def test_a_value_is_shown_by_its_branch(schema: Any, value: Any, kind: str) -> None:
    method = shelf(it=schema)
    row = usual(method, [{"it": value}])["it"]
    assert (row.kind, row.value) == (kind, value)


def test_the_name_of_a_secret_hides_it() -> None:
    rows = usual(shelf(password=TEXT, box={"type": "object", "properties": {"api_key": TEXT}}), [{"password": "x1"}])
    assert rows["password"].kind == "secret"
    assert "x1" not in shown_text(rows["password"])
    closed = Field((0,), "box", "group", 0, value={"api_key": "x2"}, present=True, open=False)
    assert "x2" not in shown_text(closed)


def test_optional_members_are_folded_with_their_count() -> None:
    method = shelf(name=TEXT, paint=TEXT, boards={"type": "integer"})
    assert list(usual(method, [{"boards": 2, "name": ""}])) == ["", "boards", "name", "~"]
    assert usual(method, [{"name": ""}])["~"].count == 2
    assert list(usual(method, [{"name": ""}], "~")) == ["", "name", "~", "paint", "boards"]


def test_where_nothing_is_required_all_is_open_and_nothing_need_be_there() -> None:
    method = Catalogue.from_methods(
        {"shelf.create": {"accepts": [{"type": "object", "_name_": "x", "properties": {"name": TEXT, "paint": TEXT}}]}}
    ).get("shelf.create")
    assert method is not None
    assert list(usual(method, [])) == ["", "~", "name", "paint"]
    draft = Draft(method, "[]")
    assert put(draft, entered(draft, (0, "paint"), "red")) == {"paint": "red"}


def test_entering_a_deep_value_begins_what_is_around_it() -> None:
    method = shelf(name=TEXT, box={"type": "object", "properties": {"wood": TEXT, "side": UNION}, "required": ["wood"]})
    draft = Draft(method, '[{"name": "a"}]')
    assert put(draft, entered(draft, (0, "box", "side", "deep"), 7)) == {
        "name": "a", "box": {"wood": "", "side": {"kind": "SIDE", "deep": 7}},
    }  # fmt: skip


def test_the_tag_of_a_union_brings_its_branch() -> None:
    method = shelf(side=UNION)
    draft = Draft(method, '[{"side": {"kind": "SIDE", "deep": 0}}]')
    row = usual(method, draft.params or [])["side.kind"]
    assert (row.kind, row.choices) == ("select", ("SIDE", "BACK"))
    assert put(draft, chosen(draft, row, "BACK")) == {"side": {"kind": "BACK", "wide": ""}}


def test_items_and_members_are_added_and_left_out() -> None:
    method = shelf(list={"type": "array", "items": TEXT}, map={"type": "object", "additionalProperties": TEXT})
    draft = Draft(method, '[{"list": ["a"], "map": {}}]')
    rows = usual(method, draft.params or [])
    path, patch = added(draft, rows["list+"], draft.params)
    assert (path, put(draft, patch)) == ((0, "list", 1), {"list": ["a", ""], "map": {}})
    path, patch = added(draft, rows["map+"], draft.params, "k")
    assert (path, put(draft, patch)) == ((0, "map", "k"), {"list": ["a", ""], "map": {"k": ""}})
    assert put(draft, draft.drop((0, "list", 0))) == {"list": [""], "map": {"k": ""}}
    assert put(draft, draft.drop((0, "list", 0))) == {"list": [], "map": {"k": ""}}
    assert put(draft, draft.drop((0, "list"))) == {"map": {"k": ""}}
    assert put(draft, draft.drop((0, "map", "k"))) == {"map": {}}
    assert draft.drop((0, "list")) is None


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        (TEXT, "10 GiB", "10 GiB"),
        ({"type": "integer"}, "10 GiB", 10737418240),
        ({"type": "integer"}, "-3", -3),
        ({"type": "integer"}, "${env:PORT}", "${env:PORT}"),
        ({"anyOf": [{"type": "integer"}, {"const": "INHERIT"}]}, "INHERIT", "INHERIT"),
        ({"type": "number"}, "0.5", 0.5),
        ({"type": "string", "format": "date-time"}, "1970-01-02", {"$date": 86400000}),
        ({}, '{"a": [1]}', {"a": [1]}),
        ({"anyOf": [{"type": "array"}, TEXT]}, "word", "word"),
    ],
)
def test_what_is_typed_is_read_by_the_schema(schema: Any, text: str, value: Any) -> None:
    method = shelf(it=schema)
    kind = {"kind": "json"} if value == "word" else {}
    assert read_text(replace(usual(method, [{}])["it"], **kind), text) == value


@pytest.mark.parametrize(
    ("schema", "text", "told"),
    [
        ({"type": "integer"}, "ten", "not a number"),
        ({"type": "integer"}, "1.5", "not a whole number"),
        ({"type": "integer", "minimum": 1, "maximum": 9}, "10", "from 1 to 9"),
        ({"type": "integer", "minimum": 1}, "0", "at least 1"),
        ({"type": "string", "format": "date-time"}, "soon", "2030-01-31"),
        ({}, "{", "not JSON"),
    ],
)
def test_what_is_no_value_is_refused_with_what_would_be(schema: Any, text: str, told: str) -> None:
    with pytest.raises(UnreadableText, match=told):
        read_text(usual(shelf(it=schema), [{}])["it"], text)


def test_a_form_of_broken_values_is_still_a_form() -> None:
    rows = usual(shelf(name=TEXT), [{"name": {"x": 1}, "other": [1]}, 5])
    assert [row.kind for row in rows.values()] == ["json", "json", "json"]


@pytest.mark.parametrize("name", ["pool.dataset.create", "sharing.smb.create", "replication.create"])
def test_the_methods_of_24_10_open_with_all_their_members(name: str) -> None:
    method = Catalogue.from_methods(catalogue("24.10")).get(name)
    assert method is not None
    assert method.draft() == []
    group, *members = fields(method, [], lambda _, usual: usual)
    assert (group.kind, group.open, group.required) == ("group", True, False)
    listed = sum(row.count if row.kind == "more" else 1 for row in members)
    assert listed == len(method.params[0].schema["properties"])
    draft = Draft(method, "[]")
    assert put(draft, entered(draft, (0, members[0].name), "tank"))[members[0].name] == "tank"


def test_rows_are_found_by_name_or_description_and_one_without_by_neither() -> None:
    method = shelf(name=TEXT, size={**TEXT, "description": "How wide"})
    assert [row.name for row in found_fields(method, [{}], "wide")[0]][-1] == "size"
    assert found_fields(method, [{}], "none") == ([], None)
    free = shelf(it={"type": "object", "additionalProperties": {"type": "object", "properties": {"wide": TEXT}}})
    assert found_fields(free, [{"it": {"a,b,c": {"wide": "x"}}}], "wide")[1] is not None
