"""Saved calls: files that come back as they were, values that stay data, no secret in clear, and folders of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.argumentshapes import SECRETIVE, with_secret
from tests.core.writers import forked
from truenas_client.exc import InvalidSavedCall
from truenas_client.secrets.placeholders import Placeholder, fill
from truenas_client.secrets.value import Secret
from truenas_client.storage.saved import SavedCalls, calls_folder, read_call
from truenas_client.storage.saved_call import SavedCall, Variable, free_name

POOL = Variable("pool", description="its name", default="tank")
CALL = SavedCall(
    "nightly/datasets",
    "pool.dataset.query",
    [[["pool", "=", "${var:pool}"]], {"limit": "${var:limit}"}],
    "Datasets of one pool",
    (POOL, Variable("limit", "number", "", "20")),
)


def sent(params: Any) -> Any:
    """The arguments as the server gets them, where nothing but variables was a placeholder."""

    def lookup(placeholder: Placeholder) -> Secret:
        raise AssertionError(f"{placeholder} was made of data")

    return fill(params, lookup).value


def test_a_file_says_what_it_is(tmp_path: Path) -> None:
    saved = SavedCalls(tmp_path)
    path = saved.put(CALL)
    assert path == tmp_path / "nightly" / "datasets.toml"
    assert path.read_text() == (
        'description = "Datasets of one pool"\n'
        'method = "pool.dataset.query"\n'
        "arguments = '''\n"
        '[[["pool", "=", "${var:pool}"]], {"limit": "${var:limit}"}]\n'
        "'''\n\n"
        '[variables.pool]\ntype = "text"\ndescription = "its name"\ndefault = "tank"\n\n'
        '[variables.limit]\ntype = "number"\ndefault = "20"\n'
    )
    assert saved.get("nightly/datasets") == read_call(path, "nightly/datasets") == CALL
    assert CALL.fill({"pool": 'fl"ash', "limit": 5}) == [[["pool", "=", 'fl"ash']], {"limit": 5}]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=8),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=4), some, max_size=3),
    max_leaves=12,
)
TRICKY = st.sampled_from(
    ["'''", '"""', "${env:X}", "$", "$$", "{var:a}", "${var:a}", "\\", '"', "\x7f", "\u0085", "\r\n", "\ud800", "é"]
)


@given(params=st.lists(JSON | TRICKY, max_size=3), text=st.text(max_size=20))
def test_whatever_is_saved_comes_back(params: list[Any], text: str) -> None:
    text = text.replace("\x00", "").encode("utf-8", "replace").decode().strip()
    call = SavedCall("x", "a.b", params, text, (Variable("a", description=text),))
    again = SavedCall.parse("x", call.text().encode().decode())
    assert (again.params, again.description.strip(), again.variables[0].description) == (params, text, text)


@given(value=JSON | TRICKY, text=st.text(max_size=10) | TRICKY, number=st.integers() | st.floats(-1e9, 1e9))
def test_a_value_is_data_and_stays_what_it_is(value: Any, text: str, number: float) -> None:
    call = SavedCall("x", "a.b", ["${var:v}", {"k": ["a$${env:X}${var:t}$${var:v}/${var:n}$"]}, "$${var:v}"])
    filled = call.fill({"v": value, "t": text, "n": number})
    assert sent(filled) == [value, {"k": [f"a${{env:X}}{text}${{var:v}}/{json.dumps(number)}$"]}, "${var:v}"]


def test_other_placeholders_stay_beside_a_value() -> None:
    call = SavedCall("x", "a.b", ["$${var:a}${secret:s}$$${var:a}", "${var:later}"])
    (first, later) = call.fill({"a": "${env:HOME}$"})
    assert later == "${var:later}"
    assert fill([first], lambda one: Secret(f"<{one.kind} {one.name}>")).value == ["${var:a}<secret s>$${env:HOME}$"]


@pytest.mark.parametrize("value", [None, True, [1], {"a": 1}])
def test_only_texts_and_numbers_stand_inside_a_text(value: Any) -> None:
    with pytest.raises(ValueError, match="a text or a number"):
        SavedCall("x", "a.b", ["tank/${var:a}"]).fill({"a": value})


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("text", ' 5 "x', ' 5 "x'), ("number", "5", 5), ("number", " 1.5e3", 1500.0),
        ("json", '["a", null]', ["a", None]), ("json", '"a"', "a"), ("secret", "x", "x"),
    ],
)  # fmt: skip
def test_values_as_they_are_typed(kind: Any, typed: str, value: Any) -> None:
    assert Variable("v", kind).value(typed) == value


