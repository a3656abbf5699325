"""The pulse of a screen: one timer for all its widgets that look at something whose changes are not told one by one.

Ten looks a second are what an eye can follow, however often a store changes. A subscriber that shows what may be
hidden, or behind a card, asks itself whether it is seen: the status line goes on behind a card, a panel does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from textual.screen import Screen
from textual.signal import Signal
from textual.widget import Widget

__all__ = ["PULSE_SECONDS", "on_pulse"]

PULSE_SECONDS = 0.1

_pulses: WeakKeyDictionary[Screen[Any], Signal[None]] = WeakKeyDictionary()


def on_pulse(widget: Widget, look: Callable[[], None]) -> None:
    """Calls ``look`` at every beat of the widget's screen, until the widget is removed. For a mounted widget."""
    screen = widget.screen
    pulse = _pulses.get(screen)
    if pulse is None:
        pulse = _pulses[screen] = Signal(screen, "pulse")
        screen.set_interval(PULSE_SECONDS, lambda: pulse.publish(None))
    pulse.subscribe(widget, lambda _beat: look(), immediate=True)
