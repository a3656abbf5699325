"""In a browser without --allow-local, nothing of this account is used: sockets, secrets, environment, files."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App

from tests.app.stage import Stage
from truenas_client.exc import SecretUnavailable
from truenas_client.secrets.value import Ask, Environment, Secret
from truenas_client.storage import Profile, Profiles
from truenas_client.trust import TLS
from tui import guest
from tui.app import Start
from tui.cards.file import FileScreen
from tui.session.filling import NotFilled, PutIn, fill_arguments, named
from tui.session.keeping import no_keyring, offer, store_trust
from tui.session.signing import obtain
from tui.session.target import Target
from tui.starting.opening import opening, picked
from tui.widgets.choice import Choice
from tui.widgets.connect_form import ConnectForm

LAB = Profile(name="lab", addresses=("wss://lab.example",), username="admin", secret=Environment("NAS_SECRET"))


@pytest.fixture(autouse=True)
def as_guest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest, "_guest", True)
    monkeypatch.setenv("NAS_SECRET", "kept for the owner")


@pytest.mark.parametrize(
    "target",
    [
        Target.of(None),
        Target.of("ws+unix:///run/nas.sock"),
        Target(Profile(name="", addresses=("wss://nas", "ws+unix:///run/nas.sock"), username="a"), Secret("typed")),
        Target(LAB),
        Target.of("nas", "admin", "/root/nas.key", by_key=True),
    ],
    ids=["the socket", "another socket", "a socket after it", "a kept secret", "the file of a key"],
)
async def test_nothing_is_connected_to_by_what_belongs_to_the_account(target: Target) -> None:
    with pytest.raises(SecretUnavailable, match="--allow-local"):
        await obtain(target, lambda text: None)


async def test_what_was_typed_signs_in() -> None:
    secret = await obtain(Target(LAB, Secret("typed")), lambda text: None)
    assert secret is not None
    assert secret.reveal() == "typed"


def test_a_profile_asks_for_its_secret_and_is_not_changed() -> None:
    Profiles().put(LAB)
    start = Start(profile="lab")
    assert not opening(start).at_once
    assert isinstance(picked(start, "lab").profile.secret, Ask)
    store_trust("lab", TLS.insecure())
    assert Profiles().get("lab") == LAB
    assert offer(Target.of("nas", "admin", "typed")) is None
    assert "--allow-local" in no_keyring()


@pytest.mark.parametrize("text", ["${env:NAS_SECRET}", "${secret:smtp}"])
async def test_arguments_get_nothing_from_here(text: str) -> None:
    assert named() == []
    with pytest.raises(NotFilled, match="--allow-local"):
        await fill_arguments([text], PutIn())


async def test_the_card_offers_no_socket() -> None:
    form = ConnectForm(Target.of(None), Target.of(""))
    async with Stage(form).run_test(size=(80, 24)):
        choice = form.query_one("#kind", Choice)
        assert "local socket" not in choice.words
        assert choice.value in choice.words


async def test_no_file_of_this_machine_is_sent(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("x")
    card = FileScreen("upload", "filesystem.put", str(tmp_path / "here"))
    app: App[None] = Stage()
    async with app.run_test():
        await app.push_screen(card)
        assert "--allow-local" in card._examined(str(tmp_path / "here"))[1]
