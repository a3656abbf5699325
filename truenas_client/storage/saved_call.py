"""One saved call: a method, its arguments, and the variables that are asked for when it runs; as a value and as TOML.

::

    description = "Datasets of one pool"
    method = "pool.dataset.query"
    arguments = '''
    [[["pool", "=", "${var:pool}"]], {"limit": 20}]
    '''

    [variables.pool]
    type = "text"                # number, json, secret
    description = "its name"
    default = "tank"

The arguments are JSON. A variable is a whole string there, or stands inside of one. Its value is put into the parsed
arguments, never into their text, so no quote or brace in a value changes anything but the value.

Invariants: a saved call holds no secret: `without_secrets` puts a variable of type ``secret`` in the place of each,
and `fill` leaves those for the moment of sending. The reader never guesses: an unknown key is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import Any, Literal, get_args

from ..exc import InvalidSavedCall
from ..methods.storable import secret_places, storable, with_value
from ..secrets.names import is_secret_name
from ..secrets.placeholders import Placeholder, changed, changed_texts, fill, find, joined, placeholders, unmasked
from ..secrets.redact import MASK, mask_places, redact_text
from ..secrets.value import Secret
from ..values.fittedjson import fitted_json

__all__ = ["SavedCall", "Type", "Variable", "free_name", "with_values"]

Type = Literal["text", "number", "json", "secret"]
TYPES: tuple[Type, ...] = get_args(Type)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
WIDEST = 88
"""Columns of a line of arguments in the file."""
_KEYS = ("description", "method", "arguments", "variables")
_VARIABLE_KEYS = ("type", "description", "default")


@dataclass(frozen=True, slots=True)
class Variable:
    """What is asked for. ``default`` is a text as a user would type it, None when there is none."""

    name: str
    type: Type = "text"
    description: str = ""
    default: str | None = None

    def value(self, typed: str) -> Any:
        """The value of a typed text. Raises ValueError, whose text does not repeat what was typed."""
        if self.type == "number":
            number = _read(typed)
            if type(number) not in (int, float):
                raise ValueError(f"{self.name} wants a number, such as 5 or 1.5")
            return number
        if self.type == "json":
            value = _read(typed)
            if value is _NONE:
                raise ValueError(f'{self.name} wants JSON, such as ["a", 5] or true; a text stands in quotes')
            return value
        return typed


@dataclass(frozen=True, slots=True)
class SavedCall:
    """``name`` is the path of its file below the folder of saved calls, without ``.toml``."""

    name: str
    method: str
    params: list[Any]
    description: str = ""
    variables: tuple[Variable, ...] = ()
    """Those that were described. One in the arguments that was not is a text."""
    notes: tuple[str, ...] = field(default=(), compare=False)
    """What the user should know of the file."""

    @property
    def asked(self) -> tuple[Variable, ...]:
        """The variables in the arguments, in their order."""
        described = {variable.name: variable for variable in self.variables}
        names = dict.fromkeys(one.name for _, one in find(self.params) if one.kind == "var" and not one.wrong)
        return tuple(described.get(name, Variable(name)) for name in names)

    def fill(self, values: Mapping[str, Any]) -> list[Any]:
        """The arguments with these values of variables; secrets stay as they are written.

        Raises ValueError for a value that cannot stand where its variable does.
        """
        secret = {variable.name for variable in self.variables if variable.type == "secret"}
        filled: list[Any] = with_values(
            self.params, {name: value for name, value in values.items() if name not in secret}
        )
        return filled

    def without_secrets(self, names: Sequence[str] = ()) -> SavedCall:
        """The call with a secret variable in the place of each secret; ``names`` are the names of its arguments.

        Raises `InvalidSavedCall` where the key of an object could be a secret.
        """
        params = storable(self.method, self.params, names)
        if params is None:
            raise InvalidSavedCall("The name of a member looks like a secret: this call cannot be saved")
        known = [_harmless(variable) for variable in self.variables]
        taken = {variable.name for variable in (*self.asked, *known)}
        for path, text in list(_masked(params, ())):
            label = next((part for part in reversed(path) if isinstance(part, str)), "")
            if not label and isinstance(path[0], int) and path[0] < len(names):
                label = names[path[0]]
            name = free_name(label or "secret", taken)
            taken.add(name)
            known.append(Variable(name, "secret"))
            params = with_value(params, path, unmasked(text, repeat(f"${{var:{name}}}")))
        return replace(self, params=params, variables=tuple(known), description=redact_text(self.description))

    @classmethod
    def parse(cls, name: str, text: str) -> SavedCall:
        """Read the file's text. Raises `InvalidSavedCall`, whose text begins with the key and holds no argument."""
        import tomllib

        try:
            told = tomllib.loads(text)
        except tomllib.TOMLDecodeError as e:
            raise InvalidSavedCall(f"{e}. Correct that place; the format is TOML") from None
        if unknown := next((key for key in told if key not in _KEYS), None):
            raise InvalidSavedCall(f"{unknown[:80]}: there is no such key; there are {', '.join(_KEYS)}")
        method, arguments, description = (told.get(key, "") for key in ("method", "arguments", "description"))
        if not isinstance(method, str) or not method.strip():
            raise InvalidSavedCall('method: name one, as in method = "pool.query"')
        if not isinstance(arguments, str):
            raise InvalidSavedCall("arguments: should be a text in quotes that holds JSON")
        if not isinstance(description, str):
            raise InvalidSavedCall("description: should be a text")
        try:
            params = json.loads(arguments) if arguments.strip() else []
        except RecursionError:
            raise InvalidSavedCall("arguments: nested too deeply") from None
        except json.JSONDecodeError as e:
            raise InvalidSavedCall(f"arguments: no JSON: {e.msg} (line {e.lineno} of them, column {e.colno})") from None
        if not isinstance(params, list):
            raise InvalidSavedCall("arguments: a list of all arguments: [...]")
        tables = told.get("variables", {})
        if not isinstance(tables, Mapping):
            raise InvalidSavedCall("variables: write each as [variables.NAME]")
        variables = tuple(_variable(name, table) for name, table in tables.items())
        return cls(name, method.strip(), params, description.strip(), variables, tuple(_clear(method.strip(), params)))

    def text(self) -> str:
        """The file's text."""
        written = _json(self.params)
        odd = "'''" in written or re.search(r"[^\n\x20-\x7e\xa0-\U0010ffff]", written)
        lines = [f"description = {_string(self.description)}"] if self.description else []
        lines.append(f"method = {_string(self.method)}")
        lines.append(f"arguments = {_string(written)}" if odd else f"arguments = '''\n{written}\n'''")
        for variable in self.variables:
            lines += ["", f"[variables.{variable.name}]", f"type = {_string(variable.type)}"]
            lines += [f"description = {_string(variable.description)}"] if variable.description else []
            lines += [f"default = {_string(variable.default)}"] if variable.default is not None else []
        return "\n".join([*lines, ""])


