"""Every mechanism and every refusal, against the simulator of each release, mostly over its own TLS."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from tests.facts import RELEASES
from truenas_client import (
    AccessDenied,
    APIKeyAuthMech,
    AsyncClient,
    AuthenticationError,
    ChannelBindingError,
    ClientException,
    CredentialsExpired,
    InsecureTransport,
    InvalidCredentials,
    MechanismUnsupported,
    NotAuthenticated,
    OTPRequired,
    RedirectRequired,
)
from truenas_client.simulator import CallError, Simulator

from .ways import api_key, at_another_host, nas_with_keys, tls_proxy

KEY = api_key(1, "admin").text
PLAIN = APIKeyAuthMech.PLAIN


def client_of(nas: Simulator, url: str | None = None, **options: Any) -> AsyncClient:
    """A client over the simulator's TLS; the address names no path, so that it finds what the release has."""
    secure = nas.secure_url
    address = url or (secure or nas.url).rpartition("/api")[0]
    return AsyncClient(address, verify_ssl=False, reconnect=False, **options)


@pytest.mark.parametrize("release", RELEASES)
async def test_every_mechanism_succeeds(release: str, tmp_path: Path) -> None:
    path = tmp_path / "nas.key"
    path.write_text(json.dumps({"raw_key": KEY}))
    path.chmod(0o600)
    async with nas_with_keys(release, tls=True, unix=tmp_path / "nas.sock") as nas:
        async with client_of(nas) as client:
            login = await client.login_with_password("admin", "admin-pw")
            assert (login.username, login.mechanism) == ("admin", "PASSWORD")
            assert (await client.call("auth.me"))["pw_name"] == "admin"
            token = await client.call("auth.generate_token")
        async with client_of(nas) as client:
            assert (await client.login_with_token(token)).mechanism == "TOKEN"
            assert (await client.call("auth.me"))["pw_name"] == "admin"
        asked: list[str] = []

        async def ask() -> str:
            asked.append("123456" if asked else "000000")
            return asked[-1]

        for otp in ("123456", ask):
            async with client_of(nas) as client:
                await client.login_with_password("otpuser", "otp-pw", otp)
                assert (await client.call("auth.me"))["pw_name"] == "otpuser"
        assert asked == ["000000", "123456"]
        for key in (KEY, str(path), path, f"raw_key = {KEY}"):
            async with client_of(nas) as client:
                assert (await client.login_with_api_key("admin", key, PLAIN)).mechanism == "PLAIN"
                assert (await client.call("auth.me"))["pw_name"] == "admin"
        if release in ("26", "27"):
            for binding in (True, False):
                async with client_of(nas) as client:
                    assert (
                        await client.login_with_api_key("admin", path, channel_binding=binding)
                    ).mechanism == "SCRAM"
                    assert (await client.call("auth.me"))["pw_name"] == "admin"
        if release != "24.10":
            async with client_of(nas, f"ws+unix://{tmp_path}/nas.sock") as client:
                assert client.signed_in
                assert await client.call("auth.me")
        assert nas.tls is not None


@pytest.mark.parametrize("release", ["24.10", "25.04", "25.10"])
async def test_older_releases_do_not_know_scram(release: str, frames: list[str]) -> None:
    async with nas_with_keys(release, tls=True) as nas, client_of(nas) as client:
        with pytest.raises(MechanismUnsupported, match="--plain"):
            await client.login_with_api_key("admin", KEY)
        assert not client.signed_in
        # What was asked for is said; what was not is not done.
        await client.login_with_api_key("admin", KEY, "PLAIN")
        assert client.signed_in
    assert not any(KEY in frame for frame in frames[:-1])
    assert KEY in frames[-1]


