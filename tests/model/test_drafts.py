"""Drafts without secrets: what may be written into a file."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.argumentshapes import ORDINARY, SECRETIVE, with_secret
from truenas_client.secrets.redact import MASK, is_secret_name
from tui.model.drafts import LONGEST, storable

SECRET = "hunter2 or so"


@pytest.mark.parametrize(
    ("method", "names", "text", "kept"),
    [
        ("pool.query", ["filters"], '[[["name", "=", "tank"]]]', '[[["name", "=", "tank"]]]'),
        (
            "user.create",
            ["user_create"],
            '[{"username": "a", "password": "x"}]',
            '[{"username": "a", "password": "********"}]',
        ),
        (
            "user.create",
            ["u"],
            '[\n  {"password" :  "x",\n "uid": 7}\n]',
            '[\n  {"password" :  "********",\n "uid": 7}\n]',
        ),
        ("user.create", ["u"], '[{"password": "${env:PW}"}]', '[{"password": "${env:PW}"}]'),
        ("user.create", ["u"], '[{"password": "${secret:nas}"}]', '[{"password": "${secret:nas}"}]'),
        ("user.create", ["u"], '[{"password": "x${env:PW}"}]', '[{"password": "********"}]'),
        ("user.create", ["u"], '[{"password": "${env:PW}${x"}]', '[{"password": "********"}]'),
        ("user.create", ["u"], '[{"password": null, "locked": true}]', '[{"password": null, "locked": true}]'),
        ("auth.login", ["username", "password"], '["root", "x", "123456"]', '["root", "********", "********"]'),
        ("auth.login", ["username", "password"], '["root", "${env:PW}"]', '["root", "${env:PW}"]'),
        ("auth.unheard_of", [], '["a", 7]', '["********", 7]'),
        # An argument of a secret's name, in a method nobody has reviewed.
        ("my.unlock", ["volume", "passphrase"], '["tank", "x"]', '["tank", "********"]'),
        ("my.unlock", ["volume", "pin"], '["tank", 1234]', '["tank", "********"]'),
        ("core.bulk", ["method", "params"], '["user.create", [[{"password": "x"}]]]', None),
        (
            "replication.create",
            ["data"],
            '[{"encryption_key": ["a", "b"]}]',
            '[{"encryption_key": ["********", "********"]}]',
        ),
        # A value that looks like a secret, wherever it stands.
        ("pool.query", ["filters"], f'["1-{"a" * 64}"]', '["********"]'),
        ("cloudsync.create", ["c"], '[{"attributes": {"key": "s3", "value": 1}}]', None),
    ],
)
def test_secrets_are_left_out_of_what_is_stored(method: str, names: list[str], text: str, kept: str | None) -> None:
    stored = storable(method, text, names)
    if kept is None:  # only that nothing secret stays and that the rest is JSON as before
        assert stored is not None
        assert '"x"' not in stored
        assert json.loads(stored)
    else:
        assert stored == kept


@pytest.mark.parametrize(
    ("method", "names", "text", "stored"),
    [
        ("pool.query", ["filters", "limit"], '[["name", "=', True),
        # Nothing typed takes the place of what was stored, for methods that take a secret too.
        ("user.create", ["user_create", "username", "password"], "", True),
        ("auth.login", [], " \n", True),
        ("user.create", ["user_create", "username", "password"], '[{"password": "x', False),
        ("auth.login", [], '["root", "x', False),
        ("core.bulk", ["method", "params"], '["user.create", [[{"password": "x', False),
        ("pool.query", ["filters"], '[{"password": "x', False),
        ("pool.query", ["filters"], '{"a": 1}', True),
        ("pool.query", ["filters"], '[["name", "=", "tank/da', True),
        # What is begun may become an address with a password in it.
        ("pool.query", ["filters"], '[["name", "=", "https://admin:hunt', False),
        ("app.create", ["values"], '[{"env": [{"value": "hunt', False),
        # Of a member given twice only the last one is in the value; the first would not be seen.
        ("user.create", ["user_create", "password"], '[{"password": "x", "password": "y"}]', False),
        ("pool.query", ["filters"], "[" + " " * LONGEST + "]", False),
        ("pool.query", ["filters"], '[{"a": 1, ' * 3000, False),
    ],
)
def test_what_cannot_be_looked_into_is_stored_only_where_it_is_harmless(
    method: str, names: list[str], text: str, stored: bool
) -> None:
    assert storable(method, text, names) == (text if stored else None)


@pytest.mark.parametrize(("method", "params"), SECRETIVE)
@given(secret=st.from_regex(r"[A-Za-z][A-Za-z0-9]{2,11}[0-9][A-Z][A-Za-z0-9]{0,11}", fullmatch=True))
@settings(max_examples=5)
def test_no_shape_of_arguments_keeps_its_secret(method: str, params: list[Any], secret: str) -> None:
    typed = with_secret(params, secret)
    stored = storable(method, json.dumps(typed, indent=1), [])
    assert stored is None or secret not in stored
    assert stored is None or MASK in stored


@pytest.mark.parametrize(("method", "params"), SECRETIVE)
def test_no_beginning_of_arguments_keeps_a_secret(method: str, params: list[Any]) -> None:
    whole = json.dumps(with_secret(params, SECRET.replace(" ", "-")), indent=1)
    at = whole.index("hunter2")
    for end in range(at + 4, len(whole)):
        stored = storable(method, whole[:end], [])
        assert stored is None or "hunter2" not in stored, whole[:end]


@pytest.mark.parametrize(("method", "params"), ORDINARY)
def test_arguments_without_a_secret_are_kept_as_they_are(method: str, params: list[Any]) -> None:
    text = json.dumps(params, indent=1)
    assert storable(method, text, []) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "password", "token", "key", "value", "private_key", "credentials", "ä"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def secrets_in(value: Any) -> list[str]:
    """The texts of members with a secret's name, that hold no other members."""
    found = []
    if isinstance(value, dict):
        for name, member in value.items():
            if (
                is_secret_name(name)
                and isinstance(member, str)
                and member not in ("", MASK)
                and not ("value" in value and name == "key")
            ):
                found.append(member)
            found += secrets_in(member)
    elif isinstance(value, list):
        for member in value:
            found += secrets_in(member)
    return found


@given(params=st.lists(JSON, max_size=3), indent=st.sampled_from([None, 1, 4]), ascii_only=st.booleans())
def test_any_arguments_stay_json_of_the_same_shape(params: list[Any], indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(params, indent=indent, ensure_ascii=ascii_only)
    stored = storable("my.method", text, ["a", "b", "c"])
    assert stored is not None
    value = json.loads(stored)
    assert not secrets_in(value)
    assert len(value) == len(params)
    assert storable("my.method", stored, ["a", "b", "c"]) == stored
    if not secrets_in(params) and stored != text:
        # What was left out then was masked for its look or for what it stands in, and is gone as a whole.
        assert MASK in stored


@given(text=st.text(max_size=60))
def test_any_text_is_judged_without_an_error(text: str) -> None:
    stored = storable("my.method", text, ["a"])
    assert stored is None or isinstance(stored, str)


def test_a_secret_typed_anywhere_in_a_broken_draft_is_not_stored() -> None:
    whole = json.dumps([{"username": "a", "password": SECRET, "uid": 7}], indent=2)
    for end in range(len(whole)):
        stored = storable("user.create", whole[:end], ["user_create", "username", "password", "uid"])
        assert stored is None or SECRET[:4] not in stored