def _string(text: str) -> str:
    """A text in TOML, whose escapes are those of JSON."""
    return json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")


_NONE = object()


def _read(text: str) -> Any:
    """The JSON value of a text; `_NONE` for what is none. NaN and its like are none: no server takes them."""

    def refuse(_word: str) -> Any:
        raise ValueError

    try:
        value = json.loads(text, parse_constant=refuse)
        return value if "Infinity" not in json.dumps(value) else _NONE  # of 1e999
    except (ValueError, RecursionError):
        return _NONE


def free_name(label: str, taken: set[str]) -> str:
    """A name for a variable, made of a label, that is not taken yet."""
    base = re.sub(r"[^A-Za-z0-9_-]+", "_", label).strip("_-")[:40]
    base = base if _NAME.fullmatch(base) else f"value_{base}" if base else "value"
    return next(name for name in (base, *(f"{base}_{n}" for n in range(2, 10_000))) if name not in taken)


def with_values(value: Any, values: Mapping[str, Any]) -> Any:
    """A copy of a JSON value with these variables replaced; all other placeholders stay as they are written.

    Raises ValueError for an object, list, boolean or null inside of a text.
    """
    return changed_texts(value, lambda text: _filled(text, values) if "${" in text else text)


def _filled(text: str, values: Mapping[str, Any]) -> Any:
    known = [one for one in placeholders(text) if one.kind == "var" and not one.wrong and one.name in values]
    if not known:
        return text
    if (known[0].start, known[0].end) == (0, len(text)):
        # What a user gives for a variable is data: nothing in it is a placeholder.
        return changed_texts(values[known[0].name], lambda given: joined([given]))

    def written(one: Placeholder) -> str | Placeholder:
        if one.kind != "var" or one.name not in values:
            return one
        found = values[one.name]
        if isinstance(found, bool) or not isinstance(found, str | int | float):
            raise ValueError(f"{one.name} stands inside of a text, so it has to be a text or a number")
        return found if isinstance(found, str) else json.dumps(found)

    return changed(text, written)


def _harmless(variable: Variable) -> Variable:
    """A variable whose name or default is that of a secret is one."""
    if is_secret_name(variable.name) or redact_text(variable.default or "") != (variable.default or ""):
        return replace(variable, type="secret", default=None)
    return variable


def _masked(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The texts with a mask in them, and their paths."""
    if isinstance(value, str):
        if mask_places(value):
            yield path, value
    elif isinstance(value, dict | list):
        for part, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _masked(member, (*path, part))


def _variable(name: str, table: Any) -> Variable:
    where = f"variables.{name[:80]}"
    if not _NAME.fullmatch(name):
        raise InvalidSavedCall(f"{where}: a name has letters, digits, - and _, and begins with a letter")
    if not isinstance(table, Mapping):
        raise InvalidSavedCall(f"{where}: write it as [{where}]")
    if unknown := next((key for key in table if key not in _VARIABLE_KEYS), None):
        raise InvalidSavedCall(f"{where}.{unknown[:80]}: no such key; there are {', '.join(_VARIABLE_KEYS)}")
    kind, description, default = table.get("type", "text"), table.get("description", ""), table.get("default")
    if kind not in TYPES:
        raise InvalidSavedCall(f"{where}.type: one of {', '.join(TYPES)}")
    if not isinstance(description, str):
        raise InvalidSavedCall(f"{where}.description: should be a text")
    if default is not None and kind == "secret":
        raise InvalidSavedCall(f"{where}.default: a secret has none: it is asked for each time")
    if type(default) in (int, float):
        default = json.dumps(default)
    if default is not None and not isinstance(default, str):
        raise InvalidSavedCall(f"{where}.default: a text or a number; for JSON, a text that holds it")
    variable = Variable(name, kind, description, default)
    if default is not None:
        try:
            variable.value(default)
        except ValueError as e:
            raise InvalidSavedCall(f"{where}.default: {e}") from None
    return variable


def _clear(method: str, params: list[Any]) -> list[str]:
    """A note where a user wrote a secret into the file."""
    known = fill(params, lambda _: Secret(MASK)).value  # what is asked for or looked up is in no file
    if next(secret_places(method, known), None) is None:
        return []
    return ["It holds a secret in clear: write ${secret:NAME} there, or ${var:NAME} to be asked for it"]


def _json(params: list[Any]) -> str:
    # A lone surrogate cannot be written in TOML: JSON has an escape for it.
    return re.sub("[\ud800-\udfff]", lambda one: f"\\u{ord(one[0]):04x}", fitted_json(params, WIDEST))
