from __future__ import annotations

import asyncio
import gc
import io
import logging
import os
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from truenas_client import (
    AsyncClient,
    CallTimeout,
    ClientException,
    ConnectionLost,
    FingerprintMismatch,
    JobFailed,
    JobLost,
    MethodNotFound,
    NotAuthenticated,
    NotAuthorized,
    ProtocolError,
)
from truenas_client.storage.private_files import claim
from truenas_client.trust import TLS

from ..replay.flows import read_flow
from . import certificates
from .filenas import TOKEN, FileNas, Request, data_of, file_nas, multipart

METHOD, PARAMS = "config.save", [{"secretseed": True}]


def content(lines: int = 3) -> bytes:
    return b"".join(b"line %d\n" % n for n in range(lines))


async def give(nas: FileNas, request: Request) -> None:
    """A download: three chunks, and the job ends with the last."""
    job_id = int(request.target.partition("?")[0].rpartition("/")[2])
    await request.start_chunks()
    for line in content().splitlines(keepends=True):
        await request.chunk(line)
    await nas.end(job_id, result="written")
    await request.chunk(b"")


# -- downloads ---------------------------------------------------------------------------


async def test_download_to_a_file(tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    async with file_nas(give) as nas, AsyncClient(nas.url) as client:
        target = tmp_path / "lines.txt"
        got = await client.download(
            METHOD, PARAMS, "lines.txt", to=target, progress=lambda done, total: seen.append((done, total))
        )
        assert target.read_bytes() == content()
        assert (got.job_id, got.size, got.path, got.content, got.result) == (168, 21, target, None, "written")
        assert ["core.download", METHOD, PARAMS, "lines.txt", False] in nas.calls
        assert seen[-1] == (21, None)
        assert seen == sorted(set(seen))
    assert os.listdir(tmp_path) == ["lines.txt"]


async def test_the_log_of_a_job_comes_by_a_job_of_its_own(tmp_path: Path) -> None:
    async with file_nas(give) as nas, AsyncClient(nas.url) as client:
        got = await client.job_logs(4211)
        assert (got.job_id, got.size, got.content, got.result) == (168, 21, content(), "written")
        assert ["core.job_download_logs", 4211, "job-4211.log"] in nas.calls
        got = await client.job_logs(4211, to=tmp_path)
        assert got.path == tmp_path / "job-4211.log"
        assert got.path.read_bytes() == content()
        with pytest.raises(FileExistsError):
            await client.job_logs(4211, to=tmp_path)
        with pytest.raises(ProtocolError, match="not a place to fetch from"):
            await client.job_logs(7)


async def test_download_into_a_folder_takes_the_name(tmp_path: Path) -> None:
    async with file_nas(give) as nas, AsyncClient(nas.url) as client:
        got = await client.download(METHOD, PARAMS, "../lines.txt", to=tmp_path)
        assert got.path == tmp_path / "lines.txt"
        assert got.path.read_bytes() == content()


async def test_download_to_memory_and_to_an_open_file() -> None:
    async with file_nas(give) as nas, AsyncClient(nas.url) as client:
        got = await client.download(METHOD, PARAMS, "lines.txt")
        assert (got.content, got.path) == (content(), None)
        file = io.BytesIO(b"")
        got = await client.download(METHOD, PARAMS, "lines.txt", to=file)
        assert (got.content, file.getvalue()) == (None, content())


async def test_buffered_download_waits_for_the_job_first() -> None:
    states: list[str] = []

    async def serve(nas: FileNas, request: Request) -> None:
        states.append(nas.jobs[168]["state"])
        await request.answer("200 OK", content())

    totals: list[int | None] = []
    async with file_nas(serve) as nas, AsyncClient(nas.url) as client:
        task = asyncio.create_task(
            client.download(METHOD, PARAMS, "x", buffered=True, progress=lambda done, total: totals.append(total))
        )
        while "core.get_jobs" not in [call[0] for call in nas.calls]:
            await client.call("x")
        for _ in range(30):  # time enough to fetch, for who does not wait
            await client.call("x")
        await nas.end(168, result="written")
        assert (await task).content == content()
        assert states == ["SUCCESS"]
        assert set(totals) == {21}


async def test_a_failed_job_is_no_download_whatever_http_says(tmp_path: Path) -> None:
    async def serve(nas: FileNas, request: Request) -> None:
        await request.answer("200 OK", b"half of it")
        await nas.end(168, "FAILED", error="[EIO] the disk is gone")

    async with file_nas(serve) as nas, AsyncClient(nas.url) as client:
        with pytest.raises(JobFailed, match="the disk is gone"):
            await client.download(METHOD, PARAMS, "x", to=tmp_path / "x")
    assert os.listdir(tmp_path) == []


async def test_the_jobs_failure_is_the_reason_for_a_broken_stream(tmp_path: Path) -> None:
    async def serve(nas: FileNas, request: Request) -> None:
        await request.start_chunks()
        await request.chunk(b"half")
        request.writer.close()
        await nas.end(168, "FAILED", error="[EIO] the disk is gone")

    async with file_nas(serve) as nas, AsyncClient(nas.url) as client:
        with pytest.raises(JobFailed, match="the disk is gone"):
            await client.download(METHOD, PARAMS, "x", to=tmp_path / "x")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_stream_that_ends_early_is_no_download(
    tmp_path: Path, chunked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("truenas_client.aio.files.VERDICT_SECONDS", 0.05)

    async def serve(nas: FileNas, request: Request) -> None:
        if chunked:
            await request.start_chunks()
            await request.chunk(b"half")
        else:
            request.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            await request.writer.drain()

    async with file_nas(serve) as nas, AsyncClient(nas.url) as client:
        with pytest.raises(ConnectionLost, match="broke"):
            await client.download(METHOD, PARAMS, "x", to=tmp_path / "x")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        ("401 Unauthorized", NotAuthenticated, "token"),
        ("403 Forbidden", NotAuthorized, "not allowed"),
        ("404 Not Found", JobLost, "does not know job 168"),
        ("410 Gone", JobLost, "gave it up"),
        ("500 Internal Server Error", ClientException, "the server failed"),
        ("502 Bad Gateway", ClientException, "not \\(yet\\)"),
        ("302 Found", ClientException, "not followed"),
        ("418 Teapot", ClientException, "HTTP 418"),
    ],
)
async def test_refused_downloads(
    tmp_path: Path,
    status: str,
    kind: type[ClientException],
    words: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr("truenas_client.aio.files.VERDICT_SECONDS", 0.05)

    async def serve(nas: FileNas, request: Request) -> None:
        # A server that echoes the address, as some error pages do.
        await request.answer(status, request.target.encode(), f"Location: https://elsewhere{request.target}")

    async with file_nas(serve) as nas, AsyncClient(nas.url) as client:
        with pytest.raises(kind, match=words) as caught:
            await client.download(METHOD, PARAMS, "x", to=tmp_path / "x")
        assert len(nas.requests) == 1
    assert os.listdir(tmp_path) == []
    chain: BaseException | None = caught.value
    while chain is not None:
        assert TOKEN not in f"{chain} {chain!r} {vars(chain)}"
        chain = chain.__cause__ or chain.__context__
    assert TOKEN not in "".join(r.getMessage() for r in caplog.records if r.name.startswith("truenas_client"))


async def test_nothing_is_overwritten_unless_told(tmp_path: Path) -> None:
    target = tmp_path / "x"
    target.write_bytes(b"old")
    async with file_nas(give) as nas, AsyncClient(nas.url) as client:
        with pytest.raises(FileExistsError):
            await client.download(METHOD, PARAMS, "x", to=target)
        assert nas.calls == []
        assert target.read_bytes() == b"old"
        await client.download(METHOD, PARAMS, "x", to=target, overwrite=True)
        assert target.read_bytes() == content()


async def test_a_file_is_for_its_owner_only(tmp_path: Path) -> None:
    modes: list[int] = []
    async with file_nas(give) as nas, AsyncClient(nas.url) as client:
        target, part = tmp_path / "keys", tmp_path / ".keys.part"
        part.write_bytes(b"of another run")
        part.chmod(0o644)

        def look(done: int, total: int | None) -> None:
            # What is told before the first octet may find the file of the other run still there.
            if part.exists() and part.read_bytes() != b"of another run":
                modes.append(part.stat().st_mode & 0o777)

        looked = await client.download(
            METHOD,
            PARAMS,
            "keys",
            to=target,
            overwrite=True,
            progress=look,
        )
        assert looked.path == target
        assert target.read_bytes() == content()
        assert target.stat().st_mode & 0o777 == 0o600
        assert set(modes) <= {0o600}


async def test_what_a_killed_download_left_is_used_again(tmp_path: Path) -> None:
    (tmp_path / ".x.part").write_bytes(b"half of it" * 100_000)
    async with file_nas(give) as nas, AsyncClient(nas.url) as client:
        await client.download(METHOD, PARAMS, "x", to=tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == content()
    assert os.listdir(tmp_path) == ["x"]


@pytest.mark.skipif(os.name != "posix", reason="needs file locks")
async def test_two_downloads_do_not_write_one_file(tmp_path: Path) -> None:
    other = claim(tmp_path / ".x.part")
    async with file_nas(give) as nas, AsyncClient(nas.url) as client:
        with pytest.raises(OSError, match="another program is writing it"):
            await client.download(METHOD, PARAMS, "x", to=tmp_path / "x", overwrite=True)
    os.close(other)
    assert os.listdir(tmp_path) == [".x.part"]


async def test_a_file_that_appeared_meanwhile_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "x"

    async def serve(nas: FileNas, request: Request) -> None:
        target.write_bytes(b"somebody else's")
        await give(nas, request)

    async with file_nas(serve) as nas, AsyncClient(nas.url) as client:
        with pytest.raises(FileExistsError):
            await client.download(METHOD, PARAMS, "x", to=target)
    assert target.read_bytes() == b"somebody else's"
    assert os.listdir(tmp_path) == ["x"]


async def test_cancelling_closes_the_connection_and_leaves_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def serve(nas: FileNas, request: Request) -> None:
        await request.start_chunks()
        await request.chunk(b"half")
        await request.reader.read()
        nas.cut.set()

    async with file_nas(serve) as nas, AsyncClient(nas.url) as client:
        begun = asyncio.Event()
        task = asyncio.create_task(
            client.download(METHOD, PARAMS, "x", to=tmp_path / "x", progress=lambda done, total: done and begun.set())
        )
        await asyncio.wait_for(begun.wait(), 10)
        assert os.listdir(tmp_path) == [".x.part"]
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert os.listdir(tmp_path) == []
        await asyncio.wait_for(nas.cut.wait(), 10)
        assert await client.call("x") is None
    del task
    gc.collect()
    assert caplog.text == "", "an end that nobody waited for is no error"


async def test_a_silent_transfer_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truenas_client.aio.files.VERDICT_SECONDS", 0.05)

    async def serve(nas: FileNas, request: Request) -> None:
        await request.start_chunks()
        await request.reader.read()

    async with file_nas(serve) as nas, AsyncClient(nas.url) as client:
        with pytest.raises(CallTimeout, match="stood still"):
            await client.download(METHOD, PARAMS, "x", to=tmp_path / "x", timeout=0.1)
    assert os.listdir(tmp_path) == []


async def test_what_a_progress_callback_raises_ends_the_transfer(tmp_path: Path) -> None:
    async def serve(nas: FileNas, request: Request) -> None:
        await request.start_chunks()
        await request.chunk(b"half")
        await request.reader.read()

    def no(done: int, total: int | None) -> None:
        raise ZeroDivisionError

    async with file_nas(serve) as nas, AsyncClient(nas.url) as client:
        with pytest.raises(ZeroDivisionError):
            await client.download(METHOD, PARAMS, "x", to=tmp_path / "x", progress=no)
    assert os.listdir(tmp_path) == []


async def test_what_the_callers_file_raises_is_raised() -> None:
    class Full(io.RawIOBase):
        def write(self, block: Any) -> int:
            raise BrokenPipeError("the reader went away")

    async with file_nas(give) as nas, AsyncClient(nas.url) as client:
        with pytest.raises(BrokenPipeError, match="went away"):
            await client.download(METHOD, PARAMS, "x", to=Full())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "answer", [None, [168], ["168", "/x"], [168, "https://elsewhere/_download/168?a=b"], [168, "/_download/1?a=b\r\nX"]]
)
async def test_an_address_that_is_none_is_not_fetched(answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with file_nas(give) as nas, AsyncClient(nas.url) as client:

        async def call(*args: Any, **kwargs: Any) -> Any:
            return answer

        monkeypatch.setattr(client, "call", call)
        with pytest.raises(ProtocolError):
            await client.download(METHOD, PARAMS, "x")
        assert nas.requests == []


async def test_a_job_the_server_does_not_know_is_lost() -> None:
    async with file_nas(give) as nas, AsyncClient(nas.url) as client:
        job = await client.follow(999, METHOD, *PARAMS)
        with pytest.raises(JobLost, match="999"):
            await job.result(10)
        job_id = await nas.add("pool.scrub", ["tank"])
        job = await client.follow(job_id, METHOD, *PARAMS)
        with pytest.raises(JobLost, match=r"\(pool\.scrub\)"):
            await job.result(10)
        job = await client.follow(job_id, "pool.scrub", "tank")
        assert job.state == "RUNNING"
        by_number = await client.follow(job_id)
        assert (by_number.method, by_number.state) == ("pool.scrub", "RUNNING")
        await nas.end(job_id, result=7)
        assert await job.result(10) == 7
        assert await by_number.result(10) == 7
        assert await (await client.follow(job_id)).result(10) == 7
        with pytest.raises(JobLost, match="999"):
            await (await client.follow(999)).result(10)


async def test_memory_stays_flat_both_ways(tmp_path: Path) -> None:
    size, block = 192 * 2**20, bytes(2**20)
    received = 0

    async def serve(nas: FileNas, request: Request) -> None:
        nonlocal received
        if request.method == "GET":
            await request.start_chunks()
            for _ in range(size // len(block)):
                await request.chunk(block)
            await nas.end(168)
            await request.chunk(b"")
            return
        left = int(request.headers["content-length"])
        while left:
            left -= len(await request.reader.read(65536))
        received = int(request.headers["content-length"])
        job_id = await nas.add(METHOD, [])
        await nas.end(job_id)
        await request.answer("200 OK", b'{"job_id": %d}' % job_id)

    class Discarding(io.RawIOBase):
        def write(self, block: Any) -> int:
            return len(block)

    hole = tmp_path / "hole"
    with hole.open("wb") as file:
        file.truncate(size)  # takes no room on the disk
    async with file_nas(serve) as nas, AsyncClient(nas.url) as client:
        gc.collect()
        tracemalloc.start()
        try:
            got = await client.download(METHOD, PARAMS, "x", to=Discarding())  # type: ignore[arg-type]
            assert got.size == size
            await (await client.upload(METHOD, [], hole)).result(10)
            assert received > size
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    # Client and server together, with all their socket buffers.
    assert peak < 24 * 2**20


# -- uploads -----------------------------------------------------------------------------


async def take(nas: FileNas, request: Request) -> None:
    parts = multipart(await request.body(), request.headers["content-type"])
    data = data_of(parts)
    job_id = await nas.add(data["method"], data["params"])
    await request.answer("200 OK", b'{"job_id": %d}' % job_id)
    await nas.end(job_id, result=[[head, len(content)] for head, content in parts[1:]])


async def test_upload_sends_the_parts_in_order(tmp_path: Path) -> None:
    path = tmp_path / 'strange "name".bin'
    path.write_bytes(b"x" * 700_000)
    file = io.BytesIO(b"skipped, then sent")
    file.seek(9)
    seen: list[tuple[int, int | None]] = []
    async with file_nas(take) as nas, AsyncClient(nas.url) as client:
        job = await client.upload(
            "wiretest.job_upload",
            [{"a": 1}],
            path,
            b"bytes",
            ("n\udcffmed.txt", b""),
            file,
            progress=lambda done, total: seen.append((done, total)),
        )
        assert job.id == 168
        result = await job.result(10)
        sizes = [size for _, size in result]
        assert sizes == [700_000, 5, 0, 9]
        assert [head.split("\r\n")[0].partition("filename=")[2] for head, _ in result] == [
            '"strange %22name%22.bin"',
            '"file"',
            '"n?med.txt"',
            '"file"',
        ]
        assert seen[-1] == (700_014, 700_014)
        assert seen == sorted(set(seen))
        [request] = nas.requests
        assert (request.method, request.target) == ("POST", "/_upload")
        assert request.headers["authorization"] == f"Token {TOKEN}"
        assert ["auth.generate_token", 600, {}, True, True] in nas.calls


async def test_an_uploads_job_may_fail() -> None:
    async def serve(nas: FileNas, request: Request) -> None:
        await request.body()
        job_id = await nas.add(METHOD, [])
        await nas.end(job_id, "FAILED", error="[EINVAL] not a configuration")
        await request.answer("200 OK", b'{"job_id": %d}' % job_id)

    async with file_nas(serve) as nas, AsyncClient(nas.url) as client:
        job = await client.upload(METHOD, [], b"x")
        with pytest.raises(JobFailed, match="not a configuration"):
            await job.result(10)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        ("400 Bad Request", b"", ClientException, "could not read"),
        ("401 Unauthorized", b"401: Unauthorized", NotAuthenticated, "takes no login"),
        ("403 Forbidden", b"Invalid token", NotAuthorized, "Invalid token"),
        ("405 Method Not Allowed", b"parts\x1b[31m", ClientException, "parts \\[31m"),
        ("412 Precondition Failed", b"[EBUSY] later", ClientException, r"\[EBUSY\] later"),
        ("422 Unprocessable", b"", MethodNotFound, "no such method"),
        ("500 Internal Server Error", b"<html>x</html>", ClientException, "HTTP 500, the server failed$"),
        ("413 Too Large", b"", ClientException, "larger"),
        ("200 OK", b"{}", ProtocolError, "which job"),
        ("200 OK", TOKEN.encode(), ProtocolError, "which job"),
        ("412 Precondition Failed", TOKEN.encode(), ClientException, r"\*\*\*"),
    ],
)
async def test_refused_uploads(status: str, body: bytes, kind: type[ClientException], words: str) -> None:
    async def serve(nas: FileNas, request: Request) -> None:
        await request.body()
        await request.answer(status, body)

    async with file_nas(serve) as nas, AsyncClient(nas.url) as client:
        with pytest.raises(kind, match=words) as caught:
            await client.upload(METHOD, [], b"x")
        assert TOKEN not in f"{caught.value} {vars(caught.value)}"
        if kind is ClientException:
            assert caught.value.extra == {"status": int(status[:3])}


@pytest.mark.parametrize("lingering", [True, False])
async def test_a_refusal_is_heard_though_the_file_is_not_taken(lingering: bool) -> None:
    async def serve(nas: FileNas, request: Request) -> None:
        await request.answer("403 Forbidden", b"Invalid token")
        # Most web servers read on for a while; one that does not tears the connection down.
        while lingering and await request.reader.read(65536):
            pass

    async with file_nas(serve) as nas, AsyncClient(nas.url) as client:
        with pytest.raises(NotAuthorized, match="Invalid token"):
            await client.upload(METHOD, [], bytes(8 * 2**20))


async def test_a_file_that_became_shorter_is_not_sent_as_whole(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(bytes(4 * 2**20))

    async def serve(nas: FileNas, request: Request) -> None:
        while await request.reader.read(65536):
            pass
        nas.cut.set()

    async with file_nas(serve) as nas, AsyncClient(nas.url) as client:

        def shorten(done: int, total: int | None) -> None:
            os.truncate(path, 0)

        with path.open("rb") as file, pytest.raises(OSError, match="shorter"):
            await client.upload(METHOD, [], file, progress=shorten)
        await asyncio.wait_for(nas.cut.wait(), 10)


async def test_cancelling_an_upload_closes_the_connection() -> None:
    async def serve(nas: FileNas, request: Request) -> None:
        await request.reader.read(1000)
        started.set()
        await resume.wait()
        while await request.reader.read(65536):
            pass
        nas.cut.set()

    started, resume = asyncio.Event(), asyncio.Event()
    async with file_nas(serve) as nas, AsyncClient(nas.url) as client:
        task = asyncio.create_task(client.upload(METHOD, [], bytes(64 * 2**20)))
        await asyncio.wait_for(started.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        resume.set()
        await asyncio.wait_for(nas.cut.wait(), 10)
        assert nas.jobs == {}


def recorded(name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The HTTP requests of a recorded flow with their answers."""
    lines = [line for lines in read_flow(name).connections.values() for line in lines]
    requests = [line["http_request"] for line in lines if "http_request" in line]
    answers = [line["http_response"] for line in lines if "http_response" in line]
    assert len(requests) == len(answers) > 0
    return list(zip(requests, answers, strict=True))


async def test_recorded_uploads_are_asked_for_and_understood() -> None:
    meant = {401: NotAuthenticated, 403: NotAuthorized, 405: ClientException, 422: MethodNotFound}
    seen = set()
    for request, answer in recorded("upload"):
        form = multipart(request["body"].encode(), request["headers"]["Content-Type"])

        async def serve(nas: FileNas, got: Request, answer: Any = answer, form: Any = form) -> None:
            parts = multipart(await got.body(), got.headers["content-type"])
            if answer["status"] == 200:
                assert got.target == "/_upload"
                assert data_of(parts) == data_of(form)
                assert [content for _, content in parts[1:]] == [content for _, content in form[1:]]
            nas.next_id = 170
            await nas.add("wiretest.job_upload", [{}])
            await nas.add("wiretest.job_upload", [{}])
            await nas.add("wiretest.job_upload", [{}])
            await got.answer(f"{answer['status']} -", answer["body"].encode())

        async with file_nas(serve) as nas, AsyncClient(nas.url) as client:
            seen.add(answer["status"])
            if answer["status"] == 200:
                job = await client.upload("wiretest.job_upload", [{}], ("f.bin", form[1][1]))
                assert job.id in (170, 171, 172)
            else:
                with pytest.raises(meant[answer["status"]], match=re.escape(answer["body"]) or None):
                    await client.upload("wiretest.job_upload", [{}], b"hello upload")
    assert seen == {200, *meant}


async def test_recorded_downloads_are_understood() -> None:
    for request, answer in recorded("core_download"):

        async def serve(nas: FileNas, got: Request, answer: Any = answer) -> None:
            assert got.target.startswith("/_download/168?auth_token=")
            await nas.end(168, result="written")
            if answer["status"] == 200:
                await got.start_chunks()
                await got.chunk(answer["body"].encode())
                await got.chunk(b"")
            else:
                await got.answer(f"{answer['status']} -")

        async with file_nas(serve) as nas, AsyncClient(nas.url) as client:
            if answer["status"] == 200:
                got = await client.download("wiretest.job_download", [{"lines": 3}], "lines.txt")
                assert got.content == answer["body"].encode()
            else:
                assert answer["status"] == 401
                with pytest.raises(NotAuthenticated):
                    await client.download("wiretest.job_download", [{"lines": 3}], request["path"])


@pytest.mark.parametrize("count", [0, 6])
async def test_an_upload_takes_one_to_five_files(count: int) -> None:
    async with file_nas(take) as nas, AsyncClient(nas.url) as client:
        with pytest.raises(ValueError, match="one to 5"):
            await client.upload(METHOD, [], *([b""] * count))
        assert nas.calls == []


# -- the same server ---------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(asyncio, "start_unix_server"), reason="no UNIX sockets here")
async def test_over_the_unix_socket(tmp_path: Path) -> None:
    async with file_nas(give, unix=tmp_path / "s") as nas, AsyncClient(nas.url) as client:
        assert (await client.download(METHOD, PARAMS, "x")).content == content()
        assert nas.requests[0].headers["host"] == "localhost"
        nas.serve = take
        await (await client.upload(METHOD, [], b"x")).result(10)
        # A token of the local socket is bound to no address.
        assert ["auth.generate_token", 600, {}, False, True] in nas.calls


async def test_the_clients_trust_decides_here_too(tmp_path: Path) -> None:
    first, other = certificates.certificate(tmp_path), certificates.certificate(tmp_path)
    context = first.context
    async with file_nas(give, tls=context) as nas, AsyncClient(nas.url, tls=TLS.pinned(first.fingerprint)) as client:
        assert (await client.download(METHOD, PARAMS, "x")).content == content()
        nas.serve = take
        await (await client.upload(METHOD, [], bytes(2**20))).result(10)
        # From now on new connections are shown another one.
        context.load_cert_chain(other.path)
        with pytest.raises(FingerprintMismatch) as caught:
            await client.download(METHOD, PARAMS, "x")
        assert caught.value.seen == f"sha256:{other.fingerprint}"
        with pytest.raises(FingerprintMismatch):
            await client.upload(METHOD, [], b"x")
        assert len(nas.requests) == 2
