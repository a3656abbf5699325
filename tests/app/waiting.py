"""Waiting in pilot tests: for a condition, never for a time."""

import asyncio
import time
import unicodedata
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from textual import events
from textual._context import visible_screen_stack
from textual.app import App
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.strip import Strip

LOOK_SECONDS = 0.005
ROUNDS = 12
"""Times that what widgets send each other is waited for: with events that stream in it would never end."""
QUIET = 3
"""Looks in a row that have to find every widget waiting."""
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
    """Waits until every widget on screen has dealt with the messages it has now, and all is laid out.

    `Pilot.pause` waits until the process seems idle: at most a second, which is too short on a busy machine. And
    `Pilot._wait_for_screen` sends a message to each widget: a third of what a test costs.
    """
    app, quiet = pilot.app, 0
    for _ in range(ROUNDS):
        screen = app.screen
        busy = [node for node in (app, *screen.walk_children(with_self=True)) if not _waits(node)]
        if app._exception is not None:
            break
        if not busy and (screen._layout_required or screen._callbacks) and not app._batch_count:
            # Now, and not with the next frame, which a busy machine draws late.
            screen.call_later(screen._on_timer_update)
            busy = [screen]
        if busy:
            quiet = 0
            await _round(app, busy)
        else:
            # A screen or widget that is just being made has not begun to wait: the loop gets a turn for that.
            quiet += 1
            if quiet == QUIET:
                break
            await asyncio.sleep(0)


async def pause(pilot: Pilot[object], delay: float | None = None) -> None:
    """`Pilot.pause`: until all is dealt with, however long that takes."""
    if delay is not None:
        await asyncio.sleep(delay)
    await dealt_with(pilot)


def key_event(name: str) -> events.Key:
    """A key as `Pilot.press` makes it."""
    key = _character_to_key(name) if len(name) == 1 and not name.isalnum() else name
    try:
        character = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(key, key)))
    except KeyError:
        character = key if len(key) == 1 else None
    return events.Key(key, character)


async def press(pilot: Pilot[object], *names: str) -> None:
    """`Pilot.press`, but it waits for the widgets after each key, not for the machine."""
    for name in names:
        event = key_event(name)
        # A tenth of a second after the one before, however fast the app is: closer ones are taken for a paste.
        event.time = _pressed[pilot.app] = max(event.time, _pressed.get(pilot.app, 0) + 0.1)
        pilot.app.post_message(event)
        await dealt_with(pilot)


_pressed: WeakKeyDictionary[App[Any], float] = WeakKeyDictionary()


async def _round(app: App[Any], busy: list[MessagePump]) -> None:
    """Waits until these nodes have dealt with their messages, or the app has failed."""
    left, done = len(busy), asyncio.Event()

    def one_less() -> None:
        nonlocal left
        left -= 1
        if not left:
            done.set()

    for node in busy:
        if not node.call_later(one_less):
            one_less()
    ends = [asyncio.create_task(event.wait()) for event in (done, app._exception_event)]
    await asyncio.wait(ends, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    for end in ends:
        end.cancel()


def _waits(node: MessagePump) -> bool:
    """Whether a node has dealt with all its messages and waits for the next one."""
    queue = node._message_queue
    return queue.empty() and any(not waiter.done() for waiter in queue.ready_event._waiters)  # type: ignore[attr-defined]


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
