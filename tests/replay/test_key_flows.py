"""What callers see of the recorded logins with API keys, and that what is sent is what was recorded."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from truenas_client import (
    AccessDenied,
    APIKeyAuthMech,
    AsyncClient,
    ChannelBindingError,
    ClientException,
    CredentialsExpired,
    InvalidCredentials,
    InvalidKeyFile,
    MechanismUnsupported,
    NotAuthenticated,
)
from truenas_client.aio import signin
from truenas_client.aio.connection import Connection
from truenas_client.simulator.tls import Tls

from .caller import Run, play
from .flows import Flow, ReplayServer, read_flow, sent_frames


def give_recorded_nonces(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client be as random as the recorded one was, so that the proofs come out equal."""
    firsts = [f["params"][0]["rfc_str"] for f in sent_frames(flow) if "CLIENT_FIRST_MESSAGE" in str(f)]
    nonces: Iterator[bytes] = iter([base64.b64decode(first.rpartition(",r=")[2]) for first in firsts])
    monkeypatch.setattr(signin, "new_nonce", lambda: next(nonces, bytes(32)))


def errors(run: Run) -> list[type[ClientException] | None]:
    return [None if saw.error is None else type(saw.error) for saw in run.saw.values()]


def sent(frames: Any, method: str) -> list[Any]:
    return [
        [{k: v for k, v in p.items() if k != "login_options"} if isinstance(p, dict) else p for p in frame["params"]]
        for frame in frames
        if frame.get("method") == method
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("scram_ok", [None, None]),
        # What follows is a call before sign-in: the server's 207.
        ("scram_wrong_key", [InvalidCredentials, NotAuthenticated]),
        ("scram_unknown_key_id", [InvalidCredentials]),
        ("login_api_key_plain_ok", [None, None]),
        ("v2510_api_key", [None, None]),
    ],
)
async def test_logins_with_a_key(name: str, expected: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    flow = read_flow(name)
    give_recorded_nonces(flow, monkeypatch)
    async with ReplayServer(flow) as server:
        run = await play(flow, server)
        await run.client.close()
    assert server.unexpected == []
    assert errors(run) == expected
    # Bit for bit what was recorded, the proofs too; and the list of mechanisms is not asked for.
    recorded = sent_frames(flow)
    assert sent(server.received, "auth.login_ex") == sent(recorded, "auth.login_ex")
    assert sent(server.received, "auth.mechanism_choices") == []


async def test_a_bound_login_over_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = read_flow("scram_channel_bound_tls")
    give_recorded_nonces(flow, monkeypatch)
    recorded = bytes.fromhex(flow.header["secrets"]["certificate_der_hex"])
    own = Tls("127.0.0.1")
    try:
        async with ReplayServer(flow, tls=own.context) as server:
            # The key of the recorded certificate was not kept, so the server shows another one.
            monkeypatch.setattr(Connection, "certificate", property(lambda self: recorded))
            run = await play(flow, server, verify_ssl=False)
            await run.client.close()
    finally:
        own.remove()
    assert server.unexpected == []
    assert set(errors(run)) == {None}
    assert sent(server.received, "auth.login_ex") == sent(sent_frames(flow), "auth.login_ex")


async def test_another_certificate_gives_another_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = read_flow("scram_channel_bound_tls")
    give_recorded_nonces(flow, monkeypatch)
    own = Tls("127.0.0.1")
    try:
        async with ReplayServer(flow, tls=own.context) as server, AsyncClient(server.url, verify_ssl=False) as client:
            with pytest.raises(ClientException, match="not recorded"):
                await client.login_with_api_key("admin", flow.header["secrets"]["api_key"])
            assert not client.signed_in
    finally:
        own.remove()
    first, final = sent(sent_frames(flow), "auth.login_ex")
    ours = sent(server.received, "auth.login_ex")
    assert ours[0] == first
    assert ours[1][0]["rfc_str"].split(",")[0] != final[0]["rfc_str"].split(",")[0]


async def test_refused_keys() -> None:
    flow = read_flow("login_api_key_plain_refused")
    async with ReplayServer(flow) as server:
        run = await play(flow, server)
        await run.client.close()
    # The third is no key, which is seen without a server.
    kinds = [InvalidCredentials, InvalidCredentials, InvalidKeyFile, CredentialsExpired, AccessDenied]
    assert errors(run) == kinds
    assert [p[0]["api_key"][:4] for p in sent(server.received, "auth.login_ex")] == ["1-wr", "99-a", "2-k2", "4-k4"]
    for saw, frame in zip(run.saw.values(), sent_frames(flow), strict=True):
        assert frame["params"][0]["api_key"].partition("-")[2] not in str(saw.error) or "noseparator" in str(frame)


async def test_a_bound_login_without_tls_sends_nothing() -> None:
    flow = read_flow("scram_bound_over_plain_ws")
    async with ReplayServer(flow) as server, AsyncClient(server.url) as client:
        with pytest.raises(ChannelBindingError, match="--no-channel-binding"):
            await client.login_with_api_key("admin", "1-k1")
        assert sent(server.received, "auth.login_ex") == []


async def test_25_10_does_not_know_scram(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = read_flow("v2510_mechanism_choices")
    give_recorded_nonces(flow, monkeypatch)
    async with ReplayServer(flow) as server, AsyncClient(server.url) as client:
        with pytest.raises(MechanismUnsupported, match="--plain"):
            await client.login_with_api_key("admin", "1-k1AAA", channel_binding=False)
        assert server.unexpected == []
        (scram,) = sent(server.received, "auth.login_ex")
        assert scram[0]["mechanism"] == "SCRAM"


async def test_the_local_socket_takes_no_keys(tmp_path: Path) -> None:
    flow = read_flow("unix_socket_auto_login")
    key = next(f["params"][0]["api_key"] for f in sent_frames(flow) if "API_KEY_PLAIN" in str(f))
    async with ReplayServer(flow, tmp_path / "nas.sock") as server, AsyncClient(server.url) as client:
        assert (await client.call("auth.me"))["pw_name"] == "root"
        with pytest.raises(MechanismUnsupported, match="local socket"):
            await client.login_with_api_key("admin", key, APIKeyAuthMech.PLAIN)
        assert server.unexpected == []
        assert client.signed_in


async def test_the_old_protocol_takes_the_key_itself() -> None:
    flow = read_flow("legacy_login_with_api_key")
    async with ReplayServer(flow) as server:
        good, bad = [await play(flow, server, number) for number in (1, 2)]
        assert (errors(good), errors(bad)) == ([None], [InvalidCredentials])
        for run in (good, bad):
            await run.client.close()
    assert server.unexpected == []
    recorded = sent_frames(flow)
    assert sent(server.received, "auth.login_with_api_key") == sent(recorded, "auth.login_with_api_key")


async def test_24_10_where_the_official_client_fails() -> None:
    flow = read_flow("legacy_2410_api_key_raw")
    async with ReplayServer(flow) as server:
        run = await play(flow, server)
        await run.client.close()
    assert server.unexpected == []
    assert errors(run) == [InvalidCredentials, None, None, None]
    assert list(run.saw.values())[2].value == 1
    # The official client asks for the mechanisms there and gives up; ours has nothing to ask.
    other = read_flow("legacy_2410_login_with_api_key")
    async with ReplayServer(other) as server, AsyncClient(server.url) as client:
        with pytest.raises(ClientException):
            await client.login_with_api_key("admin", other.header["secrets"]["api_key"])
    assert [f["method"] for f in server.received if f["msg"] == "method"] == ["auth.login_with_api_key"]


async def test_reconnect_token_flow() -> None:
    flow = read_flow("reconnect_token")
    async with ReplayServer(flow) as server:
        runs = [await play(flow, server, number) for number in (1, 2, 3)]
        assert [errors(run) for run in runs] == [[None], [None], [InvalidCredentials]]
        for run in runs:
            await run.client.close()
    assert server.unexpected == []
