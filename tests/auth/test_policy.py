"""What may be sent over which way, and how many logins an address takes."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truenas_client import endpoint
from truenas_client.auth.budget import CALLS, SECONDS, Budget
from truenas_client.auth.channel import (
    APIKeyAuthMech,
    Channel,
    binding_for,
    check_plain_key,
    check_token,
    key_mechanism,
    weak_password,
)
from truenas_client.auth.keytext import ApiKey
from truenas_client.auth.ways import Key, Password, Token
from truenas_client.exc import ChannelBindingError, InsecureTransport, MechanismUnsupported

PLAIN, SCRAM = APIKeyAuthMech.PLAIN, APIKeyAuthMech.SCRAM

WAYS = {
    None: "socket",
    "ws+unix:///run/nas.sock": "socket",
    "nas.example": "tls",
    "wss://127.0.0.1/websocket": "tls",
    "ws://localhost": "loopback",
    "ws://127.0.0.1:8080/api/current": "loopback",
    "ws://[::1]": "loopback",
    "ws://nas.example": "network",
    "http://192.0.2.7": "network",
    "ws://127.0.0.1.example": "network",
    "ws://10.0.0.1/websocket": "network",
}


@pytest.mark.parametrize("address", WAYS)
def test_ways(address: str | None) -> None:
    channel = Channel.of(endpoint.parse(address), None)
    assert channel.kind == WAYS[address]
    assert channel.readable is (channel.kind == "network")
    assert bool(channel.old_protocol) is (address or "").endswith("/websocket")


@pytest.mark.parametrize("address", WAYS)
def test_what_others_could_use_is_not_sent_where_they_can_read_it(address: str | None) -> None:
    channel = Channel.of(endpoint.parse(address), None)
    check_plain_key(channel, allow_key_revocation=True)
    if channel.readable:
        with pytest.raises(InsecureTransport, match="revoke"):
            check_plain_key(channel, allow_key_revocation=False)
        with pytest.raises(InsecureTransport):
            check_token(channel)
        with pytest.raises(InsecureTransport):
            weak_password(channel, allow=False)
        assert channel.address in str(weak_password(channel, allow=True))
    else:
        check_plain_key(channel, allow_key_revocation=False)
        check_token(channel)
        assert weak_password(channel, allow=False) is None


@pytest.mark.parametrize("address", WAYS)
def test_the_binding_is_never_dropped_by_itself(address: str | None) -> None:
    channel = Channel.of(endpoint.parse(address), None)
    assert binding_for(channel, wanted=False) is None
    if channel.kind == "socket":
        assert binding_for(channel, wanted=True) is None
    else:
        with pytest.raises(ChannelBindingError) as caught:
            binding_for(channel, wanted=True)
        assert "channel_binding=False" in str(caught.value)
        assert "--no-channel-binding" in str(caught.value)


@pytest.mark.parametrize(
    ("address", "fell_back", "asked", "known", "expected"),
    [
        ("nas", False, SCRAM, False, SCRAM),
        ("nas", False, PLAIN, False, PLAIN),
        ("nas", False, SCRAM, True, SCRAM),
        ("nas", False, PLAIN, True, InsecureTransport),
        ("wss://nas/websocket", False, SCRAM, False, PLAIN),
        ("wss://nas/websocket", False, SCRAM, True, InsecureTransport),
        # Whoever is in between can pretend that there is no new protocol.
        ("wss://nas/websocket", True, SCRAM, False, MechanismUnsupported),
        ("wss://nas/websocket", True, PLAIN, False, PLAIN),
        ("wss://nas/websocket", True, PLAIN, True, InsecureTransport),
    ],
)
def test_mechanisms(
    address: str, fell_back: bool, asked: APIKeyAuthMech, known: bool, expected: APIKeyAuthMech | type[Exception]
) -> None:
    channel = Channel.of(endpoint.parse(address), None, fell_back=fell_back)
    if isinstance(expected, APIKeyAuthMech):
        assert key_mechanism(asked, channel, known_scram=known) is expected
    else:
        with pytest.raises(expected, match="--plain"):
            key_mechanism(asked, channel, known_scram=known)


def test_the_fingerprint_is_the_one_others_show() -> None:
    channel = Channel.of(endpoint.parse("nas"), b"certificate")
    assert channel.fingerprint == f"sha256:{hashlib.sha256(b'certificate').hexdigest()}"
    assert "certificate" not in repr(channel)


# -- the rate limit ---------------------------------------------------------------------------------


def server_takes(times: list[float]) -> bool:
    """The server's rule: never more than so many calls in any minute."""
    return all(sum(t - SECONDS <= earlier <= t for earlier in times) <= CALLS for t in times)


@given(st.lists(st.tuples(st.floats(0, 30), st.sampled_from([1, 2])), max_size=80))
def test_whoever_waits_is_never_refused(steps: list[tuple[float, int]]) -> None:
    budget, now = Budget(), 1000.0
    sent: list[float] = []
    for pause, calls in steps:
        now += pause
        # What the clock rounds away is made up for: a server counts the full minute.
        while (wait := budget.wait(now, "auth.login_ex", calls)) > 0:
            now += wait + 1e-6
        for _ in range(calls):
            budget.sent(now, "auth.login_ex")
            sent.append(now)
        assert server_takes(sent)


def test_methods_are_counted_by_themselves_and_nothing_waits_in_vain() -> None:
    budget = Budget()
    for _ in range(CALLS):
        assert budget.wait(5.0, "auth.login_ex") == 0
        budget.sent(5.0, "auth.login_ex")
    assert budget.wait(5.0, "auth.login_ex") == SECONDS
    assert budget.wait(5.0, "auth.login") == 0
    assert budget.wait(5.0, "auth.login_ex", 0) == 0
    assert budget.wait(5.0 + SECONDS, "auth.login_ex", 2) == 0


def test_a_refusal_holds_for_every_method() -> None:
    budget = Budget()
    budget.refused(10.0, 60.0)
    assert budget.wait(30.0, "auth.login") == 40
    assert budget.wait(70.0, "auth.login") == 0


@given(secret=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=12))
def test_a_way_to_sign_in_shows_no_secret(secret: str) -> None:
    def shown(secret: str) -> list[str]:
        key = ApiKey(7, f"7-{secret}", source="file")
        return [repr(way) for way in (Password("admin", secret), Key("admin", key), Token(secret))]

    # Not "the secret is not in it": one may be drawn that is a name of ours.
    assert shown(secret) == shown("another")


def test_a_way_decides_anew_for_each_channel() -> None:
    open_way, safe_way = Channel.of(endpoint.parse("ws://nas.example"), None), Channel.of(endpoint.parse(None), None)
    warnings: list[str] = []
    for way in (Password("admin", "x", allow_exposed=False), Token("x")):
        way.flow(safe_way, bytes, warnings.append)
        with pytest.raises(InsecureTransport):
            way.flow(open_way, bytes, warnings.append)
    assert warnings == []
    Password("admin", "x").flow(open_way, bytes, warnings.append)
    assert len(warnings) == 1
