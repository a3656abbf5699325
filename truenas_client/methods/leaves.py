"""A schema taken apart into its leaves: alternatives without ``anyOf``, ``oneOf`` or ``allOf`` at their top."""

from __future__ import annotations

from typing import Any

from .draft import merge
from .normalise import Schema

__all__ = ["leaves"]

_DEEPEST = 20


def leaves(schema: Any, depth: int = 0) -> list[Schema]:
    """The alternatives of a schema in order, each with what applies to all of them."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return []
    if schema.get("allOf"):
        merged = {key: value for key, value in schema.items() if key != "allOf"}
        for part in schema["allOf"]:
            merged = merge(merged, part)
        return leaves(merged, depth + 1)
    for keyword in ("anyOf", "oneOf"):
        if schema.get(keyword):
            outer = {key: value for key, value in schema.items() if key not in (keyword, "discriminator", "default")}
            branches = (merge(outer, branch) for branch in schema[keyword] if isinstance(branch, dict))
            return [leaf for branch in branches for leaf in leaves(branch, depth + 1)]
    return [schema]
