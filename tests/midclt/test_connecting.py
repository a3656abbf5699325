"""Getting there and getting in: addresses, certificates, passwords, and what answers that is no TrueNAS."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from midclt import signing
from tests.core import certificates
from tests.midclt.conftest import Nas, Run
from tests.midclt.served import Background, scripted, speaking


@pytest.mark.parametrize(
    ("url", "status", "words"),
    [
        ("ws://127.0.0.1:1/api/current", 3, "refuses connections"),
        ("wss://127.0.0.1:1", 3, "refuses connections"),
        ("nas.invalid", 3, "nas.invalid"),
        ("ws+unix:///no/such/socket", 3, "/no/such/socket"),
        ("ftp://nas", 2, "ftp"),
        ("ws://", 2, "host is missing"),
        ("ws://me:secret@nas", 2, "user name or password"),
    ],
)
def test_addresses_that_lead_nowhere(run: Run, url: str, status: int, words: str) -> None:
    ran = run("call", "core.ping", url=url)
    assert (ran.status, ran.out) == (status, "")
    assert words in ran.err
    assert "Traceback" not in ran.err
    assert "secret" not in ran.err


def test_an_address_from_elsewhere_is_named(run: Run) -> None:
    for address, status in (("ws://127.0.0.1:1", 3), ("ftp://nas", 2)):
        ran = run("call", "core.ping", env={"TRUENAS_URI": address})
        assert (ran.status, ran.err.endswith(" (TRUENAS_URI)\n"), ran.err.count("\n")) == (status, True, 1)


def test_a_path_that_is_no_api(run: Run, nas: Nas) -> None:
    ran = run("call", "core.ping", url=nas.url.replace("current", "v1"))
    assert (ran.status, ran.out) == (3, "")
    assert "404" in ran.err


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "HTTP 200"),
        (b"HTTP/1.1 302 Found\r\nLocation: https://nas/ui/\r\n\r\n", "redirects to 'https://nas/ui/'"),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "HTTP 502"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP"),
        (b"", ""),
    ],
)
def test_servers_that_are_no_truenas(run: Run, background: Background, response: bytes, words: str) -> None:
    with background.entered(speaking(response)) as address:
        ran = run("call", "core.ping", url=f"ws://{address}")
        assert (ran.status, ran.out) == (3, "")
        assert words in ran.err
        assert address in ran.err
        assert "Traceback" not in ran.err


def test_tls_to_a_port_without(run: Run, background: Background) -> None:
    with background.entered(speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as address:
        ran = run("call", "core.ping", url=f"wss://{address}")
    assert (ran.status, ran.out) == (3, "")
    assert "does not speak TLS" in ran.err


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server context with a certificate that nobody has signed."""
    return certificates.certificate(tmp_path_factory.mktemp("tls")).context


def test_a_certificate_nobody_signed(run: Run, background: Background, certificate: ssl.SSLContext) -> None:
    with background.entered(scripted({"core.ping": {"result": "pong"}}, certificate)) as url:
        ran = run("call", "core.ping", url=url)
        assert (ran.status, ran.out) == (3, "")
        assert "certificate" in ran.err
        assert "--insecure" in ran.err
        assert ran.err.count("\n") == 1
        assert "Traceback" not in ran.err
        ran = run("--insecure", "call", "core.ping", url=url)
        assert (ran.status, ran.out, ran.err) == (0, "pong\n", "")


def test_a_ca_file_that_does_not_fit_is_named(
    run: Run, background: Background, certificate: ssl.SSLContext, tmp_path: Path
) -> None:
    other = certificates.certificate(tmp_path).path
    with background.entered(scripted({"core.ping": {"result": "pong"}}, certificate)) as url:
        ran = run("--ca", str(other), "call", "core.ping", url=url)
    assert (ran.status, ran.out) == (3, "")
    assert f"is not signed by one in the CA file {other}" in ran.err
    assert "self-signed" not in ran.err
    assert "--ca FILE" not in ran.err


