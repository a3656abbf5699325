"""Waiting in pilot tests: for a condition, never for a time."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from textual._context import visible_screen_stack
from textual.pilot import Pilot
from textual.strip import Strip

LOOK_SECONDS = 0.005
PATIENCE = 60.0
"""Many times what anything here takes: a machine that has other things to do is no fault of what is tested."""


async def wait_for(
    pilot: Pilot[object], condition: Callable[[], object], what: str = "", *, seconds: float = PATIENCE
) -> None:
    """Lets the app work until `condition()` is true; fails with `what` and the screen when it does not come true.

    A condition that raises because its widget is not there yet (`NoMatches`) counts as not true.
    """
    from textual.css.query import NoMatches

    def holds() -> bool:
        try:
            return bool(condition())
        except NoMatches:
            return False

    deadline = time.monotonic() + seconds
    while True:
        # Not at each look: the widgets of a screen deal with dozens of messages for it.
        await dealt_with(pilot)
        if holds():
            return
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if time.monotonic() > deadline:
                name = what or getattr(condition, "__name__", "the condition")
                raise AssertionError(f"{name}: not within {seconds:.0f} s. On screen:\n{screen_text(pilot)}")
            if holds():
                break


async def dealt_with(pilot: Pilot[object]) -> None:
    """Waits until every widget on screen has dealt with the messages it has now.

    `Pilot.pause` waits on until the process is idle, a second each time while events stream in.
    """
    await pilot._wait_for_screen(PATIENCE)


def screen_strips(pilot: Pilot[object]) -> list[Strip]:
    """The lines on screen, as the compositor would draw them now."""
    # What is drawn is kept: without this, a card would be kept with nothing behind it.
    visible_screen_stack.set(pilot.app._background_screens)
    return pilot.app.screen._compositor.render_strips()


def screen_lines(pilot: Pilot[object]) -> list[str]:
    """The lines on screen as plain text."""
    return ["".join(segment.text for segment in strip) for strip in screen_strips(pilot)]


def screen_text(pilot: Pilot[object]) -> str:
    """The whole screen as text."""
    return "\n".join(line.rstrip() for line in screen_lines(pilot))


async def resized(pilot: Pilot[Any], width: int, height: int) -> None:
    """Another size of the terminal, once everything is laid out for it: a busy app has lines of the former size."""
    await pilot.resize_terminal(width, height)
    await wait_for(pilot, lambda: {strip.cell_length for strip in screen_strips(pilot)} == {width}, "the new size")
