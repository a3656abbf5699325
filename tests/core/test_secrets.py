"""Secrets: shown as asterisks, found where references lead, kept where only their owner can read them."""

from __future__ import annotations

import copy
import json
import logging
import os
import pickle
import stat
import sys
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

from tests.ring import Ring
from truenas_client import bounded, ejson
from truenas_client.exc import AuthenticationError, ConnectError, InvalidKeyFile, SecretUnavailable
from truenas_client.secrets.value import (
    Ask,
    Command,
    Environment,
    File,
    Keyring,
    Reference,
    Secret,
    Text,
    as_table,
    from_table,
)
from truenas_client.storage.key_files import load
from truenas_client.storage.private_files import write_private
from truenas_client.storage.secret_store import SERVICE, forget, keep, keyring_problem, resolve
from truenas_client.trust import TLS, context

MARKER = "m4rker-s3cret"
posix = pytest.mark.skipif(os.name != "posix", reason="modes mean nothing here")


class PlaintextKeyring(Ring):
    """Writes clear text, by its name."""


# -- the value -------------------------------------------------------------------------------


def test_a_secret_is_shown_nowhere() -> None:
    secret = Secret(MARKER)
    nested = {"it": [secret], "as text": Text(secret)}
    for shown in (
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>40}",
        f"{secret:>40}",
        repr(nested),
    ):
        assert MARKER not in shown
        assert "***" in shown or "Text()" in shown
    for write in (json.dumps, ejson.dumps, pickle.dumps):
        with pytest.raises(TypeError) as caught:
            write(secret)
        assert MARKER not in str(caught.value)
    assert not hasattr(secret, "__dict__")
    assert secret.reveal() == MARKER


def test_secrets_compare_by_text_and_copy_as_themselves() -> None:
    assert Secret("ä\ud800") == Secret("ä\ud800")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert Secret("a")
    assert not Secret("")
    secret = Secret("a")
    assert copy.deepcopy([secret])[0] is secret
    assert copy.copy(secret) is secret
    with pytest.raises(TypeError):
        hash(secret)


# -- references ------------------------------------------------------------------------------

REFERENCES: list[Reference] = [
    Keyring("lab"),
    File("~/nas.key"),
    Environment("NAS_PASSWORD"),
    Command(("op", "read", "op://vault/nas")),
    Ask(),
    Text(Secret("x")),
]


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda one: type(one).__name__)
def test_references_survive_being_written(reference: Reference) -> None:
    assert from_table(as_table(reference)) == reference
    assert str(reference)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        MARKER,
        {},
        {"keyring": ""},
        {"keyring": 1},
        {"password": MARKER},
        {"text": MARKER, "env": "X"},
        {"command": f"echo {MARKER}"},
        {"command": []},
        {"command": ["echo", 1]},
        {"file": [MARKER]},
    ],
)
def test_what_is_no_reference_is_not_repeated(value: object) -> None:
    with pytest.raises(ValueError, match=r"keyring|list of words") as caught:
        from_table(value)
    assert MARKER not in str(caught.value)


def test_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key"
    for text, secret in (
        ("abc\n", "abc"),
        ("abc\r\n", "abc"),
        (" a b ", " a b "),
        ("\ufeffabc", "abc"),
        ("{\n}\n", "{\n}"),
    ):
        write_private(file, text)
        assert resolve(File(str(file))).reveal() == secret
    monkeypatch.setenv("HOME", str(tmp_path))
    write_private(file, "home")
    assert resolve(File("~/key")).reveal() == "home"


@posix
def test_a_file_that_others_can_read_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "key"
    write_private(file, MARKER)
    with caplog.at_level(logging.DEBUG):
        resolve(File(str(file)))
        assert caplog.text == ""
        file.chmod(0o640)
        resolve(File(str(file)))
    assert "chmod 600" in caplog.text
    assert str(file) in caplog.text
    assert MARKER not in caplog.text


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS", MARKER)
    assert resolve(Environment("NAS")).reveal() == MARKER
    monkeypatch.delenv("NAS")
    with pytest.raises(SecretUnavailable, match="NAS holds no secret"):
        resolve(Environment("NAS"))


def test_from_a_person() -> None:
    assert resolve(Ask(), ask=lambda: "typed").reveal() == "typed"
    for ask in (None, lambda: None, lambda: ""):
        with pytest.raises(SecretUnavailable, match="no terminal to ask on"):
            resolve(Ask(), ask=ask)


