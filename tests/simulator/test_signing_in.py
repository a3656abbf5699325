"""What running servers were seen to do while somebody signs in, and with the keys for it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest

from tests.simulator.talking import Refused, Talk, talk
from truenas_client.auth.scram import ScramClient, derive
from truenas_client.simulator import Simulator
from truenas_client.simulator.scram import BadMessage, ClientFirst

NONCE = base64.b64encode(bytes(32)).decode()


async def scram(client: Talk, username: str, number: int, secret: str) -> dict[str, Any]:
    """Both messages of a login with a key; the answer to the last that was sent."""
    exchange = ScramClient(username, number, bytes(32))

    async def send(kind: str, text: str) -> dict[str, Any]:
        data = {"mechanism": "SCRAM", "scram_type": kind, "rfc_str": text}
        answer: dict[str, Any] = await client.call("auth.login_ex", data)
        return answer

    first = await send("CLIENT_FIRST_MESSAGE", exchange.first)
    if first["response_type"] != "SCRAM_RESPONSE":
        return first
    challenge = exchange.challenge(first["rfc_str"])
    keys = derive(secret, challenge.salt, challenge.iterations)
    final = exchange.final(challenge, keys)
    answer = await send("CLIENT_FINAL_MESSAGE", final.text)
    if answer["response_type"] == "SCRAM_RESPONSE":
        final.verify(answer["rfc_str"])
    return answer


async def test_a_new_key_comes_with_what_proves_it() -> None:
    async with Simulator() as nas, talk(nas) as client:
        made = await client.call("api_key.create", {"name": "mine", "username": "admin"})
        salt, secret = base64.b64decode(made["salt"]), made["key"].partition("-")[2]
        salted = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, made["iterations"])
        client_key = hmac.digest(salted, b"Client Key", "sha512")
        assert base64.b64decode(made["client_key"]) == client_key
        assert base64.b64decode(made["stored_key"]) == hashlib.sha512(client_key).digest()
        assert base64.b64decode(made["server_key"]) == hmac.digest(salted, b"Server Key", "sha512")
        assert not set(made) & {"keyhash"}
        (row,) = await client.call("api_key.query", [["id", "=", made["id"]]])
        assert not set(row) & {"key", "client_key", "stored_key", "server_key", "salt", "iterations"}
    async with Simulator(release="25.10") as nas, talk(nas) as client:
        assert "client_key" not in await client.call("api_key.create", {"name": "mine", "username": "admin"})


async def test_scram_by_an_account_without_access_is_a_call_error() -> None:
    async with Simulator() as nas, talk(nas, login=False) as client:
        key = nas.make_api_key("k", "nobody2")
        with pytest.raises(Refused) as refused:
            await scram(client, "nobody2", key.id, key.key)
        assert (refused.value.code, refused.value.data["error"]) == (-32001, 22)
        assert refused.value.data["reason"] == "'NoneType' object is not subscriptable"
        plain = {"mechanism": "API_KEY_PLAIN", "username": "nobody2", "api_key": key.text}
        assert (await client.call("auth.login_ex", plain))["response_type"] == "DENIED"


@pytest.mark.parametrize("name", ["\u00fcser", "u\u0308ser", "us\u00ader\u00aa"])
async def test_names_beyond_ascii_are_compared_prepared(name: str) -> None:
    async with Simulator() as nas, talk(nas, login=False) as client:
        nas.add_account("\u00fcser", "pw")
        nas.add_account("usera", "pw")
        key = nas.make_api_key("k", "usera" if name.startswith("us") else "\u00fcser")
        text = f"n,,n={name}:{key.id},r={NONCE}"
        data = {"mechanism": "SCRAM", "scram_type": "CLIENT_FIRST_MESSAGE", "rfc_str": text}
        assert (await client.call("auth.login_ex", data))["response_type"] == "SCRAM_RESPONSE"


@pytest.mark.parametrize("name", ["", "a=b", "a=2Cb", "a\x07", "\u06271", "\ue000"])
def test_what_is_no_user_name(name: str) -> None:
    with pytest.raises(BadMessage):
        ClientFirst.parse(f"n,,n={name}:1,r={NONCE}")


@pytest.mark.parametrize("number", ["", "x", "\u0661", "1234567890", "-1"])
def test_what_is_no_number_of_a_key(number: str) -> None:
    with pytest.raises(BadMessage):
        ClientFirst.parse(f"n,,n=admin:{number},r={NONCE}")


def test_the_last_colon_parts_name_and_number() -> None:
    first = ClientFirst.parse(f"n,,n=a:b:7,r={NONCE}")
    assert (first.username, first.key_id) == ("a:b", 7)


@pytest.mark.parametrize("release", ["25.04", "25.10", "26", "27"])
async def test_an_unknown_mechanism_is_told_the_known_ones(release: str) -> None:
    names = ["API_KEY_PLAIN", "PASSWORD_PLAIN", "TOKEN_PLAIN", "OTP_TOKEN"]
    new = release in ("26", "27")
    shown = [repr(name) for name in [*names, "SCRAM"]] if new else [f"<AuthMech.{name}: '{name}'>" for name in names]
    async with Simulator(release=release) as nas, talk(nas, login=False) as client:
        for mechanism in ("KERBEROS",) if new else ("KERBEROS", "SCRAM"):
            with pytest.raises(Refused) as refused:
                await client.call("auth.login_ex", {"mechanism": mechanism})
            ((attribute, text, number),) = refused.value.rows
            assert (attribute, number) == ("login_data", 22)
            assert text.endswith(f"does not match any of the expected tags: {', '.join(shown)}")
            assert mechanism in text
        with pytest.raises(Refused) as refused:
            await client.call("auth.login_ex", {})
        assert refused.value.rows == [["login_data.mechanism", "Field required", 22]]
        assert (await client.login())["response_type"] == "SUCCESS"


async def test_a_deleted_key_stays_deleted() -> None:
    async with Simulator() as nas, talk(nas) as client:
        new = {"name": "mine", "username": "admin"}
        first = await client.call("api_key.create", new)
        await client.call("api_key.delete", first["id"])
        second = await client.call("api_key.create", new)
        assert first["id"] != second["id"]
        assert first["key"].partition("-")[2] != second["key"].partition("-")[2]


async def test_an_unknown_user_costs_as_long_as_a_wrong_password() -> None:
    async with Simulator() as nas, talk(nas, login=False) as client:
        for name in ("admin", "nobody"):
            began = nas.clock.now()
            assert (await client.login(name, "wrong"))["response_type"] == "AUTH_ERR"
            assert nas.clock.now() - began >= 0.3, name
