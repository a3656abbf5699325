"""The results a session holds: what is being read, how large each is, what was let go or saved instead of being read.

A result of fifty megabytes takes half a second to read, during which nothing else happens: it is announced first, and
read with the garbage collector off. What was read is kept out of the collector's sight as long as it is held, because
looking through a million objects would be felt again and again. Two such results are not held when one is enough:
older ones are let go. What is longer than the settings say goes to a file of the user's own, and only its beginning is
read.
"""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager

from truenas_client import LargeAnswer
from tui import collector
from tui.model.firstpart import first_part, json_length
from tui.model.room import fitting
from tui.session.copying import file_path, save, slices
from tui.session.stores import Call, Saved
from tui.settings.values import in_force

__all__ = ["ANNOUNCED_FROM", "NOTED_FROM", "Results"]

NOTED_FROM = 2_000_000
"""Characters from which the screen says how large a result is."""
ANNOUNCED_FROM = 4_000_000
"""Characters from which reading is announced: some 30 ms of it."""
KEPT = 64_000_000
"""Characters of large results that are held together; the newest one always is."""
MOST_EARLIER = 60
"""Results of all methods that are kept to be looked at again."""
EARLIER = 16_000_000
"""Characters of them together."""
ANNOUNCE_SECONDS = 0.05
"""Time for the announcement to reach the screen."""


class Results:
    """Takes the large answers of a session's client; ``changed`` is called when `reading` is another.

    Answers of the methods in ``never_saved`` are read whatever their size.
    """

    def __init__(self, changed: Callable[[], None], *, never_saved: Container[str] = ()) -> None:
        self._changed = changed
        self._never_saved = never_saved
        self._running: list[Call] = []
        self._held: list[weakref.ref[Call]] = []
        self._frozen = 0
        self._earlier: list[Call] = []
        """The newest first, as in `_held`."""
        self.pinned: Call | None = None
        """The call whose result the user pinned, to compare others with."""
        self.reading: Call | None = None
        """The call whose answer is being read now; its `size` is known."""

    @contextmanager
    def expecting(self, call: Call) -> Iterator[None]:
        """While the answer of this call is waited for."""
        self._running.append(call)
        try:
            yield
        finally:
            self._running = [other for other in self._running if other is not call]

    def arrived(self, call: Call) -> None:
        """The call has its value: measures it, where the text of the answer was not."""
        if call.size is None:
            call.size = json_length(call.value)
        newest = [call, *self._earlier[: MOST_EARLIER - 1]]
        self._earlier = list(fitting(newest, _size, EARLIER)) or [call]

    def earlier(self, method: str | None = None) -> list[Call]:
        """The calls whose results are kept, of one method or of all, the newest first."""
        return [call for call in self._earlier if not call.let_go and method in (None, call.method)]

    async def take(self, answer: LargeAnswer) -> None:
        """The client's side: an answer of a million characters or more has come and is to be read."""
        call = next((call for call in self._running if call.method == answer.method and call.job is None), None)
        if call is None:
            return  # not asked for by the user: read like any other
        call.size = answer.size
        self._make_room(answer.size)
        self._held.insert(0, weakref.ref(call))
        if answer.size < ANNOUNCED_FROM:
            return
        self.reading = call
        self._changed()
        try:
            await asyncio.sleep(ANNOUNCE_SECONDS)
            if answer.size < in_force().result_bytes or not await self._saved(call, answer):
                self._read(call, answer)
        finally:
            self.reading = None
            self._changed()

    def _read(self, call: Call, answer: LargeAnswer) -> None:
        collecting = gc.isenabled()
        gc.disable()
        try:
            answer.read()
        finally:
            collector.keep()
            self._frozen += 1
            if collecting:
                gc.enable()
        weakref.finalize(call, self._thaw).atexit = False

    def _thaw(self) -> None:
        """A large result is gone; with the last one the collector sees everything again."""
        self._frozen -= 1
        if not self._frozen:
            collector.release()

    async def _saved(self, call: Call, answer: LargeAnswer) -> bool:
        """Saves an answer and gives its beginning in its place; False when that is not possible."""
        if answer.envelope is None or call.method in self._never_saved:
            return False
        _, start, end = answer.envelope
        path = file_path(call.method, ".json")
        try:
            size = await save(slices(answer.text, start, end), path)
        except OSError:
            # No room or no right to write there: then it is read, as large as it is.
            return False
        call.saved = Saved(path, size)
        answer.give(first_part(answer.text, start, end))
        return True

    def _make_room(self, size: int) -> None:
        """Lets go of the oldest large results, so that those that are left and a new one are not too much."""
        held = [call for kept in self._held if (call := kept()) is not None and not call.let_go]
        kept = list(fitting(held, _size, KEPT - size))
        for call in held[len(kept) :]:
            call.value, call.let_go = None, True
        self._held = [weakref.ref(call) for call in kept]


def _size(call: Call) -> int:
    return call.size or 0
