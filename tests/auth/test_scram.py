"""SCRAM by an independent computation, by the recorded exchanges, and against servers that are no such servers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.facts import require_facts
from truenas_client.auth.binding import end_point
from truenas_client.auth.scram import Keys, ScramClient, derive
from truenas_client.exc import AuthenticationError, ServerSignatureError

ROUNDS = 50_000
SALT = bytes(range(16))
NONCE = bytes(range(100, 132))
SECRET = "k1" + "A" * 62


# -- RFC 5802 by hand: nothing here is the client's ---------------------------------------------


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def xor(a: bytes, b: bytes) -> bytes:
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).to_bytes(len(a), "big")


def keyed(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-512 as RFC 2104 writes it."""
    block = (hashlib.sha512(key).digest() if len(key) > 128 else key).ljust(128, b"\0")
    inner = hashlib.sha512(xor(block, b"\x36" * 128) + message).digest()
    return hashlib.sha512(xor(block, b"\x5c" * 128) + inner).digest()


def hi(secret: bytes, salt: bytes, rounds: int) -> bytes:
    """The function Hi of the RFC, round by round."""
    block = result = keyed(secret, salt + b"\0\0\0\1")
    total = int.from_bytes(result, "big")
    for _ in range(rounds - 1):
        block = hmac.digest(secret, block, "sha512")
        total ^= int.from_bytes(block, "big")
    return total.to_bytes(64, "big")


def keys_by_hand(secret: str, salt: bytes, rounds: int) -> tuple[bytes, bytes, bytes]:
    salted = hi(secret.encode(), salt, rounds)
    client = keyed(salted, b"Client Key")
    return client, hashlib.sha512(client).digest(), keyed(salted, b"Server Key")


def server_final(keys: tuple[bytes, bytes, bytes], first_bare: str, challenge: str, final: str) -> str | None:
    """What a server says to a final message; None when the proof is wrong."""
    without, _, proof = final.rpartition(",p=")
    message = f"{first_bare},{challenge},{without}".encode()
    client = xor(base64.b64decode(proof), keyed(keys[1], message))
    return f"v={b64(keyed(keys[2], message))}" if hashlib.sha512(client).digest() == keys[1] else None


@pytest.fixture(scope="module")
def by_hand() -> tuple[bytes, bytes, bytes]:
    return keys_by_hand(SECRET, SALT, ROUNDS)


CHALLENGE = f"r={b64(NONCE + b's' * 32)},s={b64(SALT)},i={ROUNDS}"


# -- known answers ------------------------------------------------------------------------------


def test_keys_are_those_of_the_rfc(by_hand: tuple[bytes, bytes, bytes]) -> None:
    keys = derive(SECRET, SALT, ROUNDS)
    assert (keys.client, keys.stored, keys.server) == by_hand
    assert "\\x" not in repr(keys)


@pytest.mark.parametrize("binding", [None, hashlib.sha256(b"a certificate").digest()])
def test_an_exchange_with_a_server_of_the_rfc(by_hand: tuple[bytes, bytes, bytes], binding: bytes | None) -> None:
    exchange = ScramClient("admin", 1, NONCE, binding)
    header = "n,," if binding is None else "p=tls-server-end-point,,"
    assert exchange.first == f"{header}n=admin:1,r={b64(NONCE)}"
    challenge = exchange.challenge(CHALLENGE)
    assert (challenge.salt, challenge.iterations) == (SALT, ROUNDS)
    final = exchange.final(challenge, Keys(*by_hand))
    channel = b64(header.encode() + (binding or b""))
    assert final.text.startswith(f"c={channel},r={b64(NONCE + b's' * 32)},p=")
    assert channel == "biws" or binding is not None
    answer = server_final(by_hand, exchange.first.removeprefix(header), CHALLENGE, final.text)
    assert answer is not None
    final.verify(answer)


def exchanges() -> list[tuple[str, dict[str, Any], list[str], list[str]]]:
    """Recorded exchanges that came to a final message: name, secrets, client's messages, server's."""
    found = []
    for name in ("scram_ok", "scram_channel_bound_tls", "scram_wrong_key"):
        lines = [json.loads(line) for line in (require_facts() / "wire" / f"{name}.jsonl").read_text().splitlines()]
        frames = [line["frame"] for line in lines[1:] if isinstance(line.get("frame"), dict)]
        asked = [f["params"][0]["rfc_str"] for f in frames if "rfc_str" in str(f.get("params"))]
        told = [
            f["result"]["rfc_str"] for f in frames if isinstance(f.get("result"), dict) and "rfc_str" in f["result"]
        ]
        found.append((name, lines[0]["header"]["secrets"], asked, told))
    return found


