"""The user's choice of columns for a table: a value that can be stored as JSON and applied to the next table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

__all__ = ["Arrangement"]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The user's choice of columns: their ``order`` (others follow in natural order), those ``hidden`` of the ones that
    the table chose and those ``shown`` beside them, those ``pinned`` at the left in this order, the column to ``sort``
    by, and whether the sort is ``descending``."""

    order: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    pinned: tuple[str, ...] = ()
    sort: str | None = None
    descending: bool = False
    shown: frozenset[str] = frozenset()

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "order": list(self.order),
            "hidden": sorted(self.hidden),
            "shown": sorted(self.shown),
            "pinned": list(self.pinned),
            "sort": self.sort,
            "descending": self.descending,
        }

    @classmethod
    def from_dict(cls, kept: Any) -> Arrangement:
        """Read the form that `as_dict` makes. Invalid members count as not chosen."""
        if not isinstance(kept, Mapping):
            return cls()
        sort = kept.get("sort")
        return cls(
            order=_texts(kept.get("order")),
            hidden=frozenset(_texts(kept.get("hidden"))),
            pinned=_texts(kept.get("pinned")),
            sort=sort if isinstance(sort, str) else None,
            descending=kept.get("descending") is True,
            shown=frozenset(_texts(kept.get("shown"))),
        )

    def with_pin(self, key: str) -> Arrangement:
        """The arrangement with this column pinned at the left, or no longer pinned."""
        if key in self.pinned:
            return replace(self, pinned=tuple(other for other in self.pinned if other != key))
        return replace(self, pinned=(*self.pinned, key))

    def sorted_by(self, key: str) -> Arrangement:
        """The arrangement with the next sort of this column: ascending, descending, the server's order."""
        if self.sort != key:
            return replace(self, sort=key, descending=False)
        if not self.descending:
            return replace(self, descending=True)
        return replace(self, sort=None, descending=False)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in value if isinstance(text, str))) if isinstance(value, list) else ()
