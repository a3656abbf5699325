"""Check the arguments of a call against the schemas of its method, with the server's messages.

`bind` fills in defaults and returns the arguments for the method, or raises
`ValidationErrors`. Their attributes are dotted paths that start with the name of the
parameter; the tag of a tagged union is part of the path (recorded: flow
validation_errors). Schemas are in their normalised form. Invariant: the client's values
are not changed.
"""

from __future__ import annotations

import copy
import ipaddress
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from truenas_client.methods.normalise import Schema, normalise

from .errors import ValidationErrors, refused

__all__ = ["Parameter", "bind", "check", "parameters"]

_ABSENT: Any = object()
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "Input should be a valid string"),
    "integer": ((int,), "Input should be a valid integer"),
    "number": ((int, float), "Input should be a valid number"),
    "boolean": ((bool,), "Input should be a valid boolean"),
    "array": ((list, tuple), "Input should be a valid list"),
    "object": ((dict,), "Input should be a valid dictionary"),
    "null": ((type(None),), "Input should be None"),
}
"""By type: the Python types that the server accepts, and its message for any other value."""
_FORMS: dict[str, tuple[tuple[type, ...], str]] = {
    "date-time": ((datetime,), "Input should be a valid datetime"),
    "date": ((date,), "Input should be a valid date"),
    "time": ((time,), "Input should be in a valid time format"),
    "ipvanyinterface": ((str, ipaddress.IPv4Interface, ipaddress.IPv6Interface), "Input should be a valid string"),
}
"""The same for texts by their format."""
_SET = ((set, frozenset), "Input should be a valid set")
"""With uniqueItems the server has a set, and accepts no list for it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a method; ``schema`` is normalised."""

    name: str
    required: bool
    schema: Schema


LONGEST_TEXT = 1024
"""The most characters of a text, unless a model of the server has another limit. No listing shows it (seen on running
servers)."""


def parameters(accepts: Iterable[dict[str, Any]], *, limited: bool = False) -> list[Parameter]:
    """The arguments that the ``accepts`` of a catalogue entry describes.

    ``limited``: no text is longer than `LONGEST_TEXT`, unless its schema has a limit. (Which of
    the texts of a real server's catalogue may be longer, the catalogue does not say.)
    """
    return [
        Parameter(
            str(raw.get("_name_") or raw.get("title") or position),
            bool(raw.get("_required_", True)),
            _limited(normalise(raw)) if limited else normalise(raw),
        )
        for position, raw in enumerate(accepts)
    ]


def _limited(schema: Schema) -> Schema:
    made: Schema = {}
    for key, value in schema.items():
        if key == "properties":
            made[key] = {name: _limited(member) for name, member in value.items()}
        elif key == "anyOf":
            made[key] = [_limited(branch) for branch in value]
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            made[key] = _limited(value)
        else:
            made[key] = value
    kind = schema.get("type")
    if kind == "string" or (isinstance(kind, list) and "string" in kind):
        made.setdefault("maxLength", LONGEST_TEXT)
    return made


def bind(accepts: Sequence[Parameter], params: Sequence[Any]) -> list[Any]:
    """The arguments with defaults filled in. Raises `ValidationErrors`."""
    if len(params) > len(accepts):
        raise refused("", f"Too many arguments (expected {len(accepts)}, found {len(params)})")
    errors = ValidationErrors()
    bound = []
    for position, parameter in enumerate(accepts):
        if position < len(params):
            bound.append(check(parameter.schema, params[position], parameter.name, errors))
        elif "default" in parameter.schema:
            bound.append(copy.deepcopy(parameter.schema["default"]))
        elif parameter.required:
            errors.add(parameter.name, "Field required")
        else:
            # Left out, without a default: an object of changes is empty.
            bound.append({} if parameter.schema.get("type") == "object" else None)
    errors.check()
    return bound


def check(schema: Schema, value: Any, path: str, errors: ValidationErrors) -> Any:
    """Check one value, add its problems to ``errors``, and return it with defaults filled in."""
    if "anyOf" in schema:
        if "discriminator" in schema:
            return _tagged(schema, value, path, errors)
        return _union(schema["anyOf"], value, path, errors)
    if "const" in schema:
        if value != schema["const"] or isinstance(value, bool) != isinstance(schema["const"], bool):
            errors.add(path, f"Input should be {schema['const']!r}")
        return value
    if "enum" in schema:
        if not any(value == allowed and type(value) is type(allowed) for allowed in schema["enum"]):
            errors.add(path, f"Input should be {_alternatives(schema['enum'])}")
        return value
    return _typed(schema, value, path, errors)


def _alternatives(values: Sequence[Any]) -> str:
    shown = [repr(value) for value in values]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"


def _tagged(schema: Schema, value: Any, path: str, errors: ValidationErrors) -> Any:
    name = schema["discriminator"]["propertyName"]
    if not isinstance(value, dict):
        errors.add(path, "Input should be a valid dictionary or object to extract fields from")
        return value
    tags: list[Any] = []
    for branch in schema["anyOf"]:
        member = branch.get("properties", {}).get(name, {})
        values = [member["const"]] if "const" in member else member.get("enum", [])
        # A missing tag with a default means the first branch that has a default.
        wanted = value.get(name, member.get("default", _ABSENT))
        if any(wanted == tag and isinstance(wanted, bool) == isinstance(tag, bool) for tag in values):
            return check(branch, {**value, name: wanted}, f"{path}.{wanted}", errors)
        tags += values
    if name not in value:
        errors.add(f"{path}.{name}", "Field required")
    else:
        expected = ", ".join(repr(tag) for tag in tags)
        errors.add(
            path, f"Input tag {value[name]!r} found using {name!r} does not match any of the expected tags: {expected}"
        )
    return value


