"""A method, its arguments and its result as text: a tree of its arguments with types, defaults and choices.

The shown object is open with its members; objects inside them show their members' names, and are open under their own
path (``explain pool.dataset.create.encryption_options``). Members that all alternatives have alike stand once, before
the alternatives.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from truenas_client import ejson
from truenas_client.methods.describe import Node, describe
from truenas_client.methods.doctext import first_sentence

from .prose import Prose

if TYPE_CHECKING:
    from truenas_client.methods.catalogue import Method

__all__ = ["NoSuchPart", "explain", "explain_part", "parts_of"]

MOST_CHOICES = 20
MOST_NAMES = 12
SMALL = 6
"""An object with at most so many members is open where it stands."""
_COLUMN = 30
_KINDS = {"read": "reads", "write": "changes the server", "risk": "changes the server, at a risk"}


class NoSuchPart(LookupError):
    """The path names no part. ``names`` are those that there are."""

    def __init__(self, part: str, names: Sequence[str]) -> None:
        super().__init__(part)
        self.part = part
        self.names = tuple(names)


def parts_of(method: Method) -> list[Node]:
    """The nodes that a path begins at: the arguments, and the result as ``returns``."""
    nodes = [describe(param.schema, name=param.name, required=param.required) for param in method.params]
    return [*nodes, _unmarked(describe(method.returns, name="returns"))]


def _unmarked(node: Node) -> Node:
    """A result: the caller gives none of its members."""
    children, branches = (tuple(map(_unmarked, inner)) for inner in (node.children, node.branches))
    return replace(node, required=False, children=children, branches=branches)


def explain(method: Method, prose: Prose, *, whole: bool = False) -> None:
    """Add all about a method. ``whole`` opens every object."""
    *arguments, result = parts_of(method)
    names = [node.name if node.required else f"[{node.name}]" for node in arguments]
    prose.heading(f"{method.name}({', '.join(names)})")
    prose.paragraphs(method.description or method.summary or "The server does not describe it.", 2)
    prose.gap()
    prose.paragraphs(". ".join(part[0].upper() + part[1:] for part in _facts(method)) + ".", 2)
    if arguments:
        prose.heading("Arguments (* required)" if any(node.required for node in arguments) else "Arguments")
        for node in arguments:
            _value(node, prose, 2, opened=True, whole=whole, path=method.name, full=True)
    prose.heading("Returns")
    _value(replace(result, name=""), prose, 2, opened=whole, whole=whole, path=f"{method.name}.returns", full=True)
    _examples(method, prose)


def explain_part(method: Method, path: Sequence[str], prose: Prose, *, whole: bool = False) -> None:
    """Add all about one part of a method. Raises `NoSuchPart`."""
    node = _found(parts_of(method), path)
    where = ".".join([method.name, *path])
    prose.heading(where)
    _value(replace(node, name=""), prose, 2, opened=True, whole=whole, path=where, full=True)


def _found(nodes: Sequence[Node], path: Sequence[str]) -> Node:
    """The node at a path. The name of an argument may be left out."""
    first, *rest = path
    known = {node.name: node for node in nodes}
    if first not in known:
        # Members of the arguments, as most methods take one object.
        known = {child.name: child for node in nodes if node.name != "returns" for child in _inside(node)} | known
    if first not in known:
        raise NoSuchPart(first, list(known))
    node = known[first]
    for part in rest:
        inner = {child.name: child for child in _inside(node)}
        if part not in inner:
            raise NoSuchPart(part, list(inner))
        node = inner[part]
    return node


def _inside(node: Node) -> Iterator[Node]:
    """The members of a node: its own, then its alternatives by their tags, then the members of those."""
    yield from node.children
    for branch, tag in zip(node.branches, _tags(node.branches)[1], strict=True):
        yield replace(branch, name=_short(tag))
    for branch in node.branches:
        yield from _inside(branch)


def _short(tag: str) -> str:
    """What a user types for an alternative: of ``If type is S3`` and ``If type = "S3"`` it is ``S3``."""
    return tag.rpartition(" is ")[2].rpartition(" = ")[2].removeprefix("Form ").strip('"')


def _facts(method: Method) -> Iterator[str]:
    yield "a job that " + _KINDS[method.risk] if method.job else _KINDS[method.risk]
    if method.filterable:
        yield f"takes filters: midclt query {method.name.removesuffix('.query')}"
    if method.downloadable:
        yield "writes a file: midclt download"
    if method.uploadable:
        yield "reads a file: midclt upload"
    if method.no_auth_required:
        yield "needs no sign-in"
    elif method.roles:
        yield f"needs {'the role' if len(method.roles) == 1 else 'one of the roles'} {', '.join(method.roles)}"


def _value(node: Node, prose: Prose, indent: int, *, opened: bool, whole: bool, path: str, full: bool = False) -> None:
    """One value: its name and type, its description, and what is inside."""
    column = max(_COLUMN, indent + 16)
    words = _words(node)
    name = f"{node.name}{'*' if node.required else ''}"
    if name:
        prose.entry(name, words, indent, column)
    else:
        prose.paragraphs(words, indent)
    below = indent + 4 if name else indent
    if node.description:
        prose.paragraphs(node.description if full else first_sentence(node.description), below, dim=bool(name))
    if not _is_open(node):
        return
    members = [child for child in _inside(node) if not child.tag]
    if not opened and not whole and len(members) > SMALL:
        prose.paragraphs(f"{_listed(node)}: midclt explain {path}", below)
        return
    _members(node, prose, indent + 2, whole=whole, path=path)


def _is_open(node: Node) -> bool:
    """Whether there is something inside to show: members, or alternatives with members."""
    return bool(node.children) or any(map(_is_open, node.branches))


def _members(node: Node, prose: Prose, indent: int, *, whole: bool, path: str) -> None:
    for child in sorted(node.children, key=lambda child: not child.required):
        _value(child, prose, indent, opened=False, whole=whole, path=f"{path}.{child.name}")
    if not any(map(_is_open, node.branches)):
        return
    common = _common(node.branches)
    if common:
        prose.paragraphs("In every form:", indent)
        for child in sorted(common, key=lambda child: not child.required):
            _value(child, prose, indent + 2, opened=False, whole=whole, path=f"{path}.{child.name}")
    selector, tags = _tags(node.branches)
    for branch, tag in zip(node.branches, tags, strict=True):
        prose.gap()
        own = [child for child in branch.children if child not in common and child.name != selector]
        words = "" if branch.children else f": {_words(branch)}"
        prose.paragraphs(f"{tag}{words}" if words else f"{tag}:", indent)
        if branch.description:
            prose.paragraphs(first_sentence(branch.description), indent + 2, dim=True)
        inner = replace(branch, children=tuple(own), tag="")
        _members(inner, prose, indent + 2, whole=whole, path=f"{path}.{_short(tag)}")


def _tags(branches: Sequence[Node]) -> tuple[str, list[str]]:
    """What selects each alternative: the member whose only value differs (and its name), else the server's names."""
    for name in (child.name for child in next(iter(branches), Node("", "")).children if len(child.choices) == 1):
        members = [next((child for child in branch.children if child.name == name), None) for branch in branches]
        values = [child.choices for child in members if child is not None]
        if len(values) == len(branches) == len(set(values)) and all(len(value) == 1 for value in values):
            return name, [f"If {name} is {_bare(value[0])}" for value in values]
    return "", [f"If {branch.tag}" if " = " in branch.tag else f"Form {branch.tag}" for branch in branches]


