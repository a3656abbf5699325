"""Where filters and options stand in the arguments of a query: as two arguments, or as members of one object.

Invariant: ``joined(name, *parts_of(name, params))`` gives arguments that mean the same as ``params``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["in_an_object", "joined", "parts_of"]

_IN_AN_OBJECT = frozenset({"audit.query", "ipmi.lan.query"})
"""Query methods whose only argument is an object with ``query-filters`` and ``query-options`` (all releases)."""
_FILTERS, _OPTIONS = "query-filters", "query-options"


def in_an_object(method: str) -> bool:
    """Whether the method takes one object with the filters and the options as members."""
    return method in _IN_AN_OBJECT


def parts_of(method: str, params: Sequence[Any]) -> tuple[Any, Any, dict[str, Any]]:
    """The filters, the options, and the further members of an object that holds both. What is absent is empty."""
    if in_an_object(method):
        given = params[0] if params and isinstance(params[0], Mapping) else {}
        others = {name: value for name, value in given.items() if name not in (_FILTERS, _OPTIONS)}
        return given.get(_FILTERS, []), given.get(_OPTIONS, {}), others
    return params[0] if params else [], params[1] if len(params) > 1 else {}, {}


def joined(method: str, filters: Any, options: Any, others: Mapping[str, Any] | None = None) -> list[Any]:
    """The arguments with these filters and options."""
    if in_an_object(method):
        return [{**(others or {}), _FILTERS: filters, _OPTIONS: options}]
    return [filters, options]
