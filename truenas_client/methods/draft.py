"""The smallest value that a normalised schema allows: the first arguments that an editor shows for a method.

A draft contains only required members. It uses a default that passes its own schema and is
no object; the first choice of constants and enumerations; and the first alternative that it
can satisfy. Where the schema gives no value, the draft invents one and lists its path, so
that an editor can lead the user there.

`allows` checks only the keywords that servers use, because opening a method must not load a
whole validator. `check` judges the values that users type.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from .normalise import Schema, branches
from .pattern import example, finds

__all__ = ["Draft", "allows", "draft"]

Path = tuple[str | int, ...]

PLACEHOLDER = "?"
"""Fills texts that must not be empty. It shows the user a gap, and servers refuse it in names."""


_MOST_ITEMS = 100
_LONGEST_TEXT = 4096


@dataclass(frozen=True, slots=True)
class Draft:
    """A smallest value, and the paths of its invented parts, which the user has to fill in."""

    value: Any
    to_fill: tuple[Path, ...] = ()

    def under(self, key: str | int) -> Iterator[Path]:
        """The paths to fill, seen from a container that holds this draft at ``key``."""
        return ((key, *path) for path in self.to_fill)


def draft(schema: Schema) -> Draft:
    """The smallest value of a normalised schema.

    For a schema that no value satisfies, or with keywords that servers do not use, it is a plausible value that may be
    invalid.
    """
    if "const" in schema:
        return Draft(schema["const"])
    default = schema.get("default")
    if "default" in schema and not isinstance(default, dict) and allows(schema, default):
        return Draft(default)
    if schema.get("enum"):
        chosen = next((choice for choice in schema["enum"] if allows(schema, choice)), schema["enum"][0])
        return Draft(chosen)
    return _alternative(schema) if schema.get("anyOf") else _by_type(schema)


def _alternative(schema: Schema) -> Draft:
    # An alternative with content shows the user more than null does, so null comes last.
    attempts = map(draft, sorted(branches(schema), key=lambda branch: branch.get("type") == "null"))
    first = next(attempts)
    return next((attempt for attempt in (first, *attempts) if allows(schema, attempt.value)), first)


def _by_type(schema: Schema) -> Draft:
    kind = _kind(schema)
    if kind == "object":
        return _object(schema)
    if kind == "array":
        return _array(schema)
    if kind == "string":
        return _string(schema)
    if kind in ("integer", "number"):
        return Draft(_number(schema, whole=kind == "integer"), ((),))
    return Draft(False if kind == "boolean" else None)


def _kind(schema: Schema) -> str | None:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind is None and ("properties" in schema or "required" in schema):
        return "object"
    return kind


def _object(schema: Schema) -> Draft:
    members = schema.get("properties", {})
    required = set(schema.get("required", ()))
    # The described members in declared order, then required ones without a description.
    names = [name for name in members if name in required]
    names += [name for name in schema.get("required", ()) if name not in members]
    others = schema.get("additionalProperties")
    value: dict[str, Any] = {}
    to_fill: list[Path] = []
    for name in names:
        part = draft(members.get(name, others if isinstance(others, dict) else {}))
        value[name] = part.value
        to_fill += part.under(name)
    return Draft(value, tuple(to_fill))


def _array(schema: Schema) -> Draft:
    prefix = schema.get("prefixItems", ())
    items = schema.get("items")
    values: list[Any] = []
    to_fill: list[Path] = []
    for index in range(min(schema.get("minItems", 0), _MOST_ITEMS)):
        part = draft(prefix[index] if index < len(prefix) else items if isinstance(items, dict) else {})
        if schema.get("uniqueItems") and part.value in values and isinstance(items, dict):
            part = _other(items, values) or part
        values.append(part.value)
        to_fill += part.under(index)
    return Draft(values, tuple(to_fill))


def _other(items: Schema, taken: Sequence[Any]) -> Draft | None:
    """An item that differs from the taken ones."""
    for choice in items.get("enum", ()):
        if choice not in taken:
            return Draft(choice)
    first = draft(items).value
    for number in range(1, len(taken) + 2):
        candidate = f"{first}{number}" if isinstance(first, str) else first + number if _is_number(first) else None
        if candidate is not None and candidate not in taken and allows(items, candidate):
            return Draft(candidate, ((),))
    return None


def _string(schema: Schema) -> Draft:
    shortest = min(schema.get("minLength", 0), _LONGEST_TEXT)
    pattern = schema.get("pattern")
    text = PLACEHOLDER * shortest
    if pattern is not None and not _matches(pattern, text):
        text = example(pattern, min_length=shortest, max_length=schema.get("maxLength")) or text
    return Draft(text, ((),))


def _number(schema: Schema, *, whole: bool) -> int | float:
    value: int | float = 0
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    step = 1 if whole else 0.5
    if above is not None and value <= above:
        value = floor(above) + 1 if whole else above + step
    if low is not None and value < low:
        value = ceil(low) if whole else low
    if below is not None and value >= below:
        value = ceil(below) - 1 if whole else below - step
    if high is not None and value > high:
        value = floor(high) if whole else high
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_TYPES: dict[str, Any] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    # Unlike JSON Schema, no server accepts 1.0 as an integer.
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": _is_number,
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def _equal(left: Any, right: Any) -> bool:
    """Equality of JSON values: true is not 1."""
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def allows(schema: Any, value: Any) -> bool:
    """Whether ``value`` passes a normalised schema, by the keywords that servers use."""
    if isinstance(schema, bool):
        return schema
    kinds = schema.get("type")
    if kinds is not None and not any(
        _TYPES[kind](value) for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind in _TYPES
    ):
        return False
    if "const" in schema and not _equal(schema["const"], value):
        return False
    if "enum" in schema and not any(_equal(choice, value) for choice in schema["enum"]):
        return False
    if "anyOf" in schema and not any(allows(branch, value) for branch in schema["anyOf"]):
        return False
    if isinstance(value, str):
        return _allows_text(schema, value)
    if isinstance(value, list):
        return _allows_list(schema, value)
    if isinstance(value, dict):
        return _allows_object(schema, value)
    return _allows_number(schema, value) if _is_number(value) else True


def _allows_text(schema: Schema, value: str) -> bool:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        return False
    return "pattern" not in schema or _matches(schema["pattern"], value)


def _matches(pattern: str, text: str) -> bool:
    # A pattern that cannot be tried here counts as matched: the server judges it.
    return finds(pattern, text) is not False


def _allows_number(schema: Schema, value: float) -> bool:
    return (
        schema.get("minimum", value) <= value <= schema.get("maximum", value)
        and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
    )


def _allows_list(schema: Schema, value: list[Any]) -> bool:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        return False
    if schema.get("uniqueItems") and any(
        _equal(value[left], value[right]) for left in range(len(value)) for right in range(left)
    ):
        return False
    prefix = schema.get("prefixItems", ())
    if not all(allows(part, item) for part, item in zip(prefix, value, strict=False)):
        return False
    return "items" not in schema or all(allows(schema["items"], item) for item in value[len(prefix) :])


def _allows_object(schema: Schema, value: dict[str, Any]) -> bool:
    if any(name not in value for name in schema.get("required", ())):
        return False
    members = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    for name, item in value.items():
        if name in members:
            if not allows(members[name], item):
                return False
        elif not any(_matches(pattern, name) for pattern in patterns) and not allows(
            schema.get("additionalProperties", True), item
        ):
            return False
    return True
