"""Many processes that write the files of ours at once, and some that are killed while they do."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from truenas_client.endpoint import parse
from truenas_client.storage import Known, Profile, Profiles
from truenas_client.storage.private_files import replacing

__all__ = ["forked", "killed_while_writing", "profiles_and_marks"]


def forked(count: int, work: Callable[[int], None]) -> None:
    """Runs ``work`` in as many processes as that, which begin together. Raises AssertionError when one fails."""
    gate, opened = os.pipe()
    children = []
    for number in range(count):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.close(opened)
                os.read(gate, 1)
                work(number)
                status = 0
            except BaseException:  # noqa: BLE001 - a child must not go on as the test
                traceback.print_exc(file=sys.__stderr__)
            finally:
                os._exit(status)
        children.append(child)
    os.close(gate)
    os.close(opened)
    failed = [child for child in children if os.waitpid(child, 0)[1] != 0]
    assert not failed, f"{len(failed)} of {count} processes failed"


def profiles_and_marks(folder: Path, count: int) -> None:
    """Each process adds a profile and remembers a server; all of both are there in the end."""
    config, state = folder / "config.toml", folder / "known.json"

    def work(number: int) -> None:
        Profiles(config).put(Profile(name=f"p{number}", addresses=(f"nas{number}",), username="admin"), new=True)
        Known(state).remember_scram(parse(f"wss://nas{number}"))

    forked(count, work)
    assert sorted(Profiles(config).names) == sorted(f"p{number}" for number in range(count))
    lost = [number for number in range(count) if not Known(state).scram_seen(parse(f"wss://nas{number}"))]
    assert not lost, f"lost marks: {lost}"
    assert sorted(path.name for path in folder.iterdir()) == ["config.toml", "known.json"]


def killed_while_writing(folder: Path, kills: int, seed: int) -> int:
    """Kills a writer again and again; the file is always whole. Returns how many files are left beside it."""
    import random

    chance = random.Random(seed)
    path = folder / "file"
    for number in range(kills):
        child = os.fork()
        if child == 0:
            try:
                text = bytes(str(number % 10), "ascii") * 200_000
                while True:
                    with replacing(path) as replace:
                        replace(text)
            finally:
                os._exit(1)
        time.sleep(chance.uniform(0.001, 0.01))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if path.exists():
            text = path.read_bytes()
            assert (len(text), len(set(text))) == (200_000, 1), f"half written after kill {number}"
    with replacing(path) as replace:
        replace(b"the last")
    assert path.read_bytes() == b"the last"
    return len(list(folder.iterdir())) - 1
