"""The pulse of a screen: one timer for all its widgets that poll a value whose single changes are not announced.

Ten looks a second are what an eye can follow, however often a store changes. A subscriber that shows what may be
hidden, or behind a card, asks itself whether it is seen: the status line goes on behind a card, a panel does not.
Keys come first: a beat waits while the app deals with one, for at most `MOST_WAITS` beats.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen
from textual.widget import Widget

__all__ = ["PULSE_SECONDS", "on_pulse"]

PULSE_SECONDS = 0.1
MOST_WAITS = 3


class Pulse:
    """The looks of one screen. Not a `textual.signal.Signal`, which logs what a callback raises and goes on."""

    def __init__(self, screen: Screen[Any]) -> None:
        self.looks: list[tuple[Widget, Callable[[], None]]] = []
        self._waits = 0
        self._app = screen.app
        screen.set_interval(PULSE_SECONDS, self._beat)

    def _beat(self) -> None:
        # The app of a test may not tell.
        if getattr(self._app, "dealing_with_key", False) and self._waits < MOST_WAITS:
            self._waits += 1
            return
        self._waits = 0
        for one in tuple(self.looks):
            widget, look = one
            if widget.is_attached and widget.is_running:
                look()
            else:
                self.looks.remove(one)


def on_pulse(widget: Widget, look: Callable[[], None]) -> None:
    """Calls ``look`` at every beat of the widget's screen, until the widget is removed. For a mounted widget."""
    screen = widget.screen
    # Kept on the screen: a table of screens would keep them, since the widgets lead back to them.
    pulse: Pulse | None = getattr(screen, "_pulse", None)
    if pulse is None:
        pulse = Pulse(screen)
        setattr(screen, "_pulse", pulse)  # noqa: B010 - no screen class declares it
    pulse.looks.append((widget, look))
