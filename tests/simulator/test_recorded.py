"""The simulator against recorded conversations of real servers: same frames for the same client."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.facts import facts, require_facts
from tests.simulator import wiretest
from tests.simulator.playing import Player, read_flow
from truenas_client.simulator import RELEASES, Simulator

# Not played yet, each with the reason.
LATER = {
    "core_download": "needs file transfer",
    "upload": "needs file transfer",
    "http_versions": "played as plain HTTP below",
}

# Real seconds are short here: the recorded waits (penalties, sleeping jobs) go by faster.
SPEED = 4.0


def flows() -> list[str]:
    folder = facts()
    names = [] if folder is None else [path.stem for path in sorted((folder / "wire").glob("*.jsonl"))]
    return [name for name in names if name not in LATER]


@pytest.mark.parametrize("flow", flows() or [pytest.param("", marks=pytest.mark.skip("no recorded facts"))])
async def test_recorded_flow(flow: str, tmp_path: Path) -> None:
    header, steps = read_flow(require_facts() / "wire" / f"{flow}.jsonl")
    unix = tmp_path / "nas.sock" if header["endpoint"].startswith("unix") else None
    release = next(name for name in RELEASES if header["server"].startswith(f"{name}."))
    nas = Simulator(unix=unix, release=release, speed=SPEED, tls=header["endpoint"].startswith("wss"), demo_data=False)
    wiretest.install(nas)
    async with nas:
        await asyncio.wait_for(Player(nas, header, unix).play(steps), 40)


async def exchange(nas: Simulator, path: str) -> tuple[int, dict[str, str], str]:
    """One plain GET: status, headers, body."""
    host, _, port = nas.url.removeprefix("ws://").partition("/")[0].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: nas\r\n\r\n".encode())
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    lines = head.split("\r\n")
    return int(lines[0].split(" ")[1]), dict(line.split(": ", 1) for line in lines[1:]), body


async def test_recorded_http() -> None:
    path = require_facts() / "wire" / "http_versions.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    requests = [line["http_request"] for line in lines if "http_request" in line]
    responses = [line["http_response"] for line in lines if "http_response" in line]
    nas = Simulator(demo_data=False)
    wiretest.install(nas)
    async with nas:
        for request, response in zip(requests, responses, strict=True):
            status, headers, body = await exchange(nas, request["path"])
            assert (status, headers, body) == (response["status"], response["headers"], response["body"])
