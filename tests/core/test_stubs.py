"""Stubs of methods: types from schemas, and code that is nothing but stubs whatever a server sends."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import truenas_client
from tests.facts import CATALOGUES, FULL, catalogue
from truenas_client import Catalogue
from truenas_client.methods.normalise import normalise
from truenas_client.methods.pytypes import Types
from truenas_client.methods.stubs import api_stubs, client_stub

HOSTILE = "x\"\"\"'''\\\n\r\x00\u2028\ud800) -> None: ...\nimport os #"


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({}, "Any"),
        ({"type": "float"}, "float"),
        ({"type": "string", "format": "uri"}, "str"),
        ({"type": ["string", "null"]}, "str | None"),
        ({"type": "boolean", "nullable": True}, "bool | None"),
        ({"type": "array", "items": [{"type": "integer"}]}, "list[int]"),
        ({"type": "array", "items": [{"type": "integer"}, {"type": "string"}]}, "list[int | str]"),
        ({"type": "array", "items": []}, "list[Any]"),
        ({"type": "array", "uniqueItems": True, "items": [{"type": "string"}]}, "set[str]"),
        ({"enum": ["A", "B", None]}, "Literal['A', 'B'] | None"),
        ({"enum": [HOSTILE]}, f"Literal[{HOSTILE!a}]"),
        ({"enum": list(map(str, range(600)))}, "str"),
        ({"enum": [1.5]}, "Any"),
        ({"const": True}, "Literal[True]"),
        (
            {"anyOf": [{"const": "A"}, {"type": "null"}, {"const": "B"}, {"type": "integer"}]},
            "int | Literal['A', 'B'] | None",
        ),
        ({"anyOf": [{"type": "string"}, {}]}, "Any"),
        ({"allOf": [{"type": "integer"}]}, "int"),
        ({"type": "object"}, "dict[str, Any]"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "dict[str, str]"),
        ({"type": "string", "format": "date-time"}, "datetime"),
        (
            {"type": "array", "items": [{"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}]},
            "list[date | None]",
        ),
    ],
)
def test_types(schema: Any, kind: str) -> None:
    for result in (False, True):
        assert Types().of(normalise(schema), "X", result=result) == kind


MEMBERS = {
    "type": "object",
    "properties": {"a": {"type": "integer", "_required_": True}, "b": {"type": "object", "properties": {"c": {}}}},
    "additionalProperties": False,
}


def test_an_object_is_a_class_and_one_of_the_same_shape_the_same() -> None:
    types = Types({"Y"})
    assert types.of(normalise(MEMBERS), "X", result=False) == "X"
    assert types.of(normalise(MEMBERS), "Z", result=False) == "X"
    assert types.of(normalise(MEMBERS), "Y", result=True) == "Y_2"
    assert types.definitions == [
        "class XB(TypedDict, total=False):\n    c: Any\n",
        "class X(TypedDict, total=False):\n    a: Required[int]\n    b: XB\n",
        "class YB(TypedDict):\n    c: Any\n",
        "class Y_2(TypedDict):\n    a: int\n    b: YB\n",
    ]


def test_members_that_are_no_names_or_would_hide_a_type() -> None:
    for name in ("class", "a-b", "list", "Any", "__x", HOSTILE):
        types = Types()
        assert types.of(normalise({"properties": {name: {"type": "array"}}}), "X", result=True) == "X"
        assert types.definitions == [f'X = TypedDict("X", {{{name!a}: list[Any]}})\n']


def test_an_object_with_further_members_takes_any_and_answers_those_that_are_known() -> None:
    schema = normalise({**MEMBERS, "additionalProperties": True})
    assert Types().of(schema, "X", result=False) == "dict[str, Any]"
    assert Types().of(schema, "X", result=True) == "X"


def _checked(files: dict[str, str]) -> None:
    """Nothing but imports, classes, types and functions without a body, in files that stay in the folder."""
    for name, text in files.items():
        if name == "py.typed":
            continue
        assert name.removesuffix(".pyi").isidentifier()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call):
                assert isinstance(node.func, ast.Name)
                assert node.func.id == "TypedDict"
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert len(node.body) == 1
                assert isinstance(node.body[0], ast.Expr)
                assert isinstance(node.body[0].value, ast.Constant)
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                assert not {alias.name for alias in node.names} & {"os", "sys"}


@pytest.mark.parametrize("release", CATALOGUES if FULL else ("cut",))
def test_every_method_has_its_place(release: str) -> None:
    methods = Catalogue.from_methods(catalogue(release))
    files = api_stubs(methods, release)
    _checked(files)
    functions = sum(text.count("    async def ") for text in files.values())
    overloads = sum(text.count("    @overload\n    async def ") for text in files.values())
    queries = [method for method in methods if method.filterable and not method.job and len(method.params) > 1]
    assert overloads == 4 * len(queries)
    assert functions - overloads + len(queries) == len(methods)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "a.b",
                "a.b.c",
                "a_b.c",
                "a.b_c",
                "a.list",
                "__init__.x",
                "../x.y",
                "a.global",
                "x",
                HOSTILE,
                "a.",
                "_common.x",
            ]
        ),
        st.fixed_dictionaries(
            {},
            optional={
                "cli_description": st.just(HOSTILE) | st.text(),
                "job": st.booleans(),
                "filterable": st.booleans(),
                "accepts": st.lists(
                    st.fixed_dictionaries(
                        {"_name_": st.sampled_from(["self", "a", "job", "class", "", HOSTILE])},
                        optional={"enum": st.lists(st.text()), "properties": st.dictionaries(st.text(), st.just({}))},
                    ),
                    max_size=3,
                ),
                "returns": st.just([{"anyOf": [{"const": HOSTILE}, {"type": "array", "items": [{}]}]}]),
            },
        ),
        max_size=6,
    ),
    st.text(),
)
def test_a_hostile_server_writes_no_code(methods: dict[str, Any], version: str) -> None:
    _checked(api_stubs(Catalogue.from_methods(methods), version))


def test_the_stub_of_the_client_has_all_its_names() -> None:
    tree = ast.parse(client_stub(truenas_client.__all__, truenas_client._HOMES))
    made = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    made |= {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    assert made >= set(truenas_client.__all__)
