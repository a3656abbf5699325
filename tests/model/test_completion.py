"""What may be written at a caret: against every real schema, and as edits that keep JSON valid."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.facts import SIZES, catalogue
from truenas_client import Catalogue
from truenas_client.methods.catalogue import Method
from truenas_client.methods.draft import draft
from truenas_client.methods.filters import OPERATORS
from truenas_client.secrets.placeholders import placeholders
from tui.model.completion import Candidate, Completions, accept, complete, narrowed
from tui.model.jsontext import Path, parse
from tui.model.known import MOST_THINGS, Known, wanted

# Every method of the real catalogues -------------------------------------------------

MENDABLE = ("required", "pattern", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum")
"""What typing on can still mend, and so is no reason to rule an alternative out."""


def lenient(schema: Any) -> Any:
    """A schema that only says what typing on cannot mend."""
    if isinstance(schema, list):
        return [lenient(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key not in (*MENDABLE, "uniqueItems", "default")}
    kept = {key.replace("oneOf", "anyOf"): value for key, value in kept.items()}
    for key in ("properties", "patternProperties"):
        if key in kept:
            kept[key] = {name: lenient(member) for name, member in kept[key].items()}
    for key in ("anyOf", "allOf", "items", "prefixItems", "additionalProperties"):
        if key in kept:
            kept[key] = lenient(kept[key])
    return kept


def alternatives(schema: Any) -> Iterator[dict[str, Any]]:
    if "allOf" in schema:
        joined = dict(schema)
        for part in joined.pop("allOf"):
            joined |= part
        yield from alternatives(joined)
    elif "anyOf" in schema:
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        for branch in schema["anyOf"]:
            yield from alternatives({**rest, **branch})
    else:
        yield schema


def members(schema: Any, value: Any, path: tuple[str | int, ...], found: dict[tuple[str | int, ...], set[str]]) -> None:
    """Collects the names that the schema has for each object in a value, by the validator's judgement alone."""
    for one in alternatives(schema):
        if not Draft202012Validator(one).is_valid(value):
            continue
        if isinstance(value, dict):
            names = one.get("properties", {})
            found.setdefault(path, set()).update(names)
            for name, item in value.items():
                inner = names.get(name, one.get("additionalProperties"))
                if isinstance(inner, dict):
                    members(inner, item, (*path, name), found)
        if isinstance(value, list) and isinstance(one.get("items"), dict):
            for index, item in enumerate(value):
                members(one["items"], item, (*path, index), found)


def every_argument(method: Method) -> list[Any]:
    """All arguments begun, also those the smallest draft leaves out."""
    return [draft({key: value for key, value in p.schema.items() if key != "default"}).value for p in method.params]


@pytest.mark.parametrize(
    ("release", "least"),
    [("cut", 30), ("24.10", 10), ("25.04", 128), ("25.10", 227), ("26", 221), ("27", 221)],
    ids=lambda value: str(value),
)
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("drafted", [Method.draft, every_argument])
def test_first_key_of_every_object_in_every_draft(
    release: str, least: int, indent: int | None, drafted: Callable[[Method], list[Any]]
) -> None:
    objects = 0
    methods = Catalogue.from_methods(catalogue(release))
    for method in methods:
        params = drafted(method)
        found: dict[tuple[str | int, ...], set[str]] = {path: set() for path in objects_in(params)}
        objects += len(found)
        for index, value in enumerate(params):
            members(lenient(method.params[index].schema), value, (index,), found)
        text = json.dumps(params, indent=indent)
        document = parse(text)
        for path, names in found.items():
            here: Any = params
            for part in path:
                here = here[part]
            caret = document.span(path)[0] + 1
            completions = complete(method, text, caret, Known())
            given = {candidate.word for candidate in completions.candidates} if completions else set()
            assert given == names - set(here), f"{method.name} {path}"
            if completions:
                assert completions.wants == "key"
                # Required ones come first.
                flags = [candidate.required for candidate in completions.candidates]
                assert flags == sorted(flags, reverse=True)
    assert len(methods) == SIZES[release]
    assert objects >= least


