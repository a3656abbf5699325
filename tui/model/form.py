"""The arguments of a method as the rows of a form: a pure function of the schema and the values in the draft.

Members that the text has come first, in the order of the text; then what is required and missing; then, folded, what
may be left out. A union is shown as the branch that its discriminating member names, else as the first branch that the
value passes, else as a cell of JSON; so are special forms (dates, sets) and members that no schema describes.

Invariant: with everything open that the text has, the rows hold every value of the text, in its order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from truenas_client.methods.catalogue import Method
from truenas_client.methods.draft import allows
from truenas_client.methods.forms import is_set, marked
from truenas_client.methods.leaves import leaves
from truenas_client.methods.normalise import Schema
from truenas_client.secrets.names import is_secret_name

from .jsontext import Path
from .schemaplace import choices_of, fitting, inner_schema, is_tag

__all__ = ["CONTAINERS", "Field", "Kind", "branch_of", "branches_of", "fields", "folds_above", "found_fields", "key_of"]

Kind = Literal["switch", "select", "number", "text", "secret", "json", "group", "list", "more", "add"]

_BY_TYPE: Mapping[Any, Kind] = {
    "boolean": "switch",
    "integer": "number",
    "number": "number",
    "string": "text",
    "object": "group",
    "array": "list",
}
CONTAINERS = frozenset({"group", "list"})
_VALUES: Mapping[Kind, tuple[type, ...]] = {
    "group": (dict,), "list": (list,), "text": (str,), "secret": (str,), "switch": (bool,), "number": (int, float)
}  # fmt: skip
"""The values that are edited as their kind of row says; all others are edited as JSON."""
_MOST_OPEN = 100
"""A container with more members than this is folded at first."""
_FEW = 12
"""So many optional members of an object inside the arguments need no fold."""


@dataclass(frozen=True, slots=True)
class Field:
    """A row: the value at ``path``, present in the text or not.

    ``schema`` is the branch that is shown, ``branches`` are all there are, ``described`` is the member's own schema
    with its texts. ``open`` is None for a leaf. A row "more" stands for the ``count`` members of ``path`` that may be
    left out, a row "add" for a further item or, with ``named``, a further member of ``path``. ``choices`` are those
    of a select; those of a discriminating member are the choices of all branches, ``tags`` the branches themselves.
    """

    path: Path
    name: str
    kind: Kind
    depth: int
    schema: Schema = field(default_factory=dict)
    described: Schema = field(default_factory=dict)
    branches: tuple[Schema, ...] = ()
    value: Any = None
    present: bool = False
    required: bool = False
    open: bool | None = None
    count: int = 0
    named: bool = False
    choices: tuple[Any, ...] = ()
    tags: tuple[Schema, ...] = ()

    @property
    def key(self) -> str:
        """What names this row among all."""
        return key_of(self.path, self.kind if self.kind in ("more", "add") else "")

    @property
    def nullable(self) -> bool:
        """Whether null is one of the branches."""
        return any(branch.get("type") == "null" for branch in self.branches)


def key_of(path: Path, kind: str = "") -> str:
    """The key of a row."""
    return json.dumps([kind, *path])


def branches_of(schema: Any) -> tuple[Schema, ...]:
    """The alternatives of a schema, each of one type."""
    found: list[Schema] = []
    for leaf in leaves(schema):
        kinds = leaf.get("type")
        if not isinstance(kinds, list):
            found.append(leaf)
            continue
        for kind in kinds:
            one = {**leaf, "type": kind}
            if kind != "null" and None in leaf.get("enum", ()):
                one["enum"] = [choice for choice in leaf["enum"] if choice is not None]
            found.append({"type": "null"} if kind == "null" else one)
    if found and all("const" in branch or "enum" in branch or branch.get("type") == "null" for branch in found):
        return _as_one(found)
    return tuple(found)


def _as_one(branches: Sequence[Schema]) -> tuple[Schema, ...]:
    """Branches that are only choices, as one choice; null stays a branch of its own."""
    chosen = [branch for branch in branches if branch.get("type") != "null"]
    if len(chosen) < 2:
        return tuple(branches)
    choices = [choice for branch in chosen for choice in choices_of(branch)]
    one = {key: value for key, value in chosen[0].items() if key not in ("const", "type")} | {"enum": choices}
    return (one, *(branch for branch in branches if branch.get("type") == "null"))


def branch_of(branches: Sequence[Schema], value: Any, *, present: bool) -> Schema | None:
    """The branch that a value is of; None when it is of none. Of one that is not there, the first with content."""
    if not present:
        return next((branch for branch in branches if branch.get("type") != "null"), branches[0] if branches else None)
    if len(branches) == 1:
        return branches[0]
    fit = fitting(branches, value)
    return next((branch for branch in fit if allows(branch, value)), fit[0] if fit else None)


def fields(method: Method, values: Sequence[Any], is_open: Callable[[str, bool], bool]) -> list[Field]:
    """The rows for these arguments. ``is_open`` says of a row's key whether it is unfolded, given what is usual."""
    form = _Form(is_open)
    for index, param in enumerate(method.params):
        present = index < len(values)
        form.add(
            (index,), param.name, param.schema, values[index] if present else None, present=present,
            required=param.required,
        )  # fmt: skip
    for index in range(len(method.params), len(values)):
        form.add((index,), f"argument {index + 1}", {}, values[index], present=True)
    return form.rows


