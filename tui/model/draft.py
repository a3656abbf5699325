"""`Draft`: the arguments of a method while the user writes them, and their problems.

The text is the draft; all else is read from it. The caller sets `text` when it has become another, and reads it by
`look`, or aside (`truenas_client.methods.validator.stopping`) and hands the result to `take`: a long text takes a
while. Invariant: `problems` and `gaps` are of the text that was read last, everything else is of the present one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from truenas_client.methods.catalogue import Method
from truenas_client.methods.draft import PLACEHOLDER, draft
from truenas_client.secrets.placeholders import Placeholder

from .examine import Examined, examine
from .failure import FieldProblem
from .jsontext import Document, Path, TextProblem, json_line, parse
from .schemaplace import value_at
from .spans import attribute_path, place_attributes

__all__ = ["Draft", "Patch", "arguments_text"]

ONE_LINE = 40


class Patch(NamedTuple):
    """An edit of a text: what stands from ``start`` to ``end`` becomes ``text``."""

    start: int
    end: int
    text: str


class Draft:
    """The draft of one method, begun with this text or with the smallest valid arguments; without a method, of none."""

    def __init__(
        self,
        method: Method | None = None,
        text: str | None = None,
        *,
        unknown: Callable[[Placeholder], str | None] = lambda _: None,
    ) -> None:
        self._unknown = unknown
        self._refused: tuple[str, tuple[FieldProblem, ...]] = ("", ())
        self._begin(method)
        self.text = self.smallest if text is None else text
        self.read = examine("", None)
        """The findings about the text that was read last."""

    def _begin(self, method: Method | None) -> None:
        self.method = method
        drafted = method.smallest() if method is not None else None
        fresh = parse(arguments_text(drafted.value if drafted is not None else []))
        self.smallest = fresh.text
        """The smallest valid arguments of the method, as text."""
        # The initial values, to count how many are unchanged.
        self._to_fill = {path: _text_at(fresh, path) for path in (drafted.to_fill if drafted is not None else ())}

    def renew(self, method: Method) -> None:
        """The same method as another catalogue tells of it; the text stays."""
        self._begin(method)
        self.look()

    # Reading

    def look(self) -> None:
        """Reads and checks the text as it is now."""
        self.read = examine(self.text, self.method, self._unknown)

    def take(self, examined: Examined) -> bool:
        """Takes the findings of a thread; False when the text has changed since."""
        if examined.text != self.text:
            return False
        self.read = examined
        return True

    def _present(self) -> Examined:
        if self.read.text != self.text:
            self.look()
        return self.read

    @property
    def problems(self) -> list[TextProblem]:
        """The problems in the order of the text, with those that the server found in this text."""
        text, rows = self._refused
        return [*self.read.problems, *(self._placed(rows) if text == self.read.text else ())]

    @property
    def gaps(self) -> list[TextProblem]:
        """The places that wait to be filled in."""
        document = self.read.document
        begun = [path for path, text in self._to_fill.items() if _text_at(document, path) == text]
        return [*(TextProblem(*document.span(path), "to fill in") for path in begun), *self.read.left_out]

    @property
    def missing(self) -> list[TextProblem]:
        """Required texts that are still empty, or still the placeholder of one that must not be empty."""
        document = self._present().document
        empty = [
            path
            for path, begun in self._to_fill.items()
            if (text := _text_at(document, path)) in ('""', begun) and not text.strip(f'"{PLACEHOLDER}') and text
        ]
        return [
            TextProblem(*document.span(path), f"{self._argument(path)} is missing")
            for path in sorted(empty, key=document.span)
        ]

    @property
    def params(self) -> list[Any] | None:
        """The arguments as values, None when they can not be sent as they stand: `unsendable` tells why."""
        examined = self._present()
        value: list[Any] = examined.document.value
        return None if examined.unsendable else value

    @property
    def values(self) -> list[Any] | None:
        """The arguments as they stand, whether they can be sent or not; None when the text is not a list in JSON."""
        document = self._present().document
        return document.value if document.ok and isinstance(document.value, list) else None

    def existing(self, path: Path) -> Path:
        """The longest beginning of a path that has a value in the text."""
        return self._present().document.existing(path)

    @property
    def unsendable(self) -> str:
        """Why the arguments can not be sent at all, "" when they can."""
        return self._present().unsendable

    def _names(self) -> list[str]:
        return [param.name for param in self.method.params] if self.method is not None else []

    def _argument(self, path: Path) -> str:
        """The name of a place in the arguments: the argument's name, then the members down to it."""
        names, first = self._names(), path[0]
        begin = names[first] if isinstance(first, int) and first < len(names) else str(first)
        return ".".join([begin, *map(str, path[1:])])

    # Problems from the server

    def refuse(self, rows: Sequence[FieldProblem]) -> None:
        """The server refused the present text: its messages stand at the fields they name, until the text changes."""
        self._refused = (self.text, tuple(rows))

    def place_of(self, attribute: str) -> int:
        """Where the field stands that the server named, or what of it exists."""
        return place_attributes(self._present().document, [(attribute, "")], self._names())[0].start

    def _placed(self, rows: Sequence[FieldProblem]) -> list[TextProblem]:
        return place_attributes(self.read.document, [(row.attribute, self._told(row)) for row in rows], self._names())

    def _told(self, row: FieldProblem) -> str:
        """The server's message; of a field that is not there, with its name in front."""
        value = self.read.document.value
        path = attribute_path(row.attribute, value if isinstance(value, list) else [], self._names())
        last = row.attribute.rpartition(".")[2]
        return row.message if not last or (path and str(path[-1]) == last) else f"{last}: {row.message}"

    # Writing

    def begun(self, paths: Iterable[Path]) -> None:
        """The values at these paths are to be filled in."""
        document = self._present().document
        self._to_fill |= {path: _text_at(document, path) for path in paths}

    def put(self, path: Path, value: Any) -> Patch:
        """The edit of a text in JSON that makes ``value`` stand at ``path``: in place of what is there, or else as
        the last member of the nearest container there is. At () it replaces all, and nothing waits to be filled in."""
        if not path:
            self._to_fill = {}
            return Patch(0, len(self.text), arguments_text(value))
        document = self._present().document
        known = document.existing(path)
        start, end = document.span(known)
        holder, rest = value_at(document.value, known), path[len(known) :]
        for part in reversed(rest[1:]):
            value = {part: value} if isinstance(part, str) else [value]
        if not rest:
            return Patch(start, end, json_line(value))
        if not known and isinstance(holder, list) and isinstance(rest[0], int) and self.method is not None:
            # The arguments before it are positional: they have to be there.
            before = [draft(param.schema).value for param in self.method.params[len(holder) : rest[0]]]
            if before:
                return self._appended(document, holder, known, ", ".join(map(json_line, [*before, value])))
        name = f"{json_line(rest[0])}: " if isinstance(rest[0], str) else ""
        if not isinstance(holder, dict if name else list):
            return Patch(start, end, f"{{{name}{json_line(value)}}}" if name else f"[{json_line(value)}]")
        return self._appended(document, holder, known, name + json_line(value))

    def _appended(self, document: Document, holder: dict[str, Any] | list[Any], at: Path, text: str) -> Patch:
        """The edit that makes a text the last content of a container."""
        start, end = document.span(at)
        if not holder:
            return Patch(start + 1, end - 1, text)
        last: str | int = list(holder)[-1] if isinstance(holder, dict) else len(holder) - 1
        first, after = document.span((*at, last))
        line = self.text[: (document.key_span((*at, last)) or (first,))[0]].rpartition("\n")
        gap = f"\n{line[2]}" if line[1] and not line[2].strip() else " "
        return Patch(after, after, f",{gap}{text}")

    def drop(self, path: Path) -> Patch | None:
        """The edit of a text in JSON that takes away the member or item at ``path``; None when there is none.

        An argument before the last one becomes its smallest value: the places of the others do not change.
        """
        document = self._present().document
        if not path or document.existing(path) != path:
            return None
        holder = value_at(document.value, path[:-1])
        names: list[str | int] = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        at = names.index(path[-1])
        if len(path) == 1 and at < len(names) - 1:
            known = self.method is not None and at < len(self.method.params)
            return self.put(path, draft(self.method.params[at].schema).value if self.method and known else None)

        def begin(name: str | int) -> int:
            place = (*path[:-1], name)
            return (document.key_span(place) or document.span(place))[0]

        if at < len(names) - 1:
            return Patch(begin(path[-1]), begin(names[at + 1]), "")
        if at:
            return Patch(document.span((*path[:-1], names[at - 1]))[1], document.span(path)[1], "")
        start, end = document.span(path[:-1])
        return Patch(start + 1, end - 1, "")


def arguments_text(params: list[Any]) -> str:
    """Arguments as JSON to be edited: short ones in one line, others indented."""
    line = json_line(params)
    return line if len(line) <= ONE_LINE else json.dumps(params, indent=2, ensure_ascii=False)


def _text_at(document: Document, path: Path) -> str:
    """The text of the value at a path, "" when there is none."""
    start, end = document.span(path)
    return document.text[start:end] if document.existing(path) == path else ""
