"""Logins over time: on the next connection, past the rate limit, and with servers that prove nothing."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.midclt.served import scripted
from truenas_client import (
    APIKeyAuthMech,
    AsyncClient,
    AuthenticationError,
    ChannelBindingError,
    ConnectionLost,
    Event,
    Gap,
    InvalidCredentials,
    InvalidKeyFile,
    OTPRequired,
    RateLimited,
    ServerSignatureError,
    State,
    SubscriptionEnded,
)
from truenas_client.aio import signin
from truenas_client.auth.keytext import precompute
from truenas_client.auth.scram import Keys, derive
from truenas_client.simulator import Simulator

from .test_binding import certificate
from .ways import SALT, api_key, nas_with_keys

KEY = api_key(1, "admin").text


@pytest.fixture
def derived(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """The threads that keys were derived in."""
    threads: list[threading.Thread] = []

    def counted(secret: str, salt: bytes, iterations: int) -> Keys:
        threads.append(threading.current_thread())
        return derive(secret, salt, iterations)

    monkeypatch.setattr(signin, "derive", counted)
    return threads


async def until(client: AsyncClient, state: State, drop: Callable[[], object]) -> None:
    """Have the connection end, and wait for what comes of it."""
    states = client.states()
    await anext(states)
    drop()
    async with asyncio.timeout(10):
        async for status in states:
            client.reconnect_now()
            if status.state is state:
                return


def logins(frames: list[str]) -> list[str]:
    """The mechanisms of the login calls, in order."""
    found = []
    for frame in map(json.loads, frames):
        if frame["method"].startswith("auth.login"):
            data = frame["params"][0]
            found.append(data["mechanism"] + data.get("scram_type", "").removeprefix("CLIENT").removesuffix("_MESSAGE"))
    return found


# -- keys over time --------------------------------------------------------------------------------


async def test_keys_are_derived_once_and_off_the_loop(derived: list[threading.Thread], frames: list[str]) -> None:
    async with nas_with_keys(tls=True) as nas:
        assert nas.tls is not None
        async with AsyncClient(nas.secure_url, verify_ssl=False) as client:
            await client.login_with_api_key("admin", KEY)
            await client.login_with_api_key("admin", KEY)
            # The next connection has another certificate, so the login is bound to that one.
            nas.tls.rotate()
            await until(client, State.READY, nas.drop_connections)
            assert (await client.call("auth.me"))["pw_name"] == "admin"
            await client.call("auth.logout")
            nas.rate_limit.clear()
            await client.login_with_api_key("admin", KEY)
    assert logins(frames) == ["SCRAM_FIRST", "SCRAM_FINAL"] * 4
    finals = [json.loads(f)["params"][0]["rfc_str"] for f in frames if "CLIENT_FINAL" in f]
    bindings = [final.split(",")[0] for final in finals]
    assert bindings[0] == bindings[1] != bindings[2]
    nonces = [final.split(",")[1] for final in finals]
    assert len(set(nonces)) == 4
    # Once while the login was kept, and once after it was given up.
    assert len(derived) == 2
    assert threading.main_thread() not in derived


async def test_derived_keys_need_no_derivation(derived: list[threading.Thread], tmp_path: Path) -> None:
    path = tmp_path / "nas.json"
    path.write_text(precompute(KEY, SALT, 50_000))
    path.chmod(0o600)
    async with nas_with_keys(tls=True) as nas, AsyncClient(nas.secure_url, verify_ssl=False) as client:
        await client.login_with_api_key("admin", path)
        assert (await client.call("auth.me"))["pw_name"] == "admin"
        assert derived == []
        with pytest.raises(InvalidKeyFile, match="raw_key") as caught:
            await client.login_with_api_key("admin", path, APIKeyAuthMech.PLAIN)
        assert caught.value.source == str(path)
        # Derived for another salt, they are as good as wrong.
        path.write_text(precompute(KEY, b"another salt", 50_000))
        with pytest.raises(InvalidCredentials):
            await client.login_with_api_key("admin", path)


async def test_a_key_file_that_others_can_read_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "nas.key"
    path.write_text(KEY)
    path.chmod(0o644)
    warned: list[str] = []
    async with (
        nas_with_keys(tls=True) as nas,
        AsyncClient(nas.secure_url, verify_ssl=False, on_warning=warned.append) as client,
    ):
        for _ in range(2):
            await client.login_with_api_key("admin", str(path))
    assert len(warned) == 1
    assert str(path) in warned[0]


async def test_a_refused_key_is_not_tried_again(frames: list[str]) -> None:
    async with nas_with_keys(tls=True) as nas, AsyncClient(nas.secure_url, verify_ssl=False) as client:
        await client.login_with_api_key("admin", KEY)
        nas.api_keys[1].revoked = True
        await until(client, State.FAILED, nas.drop_connections)
        assert isinstance(client.status.reason, InvalidCredentials)
        with pytest.raises(ConnectionLost):
            await client.call("auth.me")
    assert logins(frames) == ["SCRAM_FIRST", "SCRAM_FINAL", "SCRAM_FIRST"]


# -- servers that prove nothing ----------------------------------------------------------------------


def impostor(final: Any) -> Callable[[Any, dict[str, Any]], Any]:
    """``auth.login_ex`` of a server that has seen exchanges and does not know the key."""

    async def answer(link: Any, frame: dict[str, Any]) -> dict[str, Any]:
        data = frame["params"][0]
        if data["scram_type"] == "CLIENT_FINAL_MESSAGE":
            return {"result": final}
        nonce = base64.b64decode(data["rfc_str"].rpartition(",r=")[2]) + b"s" * 32
        text = f"r={base64.b64encode(nonce).decode()},s={base64.b64encode(SALT).decode()},i=50000"
        return {"result": {"response_type": "SCRAM_RESPONSE", "scram_type": "SERVER_FIRST_RESPONSE", "rfc_str": text}}

    return answer


def server_final(text: Any, kind: str = "SERVER_FINAL_RESPONSE") -> dict[str, Any]:
    return {"response_type": "SCRAM_RESPONSE", "scram_type": kind, "rfc_str": text, "user_info": {"pw_name": "admin"}}


@pytest.mark.parametrize("logout", [{"result": True}, {"error": {"code": -32001, "message": "no"}}])
@pytest.mark.parametrize(
    "final",
    [
        server_final("v=" + base64.b64encode(b"x" * 64).decode()),
        server_final("v="),
        server_final("e=other-error"),
        server_final(None),
        server_final("v=eA==", "SERVER_FIRST_RESPONSE"),
        {"response_type": "SUCCESS", "user_info": None, "authenticator": "LEVEL_1"},
    ],
)
async def test_a_server_that_does_not_know_the_key_is_left(
    final: dict[str, Any], logout: dict[str, Any], frames: list[str]
) -> None:
    async with scripted({"auth.login_ex": impostor(final), "auth.logout": logout}) as url:
        client = await AsyncClient(url, reconnect=False).connect()
        with pytest.raises(ServerSignatureError):
            await client.login_with_api_key("admin", KEY, channel_binding=False)
        assert not client.signed_in
        assert not client.connected
        with pytest.raises(ConnectionLost):
            await client.call("auth.me")
        await client.close()
    assert json.loads(frames[-1])["method"] == "auth.logout"


async def test_a_success_before_any_proof_is_none(frames: list[str]) -> None:
    success = {"result": {"response_type": "SUCCESS", "user_info": None, "authenticator": "LEVEL_1"}}
    async with scripted({"auth.login_ex": success, "auth.logout": {"result": True}}) as url:
        client = await AsyncClient(url, reconnect=False).connect()
        with pytest.raises(ServerSignatureError):
            await client.login_with_api_key("admin", KEY, channel_binding=False)
        assert (client.signed_in, client.connected) == (False, False)
        await client.close()


@pytest.mark.parametrize("rounds", ["49999", "5000001", "x"])
async def test_unfit_challenges_are_not_answered(rounds: str, derived: list[threading.Thread]) -> None:
    good = impostor(None)

    async def answer(link: Any, frame: dict[str, Any]) -> dict[str, Any]:
        reply: dict[str, Any] = await good(link, frame)
        reply["result"]["rfc_str"] = reply["result"]["rfc_str"].replace("i=50000", f"i={rounds}")
        return reply

    async with scripted({"auth.login_ex": answer}) as url, AsyncClient(url, reconnect=False) as client:
        with pytest.raises(AuthenticationError, match="rounds"):
            await client.login_with_api_key("admin", KEY, channel_binding=False)
    assert derived == []


async def test_no_binding_is_defined_for_eddsa(tmp_path: Path, frames: list[str]) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    key = ed25519.Ed25519PrivateKey.generate()
    shown = x509.load_der_x509_certificate(certificate(key, None))
    path = tmp_path / "nas.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + shown.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    async with scripted({}, context) as url, AsyncClient(url, verify_ssl=False) as client:
        with pytest.raises(ChannelBindingError, match="EdDSA"):
            await client.login_with_api_key("admin", KEY)
    assert not any("auth." in frame for frame in frames)


# -- the rate limit ---------------------------------------------------------------------------------


class Waits:
    """Warnings, and waiting for one."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.came = asyncio.Event()

    def __call__(self, text: str) -> None:
        self.texts.append(text)
        self.came.set()


