"""What a session listens to for its panels: one subscription a name, from connection to connection.

Invariants: a panel is added at any time and subscribed when there is a connection; a
subscription that the server refused or ended stays as it ended; `Watch.live` is true
only while events can arrive.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from truenas_client import AsyncClient, Gap, exc
from tui.session.stores import Watch

__all__ = ["Subscriptions"]


class Subscriptions:
    """The watches of a session and the tasks that fill them; ``mask`` sees each event's fields first."""

    def __init__(self, mask: Callable[[Any], Any]) -> None:
        self.watches: list[Watch] = []
        self._mask = mask
        self._client: AsyncClient | None = None
        self._followers: dict[str, asyncio.Task[None]] = {}

    def add(self, name: str, arguments: Any = None) -> Watch:
        """The watch of a name: the one there is, or a new one. Arguments are those of an event source."""
        full = name if arguments is None else f"{name}:{json.dumps(arguments)}"
        for watch in self.watches:
            if watch.name == full:
                return watch
        watch = Watch(full)
        self.watches.append(watch)
        self._follow(watch)
        return watch

    def remove(self, watch: Watch) -> None:
        """Ends a subscription and forgets its events."""
        if watch in self.watches:
            self.watches.remove(watch)
        task = self._followers.pop(watch.name, None)
        if task is not None:
            task.cancel()

    def begin(self, client: AsyncClient) -> None:
        """There is a new client: everything is subscribed on it, after a gap."""
        self._client = client
        for watch in self.watches:
            watch.add("gap", None, None)
            self._follow(watch)

    def lost(self) -> None:
        """The connection is lost. The client keeps its subscriptions for the next one."""
        for watch in self.watches:
            if watch.live:
                watch.live = False
                watch.version += 1

    def returned(self) -> None:
        """The connection is made again: what could not be subscribed meanwhile is subscribed now."""
        for watch in self.watches:
            task = self._followers.get(watch.name)
            if (task is None or task.done()) and not watch.ended:
                self._follow(watch)

    async def end(self) -> None:
        """Ends all subscriptions; the watches stay for the next client."""
        self._client = None
        tasks = list(self._followers.values())
        self._followers.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _follow(self, watch: Watch) -> None:
        if self._client is not None:
            task = asyncio.create_task(self._receive(self._client, watch), name="session-watch")
            self._followers[watch.name] = task

    async def _receive(self, client: AsyncClient, watch: Watch) -> None:
        watch.ended = ""
        try:
            async with client.subscribe(watch.name) as events:
                watch.live = True
                watch.version += 1
                async for event in events:
                    if isinstance(event, Gap):
                        watch.live = True
                        watch.add("gap", None, None)
                    else:
                        fields = event.fields if event.fields is not None else event.extra
                        watch.add(event.kind, event.id, self._mask(fields))
                    watch.dropped = events.dropped
            watch.ended = "The server ended it."
        except exc.ConnectionLost:
            watch.ended = ""
        except exc.ClientException as error:
            # One line, for a border that names the subscription already.
            watch.ended = " ".join(str(error).split()).removeprefix(f"{watch.name} ended: ")
        finally:
            watch.live = False
            watch.version += 1
