"""Two apps that write the same state and history, and are killed at any moment: what they had written is there."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

from truenas_client.methods.catalogue import Catalogue
from truenas_client.storage import private_files
from tui.memory import history, late_file
from tui.memory.late_file import LateFile
from tui.memory.state import ConnectionMemory, Memories
from tui.model import drafts

__all__ = ["killed_apps"]

LOADED = (private_files, history, drafts)
"""What an app loads when it writes for the first time: here before it is forked."""
ADDRESS = "wss://nas.example/api/current"
KINDS = ("state", "history")
WRITE_SECONDS = 0.002
"""Instead of a second, so that many writes are under way when the kill comes. It is the time that may be lost."""


def killed_apps(folder: Path, kills: int, seed: int) -> int:
    """Kills two writers again and again. Returns how many writes had been reported as done in all.

    Raises AssertionError where the next start finds less than was reported, or has to tell of a damaged file.
    """
    chance, reports = random.Random(seed), 0
    for number in range(kills):
        apps = [_begun(folder, name, number) for name in "ab"]
        heard = [_heard(pipe, "." if number % 2 else "\n") for _, pipe in apps]
        time.sleep(chance.uniform(0.0, 0.05))
        for child, _ in apps:
            time.sleep(chance.uniform(0.0, 0.005))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        told = [_told(begin, pipe) for begin, (_, pipe) in zip(heard, apps, strict=True)]
        reports += sum(count for one in told for count, _ in one.values())
        memories = Memories(folder=folder)
        memory = memories.connection(ADDRESS, "admin")
        for name, one in zip("ab", told, strict=True):
            for kind, (_, last) in one.items():
                there = _there(memory, name, number)[kind]
                assert there >= last, f"kill {number}: {kind} of {name} has {there}, and {last} was written"
        assert not memories.notices, f"kill {number}: {memories.notices}"
    return reports


def _begun(folder: Path, name: str, number: int) -> tuple[int, int]:
    """The process of an app, and a pipe on which it reports what it has written."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, read
    try:
        os.close(read)
        late_file.WRITE_SECONDS = WRITE_SECONDS
        asyncio.run(_use(folder, name, number, write))
    finally:
        os._exit(1)


async def _use(folder: Path, name: str, number: int, pipe: int) -> None:
    """An app whose user never rests: every change has a number, and each file has the newest."""
    memory = Memories(folder=folder).connection(ADDRESS, "admin")
    found = Catalogue.from_methods({f"{name}.m": {"accepts": [], "returns": []}}).get(f"{name}.m")
    assert found is not None
    count = 0
    os.write(pipe, b".")
    for kind, file in zip(KINDS, (memory, memory.history), strict=True):
        _report(file, kind, pipe, lambda: count)
    while True:
        count += 1
        memory.keep_draft(found, f"[{number}, {count}]")
        memory.set_view(f"{name}{count % 20}", "Raw")
        memory.history.ended(memory.history.began(f"{name}.m", [number, count]), "done", 1)
        await asyncio.sleep(0)


def _report(file: LateFile, kind: str, pipe: int, count: Any) -> None:
    """Has a file report each write that is done, with the number of the last change in it."""
    snapshot, take, taken = file.snapshot, file.take, [0]

    def taking() -> Any:
        taken[0] = count()
        return snapshot()

    def told(written: Any) -> None:
        take(written)
        os.write(pipe, f"{kind} {taken[0]}\n".encode())

    file.snapshot, file.take = taking, told  # type: ignore[method-assign]


def _heard(pipe: int, end: str) -> str:
    """What an app says until this: a full stop once it has begun, a line once it has written."""
    text = ""
    while end not in text:
        text += os.read(pipe, 1).decode()
    return text


def _told(begin: str, pipe: int) -> dict[str, tuple[int, int]]:
    """For each file how many writes were reported, and the number of the last change in them."""
    with os.fdopen(pipe) as rest:
        lines = (begin + rest.read()).removeprefix(".").splitlines(keepends=True)
    reports = [line.split() for line in lines if line.endswith("\n")]
    found = {kind: [int(count) for one, count in reports if one == kind] for kind in KINDS}
    return {kind: (len(counts), counts[-1]) for kind, counts in found.items() if counts}


def _there(memory: ConnectionMemory, name: str, number: int) -> dict[str, int]:
    """The number of the newest change of this writer in each file, as a next start reads it."""
    asyncio.run(memory.history.renew())
    made = [entry.params for entry in memory.history.newest() if entry.method == f"{name}.m"]
    calls = [params[1] for params in made if params is not None and params[0] == number]
    begun, count = map(int, (memory.draft_of(f"{name}.m") or "[-1, 0]").strip("[]").split(","))
    return {"state": count if begun == number else 0, "history": max(calls, default=0)}
