"""JSON with the server's extra value types, both ways.

======================================  =============================================
on the wire                             in Python
======================================  =============================================
``{"$date": ms}``                       aware `datetime.datetime` in UTC
``{"$type": "date", "$value": iso}``    `datetime.date`
``{"$time": "HH:MM[:SS[.ffffff]]"}``    `datetime.time`
``{"$set": [...]}``                     `set` (a `frozenset` where it lies inside a set)
``{"$ipv4_interface": "a.b.c.d/n"}``    `ipaddress.IPv4Interface` (likewise ipv6)
======================================  =============================================

An object is such a form only when it has no other members (recorded: flow ejson_types).
Text without a ``"$`` goes to the plain decoder, so the forms cost nothing when absent.
``NaN`` and ``Infinity`` are accepted and written, as the server does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import IO, Any

__all__ = ["EJSONDecodeError", "JSONEncoder", "dump", "dumps", "load", "loads", "object_hook"]


_decode = json.JSONDecoder().decode


class EJSONDecodeError(ValueError):
    """The text is not JSON, or one of its ``$`` forms has invalid content."""


def _date(value: Any) -> Any:
    from datetime import UTC, datetime, timedelta

    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)


def _time(value: Any) -> Any:
    from datetime import time

    return time.fromisoformat(value)


def _set(value: Any) -> Any:
    return {_hashable(item) for item in value}


def _hashable(value: Any) -> Any:
    if isinstance(value, set):
        return frozenset(value)
    return tuple(_hashable(item) for item in value) if isinstance(value, list) else value


def _interface(version: int, value: Any) -> Any:
    from ipaddress import IPv4Interface, IPv6Interface

    if not isinstance(value, str):  # ipaddress would accept numbers too
        raise TypeError(f"a text is wanted, not {type(value).__name__}")
    return IPv4Interface(value) if version == 4 else IPv6Interface(value)


_FORMS: dict[str, Callable[[Any], Any]] = {
    "$date": _date,
    "$time": _time,
    "$set": _set,
    "$ipv4_interface": partial(_interface, 4),
    "$ipv6_interface": partial(_interface, 6),
}


def object_hook(value: dict[str, Any]) -> Any:
    """Turn a decoded object that is exactly one extended form into its value.

    Raises `EJSONDecodeError` when the form is recognised but its content is not.
    """
    size = len(value)
    try:
        if size == 1:
            (key,) = value
            form = _FORMS.get(key)
            return value if form is None else form(value[key])
        if size == 2 and value.get("$type") == "date" and "$value" in value:
            from datetime import date

            return date.fromisoformat(value["$value"])
    except EJSONDecodeError:
        raise
    except (TypeError, ValueError, OverflowError) as e:
        raise EJSONDecodeError(f"{next(iter(value))}: {e}") from e
    return value


class JSONEncoder(json.JSONEncoder):
    """Encodes the extra types, and objects with ``model_dump`` (pydantic) by their by-alias dump."""

    def default(self, o: Any) -> Any:
        from datetime import UTC, date, datetime, time
        from ipaddress import IPv4Interface, IPv6Interface

        if isinstance(o, datetime):
            if o.tzinfo is None:
                o = o.replace(tzinfo=UTC)
            delta = o - datetime(1970, 1, 1, tzinfo=UTC)
            # Integer arithmetic, because a float would lose milliseconds far from 1970.
            return {"$date": (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000}
        if isinstance(o, date):
            return {"$type": "date", "$value": o.isoformat()}
        if isinstance(o, time):
            return {"$time": o.isoformat()}
        if isinstance(o, (set, frozenset)):
            return {"$set": list(o)}
        if isinstance(o, IPv4Interface):
            return {"$ipv4_interface": str(o)}
        if isinstance(o, IPv6Interface):
            return {"$ipv6_interface": str(o)}
        dump_model = getattr(o, "model_dump", None)
        if callable(dump_model):
            return dump_model(by_alias=True)
        return super().default(o)


def dumps(obj: Any, **kwargs: Any) -> str:
    """Encode ``obj``; keyword arguments are those of `json.dumps`. Raises TypeError for other types."""
    kwargs.setdefault("cls", JSONEncoder)
    return json.dumps(obj, **kwargs)


def dump(obj: Any, fp: IO[str], **kwargs: Any) -> None:
    """Encode ``obj`` into a text file."""
    fp.write(dumps(obj, **kwargs))


def loads(text: str | bytes, **kwargs: Any) -> Any:
    """Decode ``text``. Raises `EJSONDecodeError` for bad JSON and for a bad extended form."""
    # Search for the rare "$" first: that is ten times faster, because quotes are everywhere.
    if isinstance(text, bytes):
        plain = b"$" not in text or b'"$' not in text
    else:
        plain = "$" not in text or '"$' not in text
    try:
        if not kwargs and plain:
            return _decode(text) if isinstance(text, str) else json.loads(text)
        kwargs.setdefault("object_hook", object_hook)
        return json.loads(text, **kwargs)
    except EJSONDecodeError:
        raise
    except RecursionError as e:
        raise EJSONDecodeError("nested too deeply") from e
    except ValueError as e:
        raise EJSONDecodeError(str(e)) from e


def load(fp: IO[str], **kwargs: Any) -> Any:
    """Decode a text file, as `loads` does."""
    return loads(fp.read(), **kwargs)
