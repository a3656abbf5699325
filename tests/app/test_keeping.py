"""The question after a first success: whether it is asked, and what is written for each answer."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail
from textual.widgets import Input

from tests.app.conftest import Desk, at_desk
from tests.ring import Ring
from truenas_client.auth import budget
from truenas_client.secrets.value import Ask, File, Keyring
from truenas_client.simulator import Simulator
from truenas_client.storage import Profiles, config_path
from tui.app import Start
from tui.session.keeping import keep_profile, offer
from tui.session.target import Target


@pytest.fixture
def no_ring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture(autouse=True)
def counts() -> Iterator[None]:
    budget.forget_counts()
    yield
    budget.forget_counts()


Asked = Callable[[], AbstractAsyncContextManager[Desk]]


@pytest.fixture
def asked(nas: Simulator) -> Asked:
    """The app with the question on screen, after a login typed by hand."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Desk]:
        async with at_desk(Start(nas.url, "admin"), (80, 24)) as desk:
            await desk.until(lambda: desk.app.screen.query_one("#password", Input).has_focus, "the password")
            await desk.type("admin")
            await desk.press("enter")
            await desk.ask_to_keep()
            yield desk

    return opened


def private(path: str) -> str:
    """What stands in a file that nobody else can read."""
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    return Path(path).read_text()


async def test_in_the_keyring_unless_something_else_is_chosen(asked: Asked, ring: Ring, nas: Simulator) -> None:
    async with asked() as desk:
        await desk.see("127.0.0.1", "the keyring")
        await desk.press("enter")
        await desk.landed()
        assert desk.session.target.profile.name == "127.0.0.1"
    profile = Profiles().get("127.0.0.1")
    assert (profile.addresses, profile.username, profile.secret) == ((nas.url,), "admin", Keyring("127.0.0.1"))
    assert profile.read_only
    assert list(ring.entries.values()) == ["admin"]
    assert "admin" not in config_path().read_text().replace('username = "admin"', "")
    # The next start needs nobody.
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.landed()


@pytest.mark.usefixtures("no_ring")
async def test_without_a_keyring_it_is_asked_for_each_time(asked: Asked) -> None:
    async with asked() as desk:
        await desk.see("ask each time", "This machine has no")
        await desk.press("enter")
        await desk.landed()
    assert Profiles().get("127.0.0.1").secret == Ask()


@pytest.mark.usefixtures("no_ring")
async def test_in_clear_only_when_that_is_chosen(asked: Asked) -> None:
    async with asked() as desk:
        await desk.press("tab", "right", "left", "right")
        await desk.see("A file in clear text, mode 0600")
        await desk.press("enter")
        await desk.landed()
    secret = Profiles().get("127.0.0.1").secret
    assert isinstance(secret, File)
    assert private(secret.path) == "admin\n"


@pytest.mark.usefixtures("no_ring")
async def test_the_offer_is_a_line_that_waits_and_takes_no_key(nas: Simulator) -> None:
    async with at_desk(Start(nas.url, "admin"), (80, 24)) as desk:
        await desk.type("admin")
        await desk.press("enter")
        await desk.landed()
        await desk.see("F8 keeps this connection as a profile")
        await desk.type("pool.q")
        assert desk.explore.methods.filter.value == "pool.q"
        await desk.press("enter", "escape")
        # Outside text its letter works too, and so does a click.
        await desk.see("K keeps this connection")
        await desk.press("K")
        await desk.see("Save this connection?")
        await desk.press("escape")
        await desk.see_gone("this connection")
    assert Profiles().names == []


async def test_a_fresh_start_offers_nothing(nas: Simulator) -> None:
    async with at_desk(Start(nas.url, "admin", fresh=True), (80, 24)) as desk:
        await desk.type("admin")
        await desk.press("enter")
        await desk.landed()
        assert [worker for worker in desk.app.workers if worker.group == "keep"] == []
        assert desk.workspace.offered is None
    assert offer(Target.of(nas.url, "admin", "admin")) is not None, "to be offered another time"


async def test_no_is_an_answer_for_good(asked: Asked, nas: Simulator) -> None:
    async with asked() as desk:
        await desk.press("escape")
        await desk.landed()
    assert Profiles().names == []
    assert offer(Target.of(nas.url, "admin", "admin")) is None


@pytest.mark.usefixtures("no_ring")
async def test_a_name_that_is_taken(asked: Asked) -> None:
    async with asked() as desk:
        keep_profile(Target.of("wss://other.example", "root"), "lab", "ask each time")
        name = desk.app.screen.query_one("#name", Input)
        name.value = "lab"
        await desk.press("enter")
        await desk.see("There is a profile lab already")
        name.value = "no name!"
        await desk.press("enter")
        await desk.see("no name for a profile")
        name.value = "mine"
        await desk.press("enter")
        await desk.landed()
    assert Profiles().names == ["lab", "mine"]
    assert Profiles().get("lab").address == "wss://other.example"


def test_whom_it_is_asked(tmp_path: Path, ring: Ring) -> None:
    assert offer(Target.of(None)) is None, "this machine needs no profile"
    first = offer(Target.of("wss://nas.lab.example", "admin", "x"))
    assert first is not None
    assert (first.name, first.places[0]) == ("nas", "the keyring")
    keep_profile(Target.of("wss://nas.lab.example", "admin", "x"), "nas", "ask each time")
    assert offer(Target.of("wss://nas.lab.example/api/current", "admin", "x")) is None, "kept already"
    other = offer(Target.of("wss://nas.other.example", "admin", "x"))
    assert other is not None
    assert other.name == "nas-2"
    config_path().write_text("[[[")
    assert offer(Target.of("wss://more.example", "admin", "x")) is None, "a broken file is left alone"


def test_a_key_in_a_file_stays_where_it_is(tmp_path: Path, ring: Ring) -> None:
    file = tmp_path / "key"
    target = Target.of("wss://nas.example", "admin", str(file), by_key=True, writable=True)
    offered = offer(target)
    assert offered is not None
    assert offered.places == ("the key's own file",)
    profile = keep_profile(target, offered.name, offered.places[0])
    assert (profile.secret, profile.mechanism, profile.read_only) == (File(str(file)), "api-key", False)
    assert (ring.entries, file.exists()) == ({}, False)


def test_a_keyring_that_does_not_take_it_leaves_no_profile(ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: str) -> None:
        raise RuntimeError("locked")

    monkeypatch.setattr(ring, "set_password", refuse)
    with pytest.raises(Exception, match="did not take the secret"):
        keep_profile(Target.of("wss://nas.example", "admin", "x"), "nas", "the keyring")
    assert Profiles().names == []
