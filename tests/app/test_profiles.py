"""Profiles in the app: which one it opens with, choosing one on the card, and what a profile says being done."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from textual.widgets import Input

from tests.app.conftest import Desk, at_desk
from tests.auth.ways import at_another_host, elsewhere, frames
from tests.midclt.served import scripted
from truenas_client import AsyncClient, InvalidCredentials
from truenas_client.auth import budget
from truenas_client.exc import InvalidProfile
from truenas_client.secrets.value import Ask, Environment, Reference
from truenas_client.simulator import Simulator
from truenas_client.storage import Known, Profile, Profiles, config_path
from truenas_client.trust import SYSTEM, TLS
from tui import __main__ as program
from tui.app import Start, TrueNASApp
from tui.cards.confirm import ConfirmScreen
from tui.cards.profile import ProfileScreen
from tui.session.profile_editing import save_profile, try_profile
from tui.starting.connect import ConnectScreen
from tui.starting.opening import opening, picked
from tui.widgets.choice import Choice
from tui.widgets.profile_list import NEW
from tui.widgets.rows import Rows

__all__ = ["elsewhere", "frames"]

KEPT = Environment("NAS_SECRET")


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NAS_SECRET", "admin")
    budget.forget_counts()
    yield
    budget.forget_counts()


def keep(
    name: str, *addresses: str, secret: Reference = KEPT, username: str = "admin", use: bool = False, **values: object
) -> Profile:
    profile = Profile(name=name, addresses=addresses, username=username, secret=secret, **values)  # type: ignore[arg-type]
    profiles = Profiles()
    profiles.put(profile)
    if use:
        profiles.use(name)
    return profile


def field(desk: Desk, name: str) -> Input:
    return desk.app.screen.query_one(f"#{name}", Input)


# -- what the app begins with ----------------------------------------------------------------


def test_what_is_opened() -> None:
    assert opening(Start()).target.address is None
    keep("lab", "wss://nas.example")
    begun = opening(Start())
    assert (begun.target.profile.name, begun.at_once, begun.choosing) == ("lab", True, False)
    keep("quiet", "wss://quiet.example", secret=Ask())
    begun = opening(Start())
    assert (begun.target.profile.name, begun.at_once, begun.choosing) == ("", False, True)
    begun = opening(Start(profile="quiet"))
    assert (begun.target.profile.name, begun.at_once) == ("quiet", False)
    assert opening(Start(profile="quiet", password="given")).at_once
    Profiles().use("lab")
    assert opening(Start()).target.profile.name == "lab"
    # An address of its own needs no profile.
    begun = opening(Start(address="wss://other.example"))
    assert (begun.target.address, begun.target.profile.name, begun.at_once) == ("wss://other.example", "", False)


def test_flags_win_over_the_profile() -> None:
    keep("lab", "wss://nas.example", mechanism="api-key", read_only=False)
    keep("open", "wss://open.example", tls=TLS.insecure())
    lab = opening(Start(profile="lab")).target
    assert (lab.writable, lab.tls, lab.profile.mechanism, lab.profile.channel_binding) == (
        True,
        SYSTEM,
        "api-key",
        True,
    )
    said = Start(profile="lab", writable=False, plain=True, channel_binding=False, ca_file="/ca.pem")
    lab = opening(said).target
    assert (lab.writable, lab.tls.ca_file, lab.profile.mechanism) == (False, "/ca.pem", "api-key-plain")
    assert (lab.profile.channel_binding, lab.said_plain) == (False, True)
    # Somebody else, or somewhere else: the profile's secret is not for that, nor is taking any certificate.
    other = opening(Start(profile="lab", user="eve"))
    assert (other.target.user, other.target.profile.secret, other.at_once) == ("eve", Ask(), False)
    other = opening(Start(profile="open", address="wss://elsewhere.example"))
    assert (other.target.user, other.target.profile.secret, other.target.tls) == ("admin", Ask(), SYSTEM)
    assert not other.at_once
    # What was given for one server is not for one that is picked from the list.
    given = picked(Start(address="wss://x.example", user="eve", password="hers", writable=True), "lab")
    assert (given.user, given.secret, given.writable) == ("admin", None, True)


def test_what_cannot_be_opened() -> None:
    keep("lab", "wss://nas.example")
    with pytest.raises(InvalidProfile, match="did you mean lab"):
        opening(Start(profile="lap"))
    config_path().write_text("[profile.lab]\nadress = 'x'\n")
    with pytest.raises(InvalidProfile, match="address is meant"):
        opening(Start(profile="lab"))
    # Nobody asked for it by name: the card tells, and an address can still be typed.
    assert "address is meant" in opening(Start()).problem
    config_path().write_text("[[[")
    assert "TOML" in opening(Start()).problem


def test_the_command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    started: list[Start] = []
    monkeypatch.setattr(TrueNASApp, "run", lambda app: started.append(app.start))
    for name in [name for name in os.environ if name.startswith("TRUENAS_") and name != "TRUENAS_FACTS"]:
        monkeypatch.delenv(name)
    keep("lab", "wss://nas.example")
    assert program.main(["--profile", "lab", "--write"]) == 0
    monkeypatch.setenv("TRUENAS_PROFILE", "lab")
    assert program.main(["--read-only"]) == 0
    assert [(one.profile, one.writable) for one in started] == [("lab", True), ("lab", False)]
    assert program.main(["--profile", "nowhere"]) == 2
    assert "no profile 'nowhere'" in capsys.readouterr().err
    assert len(started) == 2


# -- on the card -----------------------------------------------------------------------------


async def test_one_profile_with_a_kept_secret_signs_in_at_once(nas: Simulator) -> None:
    keep("lab", nas.url, read_only=False, colour="green")
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.landed()
        await desk.see("writes allowed", " nas ")
        strip = desk.app.screen._compositor.render_strips()[0]
        colours = {segment.text.strip(): segment.style and segment.style.bgcolor for segment in strip}
        chip = colours["nas"]
        assert chip is not None
        assert chip.get_truecolor() == (0, 128, 0), "the name stands on the profile's colour"
        assert desk.session.target.secret is None, "what lies elsewhere is not taken along"


async def test_one_of_several_is_chosen_with_keys(nas: Simulator) -> None:
    keep("away", "ws://127.0.0.1:1")
    keep("lab", nas.url)
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.until(lambda: desk.app.screen.query_one("#profiles", Rows).has_focus, "the list has the focus")
        await desk.see("away", "lab", "another", "from the environment variable NAS_SECRET")
        assert field(desk, "address").value == "ws://127.0.0.1:1"
        await desk.press("down")
        assert field(desk, "address").value == nas.url
        await desk.press("enter")
        await desk.landed()
        await desk.see("read-only")
        assert desk.session.target.profile.name == "lab"


async def test_a_secret_that_is_asked_for_is_the_next_step(nas: Simulator) -> None:
    keep("away", "ws://127.0.0.1:1")
    keep("lab", nas.url, secret=Ask())
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.press("down", "enter")
        await desk.see("No password  Enter it")
        assert field(desk, "password").has_focus
        await desk.type("admin")
        await desk.press("enter")
        # It is a profile already: nobody is asked whether to keep it.
        await desk.landed()
        assert desk.session.target.profile.name == "lab"


async def test_a_failure_at_once_leaves_the_card_filled() -> None:
    keep("lab", "ws://127.0.0.1:1")
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.see("Connection refused")
        assert field(desk, "address").value == "ws://127.0.0.1:1"
        assert isinstance(desk.app.screen, ConnectScreen)


async def test_broken_profiles_are_told_and_in_nobodys_way(nas: Simulator) -> None:
    keep("lab", nas.url)
    with config_path().open("a") as file:
        file.write("\n[profile.broken]\nadress = 'x'\n")
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.see("broken", "cannot be read")
        await desk.press("down")
        await desk.see("address is meant")
        await desk.press("up", "enter")
        await desk.landed()


async def test_a_profile_that_goes_away_while_the_app_runs(nas: Simulator) -> None:
    keep("lab", nas.url)
    keep("other", "wss://other.example")
    async with at_desk(Start(profile="lab"), (80, 24)) as desk:
        await desk.landed()
        Profiles().remove("lab")
        await desk.press("escape", "escape", "c")
        await desk.see("Connect", "other")
    # The same at the next start, which remembers what the last one began with.
    async with at_desk(Start(profile="lab"), (80, 24)) as desk:
        await desk.see("no profile 'lab'", "other")


async def test_another_address_gets_nothing_of_the_profile(nas: Simulator, frames: list[str]) -> None:
    keep("lab", "wss://lab.example", tls=TLS.pinned("ab" * 32))
    keep("more", "wss://more.example")
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.see("from the environment variable", "only the trusted one")
        field(desk, "address").value = nas.url
        await desk.press("enter")
        await desk.see("No password  Enter it")
        target = desk.app.screen.form.target()  # type: ignore[attr-defined]
        assert (target.profile.name, target.profile.secret, target.tls) == ("", Ask(), SYSTEM)
        assert frames == []
        # Another user of the same server: its certificate is, its secret is not theirs.
        field(desk, "address").value = "wss://lab.example"
        field(desk, "user").value = "eve"
        target = desk.app.screen.form.target()  # type: ignore[attr-defined]
        assert (target.profile.secret, target.tls) == (Ask(), TLS.pinned("ab" * 32))


async def test_what_was_asked_for_is_not_undone_by_the_list(nas: Simulator) -> None:
    keep("lab", nas.url)
    async with at_desk(Start(nas.url, "eve", "hers"), (80, 24)) as desk:
        await desk.see("lab", "another")
        assert field(desk, "password").has_focus
        await desk.press("shift+tab", "shift+tab", "shift+tab", "shift+tab")
        await desk.until(lambda: desk.app.screen.query_one("#profiles", Rows).has_focus, "the list")
        assert (field(desk, "user").value, field(desk, "password").value) == ("eve", "hers")
        await desk.press("up")
        assert field(desk, "user").value == "admin"
        await desk.press("down")
        assert (field(desk, "address").value, field(desk, "user").value) == ("", "")


async def test_the_next_address_when_one_is_gone(nas: Simulator) -> None:
    keep("lab", "ws://127.0.0.1:1", nas.url)
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.landed()


async def test_a_secret_that_is_not_there(nas: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    keep("lab", nas.url)
    monkeypatch.delenv("NAS_SECRET")
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.see("Secret not available", "NAS_SECRET")
        assert field(desk, "password").has_focus
        await desk.type("admin")
        await desk.press("enter")
        await desk.landed()


async def test_a_token(nas: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    keep("lab", nas.url, username="", mechanism="token")
    monkeypatch.setenv("NAS_SECRET", "no such token")
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.see("Wrong user or token", "make a new one")
        kind = desk.app.screen.query_one("#kind", Choice)
        assert kind.value == "token"


# -- what may be sent ------------------------------------------------------------------------


@pytest.mark.usefixtures("elsewhere")
async def test_a_readable_password_is_warned_of_once_for_an_address(nas: Simulator, frames: list[str]) -> None:
    url = at_another_host(nas)
    keep("lab", url)
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.see("Not encrypted  Anyone on the network", "Press enter to send it anyway")
        assert frames == []
        await desk.press("enter")
        await desk.landed()
        assert desk.session.life.warnings == [], "said in the card, so not once more in a toast"
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.landed()
    assert any("auth.login_ex" in frame for frame in frames)


@pytest.mark.usefixtures("elsewhere")
async def test_a_profile_can_forbid_passwords_in_clear(nas: Simulator, frames: list[str]) -> None:
    keep("lab", at_another_host(nas), password_over_ws=False)
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.see("Not sent", "wss://")
        assert not any("login" in frame for frame in frames)
        await desk.see("Not encrypted: the password is not sent.")


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("mechanism", ["api-key-plain", "token"])
async def test_keys_and_tokens_do_not_go_where_they_can_be_read(
    nas: Simulator, frames: list[str], mechanism: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("lab", at_another_host(nas), mechanism=mechanism)
    monkeypatch.setenv("NAS_SECRET", nas.info()["api_keys"]["demo"])
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.see("Not sent", "wss:// address")
    assert not any("login" in frame for frame in frames)


async def test_an_older_server_is_sent_the_key_only_when_that_is_chosen(frames: list[str]) -> None:
    async with Simulator(release="25.10", tls=True, speed=100.0) as nas:
        url, key = str(nas.info()["wss"]), nas.info()["api_keys"]["demo"]
        start = Start(url, "admin", key, by_key=True, ca_file=nas.info()["certificate"])
        async with at_desk(start, (80, 24)) as desk:
            await desk.press("enter")
            await desk.see("Key not sent", "cannot check", "yes (before 26)")
            assert not any(key in frame for frame in frames)
            await desk.press("right", "enter")
            await desk.landed()
            assert desk.session.target.profile.mechanism == "api-key-plain"
        assert any(key in frame for frame in frames)


async def test_a_host_that_did_scram_gets_no_key_on_its_word(
    frames: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    no_scram = {"error": {"code": -32602, "message": "Invalid params", "data": {
        "error": 22, "errname": "EINVAL", "reason": "[EINVAL] login_data: no such mechanism\n", "trace": None,
        "extra": [["login_data", "no such mechanism", 22]]}}}  # fmt: skip
    key = "1-" + "A" * 64
    async with scripted({"auth.login_ex": no_scram}) as url:
        profile = keep("lab", url, mechanism="api-key", channel_binding=False)
        monkeypatch.setenv("NAS_SECRET", key)
        Known().remember_scram(profile.endpoints[0])
        async with at_desk(Start(), (80, 24)) as desk:
            await desk.see("Key not sent", "may intercept")
            assert "yes (before 26)" not in desk.text
        # A profile that says so is no word of this run either; the flag is.
        keep("lab", url, mechanism="api-key-plain")
        async with at_desk(Start(), (80, 24)) as desk:
            await desk.see("Not sent", "--plain")
        assert not any(key in frame for frame in frames)
        async with at_desk(Start(profile="lab", plain=True), (80, 24)) as desk:
            await desk.until(lambda: any(key in frame for frame in frames), "the key being sent")


# -- what is said aloud ----------------------------------------------------------------------


def _waited(desk: Desk) -> int | None:
    """The seconds that the card counts down."""
    found = re.search(r"waiting (\d+) s", desk.text)
    return None if found is None else int(found[1])


async def test_a_login_that_has_to_wait_is_seen_waiting() -> None:
    async with Simulator(speed=1000.0, demo_data=False) as nas:
        nas.add_account("admin", "admin")
        async with AsyncClient(nas.url, reconnect=False) as client:
            for _ in range(20):  # as many as the server takes in a minute
                with pytest.raises(InvalidCredentials):
                    await client.login_with_token("none")
        async with at_desk(Start(nas.url, "admin", "admin"), (80, 24)) as desk:
            await desk.press("enter")
            await desk.see("20 calls a minute", "waiting")
            seen: set[int | None] = set()
            await desk.until(lambda: seen.add(_waited(desk)) or len(seen - {None}) > 1, "seconds counted down")
            assert all(seconds is None or 0 <= seconds <= 60 for seconds in seen)
            await desk.press("escape")
            await desk.see("Cancelled")


async def test_taking_any_certificate_is_said_aloud() -> None:
    async with Simulator(tls=True, speed=100.0, demo_data=False) as nas:
        nas.add_account("admin", "admin")
        keep("lab", str(nas.secure_url), tls=TLS.insecure())
        async with at_desk(Start(), (80, 24)) as desk:
            await desk.landed()
            await desk.see("Any certificate is accepted")


# -- started from what is remembered ---------------------------------------------------------


async def test_a_refused_secret_is_not_sent_again_by_itself(nas: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    keep("lab", nas.url)
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.landed()
    logins = nas.faults.add("latency", method="auth.login_ex", mean=0)
    monkeypatch.setenv("NAS_SECRET", "changed meanwhile")
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.see("Wrong user or password")
        assert isinstance(desk.app.screen, ConnectScreen)
        assert field(desk, "password").has_focus
        assert logins.struck == 1
        await desk.type("admin")
        await desk.press("enter")
        await desk.landed()
    assert logins.struck == 2


async def test_a_code_and_a_certificate_are_asked_for_on_the_card(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Simulator(tls=True, speed=100.0) as nas:
        assert nas.tls is not None
        account = nas.users["guarded"]
        monkeypatch.setenv("NAS_SECRET", account["password"])
        keep("lab", str(nas.secure_url), username="guarded", tls=TLS.pinned(nas.tls.fingerprint))
        for again in (False, True):
            if again:
                nas.tls.rotate()
            async with at_desk(Start(), (80, 24)) as desk:
                if again:
                    await desk.see("Another certificate")
                    await desk.press("t", "t")
                await desk.see("The server asks for a one-time password")
                await desk.until(lambda: field(desk, "code").has_focus, "the code")
                await desk.type(account["otp"])
                await desk.press("enter")
                await desk.landed()


# -- editing ---------------------------------------------------------------------------------


async def test_a_profile_is_edited_tried_renamed_and_forgotten(nas: Simulator) -> None:
    keep("away", "ws://127.0.0.1:1")
    keep("lab", nas.url, use=True)
    async with at_desk(Start(profile="away"), (80, 24)) as desk:
        await desk.see("away", "Connection refused")
        rows = desk.app.screen.query_one("#profiles", Rows)
        rows.focus()
        await desk.press("e")
        await desk.until(lambda: isinstance(desk.app.screen, ProfileScreen), "the card")
        await desk.press("f5")
        await desk.see("Connection refused")
        field(desk, "addresses").value = nas.url
        await desk.see("Its secret will be sent to the new address.")
        await desk.press("f5")
        await desk.see("signed in as admin", "It works: nas")
        field(desk, "name").value = "lab"
        await desk.press("enter")
        await desk.see("There is a profile lab already")
        field(desk, "name").value = "attic"
        field(desk, "colour").value = "red"
        desk.app.screen.query_one("#opens", Choice).chosen = 1
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, ConnectScreen), "saved")
        profile = Profiles().get("attic")
        assert (profile.addresses, profile.colour, profile.read_only) == ((nas.url,), "red", False)
        assert profile.secret == KEPT
        assert Profiles().names == ["lab", "attic"]
        await desk.see("attic")
        await desk.until(lambda: rows.key == "attic", "the cursor on it")
        for answer in ("n", "y"):
            assert Profiles().names == ["lab", "attic"]
            await desk.press("delete")
            await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
            await desk.press(answer)
        await desk.until(lambda: Profiles().names == ["lab"], "forgotten")
        await desk.until(lambda: rows.key == NEW, "the cursor on another")


async def test_the_form_is_of_the_profile_under_the_cursor_after_another_is_forgotten() -> None:
    for name in ("attic", "barn", "cellar"):
        keep(name, f"wss://{name}")
    async with at_desk(Start(), (80, 24)) as desk:
        rows = desk.app.screen.query_one("#profiles", Rows)
        await desk.until(lambda: rows.has_focus and rows.key == "attic", "the first of them")
        await desk.press("delete")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        await desk.press("y")
        await desk.until(lambda: Profiles().names == ["barn", "cellar"], "forgotten")
        await desk.until(lambda: rows.key == "barn", "the cursor on the next")
        assert field(desk, "address").value == "wss://barn"


async def test_a_file_of_profiles_that_cannot_be_read_any_more_is_told() -> None:
    keep("attic", "ws://127.0.0.1:1")
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.see("attic", "Connection refused")
        config_path().write_text("[[[")
        card = desk.app.screen
        assert isinstance(card, ConnectScreen)
        card.begin_anew()
        await desk.see("Profiles", "config.toml")


async def test_trying_a_profile_asks_for_no_secret(nas: Simulator) -> None:
    steps: list[str] = []
    words = await try_profile(keep("lab", nas.url, secret=Ask()), steps.append)
    assert "Signing in was not tried" in words
    assert steps == ["resolved", "connected", "speaks TrueNAS"]


def test_renaming_the_default_keeps_it_the_default() -> None:
    profile = keep("lab", "wss://nas", use=True)
    save_profile("lab", replace(profile, name="attic"))
    assert Profiles().default == "attic"
    assert Profiles().names == ["attic"]
    with pytest.raises(InvalidProfile, match="address"):
        save_profile("attic", replace(profile, name="attic", addresses=("nas:notaport",)))
