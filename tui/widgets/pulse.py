"""The pulse of a screen: one timer for all its widgets that poll a value whose single changes are not announced.

Ten looks a second are what an eye can follow, however often a store changes. A subscriber that shows what may be
hidden, or behind a card, asks itself whether it is seen: the status line goes on behind a card, a panel does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen
from textual.widget import Widget

__all__ = ["PULSE_SECONDS", "on_pulse"]

PULSE_SECONDS = 0.1

# Not a `textual.signal.Signal`, which logs what a callback raises and goes on.
Looks = list[tuple[Widget, Callable[[], None]]]


def on_pulse(widget: Widget, look: Callable[[], None]) -> None:
    """Calls ``look`` at every beat of the widget's screen, until the widget is removed. For a mounted widget."""
    _looks(widget.screen).append((widget, look))


def _looks(screen: Screen[Any]) -> Looks:
    # Kept on the screen: a table of screens would keep them, since the widgets lead back to them.
    looks: Looks | None = getattr(screen, "_pulse_looks", None)
    if looks is None:
        looks = []
        setattr(screen, "_pulse_looks", looks)  # noqa: B010 - no screen class declares it
        screen.set_interval(PULSE_SECONDS, lambda: _beat(looks))
    return looks


def _beat(looks: Looks) -> None:
    for one in tuple(looks):
        widget, look = one
        if widget.is_attached and widget.is_running:
            look()
        else:
            looks.remove(one)