@pytest.mark.parametrize(
    ("kind", "typed"),
    [("number", "hunter2"), ("number", "true"), ("number", '"5"'), ("number", "NaN"), ("number", "1e999"),
     ("number", ""), ("json", "hunter2"), ("json", "[NaN]"), ("json", "[" * 100_000), ("json", "")],
)  # fmt: skip
def test_what_is_typed_wrong_is_said_and_not_repeated(kind: Any, typed: str) -> None:
    with pytest.raises(ValueError, match="v wants") as caught:
        Variable("v", kind).value(typed)
    assert "hunter2" not in str(caught.value)


# Files.


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("method = ", "the format is TOML"),
        ('arguments = "[]"', "method: name one"),
        ('method = "a"\nmethods = 1', ":2: methods: there is no such key"),
        ('method = "a"\narguments = "[1"', "arguments: no JSON"),
        ('method = "a"\narguments = "{}"', "a list of all arguments"),
        ('method = "a"\narguments = 5', ":2: arguments: should be a text"),
        ('method = "a"\n\n[variables.v]\ndescription = 5', ":4: variables.v.description: should be a text"),
        ('method = "a"\nvariables = 5', r"write each as \[variables.NAME\]"),
        ('method = "a"\n[variables]\nv = 5', r"write it as \[variables.v\]"),
        ('method = "a"\n[variables."a b"]', "a name has letters"),
        ('method = "a"\n[variables.v]\ntype = "int"', "one of text, number, json, secret"),
        ('method = "a"\n[variables.v]\nask = 1', "variables.v.ask: no such key"),
        ('method = "a"\n[variables.v]\ndefault = true', "a text or a number"),
        ('method = "a"\n[variables.v]\ntype = "number"\ndefault = "x"', "v wants a number"),
        ('method = "a"\n[variables.v]\ntype = "secret"\ndefault = "x"', "asked for each time"),
        (f'method = "a"\narguments = "{"[" * 60_000}"', "arguments: "),
    ],
)
def test_a_broken_file_says_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "broken.toml").write_text(text)
    (tmp_path / "fine.toml").write_text('method = "core.ping"\n')
    with pytest.raises(InvalidSavedCall, match=words):
        SavedCalls(tmp_path).get("broken")
    calls, problems = SavedCalls(tmp_path).all()
    assert [call.name for call in calls] == ["fine"]
    assert str(tmp_path / "broken.toml") in problems["broken"]


def test_a_file_written_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "by-hand.toml"
    path.write_text(
        '# ours\nmethod = "a.b"\narguments = """["${var:n}", "${var:m}"]"""\n'
        'variables.n = { type = "number", default = 5 }\n'
    )
    call = read_call(path)
    assert call.asked == (Variable("n", "number", "", "5"), Variable("m"))
    assert not call.notes
    path.write_text('method = "user.create"\narguments = """[{"password": "hunter2"}]"""\n')
    (note,) = read_call(path).notes
    assert "in clear" in note
    assert "hunter2" not in note


@pytest.mark.parametrize(
    "name",
    ["", "/etc/x", "../x", "a/../b", ".hidden", "a//b", "a/", "a.", "x\n", "a\0b", "~/x", "a/b/c/d/e/f/g", "x" * 70],
)
def test_names_that_are_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidSavedCall, match="is no name for a call"):
        SavedCalls(tmp_path).path(name)


def test_a_folder_of_calls(tmp_path: Path) -> None:
    saved = SavedCalls(tmp_path / "calls")
    assert saved.names() == []
    assert saved.all() == ([], {})
    for name in ("b", "nightly/a", "nightly/very/deep"):
        saved.put(SavedCall(name, "core.ping", []))
    team = tmp_path / "team"
    team.mkdir()
    (team / "shared call.toml").write_text('method = "core.ping"\n')
    (team / "README.md").write_text("ours")
    (saved.folder / "no name .toml").write_text('method = "core.ping"\n')
    (saved.folder / "team").symlink_to(team)
    (team / "again").symlink_to(team)
    assert saved.names()[:4] == ["b", "nightly/a", "nightly/very/deep", "team/again/again/again/again/shared call"]
    assert saved.get("team/shared call").method == "core.ping"
    with pytest.raises(InvalidSavedCall, match="did you mean nightly/a"):
        saved.get("nightly/aa")
    with pytest.raises(InvalidSavedCall, match="did you mean nightly/very/deep"):
        saved.get("deep")
    with pytest.raises(InvalidSavedCall, match="already"):
        saved.put(SavedCall("b", "core.pong", []))
    saved.put(SavedCall("b", "core.pong", []), replace=True)
    assert saved.get("b").method == "core.pong"
    saved.remove("nightly/very/deep")
    assert not (saved.folder / "nightly" / "very").exists()
    saved.remove("nightly/a")
    saved.remove("team/shared call")
    assert team.exists()
    assert saved.names() == ["b"]
    with pytest.raises(InvalidSavedCall):
        saved.remove("nightly/a")
    assert calls_folder().name == "calls"
    assert saved.path("b").stat().st_mode & 0o777 == 0o600


