"""The local socket: the four ways of not getting in are told apart, each with what to do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.facts import ROOT
from truenas_client import AsyncClient
from truenas_client.exc import ConnectRefused, SocketNotFound
from tui.model.failure import explain_connecting


async def test_there_is_no_such_socket(tmp_path: Path) -> None:
    with pytest.raises(SocketNotFound, match="this machine is no TrueNAS") as caught:
        await AsyncClient(f"ws+unix://{tmp_path}/none.sock").connect()
    assert isinstance(caught.value, FileNotFoundError)
    assert "socket" in explain_connecting(caught.value, address="local socket").reason


async def test_nobody_listens_there_yet(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(f"{tmp_path}/nas.sock")
    with pytest.raises(ConnectRefused, match=r"not running \(yet\)") as caught:
        await AsyncClient(f"ws+unix://{tmp_path}/nas.sock").connect()
    assert isinstance(caught.value, ConnectionRefusedError)
    assert "still starting" in explain_connecting(caught.value, address="local socket").reason


SCRIPT = """
import asyncio, os, sys
from truenas_client import AsyncClient
from truenas_client.exc import ConnectDenied
from tui.model.failure import explain_connecting
async def main():
    client = AsyncClient("ws+unix://" + sys.argv[1])
    if os.getuid() == 0:
        os.setresuid(65534, 65534, 65534)
    try:
        await client.connect()
    except ConnectDenied as e:
        assert isinstance(e, PermissionError)
        print(e, explain_connecting(e, address="local socket").text)
asyncio.run(main())
"""


def test_it_may_not_be_opened(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{closed}/nas.sock")
        listening.listen()
        # Root may open everything, so the process gives that up; anybody else is kept out by the mode alone.
        closed.chmod(0o700 if os.getuid() == 0 else 0o000)
        ran = subprocess.run(
            [sys.executable, "-c", SCRIPT, f"{closed}/nas.sock"],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        closed.chmod(0o700)
    assert "may not open" in ran.stdout, ran.stderr
    assert "Not permitted" in ran.stdout