@pytest.mark.parametrize("release", ["cut", "24.10", "26", "27"])
def test_every_first_key_can_be_accepted_in_every_draft(release: str) -> None:
    for method in Catalogue.from_methods(catalogue(release)):
        params = method.draft()
        text = json.dumps(params, indent=2)
        for path in objects_in(params):
            completions = complete(method, text, parse(text).span(path)[0] + 1, Known())
            for candidate in completions.candidates if completions else ():
                assert completions is not None
                after = json.loads(written(text, completions, candidate))
                here: Any = after
                for part in path:
                    here = here[part]
                assert candidate.word in here, f"{method.name} {path}"
                if not candidate.required or len([c for c in completions.candidates if c.required]) == 1:
                    assert not [p for p in method.check(after) if p.key], f"{method.name} {path} {candidate.word}"


def objects_in(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        yield path
    for part, inner in (
        enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    ):
        yield from objects_in(inner, (*path, part))


def written(text: str, completions: Completions, candidate: Candidate) -> str:
    edit = accept(text, completions, candidate)
    return text[: edit.start] + edit.before + edit.selected + edit.after + text[edit.end :]


# By hand ---------------------------------------------------------------------------


def field(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, **more}


THING = {
    "type": "object",
    "properties": {
        "name": field("string", minLength=1),
        "mode": {"enum": ["FAST", "SLOW", None], "default": "SLOW"},
        "on": field("boolean", default=True),
        "note": {"anyOf": [field("string"), field("null")]},
        "tags": field("array", items=field("string")),
        "how": {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {"type": {"const": "S3"}, "key": field("string"), "region": field("string")},
                    "required": ["type", "key"],
                    "additionalProperties": False,
                },
                {
                    "type": "object",
                    "properties": {"type": {"const": "FTP"}, "host": field("string"), "port": field("integer")},
                    "required": ["type", "host"],
                    "additionalProperties": False,
                },
            ],
            "discriminator": {"propertyName": "type"},
        },
    },
    "required": ["name", "how"],
    "additionalProperties": False,
}
ROW = field(
    "object",
    properties={
        "id": field("integer"),
        "state": {"enum": ["UP", "DOWN"]},
        "scan": field("object", properties={"done": field("boolean")}),
    },
)
CREATE = Method("demo.create", {"accepts": [{**THING, "_name_": "data", "_required_": True}], "returns": [{}]})
UPDATE = Method(
    "demo.update",
    {
        "accepts": [
            {"type": "integer", "_name_": "id", "_required_": True},
            {"type": "object", "_name_": "data", "properties": {"pool": field("string"), "user_id": field("integer")}},
        ]
    },
)
QUERY = Method(
    "demo.query",
    {
        "accepts": [
            {"type": "array", "_name_": "filters", "items": {}, "default": []},
            {
                "type": "object",
                "_name_": "options",
                "properties": {"order_by": field("array", items=field("string")), "get": field("boolean")},
            },
        ],
        "returns": [{"anyOf": [{"type": "array", "items": ROW}, ROW, {"type": "integer"}]}],
        "filterable": True,
    },
)


def at(method: Method, marked: str, known: Known | None = None) -> tuple[str, Completions | None]:
    """The completions at the mark ``^`` in a text."""
    caret = marked.index("^")
    text = marked.replace("^", "", 1)
    return text, complete(method, text, caret, known or Known())


def words(method: Method, marked: str, known: Known | None = None) -> list[str]:
    _, completions = at(method, marked, known)
    return [] if completions is None else [one.word for one in narrowed(completions.candidates, completions.typed)]