def test_comments_survive_a_change(tmp_path: Path) -> None:
    saved = SavedCalls(tmp_path)
    path = saved.put(CALL)
    path.write_text(f"# of the team\n{path.read_text()}# never below 5\n".replace('"its name"', '"its name"  # short'))
    saved.put(replace(CALL, description="Changed"), replace=True)
    text = path.read_text()
    assert text.startswith("# of the team\n")
    assert '"its name"  # short' in text
    assert text.endswith("# never below 5\n")
    assert saved.get(CALL.name).description == "Changed"
    saved.put(replace(CALL, params=["x"], variables=(), description=""), replace=True)
    assert saved.get(CALL.name) == SavedCall(CALL.name, CALL.method, ["x"])
    assert path.read_text().startswith("# of the team\n")
    for text in ("broken", 'method = "a.b"\nvariables = { pool = { type = "text" } }\n'):
        path.write_text(text)
        saved.put(CALL, replace=True)
        assert saved.get(CALL.name) == CALL


def test_of_many_that_save_one_name_at_once_one_does(tmp_path: Path) -> None:
    def work(number: int) -> None:
        saved = SavedCalls(tmp_path)
        try:
            saved.put(SavedCall("same", "core.ping", [number]))
            (tmp_path / f"won{number}").touch()
        except InvalidSavedCall:
            saved.put(SavedCall(f"other/{number}", "core.ping", [number]))

    forked(10, work)
    (winner,) = tmp_path.glob("won*")
    assert SavedCalls(tmp_path).get("same").params == [int(winner.name[3:])]
    assert len(SavedCalls(tmp_path).names()) == 10


# Secrets.


@pytest.mark.parametrize("secret", ["hunter2x", "MARKEDQZX", "p4ss-w0rd!", "Zq7kPmT3xVw9Rb2nLd5s"])
def test_no_secret_is_saved_and_each_is_asked_for(secret: str) -> None:
    for name, params in SECRETIVE:
        call = SavedCall("x", name, with_secret(params, secret)).without_secrets()
        assert secret not in call.text(), name
        again = SavedCall.parse("x", call.text())
        assert not again.notes
        asked = [one for one in again.asked if one.type == "secret"]
        assert len(asked) == len(call.asked) > 0
        assert again.fill({one.name: secret for one in asked}) == again.params, "it is put in when it is sent"


def test_a_secret_has_the_name_of_its_member_or_argument() -> None:
    call = SavedCall("x", "user.create", [{"password": "hunter2", "other": {"password": "hunter3"}}, "hunter4"])
    call = call.without_secrets(["data", "passphrase"])
    assert call.params == [
        {"password": "${var:password}", "other": {"password": "${var:password_2}"}},
        "${var:passphrase}",
    ]
    assert [one.name for one in call.variables] == ["password", "password_2", "passphrase"]
    kept = [{"password": "${secret:joe}", "name": "${var:x}", "token": "********"}]
    call = SavedCall("x", "user.create", kept).without_secrets()
    assert call.params == [{"password": "${secret:joe}", "name": "${var:x}", "token": "${var:token}"}]
    call = SavedCall("x", "cronjob.create", [{"command": "mysql -phunter2 $x ${env:DB}"}]).without_secrets()
    assert call.params == [{"command": "mysql -p${var:command} $x ${env:DB}"}]
    called = (Variable("passphrase", default="hunter2"), Variable("note", default="--password hunter2"))
    call = SavedCall("x", "a.b", [], "for --password hunter2", called).without_secrets()
    assert "hunter2" not in call.text()
    with pytest.raises(InvalidSavedCall, match="name of a member"):
        SavedCall("x", "a.b", [{"--password hunter2": 1}]).without_secrets()


@given(st.text(max_size=50), st.sets(st.sampled_from(["a", "a_2", "value"])))
def test_a_free_name_is_one(label: str, taken: set[str]) -> None:
    name = free_name(label, taken)
    assert name not in taken
    SavedCall.parse("x", SavedCall("x", "a.b", [f"${{var:{name}}}"], "", (Variable(name),)).text())
