"""Recording a session, what is masked in it, and playing it back."""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.facts import facts, require_facts
from tests.simulator.playing import lengthened, read_flow
from tests.simulator.talking import Refused, Talk
from truenas_client.simulator import Playback, Simulator
from truenas_client.simulator.record import Recorder, main
from truenas_client.simulator.transcript import Flow, Masker, Transcript

PASSWORD = "correct-horse-battery"
PASSPHRASE = "open sesame 7"


async def session(client: Talk, password: str) -> list[Any]:
    """What a script does: sign in, a query, a job with events, an error, secrets both ways."""
    answers: list[Any] = [await client.login("carol", password)]
    answers.append(await client.call("pool.query", [], {"select": ["name"]}))
    await client.call("core.subscribe", "core.get_jobs")
    answers.append(await client.call("pool.dataset.lock", "tank/vault"))
    keys = {"datasets": [{"name": "tank/vault", "passphrase": PASSPHRASE}]}
    answers.append(await client.call("pool.dataset.unlock", "tank/vault", keys))
    answers.append(await client.call("auth.generate_token", 60))
    answers.append(await client.call("api_key.create", {"name": "mine", "username": "carol"}))
    answers.append(await client.call("core.download", "filesystem.get", ["/x"], "x"))
    try:
        await client.call("pool.dataset.delete", PASSPHRASE)
    except Refused as e:
        answers.append([e.code, e.rows])
    return answers


async def recorded(file: Path, nas: Simulator) -> list[Any]:
    with Transcript(file) as transcript:
        async with Recorder(nas.url, transcript) as recorder, connect(recorder.url) as connection:
            client = Talk(connection)
            await client.call("core.set_options", {"legacy_jobs": False})
            return await session(client, PASSWORD)


def carols_nas() -> Simulator:
    nas = Simulator(speed=200)
    nas.add_account("carol", PASSWORD)
    return nas


async def test_a_session_is_written_down_without_its_secrets(tmp_path: Path) -> None:
    file = tmp_path / "session.jsonl"
    async with carols_nas() as nas:
        answers = await recorded(file, nas)
        key, token = answers[5]["key"], answers[4]
        address = answers[6][1]
    text = file.read_text()
    for secret in (PASSWORD, PASSPHRASE, key, token, address.partition("auth_token=")[2]):
        assert secret
        assert secret not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    flow = Flow.read(file)
    header, lines = flow.header, flow.lines
    assert set(header) == {"flow", "server", "endpoint", "client", "description"}
    assert lines[0]["http"] == "GET /api/current HTTP/1.1"
    assert {line["dir"] for line in lines} == {"c2s", "s2c"}
    assert [line["t"] for line in lines] == sorted(line["t"] for line in lines)
    assert lines[-1].get("close") or lines[-1].get("tcp")


async def test_it_is_played_back(tmp_path: Path) -> None:
    file = tmp_path / "session.jsonl"
    async with carols_nas() as nas:
        before = await recorded(file, nas)
    async with Playback(file) as played, connect(played.url) as connection:
        client = Talk(connection)
        client._last = 1000
        await client.call("core.set_options", {"legacy_jobs": False})
        after = await session(client, "another password")
        assert after[1:4] == before[1:4]
        assert (after[4], after[5]["key"]) == ("********", "********")
        assert after[-1][0] == before[-1][0] == -32602
        ids = [frame["params"]["fields"]["message_ids"] for frame in client.events]
        assert ids
        assert all(ident > 1000 for found in ids for ident in found)
        assert played.unexpected == []
        with pytest.raises(Refused):
            await client.call("pool.create", {})
        assert [frame["method"] for frame in played.unexpected] == ["pool.create"]
        assert await client.call("core.ping") == "pong"
        for ident in range(1, 20):  # the recorded ids: what the player answers by itself keeps the client's own
            client._last = ident - 1
            assert await client.call("core.ping") == "pong"


