"""Values that a section polls while it is on screen: one task for each source, each with its own outcome.

Invariants: only methods that read are called; while nothing watches, nothing is sent; a source is never read again
before `Source.every` seconds have passed, unless the user asks; one that is refused is not asked for again until then;
a source that fails leaves the others alone, and what it answered before stays.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from truenas_client import exc
from tui.model.answers import Unreadable
from tui.model.failure import Failure, explain
from tui.session.session import Session

__all__ = ["LEAST_SECONDS", "Reading", "Readings", "Source"]

LEAST_SECONDS = 10.0
"""No source is polled faster."""

REFUSALS = (exc.NotAuthorized, exc.MethodNotFound)


@dataclass(frozen=True, slots=True)
class Source:
    """A method that is read. ``read`` makes a value of its answer; ``roles`` allow the call on every release."""

    id: str
    method: str
    read: Callable[[Any], Any]
    params: tuple[Any, ...] = ()
    every: float = LEAST_SECONDS
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest value of a source, and why there is none or no newer one. ``at`` is when it was last asked."""

    value: Any = None
    known: bool = False
    failure: Failure | None = None
    refused: bool = False
    at: float = field(default=float("-inf"), compare=False)


class Readings:
    """The sources of one section, read while it `watch`es. ``version`` counts the changes."""

    def __init__(
        self,
        session: Session,
        sources: Iterable[Source],
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sources = {source.id: source for source in sources}
        assert all(source.every >= LEAST_SECONDS for source in self.sources.values())
        self.version = 0
        self._session = session
        self._pause = pause
        self._clock = clock
        self._held = {name: Reading() for name in self.sources}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._given_up: set[str] = set()
        """The tasks that the server refused: none begins again unless the user asks."""

    def __getitem__(self, name: str) -> Reading:
        return self._held[name]

    @property
    def watching(self) -> bool:
        """Whether anything may be sent now."""
        return bool(self._tasks)

    def watch(self) -> None:
        """Begins to read; what was read not long ago is not read again before its time."""
        if not self._tasks:
            for name in self._names():
                if name not in self._given_up:
                    self._begin(name)

    def rest(self) -> None:
        """Stops; what is known stays."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()

    def refresh(self, *names: str) -> None:
        """Reads these sources now, or all of them, also those that were refused."""
        watching = self.watching
        for name in names or self._names():
            self._given_up.discard(name)
            if name in self._held:
                self._held[name] = replace(self._held[name], at=float("-inf"), refused=False)
            if (task := self._tasks.pop(name, None)) is not None:
                task.cancel()
            if watching:
                self._begin(name)

    def _names(self) -> Iterable[str]:
        """The names of the tasks that run while this is watched."""
        return self.sources

    def _work(self, name: str) -> Coroutine[Any, Any, None]:
        return self._follow(self.sources[name])

    def _begin(self, name: str) -> None:
        self._tasks[name] = asyncio.create_task(self._work(name), name=f"session-reading-{name}")

    async def _follow(self, source: Source) -> None:
        while not (held := self._held[source.id]).refused:
            wait = held.at + source.every - self._clock()
            if wait > 0:
                await self._pause(wait)
            await self._online()
            await self._read(source)

    async def _online(self) -> None:
        """Waits until calls can be sent."""
        while not self._session.online:
            changed = asyncio.Event()
            forget = self._session.changed.subscribe(changed.set)
            try:
                await changed.wait()
            finally:
                forget()

    async def _read(self, source: Source) -> None:
        held, refused, failure = self._held[source.id], False, None
        catalogue, method = self._session.catalogue, self._session.method(source.method)
        if len(catalogue) and method is None:
            # A server lists what the user may call: a call that it refuses would only fill its audit.
            reason = f"The server does not list {source.method} for this user."
            failure = explain(exc.NotAuthorized(reason), method=source.method, roles=source.roles)
            self._put(source.id, replace(held, failure=failure, refused=True, at=self._clock()))
            return
        try:
            held = replace(held, value=source.read(await self._answer(source)), known=True)
        except Unreadable as error:
            failure = Failure("Unexpected answer", str(error))
        except exc.ClientException as error:
            roles = method.roles if method is not None and method.roles else source.roles
            failure = explain(error, method=source.method, roles=roles)
            refused = isinstance(error, REFUSALS)
        except Exception as error:  # noqa: BLE001 - an answer that no release gives must be seen to be one
            failure = Failure("Unexpected answer", f"{source.method}: {type(error).__name__}")
        self._put(source.id, replace(held, failure=failure, refused=refused, at=self._clock()))

    async def _answer(self, source: Source) -> Any:
        try:
            return await self._session.read(source.method, source.params)
        except exc.ProtocolError as error:
            if error.result is None:
                raise
            return error.result  # a value in it cannot be read: it costs that field alone

    def _put(self, name: str, reading: Reading) -> None:
        if reading != self._held[name]:
            self.version += 1
        self._held[name] = reading
