"""What the tests of the agent share: one in the background, profiles for it, and a count of the logins."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from midclt.agent import place
from midclt.agent.server import Agent
from midclt.agent.spawn import IDLE, LIFETIME, listening
from tests.midclt.conftest import Nas
from tests.midclt.served import Background
from truenas_client.simulator import Simulator
from truenas_client.storage import config_path


@dataclass
class Served:
    """An agent in the background, and what it says to raw clients."""

    agent: Agent
    background: Background
    task: Any = None

    @property
    def sessions(self) -> int:
        return len(self.agent._sessions)

    def raw(self, *lines: bytes | dict[str, Any]) -> bytes:
        """All that the agent answers to these lines."""
        sock = place.connect()
        assert sock is not None
        with sock:
            sock.settimeout(10)
            for line in lines:
                sock.sendall(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
            sock.shutdown(socket.SHUT_WR)
            answer = b""
            while data := sock.recv(65_536):
                answer += data
            return answer


@contextmanager
def serving(background: Background, *, idle: float = IDLE, lifetime: float = LIFETIME) -> Iterator[Served]:
    place.make_folder()
    listener = listening()

    async def begin() -> Served:
        served = Served(Agent(listener, idle=idle, lifetime=lifetime), background)
        served.task = asyncio.create_task(served.agent.run())
        return served

    served = background.run(begin())

    async def end() -> None:
        served.agent.stop()
        await served.task

    try:
        yield served
    finally:
        background.run(end())


def write_profile(url: str, name: str = "lab", user: str = "admin", secret: str = "admin", more: str = "") -> None:
    path = config_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    text = f'[profile.{name}]\naddress = "{url}"\nusername = "{user}"\nread_only = false\n{more}\n'
    text += f'secret = {{ text = "{secret}" }}\n' if secret else ""
    with path.open("a") as file:
        file.write(text)
    path.chmod(0o600)


@contextmanager
def logins(nas: Simulator | Nas, background: Background, method: str = "auth.login_ex") -> Iterator[Callable[[], int]]:
    """Counts the calls of a method that arrive, the logins by default."""
    simulator = nas.simulator if isinstance(nas, Nas) else nas

    async def watch() -> Any:
        return simulator.faults.add("latency", method=method, shape="fixed", mean=0.0)

    fault = background.run(watch())
    try:
        yield lambda: fault.struck
    finally:
        background.soon(fault.remove)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)
