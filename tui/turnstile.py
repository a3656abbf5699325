"""Lets one key at a time into the app, so that each arrives where the one before it has led.

Textual hands a key to the widget with the focus; its binding runs only after the key
has come up through the parents, and a card is opened later still. Keys of a burst would
all go to the same widget, and the screen of that later moment would judge them.

Here the next key waits. Behind each key a `Lap` goes up the same way, so it arrives at
the app after the key did; a second one follows behind what the key's action asked for.
The turnstile opens when a lap began and ended with the same screen on top, at least the
second one. A screen that is being made handles its lap once it is there.

Invariants: keys keep their order; a key is judged by the time it came and by the screen
it gets to (see `screens.card`); a lap that is lost with its widget holds nothing up.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.app import App
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from tui import actions
from tui.cards.card import Standing

__all__ = ["Lap", "Turnstile"]

LEAST_LAPS = 2
LOOK_SECONDS = 0.02
LONGEST_LAP = 1.0
"""Seconds after which a widget counts as busy; keys typed meanwhile wait there, as they would without the turnstile."""

MOVING = (
    "up", "down", "left", "right", "home", "end", "pageup", "pagedown", "tab", "shift+tab", "backspace", "delete",
)  # fmt: skip
LEAVING = ("app.quit", "app.cancel")
"""Keys, and actions, that a card takes before it has stood: they answer nothing."""

Input = events.Key | events.Paste | events.MouseDown | events.MouseUp


class Lap(Message, bubble=True):
    """Goes up from the widget with the focus to the app."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class Turnstile:
    """One for the app: `take` hears of every key, paste and press of a button, `arrived` of every lap."""

    def __init__(self, app: App[Any], let_in: Callable[[events.Event], Awaitable[None]]) -> None:
        """``let_in`` hands an event to the app as Textual does."""
        self._app = app
        self._let_in = let_in
        self._waiting: deque[tuple[Input, float]] = deque()
        self._number = 0
        self._out = False
        self._done = 0
        self._began: Screen[Any] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether everything that came was dealt with."""
        return not self._out and not self._waiting

    async def take(self, event: Input, at: float) -> None:
        """Lets an event in that came at this time, now or in its turn."""
        if self._out and not (isinstance(event, events.Key) and event.key in actions.keys_of("app.quit")):
            self._waiting.append((event, at))
        else:
            await self._enter(event, at)

    async def arrived(self, lap: Lap) -> None:
        """A lap has come to the app."""
        if not self._out or lap.number != self._number:
            return
        self._done += 1
        if self._done < LEAST_LAPS or self._began is not self._app.screen:
            self._go()
            return
        self._stop()
        while self._waiting and not self._out:
            await self._enter(*self._waiting.popleft())

    async def _enter(self, event: Input, at: float) -> None:
        if not self._passes(event, at):
            return
        self._out, self._done = True, 0
        await self._let_in(event)
        self._go()

    def _passes(self, event: Input, at: float) -> bool:
        screen = self._app.screen
        if not isinstance(screen, Standing) or screen.stood(at):
            return True
        focused = screen.focused
        if isinstance(event, events.Key):
            typed = focused is not None and focused.check_consume_key(event.key, event.character)
            leaving = any(event.key in actions.keys_of(one) for one in LEAVING)
            if leaving or event.key in MOVING or (typed and screen.TEXT_AT_ONCE):
                return True
        elif isinstance(event, events.Paste) and screen.TEXT_AT_ONCE:
            return True
        if not isinstance(event, events.MouseUp):
            screen.too_early()
        return False

    # Laps --------------------------------------------------------------------------

    def _go(self) -> None:
        self._stop()
        app = self._app
        if not app.is_running or not app.screen_stack:
            return
        self._out = True
        self._number += 1
        self._began = app.screen
        runner: Widget = app.focused or app.screen
        if not runner.post_message(Lap(self._number)):
            app.post_message(Lap(self._number))
        self._look_after(self._number, runner, time.monotonic() + LONGEST_LAP)

    def _stop(self) -> None:
        self._out = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_after(self, number: int, runner: Widget, deadline: float) -> None:
        def look() -> None:
            if self._out and number == self._number:
                if runner.is_attached and time.monotonic() < deadline:
                    self._look_after(number, runner, deadline)
                else:
                    self._app.post_message(Lap(number))

        self._timer = asyncio.get_running_loop().call_later(LOOK_SECONDS, look)
