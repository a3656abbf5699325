"""Saved files: what each form holds, that programs read it back, and that hostile texts stay data."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.app.stage import HOSTILE
from truenas_client.values.columns import every_column
from tui.model.export import SUFFIXES, Exported, forms_of, pieces, rows_text
from tui.session.copying import save

ROWS: list[dict[str, Any]] = [
    {"name": "tank", "used": 3 << 40, "tags": ["a", "b"], "note": None},
    {"name": "fl|ash", "used": 5, "extra": {"deep": True}},
]


def text(value: Any, form: str, columns: tuple[str, ...] | None = None) -> str:
    return "".join(pieces(value, form, columns))


def read(form: str, saved: str) -> Any:
    """What a program reads from a file of this form."""
    match form:
        case "JSON":
            return json.loads(saved)
        case "JSONL":
            return [json.loads(line) for line in saved.splitlines()]
        case "YAML":
            return yaml.safe_load(saved)
        case "CSV":
            return list(csv.DictReader(io.StringIO(saved, newline="")))
    return saved


@pytest.mark.parametrize("form", ["JSON", "JSONL", "YAML"])
def test_all_of_a_value_is_read_back(form: str) -> None:
    assert read(form, text(ROWS, form)) == ROWS
    assert read(form, text(ROWS, form, ("name", "extra.deep"))) == [
        {"name": "tank"},
        {"name": "fl|ash", "extra.deep": True},
    ]


def test_rows_as_a_table() -> None:
    assert text(ROWS, "CSV").splitlines() == [
        "name,used,tags,note,extra",
        'tank,3298534883328,"[""a"", ""b""]",,',
        'fl|ash,5,,,"{""deep"": true}"',
    ]
    assert text(ROWS, "CSV", ("used", "name")).splitlines() == ["used,name", "3298534883328,tank", "5,fl|ash"]
    assert text(ROWS, "Markdown").splitlines() == [
        "| name    |    used | tags | note | extra |",
        "| ------- | ------: | ---- | ---- | ----- |",
        "| tank    | 3.0 TiB | a, b | -    |       |",
        "| fl\\|ash |       5 |      |      | {1}   |",
    ]  # fmt: skip
    assert text({"a": {"b": 1}, "c": "x"}, "Markdown").splitlines()[2:] == ["| a.b  | 1     |", "| c    | x     |"]
    assert text([], "CSV") == text([], "Markdown") == ""


def test_each_value_has_forms() -> None:
    assert forms_of("log") == ("Text", "JSON")
    assert forms_of(5) == ("JSON", "YAML")
    assert forms_of(ROWS) == forms_of({}) == ("JSON", "JSONL", "CSV", "YAML", "Markdown")
    assert [rows_text(one) for one in ([], [1], {}, list(range(1234)))] == [
        "0 rows",
        "1 row",
        "the result",
        "1,234 rows",
    ]
    for value in (ROWS, "log", 5, None, {"a": 1}, [], [1, "x", None], [[1], {}]):
        assert all(isinstance(text(value, form), str) for form in forms_of(value))


@pytest.mark.parametrize(
    ("cell", "saved"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("＝1+1", "'＝1+1"),
        ("-", "-"),
        ("-5", "-5"),
        ("+1.5e3", "+1.5e3"),
        ("a=1", "a=1"),
        (-5, "-5"),
        (["=1"], '["=1"]'),
    ],
)
def test_no_spreadsheet_runs_what_the_server_sent(cell: Any, saved: str) -> None:
    assert read("CSV", text([{"x": cell}], "CSV")) == [{"x": saved}]
    assert text([{"=x()": 1}], "CSV").splitlines()[0] == "'=x()"
    assert read("JSON", text([cell], "JSON")) == [cell], "the other forms are exact"


def test_hostile_texts_stay_data_and_steer_no_terminal(tmp_path: Path) -> None:
    values = [{"text": one, one[:20]: 1} for one in HOSTILE]
    for form in ("JSON", "JSONL", "YAML", "Markdown"):
        saved = text(values, form)
        assert not set(saved) & set("\x1b\x9b\x00\x07\x85\u202e\u2066"), form
    assert read("JSON", text(values, "JSON")) == values
    assert read("JSONL", text(values, "JSONL")) == values
    # CSV has no escapes: cells are what they are, and a reader gets them back.
    exact = [one for one in HOSTILE if not any("\ud800" <= letter <= "\udfff" for letter in one)]
    assert [row["x"] for row in read("CSV", text([{"x": one} for one in exact], "CSV"))] == exact
    lines = text(values, "Markdown").splitlines()
    assert len(lines) == len(values) + 2
    columns = len(every_column(values))
    assert {len(line.replace("\\|", "").split("|")) for line in lines} == {columns + 2}


async def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    assert await save(pieces(ROWS, "JSON"), path) == path.stat().st_size
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        await save(pieces([], "JSON"), path)
    assert path.read_bytes() == before, "never over a file that is there"

    def broken() -> Any:
        yield "half"
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await save(broken(), path, replace=True)
    with pytest.raises(OSError, match="disk full"):
        await save(broken(), tmp_path / "new.json")
    assert os.listdir(tmp_path) == [path.name]
    assert path.read_bytes() == before, "what was to be replaced is as it was"
    await save(iter(["\udcff!"]), path, replace=True)
    assert path.read_text() == "\\udcff!", "a byte of a file's name that is not UTF-8"
    assert set(SUFFIXES) >= set(forms_of(Exported("", "x").value))
