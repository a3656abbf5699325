"""Where a paste into the arguments belongs: at the caret as it is, in the value, list or object there, or as all of
the arguments.

Pure. Each way to take the paste is a new text; the one with the fewest mistakes wins, of equal ones the nearest to
the caret. Invariant: all of the arguments are replaced only where nothing of worth is lost: they are still the
smallest ones, or the pasted ones fit the method.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from truenas_client.methods.catalogue import Method

from .draft import Patch
from .jsontext import Document, Path, json_line, parse
from .schemaplace import value_at

__all__ = ["pasted"]

_BOM = "\ufeff"
_OF_JSON = frozenset('{}[]"')


def pasted(text: str, start: int, end: int, paste: str, method: Method, *, smallest: str) -> Patch | None:
    """The edit for a paste in place of what stands from ``start`` to ``end``; None where the paste stays as it is."""
    raw = text[:start] + paste + text[end:]
    best, least = raw, _mistakes(parse(raw), method)
    for made in _Paste(text[:start] + text[end:], start, paste).texts():
        document = parse(made)
        if document.ok and (cost := _mistakes(document, method)) < least:
            best, least = made, cost
    for made in _whole(paste):
        document = parse(made)
        cost = _mistakes(document, method)
        if document.ok and document.value and cost < least and (text == smallest or cost == (0, 0)):
            return Patch(0, len(text), made)
    return None if best is raw else _patch(text, best)


def _mistakes(document: Document, method: Method) -> tuple[int, int]:
    """How many places are no JSON, and how many values the method does not take."""
    value = document.value
    return len(document.problems), len(method.check(value)) if isinstance(value, list) else 1


def _clean(paste: str) -> str:
    # Not splitlines: it parts a text in JSON at line separators of Unicode too.
    return paste.removeprefix(_BOM).strip().replace("\r\n", "\n").replace("\r", "\n")


def _whole(paste: str) -> Iterator[str]:
    """The paste as all of the arguments: a list is read as them, or as the only one."""
    whole = _clean(paste)
    if whole[:1] == "[":
        yield whole
    if whole[:1] in ("[", "{"):
        yield "[\n" + _indented(f"  {whole}", "  ") + "\n]"


class _Paste:
    """The new texts that a paste at ``caret`` could make of a text."""

    def __init__(self, text: str, caret: int, paste: str) -> None:
        self._text, self._caret = text, caret
        self._paste = _clean(paste)
        self._document = parse(text)
        place = self._document.path_at(caret)
        self._path, self._wants = place.path, place.wants
        self._scalar = (place.start, place.end) if place.wants == "value" and place.end > place.start else None
        self._json, self._value = self._read()

    def _read(self) -> tuple[str, Any]:
        """The paste as the text of one value, and the value. "" where it is none.

        A comma after it was copied with it; members without braces are an object, items without brackets a list.
        """
        plain = self._paste.removesuffix(",").rstrip()
        for whole in (plain, f"{{{plain}}}" if plain[:1] == '"' else "", f"[{plain}]"):
            document = parse(whole)
            if document.ok:
                return whole, document.value
        return "", None

    def texts(self) -> Iterator[str]:
        """The texts, those that change what is nearest to the caret first."""
        inside = self._scalar is not None and self._scalar[0] < self._caret < self._scalar[1]
        if inside and self._text[self._scalar[0]] == '"':  # type: ignore[index]
            if not self._json:
                yield self._with(json_line(self._paste)[1:-1], self._caret, self._caret)
                return
            if isinstance(self._value, str):
                yield self._with(self._json[1:-1], self._caret, self._caret)
                return
        if not self._json:
            if self._wants == "value" and not _OF_JSON & set(self._paste):
                yield self._with(json_line(self._paste), *(self._scalar or (self._caret,) * 2))
            return
        if inside:
            yield from self._as_value()
        yield from self._as_item()
        outward = [self._path[:depth] for depth in range(len(self._path), -1, -1)]
        # An object that the caret only touches comes after those that it is in.
        for path in outward if self._wants is not None else [*outward[1:], self._path]:
            yield from self._merged(path)
        if not inside:
            yield from self._as_value()

    def _with(self, piece: str, start: int, end: int) -> str:
        line = self._text[:start].rpartition("\n")[2]
        indent = " " * (len(line) - len(line.lstrip(" ")))
        return self._text[:start] + _indented(piece, indent) + self._text[end:]

    def _as_value(self) -> Iterator[str]:
        if self._scalar is not None:
            yield self._with(self._json, *self._scalar)
            if isinstance(self._value, list) and self._value and self._path and isinstance(self._path[-1], int):
                yield self._with(self._json[1:-1].strip(), *self._scalar)

    def _as_item(self) -> Iterator[str]:
        """Into the list that the caret is in, as one more item; a list also as several."""
        if not self._path or not isinstance(index := self._path[-1], int):
            return
        start, end = self._document.span(self._path)
        items = value_at(self._document.value, self._path[:-1])
        pieces = [self._json]
        if isinstance(self._value, list):
            pieces.append(self._json[1:-1].strip())
        for piece in pieces:
            if not isinstance(items, list) or index >= len(items):
                yield self._with(piece, self._caret, self._caret)
            elif self._caret <= start:
                yield self._with(f"{piece},{self._gap(start)}", start, start)
            else:
                yield self._with(f",{self._gap(start)}{piece}", end, end)

    def _gap(self, start: int) -> str:
        """What stands between this item and the next one: a new line where the item begins one."""
        line = self._text[:start].rpartition("\n")
        return "\n" if line[1] and not line[2].strip() else " "

    def _merged(self, path: Path) -> Iterator[str]:
        """Into an object: the members that are pasted replace those of their names."""
        here = value_at(self._document.value, path)
        if not isinstance(here, dict) or not isinstance(self._value, dict):
            return
        start, end = self._document.span(path)
        new = self._json
        if not here.keys() <= self._value.keys():
            lines = 2 if "\n" in self._text[start:end] else None
            new = json.dumps({**here, **self._value}, indent=lines, ensure_ascii=False)
        yield self._with(new, start, end)


def _indented(text: str, indent: str) -> str:
    return text.replace("\n", f"\n{indent}")


def _patch(text: str, new: str) -> Patch:
    """The smallest edit that makes the new text."""
    shorter = min(len(text), len(new))
    first = next((at for at in range(shorter) if text[at] != new[at]), shorter)
    last = next((at for at in range(shorter - first) if text[-1 - at] != new[-1 - at]), shorter - first)
    return Patch(first, len(text) - last, new[first : len(new) - last])
