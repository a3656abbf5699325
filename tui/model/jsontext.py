"""JSON while the user types it: the value, the problems, and the position of each member.

`parse` never raises. Text that is JSON costs one `json.loads`; positions are
worked out when first asked for. Text that is not JSON has at least one problem and the value that was
probably meant. Offsets count characters; a path is a tuple of keys and indexes from the root.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any, Literal

from .jsonscan import Node, Scan, TextProblem, scan

__all__ = ["Document", "Path", "Place", "TextProblem", "json_line", "parse"]

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """The place in the document that an offset is in.

    With ``wants`` "value" the path is that of the value; with "key" that of the object the key belongs to. None:
    nothing can be put here before something else (a comma, a colon). ``start`` to ``end`` is the token the offset
    touches, empty when there is none.
    """

    path: Path
    wants: Literal["key", "value"] | None
    start: int
    end: int


@dataclass(slots=True)
class Document:
    """A text and its parsed value. Made by `parse`."""

    text: str
    value: Any
    problems: list[TextProblem]
    _scan: Scan | None

    @property
    def ok(self) -> bool:
        """Whether the text is JSON."""
        return not self.problems

    @property
    def notes(self) -> list[TextProblem]:
        """Allowed, but hardly meant: keys given twice."""
        return self._scanned().notes

    def span(self, path: Path) -> tuple[int, int]:
        """The position of the value at ``path``; for a missing one, that of its nearest existing parent."""
        node, _ = self._find(path)
        return (0, len(self.text)) if node is None else (node.start, node.end)

    def key_span(self, path: Path) -> tuple[int, int] | None:
        """Where the key of the member at ``path`` stands, quotes included; None when it has none or is not there."""
        if not path or not isinstance(path[-1], str):
            return None
        node, depth = self._find(path[:-1])
        if node is None or depth < len(path) - 1 or node.kind != "{":
            return None
        for member in reversed(node.members):
            if member.key == path[-1]:
                return member.key_start, member.key_end
        return None

    def existing(self, path: Path) -> Path:
        """The longest beginning of ``path`` that has a value in the text."""
        return path[: self._find(path)[1]]

    def path_at(self, offset: int) -> Place:
        """The place of the offset, and whether a key or a value belongs there."""
        node = self._scanned().root
        if node is None:
            return Place((), "value", offset, offset)
        path: list[str | int] = []
        while node.start <= offset <= node.end:
            if node.kind == "scalar":
                return Place(tuple(path), "value", node.start, node.end)
            if offset == node.start or (node.closed and offset == node.end):
                break
            step = _in_list(node, offset, path) if node.kind == "[" else _in_object(node, offset, path)
            if isinstance(step, Place):
                return step
            node = step
        return Place(tuple(path), None, offset, offset)

    def _scanned(self) -> Scan:
        if self._scan is None:
            self._scan = scan(self.text)
        return self._scan

    def _find(self, path: Path) -> tuple[Node | None, int]:
        """The node of the longest existing beginning of the path, and its length."""
        node = self._scanned().root
        if node is None:
            return None, 0
        for depth, part in enumerate(path):
            inner = _child(node, part)
            if inner is None:
                return node, depth
            node = inner
        return node, len(path)


def _child(node: Node, part: str | int) -> Node | None:
    if node.kind == "[" and isinstance(part, int):
        return node.members[part].node if 0 <= part < len(node.members) else None
    if node.kind == "{":
        # Of a key given twice the last one counts, as in the value.
        return next((m.node for m in reversed(node.members) if m.key == part and m.node is not None), None)
    return None


def _in_list(node: Node, offset: int, path: list[str | int]) -> Place | Node:
    """The place in a list, or the member that the offset is in; either way ``path`` then leads there."""
    index = bisect_left(node.members, offset, key=lambda member: member.after)
    path.append(index)
    if index == len(node.members):
        return Place(tuple(path), "value", offset, offset)
    inner = node.members[index].node
    if inner is not None and inner.start <= offset <= inner.end:
        return inner
    return Place(tuple(path), None, offset, offset)


def _in_object(node: Node, offset: int, path: list[str | int]) -> Place | Node:
    """The place in an object, or the member that the offset is in."""
    index = bisect_left(node.members, offset, key=lambda member: member.after)
    if index == len(node.members) or offset < node.members[index].key_start:
        return Place(tuple(path), "key", offset, offset)
    member = node.members[index]
    if offset <= member.key_end:
        return Place(tuple(path), "key", member.key_start, member.key_end)
    path.append(member.key or "")
    if member.node is not None and member.node.start <= offset <= member.node.end:
        return member.node
    wants: Literal["value"] | None = "value" if member.node is None and 0 <= member.colon < offset else None
    return Place(tuple(path), wants, offset, offset)


def parse(text: str) -> Document:
    """Read ``text`` as JSON (with ``NaN`` and ``Infinity``, as servers take them). Never raises."""
    try:
        return Document(text, json.loads(text), [], None)
    except (ValueError, RecursionError) as failure:
        reason = failure
    scanned = scan(text)
    value = scanned.root.value if scanned.root is not None else None
    if isinstance(reason, RecursionError):
        return Document(text, None, scanned.problems or [_at(text, 0, "nested too deeply")], scanned)
    if not scanned.problems:
        # The scanner saw nothing wrong where the decoder did: the decoder is the judge.
        at = reason.pos if isinstance(reason, json.JSONDecodeError) else 0
        scanned.problems.append(_at(text, at, str(getattr(reason, "msg", reason))))
    return Document(text, value, scanned.problems, scanned)


def _at(text: str, offset: int, message: str) -> TextProblem:
    return TextProblem(min(offset, len(text)), min(offset + 1, len(text)), message)


def json_line(value: Any, most: int | None = None) -> str:
    """A value as JSON in one line, as a person writes it; cut to so many characters."""
    text = json.dumps(value, ensure_ascii=False)
    return text if most is None or len(text) <= most else f"{text[: most - 1]}…"
