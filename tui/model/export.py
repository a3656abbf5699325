"""What can be saved of a value, and in which forms, as pieces of a text.

The forms hold exact values; Markdown, which people read, has sizes and times as the screen shows them. Terminal escapes
in the server's texts stay data: JSON and YAML write them as escapes, Markdown leaves them out, and CSV, which has no
escapes, keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from truenas_client.values.columns import every_column
from truenas_client.values.forms import as_rows, blocks, csv_lines, form_lines, with_columns
from tui.model.rawtext import escaped_steps

__all__ = ["ALL", "NOTES", "SHOWN", "SUFFIXES", "Exported", "Shown", "forms_of", "pieces", "rows_text"]

SUFFIXES = {"JSON": ".json", "JSONL": ".jsonl", "CSV": ".csv", "YAML": ".yaml", "Markdown": ".md", "Text": ".txt"}
"""The forms, and how the names of their files end."""
NOTES = {
    "JSONL": "One line of JSON for each row.",
    "CSV": "A text that a spreadsheet would run as a formula gets a ' in front.",
    "Markdown": "A table, with sizes and times as the screen shows them.",
}
"""What is to be known about a form before it is used."""
ALL, SHOWN = "all", "as shown"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the screen shows of a value: a part of it, other rows first, or some columns only. ``words`` say which."""

    value: Any
    columns: tuple[str, ...] | None
    words: str


@dataclass(frozen=True, slots=True)
class Exported:
    """A value to save. ``words`` name it; ``shown`` is None where the screen shows it as it is."""

    value: Any
    words: str
    shown: Shown | None = None


def rows_text(value: Any) -> str:
    """The words for a result: its rows, where it has some."""
    return f"{len(value):,} row{'' if len(value) == 1 else 's'}" if isinstance(value, list) else "the result"


def forms_of(value: Any) -> tuple[str, ...]:
    """The forms that a value has: a text is only itself, and what has no rows is no table."""
    if isinstance(value, str):
        return ("Text", "JSON")
    if isinstance(value, (list, Mapping)):
        return tuple(form for form in SUFFIXES if form != "Text")
    return ("JSON", "YAML")


def pieces(value: Any, form: str, columns: Sequence[str] | None = None) -> Iterator[str]:
    """The text of the file, in pieces that take some milliseconds each."""
    if form == "Text":
        yield str(value)
    elif form == "JSON":
        yield from escaped_steps(value if columns is None else with_columns(value, columns))
        yield "\n"
    else:
        yield from (f"{block}\n" for block in blocks(_lines(value, form, columns)))


def _lines(value: Any, form: str, columns: Sequence[str] | None) -> Iterator[str]:
    if form == "CSV":
        return csv_lines(value, columns, for_spreadsheets=True)
    if form == "Markdown" and columns is None and isinstance(value, list):
        columns = every_column(as_rows(value))
    return form_lines(value, form.lower(), columns=columns, human=form == "Markdown")
