"""A normalised schema as a tree of texts, for documentation panes and generated help.

A `Node` describes one value. Its ``children`` are members or list items, its ``branches`` are alternatives, each with
the tag that selects it. ``null`` as an alternative is part of the type's text, not a branch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from .doctext import plain_text
from .forms import WRITTEN
from .normalise import Schema

__all__ = ["Node", "describe", "type_words"]

_WORDS = {"array": "list"}
_MOST_TYPES = 4
_MOST_EXAMPLES = 3
_NO_NAMES = frozenset({"result"})
"""Titles that servers give to many different values, so they name no type."""


@dataclass(frozen=True, slots=True)
class Node:
    """One value: an argument, a member, an alternative or a result.

    ``title`` is the server's name for the type, "" when it has none. ``default`` is JSON text, None when there is no
    default. ``description`` is plain text in paragraphs. ``choices`` and ``examples`` are JSON texts. ``tag`` says
    which alternative a branch is (``type = "S3"``, or its title). A child named ``*`` describes members of any other
    name; the items of a list that have more to say than their type hang directly below the list.
    """

    name: str
    type: str
    title: str = ""
    required: bool = False
    default: str | None = None
    description: str = ""
    constraints: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    children: tuple[Node, ...] = ()
    branches: tuple[Node, ...] = ()
    tag: str = ""


def describe(schema: Schema, *, name: str = "", required: bool = False) -> Node:
    """The tree of a normalised schema; ``name`` and ``required`` are those of the argument or member it belongs to."""
    node = Node(
        name=name,
        type=type_words(schema),
        title=_type_name(schema, name),
        required=required,
        default=_json(schema["default"]) if "default" in schema else None,
        description=plain_text(schema.get("description")),
    )
    return _fill(node, schema)


def _fill(node: Node, schema: Schema) -> Node:
    """The node with all that its schema says besides the type."""
    core = _without_null(schema)
    if core is not schema:
        # X or null: describe X here.
        inner = _fill(node, core)
        title = inner.title or _type_name(core, node.name)
        return replace(inner, title=title, description=node.description or plain_text(core.get("description")))
    kinds = [branch for branch in schema.get("anyOf", ()) if not _is_null(branch)]
    tag_name = schema.get("discriminator", {}).get("propertyName")
    branches: tuple[Node, ...] = ()
    if any(_has_more(branch) for branch in kinds):
        branches = tuple(replace(describe(branch), tag=_tag(branch, tag_name)) for branch in kinds)
    examples = node.examples or tuple(map(_json, schema.get("examples", ())[:_MOST_EXAMPLES]))
    node = replace(
        node, constraints=_constraints(schema), choices=_choices(schema), branches=branches, examples=examples
    )
    if _has_members(schema):
        return replace(node, children=_members(schema))
    items = schema.get("items")
    if isinstance(items, dict) and _has_more(items):
        inner = describe(items)
        if inner.branches or inner.children:
            return replace(node, title=inner.title or node.title, children=inner.children, branches=inner.branches)
        return replace(node, choices=inner.choices, constraints=node.constraints + _each(inner.constraints))
    if schema.get("prefixItems"):
        parts = enumerate(schema["prefixItems"])
        return replace(node, children=tuple(describe(part, name=str(index)) for index, part in parts))
    return node


def _type_name(schema: Schema, name: str) -> str:
    """The title if it names a type; "" for the member's own name and for labels that many values have."""
    title: str = schema.get("title", "")
    if title == name or title in _NO_NAMES:
        return ""
    return title if not title.islower() or _has_members(schema) else ""


def _has_members(schema: Schema) -> bool:
    return bool(
        schema.get("properties")
        or schema.get("patternProperties")
        or isinstance(schema.get("additionalProperties"), dict)
    )


def _members(schema: Schema) -> tuple[Node, ...]:
    required = schema.get("required", ())
    children = [
        describe(member, name=name, required=name in required) for name, member in schema.get("properties", {}).items()
    ]
    for pattern, member in schema.get("patternProperties", {}).items():
        child = describe(member, name="*")
        children.append(replace(child, constraints=(f"name matches {pattern}", *child.constraints)))
    others = schema.get("additionalProperties")
    if isinstance(others, dict):
        names = schema.get("propertyNames")
        words = _constraints(names) if isinstance(names, dict) else ()
        child = describe(others, name="*")
        children.append(replace(child, constraints=(*(f"name {word}" for word in words), *child.constraints)))
    return tuple(children)


