"""What the tests of the command share: servers in the background and the command run in this process."""

from __future__ import annotations

import asyncio
import io
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from midclt import main
from tests.midclt.served import Background
from truenas_client.auth import budget
from truenas_client.simulator import Call, CallError, Simulator, Source


@dataclass(frozen=True)
class Ran:
    """How a run of the command ended, and what it wrote."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture(scope="session")
def background() -> Iterator[Background]:
    background = Background()
    yield background
    background.stop()


@dataclass
class Nas:
    """The simulator, and the gate that its job ``test.gated`` waits at."""

    simulator: Simulator
    background: Background
    gate: asyncio.Event
    waiting: threading.Event
    """Set when ``test.hang`` has been called."""

    @property
    def url(self) -> str:
        return self.simulator.url

    def open(self) -> None:
        self.background.soon(self.gate.set)

    def shut(self) -> None:
        self.gate.clear()
        self.waiting.clear()


@pytest.fixture(scope="session")
def served_nas(background: Background) -> Iterator[Nas]:
    async def made() -> Nas:
        simulator = Simulator(speed=1000.0)
        nas = Nas(simulator, background, asyncio.Event(), threading.Event())
        _extend(nas)
        return nas

    nas = background.run(made())
    with background.entered(nas.simulator):
        yield nas


@pytest.fixture
def nas(served_nas: Nas) -> Nas:
    """The simulator, with methods of ours that give each kind of answer."""

    async def fresh() -> None:
        served_nas.shut()
        served_nas.simulator.rate_limit.clear()
        budget.forget_counts()

    served_nas.background.run(fresh())
    return served_nas


def _extend(nas: Nas) -> None:
    simulator = nas.simulator
    simulator.add_account("guest", "guest", roles=["READONLY_ADMIN"])
    simulator.add_account("nobody", "nobody", roles=[])
    simulator.add_account("otp", "otp", otp="123456")

    @simulator.method("test.echo")
    def echo(call: Call, value: Any) -> Any:
        """The argument."""
        return value

    @simulator.method("test.look", roles=["READONLY_ADMIN"])
    def look(call: Call) -> str:
        """Read something, by its roles; the name does not tell."""
        return "seen"

    @simulator.method("test.fail")
    def fail(call: Call) -> None:
        """Fail."""
        raise CallError("no such disk", 2, {"disk": "sda"})

    @simulator.method("test.hang")
    async def hang(call: Call) -> None:
        """Wait for the gate."""
        nas.waiting.set()
        await nas.gate.wait()

    @simulator.method("test.vanish")
    async def vanish(call: Call) -> None:
        """Lose the connection before the answer."""
        simulator.drop_connections()

    @simulator.job("test.gated", abortable=True)
    async def gated(call: Call) -> dict[str, int]:
        """Report, wait for the gate, report, end."""
        call.progress(10, "first half")
        await nas.gate.wait()
        call.progress(60, "second half")
        return {"done": 2}

    @simulator.job("test.doomed")
    async def doomed(call: Call) -> None:
        """Fail."""
        raise CallError("the pool is full", 28)

    @simulator.job("test.lost")
    async def lost(call: Call) -> None:
        """Lose the connection in the middle."""
        call.progress(40, "so far")
        asyncio.get_running_loop().call_soon(simulator.drop_connections)
        await nas.gate.wait()

    @simulator.source("test.count")
    async def count(source: Source, argument: Any) -> None:
        for n in range(3):
            source.send(fields={"n": n})

    @simulator.source("test.break")
    async def broken(source: Source, argument: Any) -> None:
        raise CallError("the disk is gone", 5)

    @simulator.source("test.endless")
    async def endless(source: Source, argument: Any) -> None:
        for n in range(1000):
            source.send(fields={"n": n})
            await source.sleep(1)

    @simulator.source("test.quiet")
    async def quiet(source: Source, argument: Any) -> None:
        await nas.gate.wait()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in this process: ``run("call", "core.ping", url=..., user=..., stdin=..., env={...})``."""
    for name in [*os.environ]:
        if name in ("TRUENAS_FACTS", "MIDCLT_AGENT"):
            continue
        if name.startswith(("TRUENAS_", "MIDCLT_")) or name == "CALL_TIMEOUT":
            monkeypatch.delenv(name)

    def run(
        *argv: str,
        url: str | None = None,
        user: str | None = None,
        stdin: str | bytes | None = None,
        env: dict[str, str] | None = None,
    ) -> Ran:
        prefix = [] if url is None else ["-u", url]
        if user is not None:
            prefix += ["-U", user, "-P", user]
        with monkeypatch.context() as patch:
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            data = stdin.encode() if isinstance(stdin, str) else stdin or b""
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
            capsys.readouterr()
            try:
                status = main([*prefix, *argv])
            except SystemExit as e:
                status = e.code if isinstance(e.code, int) else 1
        out, err = capsys.readouterr()
        return Ran(status, out, err)

    return run
