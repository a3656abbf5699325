"""Masking: the one place through which everything goes that is shown, logged or stored.

Masked are `Secret` values, fields by name and by place (`secretnames`), and in texts
what looks like a key, a token or a password beside its name. Invariants: what is
given is never changed, a masked copy is returned; booleans and nulls stay, because
whether something is set is no secret; in doubt a text is masked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .secret import MASK, Secret
from .secretnames import ARGUMENTS, HARMLESS_TREES, NESTED, RESULTS, is_secret_name, members_of

__all__ = ["MASK", "is_secret_name", "redact", "redact_call", "redact_result", "redact_text"]


def redact(value: Any, method: str = "") -> Any:
    """A masked copy of a JSON value.

    An object with a ``method`` and its ``params`` or ``arguments`` (a frame, a job) is
    masked as that method's; else ``method`` tells whose arguments or result this is.
    """
    match value:
        case Secret():
            return MASK
        case str():
            return redact_text(value)
        case Mapping():
            return _redact_object(value, method)
        case list() | tuple() | set() | frozenset():
            return [redact(item, method) for item in value]
    return value


def _redact_object(value: Mapping[Any, Any], method: str) -> dict[Any, Any]:
    named = value.get("method")
    if isinstance(named, str) and ("params" in value or "arguments" in value):
        method = named
    secret, harmless = members_of(method)
    # {"key": name, "value": ...} is a setting: the name is shown, and decides about the value.
    pair = value.get("key") if "value" in value or "remove" in value else None
    result: dict[Any, Any] = {}
    for name, member in value.items():
        if name in ("params", "arguments") and isinstance(named, str) and isinstance(member, (list, tuple)):
            result[name] = redact_call(named, member)
        elif (name == "key" and isinstance(pair, str)) or name in HARMLESS_TREES:
            result[name] = member
        elif name == "value" and isinstance(pair, str) and is_secret_name(pair):
            result[name] = _mask(member)
        elif isinstance(name, str) and (name in secret or (is_secret_name(name) and name not in harmless)):
            result[name] = _redact_member(name, member, method)
        else:
            result[name] = redact(member, method)
    return result


def _redact_member(name: str, member: Any, method: str) -> Any:
    """A member with a secret's name."""
    if name.endswith(("credential", "credentials", "private_key")):
        # Often a reference: the number of a stored one, or an object that holds more than the secret.
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


def redact_call(method: str, params: Sequence[Any]) -> list[Any]:
    """A masked copy of the positional arguments of a call."""
    if method in NESTED:
        return _redact_nested(method, params)
    bare = ARGUMENTS.get(method)
    if bare is None:
        unknown = method.startswith("auth.")
        return [_mask(item) if unknown and isinstance(item, str) else redact(item, method) for item in params]
    return [_mask(item) if position in bare else redact(item, method) for position, item in enumerate(params)]


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
    """A masked copy of what a method answered."""
    return _mask(result) if method in RESULTS else redact(result, method)


# -- texts -----------------------------------------------------------------------------------

# A name and what stands between it and its value: in settings, JSON (also inside a JSON text), YAML, arguments of a
# call, queries of an address.
_NAME = re.compile(r"""(?<![\w.-])([\w.-]++)\\*["']?[ \t]*[:=][ \t]*""")
# A quoted value that was cut off goes to the end of its line.
_VALUE = re.compile(
    r"""
      "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | (?P<quote>\\+["']).*?(?<!\\)(?P=quote)
    | \\*["'][^\n]* | [^\s"',;&)}\]]+
    """,
    re.VERBOSE,
)
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.*?(-----END \1PRIVATE KEY-----|\Z)", re.DOTALL), MASK),
    # What stands in an address before the host.
    (re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@"), rf"\1:{MASK}@"),
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}", re.IGNORECASE), rf"\1 {MASK}"),
    # An API key as the server makes them.
    (re.compile(r"\b\d+-[A-Za-z0-9]{64}\b"), MASK),
)
_EMPTY = {"null", "none", "true", "false"}


def redact_text(text: str, secrets: Iterable[Secret | str] = ()) -> str:
    """A text without the given secrets, and without what looks like one."""
    for secret in secrets:
        known = secret.reveal() if isinstance(secret, Secret) else secret
        if known:
            text = text.replace(known, MASK)
    for shape, mask in _SHAPES:
        text = shape.sub(mask, text)
    if "=" in text or ":" in text:
        text = _without_named(text)
    return text


def _without_named(text: str) -> str:
    parts: list[str] = []
    done = 0
    for name in _NAME.finditer(text):
        if name.start() < done or not is_secret_name(name[1].rpartition(".")[2]):
            continue
        if name[1] == "secret" and text.endswith("${", 0, name.start()):
            # A placeholder names a secret and holds none.
            continue
        value = _VALUE.match(text, name.end())
        bare = value[0].strip("\\\"'") if value else ""
        if value is None or bare in ("", MASK) or bare.lower() in _EMPTY:
            continue
        quote = value["quote"] or (value[0][0] if value[0][0] in "\"'" else "")
        parts += [text[done : name.end()], quote, MASK, quote]
        done = value.end()
    return "".join((*parts, text[done:])) if parts else text
