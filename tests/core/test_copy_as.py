"""Copied calls as texts: what they look like, that they hold no secret, that their words and literals are exact."""

from __future__ import annotations

import ast
import json
import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midclt.arguments import value_of
from tests.argumentshapes import ORDINARY, SECRETIVE, with_secret
from truenas_client import TLS
from truenas_client.endpoint import parse
from truenas_client.secrets.placeholders import pieces
from truenas_client.secrets.redact import MASK
from truenas_client.secrets.value import Keyring
from truenas_client.storage import Profile
from truenas_client.tls_choice import Pin
from truenas_client.values.copied_call import named_secrets
from truenas_client.values.copy_as import FORMS, CopiedCall, Form, Server, copied, shell_word
from truenas_client.values.pythontext import ROOM, literal

NAS = "wss://nas.example/api/current"
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=12,
)
SECRET = "hUnt3r-QZ7x"


def server(**members: Any) -> Server:
    return Server(Profile(**{"name": "", "addresses": (NAS,), **members}), parse(NAS))


LAB = server(name="lab", username="admin", secret=Keyring("lab"))


@given(VALUES)
def test_a_word_is_the_value_again(value: Any) -> None:
    word = shell_word(value)
    (text,) = shlex.split(word)
    assert value_of(text) == value
    assert word.isprintable()
    assert text != "-"
    assert not text.startswith("-") or text[1:].replace(".", "").isdigit()


@given(VALUES)
def test_a_literal_is_the_value_again(value: Any) -> None:
    text = literal(value)
    assert ast.literal_eval(text) == value
    assert all(line.isprintable() for line in text.split("\n"))


def test_what_a_line_cannot_hold_stands_one_member_a_line() -> None:
    params = [[["name", "=", 'ta"nk'], ["size", ">", 1 << 40]], {"select": ["name", "size", "status", "healthy"]}]
    call = CopiedCall("pool.query", params)
    assert copied("python", call, LAB) == (
        """from truenas_client import Client, ejson

with Client.from_profile("lab") as nas:
    result = nas.call(
        "pool.query",
        [["name", "=", "ta\\"nk"], ["size", ">", 1099511627776]],
        {"select": ["name", "size", "status", "healthy"]},
    )
print(ejson.dumps(result, indent=2))"""
    )
    text = literal([params] * 3)
    assert max(map(len, text.splitlines())) <= ROOM
    assert ast.literal_eval(text) == [params] * 3


@pytest.mark.parametrize(
    ("form", "call", "at", "text"),
    [
        ("midclt", CopiedCall("system.info", []), LAB, "midclt --profile lab call system.info"),
        (
            "midclt",
            CopiedCall("pool.scrub.scrub", ["tank", "START"], job=True, writes=True),
            LAB,
            "midclt --profile lab call --write -j pool.scrub.scrub tank START",
        ),
        (
            "midclt",
            CopiedCall("m.m", ["5", "", "-", "true", -1e-7]),
            server(addresses=()),
            """midclt call m.m '"5"' '""' '"-"' '"true"' ' -1e-07'""",
        ),
        (
            "midclt",
            CopiedCall("m.m", ["it's"]),
            server(username="ada b", tls=TLS.insecure()),
            f"""midclt -u {NAS} -U 'ada b' --insecure call m.m '"it'"'"'s"'""",
        ),
        (
            "midclt",
            CopiedCall("m.m", []),
            server(username="$(id)", mechanism="api-key", channel_binding=False, tls=TLS(ca_file="/my ca")),
            f"""TRUENAS_API_KEY="${{TRUENAS_API_KEY:?the API key of ??id?}}" midclt -u {NAS} -U '$(id)' --ca '/my ca'"""
            " --no-channel-binding call m.m",
        ),
        (
            "midclt",
            CopiedCall("filesystem.put", ["/mnt/x"], file="upload", filename="~/a b"),
            LAB,
            "midclt --profile lab upload filesystem.put '~/a b' /mnt/x",
        ),
        (
            "jsonrpc",
            CopiedCall("m.m", ["\u202e", None]),
            LAB,
            r'{"jsonrpc": "2.0", "id": "1", "method": "m.m", "params": ["\u202e", null]}',
        ),
        (
            "jsonrpc",
            CopiedCall("m.m", []),
            Server(LAB.profile, parse("wss://nas/websocket")),
            '{"id": "1", "msg": "method", "method": "m.m", "params": []}',
        ),
        (
            "async",
            CopiedCall("pool.scrub.scrub", ["tank"], job=True),
            server(username="admin", mechanism="api-key-plain", tls=TLS.pinned("ab" * 32)),
            f'''# TRUENAS_API_KEY in the environment: the API key of admin.
import asyncio
import os

from truenas_client import TLS, AsyncClient, ejson


async def main() -> None:
    async with AsyncClient("{NAS}", tls=TLS.pinned("sha256:{"ab" * 32}")) as nas:
        await nas.login_with_api_key("admin", os.environ["TRUENAS_API_KEY"], auth_mechanism="PLAIN")
        job = await nas.start("pool.scrub.scrub", "tank")
        result = await job.result()
    print(ejson.dumps(result, indent=2))


asyncio.run(main())''',
        ),
        (
            "python",
            CopiedCall("user.create", [{"username": "ada", "password": SECRET, "note": "a${env:X}"}]),
            server(name="ask", username="admin"),
            """# USER_CREATE_PASSWORD in the environment: what ${secret:user-create-password} stands for.
# X in the environment: an argument of the call.
import os
from getpass import getpass

from truenas_client import Client, ejson

with Client.from_profile("ask", ask=getpass) as nas:
    result = nas.call(
        "user.create",
        {
            "username": "ada",
            "password": os.environ["USER_CREATE_PASSWORD"],
            "note": "a" + os.environ["X"],
        },
    )
print(ejson.dumps(result, indent=2))""",
        ),
        (
            "curl",
            CopiedCall("config.save", [], file="download", filename="x.db"),
            server(name="lab", tls=TLS(pins=(Pin("ab" * 32, key=True),))),
            """midclt --profile lab call core.download config.save '[]' x.db |
  sed 's|^[^"]*"|url = "https://nas.example:443|; s|"[^"]*$|"|' |
"""
            f"  curl --fail --output x.db --insecure --pinnedpubkey sha256//{'q6ur' * 10}q6s= --config -",
        ),
    ],
)
def test_the_texts(form: Form, call: CopiedCall, at: Server, text: str) -> None:
    assert copied(form, call, at) == text


