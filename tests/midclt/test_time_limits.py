"""``-t`` covers connecting, the handshake and pings, and an answer that cannot be read ends the wait."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from midclt.exits import ExitStatus
from tests.core.nas import nas
from tests.midclt.conftest import Run
from tests.midclt.served import Background


@pytest.fixture
def silent() -> Iterator[str]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.parametrize("command", [["call", "core.ping"], ["ping"], ["subscribe", "alert.list"]])
def test_a_server_that_says_nothing_is_given_up_in_time(run: Run, silent: str, command: list[str]) -> None:
    began = time.monotonic()
    ran = run("-t", "0.2", *command, url=silent)
    assert ran.status == ExitStatus.CONNECTION
    assert ran.err == f"{silent}/api/current: no connection within 0.2 s\n"
    assert time.monotonic() - began < 15, "each stage alone would have 30 s"


def test_an_answer_that_cannot_be_read_ends_the_wait(run: Run, background: Background) -> None:
    async def broken(link: ServerConnection, request: dict[str, Any]) -> None:
        await link.send(f'{{"jsonrpc": "2.0", "id": "{request["id"]}", "result": ')

    with background.entered(nas(broken)) as server:
        ran = run("call", "system.info", url=server.url)
    assert ran.status == ExitStatus.ERROR
    assert "not JSON" in ran.err
    assert len(ran.err.splitlines()) == 1
