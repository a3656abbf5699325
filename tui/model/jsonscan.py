"""A reader of JSON text that never gives up: it keeps positions and lists the problems with theirs.

Used by `jsontext`. It reads anything, without recursion and in one pass: what is
not JSON is reported in words and then understood as what was probably meant, so
that the positions of everything around it stay right.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
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


@dataclass(slots=True, eq=False)
class Node:
    """A value in the text. ``members`` are those of a list or an object, in order; ``closed`` if its bracket is."""

    start: int
    end: int
    kind: Kind
    value: Any
    closed: bool = False
    members: list[Member] = field(default_factory=list)
    state: int = _START


@dataclass(slots=True, eq=False)
class Member:
    """A place in a list or an object: key (None in lists), value (None while missing) and what follows.

    ``after`` is where the next place begins: at its comma, or at its own end when the comma is missing.
    """

    node: Node | None
    key: str | None = None
    key_start: int = -1
    key_end: int = -1
    colon: int = -1
    after: int = -1


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
        self.over = False
        """Something stands behind the one value: nothing more is read."""

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
                self.mark(self.text[start], start)
            elif kind == "text":
                piece = self.text[start:end]
                self.string(start, end, piece[1:-1] if "\\" not in piece else json.loads(piece))
            elif kind == "number":
                self.scalar(start, end, self.number(start, end))
            elif kind == "literal":
                word = self.text[start:end]
                self.scalar(start, end, _LITERALS[word] if word in _LITERALS else float(word))
            else:
                self.wrong(str(kind), start, end)
            if self.over:
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

    def wants_key(self) -> Node | None:
        """The object in which a key belongs here; None where a value does."""
        top = self.open[-1] if self.open else None
        return top if top is not None and top.kind == "{" and top.state in (_START, _COMMA, _VALUE) else None

    def string(self, start: int, end: int, value: str) -> None:
        if (top := self.wants_key()) is not None:
            self.key(top, start, end, value)
        else:
            self.put(Node(start, end, "scalar", value))

    def scalar(self, start: int, end: int, value: Any) -> None:
        """A value that is no text, and no key either: its characters are taken as one where an object wants one."""
        if (top := self.wants_key()) is not None:
            key = self.text[start:end]
            self.key(top, start, end, key, wrong=f'a key needs double quotes: "{_cut(key)}"')
        else:
            self.put(Node(start, end, "scalar", value))

    def key(self, top: Node, start: int, end: int, key: str, *, wrong: str = "") -> None:
        if top.state == _VALUE:
            self.comma_missing(top, start, end)
        if wrong:
            self.problem(start, end, wrong)
        top.members.append(Member(None, key, start, end))
        top.state = _KEY

    def put(self, node: Node) -> None:
        """Give a value its place."""
        if not self.open:
            if self.root is not None:
                self.end_expected(node.start, node.end, ": one value is allowed here")
            else:
                self.root = node
            return
        top = self.open[-1]
        if top.state == _VALUE:
            self.comma_missing(top, node.start, node.end)
        if top.kind == "[":
            top.members.append(Member(node))
            top.value.append(node.value)
        else:
            if top.state == _KEY:
                self.problem(node.start, node.start + 1, "expected : before the value")
            elif top.state != _COLON:
                if top.state != _VALUE:
                    self.problem(node.start, node.end, "expected a key in double quotes")
                top.members.append(Member(None, "", node.start, node.start))
            member = top.members[-1]
            member.node = node
            if member.key in top.value:
                given = f"{_cut(str(member.key))} is given twice"
                self.notes.append(TextProblem(member.key_start, member.key_end, given))
            top.value[member.key] = node.value
        top.state = _VALUE

    def comma_missing(self, top: Node, start: int, end: int) -> None:
        self.problem(start, end, f"expected , or {_CLOSED_BY[top.kind]}")
        last = top.members[-1]
        last.after = last.node.end if last.node is not None else max(last.key_end, last.colon + 1)

    def end_expected(self, start: int, end: int, more: str) -> None:
        self.problem(start, end, f"expected the end{more}")
        self.over = True

    # Marks

    def mark(self, char: str, at: int) -> None:
        if char in "[{":
            node = Node(at, at + 1, "[" if char == "[" else "{", [] if char == "[" else {})
            self.put(node)
            if not self.over:
                self.open.append(node)
                self.depths[node.kind] += 1
        elif char in "]}" and self.depths[_CLOSES[char]]:
            self.close(_CLOSES[char], char, at)
        elif not self.open and self.root is not None:
            self.end_expected(at, at + 1, f", not {char}")
        elif char in "]}":
            expected = f"expected {_CLOSED_BY[self.open[-1].kind]}, not {char}" if self.open else f"unmatched {char}"
            self.problem(at, at + 1, expected)
        elif not self.open:
            self.problem(at, at + 1, f"expected a value, not {char}")
        elif char == ",":
            self.comma(self.open[-1], at)
        else:
            self.colon(self.open[-1], at)

    def comma(self, top: Node, at: int) -> None:
        if top.state == _VALUE:
            top.members[-1].after = at
        elif top.state in (_KEY, _COLON):
            self.problem(at, at + 1, "expected : and a value" if top.state == _KEY else "expected a value before ,")
            self.without_value(top)
            top.members[-1].after = at
        else:
            self.problem(at, at + 1, f"expected {'a key' if top.kind == '{' else 'a value'} before ,")
        top.state = _COMMA

    def without_value(self, top: Node) -> None:
        top.value.setdefault(top.members[-1].key, None)

    def colon(self, top: Node, at: int) -> None:
        if top.kind == "{" and top.state == _KEY:
            top.members[-1].colon = at
            top.state = _COLON
        else:
            list_has_none = ": a list has no keys" if top.kind == "[" else ""
            self.problem(at, at + 1, f"no colon is expected here{list_has_none}")

    def close(self, opener: str, char: str, at: int) -> None:
        """Closes the innermost container of this kind, and those that are open inside it."""
        while (top := self.open[-1]).kind != opener:
            self.problem(at, at + 1, f"expected {_CLOSED_BY[top.kind]} before {char}")
            self.leave(top, at, at)
        self.leave(top, at, at + 1)

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

    def wrong(self, kind: str, start: int, end: int) -> None:
        piece = self.text[start:end]
        if kind == "comment":
            self.problem(start, end, "JSON has no comments")
        elif kind == "other":
            self.problem(start, end, "not an ordinary space" if piece.isspace() else f"{piece!r} is not expected here")
        elif kind == "badtext":
            self.string(start, end, self.bad_text(start, end))
        elif kind == "single":
            self.problem(start, end, "use double quotes, not '")
            self.string(start, end, piece[1:].removesuffix("'"))
        elif piece == "\ufeff":
            self.problem(start, end, "remove the invisible byte order mark (BOM) here")
        else:
            self.word(piece, start, end)

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

    def word(self, piece: str, start: int, end: int) -> None:
        lower = piece.lower()
        meant = lower if lower in _LITERALS else _MEANT.get(lower)
        value: Any = None
        if self.wants_key() is None:
            if meant is not None:
                self.problem(start, end, f"write {meant}, not {piece}")
                value = _LITERALS[meant]
            elif _NUMBERLIKE.match(piece):
                self.problem(start, end, f"not a number: {_cut(piece)}")
            else:
                self.problem(start, end, f'strings need double quotes: "{_cut(piece)}"')
                value = piece
        self.scalar(start, end, value)


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