class _Form:
    """Makes the rows."""

    def __init__(self, is_open: Callable[[str, bool], bool]) -> None:
        self.rows: list[Field] = []
        self._is_open = is_open

    def add(
        self,
        path: Path,
        name: str,
        schema: Any,
        value: Any,
        *,
        present: bool,
        required: bool = False,
        depth: int = 0,
        tags: tuple[Schema, ...] = (),
    ) -> None:
        branches = branches_of(schema)
        branch = branch_of(branches, value, present=present)
        kind = _kind(branch, branches, name, value, present=present)
        branch, described = branch or {}, schema if isinstance(schema, dict) else {}
        row = Field(path, name, kind, depth, branch, described, branches, value, present, required)
        if kind in CONTAINERS:
            size = len(value) if present else 0
            usual = size <= _MOST_OPEN and (present or required or len(path) == 1)
            row = replace(row, open=self._is_open(key_of(path), usual), count=size)
        elif kind == "select":
            tags = tags if len(tags) > 1 else ()
            choices = [choice for one in tags for choice in choices_of(one["properties"][path[-1]])]
            unlike = {json.dumps(choice): choice for choice in choices or choices_of(_content(branches, branch))}
            row = replace(row, choices=tuple(unlike.values()), tags=tags)
        self.rows.append(row)
        if not row.open:
            return
        if kind == "group":
            self._members(path, branch, branches, value if present else {}, depth + 1)
        else:
            self._items(path, branch, value if present else [], depth + 1, described.get("description"))

    def _members(
        self, path: Path, branch: Schema, branches: Sequence[Schema], value: Mapping[str, Any], depth: int
    ) -> None:
        members, others = branch.get("properties", {}), branch.get("additionalProperties", True)
        objects = tuple(one for one in branches if "properties" in one)

        def add(name: str, **facts: Any) -> None:
            schema = members[name] if name in members else others if isinstance(others, dict) else {}
            required = name in branch.get("required", ())
            tags = objects if all(is_tag(one, name) for one in objects) else ()
            self.add((*path, name), name, schema, value.get(name), required=required, depth=depth, tags=tags, **facts)

        for name in value:
            add(name, present=True)
        missing = [name for name in members if name not in value]
        for name in missing:
            if name in branch.get("required", ()):
                add(name, present=False)
        rest = [name for name in missing if name not in branch.get("required", ())]
        if rest:
            # Where nothing is required, as in the schemas of 24.10, all stands open.
            usual = not branch.get("required") and (len(path) == 1 or len(rest) <= _FEW)
            row = Field(path, "", "more", depth, count=len(rest), open=self._is_open(key_of(path, "more"), usual))
            self.rows.append(row)
            for name in rest if row.open else ():
                add(name, present=False)
        if isinstance(others, dict) or (others is True and not members):
            self.rows.append(Field(path, "", "add", depth, others if isinstance(others, dict) else {}, named=True))

    def _items(self, path: Path, branch: Schema, items: Sequence[Any], depth: int, told: Any) -> None:
        for index, item in enumerate(items):
            schema = inner_schema(branch, index)
            if told and isinstance(schema, dict):
                schema = {"description": told, **schema}  # what the list holds, where the item itself is not described
            self.add((*path, index), str(index), schema, item, present=True, depth=depth)
        if len(items) < branch.get("maxItems", len(items) + 1):
            self.rows.append(Field(path, "", "add", depth, branch))


def _kind(branch: Schema | None, branches: Sequence[Schema], name: str, value: Any, *, present: bool) -> Kind:
    """How a value is shown and edited."""
    if branch is not None and branch.get("type") == "null":
        # null is shown as what may stand in its place.
        kind = _plain_kind(_content(branches, branch), name)
        return "json" if kind in CONTAINERS else kind
    kind = _plain_kind(branch, name)
    if not present:
        return kind
    if kind == "select":
        fits = not isinstance(value, (dict, list))
    else:
        fits = type(value) in _VALUES.get(kind, ()) and not _special(value)
    return kind if fits else "json"


def _plain_kind(branch: Schema | None, name: str) -> Kind:
    if branch is None or is_set(branch):
        return "json"
    if choices := choices_of(branch):
        return "json" if any(isinstance(choice, (dict, list)) for choice in choices) else "select"
    kind = _BY_TYPE.get(branch.get("type"), "group" if "properties" in branch else "json")
    return "secret" if kind == "text" and is_secret_name(name) else kind


def _special(value: Any) -> bool:
    """Whether an object is one of the written forms that stand for something else, as a date."""
    return isinstance(value, dict) and 0 < len(value) < 3 and not isinstance(marked(value), dict)


def _content(branches: Sequence[Schema], branch: Schema) -> Schema:
    """The branch, or of null what may stand in its place."""
    return branch_of(branches, None, present=False) or {} if branch.get("type") == "null" else branch


# Finding rows by their names, also those that are folded away

_DEEPEST = 4
"""Members further down are not looked for: a schema may contain itself."""


def found_fields(method: Method, values: Sequence[Any], sought: str) -> tuple[list[Field], Field | None]:
    """The rows whose names hold all the words, or else their descriptions: each with what it holds, below those that
    hold it. Then the first of them."""
    rows = fields(method, values, lambda key, _usual: len(json.loads(key)) <= _DEEPEST + 1)
    rows = [row for row in rows if row.kind != "more"]
    words = sought.lower().split()
    for told in (lambda row: row.name, lambda row: str(row.described.get("description") or "")):
        found = {row.path for row in rows if row.kind != "add" and all(word in told(row).lower() for word in words)}
        if found:
            above = {path[:length] for path in found for length in range(1, len(path))}
            shown = [
                row
                for row in rows
                if (row.path in above and row.kind != "add")
                or any(row.path[:length] in found for length in range(1, len(row.path) + 1))
            ]
            return shown, next(row for row in shown if row.path in found)
    return [], None


def folds_above(path: Path) -> list[str]:
    """The keys of the rows that have to be unfolded for the row at a path to be there."""
    return [key for length in range(1, len(path)) for key in (key_of(path[:length]), key_of(path[:length], "more"))]
