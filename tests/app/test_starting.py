"""The first screen: the methods of the last time, before anything is connected."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from tests.app.conftest import Desk, at_desk
from truenas_client.methods.catalogue import Catalogue
from truenas_client.secrets.value import Environment
from truenas_client.simulator import Simulator
from truenas_client.storage import Profile, Profiles
from truenas_client.storage.catalogue_cache import CatalogueCache
from tui.app import Start
from tui.session.session import State
from tui.starting.connect import ConnectScreen
from tui.starting.screen import Starting
from tui.workspace import Workspace

START = Start(profile="lab")


@pytest.fixture
def lab(nas: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """A profile whose secret lies in the environment."""
    monkeypatch.setenv("LAB_PASSWORD", nas.users["admin"]["password"])
    Profiles().put(Profile(name="lab", addresses=(nas.url,), username="admin", secret=Environment("LAB_PASSWORD")))
    # Does nothing but count.
    nas.faults.add("latency", method="core.get_methods", shape="fixed", mean=0)
    return nas


async def online(desk: Desk) -> None:
    await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")
    await desk.until(lambda: desk.session.state is State.ONLINE and not desk.session.learning.cached, "the connection")


async def once(lab: Simulator, start: Start = START) -> None:
    """Starts the app for the first time, until the methods have been kept."""
    async with at_desk(start) as desk:
        await online(desk)
        cache, session = CatalogueCache(), desk.session
        await desk.until(lambda: cache.find(session.place, session.target.user), "the methods on disk")


async def test_methods_are_there_before_the_server_is_and_are_not_read_again(lab: Simulator) -> None:
    await once(lab)
    stall = lab.faults.add("stall", method="auth.login_ex", times=1)
    async with at_desk(START) as desk:
        await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")
        await desk.until(lambda: lab.faults.struck("stall"), "the login on its way")
        await desk.see("Methods  cached", "connecting", "alert")
        assert desk.session.state is State.CONNECTING
        await desk.open("pds q", "pool.dataset.query")
    stall.remove()
    async with at_desk(START) as desk:
        await online(desk)
        await desk.see_gone("cached")
    assert lab.faults.struck("latency") == 1


@pytest.mark.parametrize("what", ["version", "roles"])
async def test_methods_of_another_version_or_of_other_rights_are_read_again(lab: Simulator, what: str) -> None:
    await once(lab)
    kept = CatalogueCache().find(lab.url, "admin")
    assert kept is not None
    small = kept._replace(catalogue=Catalogue([method for method in kept.catalogue if method.namespace == "pool"]))
    other = small._replace(version="25.10") if what == "version" else small._replace(roles=("READONLY_ADMIN",))
    CatalogueCache().keep(lab.url, "admin", other)
    async with at_desk(START) as desk:
        await online(desk)
        await desk.see("system")
        assert len(desk.session.catalogue) == len(kept.catalogue)
        await desk.until(lambda: CatalogueCache().find(lab.url, "admin") != other, "the new ones on disk")
    assert lab.faults.struck("latency") == 2


class Gate:
    """What is loaded after the first screen waits here."""

    def __init__(self) -> None:
        self.opened = threading.Event()

    def __call__(self, name: str) -> ModuleType:
        assert self.opened.wait(30)
        return import_module(name)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    made = Gate()
    monkeypatch.setattr("tui.app.import_module", made)
    return made


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_what_is_typed_on_the_first_screen_goes_on_in_the_workspace(
    lab: Simulator, gate: Gate, size: tuple[int, int]
) -> None:
    gate.opened.set()
    await once(lab)
    gate.opened.clear()
    async with at_desk(START, size) as desk:
        await desk.see("alert", "connecting")
        assert isinstance(desk.app.screen, Starting)
        await desk.type("pds q")
        await desk.see("pool.dataset.query")
        gate.opened.set()
        await online(desk)
        await desk.type("uery")
        assert desk.explore.methods.filter.value == "pds query"
        await desk.press("enter")
        await desk.until(lambda: desk.explore.call_pane.method is not None, "a method")
        await desk.see("pool.dataset.query")


async def test_the_list_stands_where_it_was_left(lab: Simulator, gate: Gate) -> None:
    gate.opened.set()
    async with at_desk(START) as desk:
        await online(desk)
        await desk.open("system.info", "system.info")
        await desk.run()
        await desk.until(lambda: CatalogueCache().find(lab.url, "admin"), "the methods on disk")
    gate.opened.clear()
    async with at_desk(START, (80, 24)) as desk:
        assert isinstance(desk.app.screen, Starting)
        await desk.see("recent", "system.info", "alert")
        gate.opened.set()
        await online(desk)


async def test_a_method_chosen_on_the_first_screen_is_opened(lab: Simulator, gate: Gate) -> None:
    gate.opened.set()
    await once(lab)
    gate.opened.clear()
    async with at_desk(START) as desk:
        await desk.see("alert", "connecting")
        await desk.type("pds q")
        await desk.see("pool.dataset.query")
        await desk.press("enter")
        gate.opened.set()
        await online(desk)
        method = desk.explore.call_pane.method
        assert method is not None
        assert method.name == "pool.dataset.query"


async def test_a_refused_login_leads_to_the_card(lab: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    await once(lab)
    monkeypatch.setenv("LAB_PASSWORD", "old")
    async with at_desk(START) as desk:
        await desk.until(lambda: isinstance(desk.app.screen, ConnectScreen), "the card")
        await desk.see("Wrong user or password", lab.url)
        assert desk.app.connections.sessions == []


async def test_without_a_connection_the_methods_stay_readable(lab: Simulator, unused_tcp_port: int) -> None:
    await once(lab)
    kept = CatalogueCache().find(lab.url, "admin")
    assert kept is not None
    nowhere = f"ws://127.0.0.1:{unused_tcp_port}/api/current"
    CatalogueCache().keep(nowhere, "admin", kept)
    Profiles().put(replace(Profiles().get("lab"), addresses=(nowhere,)))
    async with at_desk(START) as desk:
        await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")
        await desk.see("offline", "Methods  cached")
        await desk.open("pds q", "pool.dataset.query")


async def test_fresh_starts_from_nothing_and_leaves_nothing(lab: Simulator, tmp_path: Path) -> None:
    async with at_desk(START._replace(fresh=True)) as desk:
        await online(desk)
        assert not desk.session.learning.cached
    assert CatalogueCache().find(lab.url, "admin") is None
    await once(lab)
    async with at_desk(START._replace(fresh=True)) as desk:
        assert not isinstance(desk.app.screen_stack[0], Starting)
        await online(desk)
    assert lab.faults.struck("latency") == 3


async def test_the_demo_remembers_its_methods_too() -> None:
    for cached in (False, True):
        async with at_desk(Start(demo=True)) as desk:
            starting = desk.app.screen_stack[0]
            assert isinstance(starting, Starting)
            assert (starting.kept is not None) is cached
            await online(desk)
            await desk.until(lambda: CatalogueCache().find("demo", "admin"), "the methods on disk")


def test_the_first_screen_needs_little() -> None:
    code = (
        "import sys, tui.app\n"
        "heavy = 'websockets jsonschema truenas_client.aio.client truenas_client.methods.check tui.session.session "
        "tui.workspace tui.starting.connect tui.sections truenas_client.simulator truenas_client.trust "
        "textual.widgets._text_area'\n"
        "print([name for name in heavy.split() if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"
