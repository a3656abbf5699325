"""Downloads and uploads: what they carry, who may, every refusal, and that nothing piles up."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.playing import exchange
from tests.simulator.talking import Refused, Talk, talk
from truenas_client.simulator import ApiKey, Call, Simulator
from truenas_client.simulator.requests import BadBody, Body, Parts

MIB = 1 << 20


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


async def http(nas: Simulator, head: str, body: bytes = b"", **headers: str) -> Answer:
    given = {"Content-Length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Answer(*await exchange(nas, head, given, body))


def multipart(*parts: tuple[str, bytes]) -> bytes:
    made = b"".join(
        b'--xyz\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), content)
        for name, content in parts
    )
    return made + b"--xyz--\r\n"


FORM = "multipart/form-data; boundary=xyz"


async def upload(nas: Simulator, *parts: tuple[str, bytes], query: str = "", **headers: str) -> Answer:
    return await http(nas, f"POST /_upload{query}", multipart(*parts), Content_Type=FORM, **headers)


def call(method: str, *params: Any) -> tuple[str, bytes]:
    return "data", json.dumps({"method": method, "params": params}).encode()


async def token(client: Talk) -> str:
    made: str = await client.call("auth.generate_token", 60, {}, True, True)
    return made


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


async def test_a_file_goes_up_and_comes_down() -> None:
    content = bytes(range(256)) * 3000
    async with Simulator(speed=20) as nas, talk(nas) as client:
        await client.call("core.subscribe", "core.get_jobs")
        answer = await upload(
            nas, call("filesystem.put", "/tmp/x"), ("file", content), Authorization=f"Token {await token(client)}"
        )
        assert answer.status == 200
        ident = json.loads(answer.body)["job_id"]
        ended = await client.event(lambda params: params["id"] == ident and params["fields"]["state"] == "SUCCESS")
        assert ended["fields"]["result"] is True
        _, path = await client.call("core.download", "filesystem.get", ["/tmp/x"], 'a "b"\n.bin')
        answer = await http(nas, f"GET {path}")
        assert (answer.status, answer.body) == (200, content)
        assert answer.headers["Content-Disposition"] == 'attachment; filename="a _b__.bin"'
        assert (await http(nas, f"GET {path}")).status == 401


async def test_the_log_of_a_job() -> None:
    async with Simulator(speed=500) as nas, talk(nas) as client:
        await client.call("cloudsync.sync", 1)
        job = (await client.call("core.get_jobs", [["method", "=", "cloudsync.sync"]]))[0]
        path = await client.call("core.job_download_logs", job["id"], "sync.log")
        answer = await http(nas, f"GET {path}")
        assert (answer.status, answer.body.decode()) == (200, job["logs_excerpt"])
        with pytest.raises(Refused):
            await client.call("core.job_download_logs", 999, "x")


async def test_a_file_is_followed_by_full_administrators() -> None:
    async with Simulator(speed=100) as nas, talk(nas) as client:
        nas.contents["/log"] = b"one\ntwo\nthree\n"
        name = 'filesystem.file_tail_follow:{"path": "/log", "tail_lines": 2}'
        await client.call("core.subscribe", name)

        async def comes(data: str) -> None:
            await client.event(lambda params: params["collection"] == name and params["fields"] == {"data": data})

        await comes("two\nthree\n")
        nas.contents["/log"] += b"fo"
        await comes("fo")
        nas.contents["/log"] += b"ur\n"
        await comes("ur\n")
        await client.login("viewer", nas.users["viewer"]["password"])
        with pytest.raises(Refused):
            await client.call("core.subscribe", name)


async def test_a_file_is_followed_from_its_end_whatever_is_in_it() -> None:
    async with Simulator(speed=100) as nas, talk(nas) as client:
        nas.contents["/log"] = b"one\ntw\xc3"
        name = 'filesystem.file_tail_follow:{"path": "/log", "tail_lines": 0}'
        await client.call("core.subscribe", name)
        await client.event(lambda params: params["collection"] == name and params["fields"] == {"data": ""})
        nas.contents["/log"] += b"\xb6"
        await client.event(lambda params: params["collection"] == name and params["fields"] == {"data": "\ufffd"})


async def test_a_download_whose_name_is_not_unicode_is_fetched() -> None:
    async with Simulator() as nas, talk(nas) as client:
        nas.contents["/x"] = b"x"
        _, path = await client.call("core.download", "filesystem.get", ["/x"], "\udc80.txt")
        answer = await http(nas, f"GET {path}")
        assert (answer.status, answer.body) == (200, b"x")


async def test_a_download_that_nobody_fetches_is_given_up() -> None:
    async with Simulator() as nas, talk(nas) as client:
        nas.contents["/big"] = bytes(4 * MIB)
        ident, path = await client.call("core.download", "filesystem.get", ["/big"], "big")
        nas.clock.advance(61)
        state = ""
        while state not in ("FAILED", "SUCCESS"):
            state = (await client.call("core.get_jobs", [["id", "=", ident]], {"get": True}))["state"]
        assert state == "FAILED"
        assert (await http(nas, f"GET {path}")).status == 410


async def test_a_job_that_is_gone_and_a_token_for_another() -> None:
    async with Simulator() as nas, talk(nas) as client:
        nas.contents["/x"] = b"x"
        one, path = await client.call("core.download", "filesystem.get", ["/x"], "x")
        other, second = await client.call("core.download", "filesystem.get", ["/x"], "x")
        assert (await http(nas, f"GET {path.replace(str(one), str(other), 1)}")).status == 401
        nas.jobs.restart()
        assert (await http(nas, f"GET {second}")).status == 404
        assert (await http(nas, "GET /_download/none")).status == 404
        with pytest.raises(Refused):
            await client.call("core.download", "core.ping", [], "x")


async def test_a_buffered_download_shows_what_there_is() -> None:
    async with Simulator() as nas, talk(nas) as client:
        go_on = asyncio.Event()

        @nas.job("mine.two", downloadable=True)
        async def two(call: Call) -> None:
            await call.output.write(b"one ")
            await go_on.wait()
            await call.output.write(b"two")

        _, early = await client.call("core.download", "mine.two", [], "x", True)
        assert (await http(nas, f"GET {early}")).body == b"one "
        go_on.set()
        ident, late = await client.call("core.download", "mine.two", [], "x", True)
        await client.call("core.job_wait", ident)
        assert (await http(nas, f"GET {late}")).body == b"one two"


async def test_a_slow_client_holds_the_job_up() -> None:
    written = 0
    async with Simulator() as nas, talk(nas) as client:

        @nas.job("mine.endless", downloadable=True)
        async def endless(call: Call) -> None:
            nonlocal written
            while True:
                await call.output.write(bytes(MIB))
                written += 1

        ident, path = await client.call("core.download", "mine.endless", [], "x")
        host, _, port = nas.url.removeprefix("ws://").partition("/")[0].partition(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
        writer.write(f"GET {path} HTTP/1.1\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        before = -1
        while before != written:
            before = written
            for _ in range(20):
                await client.call("core.ping")
        assert written < 20
        writer.transport.abort()
        state = "RUNNING"
        while state == "RUNNING":
            state = (await client.call("core.get_jobs", [["id", "=", ident]], {"get": True}))["state"]
        assert state == "FAILED"


async def test_several_files_and_chunks() -> None:
    sizes: list[int] = []
    async with Simulator() as nas, talk(nas) as client:

        @nas.job("mine.sizes", uploadable=True)
        async def count(call: Call) -> None:
            async for file in call.uploads:
                size = 0
                while data := await file.read():
                    size += len(data)
                sizes.append(size)

        body = multipart(call("mine.sizes"), ("file", bytes(MIB)), ("file", b""), ("file", b"--xy\r\n--xy-z"))
        chunked = b"".join(
            b"%x\r\n%s\r\n" % (len(body[i : i + 999]), body[i : i + 999]) for i in range(0, len(body), 999)
        )
        host, _, port = nas.url.removeprefix("ws://").partition("/")[0].partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            f"POST /_upload?auth_token={await token(client)} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
            f"Expect: 100-continue\r\nContent-Type: {FORM}\r\n\r\n".encode()
        )
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(chunked + b"0\r\n\r\n")
        assert (await reader.readline()).split()[1] == b"200"
        writer.close()
        await client.call("core.job_wait", 1)
        assert sizes == [MIB, 0, 12]


async def test_an_upload_that_breaks_off_is_no_error_of_the_server(caplog: pytest.LogCaptureFixture) -> None:
    async with Simulator() as nas:
        key = next(iter(nas.api_keys.values())).text
        whole = multipart(call("filesystem.put", "/tmp/half"), ("file", b"x" * 1000))
        host, _, port = nas.url.removeprefix("ws://").partition("/")[0].partition(":")
        for length in (20, len(whole) - 500):
            _, writer = await asyncio.open_connection(host, int(port))
            lines = [f"Content-Type: {FORM}", f"Authorization: Bearer {key}", f"Content-Length: {len(whole)}"]
            writer.write("\r\n".join(["POST /_upload HTTP/1.1", *lines, "", ""]).encode() + whole[:length])
            await writer.drain()
            while not nas.writers:  # noqa: ASYNC110 - a value without a signal
                await asyncio.sleep(0.01)
            writer.close()
            while nas.writers:  # noqa: ASYNC110 - a value without a signal
                await asyncio.sleep(0.01)
            await asyncio.sleep(0)
    assert caplog.records == []


async def test_a_job_that_does_not_read_does_not_stop_the_request() -> None:
    async with Simulator() as nas, talk(nas) as client:

        @nas.job("mine.lazy", uploadable=True)
        async def lazy(call: Call) -> None:
            return

        answer = await upload(nas, call("mine.lazy"), ("file", bytes(4 * MIB)), Authorization=basic("admin", "admin"))
        assert answer.status == 200
        assert await client.call("core.ping") == "pong"


FILE = ("file", b"x")
REFUSALS: list[tuple[int, tuple[tuple[str, bytes], ...], str]] = [
    (405, (), "admin"),
    (405, (FILE, call("filesystem.put", "/x")), "admin"),
    (405, (call("filesystem.put", "/x"),), "admin"),
    (405, (call("filesystem.put", "/x"), ("other", b"")), "admin"),
    (405, (call("filesystem.put", "/x"), *[FILE] * 6), "admin"),
    (400, (("data", b"{"), FILE), "admin"),
    (422, (("data", b"{}"), FILE), "admin"),
    (422, (("data", b"[]"), FILE), "admin"),
    (422, (call("no.such"), FILE), "admin"),
    (412, (call("mine.busy"), FILE), "admin"),
    (500, (call("core.ping"), FILE), "admin"),
    (403, (call("filesystem.put", "/x"), FILE), "viewer"),
    (401, (call("filesystem.put", "/x"), FILE), "nobody"),
]


@pytest.mark.parametrize(("status", "parts", "user"), REFUSALS, ids=range(len(REFUSALS)))
async def test_refusals(status: int, parts: tuple[tuple[str, bytes], ...], user: str) -> None:
    async with Simulator(speed=100) as nas, talk(nas) as client:

        @nas.job("mine.busy", lock="busy", queue=0)
        async def busy(call: Call) -> None:
            await call.sleep(100_000)

        await client.send("mine.busy")
        await client.call("core.ping")
        assert (await upload(nas, *parts, Authorization=basic(user, user))).status == status


async def test_ways_to_prove_who_one_is() -> None:
    async with Simulator(speed=100) as nas, talk(nas) as client:
        parts = call("filesystem.put", "/x"), FILE
        nas.add_api_key(ApiKey(50, "x", "admin", "secret"))
        assert (await upload(nas, *parts, Authorization="Bearer 50-secret")).status == 200
        assert (await upload(nas, *parts, Authorization="Bearer 50-wrong")).status == 401
        assert (await upload(nas, *parts, Authorization=basic("admin", "admin"))).status == 200
        assert (await upload(nas, *parts, query=f"?auth_token={await token(client)}")).status == 200
        assert (await upload(nas, *parts, query="?auth_token=bad")).status == 403
        lasting = await client.call("auth.generate_token", 60)
        for _ in range(2):
            assert (await upload(nas, *parts, Authorization=f"Token {lasting}")).status == 200
        attributed = await client.call("auth.generate_token", 60, {"a": 1})
        assert (await upload(nas, *parts, Authorization=f"Token {attributed}")).status == 403
        assert (await upload(nas, *parts)).status == 401
        await client.call("auth.twofactor.update", {"enabled": True})
        assert (await upload(nas, *parts, Authorization=basic("admin", "admin"))).status == 401
        nas.faked_address = "203.0.113.9"
        assert (await upload(nas, *parts, Authorization="Bearer 50-secret")).status == 401
        nas.faked_address = None
        assert (await upload(nas, *parts, Authorization="Bearer 50-secret")).status == 401


BAD_BODIES = [
    b"",
    b"--xyz",
    b"--xyz\r\n",
    b"--xyz\r\n" + b"a: b\r\n" * 9000,
    multipart(call("filesystem.put", "/x"))[:-9],
    b"\x00" * 100_000,
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=range(len(BAD_BODIES)))
async def test_bodies_that_are_no_parts(body: bytes) -> None:
    async with Simulator() as nas, talk(nas) as client:
        assert (await http(nas, "POST /_upload", body, Content_Type=FORM)).status == 405
        assert (await http(nas, "POST /_upload", body)).status == 405
        assert (await http(nas, "GET /_upload")).status == 405
        assert await client.call("core.ping") == "pong"


@given(
    contents=st.lists(st.binary(max_size=300).filter(lambda data: b"\r\n--xyz" not in b"\r\n" + data), max_size=4),
    size=st.integers(1, 400),
)
def test_parts_come_out_as_they_went_in(contents: list[bytes], size: int) -> None:
    whole = multipart(*[("file", content) for content in contents])

    async def read() -> list[bytes]:
        reader = asyncio.StreamReader()
        for start in range(0, len(whole), size):
            reader.feed_data(b"%x\r\n%s\r\n" % (len(whole[start : start + size]), whole[start : start + size]))
        reader.feed_data(b"0\r\n\r\n")
        parts = Parts(Body(reader, {"transfer-encoding": "chunked"}), FORM)
        found = []
        while (part := await parts.next()) is not None:
            found.append(await part.read_all(1000))
        return found

    assert asyncio.run(read()) == contents


@given(data=st.binary(max_size=200))
def test_any_octets_as_parts(data: bytes) -> None:
    async def read() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        parts = Parts(Body(reader, {"content-length": str(len(data))}), FORM)
        while await parts.next() is not None:
            pass

    with pytest.raises(BadBody):
        asyncio.run(read())
