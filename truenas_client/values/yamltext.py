"""A decoded value as YAML: the block style that people write, for reading and for files under version control.

Invariants: a reader of YAML 1.1 or 1.2 gets the same values back; a text that one of them would take for something else
stands in quotes. Dates and times are YAML's timestamps, sets are sorted lists.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from math import isfinite, isnan
from typing import Any

from .kinds import Members, has_members, is_container

__all__ = ["yaml_lines"]

_PLAIN = re.compile(r"[A-Za-z_/][\w./@+:-]*(?: [\w./@+(][\w./@+:()-]*)*", re.ASCII)
_MEANS_MORE = frozenset(
    "y n yes no on off true false null none ~ .inf .nan".split()  # noqa: SIM905 - reads better
)
# What YAML does not take as it is, and what reorders a line.
_ODD = "\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff"
_UNPRINTABLE = re.compile(f"[{_ODD}]")
_BLOCK = re.compile(f"[^\x00-\x09\x0b-\x1f{_ODD}]*")


def yaml_lines(value: Any) -> Iterator[str]:
    """The document, line by line, without line ends."""
    if has_members(value):
        yield from _members(value, "")
    else:
        yield from _scalar(value, "")


def _members(value: Any, indent: str) -> Iterator[str]:
    members = Members(value)
    for index in range(members.size):
        inner = members.at(index)
        head = "-" if members.keys is None else f"{_text(members.keys[index])}:"
        if not has_members(inner):
            first, *more = _scalar(inner, indent + "  ")
            yield f"{indent}{head} {first}"
            yield from more
        elif members.keys is None:
            # The first member of an item stands beside its dash.
            lines = _members(inner, indent + "  ")
            yield f"{indent}- {next(lines)[len(indent) + 2 :]}"
            yield from lines
        else:
            yield f"{indent}{head}"
            yield from _members(inner, indent + "  ")


def _scalar(value: Any, indent: str) -> list[str]:
    if isinstance(value, str):
        return _block(value, indent) if "\n" in value and _can_be_block(value) else [_text(value)]
    if is_container(value):
        return ["{}" if isinstance(value, dict) else "[]"]
    if isinstance(value, float):
        return [_float(value)]
    if isinstance(value, datetime):
        return [value.isoformat()]
    if isinstance(value, date):
        return [value.isoformat()]
    if value is None or isinstance(value, (bool, int)):
        return [json.dumps(value)]
    return [_text(value.isoformat() if hasattr(value, "isoformat") else str(value))]


def _float(value: float) -> str:
    if not isfinite(value):
        return ".nan" if isnan(value) else ".inf" if value > 0 else "-.inf"
    text = repr(value)
    # YAML 1.1 takes 1e+16 for a text: its floats have a dot.
    return text if "." in text or "e" not in text else text.replace("e", ".0e")


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _MEANS_MORE and not text.endswith(":") and ": " not in text:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _can_be_block(text: str) -> bool:
    return bool(_BLOCK.fullmatch(text)) and text[0] not in " \n" and not text.endswith("\n\n")


def _block(text: str, indent: str) -> list[str]:
    inner = indent or "  "
    head = "|" if text.endswith("\n") else "|-"
    return [head, *(f"{inner}{line}" if line else "" for line in text.removesuffix("\n").split("\n"))]
