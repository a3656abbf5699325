"""A list of methods never outlives the version of the server it was read from. No screen is drawn here."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from truenas_client.simulator import Call, Simulator, shapes
from truenas_client.storage.catalogue_cache import CatalogueCache, Kept
from tui.session.session import Session, State
from tui.session.target import Target


def nas_that_says(versions: list[str]) -> Simulator:
    """A server whose version is the last of ``versions``; empty: it tells none."""
    nas = Simulator(speed=100.0)

    @nas.method("system.info", returns=shapes.returning(shapes.obj()))
    def info(call: Call) -> dict[str, str]:
        return {"hostname": "nas", "version": versions[-1]}

    return nas


async def learned(session: Session, name: str) -> None:
    """Wait until the session knows a method."""
    known = asyncio.Event()

    def look() -> None:
        if name in session.catalogue:
            known.set()

    session.catalogue_changed.subscribe(look)
    look()
    async with asyncio.timeout(20):
        await known.wait()


@pytest.mark.parametrize(("before", "after"), [("26.0.0", "27.0.0"), ("", ""), ("26.0.0", "")])
async def test_methods_are_read_again_after_an_update(before: str, after: str, tmp_path: Path) -> None:
    versions = [before]
    async with nas_that_says(versions) as nas:
        session = Session(Target.of(nas.url, "admin", "admin"), CatalogueCache(tmp_path))
        await session.open()
        assert "vm.reset" not in session.catalogue
        nas.method("vm.reset")(lambda call: None)
        versions.append(after)
        nas.drop_connections()
        await learned(session, "vm.reset")
        await session.close()
        assert session.state is State.CLOSED


async def test_what_is_on_disk_does_not_serve_another_version(tmp_path: Path) -> None:
    versions = ["26.0.0"]
    async with nas_that_says(versions) as nas:
        cache = CatalogueCache(tmp_path)
        target = Target.of(nas.url, "admin", "admin")
        first = Session(target, cache)
        await first.open()
        cache.keep(
            first.place, "admin", Kept(first.catalogue, first.learning.release, tuple(sorted(first.roles or ())))
        )
        await first.close()
        nas.method("vm.reset")(lambda call: None)
        for version, known in (("26.0.0", False), ("27.0.0", True)):
            versions.append(version)
            session = Session(target, cache)
            assert session.recall()
            await session.open()
            assert ("vm.reset" in session.catalogue) is known
            await session.close()
