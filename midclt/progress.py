"""The progress of a job on standard error.

`Bar` redraws one line on a terminal. `Lines` writes each new description once, for logs.
`Silent` shows nothing. The caller calls `update` with the state of the job, and `end` to
finish the line.
"""

from __future__ import annotations

import math
import os
import sys
from typing import Protocol

from .output import cells, fit, is_terminal, say

__all__ = ["Bar", "Lines", "Progress", "Silent", "progress_for"]

BAR_CELLS = 30


class Progress(Protocol):
    """Shows the progress of a job."""

    def update(self, percent: float | None, description: str) -> None: ...

    def end(self, *, success: bool) -> None: ...


def progress_for(style: str) -> Progress:
    """The display for ``-jp style``: a bar needs a terminal that can redraw a line."""
    if style == "description":
        return Lines()
    if not is_terminal(sys.stderr):
        return Silent()
    return Lines() if os.environ.get("TERM") == "dumb" else Bar()


class Silent:
    """Shows nothing."""

    def update(self, percent: float | None, description: str) -> None:
        pass

    def end(self, *, success: bool) -> None:
        pass


class Lines:
    """Writes a line for each description that differs from the one before."""

    def __init__(self) -> None:
        self._last = ""

    def update(self, percent: float | None, description: str) -> None:
        if description and description != self._last:
            say(description)
        self._last = description

    def end(self, *, success: bool) -> None:
        pass


class Bar:
    """One line: a bar, the percentage and the description, cut to the width of the terminal."""

    def __init__(self) -> None:
        self._line = ""
        self._description = ""

    def update(self, percent: float | None, description: str) -> None:
        self._description = description
        self._draw(percent, description)

    def end(self, *, success: bool) -> None:
        if success:
            # Many jobs end without reporting 100 %.
            self._draw(100.0, self._description)
        if self._line:
            sys.stderr.write("\n")
            sys.stderr.flush()

    def _draw(self, percent: float | None, description: str) -> None:
        if percent is not None and not math.isfinite(percent):
            percent = None
        share = min(max(percent or 0.0, 0.0), 100.0) / 100
        done = round(share * BAR_CELLS)
        number = "" if percent is None else f"{share:.0%}"
        # Leave the last column free: some terminals wrap the line when it is written to.
        room = _width() - 1
        line = f"[{'#' * done}{'.' * (BAR_CELLS - done)}] {number:4} "[:room]
        line += fit(description, room - len(line))
        if line == self._line:
            return
        # Overwrite the rest of the old line with blanks, which work on every terminal.
        sys.stderr.write("\r" + line + " " * (cells(self._line) - cells(line)))
        sys.stderr.flush()
        self._line = line


def _width() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
