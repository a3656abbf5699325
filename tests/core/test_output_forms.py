"""The output forms: each holds the value, reads well, and is read back by the program that it is made for."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.facts import RELEASES, catalogue
from truenas_client import Catalogue, ejson
from truenas_client.methods.fieldnames import fields
from truenas_client.values.best_columns import BEST
from truenas_client.values.columns import at_path, own_columns, picked, read_columns
from truenas_client.values.forms import FORMS, form_lines
from truenas_client.values.lines import cells, cut
from truenas_client.values.texttable import TextTable

NOON = datetime(2026, 1, 31, 12, 0, 30, tzinfo=UTC)
POOLS = [
    {
        "id": 1,
        "guid": "123",
        "healthy": True,
        "name": "tank",
        "status": "ONLINE",
        "size": 3 << 40,
        "scan": {"state": "FINISHED", "end": NOON},
        "used": {"value": "1.5T", "rawvalue": "1649267441664", "parsed": 1649267441664},
        "topology": {"data": [{"type": "MIRROR"}, {"type": "RAIDZ1"}]},
        "password": "********",
        "note": None,
    },
    {
        "id": 2,
        "guid": "456",
        "healthy": False,
        "name": "flash\n\x1b",
        "status": "DEGRADED",
        "size": None,
        "scan": None,
        "used": {"value": "96K", "rawvalue": "98304", "parsed": 98304},
        "topology": {"data": []},
        "password": "********",
        "note": None,
    },
]


def text(value: Any, form: str, **more: Any) -> str:
    return "\n".join(form_lines(value, form, **more))


def test_a_table_for_people_and_one_for_programs() -> None:
    assert text(POOLS, "table", human=True).splitlines() == [
        "id  name   status       size  used  healthy",
        " 1  tank   ONLINE    3.0 TiB  1.5T  yes",
        " 2  flash  DEGRADED        -   96K  no",
    ]
    columns = ["name", "used.parsed", "scan.end", "topology.data.*.type", "topology.data.0.type", "healthy", "gone"]
    assert text(POOLS, "table", columns=columns[:3], human=True).splitlines() == [
        "name   used.parsed  scan.end",
        "tank       1.5 TiB  2026-01-31 12:00:30Z",
        "flash        98304  -",
    ]
    assert text(POOLS, "table", columns=columns).splitlines() == [
        "name     used.parsed  scan.end                   topology.data.*.type  topology.data.0.type  healthy  gone",
        "tank   1649267441664  2026-01-31T12:00:30+00:00  MIRROR, RAIDZ1        MIRROR                true",
        "flash          98304                             [0]                                         false",
    ]
    assert text(POOLS, "table", columns=["used"]).splitlines() == ["         used", "1649267441664", "        98304"]


def test_a_table_fits_the_width_unless_columns_were_asked_for_that_cannot() -> None:
    table = TextTable(POOLS, width=24, human=True)
    assert table.columns == ("id", "name", "status")
    assert table.left_out == ("guid", "healthy", "size", "scan", "used", "topology", "password", "note")
    rows = [{"name": "x" * 60, "path": "y" * 30, "n": 5}]
    table = TextTable(rows, ["name", "path", "n"], width=40)
    (line,) = table.rows()
    assert line == f"{'x' * 16}…  {'y' * 17}…  5"
    assert len(next(TextTable(rows, ["name", "path", "n"], width=5).rows())) == 8 + 2 + 8 + 2 + 1


ROWS = st.lists(st.dictionaries(st.sampled_from("abc"), st.one_of(st.text(), st.integers(), st.none())), max_size=4)


@given(ROWS, st.one_of(st.none(), st.integers(30, 80)))
def test_a_table_has_a_line_for_each_row_none_wider_than_the_terminal(rows: Any, width: int | None) -> None:
    table = TextTable(rows, width=width, human=True)
    lines = list(table.rows())
    assert len(lines) == (len(rows) if table.columns else 0)
    for line in [table.header, *lines]:
        assert "\n" not in line
        assert "\x1b" not in line
        assert line == line.rstrip()
        assert width is None or cells(line) <= width


def test_one_object_is_names_and_values() -> None:
    assert text(POOLS[0], "table", human=True).splitlines()[5:9] == [
        "size           3.0 TiB",
        "scan.state     FINISHED",
        "scan.end       2026-01-31 12:00:30Z",
        "used           1.5T",
    ]
    assert text(POOLS[0], "table", columns=["name", "used.parsed"]) == "name         tank\nused.parsed  1649267441664"


def test_other_values_in_a_table() -> None:
    assert text([1, "two"], "table") == "value\n1\ntwo"
    assert text([], "table") == text({}, "table") == ""
    assert text("bare", "table") == "value\nbare"


def test_columns_that_say_nothing_are_not_chosen() -> None:
    same = [{"id": name, "name": name, "other": "x", "secret": "s"} for name in ("a", "b")]
    assert own_columns(same) == ("id", "other")
    assert own_columns([{"children": []}]) == ("children",)
    ids = [{"uuid": "1", "id": "0c95b9f8-91a0-4782-8180-e6817b2a93f1", "text": "t" * 300, "big": "b" * 300}]
    assert own_columns(ids) == ("text",)
    assert own_columns([{"a.b": 1}]) == ("a\\.b",)


def test_the_best_columns_are_fields_of_the_rows() -> None:
    catalogues = [Catalogue.from_methods(catalogue(release)) for release in RELEASES]
    for name, columns in BEST.items():
        methods = [method for methods in catalogues if (method := methods.get(name)) is not None]
        known = {field for method in methods for field in fields(method)}
        for column in columns:
            top, _, deeper = column.partition(".")
            # Not every schema tells what is inside an object.
            open_ended = deeper and top in known and not any(field.startswith(f"{top}.") for field in known)
            assert column in known or open_ended or ".*." in column, (name, column)


def test_the_best_columns_that_the_rows_have_come_first() -> None:
    table = TextTable(POOLS, best=["gone", "status", "scan.state", "name", "size"], width=26)
    assert table.columns == ("status", "scan.state")
    assert TextTable(POOLS, best=["gone"]).columns == own_columns(POOLS)


def test_paths() -> None:
    row = {"a.b": {"c": 1}, "list": [{"x": 1}, {"y": 2}], "null": None, "text": "t"}
    assert picked([row], ["a\\.b.c", "list.1.y", "list.*.x", "null.deep", "text.deep", "list.9", "list.x"]) == [
        {"a\\.b.c": 1, "list.1.y": 2, "list.*.x": [1], "null.deep": None}
    ]
    assert at_path(row, []) is row
    assert read_columns(" a, b.c ,a") == ("a", "b.c")
    with pytest.raises(ValueError, match="no name"):
        read_columns("a,,b")


def test_json_forms() -> None:
    value = [{"a": "é", "when": NOON}, 5]
    assert text(value, "json") == ejson.dumps(value)
    assert ejson.loads(text(value, "pretty")) == value
    assert "é" in text(value, "pretty")
    assert [ejson.loads(line) for line in text(value, "jsonl").splitlines()] == value
    assert text({"a": 1}, "jsonl") == '{"a": 1}'
    assert [text(one, "raw") for one in ("bare", True, 70, None, [1])] == ["bare", "True", "70", "null", "[1]"]
    assert json.loads(text(POOLS, "json", columns=["scan.state"])) == [{"scan.state": "FINISHED"}, {"scan.state": None}]
    assert text(5, "json", columns=["a"]) == "5"


def test_csv_is_read_back_by_spreadsheets() -> None:
    rows = [{"a": 'x,"y"\nz', "b": [1, "é"], "c": True}, {"a": 1.5, "d": None, "e": NOON}]
    read = list(csv.DictReader(io.StringIO(text(rows, "csv"))))
    assert read == [
        {"a": 'x,"y"\nz', "b": '[1, "é"]', "c": "true", "d": "", "e": ""},
        {"a": "1.5", "b": "", "c": "", "d": "", "e": "2026-01-31T12:00:30+00:00"},
    ]
    assert text(POOLS, "csv", columns=["name", "scan.state"]).splitlines()[:2] == ["name,scan.state", "tank,FINISHED"]
    assert text([], "csv") == ""
    assert text([], "csv", columns=["a", "b"]) == "a,b"
    assert text({"a": 1}, "csv") == "a\n1"
    assert len(text([{"n": n} for n in range(1234)], "csv").splitlines()) == 1235


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.text(alphabet="ab: #-\n'\"\\\t|>{}[]&*!%@`,?~0.eé\u2028\x7f"),
    st.sampled_from(["yes", "Null", "1e3", "0x1", "1:30", "2026-01-31", "- a", "a: b", "a #b", "key:", "=", "<<", "~"]),
    st.datetimes(timezones=st.just(UTC)),
    st.dates(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)


@given(VALUES)
def test_yaml_is_read_back(value: Any) -> None:
    # PyYAML cannot read half a surrogate pair in any notation; JSON text from a server can hold one.
    if any("\ud800" <= char <= "\udfff" for char in json.dumps(value, ensure_ascii=False, default=str)):
        return
    assert yaml.safe_load(text(value, "yaml") + "\n") == value


def test_yaml_reads_well() -> None:
    value = {"name": "tank one", "on": "yes", "items": [{"a": 1, "b": [[1], {}]}, "x"], "pem": "a\n b\n", "t": time(1)}
    assert text(value, "yaml").splitlines() == [
        "name: tank one",
        '"on": "yes"',
        "items:",
        "  - a: 1",
        "    b:",
        "      - - 1",
        "      - {}",
        "  - x",
        "pem: |",
        "  a",
        "   b",
        't: "01:00:00"',
    ]
    assert text({3, 1}, "yaml") == "- 1\n- 3"
    assert text(date(2026, 1, 31), "yaml") == "2026-01-31"


@pytest.mark.parametrize("form", FORMS)
def test_every_form_takes_every_kind_of_value(form: str) -> None:
    for value in (None, True, 5, 1.5, "a\x1bb", [], {}, [[1], {"a": {3}}], NOON, {"a": {"b": time(1)}}, POOLS):
        assert isinstance(text(value, form), str)


def test_cutting() -> None:
    assert [cut("abcdef", 4), cut("abc", 4), cut("漢字漢字", 4), cut("a\n\tb", 9)] == ["abc…", "abc", "漢…", "a b"]
