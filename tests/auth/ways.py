"""Ways to a simulated NAS that the tests of logins take: other hosts, proxies, other servers."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from truenas_client.aio import sockets as transport
from truenas_client.simulator import ApiKey, Simulator
from truenas_client.simulator.tls import Tls
from truenas_client.websocket import WebSocket

SALT = bytes(range(16))


def api_key(number: int, account: str, **members: Any) -> ApiKey:
    """A key with as few rounds as clients accept."""
    return ApiKey(number, f"key {number}", account, f"k{number}" + "A" * 62, SALT, 50_000, **members)


def nas_with_keys(release: str = "26", **options: Any) -> Simulator:
    """A simulator that forgets calls in no time, with accounts and keys of every kind."""
    nas = Simulator(release=release, demo_data=False, speed=1000.0, **options)
    nas.add_account("root", "root-pw", uid=0)
    nas.add_account("admin", "admin-pw", uid=950)
    nas.add_account("otpuser", "otp-pw", otp="123456")
    nas.add_account("nopriv", "no-pw", roles=[])
    nas.add_account("expired", "ex-pw", expired=True)
    for key in (
        api_key(1, "admin"),
        api_key(2, "admin", expires=datetime(2020, 1, 1, tzinfo=UTC)),
        api_key(4, "nopriv"),
        api_key(6, "admin", revoked=True),
        api_key(7, "expired"),
    ):
        nas.add_api_key(key)
    return nas


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """``nas.example`` leads to this machine, so the client takes it for another host."""
    resolve = transport._addresses

    async def addresses(host: str, port: int, seconds: float) -> list[Any]:
        return await resolve("127.0.0.1" if host == "nas.example" else host, port, seconds)

    monkeypatch.setattr(transport, "_addresses", addresses)


def at_another_host(nas: Simulator, url: str | None = None) -> str:
    """The address of a simulator as one of another host; the simulator sees another host too."""
    nas.faked_address = "192.0.2.77"
    return (url or nas.url).replace("127.0.0.1", "nas.example")


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that any client sends, in order."""
    sent: list[str] = []
    send = WebSocket.send

    def recording(self: WebSocket, text: str) -> bool:
        sent.append(text)
        return send(self, text)

    monkeypatch.setattr(WebSocket, "send", recording)
    return sent


@asynccontextmanager
async def tls_proxy(nas: Simulator, *, encrypted_behind: bool) -> AsyncIterator[str]:
    """Something that ends TLS with a certificate of its own and goes on to the simulator, by TLS or without."""
    own = Tls("127.0.0.1")
    target = nas.secure_url if encrypted_behind else nas.url
    assert target is not None
    port = int(target.rpartition(":")[2].partition("/")[0])
    behind: ssl.SSLContext | None = None
    if encrypted_behind:
        behind = ssl.create_default_context()
        behind.check_hostname, behind.verify_mode = False, ssl.CERT_NONE
    tasks: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reader2, writer2 = await asyncio.open_connection("127.0.0.1", port, ssl=behind)
        for one in (pump(reader, writer2), pump(reader2, writer)):
            tasks.add(asyncio.create_task(one))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=own.context)
    try:
        yield f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/current"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        own.remove()