async def test_a_rate_limit_is_an_error_and_the_next_login_waits_visibly(frames: list[str]) -> None:
    waits = Waits()
    async with nas_with_keys(tls=True) as nas:
        nas.clock.speed = 1.0
        nas.rate_limit._random.uniform = lambda a, b: 0.01  # type: ignore[method-assign]
        async with AsyncClient(nas.secure_url, verify_ssl=False, on_warning=waits) as client:
            for _ in range(20):  # as another program of this machine would
                await client.call(
                    "auth.login_ex", {"mechanism": "TOKEN_PLAIN", "token": "", "login_options": {}}, timeout=9
                )
            frames.clear()
            with pytest.raises(RateLimited) as caught:
                await client.login_with_api_key("admin", KEY)
            assert caught.value.retry_after == 60
            assert logins(frames) == ["SCRAM_FIRST"]
            login = asyncio.create_task(client.login_with_api_key("admin", KEY))
            await asyncio.wait_for(waits.came.wait(), 10)
            assert logins(frames) == ["SCRAM_FIRST"]
            login.cancel()
            await asyncio.wait([login])
    assert any(str(wait) in waits.texts[0] for wait in (59, 60))


async def test_the_count_belongs_to_the_address(frames: list[str]) -> None:
    waits = Waits()
    async with nas_with_keys(tls=True) as nas, nas_with_keys(tls=True) as other:
        clients = [await AsyncClient(nas.secure_url, verify_ssl=False, on_warning=waits).connect() for _ in range(2)]
        for client in [clients[0]] * 19:
            with pytest.raises(InvalidCredentials):
                await client.login_with_token("wrong")
        assert waits.texts == []
        # One call is left, and this login takes two: it does not begin what it could not end.
        login = asyncio.create_task(clients[1].login_with_api_key("admin", KEY))
        await asyncio.wait_for(waits.came.wait(), 10)
        login.cancel()
        await asyncio.wait([login])
        assert len(logins(frames)) == 19
        with pytest.raises(InvalidCredentials):
            await clients[0].login_with_token("wrong")
        assert len(waits.texts) == 1
        async with AsyncClient(other.secure_url, verify_ssl=False, on_warning=waits) as elsewhere:
            await elsewhere.login_with_api_key("admin", KEY)
        assert len(waits.texts) == 1
        for client in clients:
            await client.close()


