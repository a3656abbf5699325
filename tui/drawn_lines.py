"""Frees the lines that removed widgets have drawn.

Textual 8.2 caches the colours of a line by the object that holds the lines drawn before, for 1,024 of them: those of
every card that was ever closed. Here the cache goes by the colours alone.
"""

from functools import lru_cache
from typing import Any

from textual._styles_cache import StylesCache

__all__ = ["let_go"]


def let_go() -> None:
    """Lets a widget's lines go with the widget; to be called once, and of no effect on a Textual that does so."""
    lines: Any = StylesCache
    cached = vars(lines).get("get_inner_outer")
    if isinstance(cached, type(lru_cache(len))):
        shared: Any = lru_cache(1024)(cached.__wrapped__)
        lines.get_inner_outer = classmethod(shared)