def _common(branches: Sequence[Node]) -> list[Node]:
    """The members that all alternatives have alike."""
    if len(branches) < 2:
        return []
    return [child for child in branches[0].children if all(child in branch.children for branch in branches[1:])]


def _listed(node: Node) -> str:
    names = list(
        dict.fromkeys(f"{child.name}{'*' if child.required else ''}" for child in _inside(node) if not child.tag)
    )
    names.sort(key=lambda name: not name.endswith("*"))
    more = len(names) - MOST_NAMES
    return f"{len(names)} members: {', '.join(names[:MOST_NAMES])}{f' and {more} more' if more > 0 else ''}"


def _words(node: Node) -> str:
    """The type, the choices, the limits and the default of a value."""
    words = [_type(node)]
    if len(node.choices) > 1:
        shown = ", ".join(map(_bare, node.choices[:MOST_CHOICES]))
        more = len(node.choices) - MOST_CHOICES
        also = " or null" if "null" in node.type.split(" or ") and "null" not in node.choices else ""
        words = [f"one of {shown}{f' and {more} more' if more > 0 else ''}{also}"]
    words += node.constraints
    if node.default not in (None, "null") and (node.default,) != node.choices:
        words.append(f"default {_bare(node.default)}")
    return "; ".join(words)


def _type(node: Node) -> str:
    if len(node.choices) == 1:
        return f"always {_bare(node.choices[0])}"
    if node.type == "object" and node.title:
        return f"object ({node.title})"
    if node.branches and not _is_open(node):
        # Plain alternatives: each with its limits, as in "integer (1 to 100) or INHERIT".
        parts = [" or ".join(map(_bare, branch.choices)) or _limited(branch) for branch in node.branches]
        also = ["null"] if "null" in node.type.split(" or ") else []
        return " or ".join(dict.fromkeys([*" or ".join(parts).split(" or "), *also]))
    return node.type


def _limited(branch: Node) -> str:
    return f"{branch.type} ({', '.join(branch.constraints)})" if branch.constraints else branch.type


def _bare(text: str) -> str:
    """A value as people write it: a text without JSON's quotes, unless it would then be another value."""
    if len(text) > 2 and text[0] == '"' and text[-1] == '"' and "\\" not in text:
        inner = text[1:-1]
        return inner if _is_bare(inner) and inner == inner.strip() else text
    return text


def _examples(method: Method, prose: Prose) -> None:
    from truenas_client.methods.examples import examples_of

    prose.heading("Example" if not method.examples else "Examples")
    for example in examples_of(method.examples, method.name):
        if example.caption and example.params is None:
            prose.line(dedent(example.caption), 2)
        elif example.caption:
            prose.paragraphs(example.caption, 2, dim=True)
        if example.params is not None:
            prose.line(_call(method, example.params), 2)
            prose.gap()
    smallest = method.smallest()
    if not method.examples:
        # A text to fill in stands as the argument's name: nothing else tells what belongs there.
        gaps = {path[0] for path in smallest.to_fill if len(path) == 1}
        shown = [
            method.params[at].name.upper() if at in gaps and isinstance(value, str) else value
            for at, value in enumerate(smallest.value)
        ]
        prose.line(_call(method, shown), 2)


def _call(method: Method, params: list[Any]) -> str:
    """The call as a command line."""
    job = " -j" if method.job else ""
    words = [param if _is_bare(param) else ejson.dumps(param, ensure_ascii=False) for param in params]
    return f"midclt call{job} {shlex.join([method.name, *words])}"


def _is_bare(param: Any) -> bool:
    """Whether a text can stand without JSON's quotes, as it would not be read as JSON."""
    if not isinstance(param, str) or not param or param == "-":
        return False
    try:
        ejson.loads(param)
    except ejson.EJSONDecodeError:
        return True
    return False
