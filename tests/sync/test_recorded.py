"""The recorded conversations of the official client, played again by the same script: what it saw is what ours gives.

Where the official client was wrong, `BETTER` says what ours does instead.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.facts import require_facts
from tests.midclt.served import Background
from tests.replay.flows import Flow, ReplayServer, read_flow, sent_frames
from truenas_client import Client, ClientException, InvalidCredentials, JobAborted, MechanismUnsupported, ejson
from truenas_client.simulator.tls import Tls
from truenas_client.sync import signin
from truenas_client.sync.connection import Connection

KEY = "1-k1" + "A" * 62
PASSWORD = {"username": "admin", "password": "admin-pw"}
Script = Callable[[Callable[[], Client], Flow], Iterator[Callable[[], Any]]]
SCRIPTS: dict[str, Script] = {}


def script(function: Script) -> Script:
    SCRIPTS[function.__name__] = function
    return function


def admin(make: Callable[[], Client]) -> Client:
    c = make()
    if c.dialect == "ddp":
        assert c.call("auth.login", "admin", "admin-pw") is True
    else:
        answer = c.call(
            "auth.login_ex", {"mechanism": "PASSWORD_PLAIN", **PASSWORD, "login_options": {"user_info": False}}
        )
        assert answer["response_type"] == "SUCCESS"
    return c


def simple(name: str, *calls: tuple[Any, ...], job: bool = False) -> None:
    """A flow that signs in and makes these calls."""

    def play(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
        c = admin(make)
        for method, *params in calls:
            yield lambda method=method, params=params: c.call(method, *params, job=job)

    SCRIPTS[name] = play


def sent_params(flow: Flow, method: str) -> list[Any]:
    return [ejson.loads(ejson.dumps(frame["params"])) for frame in sent_frames(flow) if frame.get("method") == method]


simple(
    "call_errors",
    ("wiretest.call_error",),
    ("wiretest.call_error", 16, "Busy now", {"holder": "pool", "pids": [1, 2]}),
    ("wiretest.call_error", 9999, "odd errno"),
    ("wiretest.python_error", "k"),
)
simple("job_new_style_call_without_job_flag", ("wiretest.job_ok", {"steps": 1, "delay": 0.2}))
simple("job_new_style_failed", ("wiretest.job_fail", {"extra": {"dev": "sda"}}), job=True)
simple("job_new_style_success", ("wiretest.job_ok", {"steps": 2}), job=True)
simple("job_flag_on_plain_method", ("wiretest.echo", 5), job=True)
simple("job_flag_on_transient_job", ("wiretest.job_transient", {}), job=True)
simple("v2510_job", ("wiretest.job_ok", {"steps": 1}), ("wiretest.job_fail", {}), job=True)
simple("legacy_job", ("wiretest.job_ok", {"steps": 1}), ("wiretest.job_fail", {}), job=True)
simple("legacy_2410_job", ("wiretest.job_ok", {}), ("wiretest.job_fail", {}), job=True)
simple("method_not_found", ("wiretest.nope",), ("nope",))
simple("client_closes")


@script
def validation_errors(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = admin(make)
    for params in sent_params(flow, "wiretest.create"):
        yield lambda params=params: c.call("wiretest.create", *params)


@script
def ejson_types(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = admin(make)
    yield lambda: c.call("wiretest.ejson_types")
    (params,) = sent_params(flow, "wiretest.type_of")
    yield lambda: c.call("wiretest.type_of", *params)


@script
def connect_set_options_ping(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    yield make().ping


@script
def unauthenticated_call(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = make()
    yield lambda: c.call("wiretest.echo", 1)


@script
def login_password_ok(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = make()
    yield lambda: c.login_with_password("admin", "admin-pw")
    yield lambda: c.call("auth.me")["pw_name"]


@script
def login_password_wrong(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = make()
    yield lambda: c.login_with_password("admin", "nope")
    yield lambda: c.login_with_password("ghost", "nope")


@script
def login_otp_ok(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = make()
    yield lambda: c.login_with_password("otpuser", "otp-pw", otp_token="123456")
    yield lambda: c.call("auth.me")["account_attributes"]


@script
def v2510_connect_login_ping(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = make()
    yield c.ping
    yield lambda: c.login_with_password("admin", "admin-pw")
    yield lambda: c.call("auth.me")["pw_name"]


@script
def login_api_key_plain_ok(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = make()
    yield lambda: c.login_with_api_key("admin", KEY, "PLAIN")
    yield lambda: c.call("auth.sessions", [["current", "=", True]])


@script
def v2510_api_key(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = make()
    yield lambda: c.login_with_api_key("admin", KEY)
    yield lambda: c.login_with_api_key("admin", KEY, "PLAIN")
    yield lambda: c.call("wiretest.echo", 1)


@script
def scram_ok(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = make()
    yield lambda: c.login_with_api_key("admin", KEY, channel_binding=False)
    yield lambda: c.call("auth.me")["account_attributes"]


@script
def scram_unknown_key_id(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = make()
    yield lambda: c.login_with_api_key("admin", "77-unknown", channel_binding=False)


@script
def scram_wrong_key(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = make()
    key = flow.header["secrets"]["api_key_used_by_client"]
    yield lambda: c.login_with_api_key("admin", key, channel_binding=False)
    yield lambda: c.call("auth.me")


@script
def scram_channel_bound_tls(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = make()
    yield lambda: c.login_with_api_key("admin", KEY)
    yield lambda: c.call("auth.me")["pw_name"]


@script
def legacy_connect_login_call(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = make()
    yield lambda: c.call("auth.login", "admin", "admin-pw")
    yield lambda: c.call("wiretest.echo", {"a": 1})


@script
def legacy_login_with_api_key(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    first = make()
    yield lambda: first.login_with_api_key(None, KEY)
    second = make()
    yield lambda: second.login_with_api_key("admin", "1-bad")


@script
def legacy_ping_unanswered(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = make()
    yield lambda: c.ping(timeout=0.2)
    yield lambda: c.call("core.ping")


@script
def server_closes_going_away(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = admin(make)
    waiting = c.call("wiretest.slow", 5, background=True)
    (closing,) = sent_params(flow, "wiretest.close_me")
    calls = [waiting, c.call("wiretest.close_me", *closing, background=True)]
    for call in calls:
        yield lambda call=call: c.wait(call)
    yield lambda: c.call("wiretest.echo", 1)


@script
def subscribe_events(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = admin(make)
    seen: list[str] = []
    enough = threading.Event()

    def callback(mtype: str, **message: Any) -> None:
        seen.append(mtype)
        if len(seen) == 4:
            enough.set()

    handle = c.subscribe("wiretest.items", callback)
    yield lambda: f"subscription id {handle}"
    *sending, last = sent_params(flow, "wiretest.send_event")
    for params in sending:
        assert c.call("wiretest.send_event", *params) is True
    assert enough.wait(10)
    c.unsubscribe(handle)
    c.call("wiretest.send_event", *last)
    yield lambda: f"callbacks {len(seen)}"


@script
def token_login(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    first, second, third = admin(make), make(), make()
    yield lambda: first.call("auth.generate_token", 300, {}, True, False)
    token = sent_params(flow, "auth.login_with_token")[0][0]
    yield lambda: second.call("auth.login_ex", {"mechanism": "TOKEN_PLAIN", "token": token})
    yield lambda: second.call("auth.sessions")
    yield lambda: third.call("auth.login_with_token", token)
    yield lambda: third.call("auth.login_ex", {"mechanism": "TOKEN_PLAIN", "token": "bogus"})


@script
def unix_socket_auto_login(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = make()
    yield lambda: c.call("auth.me")["pw_name"]
    yield lambda: c.login_with_api_key("admin", KEY, "PLAIN")


@script
def legacy_2410_connect_ping_login(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = make()
    yield c.ping
    yield lambda: c.call("auth.login", "admin", "bad")
    yield lambda: c.call("auth.login", "admin", "admin-pw")
    yield lambda: c.call("wiretest.echo", {"a": 1})
    yield lambda: c.call("core.ping")


@script
def legacy_2410_login_with_api_key(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = make()
    yield lambda: c.login_with_api_key(None, "1-bad")
    yield lambda: c.login_with_api_key(None, KEY)
    yield lambda: c.call("wiretest.echo", 1)


@script
def job_new_style_aborted(make: Callable[[], Client], flow: Flow) -> Iterator[Callable[[], Any]]:
    c = admin(make)
    job = c.call("wiretest.job_abortable", {}, job="RETURN")
    yield lambda: c.call("core.job_abort", job.job_id)
    yield job.result


BETTER: dict[str, list[Any]] = {
    "job_flag_on_plain_method": [5],
    "job_flag_on_transient_job": ["transient"],
    "job_new_style_aborted": [None, JobAborted],  # typed, and as it says
    "unix_socket_auto_login": ["root", MechanismUnsupported],  # in words that say what to do
    "legacy_2410_login_with_api_key": [InvalidCredentials, None, 1],
    "legacy_ping_unanswered": [True, "pong"],  # the server is there, and that is what was asked
}
"""What ours returns, or the class it raises, where the official client hangs or says nothing useful."""

PLAYED_INSTEAD = {"legacy_2410_login_with_api_key": "legacy_2410_api_key_raw"}
"""The official client never came to send the key, so what the server does with one is another recording."""


def outcome(operation: Callable[[], Any]) -> Any:
    try:
        return operation()
    except (ClientException, ValueError) as e:
        return e


def compare(saw: str, ours: Any) -> None:
    """What the official client saw, as its recorder wrote it down, beside ours."""
    kind, _, rest = saw.partition(" ")
    if kind == "returned":
        assert not isinstance(ours, Exception), ours
        assert repr(ours)[: len(rest)] == rest or repr(ours)[:200] == rest[:200]
        return
    if kind != "raised":
        assert ours == saw
        return
    name, _, text = rest.partition(": ")
    kinds = {cls.__name__ for cls in type(ours).__mro__}
    assert name in kinds, ours
    if name != "ValueError" and "WebSocket connection" not in text and "closure" not in text:
        assert str(ours).startswith(text[:150].rstrip()), (str(ours), text)


def give_recorded_nonces(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    firsts = [f["params"][0]["rfc_str"] for f in sent_frames(flow) if "CLIENT_FIRST_MESSAGE" in str(f)]
    nonces = iter([base64.b64decode(first.rpartition(",r=")[2]) for first in firsts])
    monkeypatch.setattr(signin, "new_nonce", lambda: next(nonces, bytes(32)))


@pytest.fixture(scope="module")
def background() -> Iterator[Background]:
    made = Background()
    yield made
    made.stop()


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_sees_what_was_recorded(
    name: str, background: Background, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    flow = read_flow(name)
    assert flow.header["client"] == "truenas_api_client"
    give_recorded_nonces(flow, monkeypatch)
    played = read_flow(PLAYED_INSTEAD.get(name, name))
    own = Tls("127.0.0.1") if flow.header["endpoint"].startswith("wss") else None
    if own is not None:
        # The key of the recorded certificate was not kept, so the server shows another one.
        recorded = bytes.fromhex(flow.header["secrets"]["certificate_der_hex"])
        monkeypatch.setattr(Connection, "certificate", property(lambda self: recorded))
    path = tmp_path / "nas.sock" if "unix" in flow.header["endpoint"] else None
    server = ReplayServer(played, path, own.context if own is not None else None)
    clients: list[Client] = []

    def make() -> Client:
        clients.append(Client(server.url, verify_ssl=False))
        return clients[-1]

    try:
        with background.entered(server):
            seen = [outcome(operation) for operation in SCRIPTS[name](make, flow)]
            for client in clients:
                client.close()
    finally:
        if own is not None:
            own.remove()
    kinds = ("returned", "raised", "callbacks", "subscription")
    told = [text for text in flow.header.get("client_saw", []) if text.split()[0] in kinds]
    if name in BETTER:
        for expected, ours in zip(BETTER[name], seen, strict=True):
            assert type(ours) is expected if isinstance(expected, type) else ours == expected
        return
    assert len(seen) == len(told)
    for text, ours in zip(told, seen, strict=True):
        if not text.startswith("subscription id"):
            compare(text, ours)


def test_every_recording_of_the_official_client_is_played() -> None:
    names = {path.stem for path in (require_facts() / "wire").glob("*.jsonl")}
    official = {name for name in names if read_flow(name).header["client"] == "truenas_api_client"}
    assert official == SCRIPTS.keys()