DATED = Method(
    "key.create",
    {
        "accepts": [
            {
                "_name_": "data",
                "type": "object",
                "properties": {"expires_at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}},
            }
        ]
    },
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"expires_at": "2030-01-01^"}]', '[{"expires_at": {"$date": 1893456000000}}]'),
        ('[{"expires_at": ^}]', '[{"expires_at": {"$date": 0}}]'),
    ],
)
def test_a_date_is_offered_in_its_form(text: str, expected: str) -> None:
    plain, completions = at(DATED, text)
    assert completions is not None
    candidate = next(one for one in completions.candidates if "$date" in one.text)
    assert written(plain, completions, candidate) == expected
    assert DATED.check(json.loads(expected)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[{^}]", ["name", "how", "mode", "on", "note", "tags"]),
        ('[{"name": "x", ^}]', ["how", "mode", "on", "note", "tags"]),
        ('[{"name": "x" ^}]', ["how", "mode", "on", "note", "tags"]),
        ('[{^"name": "x"}]', ["how", "mode", "on", "note", "tags"]),
        ('[{"no^', ["note"]),
        ('[{"o^}]', ["on", "how", "mode", "note"]),
        ("[{no^}]", ["note"]),
        ('[{"na^me": "x"}]', []),
        ('[{"mode": ^}]', ["FAST", "SLOW", "null"]),
        ('[{"mode": "fa^"}]', ["FAST"]),
        ('[{"mode": SL^}]', ["SLOW"]),
        ('[{"on": ^}]', ["true", "false"]),
        ('[{"on": t^rue}]', ["true"]),
        ('[{"note": n^}]', ["null"]),
        ('[{"how": {^}}]', ["type", "key", "region", "host", "port"]),
        ('[{"how": {"type": "^"}}]', ["S3", "FTP"]),
        ('[{"how": {"type": "S^3", "host": "x"}}]', ["S3"]),
        ('[{"how": {"type": "FTP", ^}}]', ["host", "port"]),
        ('[{"how": {"port": 21, ^}}]', ["type", "host"]),
        ('[{"how": {"type": "^", "host": "x"}}]', ["FTP", "S3"]),
        ('[{"how": {"type": "FTP", "key": "", "region": "", "x": 1, ^}}]', ["host", "port"]),
        ('[{"how": {"type": "nonsense", ^}}]', ["key", "region", "host", "port"]),
        ('[{"name": ^"x"}]', []),
        ('[{"name" ^: "x"}]', []),
        ('[{"nothing": {^}}]', []),
        ("[^]", ['{"name": "?", "how": {"type": "S3", "key": ""}}']),
        ('[{"tags": ^}]', ["[]"]),
        ("^", []),
        ("[{}, ^]", []),
    ],
)
def test_what_may_be_written(text: str, expected: list[str]) -> None:
    assert words(CREATE, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[[["^"]]]', ["id", "state", "scan", "scan.done", "OR"]),
        ('[[["OR", [["st^"]]]]]', ["state"]),
        ('[[["scan.^"]]]', ["scan.done"]),
        ('[[["id", "^"]]]', list(OPERATORS)),
        ('[[["id", ">^"]]]', [">", ">="]),
        ('[[["state", "=", "^"]]]', ["UP", "DOWN"]),
        ('[[["scan.done", "=", ^]]]', ["true", "false"]),
        ('[[["id", "=", ^]]]', []),
        ('[[["OR", ^]]]', []),
        ('[[], {"order_by": ["-i^"]}]', ["-id"]),
        ('[[], {"g^"}]', ["get"]),
    ],
)
def test_what_a_query_may_name(text: str, expected: list[str]) -> None:
    assert words(QUERY, text) == expected


