"""JSON in as few lines as fit a width: readable in a narrow pane, and small in a diff. Pure."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["fitted_json"]


def fitted_json(value: Any, cells: int, indent: str = "") -> str:
    """A container in one line where that fits, else each of its items on lines of their own, two spaces further in."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= cells or not isinstance(value, dict | list) or not value:
        return line
    inside = f"{indent}  "
    if isinstance(value, dict):
        rows = [
            f"{json.dumps(key, ensure_ascii=False)}: {fitted_json(item, cells, inside)}" for key, item in value.items()
        ]
    else:
        rows = [fitted_json(item, cells, inside) for item in value]
    begin, end = "{}" if isinstance(value, dict) else "[]"
    return f"{begin}\n{inside}" + f",\n{inside}".join(rows) + f"\n{indent}{end}"