async def test_one_login_at_a_time(frames: list[str]) -> None:
    async with nas_with_keys(tls=True) as nas, AsyncClient(nas.secure_url, verify_ssl=False) as client:
        await asyncio.gather(*(client.login_with_api_key("admin", KEY) for _ in range(4)))
    assert logins(frames) == ["SCRAM_FIRST", "SCRAM_FINAL"] * 4


# -- one-time passwords and reconnecting ---------------------------------------------------------------


def asking(answers: list[str]) -> Callable[[], str]:
    def ask() -> str:
        answers.append("123456")
        return answers[-1]

    return ask


async def test_a_session_with_a_one_time_password_survives_on_26(frames: list[str]) -> None:
    asked: list[str] = []
    async with nas_with_keys(tls=True) as nas, AsyncClient(nas.secure_url, verify_ssl=False) as client:
        login = await client.login_with_password("otpuser", "otp-pw", asking(asked))
        assert login.reconnect_token is not None
        assert login.reconnect_token not in repr(login)
        for _ in range(3):
            await until(client, State.READY, nas.drop_connections)
            assert (await client.call("auth.me"))["pw_name"] == "otpuser"
        assert asked == ["123456"]
        assert logins(frames)[2:] == ["TOKEN_PLAIN"] * 3
        used = [json.loads(f)["params"][0]["token"] for f in frames if "TOKEN_PLAIN" in f]
        assert len(set(used)) == 3
        # One that is no good any more is no reason to give up.
        nas.tokens.clear()
        await until(client, State.READY, nas.drop_connections)
        assert asked == ["123456"] * 2


async def test_the_token_is_kept_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signin, "REFRESH_SECONDS", 0.02)
    async with nas_with_keys(tls=True) as nas, AsyncClient(nas.secure_url, verify_ssl=False) as client:
        first = await client.login_with_password("otpuser", "otp-pw", "123456")
        assert first.reconnect_token in nas.tokens
        async with asyncio.timeout(10):
            while first.reconnect_token in nas.tokens or not nas.tokens:
                await client.ping()
        assert (await client.call("auth.me"))["pw_name"] == "otpuser"
        monkeypatch.setattr(signin, "REFRESH_SECONDS", 420.0)