def test_ids_seen_in_earlier_results() -> None:
    known = Known()
    known.learn("demo.query", [{"id": 3, "name": "three"}, {"id": 4}, {"id": 3, "name": "newer"}, "junk", {}])
    known.learn("pool.query", [{"id": 1, "name": "tank"}, {"id": 2, "name": "[/nope]\x1b[31m"}])
    known.learn("user.query", {"id": 7, "username": "ada"})
    known.learn("system.info", {"id": 9, "name": "no query"})
    assert words(UPDATE, "[^]", known) == ["3", "4"]
    assert words(UPDATE, "[4^]", known) == ["4"]
    assert words(UPDATE, '[1, {"pool": "^"}]', known) == ["tank", "[/nope]\x1b[31m"]
    assert words(UPDATE, '[1, {"user_id": ^}]', known) == ["7"]
    assert words(UPDATE, '[1, {"user_id": ^}]') == []
    # Where choices are listed, nothing else is offered.
    known.learn("mode.query", [{"id": "a"}])
    assert words(CREATE, '[{"mode": "^"}]', known) == ["FAST", "SLOW", "null"]


@pytest.mark.parametrize(
    ("method", "path", "argument", "expected"),
    [
        ("pool.scrub.scrub", (0,), "name", ["pool"]),
        ("pool.dataset.delete", (0,), "id", ["pool.dataset"]),
        ("pool.dataset.create", (0, "name"), "data", []),
        ("replication.create", (0, "source_datasets", 0), "data", ["pool.dataset"]),
        ("replication.create", (0, "target_dataset"), "data", ["pool.dataset"]),
        ("service.control", (1,), "service", ["service"]),
        ("vm.create", (0, "ssh_credentials"), "data", []),
    ],
)
def test_whose_ids_an_argument_takes(method: str, path: Path, argument: str, expected: list[str]) -> None:
    known = Known()
    for namespace in ("pool", "pool.dataset", "service", "keychaincredential"):
        known.learn(f"{namespace}.query", [{"id": 5, "service": "ftp"}])
    assert wanted(known, Method(method, {}), path, argument) == expected
    assert next(known.of("service")).name == "ftp"


def test_known_things_are_bounded_and_tolerant() -> None:
    known = Known()
    for number in range(3):
        known.learn("big.query", [{"id": number * 1000 + at} for at in range(1000)])
    assert len(list(known.of("big"))) == MOST_THINGS
    for value in (None, 3, "x", [], [None, [], {"id": None}, {"id": True}, {"id": ""}]):
        known.learn("odd.query", value)
    assert known.namespaces == ["big"]
    known.learn("odd.query", [{"name": "only a name"}])
    assert [thing.id for thing in known.of("odd")] == ["only a name"]


@pytest.mark.parametrize(
    ("text", "word", "after"),
    [
        ("[{^}]", "name", '[{"name": "<?>"}]'),
        ('[{"mo^', "mode", '[{"mode": "<SLOW>"'),
        ('[{"na^}]', "name", '[{"name": "<?>"}]'),
        ('[{^"on": true}]', "note", '[{"note": "<>", "on": true}]'),
        ('[{"on": true ^}]', "tags", '[{"on": true, "tags": [<>]}]'),
        ('[{"on": true\n  "ta^\n}]', "tags", '[{"on": true,\n  "tags": [<>]\n}]'),
        ('[{"on": true, ^\n  "tags": []}]', "note", '[{"on": true, "note": "<>",\n  "tags": []}]'),
        ('[{"nam^": 3}]', "name", '[{"name"<>: 3}]'),
        ('[{"mode": ^}]', "FAST", '[{"mode": "FAST"<>}]'),
        ('[{"mode": "^"}]', "null", '[{"mode": null<>}]'),
        ('[{"mode": SL^, "on": true}]', "SLOW", '[{"mode": "SLOW"<>, "on": true}]'),
        (
            '[\n  {\n    "h^\n  }\n]',
            "how",
            '[\n  {\n    "how": {"type": "S3", "key": "<>"}\n  }\n]',
        ),
    ],
)
def test_accepting_writes_colons_commas_and_a_first_value(text: str, word: str, after: str) -> None:
    text, completions = at(CREATE, text)
    assert completions is not None
    candidate = next(one for one in completions.candidates if one.word == word)
    edit = accept(text, completions, candidate)
    marked = f"{text[: edit.start]}{edit.before}<{edit.selected}>{edit.after}{text[edit.end :]}"
    assert marked.replace(',  "on"', ', "on"') == after


