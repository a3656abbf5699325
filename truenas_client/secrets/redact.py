"""Masking: every value or text that is shown, logged or stored goes through this module.

It masks `Secret` values, fields by name and by place (`names`), values beside their name
(settings, filters, command lines), and in texts the shapes of secrets (`shapes`).
Invariants: the input is never changed, and the masked copy has its shape; booleans and
nulls stay, because it is no secret whether a value is set; in doubt a text is masked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import MASK
from .names import (
    ARGUMENTS,
    HARMLESS_TREES,
    NESTED,
    RESULTS,
    STORED_ELSEWHERE,
    is_name_of_no_secret,
    is_secret_name,
    members_of,
)
from .value import Secret

__all__ = [
    "MASK",
    "PAIRED",
    "hide",
    "holds_mask",
    "is_secret_name",
    "mask_places",
    "redact",
    "redact_call",
    "redact_result",
    "redact_text",
]

_NAMING = frozenset(
    ("key", "name", "variable", "env", "header", "property", "option", "field", "setting", "attribute", "param")
)
PAIRED = frozenset({"value", "val", "default", "content", "data"})
"""Members whose value is judged by the name in the member beside them."""
_OPERATORS = frozenset({"=", "!=", ">", ">=", "<", "<=", "~", "in", "nin", "rin", "rnin", "^", "!^", "$", "!$"})
_FIELDS = frozenset({"select", "order_by", "group_by", "fields"})
"""Members that list names of fields."""
_SIGN_IN = re.compile(r"(?:^|_)(?:basic_?auth|auth|login|user_?pass|user)$")
_USER_AND_PASSWORD = re.compile(r"(?!\d+:\d+\Z)([^:/\s]+):(?!\*{8}\Z)[^/\s]+")
_LONGEST_JSON = 200_000
_MASKED = re.compile(r"(?<!\*)\*{8}(?!\*)")


def mask_places(text: str) -> list[tuple[int, int]]:
    """The offsets of each mask in a text. A longer row of asterisks is no mask."""
    return [found.span() for found in _MASKED.finditer(text)] if MASK in text else []


def holds_mask(value: Any) -> bool:
    """Whether a JSON value contains a mask anywhere."""
    stack = [value]
    while stack:
        match stack.pop():
            case str() as text if mask_places(text):
                return True
            case Mapping() as members:
                stack += [*members.keys(), *members.values()]
            case list() | tuple() as items:
                stack += items
    return False


def _mask_shapes(text: str, *, random: bool = True) -> str:
    # Imported here: compiling its patterns takes 40 ms, and a program start needs none of them.
    from .shapes import mask_shapes

    return mask_shapes(text, random=random)


def redact(value: Any, method: str = "", name: str = "") -> Any:
    """A masked copy of a JSON value.

    An object with a ``method`` and its ``params`` or ``arguments`` (a frame, a job) is
    masked by the rules of that method; otherwise ``method`` names the method that the value
    belongs to. ``name`` is the field that holds the value: some, like ids, may look random.
    """
    match value:
        case Secret():
            return MASK
        case str():
            return _redact_string(value, name)
        case Mapping():
            return _redact_object(value, method)
        case list() | tuple() | set() | frozenset():
            return _redact_list(list(value), method, name)
    return value


def _redact_string(text: str, name: str) -> str:
    if name and _SIGN_IN.search(name.lower()) and (pair := _USER_AND_PASSWORD.fullmatch(text)):
        text = f"{pair[1]}:{MASK}"
    masked = _mask_shapes(text, random=not is_name_of_no_secret(name))
    if text[:1] in ("{", "[") and len(text) <= _LONGEST_JSON:
        try:
            # The text is JSON itself and may hold pairs of a name and a secret value.
            inner = json.loads(masked)
        except (ValueError, RecursionError):
            return masked
        if redact(inner) != inner:
            return MASK
    return masked


def _redact_list(items: list[Any], method: str, name: str) -> list[Any]:
    match items:
        case [str() as field, str() as operator, value] if operator.lower() in _OPERATORS:
            if _is_secret_field(field, method):
                return [field, operator, _mask(value)]
            return [field, operator, redact(value, method, field.rpartition(".")[2])]
        case [str() as field, (str() | int()) as value] if name not in _FIELDS and _is_secret_field(field, method):
            return [field, _mask(value)]
    masked = [redact(item, method, name) for item in items]
    places = [place for place, item in enumerate(items) if isinstance(item, str)]
    if len(places) > 1 and name not in _FIELDS:
        # The texts may be the words of a command line.
        from .shapes import mask_words

        words = mask_words([items[place] for place in places])
        for place, word in zip(places, words, strict=True):
            if word != items[place] and masked[place] != MASK:
                masked[place] = word
    return masked


def _is_secret_field(name: str, method: str) -> bool:
    last = name.rpartition(".")[2]
    return " " not in name and "=" not in name and is_secret_name(last) and last not in members_of(method)[1]


def _last_word(name: Any) -> str:
    return str(name).lower().rpartition("_")[2]


def _redact_object(value: Mapping[Any, Any], method: str) -> dict[Any, Any]:
    named = value.get("method")
    if isinstance(named, str) and ("params" in value or "arguments" in value):
        method = named
    secret, harmless = members_of(method)
    # {"key": name, "value": ...} is a setting: the name is shown, and decides whether the value is masked.
    valued = "remove" in value or any(_last_word(member) in PAIRED for member in value)
    pairs = {
        member: inner
        for member, inner in value.items()
        if valued and isinstance(inner, str) and _last_word(member) in _NAMING
    }
    beside = any(_is_secret_field(pair, method) for pair in pairs.values())
    result: dict[Any, Any] = {}
    for name, member in value.items():
        if name in ("params", "arguments") and isinstance(named, str) and isinstance(member, (list, tuple)):
            result[name] = redact_call(named, member)
        elif (name == "key" and name in pairs) or name in HARMLESS_TREES:
            result[name] = member
        elif beside and _last_word(name) in PAIRED:
            result[name] = _mask(member)
        elif isinstance(name, str) and (name in secret or (is_secret_name(name) and name not in harmless)):
            result[name] = _redact_member(name, member, method)
        else:
            result[name] = redact(member, method, name if isinstance(name, str) else "")
    return result


def _redact_member(name: str, member: Any, method: str) -> Any:
    """Mask a member with the name of a secret."""
    if name.endswith(STORED_ELSEWHERE):
        # Often the number of a stored secret, or an object that holds more than the secret.
        if isinstance(member, int):
            return member
        if isinstance(member, Mapping):
            return redact(member, method)
    return _mask(member)


def _mask(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {k: _mask(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_mask(item) for item in value]
    return MASK


def _mask_unknown(value: Any) -> Any:
    """Mask arguments that were not reviewed: all texts, and numbers long enough for a code."""
    if isinstance(value, Mapping):
        return {k: _mask_unknown(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_mask_unknown(item) for item in value]
    return MASK if isinstance(value, str) or (not isinstance(value, bool) and len(str(value)) > 3 and value) else value


def redact_call(method: str, params: Sequence[Any], names: Sequence[str] = ()) -> list[Any]:
    """A masked copy of the positional arguments of a call. ``names`` are the names of the arguments, if known."""
    if method in NESTED:
        return _redact_nested(method, params)
    bare = ARGUMENTS.get(method)
    if bare is None and method.startswith("auth."):
        return [_mask_unknown(item) for item in params]
    harmless = members_of(method)[1]
    result = []
    for position, item in enumerate(params):
        name = names[position] if position < len(names) else ""
        if position in (bare or ()):
            result.append(_mask(item))
        elif bare is None and is_secret_name(name) and name not in harmless:
            result.append(_redact_member(name, item, method))
        else:
            result.append(redact(item, method, name))
    return result


def _redact_nested(method: str, params: Sequence[Any]) -> list[Any]:
    named_at, params_at, many = NESTED[method]
    result = [redact(item, method) for item in params]
    inner = params[named_at] if len(params) > named_at else None
    arguments = params[params_at] if len(params) > params_at else None
    if isinstance(inner, str) and isinstance(arguments, (list, tuple)):
        result[params_at] = (
            [redact_call(inner, one) if isinstance(one, (list, tuple)) else redact(one, inner) for one in arguments]
            if many
            else redact_call(inner, arguments)
        )
    return result


def redact_result(method: str, result: Any) -> Any:
    """A masked copy of the result of a method."""
    return _mask(result) if method in RESULTS else redact(result, method)


# -- texts -----------------------------------------------------------------------------------


def redact_text(text: str, secrets: Iterable[Secret | str] = ()) -> str:
    """A text with the given secrets masked, and all parts that look like one."""
    return _mask_shapes(hide(text, secrets))


def hide(text: str, secrets: Iterable[Secret | str]) -> str:
    """A text with the given secrets masked, as they are and as JSON writes them."""
    for secret in secrets:
        known = secret.reveal() if isinstance(secret, Secret) else secret
        for form in (known, json.dumps(known)[1:-1], json.dumps(known, ensure_ascii=False)[1:-1]):
            if known:
                text = text.replace(form, MASK)
    return text