async def test_releases_that_do_not_know_reconnect_tokens() -> None:
    data = {
        "error": 22,
        "reason": "[EINVAL] x",
        "extra": [["login_data.login_options.reconnect_token", "Extra inputs are not permitted", 22]],
    }
    refused = {"code": -32602, "message": "Invalid params", "data": data}
    sent: list[Any] = []

    async def go_on(link: Any, frame: dict[str, Any]) -> dict[str, Any]:
        sent.append(frame["params"][0]["login_options"])
        if "reconnect_token" in sent[-1]:
            return {"error": refused}
        return {"result": {"response_type": "SUCCESS", "user_info": None, "authenticator": "LEVEL_1"}}

    answers: Any = {
        "auth.login_ex": {"result": {"response_type": "OTP_REQUIRED", "username": "otpuser"}},
        "auth.login_ex_continue": go_on,
    }
    async with scripted(answers) as url, AsyncClient(url, reconnect=False) as client:
        login = await client.login_with_password("otpuser", "otp-pw", "123456")
        assert login.reconnect_token is None
    assert sent == [{"user_info": False, "reconnect_token": True}, {"user_info": False}]


def without_tokens() -> Simulator:
    """A release that gives no tokens for reconnecting."""
    return nas_with_keys("25.10", tls=True)


async def test_a_used_one_time_password_is_not_sent_again(frames: list[str]) -> None:
    async with without_tokens() as nas, AsyncClient(nas.secure_url, verify_ssl=False) as client:
        await client.login_with_password("otpuser", "otp-pw", "123456")
        await until(client, State.FAILED, nas.drop_connections)
        assert isinstance(client.status.reason, OTPRequired)
    assert logins(frames) == ["PASSWORD_PLAIN", "OTP_TOKEN", "PASSWORD_PLAIN"]


async def test_a_used_one_time_password_is_asked_for_again() -> None:
    asked: list[str] = []
    needed: list[AsyncClient] = []

    async def ask(client: AsyncClient) -> None:
        needed.append(client)
        await client.login_with_password("otpuser", "otp-pw", "123456")

    async with without_tokens() as nas:
        async with AsyncClient(nas.secure_url, verify_ssl=False) as client:
            await client.login_with_password("otpuser", "otp-pw", asking(asked))
            await until(client, State.READY, nas.drop_connections)
            assert len(asked) == 2
        async with AsyncClient(nas.secure_url, verify_ssl=False, on_login_needed=ask) as client:
            await client.login_with_password("otpuser", "otp-pw", "123456")
            await until(client, State.READY, nas.drop_connections)
            assert needed == [client]
            assert (await client.call("auth.me"))["pw_name"] == "otpuser"


# Subscriptions when the login ends on its connection --------------------------------------------


def end_logins(nas: Simulator) -> None:
    for session in nas.sessions:
        session.sign_out()  # type: ignore[attr-defined]


@pytest.mark.parametrize("address", ["url", "legacy_url"])
async def test_event_sources_go_on_after_the_login_has_ended(address: str) -> None:
    async with Simulator(speed=100.0) as nas, AsyncClient(getattr(nas, address)) as client:
        await client.login_with_password("admin", "admin")
        source, alerts = client.subscribe("reporting.realtime"), client.subscribe("alert.list")
        async with asyncio.timeout(20), source, alerts:
            assert isinstance(await anext(source), Event)
            end_logins(nas)
            assert await asyncio.gather(*(client.call("pool.query", [], {"count": True}) for _ in range(3))) == [2] * 3
            async for event in source:
                if isinstance(event, Gap):
                    assert event.reason == "the login had ended on the server"
                    break
            assert isinstance(await anext(source), Event)
            assert isinstance(await anext(alerts), Gap)
            (session,) = nas.sessions
            assert sorted(session.subscriptions.values()) == ["alert.list", "reporting.realtime"]


async def test_subscribing_after_the_login_has_ended_signs_in_again() -> None:
    async with Simulator(speed=100.0) as nas, AsyncClient(nas.url) as client:
        await client.login_with_password("admin", "admin")
        async with client.subscribe("alert.list"):
            end_logins(nas)
            async with asyncio.timeout(20), client.subscribe("reporting.realtime") as source:
                assert isinstance(await anext(source), Event)
                (session,) = nas.sessions
                assert sorted(session.subscriptions.values()) == ["alert.list", "reporting.realtime"]


async def test_a_source_that_the_next_login_may_not_have_ends_with_the_reason() -> None:
    async with Simulator(speed=100.0) as nas, AsyncClient(nas.url) as client:
        await client.login_with_password("admin", "admin")
        async with client.subscribe("reporting.realtime") as source:
            end_logins(nas)
            nas.add_account("admin", "admin", roles=["POOL_READ"])
            assert await client.call("pool.query", [], {"count": True}) == 2
            async with asyncio.timeout(20):
                with pytest.raises(SubscriptionEnded, match="Not authorized"):
                    async for _ in source:
                        pass
