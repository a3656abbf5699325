"""The jobs of the server, followed from connection to connection into a `JobStore`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from truenas_client import AsyncClient, Gap, exc
from tui.session.jobstore import MOST_JOBS, JobStore
from tui.session.stores import Job

if TYPE_CHECKING:
    from tui.session.life import Life

__all__ = ["JobFollower"]


class JobFollower:
    """Fills a store; ``mask`` sees what the server tells of a job first."""

    def __init__(self, store: JobStore, life: Life, mask: Callable[[Any], Any], changed: Callable[[], None]) -> None:
        self._store = store
        self._life = life
        self._mask = mask
        self._changed = changed
        self._returned = asyncio.Event()

    async def follow(self, client: AsyncClient) -> None:
        """Keeps the store as the server's list is, until the client is closed or the server refuses job events."""
        while True:
            self._returned.clear()
            try:
                await self._receive(client)
            except exc.ConnectionLost:
                await self._returned.wait()  # lost before the client could note the subscription for the next one
            except exc.ClientException as error:
                self._store.fail(f"no news of jobs: {error.error}")
                return
            else:
                return

    def returned(self) -> None:
        """The connection is made again."""
        self._returned.set()

    async def _receive(self, client: AsyncClient) -> None:
        # Of a job only its newest state counts, however fast they come.
        async with client.subscribe("core.get_jobs", queue=MOST_JOBS, overflow="coalesce") as events:
            await self.look()
            async for event in events:
                if isinstance(event, Gap):
                    if self._life.online:  # else the return of the connection reads them again
                        await self.look()
                elif isinstance(event.fields, dict) and (job := Job.from_fields(self._mask(event.fields))):
                    self._store.put(job, new=event.kind == "added")
                    self._changed()

    async def look(self) -> None:
        """Reads the list again; where that fails, the list says that it may be out of date."""
        try:
            await self.refresh()
        except exc.ClientException as error:
            self._store.fail(f"the list could not be read: {error.error}")
            self._changed()

    async def refresh(self) -> None:
        """Reads the list of jobs again. Raises as `call`."""
        asked_at = self._store.version
        rows = await self._rows([], {"order_by": ["-id"], "limit": MOST_JOBS})
        self._store.fill(rows, asked_at=asked_at, whole=len(rows) < MOST_JOBS)
        self._changed()

    async def row(self, job_id: int) -> dict[str, Any] | None:
        """All that the server tells of one job; None when it knows it no more. Raises as `call`."""
        rows = await self._rows([["id", "=", job_id]], {})
        return rows[0] if rows and isinstance(rows[0], dict) else None

    async def _rows(self, filters: list[Any], options: dict[str, Any]) -> list[Any]:
        try:
            rows = await self._life.online_client().call("core.get_jobs", filters, options)
        except exc.ProtocolError as error:
            if not isinstance(error.result, list):
                raise
            rows = error.result  # a value in one of them cannot be read: it costs that row's field alone
        return masked if isinstance(masked := self._mask(rows), list) else []
