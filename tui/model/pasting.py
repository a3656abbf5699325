"""The meaning of a paste into the arguments: a piece of text for the caret, or new arguments as a whole.

Pure. A pasted JSON document becomes the new arguments only where it is no JSON at the caret, and where nothing of
worth is lost: the arguments are still the smallest ones, or the new ones fit the method.
"""

from __future__ import annotations

from truenas_client.methods.catalogue import Method

from .jsontext import parse

__all__ = ["pasted_arguments"]

_BOM = "\ufeff"


def pasted_arguments(text: str, start: int, end: int, pasted: str, method: Method, *, smallest: str) -> str | None:
    """The new text of the arguments, or None where the paste belongs between ``start`` and ``end`` of ``text``."""
    whole = "\n".join(pasted.removeprefix(_BOM).strip().splitlines())
    value = parse(whole)
    if not value.ok or not isinstance(value.value, list | dict):
        return None
    if parse(text[:start] + whole + text[end:]).ok:
        return None
    inside = "\n".join(f"  {line}" for line in whole.split("\n"))
    wrapped = f"[\n{inside}\n]"
    readings = [(whole, value.value)] if isinstance(value.value, list) else []
    readings.append((wrapped, [value.value]))
    problems, best = min(((len(method.check(values)), reading) for reading, values in readings), key=lambda one: one[0])
    return best if not problems or text == smallest else None
