"""As many of the newest things as there is room for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

__all__ = ["fitting"]

T = TypeVar("T")


def fitting(items: Iterable[T], size: Callable[[T], int], room: int) -> Iterator[T]:
    """The first items that together take no more room than this."""
    for item in items:
        room -= size(item)
        if room < 0:
            return
        yield item
