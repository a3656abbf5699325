"""``python -m truenas_client.simulator``: ready line, catalogue, and a clean stop."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import signal
import ssl
import sys
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from truenas_client.simulator.__main__ import main
from truenas_client.simulator.fault_table import KINDS
from truenas_client.simulator.registry import entry


async def start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "truenas_client.simulator",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ready_line_and_clean_stop(number: signal.Signals, tmp_path: Path) -> None:
    socket = tmp_path / "nas.sock"
    process = await start("--unix", str(socket), "--seed", "3", "--speed", "10", "--tls")
    assert process.stdout is not None
    assert process.stderr is not None
    ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    assert {"ws", "wss", "unix", "legacy", "release", "users", "api_keys"} <= set(ready)
    assert (ready["unix"], ready["release"]) == (str(socket), "26")
    certificate = ssl.create_default_context(cafile=ready["certificate"])
    async with connect(ready["wss"], ssl=certificate) as secure:
        peer = secure.transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        assert hashlib.sha256(peer).hexdigest() == ready["fingerprint"]
    async with connect(ready["ws"]) as connection:
        user, facts = next((name, facts) for name, facts in ready["users"].items() if name == "admin")
        data = {"mechanism": "PASSWORD_PLAIN", "username": user, "password": facts["password"]}
        await connection.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "auth.login_ex", "params": [data]}))
        assert json.loads(await connection.recv())["result"]["response_type"] == "SUCCESS"
        process.send_signal(number)
        assert await asyncio.wait_for(process.wait(), 10) == 0
    assert (await process.stdout.read(), await process.stderr.read()) == (b"", b"")
    assert not socket.exists()


async def test_24_10_over_tls_prints_an_address_that_is_served() -> None:
    process = await start("--release", "24.10", "--tls")
    assert process.stdout is not None
    ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    certificate = ssl.create_default_context(cafile=ready["certificate"])
    async with connect(ready["wss"], ssl=certificate) as secure, connect(ready["ws"]) as plain:
        for connection in (secure, plain):
            await connection.send(json.dumps({"msg": "connect", "version": "1", "support": ["1"]}))
            assert json.loads(await connection.recv())["msg"] == "connected"
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_a_catalogue_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "methods.json.gz"
    file.write_bytes(gzip.compress(json.dumps({"my.method": entry(description="Mine.", no_auth=True)}).encode()))
    process = await start("--catalogue", str(file))
    assert process.stdout is not None
    ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    async with connect(ready["ws"]) as connection:
        await connection.send('{"jsonrpc": "2.0", "id": 1, "method": "my.method"}')
        answer = json.loads(await connection.recv())
        assert isinstance(answer["result"], str)
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_faults_from_the_start() -> None:
    process = await start("--fault", "error:method=core.ping,errno=28", "--fault", "restart:every=1000")
    assert process.stdout is not None
    ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    async with connect(ready["ws"]) as connection:
        await connection.send('{"jsonrpc": "2.0", "id": 1, "method": "core.ping"}')
        assert json.loads(await connection.recv())["error"]["data"]["error"] == 28
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_a_bad_fault_is_one_line() -> None:
    process = await start("--fault", "flood")
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert (process.returncode, out, err.count(b"\n")) == (1, b"", 1)


def test_the_help_names_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert all(f"  {name}: " in out for name in KINDS)
    assert "assumed" in out


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"a": 1}', b"\x1f\x8bxx"])
def test_a_bad_catalogue_is_one_line(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "methods.json"
    file.write_bytes(content)
    assert main(["--catalogue", str(file)]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)


@pytest.mark.parametrize(
    "listen", ["nonsense", "127.0.0.1:x", "127.0.0.1:99999", "192.0.2.1:0", "no.such.host.invalid:0"]
)
def test_a_bad_address_is_one_line(listen: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--listen", listen]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)


def test_a_file_in_the_place_of_the_socket_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "precious"
    file.write_text("text")
    assert main(["--unix", str(file)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert file.read_text() == "text"