@pytest.mark.parametrize(("method", "params"), SECRETIVE)
def test_no_secret_is_copied(method: str, params: list[Any]) -> None:
    call = CopiedCall(method, with_secret(params, SECRET), file="")
    download = CopiedCall(method, with_secret(params, SECRET), file="download", filename="x")
    for form in FORMS:
        text = copied(form, download if form == "curl" else call, LAB)
        assert SECRET not in text
        assert MASK not in text
    assert "${secret:" in json.dumps(call.shown)


@pytest.mark.parametrize(("method", "params"), ORDINARY)
def test_what_is_no_secret_stays(method: str, params: list[Any]) -> None:
    assert named_secrets(method, params) == params


def test_a_mask_asks_for_what_belongs_there_and_each_place_has_a_name() -> None:
    shown = named_secrets(
        "a.b", [{"password": MASK, "inner": [{"password": "x"}]}, f"--password {MASK} --x 1"], ["", "line"]
    )
    assert shown == [
        {"password": "${secret:a-b-password}", "inner": [{"password": "${secret:a-b-password-2}"}]},
        "--password ${secret:a-b-line} --x 1",
    ]
    # A dollar in front stays one, and does not make the placeholder a literal text.
    assert named_secrets("a.b", [f"x$${MASK}"]) == ["x$$$$${secret:a-b}"]
    assert [text for text, _ in pieces("x$$$$${secret:a-b}")] == ["x$$"]


def test_what_python_cannot_read_is_no_script() -> None:
    deep: Any = []
    for _ in range(145):
        deep = [deep]
    assert ast.literal_eval(literal(deep)) == deep
    call = CopiedCall("m.m", [[[[[[[[deep]]]]]]]])
    assert shell_word(call.params[0]) in copied("midclt", call, LAB)
    with pytest.raises(RecursionError):
        copied("python", call, LAB)


def test_a_secret_in_the_name_of_a_member_is_left_out() -> None:
    call = CopiedCall("m.m", [{f"https://admin:{SECRET}@nas.example/x": 1}], job=True)
    assert all(SECRET not in copied(form, call, LAB) for form in FORMS[:4])
    assert "job=True" in copied("python", call, LAB)


def test_a_variable_is_read_from_the_environment() -> None:
    call = CopiedCall("pool.x", [{"pool": "${var:my pool}", "path": "$${var:x}/${var:a}${secret:s}"}])
    assert copied("midclt", call, LAB).endswith(
        """ --fill pool.x '{"pool": "${env:MY_POOL}", "path": "$${var:x}/${env:A}${secret:s}"}'"""
    )
    assert 'os.environ["MY_POOL"]' in copied("python", call, LAB)
    assert '"${var:x}/" + os.environ["A"] + os.environ["S"]' in copied("python", call, LAB)
    assert not call.hides
    assert CopiedCall("pool.x", [{"password": SECRET, "pool": "${var:pool}"}]).hides


def test_no_name_of_a_placeholder_ends_its_comment() -> None:
    text = copied("python", CopiedCall("m.m", ["${env:A\nimport nothing\n}"]), LAB)
    assert [line for line in text.splitlines() if line.startswith("import")] == ["import os"]