def _union(branches: Sequence[Schema], value: Any, path: str, errors: ValidationErrors) -> Any:
    best: ValidationErrors | None = None
    for branch in branches:
        found = ValidationErrors()
        answer = check(branch, value, path, found)
        if not found:
            return answer
        # The branch that fails deepest is most likely the intended one. Null never is.
        if branch.get("type") != "null" and (best is None or _depth(found, path) > _depth(best, path)):
            best = found
    for error in best or ():
        errors.errors.append(error)
    return value


def _depth(errors: ValidationErrors, path: str) -> int:
    return sum(error.attribute != path for error in errors)


def _accepted(kind: str, schema: Schema) -> tuple[tuple[type, ...], str]:
    if kind == "string" and schema.get("format") in _FORMS:
        return _FORMS[schema["format"]]
    if kind == "array" and schema.get("uniqueItems"):
        return _SET
    return _KINDS.get(kind, ((object,), ""))


def _words(kind: str, schema: Schema, path: str) -> str:
    """The server's message for a value of another type."""
    words = _accepted(kind, schema)[1]
    if kind == "object" and schema.get("properties"):
        # The message names the model. No listing shows that name; usually it is that of the argument.
        name = "".join(part.capitalize() for part in re.split(r"[_.\-]", path.rpartition(".")[2]))
        return f"{words} or instance of {name}"
    return words


def _is(kind: str, value: Any, schema: Schema) -> bool:
    # To Python true and false are numbers, to the server they are not.
    number = kind in ("integer", "number")
    return isinstance(value, _accepted(kind, schema)[0]) and not (number and isinstance(value, bool))


def _typed(schema: Schema, value: Any, path: str, errors: ValidationErrors) -> Any:
    kinds = schema.get("type")
    if kinds is None:
        return value
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    kind = next((kind for kind in kinds if _is(kind, value, schema)), None)
    if kind is None:
        errors.add(path, _words(kinds[0], schema, path))
        return value
    if kind == "object":
        return _object(schema, value, path, errors)
    if kind == "array" and isinstance(value, list):
        return _array(schema, value, path, errors)
    if kind in ("integer", "number"):
        _limits(schema, value, path, errors)
    elif isinstance(value, str):
        _text(schema, value, path, errors)
    return value


def _object(schema: Schema, value: dict[str, Any], path: str, errors: ValidationErrors) -> Any:
    members: dict[str, Schema] = schema.get("properties") or {}
    required = schema.get("required") or ()
    made: dict[str, Any] = {}
    for name, member in members.items():
        if name in value:
            made[name] = check(member, value[name], f"{path}.{name}", errors)
        elif name in required:
            errors.add(f"{path}.{name}", "Field required")
        elif "default" in member:
            made[name] = copy.deepcopy(member["default"])
    further = schema.get("additionalProperties", True)
    for name, content in value.items():
        if name in members:
            continue
        if further is False and members:
            errors.add(f"{path}.{name}", "Extra inputs are not permitted")
        else:
            made[name] = check(further, content, f"{path}.{name}", errors) if isinstance(further, dict) else content
    return made


def _array(schema: Schema, value: list[Any], path: str, errors: ValidationErrors) -> Any:
    length = len(value)
    if (least := schema.get("minItems")) is not None and length < least:
        errors.add(path, f"List should have at least {least} item{_s(least)} after validation, not {length}")
    if (most := schema.get("maxItems")) is not None and length > most:
        errors.add(path, f"List should have at most {most} item{_s(most)} after validation, not {length}")
    items = schema.get("items")
    if not isinstance(items, dict) or not items:
        return value
    return [check(items, item, f"{path}.{position}", errors) for position, item in enumerate(value)]


_LIMITS: tuple[tuple[str, Callable[[float, float], bool], str], ...] = (
    ("minimum", operator.ge, "greater than or equal to"),
    ("maximum", operator.le, "less than or equal to"),
    ("exclusiveMinimum", operator.gt, "greater than"),
    ("exclusiveMaximum", operator.lt, "less than"),
)


def _limits(schema: Schema, value: float, path: str, errors: ValidationErrors) -> None:
    for key, holds, words in _LIMITS:
        if (limit := schema.get(key)) is not None and not holds(value, limit):
            errors.add(path, f"Input should be {words} {limit}")


def _text(schema: Schema, value: str, path: str, errors: ValidationErrors) -> None:
    if (least := schema.get("minLength")) is not None and len(value) < least:
        errors.add(path, f"String should have at least {least} character{_s(least)}")
    if (most := schema.get("maxLength")) is not None and len(value) > most:
        errors.add(path, f"String should have at most {most} character{_s(most)}")
    pattern = schema.get("pattern")
    if pattern is not None and not _matches(pattern, value):
        errors.add(path, f"String should match pattern '{pattern}'")


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:  # a pattern of another dialect refuses nothing
        return True


def _s(count: int) -> str:
    return "" if count == 1 else "s"
