"""Placeholders in arguments: what is put in where, what is left alone, and where names lead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from truenas_client.secrets.placeholders import Filled, Placeholder, fill, find, joined, pieces, placeholders
from truenas_client.secrets.value import Secret
from truenas_client.storage import Profiles
from truenas_client.storage.named_secrets import look_up, named, unknown

VALUES = {("env", "POOL"): "tank", ("secret", "pass word"): "hun${env:POOL}ter", ("env", "N"): "5"}


def known(placeholder: Placeholder) -> Secret | str:
    text = VALUES.get((placeholder.kind, placeholder.name))
    return Secret(text) if text is not None else f"nothing is named {placeholder.name}"


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("${env:POOL}", "tank"),
        ("${env:POOL}/a/${ env:POOL}", "tank/a/${ env:POOL}"),
        ("${env: POOL }", "tank"),
        ("x${secret:pass word}y", "xhun${env:POOL}tery"),
        ("${env:N}", "5"),
        ("$${env:POOL}", "${env:POOL}"),
        ("$$${env:POOL}", "$tank"),
        ("$$$${secret:x}", "$${secret:x}"),
        ("${HOME} $x ${env} {env:POOL} ${ENV:POOL}", "${HOME} $x ${env} {env:POOL} ${ENV:POOL}"),
        ("$$${HOME}", "$$${HOME}"),
        ("${env:POOL}${env:N}", "tank5"),
        ("", ""),
    ],
)
def test_what_is_sent(text: str, sent: str) -> None:
    filled = fill(text, known)
    assert filled.value == sent
    assert not filled.unfilled


@pytest.mark.parametrize(
    ("text", "span", "words"),
    [
        ("a ${env:NOPE}", (2, 13), "nothing is named NOPE"),
        ("${env:}", (0, 7), "a name is missing"),
        ("${secret: }", (0, 11), "a name is missing"),
        ("$$${env:POOL", (2, 12), "missing }"),
        ("${env:a{b}", (0, 7), "missing }"),
    ],
)
def test_what_can_not_be_sent(text: str, span: tuple[int, int], words: str) -> None:
    filled = fill([{"key": text}], known)
    (unfilled,) = filled.unfilled
    assert unfilled.path == (0, "key")
    assert (unfilled.placeholder.start, unfilled.placeholder.end) == span
    assert words in unfilled.message


def test_only_texts_are_filled_and_the_rest_is_the_same() -> None:
    kept = {"n": 1, "list": [None, True, "plain", "$5"]}
    value = ["${env:N}", kept, {"${env:POOL}": ["${secret:pass word}"]}]
    filled = fill(value, known)
    assert filled.value == ["5", kept, {"${env:POOL}": ["hun${env:POOL}ter"]}]
    assert filled.value[1] is kept
    assert {secret.reveal() for secret in filled.secrets} == {"5", "hun${env:POOL}ter"}
    assert value[0] == "${env:N}"
    assert "hun" not in repr(filled.secrets)


def test_a_name_is_looked_up_once() -> None:
    asked: list[str] = []

    def lookup(placeholder: Placeholder) -> Secret:
        asked.append(placeholder.name)
        return Secret("x")

    assert fill(["${env:A}${env:A}", "${env:B}", ["${env:A}"]], lookup).value == ["xx", "x", ["x"]]
    assert asked == ["A", "B"]


PIECES = st.lists(st.sampled_from(["$", "{", "}", "env:", "secret:", "POOL", "N", " ", "x", "${env:POOL}"])).map(
    "".join
)
JSON = st.recursive(
    PIECES | st.none() | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PIECES, inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_found_and_filled_are_the_same(value: Any) -> None:
    wanted = [(path, one) for path, one in find(value) if one.wrong or isinstance(known(one), str)]
    filled = fill(value, known)
    assert [(one.path, one.placeholder) for one in filled.unfilled] == wanted
    for path, placeholder in find(value):
        text = value
        for part in path:
            text = text[part]
        assert text[placeholder.start :].startswith(f"${{{placeholder.kind}:")
        if not placeholder.wrong:
            assert text[placeholder.end - 1] == "}"
    if not any(True for _ in find(value)) and "$${" not in repr(value):
        assert filled == Filled(value)


@given(PIECES)
def test_doubled_dollars_send_a_text_as_it_is(text: str) -> None:
    text = text.replace("$$", "$")
    doubled = text
    for placeholder in reversed(placeholders(text)):
        doubled = f"{doubled[: placeholder.start]}${doubled[placeholder.start :]}"
    assert placeholders(doubled) == []
    assert "$$" in text or fill(doubled, known).value == text


# Where names lead ------------------------------------------------------------------


def config(tmp_path: Path, text: str) -> Profiles:
    path = tmp_path / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    return Profiles(path)


def one(kind: str, name: str) -> Placeholder:
    (placeholder,) = placeholders(f"${{{kind}:{name}}}")
    return placeholder


def test_variables_of_the_environment() -> None:
    environment = {"POOL": "tank", "EMPTY": ""}
    assert look_up(one("env", "POOL"), environment=environment) == Secret("tank")
    assert look_up(one("env", "EMPTY"), environment=environment) == Secret("")
    assert look_up(one("env", "NOPE"), environment=environment) == "no environment variable is named NOPE"
    assert unknown(one("env", "POOL"), environment=environment) is None
    assert unknown(one("env", "NOPE"), environment=environment) == "no environment variable is named NOPE"


def test_secrets_with_names(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    (tmp_path / "key").chmod(0o600)
    profiles = config(
        tmp_path,
        f'[secret]\nfiled = {{ file = "{tmp_path}/key" }}\nrun = {{ command = ["printf", "printed"] }}\n'
        'gone = { file = "/nowhere/at/all" }\n',
    )
    assert look_up(one("secret", "filed"), profiles=lambda: profiles) == Secret("from a file")
    assert look_up(one("secret", "run"), profiles=lambda: profiles) == Secret("printed")
    assert unknown(one("secret", "run"), profiles=lambda: profiles) is None
    gone = look_up(one("secret", "gone"), profiles=lambda: profiles)
    assert isinstance(gone, str)
    assert "/nowhere/at/all" in gone


def test_what_there_is_can_be_listed(tmp_path: Path) -> None:
    profiles = config(tmp_path, '[secret]\nb = { env = "X" }\na = { env = "X" }\n')
    listed = named(environment={"Z": "", "Y": "", "o{d}d": ""}, profiles=lambda: profiles)
    assert [str(one) for one in listed] == ["${secret:a}", "${secret:b}", "${env:Y}", "${env:Z}"]
    broken = tmp_path / "broken.toml"
    broken.write_text("[secret")
    assert [str(one) for one in named(environment={"Z": ""}, profiles=lambda: Profiles(broken))] == ["${env:Z}"]


class Keyring:
    """A keyring backend in memory."""

    priority = 1
    kept = {("truenas-client", "mail"): "from the keyring"}

    def get_password(self, service: str, account: str) -> str | None:
        return self.kept.get((service, account))


def test_other_names_are_looked_for_in_the_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring

    monkeypatch.setattr(keyring, "get_keyring", Keyring)
    monkeypatch.setattr(keyring, "get_password", Keyring().get_password)
    profiles = config(tmp_path, "")
    assert look_up(one("secret", "mail"), profiles=lambda: profiles) == Secret("from the keyring")
    assert unknown(one("secret", "other"), profiles=lambda: profiles) is None
    answer = look_up(one("secret", "other"), profiles=lambda: profiles)
    assert isinstance(answer, str)
    assert "keyring set truenas-client other" in answer


def test_without_a_keyring_an_unknown_name_is_known_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backends import fail

    monkeypatch.setattr(keyring, "get_keyring", fail.Keyring)
    profiles = config(tmp_path, "")
    for asked in (unknown, look_up):
        answer = asked(one("secret", "x"), profiles=lambda: profiles)
        assert answer is not None
        assert "no secret is named x: name it under [secret]" in str(answer)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[secret]\nx = 5\n", "config.toml:2: secret x: use"),
        ('[secret]\nx = "ask"\n', "one to be asked for"),
        ('secret = "x"\n', "write secrets as lines under [secret]"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_told(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    answer = look_up(one("secret", "x"), profiles=lambda: Profiles(path))
    assert isinstance(answer, str)
    assert words in answer
    assert unknown(one("secret", "x"), profiles=lambda: Profiles(path)) == answer


def test_a_secret_in_clear_is_refused_where_others_may_read_it(tmp_path: Path) -> None:
    profiles = config(tmp_path, '[secret]\nx = { text = "MARKED" }\n')
    assert look_up(one("secret", "x"), profiles=lambda: profiles) == Secret("MARKED")
    profiles.path.chmod(0o644)
    answer = look_up(one("secret", "x"), profiles=lambda: profiles)
    assert isinstance(answer, str)
    assert "chmod 600" in answer
    assert "MARKED" not in answer


def test_edits_keep_the_secrets(tmp_path: Path) -> None:
    profiles = config(tmp_path, '# mine\n[secret]\nx = { env = "X" } # kept\n[profile.a]\naddress = "nas"\n')
    profiles.use("a")
    assert '[secret]\nx = { env = "X" } # kept\n' in profiles.path.read_text()
    assert str(profiles.secrets["x"]) == "the environment variable X"


PARTS = st.lists(
    st.text(alphabet="${}:envsrat ", max_size=12)
    | st.builds(
        Placeholder, st.sampled_from(["env", "secret", "var"]), st.sampled_from(["a", "b c"]), st.just(0), st.just(0)
    ),
    max_size=6,
)


@given(parts=PARTS)
@example(parts=["${var:", "${var:"])
@example(parts=["${var:", Placeholder("env", "a", 0, 0)])
def test_what_is_put_together_is_taken_apart_again(parts: list[str | Placeholder]) -> None:
    """Literal texts stay literal, whatever they hold and wherever placeholders stand beside them."""
    text = joined(parts)
    wanted = "".join(part if isinstance(part, str) else f"<{part.kind} {part.name}>" for part in parts)
    again = [f"{literal}<{one.kind} {one.name}>" if one is not None else literal for literal, one in pieces(text)]
    assert "".join(again) == wanted
