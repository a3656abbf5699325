"""The progress of a job on standard error.

`Bar` redraws one line on a terminal. `Lines` writes each new description once, for logs. `Progress`, from which both
derive, shows nothing.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from time import monotonic

from truenas_client.values.lines import cells, fit

from .output import is_terminal, say

__all__ = ["Bar", "Lines", "Progress", "StatusLine", "clock_text", "progress_for"]

BAR_CELLS = 30


class StatusLine:
    """A line of standard error that is drawn anew."""

    def __init__(self) -> None:
        self.text = ""
        """What is drawn, harmless."""

    def put(self, text: str) -> None:
        """Draw this in its place."""
        if text == self.text:
            return
        # Overwrite the rest of the old line with blanks, which work on every terminal.
        sys.stderr.write("\r" + text + " " * (cells(self.text) - cells(text)))
        sys.stderr.flush()
        self.text = text

    def clear(self) -> None:
        """Take the line away, so that others can be written."""
        if self.text:
            self.put("")
            sys.stderr.write("\r")
            sys.stderr.flush()

    def end(self) -> None:
        """Leave the line as it is, and begin another."""
        if self.text:
            sys.stderr.write("\n")
            sys.stderr.flush()
            self.text = ""


class Progress:
    """Shows nothing of a job."""

    def update(self, percent: float | None, description: str) -> None:
        """The job has told how far it is."""

    def tick(self) -> None:
        """Time has passed."""

    def end(self, *, success: bool) -> None:
        """The job has ended, or is not followed any longer: finish the line."""


def progress_for(style: str) -> Progress:
    """The display for ``-jp style``: a bar needs a terminal that can redraw a line."""
    if style == "description":
        return Lines()
    if not is_terminal(sys.stderr):
        return Progress()
    return Lines() if os.environ.get("TERM") == "dumb" else Bar()


class Lines(Progress):
    """Writes a line for each description that differs from the one before."""

    def __init__(self) -> None:
        self._last = ""

    def update(self, percent: float | None, description: str) -> None:
        if description and description != self._last:
            say(description)
        self._last = description


ESTIMATE_SECONDS = 5.0
"""No estimate before: the first figures of a job say little."""


class Bar(Progress):
    """One line, cut to the width of the terminal: a bar, the percentage, the time so far and to go, the description."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._line = StatusLine()
        self._percent: float | None = None
        self._description = ""
        self._clock = clock
        self._began = clock()
        self._first: tuple[float, float] | None = None
        """When the job first told how far it is, and how far: one that is followed later has done some of it before."""

    def update(self, percent: float | None, description: str) -> None:
        self._percent, self._description = percent, description
        self._draw(percent, description)

    def tick(self) -> None:
        if self._line.text:
            self._draw(self._percent, self._description)

    def end(self, *, success: bool) -> None:
        if success:
            # Many jobs end without reporting 100 %.
            self._draw(100.0, self._description)
        self._line.end()

    def _draw(self, percent: float | None, description: str) -> None:
        if percent is not None and not math.isfinite(percent):
            percent = None
        share = min(max(percent or 0.0, 0.0), 100.0) / 100
        done = round(share * BAR_CELLS)
        number = "" if percent is None else f"{share:.0%}"
        # Leave the last column free: some terminals wrap the line when it is written to.
        room = _width() - 1
        line = f"[{'#' * done}{'.' * (BAR_CELLS - done)}] {number:4} {self._times(share)} "[:room]
        self._line.put(line + fit(description, room - len(line)))

    def _times(self, share: float) -> str:
        """How long the job was watched and, by what it has done in that time, how long it may still take."""
        now = self._clock()
        passed = clock_text(now - self._began)
        if self._first is None and share:
            self._first = (now, share)
        if self._first is None or now - self._first[0] < ESTIMATE_SECONDS or not self._first[1] < share < 1:
            return passed
        speed = (share - self._first[1]) / (now - self._first[0])
        return f"{passed}, about {clock_text((1 - share) / speed)} to go"


def clock_text(seconds: float) -> str:
    """A time in minutes and seconds, and hours where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _width() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
