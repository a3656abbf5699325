"""Check a value against its schema, and describe its problems for the user who typed it.

`jsonschema` makes the check (it is imported at the first one). This module turns its errors
into `Problem`s. Of alternatives it explains only the one that the user most likely meant. For
misspelt members and choices it suggests the nearest spelling.

A schema that the validator cannot read is not checked: then only the server judges.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from .draft import allows
from .forms import Form, marked
from .normalise import Schema
from .pattern import finds
from .validator import MOST_PROBLEMS, validator

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["Path", "Problem", "check", "check_arguments"]

Path = tuple[str | int, ...]

_MOST_CHOICES = 6
_KINDS = {
    "null": "null",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "array": "a list",
    "object": "an object",
}
_EVERY = list(_KINDS)


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem at ``path``. With ``key`` the member's name is wrong, not its value."""

    path: Path
    message: str
    key: bool = False


def check_arguments(params: Sequence[tuple[str, bool, Schema]], values: Any) -> list[Problem]:
    """The problems of a call's positional arguments, at most 100. ``params`` is (name, required, schema) of each; paths
    start with the argument's index."""
    if not isinstance(values, list):
        return [Problem((), "the arguments are a list: [ ... ]")]
    problems: list[Problem] = []
    for index, (name, required, schema) in enumerate(params):
        if index < len(values):
            problems += check(schema, values[index], at=(index,), sent=True)
        elif required:
            problems.append(Problem((), f"missing argument {name}"))
    if len(values) > len(params):
        count = len(params)
        most = "no arguments" if count == 0 else "one argument" if count == 1 else f"{count} arguments"
        problems.append(Problem((count,), f"too many arguments: this method takes {most}"))
    return problems[:MOST_PROBLEMS]


def check(schema: Schema, value: Any, *, at: Path = (), sent: bool = False) -> list[Problem]:
    """The problems of ``value`` by a normalised schema, in the order of the value; paths start with ``at``.

    The server's extended forms (``{"$date": ...}`` and the like) count as the text or list that they stand for. With
    ``sent`` the value is an argument: a form is required where the schema has a date, time or set, and is wrong
    elsewhere.
    """
    from jsonschema.exceptions import SchemaError, UnknownType

    found: dict[tuple[Path, str], Problem] = {}
    try:
        for error in validator(sent=sent)(schema).iter_errors(marked(value)):
            for problem in _explain(error):
                found.setdefault((problem.path, problem.message), problem)
            if len(found) >= MOST_PROBLEMS:
                break
    except RecursionError:
        return [Problem(at, "nested too deeply to be checked")]
    except (SchemaError, UnknownType, re.error):
        return []
    return [Problem(at + problem.path, problem.message, problem.key) for problem in found.values()]


def _explain(error: ValidationError) -> Iterator[Problem]:
    path: Path = tuple(error.absolute_path)
    keyword = str(error.validator)
    wanted: Any = error.validator_value
    value: Any = error.instance
    if keyword == "anyOf":
        yield from _explain_alternatives(error, path)
    elif keyword == "additionalProperties" and wanted is False:
        yield from _unknown_members(error.schema, value, path)
    elif keyword == "required":
        for name in wanted:
            if name not in value:
                yield Problem(path, f"missing field {_name(name)}")
    elif keyword == "type":
        yield Problem(path, _expected(wanted if isinstance(wanted, list) else [wanted], value))
    elif keyword == "form":
        yield Problem(path, error.message)
    elif keyword in ("enum", "const"):
        # A value of another type gets the message about its type instead.
        if isinstance(error.schema, dict) and allows({"type": error.schema.get("type", _EVERY)}, value):
            yield Problem(path, _choices(wanted if keyword == "enum" else [wanted], value))
    else:
        yield Problem(path, _limit(keyword, wanted, value) or _cut(error.message))


