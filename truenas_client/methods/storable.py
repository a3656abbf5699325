"""The arguments of a call as they may be written to a disk: without secrets.

Invariant: of a value that is masked (`secrets.redact`) nothing is left but the mask. References such as ``${env:NAME}``
stay: they name a secret and hold none. So do the question marks of a draft, which only fill a gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..secrets.redact import redact_call, redact_text
from .draft import PLACEHOLDER, Path

__all__ = ["MASKING", "keys_of", "secret_places", "storable", "with_value"]

MASKING = 1
"""The version of these rules: what an older version stored is masked again."""


def storable(method: str, params: Sequence[Any], names: Sequence[str] = ()) -> list[Any] | None:
    """A copy with a mask in place of each secret; None where the key of an object could be one.

    ``names`` are the names of the arguments, if known.
    """
    values = list(params)
    if any(redact_text(key) != key for key in keys_of(values)):
        return None
    for path, mask in secret_places(method, values, names):
        values = with_value(values, path, mask)
    return values


def secret_places(method: str, params: list[Any], names: Sequence[str] = ()) -> Iterator[tuple[Path, Any]]:
    """The paths of the values that hold a secret, each with what may stand there instead."""
    return _differing(params, redact_call(method, params, names), ())


def keys_of(value: Any) -> Iterator[str]:
    """The keys of all objects in a JSON value."""
    if isinstance(value, dict):
        yield from value
        for member in value.values():
            yield from keys_of(member)
    elif isinstance(value, list):
        for member in value:
            yield from keys_of(member)


def _differing(value: Any, masked: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """The values that masking changed, with their masks; empty values and references stay."""
    if value is masked or value == masked or value == 0:
        return
    if isinstance(value, str):
        from ..secrets.shapes import is_reference  # compiling its patterns takes 40 ms, and a program start needs none

        if not value.strip(PLACEHOLDER) or is_reference(value):
            return
    if isinstance(value, dict) and isinstance(masked, dict):
        for key, member in value.items():
            yield from _differing(member, masked.get(key), (*path, key))
    elif isinstance(value, list) and isinstance(masked, list) and len(value) == len(masked):
        for index, (member, shown) in enumerate(zip(value, masked, strict=True)):
            yield from _differing(member, shown, (*path, index))
    else:
        yield path, masked


def with_value(value: Any, path: Sequence[str | int], new: Any) -> Any:
    """A copy of a JSON value with another value at a path."""
    if not path:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = with_value(copy[path[0]], path[1:], new)
    return copy
