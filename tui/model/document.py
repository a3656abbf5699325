"""The arguments of a method as a document for an editor of the user's: what may be left out stands there as comments.

A comment is a line that begins with ``//``. Every member ends with a comma, so that taking the ``//`` away is enough;
`read_document` passes over comments and over commas before a closing bracket. Secrets are masked, because the document
is written to a file; a mask that is still there stands for the secret of before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from truenas_client.methods.catalogue import Method
from truenas_client.methods.describe import type_words
from truenas_client.methods.doctext import one_line, plain_text
from truenas_client.methods.draft import draft
from truenas_client.methods.forms import marked
from truenas_client.secrets.redact import MASK, redact

from .form import branch_of, branches_of
from .jsontext import json_line
from .schemaplace import inner_schema

__all__ = ["document", "read_document"]

_COMMA = re.compile(r'("(?:[^"\\\n]|\\.)*")|,(\s*[\]}])')
_HEAD = (
    "Lines that begin with // are left out: take the // away from what is wanted.",
    "Save and leave the editor to take the arguments over; leave it unchanged to keep them.",
)
_LONGEST = 110


def document(method: Method, params: list[Any]) -> str:
    """The arguments as a document."""
    masked = redact({"method": method.name, "params": params})["params"]
    lines = [f"// {method.name}", *(f"// {line}" for line in _HEAD), "["]
    for index, param in enumerate(method.params):
        lines += _told(param.name, param.schema, param.required, "  ")
        if index < len(params):
            lines += _value(param.schema, masked[index], "  ", "")
        else:
            lines.append(f"  // {json_line(draft(param.schema).value)},")
    for value in masked[len(method.params) :]:
        lines.append(f"  {json_line(value)},")
    return "\n".join([*lines, "]", ""])


def _value(schema: Any, value: Any, indent: str, name: str) -> Iterator[str]:
    """The lines of a value, with those of the members that it may have as well."""
    branch = branch_of(branches_of(schema), value, present=True) or {}
    inner = indent + "  "
    if isinstance(value, dict) and marked(value) is value and ("properties" in branch or value):
        yield f"{indent}{name}{{"
        members: Mapping[str, Any] = branch.get("properties", {})
        for key, item in value.items():
            part = inner_schema(branch, key)
            yield from _told("", part, key in branch.get("required", ()), inner)
            yield from _value(part, item, inner, f"{json_line(key)}: ")
        for key, part in members.items():
            if key not in value:
                yield from _told("", part, key in branch.get("required", ()), inner)
                begun = part["default"] if "default" in part else draft(part).value
                yield f"{inner}// {json_line(key)}: {json_line(begun)},"
        yield f"{indent}}},"
    elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        yield f"{indent}{name}["
        for index, item in enumerate(value):
            yield from _value(inner_schema(branch, index), item, inner, "")
        yield f"{indent}],"
    else:
        yield f"{indent}{name}{json_line(value)},"


def _told(name: str, schema: Any, required: bool, indent: str) -> list[str]:
    """The comment above a value: its type, whether it has to be there, and what the server says of it."""
    if not isinstance(schema, dict):
        return []
    told = one_line(plain_text(schema.get("description"))) if schema.get("description") else ""
    facts = ", ".join(part for part in (name, type_words(schema), "required" if required else "") if part)
    text = f"{facts}: {told}" if told else facts
    return [f"{indent}// {text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}"]


def read_document(text: str, before: list[Any]) -> tuple[str, list[Any] | None]:
    """The JSON in a document, and the arguments; None when it is not a JSON list. ``before`` has the secrets."""
    kept = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("//"))
    kept = _COMMA.sub(lambda found: found[1] or found[2], kept).strip().removesuffix(",")
    try:
        value = json.loads(kept)
    except (ValueError, RecursionError):
        return kept, None
    return kept, _unmasked(value, before) if isinstance(value, list) else None


def _unmasked(value: Any, before: Any) -> Any:
    if value == MASK and isinstance(before, (str, int, float)):
        return before
    if isinstance(value, dict):
        known = before if isinstance(before, dict) else {}
        return {name: _unmasked(item, known.get(name)) for name, item in value.items()}
    if isinstance(value, list):
        old = before if isinstance(before, list) else []
        return [_unmasked(item, old[at] if at < len(old) else None) for at, item in enumerate(value)]
    return value