def _explain_alternatives(error: ValidationError, path: Path) -> Iterator[Problem]:
    branches: dict[int, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(int(inner.relative_schema_path[0]), []).append(inner)
    schemas: Any = error.validator_value
    value: Any = error.instance
    tag = error.schema.get("discriminator", {}).get("propertyName") if isinstance(error.schema, dict) else None
    if isinstance(tag, str) and isinstance(value, dict):
        yield from _explain_tagged(schemas, branches, tag, value, path)
        return
    fitting = {index: errors for index, errors in branches.items() if not _at_top(errors, "type")}
    if not fitting:
        kinds = [kind for index in branches for kind in _types(schemas[index])]
        yield Problem(path, _expected(kinds, value))
        return
    chosen = {index: errors for index, errors in fitting.items() if not _at_top(errors, "const", "enum")}
    if not chosen:
        choices = [choice for index in fitting for choice in _choices_of(schemas[index])]
        yield Problem(path, _choices(choices, value))
        return
    for inner in min(chosen.values(), key=_distance):
        yield from _explain(inner)


def _explain_tagged(
    schemas: Sequence[Any], branches: dict[int, list[ValidationError]], tag: str, value: dict[str, Any], path: Path
) -> Iterator[Problem]:
    choices = [_choices_of(schema.get("properties", {}).get(tag, {})) for schema in schemas]
    every = list(dict.fromkeys(choice for some in choices for choice in some if isinstance(choice, str)))
    if tag not in value:
        yield Problem(path, f"missing field {_name(tag)}: {_listed(every)}")
        return
    meant = [index for index, some in enumerate(choices) if value[tag] in some and index in branches]
    if not meant:
        yield Problem((*path, tag), _choices(every, value[tag]))
        return
    for inner in min((branches[index] for index in meant), key=_distance):
        yield from _explain(inner)


def _at_top(errors: Iterable[ValidationError], *keywords: str) -> bool:
    return any(error.validator in keywords and not error.relative_path for error in errors)


def _distance(errors: Sequence[ValidationError]) -> tuple[int, int]:
    """How far a value is from a branch. A wrong constant or choice is the best sign that the branch is not meant."""
    wrong_tags = sum(error.validator in ("const", "enum") and len(error.relative_path) == 1 for error in errors)
    return wrong_tags, len(errors)


def _types(schema: Schema) -> list[str]:
    kinds = schema.get("type")
    if kinds is None:
        return [kind for branch in schema.get("anyOf", ()) for kind in _types(branch)]
    return list(kinds) if isinstance(kinds, list) else [kinds]


def _choices_of(schema: Schema) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", ()))


def _unknown_members(schema: Any, value: dict[str, Any], path: Path) -> Iterator[Problem]:
    known = list(schema.get("properties", {}))
    patterns = schema.get("patternProperties", {})
    free = [name for name in known if name not in value]
    for name in value:
        if name not in known and not any(finds(pattern, name) for pattern in patterns):
            near = _nearest(name, free) or _nearest(name, known)
            hint = f", did you mean {_name(near)}?" if near else ""
            yield Problem((*path, name), f"no field {_name(name)}{hint}", key=True)


def _nearest(word: str, choices: Iterable[str]) -> str | None:
    lower = {choice.lower(): choice for choice in choices}
    near = get_close_matches(word.lower(), lower, n=1, cutoff=0.6)
    return lower[near[0]] if near else None


def _expected(kinds: Sequence[str], value: Any) -> str:
    names = list(dict.fromkeys(_KINDS.get(kind, kind) for kind in kinds))
    text = " or ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} or {names[-1]}"
    return f"expected {text or 'another value'}, not {_kind_of(value)}"


def _kind_of(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return _shown(value)
    if isinstance(value, (int, float)):
        return "a number" if isinstance(value, int) else f"the number {_shown(value)}"
    if isinstance(value, Form):
        return value.name
    return "text" if isinstance(value, str) else "a list" if isinstance(value, list) else "an object"


def _choices(choices: Sequence[Any], value: Any) -> str:
    near = (
        _nearest(value, [choice for choice in choices if isinstance(choice, str)]) if isinstance(value, str) else None
    )
    if near is not None and len(choices) > 2:
        return f"no choice {_shown(value)}, did you mean {_shown(near)}?"
    return f"expected {_listed(choices)}"


def _listed(choices: Sequence[Any]) -> str:
    shown = [_shown(choice) for choice in choices]
    if len(shown) == 1:
        return shown[0]
    if len(shown) > _MOST_CHOICES:
        return f"one of {', '.join(shown[:_MOST_CHOICES])} and {len(shown) - _MOST_CHOICES} more"
    return f"one of {', '.join(shown)}"


def _limit(keyword: str, wanted: Any, value: Any) -> str | None:
    if keyword == "minLength":
        return "must not be empty" if wanted == 1 else f"needs at least {wanted} characters"
    if keyword == "maxLength":
        return f"may have at most {wanted} characters, has {len(value)}"
    if keyword == "minItems":
        return "needs at least one item" if wanted == 1 else f"needs at least {wanted} items"
    if keyword == "maxItems":
        return f"may have at most {wanted} items, has {len(value)}"
    words = {
        "minimum": "must be at least",
        "maximum": "must be at most",
        "exclusiveMinimum": "must be more than",
        "exclusiveMaximum": "must be less than",
        "multipleOf": "must be a multiple of",
        "pattern": "does not match the pattern",
    }
    if keyword in words:
        return f"{words[keyword]} {wanted}"
    return "every item must be different" if keyword == "uniqueItems" else None


def _name(name: str) -> str:
    return name if re.fullmatch(r"[\w.$-]{1,60}", name) else _shown(name)


def _shown(value: Any) -> str:
    return _cut(json.dumps(value, ensure_ascii=False, default=str))


def _cut(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