def test_where_a_value_has_no_choices_the_keys_that_may_follow_are_given_when_wanted() -> None:
    text = '[{"name": "x", "mode": "FAST"}]'
    caret = text.index("x")
    assert complete(CREATE, text, caret, Known()) is None
    completions = complete(CREATE, text, caret, Known(), onward=True)
    assert completions is not None
    note = next(one for one in completions.candidates if one.word == "note")
    assert written(text, completions, note) == '[{"name": "x", "note": "", "mode": "FAST"}]'
    assert complete(CREATE, '[{"mode": ""}]', 11, Known(), onward=True).wants == "value"  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ['[{"name": "^"}]', '[{"name": "^}]', '[{"name": "^", "mode": "FAST"}]'])
def test_an_empty_text_is_not_left_for_the_keys_that_may_follow(text: str) -> None:
    caret = text.index("^")
    assert complete(CREATE, text.replace("^", ""), caret, Known(), onward=True) is None


@pytest.mark.parametrize(
    ("text", "word", "after"),
    [
        # What was begun and not touched goes with its branch; what was typed stays.
        ('[{"how": {"type": "S^3", "key": ""}}]', "FTP", '[{"how": {"type": "FTP", "host": "<>"}}]'),
        ('[{"how": {"type": "S^3", "key": "k"}}]', "FTP", '[{"how": {"type": "FTP", "key": "k", "host": "<>"}}]'),
        ('[{"how": {"type": "^"}}]', "S3", '[{"how": {"type": "S3", "key": "<>"}}]'),
        ('[{"how": {"type": "S^3", "key": "k"}}]', "S3", '[{"how": {"type": "S3"<>, "key": "k"}}]'),
        ('[{"how": {"type": "^", "host": "h"}}]', "FTP", '[{"how": {"type": "FTP"<>, "host": "h"}}]'),
        # In the middle of typing only the word is written.
        ('[{"how": {"type": "^}}]', "FTP", '[{"how": {"type": "FTP"<>}}]'),
        (
            '[\n  {"how": {\n    "type": "S^3",\n    "key": ""\n  }}\n]',
            "FTP",
            '[\n  {"how": {\n    "type": "FTP",\n    "host": "<>"\n  }}\n]',
        ),
    ],
)
def test_another_tag_takes_its_branch_along(text: str, word: str, after: str) -> None:
    text, completions = at(CREATE, text)
    assert completions is not None
    edit = accept(text, completions, next(one for one in completions.candidates if one.word == word))
    assert f"{text[: edit.start]}{edit.before}<{edit.selected}>{edit.after}{text[edit.end :]}" == after
    assert edit.to_fill == (((0, "how", "host" if word == "FTP" else "key"),) if after.count('<>"') else ())


STANDING = placeholders("${secret:mail}${secret:main}${env:HOME}")


@pytest.mark.parametrize(
    ("text", "expected", "after"),
    [
        ('[{"name": "a ${^"}]', ["${secret:mail}", "${secret:main}", "${env:HOME}"], '[{"name": "a ${secret:mail}"}]'),
        ('[{"name": "${secret:mai^', ["${secret:mail}", "${secret:main}"], '[{"name": "${secret:mail}'),
        ('[{"name": "$$${env:^}b"}]', ["${env:HOME}"], '[{"name": "$$${env:HOME}b"}]'),
        ('[{"mode": "${e^"}]', ["${env:HOME}"], '[{"mode": "${env:HOME}"}]'),
        ('[{"name": "$${^"}]', None, ""),
        ('[{"name": "${HOME^"}]', None, ""),
        ('[{"name": "${env:HOME}^"}]', None, ""),
        ('[{"name": ${^}]', None, ""),
    ],
)
def test_placeholders_that_stand_for_something(text: str, expected: list[str] | None, after: str) -> None:
    caret = text.index("^")
    text = text.replace("^", "")
    completions = complete(CREATE, text, caret, Known(), named=lambda: STANDING)
    words = [one.word for one in completions.candidates] if completions is not None else []
    if expected is None:
        assert not any(word.startswith("$") for word in words)
        return
    assert completions is not None
    assert words == expected
    assert written(text, completions, completions.candidates[0]) == after