@pytest.mark.parametrize("number", range(3))
def test_recorded_exchanges_recompute_bit_for_bit(number: int) -> None:
    name, secrets, asked, told = exchanges()[number]
    raw = secrets.get("api_key_used_by_client", secrets["api_key"])
    nonce = base64.b64decode(asked[0].rpartition(",r=")[2])
    certificate = secrets.get("certificate_der_hex")
    binding = end_point(bytes.fromhex(certificate)) if certificate else None
    exchange = ScramClient(secrets["username"], int(raw.partition("-")[0]), nonce, binding)
    assert exchange.first == asked[0]
    challenge = exchange.challenge(told[0])
    assert b64(challenge.salt) == secrets["salt_b64"]
    keys = derive(raw.partition("-")[2], challenge.salt, challenge.iterations)
    final = exchange.final(challenge, keys)
    assert final.text == asked[1]
    if name == "scram_wrong_key":
        assert b64(keys.client) != secrets["client_key_b64"]
        assert len(told) == 1
        return
    recorded = [secrets["client_key_b64"], secrets["stored_key_b64"], secrets["server_key_b64"]]
    assert [b64(key) for key in (keys.client, keys.stored, keys.server)] == recorded
    final.verify(told[1])
    with pytest.raises(ServerSignatureError):
        exchange.final(challenge, derive("other", SALT, ROUNDS)).verify(told[1])


# -- servers that are not what they should be -----------------------------------------------------


@pytest.mark.parametrize(
    "challenge",
    [
        "",
        "garbage",
        f"r={b64(NONCE)},s={b64(SALT)},i={ROUNDS}",  # nothing of the server's own
        f"r={b64(b's' * 64)},s={b64(SALT)},i={ROUNDS}",
        f"r={b64(NONCE[:-1] + b'x' + b's' * 32)},s={b64(SALT)},i={ROUNDS}",
        f"r={b64(NONCE)}{b64(b's' * 32)},s={b64(SALT)},i={ROUNDS}",  # joined as text, not as octets
        f"r=?,s={b64(SALT)},i={ROUNDS}",
        f"r=é,s={b64(SALT)},i={ROUNDS}",
        f"s={b64(SALT)},r={b64(NONCE + b's' * 32)},i={ROUNDS}",
        CHALLENGE.replace(f"s={b64(SALT)}", "s="),
        CHALLENGE.replace(f"s={b64(SALT)}", "s=*"),
        CHALLENGE.replace("i=50000", "i=49999"),
        CHALLENGE.replace("i=50000", "i=5000001"),
        CHALLENGE.replace("i=50000", "i=-50000"),
        CHALLENGE.replace("i=50000", "i=٥٠٠٠٠"),
        CHALLENGE.replace("i=50000", "i=" + "9" * 5000),
        CHALLENGE.replace("i=50000", "i="),
        CHALLENGE.replace(",i=50000", ""),
        f"m=mandatory,{CHALLENGE}",
        f"{CHALLENGE},m=mandatory",
        f"{CHALLENGE},",
    ],
)
def test_a_challenge_that_is_none_is_not_answered(challenge: str) -> None:
    with pytest.raises(AuthenticationError) as caught:
        ScramClient("admin", 1, NONCE).challenge(challenge)
    assert b64(NONCE) not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("rounds", [50_000, 5_000_000])
def test_the_limits_of_rounds_are_within(rounds: int) -> None:
    challenge = ScramClient("admin", 1, NONCE).challenge(CHALLENGE.replace("50000", str(rounds)))
    assert challenge.iterations == rounds


def test_an_extension_that_may_be_ignored_is_signed_with_the_rest(by_hand: tuple[bytes, bytes, bytes]) -> None:
    exchange = ScramClient("admin", 1, NONCE)
    text = f"{CHALLENGE},x=new"
    final = exchange.final(exchange.challenge(text), Keys(*by_hand))
    assert server_final(by_hand, exchange.first.removeprefix("n,,"), text, final.text) is not None


@pytest.mark.parametrize("name", ["", "a,b", "a=b", "=2C", "a\0b", "a\nb", "a\ud800"])
def test_names_that_would_change_the_message(name: str) -> None:
    with pytest.raises(AuthenticationError, match="user name"):
        ScramClient(name, 1, NONCE)


@given(st.text(max_size=120))
def test_only_the_right_signature_is_accepted(text: str) -> None:
    exchange = ScramClient("admin", 1, NONCE)
    final = exchange.final(exchange.challenge(CHALLENGE), Keys(b"c" * 64, b"s" * 64, b"v" * 64))
    with pytest.raises(ServerSignatureError):
        final.verify(text)
    with pytest.raises(ServerSignatureError):
        final.verify(f"v={text}")


@given(st.binary(min_size=1, max_size=64), st.integers(0, 63), st.integers(1, 255))
def test_a_changed_signature_is_refused(salt: bytes, place: int, change: int) -> None:
    keys = (b"c" * 64, hashlib.sha512(b"c" * 64).digest(), b"v" * 64)
    challenge = f"r={b64(NONCE + b's')},s={b64(salt)},i={ROUNDS}"
    exchange = ScramClient("ädmin:x", 7, NONCE, salt)
    final = exchange.final(exchange.challenge(challenge), Keys(*keys))
    answer = server_final(keys, exchange.first.removeprefix("p=tls-server-end-point,,"), challenge, final.text)
    assert answer is not None
    final.verify(answer)
    with pytest.raises(ServerSignatureError):
        final.verify(f"e{answer[1:]}")
    signature = bytearray(base64.b64decode(answer[2:]))
    signature[place] ^= change
    with pytest.raises(ServerSignatureError):
        final.verify(f"v={b64(bytes(signature))}")
