"""A schema taken apart into its leaves: alternatives without ``anyOf`` at their top."""

from __future__ import annotations

from typing import Any

from .normalise import Schema, branches

__all__ = ["leaves"]

_DEEPEST = 20


def leaves(schema: Any, depth: int = 0) -> list[Schema]:
    """The alternatives of a schema in order, each with what applies to all of them."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return []
    if not schema.get("anyOf"):
        return [schema]
    return [leaf for branch in branches(schema) for leaf in leaves(branch, depth + 1)]
