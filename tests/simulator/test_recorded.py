"""The simulator against recorded conversations of real servers: same frames for the same client."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.facts import facts, require_facts
from tests.simulator import wiretest
from tests.simulator.playing import Player, read_flow
from truenas_client.simulator import RELEASES, Simulator

# Real seconds are short here: the recorded waits (penalties, sleeping jobs) go by faster.
SPEED = 4.0


def flows() -> list[str]:
    folder = facts()
    return [] if folder is None else [path.stem for path in sorted((folder / "wire").glob("*.jsonl"))]


@pytest.mark.parametrize("flow", flows() or [pytest.param("", marks=pytest.mark.skip("no recorded facts"))])
async def test_recorded_flow(flow: str, tmp_path: Path) -> None:
    header, steps = read_flow(require_facts() / "wire" / f"{flow}.jsonl")
    unix = tmp_path / "nas.sock" if header["endpoint"].startswith("unix") else None
    release = next(name for name in RELEASES if header["server"].startswith(f"{name}."))
    nas = Simulator(unix=unix, release=release, speed=SPEED, tls=header["endpoint"].startswith("wss"), demo_data=False)
    wiretest.install(nas)
    async with nas:
        await asyncio.wait_for(Player(nas, header, unix).play(steps), 40)