async def test_closes_drops_and_refused_handshakes_are_passed_on(tmp_path: Path) -> None:
    file = tmp_path / "ends.jsonl"
    async with Simulator() as nas:
        with Transcript(file) as transcript:
            async with Recorder(nas.url, transcript) as recorder:
                async with connect(recorder.url) as connection:
                    nas.close_connections(1011, "broken")
                    await connection.wait_closed()
                    assert (connection.close_code, connection.close_reason) == (1011, "broken")
                async with connect(recorder.url) as connection:
                    nas.drop_connections()
                    await connection.wait_closed()
                    assert connection.close_code == 1006
                nas.faults.add("handshake", status=502, times=1)
                with pytest.raises(InvalidStatus) as refused:
                    await connect(recorder.url)
                assert refused.value.response.status_code == 502
                async with connect(recorder.url) as connection:
                    await connection.close(4000, "bye")
    async with Playback(file) as played:
        async with connect(played.url) as connection:
            await connection.wait_closed()
            assert (connection.close_code, connection.close_reason) == (1011, "broken")
        async with connect(played.url) as connection:
            await connection.wait_closed()
            assert connection.close_code == 1006
        with pytest.raises(InvalidStatus) as refused:
            await connect(played.url)
        assert refused.value.response.status_code == 502
        async with connect(played.url) as connection:
            await connection.close(4000, "bye")
        with pytest.raises(InvalidStatus) as refused:
            await connect(played.url)
        assert refused.value.response.status_code == 503


async def test_text_and_octets_that_are_no_calls(tmp_path: Path) -> None:
    file = tmp_path / "junk.jsonl"
    async with Simulator() as nas:
        with Transcript(file) as transcript:
            async with Recorder(nas.url, transcript) as recorder, connect(recorder.url) as connection:
                for text in ("not json", "[1]", '{"password": "hunter2'):
                    await connection.send(text)
                    await connection.recv()
                await connection.send(b"hunter2")
                with pytest.raises(ConnectionClosed):
                    await connection.recv()
    assert "hunter2" not in file.read_text()
    assert b"hunter2".hex() not in file.read_text()
    frames = [line for line in Flow.read(file).lines if line["dir"] == "c2s" and "frame" in line]
    assert [frame["frame"] for frame in frames] == ["not json", "[1]", "*..."]


@pytest.mark.parametrize(
    ("frame", "secret"),
    [
        ({"id": 1, "method": "auth.login", "params": ["admin", "sss-ecret"]}, "sss-ecret"),
        ({"id": 1, "method": "auth.login_ex", "params": [{"mechanism": "SCRAM", "rfc_str": "sss-ecret"}]}, "sss-ecret"),
        ({"id": 1, "method": "core.bulk", "params": ["auth.login", [["a", "sss-ecret"]]]}, "sss-ecret"),
        ({"id": 1, "method": "core.bulk", "params": ["user.update", [[1, {"password": "sss-ecret"}]]]}, "sss-ecret"),
        ({"id": 1, "msg": "method", "method": "auth.login", "params": ["a", "sss-ecret"]}, "sss-ecret"),
        ({"id": 1, "method": "mail.update", "params": [{"oauth": {"client_secret": "sss-ecret"}}]}, "sss-ecret"),
        ({"id": 1, "method": "x", "params": ["/_download/1?auth_token=sss-ecret"]}, "sss-ecret"),
        ({"id": 1, "method": "user.setup_local_administrator", "params": ["root", "sss-ecret"]}, "sss-ecret"),
        ({"id": 1, "method": "failover.call_remote", "params": ["auth.login", ["a", "sss-ecret"]]}, "sss-ecret"),
        ({"id": 1, "method": "alertservice.create", "params": [{"attributes": {"url": "sss-ecret"}}]}, "sss-ecret"),
        ({"id": 1, "method": "core.bulk", "params": ["alertservice.update", [[1, {"url": "sss-ecret"}]]]}, "sss-ecret"),
    ],
    ids=range(11),
)
def test_masked(frame: dict[str, Any], secret: str) -> None:
    masker = Masker()
    shown = masker.message(json.dumps(frame), sent=True)["frame"]
    assert secret not in json.dumps(shown)
    assert (shown["method"], shown["id"]) == (frame["method"], 1)


