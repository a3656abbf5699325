"""What a call changes, against what is stored; and how arguments are listed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.changes import Entry, arguments, changes

SECRET = "hunter2-is-the-secret"


def compared(new: Any, stored: Any, method: str = "demo.update") -> tuple[list[tuple[str, str | None, str]], int]:
    found = changes(method, [1, new], 1, method.replace("update", "get_instance"), stored)
    return [(row.path, row.old, row.new) for row in found.rows], found.same


@pytest.mark.parametrize(
    ("new", "stored", "rows", "same"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, [], 1),
        ({"a": 1, "b": "x"}, {"a": 2, "b": "x"}, [("a", "2", "1")], 1),
        ({"a": True}, {"a": 1}, [("a", "1", "true")], 0),
        ({"a": 1}, {"a": 1.0}, [], 1),
        ({"a": None}, {"a": ""}, [("a", '""', "null")], 0),
        ({"new": "x"}, {"a": 1}, [("new", None, '"x"')], 0),
        ({"s": {"minute": "0", "hour": "3"}}, {"s": {"minute": "0", "hour": "2"}}, [("s.hour", '"2"', '"3"')], 1),
        ({"s": {"x": 1}}, {"s": None}, [("s", "null", '{"x": 1}')], 0),
        ({"s": {}}, {"s": {"x": 1}}, [("s", '{"x": 1}', "{}")], 0),
        ({"quota": 10 << 30}, {"quota": 0}, [("quota", "0", "10737418240 (10.0 GiB)")], 0),
        ({"at": {"$date": 0}}, {"at": datetime(1970, 1, 1, tzinfo=UTC)}, [], 1),
        ({"at": {"$date": 60_000}}, {"at": None}, [("at", "null", '{"$date": 60000} (1970-01-01 00:01Z)')], 0),
    ],
)
def test_fields_that_differ(new: Any, stored: Any, rows: list[Any], same: int) -> None:
    assert compared(new, stored) == (rows, same)


PROPERTY = {"value": "LZ4", "rawvalue": "lz4", "parsed": "lz4", "source": "LOCAL", "source_info": None}


@pytest.mark.parametrize(
    ("new", "stored", "rows"),
    [
        ("LZ4", PROPERTY, []),
        ("lz4", PROPERTY, []),
        ("ZSTD", PROPERTY, [("p", '"LZ4"', '"ZSTD"')]),
        (0, {**PROPERTY, "value": None, "rawvalue": "0", "parsed": None}, []),
        (None, {**PROPERTY, "value": None, "rawvalue": "0", "parsed": None}, []),
        (5, {**PROPERTY, "value": None, "rawvalue": "0", "parsed": None}, [("p", "null", "5")]),
        (1 << 30, {**PROPERTY, "value": "1G", "rawvalue": "1073741824", "parsed": 1 << 30}, []),
        ("INHERIT", {**PROPERTY, "source": "DEFAULT"}, []),
        ("INHERIT", PROPERTY, [("p", '"LZ4"', '"INHERIT"')]),
    ],
)
def test_zfs_properties_are_seen_through(new: Any, stored: Any, rows: list[Any]) -> None:
    assert compared({"p": new}, {"p": stored}) == (rows, 0 if rows else 1)


def test_references_are_compared_by_their_number() -> None:
    stored = {"credentials": {"id": 4, "name": "b2", "provider": {}}, "groups": [{"id": 40, "name": "x"}, {"id": 41}]}
    assert compared({"credentials": 4, "groups": [40, 41]}, stored) == ([], 2)
    rows, _ = compared({"credentials": 5, "groups": [40]}, stored)
    assert rows == [("credentials", '"4 (b2)"', "5"), ("groups", "[40, 41]", "[40]")]


def test_long_lists_tell_what_comes_and_goes() -> None:
    before = [f"10.0.0.{n}" for n in range(20)]
    rows, _ = compared({"hosts": [*before[1:], "10.9.9.9"]}, {"hosts": before})
    assert rows == [("hosts", "20 items", '20 items, - "10.0.0.0", + "10.9.9.9"')]
    rows, _ = compared({"hosts": before[::-1]}, {"hosts": before})
    assert rows == [("hosts", "20 items", "the same in another order")]
    rows, _ = compared({"hosts": []}, {"hosts": before})
    assert rows[0][2].startswith('0 items, - "10.0.0.0"')
    assert rows[0][2].endswith("16 more")


def test_what_is_left_out_of_an_object_inside_is_counted() -> None:
    found = changes("x.update", [{"s": {"a": 1}}], 0, "x.config", {"s": {"a": 2, "b": 3, "c": 4}, "other": 5})
    assert found.left_out == (("s", 2),)


@pytest.mark.parametrize(
    ("method", "new", "stored"),
    [
        ("user.update", {"password": SECRET}, {"username": "bob"}),
        ("user.update", {"password": SECRET}, {"password": "older " + SECRET}),
        ("user.update", {"password": None}, {"password": SECRET}),
        ("mail.update", {"pass": SECRET}, {"pass": SECRET + "!"}),
        ("cloudsync.credentials.update", {"provider": {"type": "S3", "secret_access_key": SECRET}}, {"provider": {}}),
        ("keychaincredential.update", {"attributes": {"private_key": SECRET}}, {"attributes": {"private_key": "x"}}),
    ],
)
def test_secrets_are_in_no_row(method: str, new: Any, stored: Any) -> None:
    found = changes(method, [1, new], 1, method.replace("update", "get_instance"), stored)
    assert found.rows, "it is told that something changes"
    assert SECRET not in repr(found)
    assert SECRET not in repr(arguments(method, [1, new]))


def test_a_secret_that_stays_is_counted_as_such() -> None:
    assert compared({"password": SECRET}, {"password": SECRET}, "user.update") == ([], 1)


def values(names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.none() | st.booleans() | st.integers(-2, 2) | st.text("xé", max_size=2),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=6,
    )


def objects(names: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(names, values(names), max_size=4)


NAMES = st.sampled_from(["a", "b", "é.", ""])
PLAIN = objects(NAMES)
SPECIAL = objects(st.sampled_from(["a", "id", "name", "value", "rawvalue", "parsed", "source", "password", "$date"]))
"""With the names by which references, properties and secrets are told."""


def naively(new: dict[str, Any], stored: dict[str, Any], path: str = "") -> tuple[list[str], int]:
    """The fields that differ and the number of those that do not, of objects that hold no special form."""
    differ, same = [], 0
    for name, value in new.items():
        where = f"{path}.{name}" if path else name
        if name not in stored:
            differ.append(where)
        elif isinstance(value, dict) and value and isinstance(stored[name], dict):
            rows, count = naively(value, stored[name], where)
            differ, same = differ + rows, same + count
        elif json.dumps(value, sort_keys=True) == json.dumps(stored[name], sort_keys=True):
            same += 1
        else:
            differ.append(where)
    return differ, same


@given(PLAIN)
def test_the_stored_object_itself_changes_nothing(stored: dict[str, Any]) -> None:
    assert changes("x.update", [stored], 0, "x.config", stored).rows == ()


@given(PLAIN, PLAIN)
def test_any_two_objects_are_compared_field_by_field(new: dict[str, Any], stored: dict[str, Any]) -> None:
    found = changes("x.update", [new], 0, "x.config", stored)
    assert ([row.path for row in found.rows], found.same) == naively(new, stored)


@given(SPECIAL, SPECIAL)
def test_no_field_of_any_object_is_passed_over(new: dict[str, Any], stored: dict[str, Any]) -> None:
    found = changes("x.update", [new], 0, "x.config", stored)
    told = [row.path for row in found.rows]
    assert {path.partition(".")[0] for path in told} <= new.keys()
    assert new.keys() - stored.keys() <= set(told)


# Arguments.


def test_arguments_are_rows() -> None:
    rows = arguments("pool.dataset.delete", ["tank/x", {"recursive": True}], ["id", "options"])
    assert rows == (Entry("id", '"tank/x"'), Entry("options", '{"recursive": true}'))
    rows = arguments("pool.dataset.create", [{"name": "tank/x", "type": "FILESYSTEM"}], ["data"])
    assert rows == (Entry("name", '"tank/x"'), Entry("type", '"FILESYSTEM"'))
    long = {"topology": {"data": [{"type": "RAIDZ1", "disks": [f"sd{letter}" for letter in "abcdefghij"]}]}}
    rows = arguments("pool.create", [long], ["data"])
    assert [row.path for row in rows][:2] == ["topology.data[0].type", "topology.data[0].disks[0]"]
    assert arguments("core.ping", []) == ()


@given(st.lists(values(NAMES), max_size=4))
def test_any_arguments_are_listed_whole(params: list[Any]) -> None:
    shown = " ".join(row.value for row in arguments("some.method", params))
    for leaf in _leaves(params):
        assert json.dumps(leaf, ensure_ascii=False) in shown or "********" in shown


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]
