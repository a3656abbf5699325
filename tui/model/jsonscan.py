"""A reader of JSON text that never gives up: it keeps positions and lists the problems with theirs.

Used by `jsontext`. It reads anything, without recursion and in one pass: what is
not JSON is reported in words and then understood as what was probably meant, so
that the positions of everything around it stay right.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["MOST_PROBLEMS", "Member", "Node", "Scan", "TextProblem", "scan"]

MOST_PROBLEMS = 100

_PLAIN = r'[^"\\\x00-\x1f]*+'
_TOKEN = re.compile(
    r"(?P<space>[ \t\n\r]++)"
    rf'|(?P<text>"{_PLAIN}(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{{4}}){_PLAIN})*+")'
    r"|(?P<mark>[\[\]{},:])"
    r"|(?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?(?![\w.+-]))"
    r"|(?P<literal>(?:true|false|null|NaN|-?Infinity)(?![\w.+-]))"
    r'|(?P<badtext>"(?:[^"\\\n]|\\.)*+(?:"|\\?))'
    r"|(?P<single>'(?:[^'\\\n]|\\.)*+(?:'|\\?))"
    r"|(?P<comment>//[^\n]*+|\#[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?)"
    r"|(?P<word>[^\s{}\[\],:\"'/\#]++)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})(?:u|.)?', re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f]")
_LITERALS = {"true": True, "false": False, "null": None}
_MEANT = {"none": "null", "nil": "null", "undefined": "null", "yes": "true", "no": "false"}
_NUMBERLIKE = re.compile(r"[-+]?\.?[0-9]")
_CLOSES = {"]": "[", "}": "{"}
_CLOSED_BY = {"[": "]", "{": "}"}

Kind = Literal["[", "{", "scalar"]
# What may come next: a value (or key) at the start, after a comma; a colon; a value after it; a comma or the end.
_START, _COMMA, _KEY, _COLON, _VALUE = range(5)


@dataclass(frozen=True, slots=True)
class TextProblem:
    """A problem of the text from ``start`` to ``end`` (offsets in characters; ``end`` is not included)."""

    start: int
    end: int
    message: str


class Node:
    """A value in the text. ``members`` are those of a list or an object, in order; ``closed`` if its bracket is."""

    __slots__ = ("closed", "end", "kind", "members", "start", "state", "value")

    def __init__(self, start: int, end: int, kind: Kind, value: Any) -> None:
        self.start = start
        self.end = end
        self.kind: Kind = kind
        self.value = value
        self.closed = kind == "scalar"
        self.members: list[Member] = []
        self.state = _START


class Member:
    """A place in a list or an object: key (None in lists), value (None while missing) and what follows.

    ``after`` is where the next place begins: at its comma, or at its own end when the comma is missing.
    """

    __slots__ = ("after", "colon", "key", "key_end", "key_start", "node")

    def __init__(self, node: Node | None, *, key: str | None = None, key_start: int = -1, key_end: int = -1) -> None:
        self.node = node
        self.key = key
        self.key_start = key_start
        self.key_end = key_end
        self.colon = -1
        self.after = -1


@dataclass(frozen=True, slots=True)
class Scan:
    """The contents of a text. ``notes`` are valid JSON, but hardly intended (a key given twice)."""

    root: Node | None
    problems: list[TextProblem]
    notes: list[TextProblem]


def scan(text: str) -> Scan:
    """Read ``text``. Never raises, whatever it is; at most `MOST_PROBLEMS` problems are given, in order."""
    return _Scanner(text).run()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Node | None = None
        self.open: list[Node] = []
        self.depths = {"[": 0, "{": 0}
        self.problems: list[TextProblem] = []
        self.notes: list[TextProblem] = []

    def problem(self, start: int, end: int, message: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(TextProblem(start, end, message))

    def run(self) -> Scan:
        # The hot path: most tokens are spaces, marks, and good texts, numbers and literals.
        for token in _TOKEN.finditer(self.text):
            kind = token.lastgroup
            if kind == "space":
                continue
            start, end = token.span()
            if kind == "mark":
                going = self.mark(self.text[start], start)
            elif kind == "text":
                piece = self.text[start:end]
                going = self.scalar(start, end, piece[1:-1] if "\\" not in piece else json.loads(piece), is_text=True)
            elif kind == "number":
                going = self.scalar(start, end, self.number(start, end))
            elif kind == "literal":
                word = self.text[start:end]
                going = self.scalar(start, end, _LITERALS[word] if word in _LITERALS else float(word))
            else:
                going = self.wrong(str(kind), start, end)
            if not going:
                break
        self.finish()
        self.problems.sort(key=lambda problem: problem.start)
        return Scan(self.root, self.problems, self.notes)

    def number(self, start: int, end: int) -> int | float | None:
        piece = self.text[start:end]
        try:
            return int(piece) if piece.lstrip("-").isdigit() else float(piece)
        except ValueError:
            self.problem(start, end, "this number has too many digits")
            return None

    # Values and keys

    def scalar(self, start: int, end: int, value: Any, *, is_text: bool = False, key_reported: bool = False) -> bool:
        """A scalar, which is a key where an object wants one. False when reading should stop."""
        top = self.open[-1] if self.open else None
        if top is not None and top.kind == "{" and top.state in (_START, _COMMA, _VALUE):
            if top.state == _VALUE:
                self.problem(start, end, "expected , or }")
                top.members[-1].after = self.end_of(top.members[-1])
            if not is_text and not key_reported:
                self.problem(start, end, f'a key needs double quotes: "{_cut(self.text[start:end])}"')
            top.members.append(
                Member(None, key=value if is_text else self.text[start:end], key_start=start, key_end=end)
            )
            top.state = _KEY
            return True
        return self.put(Node(start, end, "scalar", value))

    def put(self, node: Node) -> bool:
        """Give a value its place."""
        if not self.open:
            if self.root is not None:
                self.problem(node.start, node.end, "expected the end: one value is allowed here")
                return False
            self.root = node
            return True
        top = self.open[-1]
        if top.kind == "[":
            if top.state == _VALUE:
                self.problem(node.start, node.end, "expected , or ]")
                top.members[-1].after = self.end_of(top.members[-1])
            top.members.append(Member(node))
            top.value.append(node.value)
        else:
            if top.state in (_START, _COMMA, _VALUE):
                message = "expected , or }" if top.state == _VALUE else "expected a key in double quotes"
                self.problem(node.start, node.start + 1, message)
                if top.members and top.state == _VALUE:
                    top.members[-1].after = self.end_of(top.members[-1])
                top.members.append(Member(None, key="", key_start=node.start, key_end=node.start))
            elif top.state == _KEY:
                self.problem(node.start, node.start + 1, "expected : before the value")
            self.fill(top, node)
        top.state = _VALUE
        return True

    def fill(self, top: Node, node: Node) -> None:
        member = top.members[-1]
        member.node = node
        if member.key in top.value:
            self.notes.append(TextProblem(member.key_start, member.key_end, f"{_cut(str(member.key))} is given twice"))
        top.value[member.key] = node.value

    def end_of(self, member: Member) -> int:
        return member.node.end if member.node is not None else max(member.key_end, member.colon + 1)

    # Marks

    def mark(self, char: str, at: int) -> bool:
        if char in "[{":
            node = Node(at, at + 1, "[" if char == "[" else "{", [] if char == "[" else {})
            if not self.put(node):
                return False
            self.open.append(node)
            self.depths[node.kind] += 1
            return True
        if char in "]}":
            return self.close(char, at)
        if not self.open:
            if self.root is not None:
                self.problem(at, at + 1, f"expected the end, not {char}")
                return False
            self.problem(at, at + 1, f"expected a value, not {char}")
            return True
        return self.comma(self.open[-1], at) if char == "," else self.colon(self.open[-1], at)

    def comma(self, top: Node, at: int) -> bool:
        if top.state == _VALUE:
            top.members[-1].after = at
        elif top.state in (_KEY, _COLON):
            self.problem(at, at + 1, "expected : and a value" if top.state == _KEY else "expected a value before ,")
            self.without_value(top)
            top.members[-1].after = at
        else:
            self.problem(at, at + 1, f"expected {'a key' if top.kind == '{' else 'a value'} before ,")
        top.state = _COMMA
        return True

    def without_value(self, top: Node) -> None:
        if top.members[-1].node is None:
            top.value.setdefault(top.members[-1].key, None)

    def colon(self, top: Node, at: int) -> bool:
        if top.kind == "{" and top.state == _KEY:
            top.members[-1].colon = at
            top.state = _COLON
        else:
            list_has_none = ": a list has no keys" if top.kind == "[" else ""
            self.problem(at, at + 1, f"no colon is expected here{list_has_none}")
        return True

    def close(self, char: str, at: int) -> bool:
        opener = _CLOSES[char]
        if not self.depths[opener]:
            if not self.open and self.root is not None:
                self.problem(at, at + 1, f"expected the end, not {char}")
                return False
            expected = f"expected {_CLOSED_BY[self.open[-1].kind]}, not {char}" if self.open else f"unmatched {char}"
            self.problem(at, at + 1, expected)
            return True
        while self.open:
            top = self.open[-1]
            matches = top.kind == opener
            if not matches:
                self.problem(at, at + 1, f"expected {_CLOSED_BY[top.kind]} before {char}")
            self.leave(top, at, at + 1 if matches else at)
            if matches:
                break
        return True

    def leave(self, top: Node, at: int, end: int) -> None:
        """Close the innermost container."""
        if top.state == _COMMA:
            comma = top.members[-1].after if top.members else -1
            start = comma if comma >= 0 else at
            self.problem(start, start + 1, "trailing comma")
        elif top.state in (_KEY, _COLON):
            self.problem(at, end, "expected : and a value" if top.state == _KEY else "expected a value")
            self.without_value(top)
        if top.members and top.members[-1].after < 0:
            top.members[-1].after = end
        top.end = end
        top.closed = end > at
        self.open.pop()
        self.depths[top.kind] -= 1

    def finish(self) -> None:
        size = len(self.text)
        for node in self.open:
            self.problem(node.start, node.start + 1, f"{node.kind} is never closed: missing {_CLOSED_BY[node.kind]}")
        while self.open:
            top = self.open[-1]
            if top.state == _COMMA:
                # Still being typed: the missing bracket is problem enough.
                top.state = _VALUE
            self.leave(top, size, size)
        if self.root is None and not self.problems:
            self.problem(0, size, "expected a value")

    # What is not JSON

    def wrong(self, kind: str, start: int, end: int) -> bool:
        piece = self.text[start:end]
        if kind == "comment":
            self.problem(start, end, "JSON has no comments")
            return True
        if kind == "other":
            self.problem(start, end, "not an ordinary space" if piece.isspace() else f"{piece!r} is not expected here")
            return True
        if kind == "badtext":
            return self.scalar(start, end, self.bad_text(start, end), is_text=True)
        if kind == "single":
            self.problem(start, end, "use double quotes, not '")
            return self.scalar(start, end, piece[1:].removesuffix("'"), is_text=True)
        if piece == "\ufeff":
            self.problem(start, end, "remove the invisible byte order mark (BOM) here")
            return True
        return self.word(piece, start, end)

    def bad_text(self, start: int, end: int) -> str:
        piece = self.text[start:end]
        closed = len(piece) > 1 and piece.endswith('"') and (len(piece) - len(piece[:-1].rstrip("\\"))) % 2 == 1
        if not closed:
            self.problem(start, end, 'unclosed string: missing "')
        inner = piece[1:-1] if closed else piece[1:]
        for escape in _BAD_ESCAPE.finditer(inner):
            if closed or escape.end() < len(inner):
                self.problem(start + 1 + escape.start(), start + 1 + escape.end(), f"no such escape: {escape[0]!s}")
        for control in _CONTROL.finditer(inner):
            at = start + 1 + control.start()
            name = (
                "a tab is written \\t" if control[0] == "\t" else f"write \\u{ord(control[0]):04x} for this character"
            )
            self.problem(at, at + 1, f"not allowed in a string: {name}")
        return inner

    def word(self, piece: str, start: int, end: int) -> bool:
        top = self.open[-1] if self.open else None
        if top is not None and top.kind == "{" and top.state in (_START, _COMMA, _VALUE):
            return self.scalar(start, end, None)
        lower = piece.lower()
        meant = lower if lower in _LITERALS else _MEANT.get(lower)
        if meant is not None:
            self.problem(start, end, f"write {meant}, not {piece}")
            return self.scalar(start, end, _LITERALS[meant])
        if _NUMBERLIKE.match(piece):
            self.problem(start, end, f"not a number: {_cut(piece)}")
            return self.scalar(start, end, None)
        self.problem(start, end, f'strings need double quotes: "{_cut(piece)}"')
        return self.scalar(start, end, piece)


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