def test_a_long_first_value_is_indented_like_its_line() -> None:
    wide = {"type": "object", "properties": {f"member_{n}": field("string") for n in range(4)}}
    wide["required"] = list(wide["properties"])
    method = Method("demo.wide", {"accepts": [field("object", properties={"wide": wide}, _name_="data")]})
    text, completions = at(method, '[\n  {\n    "^\n  }\n]')
    assert completions is not None
    edit = accept(text, completions, completions.candidates[0])
    assert edit.to_fill == tuple((0, "wide", f"member_{n}") for n in range(4))
    lines = written(text, completions, completions.candidates[0]).split("\n")
    assert lines[2:5] == ['    "wide": {', '      "member_0": "",', '      "member_1": "",']
    assert lines[7] == "    }"


TEXTS = st.sampled_from([*'[]{},:" \n', *('"name"', '"how"', '"type"', '"S3"', "true", "1", "no", '"\\"', "S3", "é語")])


@given(st.lists(TEXTS, max_size=14).map("".join), st.data())
def test_nothing_typed_breaks_completion(text: str, data: st.DataObject) -> None:
    text = f"[{text}"
    caret = data.draw(st.integers(0, len(text)))
    for method in (CREATE, QUERY):
        completions = complete(method, text, caret, Known())
        if completions is None:
            continue
        assert 0 <= completions.start <= caret <= completions.end <= len(text)
        for candidate in completions.candidates:
            edit = accept(text, completions, candidate)
            assert 0 <= edit.start <= completions.start
            assert edit.end >= completions.end
            assert edit.end == completions.end or candidate.branch is not None
            # Outside of what is replaced nothing is touched, and the words are all there.
            assert candidate.text in edit.before + edit.selected + edit.after or candidate.value is not None
            assert candidate.branch is None or edit.start <= completions.start


@given(st.data())
def test_accepting_in_valid_json_keeps_it_valid(data: st.DataObject) -> None:
    how = st.fixed_dictionaries({}, optional={"type": st.sampled_from(["S3", "FTP"]), "key": st.text(max_size=3)})
    thing = st.fixed_dictionaries(
        {},
        optional={
            "name": st.text(max_size=4),
            "mode": st.sampled_from(["FAST", None]),
            "how": how,
            "tags": st.lists(st.text(max_size=2), max_size=2),
        },
    )
    value = [data.draw(thing)]
    text = json.dumps(value, indent=data.draw(st.sampled_from([None, 2])), ensure_ascii=False)
    caret = data.draw(st.integers(0, len(text)))
    completions = complete(CREATE, text, caret, Known())
    for candidate in completions.candidates if completions else ():
        assert completions is not None
        after = parse(written(text, completions, candidate))
        assert after.ok, (text, caret, after.text, after.problems)
        assert not after.notes or completions.wants != "key"


@given(st.text(max_size=6), st.lists(st.text(max_size=8), max_size=6, unique=True))
def test_narrowing_keeps_what_holds_the_typed_text(typed: str, names: list[str]) -> None:
    candidates = [Candidate(name, json.dumps(name)) for name in names]
    kept = [one.word for one in narrowed(candidates, typed)]
    assert sorted(kept) == sorted(name for name in names if typed.lower() in name.lower())
    assert typed not in kept or not typed or kept[0] == typed
    exact = [word.startswith(typed) for word in kept]
    assert exact == sorted(exact, reverse=True)
