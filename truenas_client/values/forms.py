"""An answer in one of the output forms, as lines of text.

======== ==========================================================================================
json     JSON in one line
pretty   JSON with indents
jsonl    JSON, one line for each item of a list
yaml     YAML
table    aligned columns of a list of objects; names and values of one object
markdown the same as a table of Markdown
csv      comma-separated values of a list of objects, one line of names first
raw      as the official command prints: text and numbers bare, the rest as JSON in one line
======== ==========================================================================================

Invariant: no form loses a value, except that ``table`` and ``markdown`` choose columns and write each value in one
line, and ``table`` cuts texts where it has a width.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from truenas_client import ejson
from truenas_client.dotted import escaped, split

from .cells import property_value
from .columns import MISSING, at_path, every_column, picked
from .texttable import TextTable, cell_text, key_of
from .yamltext import yaml_lines

__all__ = ["FORMS", "as_rows", "blocks", "csv_lines", "form_lines", "with_columns"]

FORMS = ("json", "pretty", "jsonl", "yaml", "table", "markdown", "csv", "raw")
_CHUNK = 500
_BLOCK = 1 << 16
_FORMULA = frozenset("=+-@\t\r＝＋－＠")
"""How a text begins that spreadsheets take for a formula."""


def has_columns(value: Any) -> bool:
    """Whether a value has columns: an object, or a list of them."""
    return isinstance(value, Mapping) or (isinstance(value, list) and all(isinstance(row, Mapping) for row in value))


def with_columns(value: Any, columns: Sequence[str]) -> Any:
    """The value with these columns alone. A value without columns stays as it is."""
    if isinstance(value, Mapping):
        return picked([value], columns)[0]
    return picked(value, columns) if has_columns(value) else value


def as_rows(value: Any) -> list[Mapping[str, Any]]:
    """The items of a value as rows: objects as they are, other items under ``value``."""
    items = value if isinstance(value, list) else [value]
    return [item if isinstance(item, Mapping) else {"value": item} for item in items]


def form_lines(
    value: Any, form: str, *, columns: Sequence[str] | None = None, width: int | None = None, human: bool = False
) -> Iterator[str]:
    """The value as text in this form, without line ends. A piece may hold several lines."""
    if form in ("table", "markdown") and isinstance(value, Mapping):
        named = _flat(value) if columns is None else _flat(picked([value], columns)[0], named=True)
        facts = [{"name": name, "value": cell_text(key_of(name), inner, human=human)} for name, inner in named]
        table = TextTable(facts, ("name", "value"), width=width)
        yield from table.rows() if form == "table" else table.markdown()
    elif form in ("table", "markdown"):
        table = TextTable(as_rows(value), columns, width=width, human=human)
        if form == "markdown":
            yield from table.markdown()
            return
        if table.columns:
            yield table.header
        yield from table.rows()
    elif form == "csv":
        yield from csv_lines(value, columns)
    else:
        if columns is not None:
            value = with_columns(value, columns)
        yield from _json_or_yaml(value, form)


def _flat(value: Mapping[str, Any], before: str = "", *, named: bool = False) -> Iterator[tuple[str, Any]]:
    """The members of an object, those of objects inside by their paths. ``named``: its names are paths already."""
    for name, inner in value.items():
        path = name if named else before + escaped(name)
        if isinstance(inner, Mapping) and inner and property_value(inner) is inner:
            yield from _flat(inner, f"{path}.")
        else:
            yield path, inner


def _json_or_yaml(value: Any, form: str) -> Iterator[str]:
    if form == "yaml":
        yield from yaml_lines(value)
    elif form == "pretty":
        yield ejson.dumps(value, indent=2, ensure_ascii=False)
    elif form == "jsonl" and isinstance(value, list):
        for item in value:
            yield ejson.dumps(item)
    elif form == "raw" and isinstance(value, (int, str)):
        yield str(value)
    else:
        yield ejson.dumps(value)


def blocks(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces joined to blocks of lines, because a write of each line would cost more than the lines."""
    block: list[str] = []
    size = 0
    for piece in pieces:
        block.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            yield "\n".join(block)
            block, size = [], 0
    if block:
        yield "\n".join(block)


def csv_lines(value: Any, columns: Sequence[str] | None = None, *, for_spreadsheets: bool = False) -> Iterator[str]:
    """Comma-separated values; what is no plain value stands as JSON in its field.

    ``for_spreadsheets`` puts a ``'`` in front of a text that a spreadsheet would run as a formula. Other programs read
    the exact texts without it.
    """
    rows = [value] if isinstance(value, Mapping) else as_rows(value)
    names = every_column(rows) if columns is None else columns
    paths = [split(name) for name in names]
    if not names:
        return
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    field = _harmless_field if for_spreadsheets else _field
    writer.writerow(map(field, names if columns is not None else [path[0] for path in paths]))
    for begin in range(0, len(rows), _CHUNK):
        writer.writerows([field(at_path(row, path)) for path in paths] for row in rows[begin : begin + _CHUNK])
        yield buffer.getvalue().removesuffix("\n")
        buffer.seek(0)
        buffer.truncate()
    if not rows:
        yield buffer.getvalue().removesuffix("\n")


def _field(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or value is MISSING:
        return ""
    if isinstance(value, (str, int, float)):
        return value
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return ejson.dumps(value, ensure_ascii=False)


def _harmless_field(value: Any) -> Any:
    field = _field(value)
    if not isinstance(field, str) or field[:1] not in _FORMULA or len(field) < 2:
        return field  # a lone dash, which ZFS writes for "none", is no formula
    try:
        float(field)
    except ValueError:
        return f"'{field}"
    return field
