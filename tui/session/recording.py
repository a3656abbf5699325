"""Events as JSON, one a line: what a panel has now in one file, or what arrives from now on into an open one.

Invariants: files are the user's alone (0600); the reader of events never waits for a disk; what could not be written
in time is counted and told, and a file that cannot be written ends the recording with the reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from truenas_client import ejson
from truenas_client.values.forms import blocks
from tui.model.feed import Feed, FeedEvent
from tui.session.copying import open_private, save

__all__ = ["Recording", "event_line", "write_events"]

MOST_WAITING = 20_000
"""Events that may wait for a slow disk."""
PAUSE_SECONDS = 0.25
"""Between two writes, so that many events become one."""


def event_line(name: str, event: FeedEvent) -> str:
    """An event as a line of JSON, in the extended form for times and the like."""
    told: dict[str, Any] = {"time": event.at.isoformat(timespec="milliseconds"), "event": name, "msg": event.kind}
    if event.missing is not None:
        told["missing"] = event.missing
    if event.id is not None:
        told["id"] = event.id
    if event.fields is not None:
        told["fields"] = event.fields
    return ejson.dumps(told)


async def write_events(path: Path, name: str, events: Sequence[FeedEvent], *, replace: bool) -> int:
    """Writes events into a new file, and returns how many. Raises OSError; then what was there is as it was."""
    lines = (event_line(name, event) for event in events)
    await save((f"{block}\n" for block in blocks(lines)), path, replace=replace)
    return len(events)


class Recording:
    """Writes what arrives on a feed and fits, until `stop`. ``written`` counts lines, ``lost`` what did not get in."""

    def __init__(
        self, feed: Feed, path: Path, fits: Callable[[FeedEvent], bool], before: Iterable[FeedEvent], *, replace: bool
    ) -> None:
        """``before`` are events from before now that come first."""
        self.path = path
        self.written = 0
        self.lost = 0
        self.failed = ""
        """Why the file cannot be written; "" while it can."""
        self._feed, self._fits, self._replace = feed, fits, replace
        self._waiting = list(before)
        self._over = False
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether events are still written."""
        return not self._over

    async def begin(self) -> None:
        """Opens the file and goes on in a task. Raises OSError."""
        # First, because events arrive while the file is opened.
        self._feed.listeners.append(self._take)
        try:
            file = await asyncio.to_thread(open_private, self.path, replace=self._replace)
        except BaseException:
            self._leave()
            raise
        self._task = asyncio.create_task(self._write(file), name="session-recording")

    def _take(self, event: FeedEvent) -> None:
        if not self._fits(event):
            return
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(event)
        else:
            self.lost += 1

    async def _write(self, file: BinaryIO) -> None:
        try:
            while True:
                ending = self._over
                batch, self._waiting = self._waiting, []
                if batch:
                    await asyncio.to_thread(_put, file, self._feed.name, batch)
                    self.written += len(batch)
                if ending:
                    return
                await asyncio.sleep(PAUSE_SECONDS)
        except OSError as error:
            self.failed = f"{self.path} cannot be written: {error.strerror or error}"
            self.lost += len(batch)
        finally:
            self._leave()
            file.close()

    def _leave(self) -> None:
        self._over = True
        if self._take in self._feed.listeners:
            self._feed.listeners.remove(self._take)

    async def stop(self) -> None:
        """Writes what has arrived so far, and closes the file. A second call does nothing."""
        self._leave()
        if self._task is not None:
            await self._task


def _put(file: BinaryIO, name: str, events: Iterable[FeedEvent]) -> None:
    for event in events:
        file.write(f"{event_line(name, event)}\n".encode())
    file.flush()
