"""Constructing a client and signing in, as scripts of the official client do, on every release."""

from __future__ import annotations

import inspect
import socket
import ssl
import sys
import threading
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from truenas_client import (
    Client,
    ClientException,
    HandshakeRejected,
    InvalidCredentials,
    JSONRPCClient,
    NotAuthenticated,
    ReserveFDException,
    endpoint,
)
from truenas_client.simulator import ThreadedSimulator
from truenas_client.sync import sockets

from .nas import RELEASES, nas_of, threads_of_ours

# -- signing in ------------------------------------------------------------------------------


@pytest.mark.parametrize("release_name", RELEASES)
def test_logins_as_scripts_make_them(release_name: str, tmp_path: Path) -> None:
    with nas_of(release_name, tmp_path) as nas:
        with Client(nas.url) as c:
            with pytest.raises(NotAuthenticated):
                c.call("t.echo", 1)
            with pytest.raises(ValueError, match="Wrong user name or password"):
                c.login_with_password("admin", "wrong")
            c.login_with_password("admin", "admin")
            assert c.call("t.echo", "x" * 20_000)
        with Client(nas.url) as c:
            login = {"mechanism": "PASSWORD_PLAIN", "username": "admin", "password": "admin"}
            if release_name == "24.10":
                assert c.call("auth.login", "admin", "admin") is True
            else:
                assert c.call("auth.login_ex", login)["response_type"] == "SUCCESS"
            assert c.call("t.echo", "x" * 20_000)  # the larger limit holds once anybody is signed in


@pytest.mark.parametrize("release_name", RELEASES)
def test_logins_with_a_key(release_name: str, tmp_path: Path) -> None:
    with nas_of(release_name, tmp_path) as nas:
        key = next(iter(nas.api_keys.values()))
        owner = nas.nas.api_keys[int(key.partition("-")[0])].account
        path = tmp_path / "key"
        path.write_text(key)
        path.chmod(0o600)
        has_scram = release_name in ("26", "27")
        options: dict[str, Any] = {} if has_scram or release_name == "24.10" else {"auth_mechanism": "PLAIN"}
        for text in (key, str(path), path):
            with Client(nas.url) as c:
                c.login_with_api_key(owner, text, **options, channel_binding=False)
                assert c.call("auth.me")["pw_name"] == owner
        with Client(nas.url) as c, pytest.raises(InvalidCredentials):
            c.login_with_api_key(owner, key[:-1] + ("a" if key[-1] != "a" else "b"), **options, channel_binding=False)
        if release_name == "24.10":
            with Client(nas.url) as c:
                c.login_with_api_key(None, key)
        elif not has_scram:
            with Client(nas.url) as c, pytest.raises(ValueError, match="PLAIN"):
                c.login_with_api_key(owner, key, channel_binding=False)


def test_a_one_time_password(nas: ThreadedSimulator) -> None:
    nas.nas.add_account("two", "pw", otp="123456")
    with Client(nas.url) as c:
        with pytest.raises(ValueError, match="one-time"):
            c.login_with_password("two", "pw")
        c.login_with_password("two", "pw", otp_token="123456")
    with Client(nas.url) as c:
        answers = iter(["000000", "123456"])
        c.login_with_password("two", "pw", otp_token=lambda: next(answers, None))
        assert c.call("auth.me")["pw_name"] == "two"


def test_a_token(nas: ThreadedSimulator, client: Client) -> None:
    token = client.call("auth.generate_token", 60, {}, True, False)
    with Client(nas.url) as other:
        other.login_with_token(token)
        assert other.call("auth.me")["pw_name"] == "admin"


# -- constructing ----------------------------------------------------------------------------


def test_the_constructor_is_the_official_one() -> None:
    names = "uri reserved_ports private_methods py_exceptions log_py_exceptions call_timeout verify_ssl"
    parameters = [*inspect.signature(Client.__init__).parameters.values()][1:]
    positional = [one.name for one in parameters if one.kind is not inspect.Parameter.KEYWORD_ONLY]
    assert positional == names.split(), "what the official client lacks is by keyword"
    call = [*inspect.signature(Client.call).parameters][3:]
    assert call == ["background", "callback", "job", "register_call", "timeout", "_log_py_enotauthenticated"]


def test_over_the_local_socket_the_user_is_signed_in(nas: ThreadedSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "LOCAL_SOCKET", str(nas.nas.info()["unix"]))
    endpoint.parse.cache_clear()
    with Client() as c:
        assert isinstance(c, JSONRPCClient)
        assert c.call("auth.me")["pw_uid"] == 0
    endpoint.parse.cache_clear()