def test_what_was_secret_once_stays_so_and_shapes_are_kept() -> None:
    masker = Masker()
    masker.message('{"id": 1, "method": "auth.generate_token", "params": []}', sent=True)
    shown = masker.message('{"id": 1, "result": "tok-en-text"}', sent=False)
    assert shown["frame"]["result"] == "********"
    masker.message('{"id": 2, "method": "pool.dataset.export_key", "params": [1]}', sent=True)
    assert masker.message('{"id": 2, "result": "abc"}', sent=False)["frame"]["result"] == "********"
    masker.message('{"id": 3, "method": "alertservice.query", "params": []}', sent=True)
    assert "room" not in str(masker.message('{"id": 3, "result": [{"url": "https://chat.example/room"}]}', sent=False))
    event = {"method": "collection_update", "params": {"fields": {"message": "used tok-en-text", "otp_token": 6}}}
    fields = masker.message(json.dumps(event), sent=False)["frame"]["params"]["fields"]
    assert fields == {"message": "used ********", "otp_token": 0}
    dated = {"credentials": {"data": {"login_at": {"$date": 5000}, "n": None, "b": True}}}
    assert masker.message(json.dumps(dated), sent=False)["frame"] == dated


def plain_flows() -> list[str]:
    """The recorded flows of frames alone."""
    folder = facts()
    paths = [] if folder is None else sorted((folder / "wire").glob("*.jsonl"))
    return [path.stem for path in paths if '"http_request"' not in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("flow", plain_flows() or [pytest.param("", marks=pytest.mark.skip("no recorded facts"))])
async def test_recorded_flows_are_played_back_as_they_are(flow: str) -> None:
    path = require_facts() / "wire" / f"{flow}.jsonl"
    _, steps = read_flow(path)
    clients: dict[int, ClientConnection] = {}
    async with Playback(path, optional=()) as played:
        for step in steps:
            number = step["conn"]
            if step["dir"] == "c2s":
                if "http" in step:
                    clients[number] = await connect(played.url, max_size=None, ping_interval=None)
                elif "frame" in step:
                    frame = step["frame"]
                    if "truncated_from" in step:
                        frame = lengthened(frame, step["truncated_from"])
                    await clients[number].send(frame if isinstance(frame, str) else json.dumps(frame))
                elif "binary" in step:
                    await clients[number].send(bytes.fromhex(step["binary"]))
                elif "close" in step:
                    await clients[number].close(step["close"]["code"])
            elif "frame" in step:
                found = await asyncio.wait_for(clients[number].recv(), 10)
                if "truncated_from" in step:
                    assert len(found) == step["truncated_from"]
                    found, step["frame"] = str(found)[:60], step["frame"][:60]
                assert found == (step["frame"] if isinstance(step["frame"], str) else json.dumps(step["frame"]))
            elif "close" in step and clients[number].close_code is None:
                await asyncio.wait_for(clients[number].wait_closed(), 10)
                assert clients[number].close_code == step["close"]["code"]
        assert played.unexpected == []


async def test_the_command(tmp_path: Path) -> None:
    file = tmp_path / "session.jsonl"
    async with Simulator(tls=True) as nas:
        assert nas.tls is not None
        assert nas.secure_url is not None
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "truenas_client.simulator.record", "--to", nas.secure_url),
            *("--ca", str(nas.tls.path), str(file)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
        async with connect(ready["ws"]) as connection:
            assert await Talk(connection).call("core.ping") == "pong"
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0
    assert '"pong"' in file.read_text()


@pytest.mark.parametrize(
    ("to", "listen"),
    [("nas.example", "127.0.0.1:0"), ("http://nas.example", "127.0.0.1:0"), ("wss://nas.example", "127.0.0.1:70000")],
)
def test_a_bad_address_is_one_line(to: str, listen: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--to", to, "--listen", listen, str(tmp_path / "x")]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)


async def test_a_server_that_is_not_there_is_a_bad_gateway(tmp_path: Path) -> None:
    with Transcript(tmp_path / "x.jsonl") as transcript:
        async with Recorder("wss://127.0.0.1:1", transcript, tls=ssl.create_default_context()) as recorder:
            with pytest.raises(InvalidStatus) as refused:
                await connect(recorder.url)
    assert refused.value.response.status_code == 502


@pytest.mark.parametrize("text", ["", "{}", '{"header": {}}\n{"frame": 1}', "nonsense"])
def test_what_is_no_transcript(text: str, tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(text)
    with pytest.raises(ValueError):  # noqa: PT011 - also of the JSON reader
        Playback(file)
