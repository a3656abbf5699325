"""The edits that a form asks for, as patches of the draft's text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from truenas_client.methods.draft import draft
from truenas_client.methods.normalise import Schema

from .draft import Draft, Patch
from .form import CONTAINERS, Field, branch_of, branches_of
from .formtext import UnreadableText, read_text
from .jsontext import Path
from .pasting import pasted
from .schemaplace import inner_schema, rebranched, schemas_at, value_at

__all__ = ["added", "branched", "chosen", "entered", "pasted_into"]


def entered(form: Draft, path: Path, value: Any) -> Patch:
    """A value at ``path``. Containers that are missing on the way are begun with what they require."""
    known = len(form.existing(path))
    if known >= len(path) - 1 or form.method is None:
        return form.put(path, value)
    at = path[: known + 1]
    branches = schemas_at([param.schema for param in form.method.params], form.values or [], at)
    return form.put(at, _begun(branches, path[known + 1 :], value))


def _begun(branches: Sequence[Schema], rest: Path, value: Any) -> Any:
    """The smallest value of these branches, with a value put into it at the rest of a path."""
    branch = branch_of(branches_of({"anyOf": list(branches)}) if branches else (), None, present=False) or {}
    whole = draft({key: one for key, one in branch.items() if key != "default"}).value
    part, further = rest[0], rest[1:]
    inner = _begun(branches_of(inner_schema(branch, part)), further, value) if further else value
    if isinstance(part, int):
        return [inner]
    return {**(whole if isinstance(whole, dict) else {}), part: inner}


def chosen(form: Draft, row: Field, choice: Any) -> Patch:
    """One of the choices of a row; the tag of a union brings its branch along."""
    around = value_at(form.values or [], row.path[:-1])
    if row.tags and isinstance(around, dict) and isinstance(tag := row.path[-1], str):
        whole = rebranched(row.tags, around, tag, choice)
        if whole is not None:
            return form.put(row.path[:-1], whole.value)
    return entered(form, row.path, choice)


def branched(form: Draft, row: Field, branch: Schema) -> Patch:
    """The smallest value of another branch in place of the row's value."""
    return entered(form, row.path, draft(branch).value)


def added(form: Draft, row: Field, values: Any, name: str = "") -> tuple[Path, Patch]:
    """A further item or member below the container of an "add" row, and where it stands."""
    container = value_at(values, row.path)
    part: str | int = name if row.named else len(container) if isinstance(container, list) else 0
    schema = row.schema if row.named else inner_schema(row.schema, part)
    first = draft(schema).value if isinstance(schema, dict) else None
    path = (*row.path, part)
    return path, entered(form, path, first)


def pasted_into(form: Draft, row: Field, paste: str) -> Patch:
    """A paste into a row: a value in place of the row's own; members and items go into its object or list; a JSON
    document that is no value of the row goes where it fits. Raises `UnreadableText`."""
    text = paste.strip()
    if row.kind not in (*CONTAINERS, "more", "add") and not (row.present and text[:1] in ("{", "[")):
        if choices := [choice for choice in row.choices if text in (choice, json.dumps(choice))]:
            return chosen(form, row, choices[0])
        return entered(form, row.path, read_text(row, text if "\n" not in text or row.kind == "json" else paste))
    method, document = form.method, form.read.document
    if method is None or document.existing(row.path) != row.path:
        raise UnreadableText("add the row first")
    start, end = document.span(row.path)
    if isinstance(value_at(form.values or [], row.path), (dict, list)):
        start = end = end - 1
    elif form.text[start] == '"':
        start, end = start + 1, end - 1
    return pasted(form.text, start, end, paste, method, smallest=form.smallest) or Patch(start, end, paste)