def _is_null(schema: Schema) -> bool:
    return schema.get("type") == "null"


def _without_null(schema: Schema) -> Schema:
    """The one alternative beside null, when that is all the schema offers; else the schema itself."""
    branches: list[Schema] = schema.get("anyOf", [])
    others = [branch for branch in branches if not _is_null(branch)]
    return others[0] if len(branches) == 2 and len(others) == 1 else schema


def _has_more(schema: Any) -> bool:
    """Whether a schema says more than a type."""
    if not isinstance(schema, dict):
        return False
    core = _without_null(schema)
    return bool(
        _has_members(core)
        or _choices(core)
        or _constraints(core)
        or _has_more(core.get("items"))
        or any(map(_has_more, core.get("anyOf", ())))
    )


def type_words(schema: Any) -> str:
    """The type of a normalised schema in a few words: ``integer``, ``list of string or null``, ``any value``."""
    if not isinstance(schema, dict):
        return "any value"
    branches = schema.get("anyOf")
    if branches:
        # Null last, as in "string or null".
        words = list(dict.fromkeys(_branch_words(branch) for branch in sorted(branches, key=_is_null)))
        if "any value" in words:
            return "any value"
        if len(words) > _MOST_TYPES:
            return f"one of {len(branches)} forms"
        return " or ".join(words)
    kind = schema.get("type")
    if isinstance(kind, list):
        return " or ".join(type_words({**schema, "type": one}) for one in sorted(kind, key=lambda one: one == "null"))
    if kind == "array" and schema.get("items"):
        inner = type_words(schema["items"])
        return f"list of ({inner})" if " or " in inner else f"list of {inner}"
    if kind is None and _choices(schema):
        return _branch_words(schema)
    if kind is None and ("properties" in schema or _has_members(schema)):
        return "object"
    return "any value" if kind is None else _WORDS.get(kind, str(kind))


def _branch_words(branch: Schema) -> str:
    """As `type_words`, but a few fixed values are named themselves."""
    choices = _choices(branch)
    if choices and ("type" not in branch or len(choices) == 1):
        return " or ".join(choices) if len(choices) <= _MOST_TYPES else f"one of {len(choices)} values"
    return type_words(branch)


def _tag(branch: Schema, tag_name: str | None) -> str:
    """The text that identifies a branch: the value of the discriminator, or its title, or its type."""
    members = branch.get("properties", {})
    if tag_name is not None:
        choices = _choices(members.get(tag_name, {}))
        if choices:
            return f"{tag_name} = {' or '.join(choices)}"
    title: str = branch.get("title", "")
    return title or _branch_words(branch)


def _choices(schema: Schema) -> tuple[str, ...]:
    if "const" in schema:
        return (_json(schema["const"]),)
    return tuple(_json(choice) for choice in schema.get("enum", ()))


def _constraints(schema: Schema) -> tuple[str, ...]:
    found: list[str] = []
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        found.append(f"{low} to {high}")
    elif low is not None or high is not None:
        found.append(f"at least {low}" if high is None else f"at most {high}")
    if "exclusiveMinimum" in schema:
        found.append(f"more than {schema['exclusiveMinimum']}")
    if "exclusiveMaximum" in schema:
        found.append(f"less than {schema['exclusiveMaximum']}")
    if "multipleOf" in schema:
        found.append(f"a multiple of {schema['multipleOf']}")
    found += _counted(schema.get("minLength", 0), schema.get("maxLength"), "character")
    found += _counted(schema.get("minItems", 0), schema.get("maxItems"), "item")
    if schema.get("uniqueItems"):
        found.append("all different")
    if "pattern" in schema:
        found.append(f"matches {schema['pattern']}")
    if "format" in schema:
        found.append(WRITTEN.get(schema["format"]) or f"format {schema['format']}")
    return tuple(found)


def _counted(least: int, most: int | None, what: str) -> list[str]:
    if most is not None:
        exact = f"{most} {what}{'' if most == 1 else 's'}"
        return [exact if least == most else f"{least} to {exact}" if least else f"at most {exact}"]
    if least == 1:
        return ["not empty"]
    return [f"at least {least} {what}s"] if least else []


def _each(constraints: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"each {words}" for words in constraints)


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"