@pytest.mark.parametrize("release", RELEASES)
async def test_every_refusal_has_its_error(release: str) -> None:
    old, newest = release == "24.10", release in ("26", "27")
    denied = AccessDenied if newest else InvalidCredentials
    expired = InvalidCredentials if old else CredentialsExpired
    async with nas_with_keys(release, tls=True) as nas, client_of(nas) as client:
        cases: list[tuple[type[Exception], Any]] = [
            (InvalidCredentials, lambda: client.login_with_password("admin", "wrong")),
            (InvalidCredentials, lambda: client.login_with_password("ghost", "admin-pw")),
            (expired, lambda: client.login_with_password("expired", "ex-pw")),
            (denied, lambda: client.login_with_password("nopriv", "no-pw")),
            # The old protocol says no and nothing else.
            (InvalidCredentials if old else OTPRequired, lambda: client.login_with_password("otpuser", "otp-pw")),
            (InvalidCredentials, lambda: client.login_with_token("wrong")),
            (InvalidCredentials, lambda: client.login_with_api_key("admin", "1-wrong", PLAIN)),
            (InvalidCredentials, lambda: client.login_with_api_key("admin", "99-wrong", PLAIN)),
            (InvalidCredentials, lambda: client.login_with_api_key("admin", api_key(6, "").text, PLAIN)),
            (expired, lambda: client.login_with_api_key("admin", api_key(2, "").text, PLAIN)),
            (
                denied if not old else InvalidCredentials,
                lambda: client.login_with_api_key("nopriv", api_key(4, "").text, PLAIN),
            ),
        ]
        if not old:  # whose the key is, is not asked there
            cases.append((InvalidCredentials, lambda: client.login_with_api_key("root", KEY, PLAIN)))
        for kind, login in cases:
            nas.rate_limit.clear()
            with pytest.raises(AuthenticationError) as caught:
                await login()
            assert type(caught.value) is kind, str(caught.value)
            assert isinstance(caught.value, ValueError)
            assert not client.signed_in
        nas.rate_limit.clear()
        with pytest.raises((OTPRequired, InvalidCredentials), match="one-time"):
            await client.login_with_password("otpuser", "otp-pw", "000000")
        # None of it stands in the way of the next.
        await client.login_with_password("admin", "admin-pw")


@pytest.mark.parametrize("binding", [True, False])
async def test_every_refusal_of_scram(binding: bool) -> None:
    cases: list[tuple[type[Exception], str, str]] = [
        (InvalidCredentials, "admin", "1-wrong"),
        (InvalidCredentials, "admin", "99-wrong"),
        (InvalidCredentials, "root", KEY),
        (InvalidCredentials, "admin", api_key(2, "").text),
        (InvalidCredentials, "admin", api_key(6, "").text),
        (AccessDenied, "nopriv", api_key(4, "").text),
        (CredentialsExpired, "expired", api_key(7, "").text),
    ]
    async with nas_with_keys(tls=True) as nas, client_of(nas) as client:
        for kind, user, key in cases:
            with pytest.raises(AuthenticationError) as caught:
                await client.login_with_api_key(user, key, channel_binding=binding)
            assert type(caught.value) is kind
            assert not client.signed_in
        for user in ("ad,min", "ad=min", ""):
            with pytest.raises(AuthenticationError, match="user name"):
                await client.login_with_api_key(user, KEY, channel_binding=binding)
        await client.login_with_api_key("admin", KEY, channel_binding=binding)


# -- the local socket ------------------------------------------------------------------------------


async def test_the_local_socket_takes_no_keys(tmp_path: Path) -> None:
    async with (
        nas_with_keys(unix=tmp_path / "nas.sock") as nas,
        client_of(nas, f"ws+unix://{tmp_path}/nas.sock") as client,
    ):
        for mechanism in APIKeyAuthMech:
            with pytest.raises(MechanismUnsupported, match="local socket"):
                await client.login_with_api_key("admin", KEY, mechanism)
        await client.login_with_password("admin", "admin-pw")
        assert (await client.call("auth.me"))["pw_name"] == "admin"


async def test_a_local_user_without_access_is_told_so(tmp_path: Path) -> None:
    import os

    async with nas_with_keys(unix=tmp_path / "nas.sock") as nas:
        del nas.accounts["root"]
        async with client_of(nas, f"ws+unix://{tmp_path}/nas.sock") as client:
            for call in (client.call("auth.me"), client.start("auth.me"), client.subscribe("auth.sessions").open()):
                with pytest.raises(NotAuthenticated, match=f"user {os.getuid()} .*sudo"):
                    await call
            await client.login_with_password("admin", "admin-pw")
            assert (await client.call("auth.me"))["pw_name"] == "admin"
            await client.call("auth.logout")
            with pytest.raises(NotAuthenticated) as caught:
                await client.call("auth.me")
            assert "sudo" not in str(caught.value)


