"""Textual's cache of the colours of lines, which kept widgets that were gone."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from textual._styles_cache import StylesCache

__all__ = ["let_go_of_widgets"]


def let_go_of_widgets() -> None:
    """Lets widgets that are gone be freed with the lines they drew.

    Textual 8.2 caches the colours of a line by the object that holds the lines drawn before, for 1,024 of them.
    """
    lines: Any = StylesCache
    cached = vars(lines).get("get_inner_outer")
    if isinstance(cached, type(lru_cache(len))):
        shared: Any = lru_cache(1024)(cached.__wrapped__)
        lines.get_inner_outer = classmethod(shared)