def test_from_a_command_without_a_shell_or_our_input() -> None:
    script = "import sys; print(sys.argv[1] + repr(sys.stdin.read()))"
    secret = resolve(Command((sys.executable, "-c", script, "$HOME; *")))
    assert secret.reveal() == "$HOME; *''"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (f"import sys; print('{MARKER}'); sys.exit('{MARKER}')", "ended with status 1"),
        ("import os; os.kill(os.getpid(), 9)", "ended by signal 9"),
        ("import time; time.sleep(60)", "did not give the secret in 0.3 s"),
        ("print()", "is empty"),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", "no UTF-8"),
        (f"print('{MARKER}' * 9999)", "prints more than"),
        (f"print('{MARKER}\\0')", "no text"),
    ],
)
def test_commands_that_fail(script: str, words: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SecretUnavailable, match=words) as caught:
        resolve(Command((sys.executable, "-c", script)), timeout=0.3 if "sleep" in script else 30)
    assert isinstance(caught.value, AuthenticationError)
    told = "".join((str(caught.value), repr(caught.value), repr(caught.value.__cause__), *capfd.readouterr()))
    assert MARKER not in told


@pytest.mark.parametrize("script", ["while True: print('x' * 10000)", "print('x' * 100000)"])
def test_a_command_without_an_end_is_stopped(script: str) -> None:
    with pytest.raises(SecretUnavailable, match="prints more than a secret can be"):
        resolve(Command((sys.executable, "-c", script)), timeout=60)


@pytest.mark.skipif(os.name != "posix", reason="there are no such files here")
def test_a_file_without_an_end_or_without_a_word_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(SecretUnavailable, match="/dev/zero cannot hold a secret: it is larger than 65,536 bytes"):
        resolve(File("/dev/zero"))
    with pytest.raises(InvalidKeyFile, match="too large to be a key"):
        load("/dev/zero")
    with pytest.raises(ConnectError, match="/dev/zero cannot be read: it is larger"):
        context(TLS.authority("/dev/zero"))
    with pytest.raises(ConnectError, match="no certificate in PEM form"):
        context(TLS.authority("/dev/null"))
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(TimeoutError, match=r"nothing came in 0\.01 s"):
        bounded.read_file(fifo, 100, seconds=0.01)


def test_a_command_that_is_not_there() -> None:
    with pytest.raises(SecretUnavailable, match="no program /no/such"):
        resolve(Command(("/no/such", MARKER)))


@pytest.mark.parametrize("path", ["relative", "/no/such/file", "/dev"])
def test_files_that_cannot_serve(path: str) -> None:
    with pytest.raises(SecretUnavailable, match=path):
        resolve(File(path))


# -- the keyring -----------------------------------------------------------------------------


def test_the_keyring_keeps_and_forgets(ring: Ring) -> None:
    assert keyring_problem() is None
    keep(Keyring("lab"), Secret(MARKER))
    assert ring.entries == {(SERVICE, "lab"): MARKER}
    assert resolve(Keyring("lab")).reveal() == MARKER
    forget(Keyring("lab"))
    forget(Keyring("lab"))
    assert ring.entries == {}
    with pytest.raises(SecretUnavailable, match="nothing for lab"):
        resolve(Keyring("lab"))


def test_a_locked_keyring(ring: Ring) -> None:
    ring.locked = True
    with pytest.raises(SecretUnavailable, match="locked") as caught:
        resolve(Keyring("lab"))
    assert MARKER not in str(caught.value)
    assert caught.value.__cause__ is None


def test_without_a_backend() -> None:
    before = keyring.get_keyring()
    try:
        for backend in (fail.Keyring(), PlaintextKeyring()):
            keyring.set_keyring(backend)
            for attempt in (lambda: resolve(Keyring("lab")), lambda: keep(Keyring("lab"), Secret(MARKER))):
                with pytest.raises(SecretUnavailable, match="has no keyring"):
                    attempt()
            assert "file" in str(keyring_problem())
    finally:
        keyring.set_keyring(before)


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SecretUnavailable, match=r"truenas-tui\[keyring\]"):
        resolve(Keyring("lab"))


# -- writing ---------------------------------------------------------------------------------


@posix
def test_what_is_written_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        file = tmp_path / "new" / "folder" / "key"
        keep(File(str(file)), Secret(MARKER))
    finally:
        os.umask(before)
    assert file.read_text() == MARKER + "\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.parent.parent.stat().st_mode) == 0o700
    # A file that was open to others is so no more.
    file.chmod(0o666)
    keep(File(str(file)), Secret("other"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(file.parent) == ["key"]


@posix
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target = tmp_path / "dotfiles" / "key"
    write_private(target, "old")
    link = tmp_path / "key"
    link.symlink_to(target)
    write_private(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SecretUnavailable, match="cannot be written"):
        keep(File(str(tmp_path / "file" / "key")), Secret(MARKER))


def test_what_fails_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "key"
    write_private(file, "old")
    with pytest.raises(UnicodeEncodeError):
        write_private(file, "\ud800")
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["key"]


@pytest.mark.parametrize("reference", [Environment("X"), Command(("op",))])
def test_places_that_are_not_ours_to_write(reference: Reference) -> None:
    with pytest.raises(SecretUnavailable, match="other means"):
        keep(reference, Secret(MARKER))