def test_a_wrong_password(run: Run, nas: Nas) -> None:
    ran = run("-U", "admin", "-P", "wrong", "call", "core.ping", url=nas.url)
    assert (ran.status, ran.out) == (4, "")
    assert ran.err == "Failed to login: Wrong user name or password for admin\n"


def test_an_account_without_access(run: Run, nas: Nas) -> None:
    ran = run("call", "core.ping", url=nas.url, user="nobody")
    assert (ran.status, ran.out) == (4, "")
    assert ran.err.startswith("Failed to login: nobody may not")


def test_a_rate_limited_login(run: Run, background: Background) -> None:
    busy = {"code": -32001, "message": "m", "data": {"error": 16, "reason": "[EBUSY] Rate Limit Exceeded"}}
    with background.entered(scripted({"auth.login_ex": {"error": busy}})) as url:
        ran = run("call", "core.ping", url=url, user="admin")
    assert ran.status == 8
    assert "Failed to login" in ran.err


def test_the_password_is_asked_for(run: Run, nas: Nas, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return "admin"

    monkeypatch.setattr(signing, "_ask", answer)
    ran = run("-U", "admin", "call", "test.echo", "-", url=nas.url, stdin="1")
    assert (ran.status, ran.out, ran.err) == (0, "1\n", "")
    assert asked == ["Password for admin: "]


def test_no_password_and_nobody_to_ask(run: Run, nas: Nas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "_ask", lambda prompt: None)
    ran = run("-U", "admin", "call", "core.ping", url=nas.url)
    assert (ran.status, ran.out) == (4, "")
    assert "TRUENAS_PASSWORD" in ran.err


def test_a_one_time_password_is_asked_for(run: Run, nas: Nas, monkeypatch: pytest.MonkeyPatch) -> None:
    given = iter(["123456", "000000", None, None])
    monkeypatch.setattr(signing, "_ask", lambda prompt: next(given))
    ran = run("call", "auth.me", url=nas.url, user="otp")
    assert ran.status == 0
    for _ in range(2):
        ran = run("call", "auth.me", url=nas.url, user="otp")
        assert (ran.status, ran.out) == (4, "")
        assert "one-time password" in ran.err


def test_a_password_without_a_name(run: Run, nas: Nas) -> None:
    ran = run("-P", "admin", "call", "core.ping", url=nas.url)
    assert (ran.status, ran.out) == (0, "pong\n")
    assert "not signing in" in ran.err


def test_a_password_in_the_open_is_warned_of(run: Run, nas: Nas, monkeypatch: pytest.MonkeyPatch) -> None:
    # As if the simulator were on another machine: nothing else tells a loopback address apart.
    from truenas_client.endpoint import Endpoint

    monkeypatch.setattr(Endpoint, "is_local", property(lambda self: False))
    ran = run("call", "core.ping", url=nas.url, user="admin")
    assert (ran.status, ran.out) == (0, "pong\n")
    assert "unencrypted" in ran.err
    assert run("call", "core.ping", url=nas.url).err == ""


def test_the_local_socket_needs_no_login(run: Run, background: Background, tmp_path: Path) -> None:
    from truenas_client.simulator import Simulator

    async def made() -> Simulator:
        return Simulator(unix=tmp_path / "nas.sock")

    with background.entered(background.run(made())):
        ran = run("call", "system.info", url=f"ws+unix://{tmp_path}/nas.sock")
    assert (ran.status, ran.err) == (0, "")


def test_a_server_that_never_answers_the_first_call(run: Run, background: Background) -> None:
    async def gone(websocket: object, frame: object) -> None:
        await asyncio.sleep(0)
        websocket.transport.abort()  # type: ignore[attr-defined]

    with background.entered(scripted({"core.set_options": gone})) as url:
        ran = run("call", "core.ping", url=url)
    assert (ran.status, ran.out) == (3, "")
    assert "Traceback" not in ran.err
