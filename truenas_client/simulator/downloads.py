"""The output of jobs for clients to fetch over HTTP, until a client fetches it or the server gives it up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .running import Tasks

if TYPE_CHECKING:
    from .clock import Clock
    from .jobs import Job
    from .pipes import Pipe, Spool

__all__ = ["Download", "Downloads"]

UNBUFFERED_SECONDS = 60
BUFFERED_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Download:
    """One output that waits for a client."""

    job: Job
    content: Pipe | Spool
    filename: str
    buffered: bool


class Downloads:
    """The downloads of one simulator, by the number of their job. Each can be claimed once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[int, Download] = {}
        self._tasks = Tasks()

    def add(self, download: Download) -> None:
        """Keep a download for as long as a server does."""
        self._waiting[download.job.id] = download
        self._tasks.start(self._give_up(download))

    async def _give_up(self, download: Download) -> None:
        await self._clock.sleep(BUFFERED_SECONDS if download.buffered else UNBUFFERED_SECONDS)
        if (waiting := self.claim(download.job.id)) is not None:
            waiting.content.abandon()

    def claim(self, ident: int) -> Download | None:
        """The download of that job, which is then gone; None when there is none."""
        return self._waiting.pop(ident, None)

    def forget(self) -> None:
        """Give up all waiting downloads."""
        for download in self._waiting.values():
            download.content.abandon()
        self._waiting.clear()
        self._tasks.cancel()
