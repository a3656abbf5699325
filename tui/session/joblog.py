"""The log of one job: followed while it grows, where the role allows it, else read once from the server.

No Textual. A reader is a task of its owner; cancelling it ends the subscription. Invariants: one that cannot follow
says so and reads what there is; what it holds is bounded (`LogLines`); an ended log is read whole, and its end is kept.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from truenas_client import AsyncClient, Gap, exc
from tui.model.answers import mapping
from tui.model.job import Job
from tui.model.loglines import MOST_CHARACTERS, LogLines

__all__ = ["FOLLOWING", "JobLog", "follow_name"]

TAIL_LINES = 1000
FOLLOWING = "following"


class JobLog:
    """The lines of a log, and how they are read: ``how`` is a word for the border, ``problem`` why it is not all."""

    def __init__(self, mask: Callable[[Any], Any], changed: Callable[[], None] = lambda: None) -> None:
        self.lines = LogLines()
        self.how = ""
        self.problem = ""
        self.broken = False
        """Whether it ended with the connection: another reader can go on."""
        self._mask = mask
        self._changed = changed

    async def read(self, client: AsyncClient, job: Job, *, old: bool = False) -> None:
        """Reads the log, and follows it while it may grow; ``old`` as in `follow_name`. Never raises but for
        cancellation."""
        if not job.ended and job.logs_path:
            try:
                await self._follow(client, follow_name(job.logs_path, old=old))
            except exc.ConnectionLost:
                self.broken = True
            except exc.ClientException as error:
                may_not = isinstance(error, exc.NotAuthorized)
                self.problem = "not followed: that needs FULL_ADMIN" if may_not else f"not followed: {error.error}"
                await self._fetch(client, job)
                return
            self.broken = self.broken or not client.connected
            self._say("", "the connection was lost" if self.broken else "the server stopped sending it")
            return
        await self._fetch(client, job)

    async def _follow(self, client: AsyncClient, name: str) -> None:
        anew = True
        async with client.subscribe(name) as events:
            self._say(FOLLOWING)
            async for event in events:
                if isinstance(event, Gap):
                    # Of a renewed subscription the server sends the last lines again.
                    anew = anew or event.dropped is None
                    continue
                data = mapping(event.fields).get("data")
                if anew:
                    self.lines.clear()
                    anew = False
                if isinstance(data, str):
                    self.lines.add(self._mask(data))
                self._changed()

    async def _fetch(self, client: AsyncClient, job: Job) -> None:
        end = _End()
        self._say("reading", self.problem)
        try:
            await client.job_logs(job.id, to=end)
        except (exc.ClientException, OSError) as error:
            text = error.error if isinstance(error, exc.ClientException) else str(error)
            self._show(job.logs)
            self._say("excerpt" if job.logs else "", f"the whole log could not be read: {text}")
            return
        self._show(end.text)
        self.lines.dropped += end.dropped
        self._say("whole log" if job.ended else f"as of {datetime.now():%H:%M:%S}", self.problem)

    def _show(self, text: str) -> None:
        self.lines.clear()
        self.lines.add(self._mask(text))

    def _say(self, how: str, problem: str = "") -> None:
        self.how, self.problem = how, problem
        self.lines.version += 1
        self._changed()


def follow_name(path: str, *, old: bool) -> str:
    """The subscription that follows a file; ``old`` is the form of 24.10."""
    if old:
        return f"filesystem.file_tail_follow:{path}:{TAIL_LINES}"
    return f"filesystem.file_tail_follow:{json.dumps({'path': path, 'tail_lines': TAIL_LINES})}"


class _End(io.BytesIO):
    """A file that keeps the end of what is written, in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._kept = bytearray()
        self.dropped = 0
        """Lines before it."""

    def write(self, block: Any, /) -> int:
        self._kept += block
        if (over := len(self._kept) - MOST_CHARACTERS) > MOST_CHARACTERS // 4:
            self.dropped += self._kept.count(b"\n", 0, over)
            del self._kept[:over]
        return len(block)

    @property
    def text(self) -> str:
        return self._kept.decode("utf-8", "replace")
