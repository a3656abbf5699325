"""The jobs of the server, followed from connection to connection into a `JobStore`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from truenas_client import AsyncClient, Gap, exc
from tui.session.stores import Job, JobStore

if TYPE_CHECKING:
    from tui.session.life import Life

__all__ = ["JobFollower"]

MOST_JOBS = 500


class JobFollower:
    """Fills a store; ``mask`` sees what the server tells of a job first."""

    def __init__(self, store: JobStore, life: Life, mask: Callable[[Any], Any], changed: Callable[[], None]) -> None:
        self._store = store
        self._life = life
        self._mask = mask
        self._changed = changed

    async def follow(self, client: AsyncClient) -> None:
        """Keeps the store as the server's list is, until the client is closed."""
        try:
            # Of a job only its newest state counts, however fast they come.
            async with client.subscribe("core.get_jobs", queue=MOST_JOBS, overflow="coalesce") as events:
                await self.refresh()
                async for event in events:
                    if isinstance(event, Gap):
                        if self._life.online:  # else the return of the connection reads them again
                            await self.refresh()
                    elif isinstance(event.fields, dict) and (job := Job.from_fields(self._mask(event.fields))):
                        self._store.put(job)
                        self._changed()
        except exc.ClientException:
            # Gone with the connection, which `life` tells, or not permitted: the list stays as it is.
            return

    async def refresh(self) -> None:
        """Reads the list of jobs again. Raises as `call`."""
        client = self._life.online_client()
        try:
            rows = await client.call("core.get_jobs", [], {"order_by": ["-id"], "limit": MOST_JOBS})
        except exc.ProtocolError as error:
            if not isinstance(error.result, list):
                raise
            rows = error.result  # a value in one of them cannot be read: it costs that row's field alone
        self._store.fill(self._mask(rows) if isinstance(rows, list) else [])
        self._changed()
