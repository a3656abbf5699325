"""The part of a query's options that is done here, because the server would do something else than what is written.

- Several fields to sort by: up to 26 the server's list filter lets the last one weigh most, later the first.
- ``nulls_first:`` and ``nulls_last:`` with a dotted name: the server takes it for one name and does not sort.
- A field to sort by that is not selected: the server sorts after it has selected, so for it the field is null. It is
  selected too, and taken out of the rows here.

Invariant: for other options everything is sent, and the answer stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from truenas_client.dotted import escaped, split

from .rowfields import FilterError, Order, in_order

__all__ = ["LocalPart"]


@dataclass(frozen=True, slots=True)
class LocalPart:
    """``sent`` are the options for the server, ``columns`` the selected members (None: all), as paths."""

    sent: Mapping[str, Any]
    columns: tuple[str, ...] | None = None
    _order: tuple[Order, ...] = ()
    _unasked: tuple[str, ...] = ()
    _given: Mapping[str, Any] | None = None
    """The options whose limits are applied here, when the rows are sorted here."""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> LocalPart:
        """Split these options, which are well formed."""
        sent = dict(options)
        selected: Sequence[Any] | None = sent.get("select") or None
        columns = None if selected is None else tuple(map(_column, selected))
        if sent.get("count"):
            sent.pop("order_by", None)
            return cls(sent)
        fields = [(Order.read(text), text.split(":")[-1].removeprefix("-")) for text in sent.get("order_by", ())]
        unasked: tuple[str, ...] = ()
        if selected is not None:
            whole = [item for item in selected if isinstance(item, str)]
            names = [name for _, name in fields if not any(f"{name}.".startswith(f"{item}.") for item in whole)]
            unasked = tuple(dict.fromkeys(names))
            sent["select"] = [*selected, *unasked]
        if len(fields) < 2 and not any(order.nulls and "." in name for order, name in fields):
            return cls(sent, columns, (), unasked)
        for name in ("order_by", "limit", "offset", "get"):
            sent.pop(name, None)
        order = tuple(replace(order, path=split(name), nulls=order.nulls or 1) for order, name in fields)
        return cls(sent, columns, order, unasked, options)

    def finished(self, answer: Any) -> Any:
        """The answer as the options want it. Raises `FilterError`, and IndexError for a ``get`` without a row."""
        if isinstance(answer, list) and self._given is not None:
            try:
                answer = in_order(answer, list(self._order), newest=True)
            except TypeError as e:
                raise FilterError(f"the values of a field to sort by are of several kinds ({e})") from e
            begin, limit = self._given.get("offset") or 0, self._given.get("limit") or 0
            answer = answer[begin : begin + limit] if limit else answer[begin:]
            if self._given.get("get"):
                answer = answer[0]
        for row in answer if isinstance(answer, list) else [answer]:
            for name in self._unasked:
                _remove(row, split(name))
        return answer


def _column(item: Any) -> str:
    return item if isinstance(item, str) else escaped(str(item[1]))


def _remove(row: Any, path: list[str]) -> None:
    """Take a member out of a row, and the objects around it that are empty then."""
    if isinstance(row, dict) and path[0] in row:
        if len(path) > 1:
            _remove(row[path[0]], path[1:])
        if len(path) == 1 or row[path[0]] == {}:
            del row[path[0]]
