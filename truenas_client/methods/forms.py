"""Dates, times and sets in arguments: the server accepts them only in its ``$`` forms.

Seen on running servers of 26 and 27: a model with a date refuses ISO text and accepts ``{"$date": milliseconds}``; a
model with a text refuses the form; a model with a set accepts only ``{"$set": [...]}``. The schema shows a date by its
``format`` and a set by ``uniqueItems``. A list whose items must differ has ``uniqueItems`` too, but it holds objects or
has a list as its default; the server accepts both forms for it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from .normalise import Schema

__all__ = ["LONGEST_TEXT", "WRITTEN", "Form", "Items", "date_form", "has_long_text", "is_set", "marked", "unformed"]

_NAMES = {"date-time": "a date", "date": "a day", "time": "a time"}
WRITTEN = {
    "date-time": '{"$date": milliseconds}',
    "date": '{"$type": "date", "$value": "2030-01-31"}',
    "time": '{"$time": "12:30:00"}',
}
"""The written form of a value of each format, for texts to the user."""


class Form(str):
    """A date or time in its form. To plain JSON code it is a text. ``kind`` is the ``format`` of its schema."""

    __slots__ = ("kind",)

    def __new__(cls, text: str, kind: str) -> Form:
        form = super().__new__(cls, text)
        form.kind = kind
        return form

    kind: str

    @property
    def name(self) -> str:
        """Its kind as a text for the user."""
        return _NAMES[self.kind]


class Items(list[Any]):
    """The items of a set."""


def marked(value: Any) -> Any:
    """A value with `Form` and `Items` in place of forms, written or decoded. Parts without forms are not copied."""
    if isinstance(value, dict):
        if len(value) == 1:
            ((key, inner),) = value.items()
            if key == "$date" and type(inner) is int:
                return Form(str(inner), "date-time")
            if key == "$time" and isinstance(inner, str):
                return Form(inner, "time")
            if key in ("$ipv4_interface", "$ipv6_interface") and isinstance(inner, str):
                return inner
            if key == "$set" and isinstance(inner, list):
                return Items(marked(item) for item in inner)
        elif len(value) == 2 and value.get("$type") == "date" and isinstance(value.get("$value"), str):
            return Form(value["$value"], "date")
        members = {key: marked(item) for key, item in value.items()}
        return members if any(members[key] is not value[key] for key in value) else value
    if isinstance(value, list):
        items = [marked(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if isinstance(value, (set, frozenset)):
        return Items(marked(item) for item in value)
    if isinstance(value, tuple):
        return [marked(item) for item in value]
    if isinstance(value, (datetime, date, time)):
        kind = "date-time" if isinstance(value, datetime) else "date" if isinstance(value, date) else "time"
        return Form(str(value), kind)
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def unformed(schema: Schema, value: Any) -> str:
    """The problem of a `marked` value that has the right type but not the form that the schema needs; "" for none."""
    format_ = schema.get("format")
    if isinstance(value, Form):
        return "" if value.kind == format_ else f"expected text, not {value.name}"
    if isinstance(value, str):
        return f"{_NAMES[format_]} is written {WRITTEN[format_]}" if format_ in WRITTEN else ""
    if isinstance(value, list) and not isinstance(value, Items) and is_set(schema):
        return 'a set is written {"$set": [...]}'
    return ""


def is_set(schema: Schema) -> bool:
    """Whether the server accepts only the form of a set there."""
    items = schema.get("items")
    kinds = items.get("type") if isinstance(items, dict) else None
    scalar = isinstance(kinds, str) and kinds not in ("object", "array")
    return bool(schema.get("uniqueItems")) and scalar and not isinstance(schema.get("default"), list)


LONGEST_TEXT = 1024
"""The most characters that servers since 25.04 accept in a text. Some models allow more, which no schema shows."""


def has_long_text(value: Any) -> bool:
    """Whether any text in a value is longer than most models allow."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, str) and len(one) > LONGEST_TEXT:
            return True
        stack += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    return False


def date_form(text: str) -> dict[str, int] | None:
    """The form of a date or time in ISO 8601 (UTC without a zone); None for any other text."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return {"$date": round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)}