# -- never weaker than asked -----------------------------------------------------------------------


async def test_without_tls_nothing_is_bound_and_nothing_sent(frames: list[str]) -> None:
    async with nas_with_keys() as nas, client_of(nas, nas.url) as client:
        with pytest.raises(ChannelBindingError, match=r"channel_binding=False.*--no-channel-binding"):
            await client.login_with_api_key("admin", KEY)
        assert not any("auth." in frame for frame in frames)
        await client.login_with_api_key("admin", KEY, channel_binding=False)
        assert client.signed_in


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("path", ["/api/current", "/websocket"])
async def test_a_key_is_not_sent_where_the_server_would_revoke_it(path: str, frames: list[str]) -> None:
    async with nas_with_keys() as nas:
        url = at_another_host(nas).replace("/api/current", path)
        # The simulator's own count of what reaches it.
        arrived = nas.faults.add("latency", method="auth.*", mean=0)
        async with client_of(nas, url) as client:
            mechanism = PLAIN if path == "/api/current" else APIKeyAuthMech.SCRAM
            with pytest.raises(InsecureTransport, match="revoke"):
                await client.login_with_api_key("admin", KEY, mechanism)
            assert not any("auth." in frame for frame in frames)
            assert arrived.struck == 0
            assert not nas.api_keys[1].revoked
            with pytest.raises(AuthenticationError):
                await client.login_with_api_key("admin", KEY, mechanism, allow_key_revocation=True)
            assert nas.api_keys[1].revoked, "the reason why it is not sent"
            assert arrived.struck == 1


@pytest.mark.usefixtures("elsewhere")
async def test_scram_goes_where_a_key_must_not() -> None:
    async with nas_with_keys() as nas, client_of(nas, at_another_host(nas)) as client:
        await client.login_with_api_key("admin", KEY, channel_binding=False)
        assert not nas.api_keys[1].revoked
        token = await client.call("auth.generate_token")
        with pytest.raises(InsecureTransport):
            await client.login_with_token(token)


@pytest.mark.usefixtures("elsewhere")
async def test_a_password_others_can_read_is_warned_of_once() -> None:
    async with nas_with_keys() as nas:
        warned: list[str] = []
        url = at_another_host(nas)
        async with client_of(nas, url, on_warning=warned.append) as client:
            for _ in range(2):
                await client.login_with_password("admin", "admin-pw")
            assert len(warned) == 1
            assert url in warned[0]
            with pytest.raises(InsecureTransport):
                await client.login_with_password("admin", "admin-pw", allow_exposed=False)
        async with client_of(nas, url) as client:
            with pytest.warns(UserWarning, match="unencrypted"):
                await client.login_with_password("admin", "admin-pw")
        nas.faked_address = None
        async with client_of(nas, nas.url, on_warning=warned.append) as client:
            await client.login_with_password("admin", "admin-pw", allow_exposed=False)
        assert len(warned) == 1


async def test_what_the_server_says_it_knows_changes_nothing(frames: list[str]) -> None:
    async with nas_with_keys(tls=True) as nas:

        @nas.method("auth.mechanism_choices", no_auth=True)
        def choices(call: Any) -> list[str]:
            return ["API_KEY_PLAIN"]

        async with client_of(nas) as client:
            await client.login_with_api_key("admin", KEY)
    methods = [json.loads(frame)["method"] for frame in frames]
    assert methods == ["core.set_options", "auth.login_ex", "auth.login_ex"]
    assert not any(KEY.partition("-")[2] in frame for frame in frames)


async def test_a_host_that_did_scram_gets_no_key(frames: list[str]) -> None:
    async with nas_with_keys(tls=True) as nas:
        for url in (nas.secure_url, (nas.secure_url or "").replace("/api/current", "/websocket")):
            async with client_of(nas, url) as client:
                with pytest.raises(InsecureTransport, match="--plain"):
                    await client.login_with_api_key("admin", KEY, PLAIN, known_scram=True)
                assert not client.signed_in
        assert not any(KEY in frame for frame in frames)
        async with client_of(nas, nas.secure_url) as client:
            await client.login_with_api_key("admin", KEY, known_scram=True)


