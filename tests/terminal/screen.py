"""A terminal for tests: reads what a program writes, keeps the screen, and remembers every control it was given.

Knows as much of ECMA-48 as a full-screen program needs: text, cursor positions, erasing, modes. Text is placed by
cells. What a server could slip in stays visible afterwards: `controls` (single control characters), `sequences` (every
CSI by its parameters and final character; of shorter ones all after an empty parameter) and `strings` (OSC and other
strings a terminal acts on).
"""

from __future__ import annotations

import codecs
import re
from collections import Counter

from rich.cells import get_character_cell_size

_SEQUENCE = re.compile(
    r"\x1b\[([0-?]*)([ -/]*)([@-~])"  # CSI
    r"|\x1b([\]PX^_])([^\x07\x1b]*)(\x07|\x1b\\)"  # OSC, DCS and the other strings
    r"|\x1b([ -/]*[0-OQ-WYZ\\`-~])"  # two characters and the like
)
_TEXT = re.compile("[^\x00-\x1f\x7f-\x9f]+")
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)?\Z")


class Screen:
    """`feed` it bytes; `text` is what stands there."""

    def __init__(self, columns: int, rows: int, encoding: str = "utf-8") -> None:
        self.columns, self.rows = columns, rows
        self._cells = [[" "] * columns for _ in range(rows)]
        self._x = self._y = 0
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._rest = ""
        self._written: list[str] = []
        self.controls: Counter[str] = Counter()
        self.sequences: Counter[tuple[str, str]] = Counter()
        self.strings: list[str] = []

    def resize(self, columns: int, rows: int) -> None:
        """Another size, empty."""
        self.columns, self.rows = columns, rows
        self._cells = [[" "] * columns for _ in range(rows)]

    @property
    def lines(self) -> list[str]:
        """The rows from the top; the second cell of a wide character is empty text."""
        return ["".join(row) for row in self._cells]

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines)

    @property
    def written(self) -> str:
        """All the text that was placed so far, without the controls."""
        return "".join(self._written)

    def column(self, index: int) -> str:
        """The characters of one column, from the top."""
        return "".join(row[index] for row in self._cells)

    def feed(self, data: bytes) -> None:
        """Reads what was written. Raises UnicodeDecodeError when it is not in the encoding of the terminal."""
        text = self._rest + self._decoder.decode(data)
        self._rest = ""
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                found = _SEQUENCE.match(text, at)
                if found is not None:
                    self._control(found)
                    at = found.end()
                    continue
                if _UNFINISHED.match(text, at):
                    self._rest = text[at:]
                    return
            if (run := _TEXT.match(text, at)) is not None:
                self._place(run[0])
                at = run.end()
            else:
                self._single(text[at])
                at += 1

    def _control(self, found: re.Match[str]) -> None:
        parameters, between, final, kind, string, _end, other = found.groups()
        if kind is not None:
            self.strings.append(kind + string)
        elif other is not None:
            self.sequences["", "\x1b" + other] += 1
        else:
            self.sequences[parameters, between + final] += 1
            self._csi([int(part) if part.isdigit() else 0 for part in parameters.split(";")], parameters, final)

    def _csi(self, numbers: list[int], parameters: str, final: str) -> None:
        if final in "Hf":
            self._y = max(numbers[0], 1) - 1
            self._x = max(numbers[1] if len(numbers) > 1 else 1, 1) - 1
        elif (parameters, final) in (("2", "J"), ("?1049", "h")):
            self.resize(self.columns, self.rows)

    def _single(self, character: str) -> None:
        if character == "\r":
            self._x = 0
        elif character == "\n":
            self._y += 1
            self._x = 0  # a terminal line discipline returns, too
        else:
            self.controls[character] += 1

    def _place(self, text: str) -> None:
        self._written.append(text)
        if not 0 <= self._y < self.rows:
            return
        row = self._cells[self._y]
        for character in text:
            cells = 1 if character < "\u0300" else get_character_cell_size(character)
            if cells == 0:
                if 0 < self._x <= self.columns:
                    row[self._x - 1] += character
            elif self._x < self.columns:
                row[self._x] = character
                if cells == 2 and self._x + 1 < self.columns:
                    row[self._x + 1] = ""
            self._x += cells
