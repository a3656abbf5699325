"""A name with several addresses: all of them are tried, and one that is dead costs a moment."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.core.nas import echo, nas
from truenas_client import AsyncClient, ConnectLimits
from truenas_client.exc import ConnectRefused, ConnectTimeout

Resolves = Callable[..., None]


@pytest.fixture
def resolves(monkeypatch: pytest.MonkeyPatch) -> Resolves:
    """Gives ``two.example`` these addresses, in this order, in the running loop."""

    def to(*addresses: str) -> None:
        async def getaddrinfo(host: str, port: int, **options: Any) -> list[Any]:
            assert host == "two.example"
            return [
                (
                    socket.AF_INET6 if ":" in address else socket.AF_INET,
                    socket.SOCK_STREAM,
                    socket.IPPROTO_TCP,
                    "",
                    (address, port),
                )
                for address in addresses
            ]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo, raising=False)

    return to


@contextlib.contextmanager
def full(address: str, port: int) -> Iterator[None]:
    """An address that does not answer: the queue of its listener is full, so Linux drops what else comes."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(8):
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0.05)
            try:
                filler.connect((address, port))
            except TimeoutError:
                yield
                return
        pytest.skip("this system takes connections although the queue is full")


async def test_a_dead_address_costs_a_moment(resolves: Resolves) -> None:
    async with nas(echo) as server:
        port = int(server.url.split(":")[2].split("/")[0])
        with full("127.0.0.2", port):
            resolves("127.0.0.2", "127.0.0.1")
            stages: list[str] = []
            began = time.monotonic()
            url = f"ws://two.example:{port}/api/current"
            async with AsyncClient(url, on_stage=stages.append) as client:
                assert time.monotonic() - began < 5  # each address has ten seconds
                assert await client.call("pool.query", 1) == [1]
            assert stages == ["resolve", "connect", "handshake", "hello"]


async def test_a_refusing_address_costs_nothing(resolves: Resolves) -> None:
    async with nas(echo) as server:
        resolves("127.0.0.3", "127.0.0.1")
        url = server.url.replace("127.0.0.1", "two.example")
        async with AsyncClient(url) as client:
            assert await client.call("pool.query", 1) == [1]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def test_the_error_names_every_address_and_the_families_take_turns(resolves: Resolves) -> None:
    resolves("127.0.0.1", "127.0.0.2", "::1")
    port = free_port()
    with pytest.raises(ConnectRefused) as caught:
        await AsyncClient(f"ws://two.example:{port}", reconnect=False).connect()
    assert caught.value.stage == "connect"
    text = str(caught.value)
    assert f"two.example:{port} refuses connections: nothing listens on that port (127.0.0.1 refuses, ::1 " in text
    assert text.endswith("127.0.0.2 refuses)")


async def test_a_refusal_is_told_rather_than_silence(resolves: Resolves) -> None:
    port = free_port()
    with full("127.0.0.2", port):
        resolves("127.0.0.2", "127.0.0.3")
        limits = ConnectLimits(connect=0.05)
        with pytest.raises(ConnectRefused, match=r"\(127\.0\.0\.2 does not answer, 127\.0\.0\.3 refuses\)"):
            await AsyncClient(f"ws://two.example:{port}", reconnect=False, limits=limits).connect()
        resolves("127.0.0.2")
        with pytest.raises(ConnectTimeout, match=r"does not answer: check the address, and that the machine is up$"):
            await AsyncClient(f"ws://two.example:{port}", reconnect=False, limits=limits).connect()


async def test_giving_up_leaves_no_socket_open(resolves: Resolves) -> None:
    """A try that is cancelled closes its socket: pytest fails on the warning for one that is left."""
    port = free_port()
    with full("127.0.0.2", port), full("127.0.0.3", port):
        resolves("127.0.0.2", "127.0.0.3")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.4):
                await AsyncClient(f"ws://two.example:{port}", reconnect=False).connect()