async def test_the_old_protocol_of_an_address_means_the_key_itself() -> None:
    async with nas_with_keys(tls=True) as nas, client_of(nas, nas.legacy_url) as client:
        assert (await client.login_with_api_key("admin", KEY)).mechanism == "PLAIN"
        assert (await client.call("auth.me"))["pw_name"] == "admin"


# -- proxies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("encrypted_behind", [True, False])
async def test_a_proxy_that_ends_tls_is_noticed_and_explained(encrypted_behind: bool) -> None:
    async with (
        nas_with_keys(tls=True) as nas,
        tls_proxy(nas, encrypted_behind=encrypted_behind) as url,
        client_of(nas, url) as client,
    ):
        with pytest.raises(InvalidCredentials, match=r"(?s)proxy.*sha256:[0-9a-f]{64}.*--no-channel-binding"):
            await client.login_with_api_key("admin", KEY)
        await client.login_with_api_key("admin", KEY, channel_binding=False)


# -- round trips -----------------------------------------------------------------------------------


async def test_round_trips_of_a_cold_call(frames: list[str]) -> None:
    async with nas_with_keys(tls=True) as nas:
        async with client_of(nas) as client:
            await client.login_with_api_key("admin", KEY)
            await client.call("core.ping")
        assert len(frames) == 4
        frames.clear()
        async with client_of(nas) as client:
            await client.login_with_api_key("admin", KEY, PLAIN)
            await client.call("core.ping")
        assert len(frames) == 3
        frames.clear()
        async with client_of(nas, nas.legacy_url) as client:
            await client.login_with_api_key("admin", KEY)
            await client.call("core.ping")
        assert len(frames) == 3


# -- what no simulator answers ----------------------------------------------------------------------


@pytest.mark.parametrize("key", ["1-abc", "password"])
async def test_answers_of_standby_controllers_and_unknown_ones(key: str) -> None:
    from tests.midclt.served import scripted

    async def login(client: AsyncClient) -> None:
        if key == "password":
            await client.login_with_password("admin", "x")
        else:
            await client.login_with_api_key("admin", key, channel_binding=False)

    answers: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"result": {"response_type": "REDIRECT", "urls": ["https://a", 5]}}, RedirectRequired, "https://a"),
        ({"result": {"response_type": "REDIRECT"}}, RedirectRequired, "active one"),
        ({"result": {"response_type": "REDIRECT", "urls": 5}}, RedirectRequired, "active one"),
        ({"result": {"response_type": "DENIED"}}, AccessDenied, "administrator"),
        ({"result": {"response_type": "EXPIRED"}}, CredentialsExpired, "expired"),
        ({"result": {"response_type": "NEW"}}, AuthenticationError, "NEW"),
        ({"result": {}}, AuthenticationError, "unknown"),
        ({"result": None}, AuthenticationError, "instead of an object"),
        ({"error": fault(95)}, MechanismUnsupported, "one-time password"),
        ({"error": {"code": -32601, "message": "Method does not exist"}}, MechanismUnsupported, "too old|--plain"),
        ({"error": fault(22)}, ClientException, "why"),
    ]
    for answer, kind, words in answers:
        async with scripted({"auth.login_ex": answer}) as url, AsyncClient(url, reconnect=False) as client:
            with pytest.raises(kind, match=words) as caught:
                await login(client)
            assert type(caught.value) is kind
            assert not client.signed_in
            if isinstance(caught.value, RedirectRequired) and words != "active one":
                assert caught.value.urls == ("https://a",)


def fault(number: int) -> dict[str, Any]:
    return {"code": -32001, "message": "Method call error", "data": {"error": number, "reason": "why", "extra": None}}


def test_a_mechanism_that_is_none() -> None:
    with pytest.raises(ValueError, match="KERBEROS"):
        APIKeyAuthMech("KERBEROS")


async def test_only_an_account_without_rights_is_told_of_its_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another error of the server's last step of SCRAM says what it says."""

    async def fails(*_: object) -> None:
        raise CallError("The disk is full", errno.EINVAL)

    monkeypatch.setattr("truenas_client.simulator.login._scram_final", fails)
    async with nas_with_keys(tls=True) as nas, client_of(nas) as client:
        with pytest.raises(ClientException, match="The disk is full") as caught:
            await client.login_with_api_key("admin", KEY)
        assert not isinstance(caught.value, AccessDenied)
