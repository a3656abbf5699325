"""Certificates in the app: what is shown, what trusting one does, and that nothing is sent before."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.app.conftest import at_desk
from tests.app.stage import HOSTILE, drawn, staged
from tests.auth.ways import frames
from tests.core.certificates import authority, certificate
from tests.core.test_trust import listener
from truenas_client.aio.probe import Certificate
from truenas_client.auth import budget
from truenas_client.endpoint import parse
from truenas_client.secrets.value import Environment
from truenas_client.simulator import Simulator
from truenas_client.storage import Profile, Profiles
from truenas_client.trust import TLS, CertificateError, PinMismatch
from tui.app import Start
from tui.cards.trust import TrustScreen, shown_digest
from tui.model.failure import explain_connecting
from tui.session.session import State
from tui.starting.connect import ConnectScreen

__all__ = ["frames"]


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NAS_SECRET", "admin")
    budget.forget_counts()
    yield
    budget.forget_counts()


@pytest.fixture
async def secure() -> AsyncIterator[Simulator]:
    async with Simulator(tls=True, speed=100.0) as simulator:
        yield simulator


def keep(address: str, tls: TLS | None = None) -> None:
    profile = Profile(name="lab", addresses=(address,), username="admin", secret=Environment("NAS_SECRET"))
    Profiles().put(profile if tls is None else Profile(**{**_fields(profile), "tls": tls}))


def _fields(profile: Profile) -> dict[str, object]:
    return {name: getattr(profile, name) for name in ("name", "addresses", "username", "secret")}


def pins() -> list[str]:
    return [pin.text for pin in Profiles().get("lab").tls.pins]


async def test_a_certificate_nobody_vouches_for_is_shown_and_trusted_with_the_profile(
    secure: Simulator, frames: list[str]
) -> None:
    assert secure.tls is not None
    keep(str(secure.secure_url))
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.until(lambda: isinstance(desk.app.screen, TrustScreen), "the certificate")
        await desk.see("self-signed", "Nothing was sent", *shown_digest(secure.tls.fingerprint), "127.0.0.1")
        # Enter is no answer to this.
        await desk.press("enter")
        assert isinstance(desk.app.screen, TrustScreen)
        await desk.press("escape")
        await desk.see("Self-signed certificate", "Nothing was sent")
        assert frames == []
        assert pins() == []
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, TrustScreen), "the certificate again")
        await desk.press("t")
        await desk.landed()
    assert f"sha256:{secure.tls.fingerprint}" in pins()
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.landed()


async def test_another_certificate_is_refused_with_both_fingerprints(secure: Simulator, frames: list[str]) -> None:
    assert secure.tls is not None
    was = secure.tls.fingerprint
    keep(str(secure.secure_url), TLS.pinned(was))
    secure.tls.rotate()
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.until(lambda: isinstance(desk.app.screen, TrustScreen), "the certificate")
        await desk.see("Another certificate", "trusted", *shown_digest(was), "shown", "intercepts")
        await desk.see(*shown_digest(secure.tls.fingerprint))
        # One key is not enough to give up what was trusted.
        await desk.press("t")
        await desk.see("t again")
        await desk.press("escape")
        await desk.see("Not the certificate you trust", was[:24], secure.tls.fingerprint[:24])
        assert frames == []
        assert pins() == [f"sha256:{was}"]
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, TrustScreen), "the certificate again")
        await desk.press("t", "t")
        await desk.landed()
    assert f"sha256:{secure.tls.fingerprint}" in pins()


@pytest.mark.parametrize(
    ("kind", "title", "problem"),
    [
        ("foreign", "Certificate of another authority", "not signed by one in the CA file"),
        ("expired", "Certificate expired", "it has expired on"),
        ("wrong name", "Certificate of another name", "not issued to 127.0.0.1 but to"),
    ],
)
async def test_refusals_are_told_apart(tmp_path: Path, kind: str, title: str, problem: str) -> None:
    ours = authority(tmp_path, days=(-30, 30))
    made = {
        "foreign": lambda: certificate(tmp_path, issuer=authority(tmp_path)),
        "expired": lambda: certificate(tmp_path, issuer=ours, days=(-9, -2)),
        "wrong name": lambda: certificate(tmp_path, "elsewhere.test", issuer=ours),
    }[kind]()
    async with listener(made) as port:
        start = Start(port.address, "admin", "secret", ca_file=str(ours.path))
        async with at_desk(start, (80, 24)) as desk:
            await desk.press("enter")
            await desk.until(lambda: isinstance(desk.app.screen, TrustScreen), "the certificate")
            await desk.see(problem)
            await desk.press("escape")
            await desk.see(title, "Nothing was sent")
        assert port.read == b""


async def test_what_is_trusted_by_hand_goes_into_the_profile_that_is_kept(secure: Simulator) -> None:
    assert secure.tls is not None
    async with at_desk(Start(), (80, 24)) as desk:
        card = desk.app.screen
        card.query_one("#address", Input).value = str(secure.secure_url)
        card.query_one("#user", Input).value = "admin"
        card.query_one("#password", Input).value = "admin"
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, TrustScreen), "the certificate")
        await desk.press("t")
        await desk.ask_to_keep()
        desk.app.screen.query_one("#name", Input).value = "lab"
        await desk.press("enter")
        await desk.landed()
    assert f"sha256:{secure.tls.fingerprint}" in pins()


async def test_a_certificate_exchanged_while_connected_is_asked_about(secure: Simulator) -> None:
    assert secure.tls is not None
    was = secure.tls.fingerprint
    keep(str(secure.secure_url), TLS.pinned(was))
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.landed()
        secure.tls.rotate()
        secure.drop_connections()
        await desk.until(lambda: desk.session.state is State.OFFLINE, "offline")
        await desk.press("escape", "escape", "R")
        await desk.until(lambda: isinstance(desk.app.screen, TrustScreen), "the certificate")
        await desk.see(*shown_digest(was))
        await desk.press("t", "t")
        await desk.until(lambda: desk.session.state is State.ONLINE, "connected again")
    assert f"sha256:{secure.tls.fingerprint}" in pins()


async def test_a_server_that_is_gone_when_its_certificate_is_looked_at(tmp_path: Path) -> None:
    async with listener(certificate(tmp_path)) as port:
        start = Start(port.address, "admin", "secret")
        async with at_desk(start, (80, 24)) as desk:
            await desk.press("enter")
            await desk.until(lambda: isinstance(desk.app.screen, TrustScreen), "the certificate")
            await desk.press("escape")
            await desk.until(lambda: isinstance(desk.app.screen, ConnectScreen), "the card")


def test_a_try_that_takes_too_long_is_told_as_no_answer() -> None:
    assert explain_connecting(TimeoutError(), address="nas").text.startswith("No answer\nnas did not answer in time.")


def test_nobody_is_told_to_do_without_the_check() -> None:
    endpoint = parse("wss://nas.example")
    errors: list[BaseException] = [
        CertificateError("It has expired", reason)
        for reason in ("self-signed", "unknown issuer", "expired", "not yet valid", "wrong name", "pin", "other")
    ]
    errors += [PinMismatch("another", ("sha256:" + "ab" * 32,), "sha256:" + "cd" * 32), ssl.SSLCertVerificationError()]
    errors.append(CertificateError("It is signed by others", "self-signed", "/etc/nas.pem"))
    texts = [explain_connecting(error, address=endpoint.text).text.lower() for error in errors]
    assert not any(word in text for text in texts for word in ("not to check", "insecure", "do not check", "turn off"))
    assert len({text.split("\n")[0] for text in texts[:5]}) == 5
    assert "/etc/nas.pem" in texts[-1]
    assert "itself" not in texts[-1]


async def test_what_a_certificate_says_of_itself_disturbs_no_screen() -> None:
    then = datetime(2026, 1, 1, tzinfo=UTC)
    async with staged() as pilot:
        for text in HOSTILE:
            problems = (f"this machine does not know its issuer, {text}",)
            made = Certificate(text, text + "x", then, then, (text,), "ab" * 32, "cd" * 32, problems)
            for trusted in ((), ("sha256:" + "ef" * 32,)):
                await pilot.app.push_screen(TrustScreen("nas.example", made, trusted=trusted, profile="lab"))
                await pilot.pause()
                shown = "\n".join(drawn(pilot))
                assert all(line in shown for line in shown_digest("ab" * 32)), "however long the rest is"
                assert "esc back" in shown
                pilot.app.pop_screen()
