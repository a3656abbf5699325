"""The schemas that apply to a place in the arguments, given the text around it.

A schema is taken apart into leaves: alternatives without ``anyOf`` at their top. On the way to a place only those
leaves are followed that what is typed beside the way does not contradict, so a union is narrowed by its tag and by
every member that only some branches know. The place itself never counts: it is being typed. When everything
contradicts, the least contradicted leaves stay, because a half-typed text must not end all help.

When its tag becomes another, an object of a union changes to another branch (`rebranched`): what was typed stays,
whether or not the new branch knows it; what still stands as the old branch began it goes, where the new one does not
know it; what the new one requires is begun.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from truenas_client.methods.draft import Draft, allows, draft
from truenas_client.methods.leaves import leaves
from truenas_client.methods.normalise import Schema

from .jsontext import Path

__all__ = ["choices_of", "fitting", "inner_schema", "is_tag", "may_become", "rebranched", "schemas_at", "value_at"]

_WRONG_KIND = 1 << 20
_WRONG_TAG = 1 << 10
"""A member whose few values select the branch outweighs any number of others."""
_DEEPEST = 20


def fitting(schemas: Sequence[Schema], value: Any, *, but: str | int | None = None) -> list[Schema]:
    """The leaves that ``value`` contradicts least, its member ``but`` left out of the judgement."""
    if len(schemas) < 2:
        return list(schemas)
    judged = [(_contradictions(schema, value, but), schema) for schema in schemas]
    least = min(count for count, _ in judged)
    return [schema for count, schema in judged if count == least]


def schemas_at(roots: Sequence[Schema], values: Any, path: Path) -> list[Schema]:
    """The leaves for the value at ``path``; ``roots`` are the schemas of the positional arguments."""
    if not path or not isinstance(path[0], int) or not 0 <= path[0] < len(roots):
        return []
    here = leaves(roots[path[0]])
    value = _member(values, path[0])
    for part in path[1:]:
        followed = fitting(here, value, but=part)
        if len(followed) < len(here) and all(is_tag(schema, part) for schema in here):
            # The member that chooses a branch may choose every other one as well: those come after the fitting.
            followed += [schema for schema in here if schema not in followed]
        here = [leaf for schema in followed for leaf in leaves(inner_schema(schema, part))]
        value = _member(value, part)
    return here


def value_at(values: Any, path: Path) -> Any:
    """The value at a path, None where there is none."""
    for part in path:
        values = _member(values, part)
    return values


def _member(value: Any, part: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value):
        return value[part]
    return None


def inner_schema(schema: Schema, part: str | int) -> Any:
    """The schema of a member or an item, None where there is none."""
    if isinstance(part, int):
        prefix = schema.get("prefixItems", ())
        return prefix[part] if part < len(prefix) else schema.get("items")
    return schema.get("properties", {}).get(part, schema.get("additionalProperties"))


def is_tag(schema: Schema, part: str | int) -> bool:
    """Whether a member has only few values, so that it may choose between branches."""
    member = schema.get("properties", {}).get(part)
    return isinstance(member, dict) and ("const" in member or "enum" in member)


def choices_of(schema: Schema) -> list[Any]:
    """The only values that a schema allows; none when it does not list them."""
    choices: list[Any] = [schema["const"]] if "const" in schema else schema.get("enum") or []
    return choices


def _contradictions(schema: Schema, value: Any, but: str | int | None) -> int:
    """How many members of a container rule this leaf out; of any other kind of value, more than any count."""
    if not _has_kind(schema, value):
        return _WRONG_KIND
    if isinstance(value, dict):
        wrong = (name for name, item in value.items() if name != but and not _member_may_be(schema, name, item))
        return sum(_WRONG_TAG if is_tag(schema, name) else 1 for name in wrong)
    if isinstance(value, list):
        items = (pair for pair in enumerate(value) if pair[0] != but)
        return sum(not may_become(inner_schema(schema, index), item) for index, item in items)
    return 0


def _member_may_be(schema: Schema, name: str, value: Any) -> bool:
    others = schema.get("additionalProperties", True)
    if name not in schema.get("properties", {}) and isinstance(others, bool):
        return others or bool(schema.get("patternProperties"))
    return may_become(inner_schema(schema, name), value)


def may_become(schema: Any, value: Any) -> bool:
    """Whether ``value`` could still grow into what a schema wants: kinds, choices and names count, and nothing that
    typing on may mend (what is missing, lengths, patterns, limits)."""
    if not isinstance(schema, dict):
        return schema is not False
    if schema.get("anyOf"):
        return any(may_become(leaf, value) for leaf in leaves(schema))
    if not _has_kind(schema, value) or not allows({k: schema[k] for k in ("const", "enum") if k in schema}, value):
        return False
    return _contradictions(schema, value, None) == 0 if isinstance(value, (dict, list)) else True


def _has_kind(schema: Schema, value: Any) -> bool:
    kind = schema.get("type")
    return kind is None or allows({"type": kind}, value)


def rebranched(branches: Sequence[Schema], value: dict[str, Any], tag: str, choice: Any) -> Draft | None:
    """An object with its tag set to another choice; None when nothing but the tag would change.

    ``branches`` are the leaves the object may be of. The paths to fill are those of what was begun.
    """
    if len(branches) < 2 or not all(is_tag(branch, tag) for branch in branches):
        return None
    chosen = next((branch for branch in branches if allows(branch["properties"][tag], choice)), None)
    if chosen is None:
        return None
    begun = draft(fitting(branches, value)[0]).value
    begun = begun if isinstance(begun, dict) else {}
    known = chosen["properties"]
    kept = {
        name: choice if name == tag else item
        for name, item in value.items()
        if name == tag or name in known or name not in begun or begun[name] != item
    }
    to_fill: list[tuple[str | int, ...]] = []
    for name in known:
        if name in chosen.get("required", ()) and name not in kept:
            part = draft(known[name])
            kept[name] = part.value
            to_fill += part.under(name)
    return None if kept.keys() == value.keys() else Draft(kept, tuple(to_fill))
