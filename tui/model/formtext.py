"""A row of a form in texts: what is shown of its value, what stands in the field while it is edited, and back."""

from __future__ import annotations

import json
from typing import Any

from truenas_client.methods.describe import type_words
from truenas_client.methods.doctext import one_line, plain_text
from truenas_client.methods.forms import WRITTEN, date_form, is_set
from truenas_client.methods.querywords import size_of
from truenas_client.secrets.redact import redact
from truenas_client.values.human import hint, human_size

from .form import Field
from .jsontext import json_line
from .schemaplace import choices_of

__all__ = ["UnreadableText", "default_of", "help_of", "kind_of", "read_text", "shown_text", "written_text"]

_MASK = "••••••••"
_LONGEST = 200
_FEW_CHOICES = 3
"""So many choices are told in the help of a row; more are only counted, so that its description is seen."""
_ONE_LINE = 40
"""The most characters of a list or an object that is edited in one line."""
_SIZE_FROM = 1 << 20
"""From this number of bytes on a size is shown in words too."""


class UnreadableText(ValueError):
    """What was typed is no value for the row; the message says what would be."""


def shown_text(row: Field) -> str:
    """What the row shows of its value; "" for one that is not there and has no default."""
    if row.kind in ("more", "add"):
        return ""
    if not row.present:
        return f"default {json_line(default_of(row), _LONGEST)}" if default_of(row) is not None else ""
    if row.kind == "list":
        return f"{row.count} item{'' if row.count == 1 else 's'}"
    if row.kind == "group":
        return "" if row.open else json_line(redact(row.value), _LONGEST)
    if row.kind == "switch" and row.value is not None:
        return "on" if row.value else "off"
    if row.kind == "secret" and row.value:
        return row.value if row.value.startswith("${") else _MASK
    if row.kind in ("text", "select") and isinstance(row.value, str):
        return row.value[:_LONGEST] or '""'
    value = redact(row.value, name=row.name) if row.kind == "json" else row.value
    return json_line(value, _LONGEST)


def size_text(row: Field) -> str:
    """A large number in words, "" for any other value."""
    if row.kind != "number" or not isinstance(row.value, int):
        return ""
    if told := hint(row.name, row.value):
        return told
    even = row.value >= _SIZE_FROM and not row.value % 1024
    return human_size(row.value) if even else ""


def written_text(row: Field) -> str:
    """The text to begin with when the row is edited."""
    value = row.value if row.present else default_of(row)
    if value is None:
        return "" if row.kind != "json" or not row.present else "null"
    if row.kind in ("text", "secret") and isinstance(value, str):
        return value
    text = json_line(value)
    long = isinstance(value, (list, dict)) and len(text) > _ONE_LINE
    return json.dumps(value, indent=2, ensure_ascii=False) if long else text


def read_text(row: Field, text: str) -> Any:
    """The value that was typed into a row. Raises `UnreadableText`."""
    if row.kind == "number" and (text.startswith("${") or any(text in choices_of(one) for one in row.branches)):
        return text
    if row.kind in ("text", "secret"):
        if row.schema.get("format") in WRITTEN and row.kind == "text":
            return _moment(row, text)
        return text
    if row.kind == "number":
        return _number(row, text.strip())
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as e:
        if any(branch.get("type") == "string" for branch in row.branches) and text[:1] not in '{["':
            return text
        message = e.msg if isinstance(e, json.JSONDecodeError) else "nested too deeply"
        raise UnreadableText(f"not JSON: {message}") from None


def _moment(row: Field, text: str) -> Any:
    format_ = row.schema["format"]
    if format_ == "date-time" and (form := date_form(text)) is not None:
        return form
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return value
    raise UnreadableText(f"written {WRITTEN[format_]}" + (" or 2030-01-31 12:30" if format_ == "date-time" else ""))


def _number(row: Field, text: str) -> int | float:
    whole = not any(branch.get("type") == "number" for branch in row.branches)
    value: Any
    try:
        value = int(text) if text.lstrip("+-").isdigit() else float(text)
    except ValueError:
        value = size_of(text)
    if value is None or value != value or value in (float("inf"), float("-inf")):
        raise UnreadableText("not a number, nor a size as 10 GiB")
    if whole and isinstance(value, float):
        raise UnreadableText("not a whole number")
    low, high = row.schema.get("minimum"), row.schema.get("maximum")
    if (low is not None and value < low) or (high is not None and value > high):
        raise UnreadableText(_limits(low, high))
    return value  # type: ignore[no-any-return]


def _limits(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return f"at most {high}" if low is None else f"at least {low}"
    return f"from {low} to {high}"


def kind_of(row: Field) -> str:
    """A few words about what the row takes."""
    if row.kind == "more":
        return ""
    if row.kind == "add":
        return "name it" if row.named else ""
    if size := size_text(row):
        return size
    if row.kind == "select":
        return "null or a choice" if row.nullable else "choice"
    return type_words({"anyOf": list(row.branches)}) if row.branches else "any JSON"


def help_of(row: Field) -> str:
    """The help for a row in one line: what it takes, and what the server says of it."""
    if row.kind == "more":
        return f"{row.count} more that may be left out"
    if row.kind == "add":
        return "Adds a member: type its name" if row.named else "Adds an item"
    told = row.described.get("description") or row.schema.get("description")
    facts = [kind_of(row)]
    if row.kind == "select":
        few = len(row.choices) <= _FEW_CHOICES
        facts = [" or ".join(json_line(choice, 20) for choice in row.choices) if few else f"{len(row.choices)} choices"]
    low, high = row.schema.get("minimum"), row.schema.get("maximum")
    if row.kind == "number" and (low is not None or high is not None):
        facts.append(_limits(low, high))
    if row.required:
        facts.append("required")
    if is_set(row.schema):
        facts.append('a set is written {"$set": [...]}')
    text = one_line(plain_text(told)) if told else ""
    return ": ".join(part for part in (", ".join(fact for fact in facts if fact), text) if part)


def default_of(row: Field) -> Any:
    """What the server takes where the row is left out, as far as the schema says."""
    return row.described.get("default", row.schema.get("default"))
