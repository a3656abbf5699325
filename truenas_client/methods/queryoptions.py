"""A whole query as texts and numbers: what a command line or a form asks for, and the arguments that it makes.

``select`` is ``name, scan.state as state``, ``order_by`` is ``-size, nulls_first:comment``; a field with spaces, commas
or quotes stands in quotes. Options without a text of their own stay as they are, in ``others``.

Invariant: for filters and options that have words, ``Query.of(filters, options).arguments()`` gives them back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .querytext import filters_text, read_filters
from .querywords import QueryTextError, Unsayable, below, quoted, unquoted

__all__ = ["Query", "read_order", "read_select"]

_ITEM = re.compile(r"\s*(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|([^\s,\"']+))\s*", re.DOTALL)
_KINDS = {list: "a list", int: "a number", bool: "true or false"}
_BARE = re.compile(r"[^\s,\"']+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query. None means that the option is not given."""

    where: str = ""
    select: str | None = None
    order_by: str | None = None
    limit: int | None = None
    offset: int | None = None
    count: bool | None = None
    get: bool | None = None
    others: Mapping[str, Any] = field(default_factory=dict)

    def arguments(self) -> list[Any]:
        """The filters and the options. Raises `QueryTextError`; its position is in the text of that part."""
        options: dict[str, Any] = dict(self.others)
        if self.select is not None:
            options["select"] = read_select(self.select)
        if self.order_by is not None:
            options["order_by"] = read_order(self.order_by)
        given = {"limit": self.limit, "offset": self.offset, "count": self.count, "get": self.get}
        options |= {name: value for name, value in given.items() if value is not None}
        return [read_filters(self.where), options]

    @classmethod
    def of(cls, filters: Any, options: Mapping[str, Any]) -> Query:
        """The query with these arguments. Raises `Unsayable`, whose path begins with 0 (filters) or 1 (options)."""
        others = dict(options)

        def taken(name: str, kind: type) -> Any:
            value = others.pop(name, None)
            if value is not None and type(value) is not kind:
                with below(1, name):
                    raise Unsayable(f"{name} is {_KINDS[kind]}")
            return value

        def said(name: str, text: Callable[[list[Any]], str]) -> str | None:
            value = taken(name, list)
            with below(1, name):
                return None if value is None else text(value)

        with below(0):
            where = filters_text(filters)
        return cls(
            where=where,
            select=said("select", select_text),
            order_by=said("order_by", order_text),
            limit=taken("limit", int),
            offset=taken("offset", int),
            count=taken("count", bool),
            get=taken("get", bool),
            others=others,
        )


def read_select(text: str) -> list[Any]:
    """The fields of ``select``. Raises `QueryTextError`."""

    def item(words: list[tuple[str, int]]) -> Any:
        if len(words) == 1:
            return words[0][0]
        if len(words) == 3 and words[1][0].lower() == "as":
            return [words[0][0], words[2][0]]
        raise QueryTextError("expected a comma, or as and a new name", words[1][1], len(words[1][0]))

    return _items(text, item)


def read_order(text: str) -> list[str]:
    """The fields of ``order_by``. Raises `QueryTextError`."""

    def item(words: list[tuple[str, int]]) -> Any:
        name, at = words[0]
        if len(words) > 1:
            word, place = words[1]
            about = {"desc": f"write -{name}", "asc": f"write {name} alone"}.get(word.lower(), "expected a comma")
            raise QueryTextError(about, place, len(word))
        if name.startswith("-nulls_"):
            raise QueryTextError("the - stands after the colon: nulls_first:-size", at)
        return name

    return _items(text, item)


def select_text(fields: list[Any]) -> str:
    """The text of ``select``. Raises `Unsayable`."""

    def one(item: Any) -> str:
        if isinstance(item, str):
            return _item_text(item)
        if isinstance(item, (list, tuple)) and len(item) == 2 and all(isinstance(part, str) for part in item):
            return f"{_item_text(item[0])} as {_item_text(item[1])}"
        raise Unsayable("a selected field is a text, or a pair of texts")

    return ", ".join(map(one, fields))


def order_text(fields: list[Any]) -> str:
    """The text of ``order_by``. Raises `Unsayable`."""
    if not all(isinstance(item, str) and not item.startswith("-nulls_") for item in fields):
        raise Unsayable("order_by names fields")
    return ", ".join(map(_item_text, fields))


def _item_text(name: str) -> str:
    return name if _BARE.fullmatch(name) else quoted(name)


def _items(text: str, item: Callable[[list[tuple[str, int]]], Any]) -> list[Any]:
    """The items between commas, each made from its words and their places."""
    items: list[Any] = []
    words: list[tuple[str, int]] = []
    at = 0
    while at < len(text):
        if text[at] == ",":
            if not words:
                raise QueryTextError("expected a field before the comma", at)
            items.append(item(words))
            words = []
            at += 1
            continue
        found = _ITEM.match(text, at)
        if found is None:
            if not text[at:].strip():
                break
            raise QueryTextError("this quote is not closed", at + len(text[at:]) - len(text[at:].lstrip()))
        body = found[1] if found[1] is not None else found[2]
        words.append((found[3] if body is None else unquoted(body), at + len(found[0]) - len(found[0].lstrip())))
        at = found.end()
    if words:
        items.append(item(words))
    elif items:
        raise QueryTextError("expected a field after the comma", len(text) - 1)
    return items
