"""`Page`: which part of a query's rows a result is, and the arguments that ask for another part or another order.

A query with a limit gives one page of its rows. The server has to sort such rows: sorting one page here would show
the largest of that page as if it were the largest of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from truenas_client.methods.queryarguments import joined, parts_of

__all__ = ["Page", "page_of"]


@dataclass(frozen=True, slots=True)
class Page:
    """So many ``rows``, of at most ``limit``, from ``offset`` on, in the ``order`` that was asked for."""

    method: str
    params: tuple[Any, ...]
    rows: int
    limit: int
    offset: int
    order: tuple[str, ...]

    @property
    def is_part(self) -> bool:
        """Whether there may be other rows than these."""
        return self.offset > 0 or (self.limit > 0 and self.rows >= self.limit)

    @property
    def has_next(self) -> bool:
        """Whether there may be rows after these."""
        return self.limit > 0 and self.rows >= self.limit

    @property
    def sorting(self) -> tuple[str, bool] | None:
        """The field that the rows are sorted by, and whether descending; None without one."""
        if len(self.order) != 1:
            return None
        field = self.order[0].rpartition(":")[2]
        return field.removeprefix("-"), field.startswith("-")

    @property
    def selected(self) -> tuple[str, ...]:
        """The fields that were asked for, by the names they have in the rows; empty where that is all of them."""
        select = parts_of(self.method, self.params)[1].get("select")
        names = [
            one[-1] if isinstance(one, list) and one else one for one in (select if isinstance(select, list) else ())
        ]
        return tuple(name for name in names if isinstance(name, str))

    def moved(self, pages: int) -> list[Any]:
        """The arguments that ask for a later page, or with a negative number for an earlier one."""
        return self._with(offset=max(self.offset + pages * self.limit, 0))

    def sorted_by(self, field: str) -> list[Any]:
        """The arguments with the next order by this field: ascending, descending, the server's own. From the first
        row on."""
        if self.sorting is None or self.sorting[0] != field:
            return self._with(order_by=[field], offset=0)
        return self._with(order_by=[] if self.sorting[1] else [f"-{field}"], offset=0)

    def _with(self, **changed: Any) -> list[Any]:
        filters, options, others = parts_of(self.method, self.params)
        kept = {**options, **changed}
        return joined(
            self.method, filters, {name: kept[name] for name in kept if kept[name] or name not in changed}, others
        )


def page_of(method: str, params: Sequence[Any], rows: int) -> Page | None:
    """The page that a query with these arguments gave; None where the options are of an unknown form."""
    _, options, _ = parts_of(method, params)
    if not isinstance(options, dict):
        return None
    limit, offset, order = options.get("limit") or 0, options.get("offset") or 0, options.get("order_by") or []
    if type(limit) is not int or type(offset) is not int or not isinstance(order, list):
        return None
    if not all(isinstance(field, str) for field in order):
        return None
    return Page(method, tuple(params), rows, limit, offset, tuple(order))