def test_the_local_socket_speaks_the_new_protocol_whatever_it_is_called(tmp_path: Path) -> None:
    with ThreadedSimulator(unix=tmp_path / "websocket"), Client(f"ws+unix://{tmp_path}/websocket") as c:
        assert isinstance(c, JSONRPCClient)
        assert c.ping() == "pong"


def test_over_tls(tmp_path: Path) -> None:
    with nas_of("26", tmp_path, tls=True) as nas:
        assert nas.secure_url is not None
        with pytest.raises(ssl.SSLCertVerificationError):
            Client(nas.secure_url)
        key = next(iter(nas.api_keys.values()))
        owner = nas.nas.api_keys[int(key.partition("-")[0])].account
        with Client(nas.secure_url, verify_ssl=False) as c:
            c.login_with_api_key(owner, key)  # bound to the connection
            assert len(c.call("t.echo", "x" * 60_000)) == 60_000
            threads = [threading.Thread(target=c.call, args=("t.echo", n)) for n in range(30)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert not threads_of_ours()


def test_failures_to_connect_are_the_builtin_errors(nas: ThreadedSimulator, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Client(f"ws+unix://{tmp_path}/nothing.sock")
    with pytest.raises(ConnectionRefusedError):
        Client("ws://127.0.0.1:1/api/current")
    with nas.faults.add("handshake", status=502), pytest.raises(ClientException) as raised:
        Client(nas.url)
    assert getattr(raised.value, "status_code", None) == 502
    for uri in ("wss://127.0.0.1:1/api/current", "127.0.0.1:1", "https://127.0.0.1:1", f"ws+unix://{tmp_path}/x", None):
        with pytest.raises(ValueError, match="Reserved ports"):
            Client(uri, reserved_ports=True)
    for uri in (nas.url, "127.0.0.1:1", "wss://127.0.0.1:1/api/current"):
        with pytest.raises(ClientException, match="local socket"):
            Client(uri, py_exceptions=True)
    assert not threads_of_ours()


def test_a_refused_handshake_is_of_the_class_that_scripts_know(
    nas: ThreadedSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    class WebSocketBadStatusException(Exception):
        def __init__(self, message: str, status_code: int, *further: Any) -> None:
            raise AssertionError("made by its own rules")

    module = ModuleType("websocket")
    module.WebSocketBadStatusException = WebSocketBadStatusException  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "websocket", module)
    with nas.faults.add("handshake", status=404), pytest.raises(WebSocketBadStatusException) as raised:
        Client(nas.url)
    assert raised.value.status_code == 404  # type: ignore[attr-defined]
    assert isinstance(raised.value, HandshakeRejected)


def test_a_reserved_port(nas: ThreadedSimulator) -> None:
    with Client(nas.url, reserved_ports=True) as c:
        assert 600 <= c._ws.socket.getsockname()[1] < 1024
        assert c.ping() == "pong"


def test_a_reserved_port_that_cannot_be_had(nas: ThreadedSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: socket.socket, address: Any) -> None:
        raise PermissionError

    with pytest.raises(ClientException, match="IPv4"):
        Client("ws://[::1]:1/api/current", reserved_ports=True)
    with monkeypatch.context() as patch:
        patch.setattr(socket.socket, "bind", refused)
        with pytest.raises(ReserveFDException, match="root"):
            Client(nas.url, reserved_ports=True)
    monkeypatch.setattr(sockets, "RESERVED_PORTS", range(0))
    with pytest.raises(ReserveFDException, match="taken"):
        Client(nas.url, reserved_ports=True)
    assert not threads_of_ours()


def test_a_subclass_may_allow_more(nas: ThreadedSimulator) -> None:
    class Mine(Client):
        def uri_check(self, uri: str | None, py_exceptions: bool) -> None:
            pass

    with Mine(nas.url, py_exceptions=True, private_methods=True, call_timeout=None) as c:
        assert type(c) is Mine
        assert c.ping() == "pong"


def test_a_password_over_a_network_is_warned_of(monkeypatch: pytest.MonkeyPatch, nas: ThreadedSimulator) -> None:
    monkeypatch.setattr(endpoint.Endpoint, "is_local", property(lambda self: False))
    with Client(nas.url) as c, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        c.login_with_password("admin", "admin")
    assert "unencrypted" in str(caught[0].message)
