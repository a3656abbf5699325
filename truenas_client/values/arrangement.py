"""How a user wants the columns of a table: a value that can be kept as plain JSON and given to the next table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

__all__ = ["Arrangement"]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How a user wants the columns: ``order`` (others follow in their own), ``hidden``, ``pinned`` at the left, in this
    order, and the key to sort by with whether it is descending."""

    order: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    pinned: tuple[str, ...] = ()
    sort: str | None = None
    descending: bool = False

    def as_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "order": list(self.order),
            "hidden": sorted(self.hidden),
            "pinned": list(self.pinned),
            "sort": self.sort,
            "descending": self.descending,
        }

    @classmethod
    def from_dict(cls, kept: Any) -> Arrangement:
        """What `as_dict` gave; anything else in it counts as not chosen."""
        if not isinstance(kept, Mapping):
            return cls()
        sort = kept.get("sort")
        return cls(
            order=_texts(kept.get("order")),
            hidden=frozenset(_texts(kept.get("hidden"))),
            pinned=_texts(kept.get("pinned")),
            sort=sort if isinstance(sort, str) else None,
            descending=kept.get("descending") is True,
        )

    def toggled(self, key: str) -> Arrangement:
        """With the column hidden, or shown again."""
        return replace(self, hidden=self.hidden ^ {key})

    def with_pin(self, key: str) -> Arrangement:
        """With the column kept at the left, or no longer."""
        if key in self.pinned:
            return replace(self, pinned=tuple(other for other in self.pinned if other != key))
        return replace(self, pinned=(*self.pinned, key))

    def sorted_by(self, key: str) -> Arrangement:
        """The next way to sort by a column: ascending, descending, as the server sent it."""
        if self.sort != key:
            return replace(self, sort=key, descending=False)
        if not self.descending:
            return replace(self, descending=True)
        return replace(self, sort=None, descending=False)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in value if isinstance(text, str))) if isinstance(value, list) else ()
