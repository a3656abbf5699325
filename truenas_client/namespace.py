"""Methods by attribute access: ``nas.api.pool.dataset.query(...)`` calls ``pool.dataset.query``.

A part that is a keyword of Python has an underscore behind it: ``nas.api.system.global_.id()``.

Invariant: an attribute path is the method's name and nothing else; the server decides whether it exists.
"""

from __future__ import annotations

from collections.abc import Callable
from keyword import iskeyword
from typing import Any

__all__ = ["Namespace"]


class Namespace:
    """A part of a method's name, or all of it: then it is called, with what `call` of the client takes."""

    __slots__ = ("_call", "_name")

    def __init__(self, call: Callable[..., Any], name: str = "") -> None:
        self._call, self._name = call, name

    def __getattr__(self, part: str) -> Namespace:
        if part.startswith("__"):  # copy, pickle and others look for these; no method is called so
            raise AttributeError(part)
        if part[-1:] == "_" and iskeyword(part[:-1]):
            part = part[:-1]
        return Namespace(self._call, f"{self._name}.{part}" if self._name else part)

    def __call__(self, *params: Any, **options: Any) -> Any:
        if not self._name:
            raise TypeError("name a method first, as in nas.api.system.info()")
        return self._call(self._name, *params, **options)

    def __repr__(self) -> str:
        return f"<method {self._name}>" if self._name else "<the server's methods>"
