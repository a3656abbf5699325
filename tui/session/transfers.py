"""A file on its way to or from the server, as one call of the app.

The core streams it and follows its job; here it gets a place in the call's record, so
that panes can draw how far it is. No Textual.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from truenas_client import AsyncClient
from tui.memory.state import AppMemory
from tui.model.failure import Failure
from tui.model.paths import shortened
from tui.model.transfers import Kind, suggested_name

if TYPE_CHECKING:
    from tui.session.stores import Call, JobStore

__all__ = ["FilePlaces", "Transfer", "carry"]

RATE_SECONDS = 3.0
"""How far back the rate looks."""


@dataclass(slots=True)
class Transfer:
    """Which file, and how far it is: bytes ``done`` of ``total`` (None while unknown).

    ``overwrite`` is of downloads: an existing file may be replaced. ``placed`` takes the file that was saved, and tells
    where it is now.
    """

    kind: Kind
    path: Path
    overwrite: bool = False
    placed: Callable[[Path], str] = shortened
    done: int = 0
    total: int | None = None
    _seen: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=64), repr=False)

    @property
    def where(self) -> str:
        """The file as people write it; one that is taken elsewhere, by its name."""
        return shortened(self.path) if self.placed is shortened else self.path.name

    def at(self, done: int, total: int | None) -> None:
        """The core's progress."""
        self.done, self.total = done, total
        now = time.monotonic()
        # Reports can come by the thousand; a few a second tell the rate as well.
        if not self._seen or now - self._seen[-1][0] >= 0.1:
            self._seen.append((now, done))

    @property
    def rate(self) -> float | None:
        """Bytes a second over the last seconds, None while it is too early to tell."""
        now = time.monotonic()
        recent = [(at, done) for at, done in self._seen if at >= now - RATE_SECONDS]
        if not recent or now - recent[0][0] < 0.2:
            return None
        return (self.done - recent[0][1]) / (now - recent[0][0])


class FilePlaces:
    """Where files were saved and read: the next one begins there. ``memory`` keeps it for the next start."""

    def __init__(self) -> None:
        self.memory = AppMemory()
        self._sent: dict[str, str] = {}

    @property
    def folder(self) -> str:
        """Where the last file was saved, as people write it."""
        return self.memory.saved_to[0] or "~"

    @folder.setter
    def folder(self, folder: str) -> None:
        self.memory.saved_to = folder, self.form

    @property
    def form(self) -> str:
        """The form that was saved last."""
        return self.memory.saved_to[1]

    @form.setter
    def form(self, form: str) -> None:
        self.memory.saved_to = self.folder, form

    def sent(self, method: str) -> str:
        """The file that was last sent with a method, "" without one."""
        return self._sent.get(method, "")

    def first(self, kind: Kind, call: Call, host: str) -> str:
        """The initial text of the field."""
        if kind == "upload":
            return self._sent.get(call.method, f"{self.folder}/")
        return f"{self.folder}/{suggested_name(call.method, call.params, host=host, today=date.today())}"

    def remember(self, call: Call) -> None:
        """This is the file that was chosen."""
        if call.transfer is not None:
            self.folder = shortened(call.transfer.path.parent)
            if call.transfer.kind == "upload":
                self._sent[call.method] = shortened(call.transfer.path)


async def carry(client: AsyncClient, call: Call, params: list[Any], transfer: Transfer, jobs: JobStore) -> None:
    """Make the call with these arguments and its file; its result goes into ``call.value``.

    A download's result tells the file, its bytes, the job and what the job returned; an
    upload's is that of the job, which ``call.job`` is once the server has the file.
    Raises what the core's `files` raise. Cancelling stops the stream at once, leaves no
    file behind and says in ``call.failure`` what that means.
    """
    try:
        if transfer.kind == "download":
            await _download(client, call, params, transfer)
        else:
            await _upload(client, call, params, transfer, jobs)
    except asyncio.CancelledError:
        if call.job is None:
            call.failure = STOPPED[transfer.kind]
        raise


async def _download(client: AsyncClient, call: Call, params: list[Any], transfer: Transfer) -> None:
    got = await client.download(
        call.method, params, transfer.path.name, to=transfer.path, overwrite=transfer.overwrite, progress=transfer.at
    )
    call.value = {"file": transfer.placed(transfer.path), "size": got.size, "job": got.job_id, "result": got.result}


async def _upload(client: AsyncClient, call: Call, params: list[Any], transfer: Transfer, jobs: JobStore) -> None:
    job = await client.upload(call.method, params, transfer.path, progress=transfer.at)
    call.job = job
    if job.id is not None:
        jobs.started_here(job.id)
    call.value = await job.result()


STOPPED = {
    "download": Failure("Stopped", "Nothing was saved.", "The server aborts the job when the download stops."),
    "upload": Failure(
        "Stopped", "The file was not sent completely.", "Jobs (key {go.jobs}) shows what became of the job."
    ),
}
