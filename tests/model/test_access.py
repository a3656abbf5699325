"""Sessions and keys as the releases tell of them, and the arguments of what is made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from tests.facts import RELEASES, catalogue
from tests.model.test_dashboard import ROWS
from truenas_client.methods.catalogue import Catalogue, Method
from truenas_client.secrets.redact import MASK, redact_result
from tui.model import access as model
from tui.model.access import Key, Login

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
LOGIN = {"username": "ada", "login_id": "x", "login_at": NOW}


@pytest.mark.parametrize(
    ("kind", "data", "user", "way", "key"),
    [
        ("LOGIN_PASSWORD", LOGIN, "ada", "password", None),
        ("LOGIN_TWOFACTOR", LOGIN, "ada", "password and code", None),
        ("API_KEY", LOGIN | {"api_key": {"id": 3, "name": "backup"}}, "ada", "API key backup", 3),
        ("API_KEY", {"api_key": {"id": 3, "name": "backup"}}, "", "API key backup", 3),  # 24.10
        ("UNIX_SOCKET", {}, "", "local socket", None),
        ("SOMETHING_NEW", None, "", "something new", None),
        ("TOKEN", {"parent": {"credentials": "LOGIN_PASSWORD", "credentials_data": LOGIN}}, "ada", "token", None),
        (
            "TOKEN",
            {
                "username": "ada",
                "parent": {"credentials": "API_KEY", "credentials_data": {"api_key": {"id": 3, "name": "b"}}},
            },
            "ada",
            "token of API key b",
            3,
        ),
        (None, "no object", "", "", None),
    ],
)
def test_how_a_session_signed_in(kind: Any, data: Any, user: str, way: str, key: int | None) -> None:
    (found,) = model.sessions_of([{"id": "s", "credentials": kind, "credentials_data": data}])
    assert (found.user, found.way, found.key) == (user, way, key)
    assert [found.current, found.internal] == [False, False]
    assert found.secure, "24.10 does not tell"


def test_sessions_ours_first_then_the_newest_and_the_servers_own_last() -> None:
    rows: list[Any] = [
        {"id": "old", "created_at": NOW - timedelta(days=1), "origin": "192.0.2.1:5", "secure_transport": False},
        {"id": "inside", "internal": True, "created_at": NOW},
        {"id": "new", "created_at": NOW},
        {"id": "ours", "current": True, "created_at": NOW - timedelta(days=9)},
        {"id": None},
        "no row",
    ]
    found = model.sessions_of(rows)
    assert [one.id for one in found] == ["ours", "new", "old", "inside"]
    assert found[2] == Login("old", "", "", "192.0.2.1:5", NOW - timedelta(days=1), False, False, False)


def test_keys_and_their_state() -> None:
    rows: list[Any] = [
        {"id": 4, "name": "d", "username": "ada", "created_at": NOW, "expires_at": NOW, "revoked": False},
        {"id": 2, "name": "b", "username": None, "expires_at": NOW + timedelta(days=9), "keyhash": "x"},
        {"id": 3, "name": "c", "revoked": True, "revoked_reason": "Sent in the clear"},
        {"id": 1, "name": "a", "allowlist": []},
        {"id": "7", "name": "no number"},
    ]
    found = model.keys_of(rows)
    assert found[3] == Key(4, "d", "ada", NOW, NOW, "")
    assert [(key.id, *key.state(NOW)) for key in found] == [
        (1, "never expires", ""),
        (2, "expires 2026-12-09", ""),
        (3, "revoked: Sent in the clear", "error"),
        (4, "expired 2026-11-30", "error"),
    ]


@given(ROWS)
def test_odd_rows_cost_themselves_only(rows: list[Any]) -> None:
    model.sessions_of(rows)
    model.keys_of(rows)


@pytest.mark.parametrize(
    ("config", "me", "words"),
    [
        ({"enabled": False, "services": {"ssh": False}}, None, "off for this server"),
        ({"enabled": True, "services": {"ssh": True}}, None, "on for this server and for SSH"),
        (None, {"two_factor_config": {"secret_configured": True}}, "set up for you"),
        (
            {"enabled": True},
            {"two_factor_config": {"secret_configured": False}},
            "on for this server, not set up for you",
        ),
        ({"enabled": True, "services": None}, {"two_factor_config": None}, "on for this server"),
    ],
)
def test_two_factor_sign_in(config: Any, me: Any, words: str) -> None:
    assert model.two_factor(config, me) == words


@pytest.mark.parametrize("release", RELEASES)
def test_what_is_asked_of_every_release_fits_its_schema(release: str) -> None:
    methods = Catalogue.from_methods(catalogue(release))

    def named(name: str) -> Method:
        found = methods.get(name)
        assert found is not None, name
        return found

    create, update, token = map(named, ("api_key.create", "api_key.update", "auth.generate_token"))
    for end in model.ENDS:
        params = model.new_key(create, "backup", "ada", end, NOW)
        # To the schema a time is a text, to the server it is a time.
        problems = [one for one in create.check(params) if "expires_at" not in str(one)]
        assert not problems
        assert ("allowlist" in params[0]) == (release == "24.10")
    key = Key(3, "backup", "ada", NOW, None, "")
    for params in (
        model.changed_key(key, "other", "", NOW, replace=True),
        model.changed_key(key, "other", "", NOW, replace=False),
    ):
        assert not update.check(params)
    for once in (True, False):
        assert not token.check(model.token_arguments(token, "1 hour", anywhere=True, once=once))
    for method in ("auth.terminate_session", "auth.terminate_other_sessions", "api_key.delete", "alert.dismiss"):
        assert named(method).risk != "read", "it is reviewed"
    for read in ("auth.sessions", "api_key.query", "auth.twofactor.config", "auth.me"):
        assert named(read).risk == "read"


def test_only_what_changes_is_sent() -> None:
    key = Key(3, "backup", "ada", NOW, NOW, "")
    assert model.changed_key(key, "backup", "", NOW, replace=False) == [3, {}]
    assert model.changed_key(key, "new", "never", NOW, replace=True) == [
        3,
        {"name": "new", "expires_at": None, "reset": True},
    ]
    end = int((NOW + timedelta(days=30)).timestamp() * 1000)
    assert model.changed_key(key, "backup", "in 30 days", NOW, replace=False) == [3, {"expires_at": {"$date": end}}]
    assert model.new_key(None, "backup", "ada", "never", NOW) == [{"name": "backup", "username": "ada"}]
    assert model.token_arguments(None, "1 hour", anywhere=False, once=True) == [3600, {}, True, True]


def test_names_of_what_is_saved() -> None:
    assert model.key_file_name("nas.lab.example", "my backup/../x") == "nas-my-backup-x"
    assert model.key_file_name("", "日本") == "api-key"


def test_what_is_left_of_an_answer_with_a_key_holds_no_key() -> None:
    left = redact_result("api_key.create", {"id": 1, "name": "a", "key": "1-abc", "client_key": "abc"})
    assert left == {"id": 1, "name": "a", "key": MASK, "client_key": MASK}
    assert redact_result("auth.generate_token", "abc") == MASK
