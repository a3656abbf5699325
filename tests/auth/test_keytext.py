"""The forms an API key comes in: what is read, and what errors may say."""

from __future__ import annotations

import base64
import json
import traceback
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truenas_client.auth.keytext import ApiKey, parse, precompute
from truenas_client.auth.scram import derive
from truenas_client.exc import ClientException, InvalidKeyFile
from truenas_client.storage import key_files as keyfile

SECRET = "MARKER" + "x" * 58
RAW = f"7-{SECRET}"
SALT = bytes(range(16))
KEYS = derive(SECRET, SALT, 50_000)
FIELDS: dict[str, Any] = {
    "client_key": base64.b64encode(KEYS.client).decode(),
    "stored_key": base64.b64encode(KEYS.stored).decode(),
    "server_key": base64.b64encode(KEYS.server).decode(),
    "api_key_id": 7,
}


def ini(fields: dict[str, Any]) -> str:
    return "".join(f"{name} = {value}\n" for name, value in fields.items())


RAW_FORMS = {
    "itself": RAW,
    "with a line end": f"  {RAW}\r\n",
    "with a mark of byte order": f"\ufeff{RAW}\n",
    "JSON": json.dumps({"raw_key": RAW}),
    "JSON with the number": json.dumps({"raw_key": RAW, "api_key_id": 7, "name": "mine"}),
    "JSON as the server answers": json.dumps({"raw_key": RAW, "client_key": None, "api_key_id": None}),
    "INI": f"[TRUENAS_API_KEY]\nraw_key = {RAW}\n",
    "INI of one section": f"; mine\n[nas]\nRAW_KEY: {RAW}\n",
    "INI of several": f"[other]\na = 1\n[TRUENAS_API_KEY]\nraw_key={RAW}\napi_key_id=7\n",
    "INI without a section": f"raw_key = {RAW}\n",
    "INI of defaults": f"[DEFAULT]\nraw_key = {RAW}\n[nas]\n",
    "INI with a percent sign": f"note = 100%\nraw_key = {RAW}\n",
}
DERIVED_FORMS = {
    "JSON": json.dumps(FIELDS),
    "JSON with a text as number": json.dumps(FIELDS | {"api_key_id": "7"}),
    "INI": f"[TRUENAS_API_KEY]\n{ini(FIELDS)}",
    "INI without a section": ini(FIELDS),
    "INI of several": f"[a]\n[TRUENAS_API_KEY]\n{ini(FIELDS)}[b]\n",
    "ours": precompute(RAW, SALT, 50_000),
}


@pytest.mark.parametrize("form", RAW_FORMS)
def test_a_raw_key(form: str) -> None:
    key = parse(RAW_FORMS[form])
    assert (key.id, key.raw, key.secret, key.keys) == (7, RAW, SECRET, None)
    assert "MARKER" not in repr(key)


@pytest.mark.parametrize("form", DERIVED_FORMS)
def test_a_derived_key(form: str) -> None:
    key = parse(DERIVED_FORMS[form])
    assert (key.id, key.raw, key.keys) == (7, None, KEYS)
    assert FIELDS["client_key"] not in repr(key)


def without(name: str, **changed: Any) -> dict[str, Any]:
    return {k: v for k, v in (FIELDS | changed).items() if k != name}


BROKEN: list[tuple[str, str | None, str]] = [
    ("", None, "empty"),
    (" \n ", None, "empty"),
    ("MARKER", None, "neither"),
    ("7-MARKER!", None, "neither"),
    ("-MARKER", None, "neither"),
    ("x7-MARKER", None, "neither"),
    ("٧-MARKER", None, "neither"),
    ("7-MARKER\n8-MARKER", None, "neither"),
    ("keys/MARKER.json", None, "absolute path"),
    ('{"raw_key": "MARKER', None, "not JSON (line 1"),
    ('{"a": 1,\n "raw_key": MARKER}', None, "not JSON (line 2"),
    ('{"raw_key": ' + "[" * 100_000, None, "not JSON"),
    ('{"api_key_id": ' + "1" * 5000 + "}", None, "JSON"),
    ("{}", None, "neither raw_key nor"),
    ('{"key": "MARKER"}', None, "neither raw_key nor"),
    ('{"raw_key": "MARKER"}', "raw_key", "<id>-<key>"),
    ('{"raw_key": 7}', "raw_key", "<id>-<key>"),
    ('{"raw_key": ["MARKER"]}', "raw_key", "<id>-<key>"),
    (json.dumps({"raw_key": RAW, "api_key_id": 8}), "api_key_id", "number that raw_key begins with"),
    (json.dumps(without("client_key")), "client_key", "missing"),
    (json.dumps(without("stored_key")), "stored_key", "missing"),
    (json.dumps(without("server_key")), "server_key", "missing"),
    (json.dumps(without("api_key_id")), "api_key_id", "missing"),
    (json.dumps(FIELDS | {"api_key_id": "seven"}), "api_key_id", "not a number"),
    (json.dumps(FIELDS | {"api_key_id": True}), "api_key_id", "not a number"),
    (json.dumps(FIELDS | {"api_key_id": 7.0}), "api_key_id", "not a number"),
    (json.dumps(FIELDS | {"api_key_id": -7}), "api_key_id", "not a number"),
    (json.dumps(FIELDS | {"client_key": "MARKER"}), "client_key", "64 octets"),
    (json.dumps(FIELDS | {"client_key": "MARKÉR"}), "client_key", "64 octets"),
    (json.dumps(FIELDS | {"server_key": 5}), "server_key", "64 octets"),
    (json.dumps(FIELDS | {"stored_key": FIELDS["server_key"]}), "stored_key", "belong"),
    ("[a]\nraw_key = x\n[b]\nraw_key = MARKER\n", None, "several sections"),
    (f"[nas]\nraw_key = {RAW}\nraw_key = {RAW}\n", None, "line 3"),
    (f"[nas]\nraw_key = {RAW}\n[nas]\n", None, "line 3"),
    ("[nas]\nMARKER\n", None, "line 2"),
    ("raw_key = a\nMARKER\n", None, "line 2"),
    ("[MARKER\n", None, "INI"),
    ("a = 1\n", None, "neither raw_key nor"),
    ("raw_key =\n", "raw_key", "<id>-<key>"),
]


@pytest.mark.parametrize(("text", "field", "words"), BROKEN, ids=range(len(BROKEN)))
def test_errors_name_the_field_and_hold_nothing(text: str, field: str | None, words: str) -> None:
    with pytest.raises(InvalidKeyFile) as caught:
        parse(text, "/keys/nas.ini")
    error = caught.value
    assert (error.source, error.field) == ("/keys/nas.ini", field)
    assert str(error).startswith(f"/keys/nas.ini: {f'{field}: ' if field else ''}")
    assert words in str(error)
    assert isinstance(error, ValueError)
    assert isinstance(error, ClientException)
    assert error.__cause__ is None
    assert error.__context__ is None, "parsers' errors hold the text"
    assert "MARKER" not in "".join(traceback.format_exception(error))


@given(st.text() | st.text(alphabet="[]=:;#{}\"'\n\t ,a-1%\\") | st.text(alphabet="[]=:\n ra").map("a = 1\n".__add__))
def test_any_text_is_a_key_or_an_error_without_it(text: str) -> None:
    outcome: ApiKey | InvalidKeyFile
    try:
        outcome = parse(text)
    except InvalidKeyFile as e:
        outcome = e
    assert isinstance(outcome, ApiKey) or outcome.__context__ is None


@given(st.integers(0, 10**18 - 1), st.from_regex(r"[A-Za-z0-9]+", fullmatch=True))
def test_every_key_survives_every_form(number: int, secret: str) -> None:
    raw = f"{number}-{secret}"
    for text in (raw, json.dumps({"raw_key": raw, "api_key_id": number}), f"[x]\nraw_key={raw}", f"raw_key: {raw}"):
        key = parse(text)
        assert (key.id, key.secret, key.raw) == (number, secret, raw)


@given(st.integers(0, 10**18 - 1), st.binary(min_size=64, max_size=64), st.binary(min_size=64, max_size=64))
def test_every_derived_key_survives_every_form(number: int, client: bytes, server: bytes) -> None:
    import hashlib

    values = (client, hashlib.sha512(client).digest(), server)
    names = ("client_key", "stored_key", "server_key")
    fields: dict[str, Any] = {n: base64.b64encode(v).decode() for n, v in zip(names, values, strict=True)}
    fields["api_key_id"] = number
    for text in (json.dumps(fields), ini(fields), f"[x]\n{ini(fields)}"):
        key = parse(text)
        assert key.keys is not None
        assert (key.id, key.keys.client, key.keys.stored, key.keys.server) == (number, *values)


@pytest.mark.parametrize(("salt", "rounds"), [(b"", 50_000), (SALT, 49_999), (SALT, 5_000_001)])
def test_nothing_is_derived_that_no_login_takes(salt: bytes, rounds: int) -> None:
    with pytest.raises(ValueError, match="rounds"):
        precompute(RAW, salt, rounds)


# -- files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/root/.nas_key", True),
        ("~/.nas_key", True),
        ("~admin/key.json", True),
        (r"C:\keys\nas.json", True),
        ("d:/keys/nas.json", True),
        (r"\\server\share\key", True),
        (Path("key"), True),
        (RAW, False),
        ('{"raw_key": "1-a"}', False),
        ("[nas]\nraw_key = 1-a", False),
        ("raw_key = 1-a", False),
        ("keys/nas.json", False),
        ("c:nas.json", False),
        ("", False),
    ],
)
def test_what_names_a_file(text: Any, path: bool) -> None:
    assert keyfile.is_path(text) is path


def write(folder: Path, text: str | bytes, mode: int = 0o600) -> Path:
    path = folder / "nas.key"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


@pytest.mark.parametrize("form", RAW_FORMS)
def test_a_file_of_every_form(tmp_path: Path, form: str) -> None:
    warned: list[str] = []
    path = write(tmp_path, RAW_FORMS[form])
    assert keyfile.load(str(path), warned.append).raw == RAW
    assert keyfile.load(path, warned.append).source == str(path)
    assert warned == []


def test_home_is_a_folder_like_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, RAW)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert keyfile.load("~/nas.key").raw == RAW
    with pytest.raises(InvalidKeyFile, match="no such user"):
        keyfile.load("~nobody-of-this-name/nas.key")


@pytest.mark.parametrize(("mode", "count"), [(0o600, 0), (0o400, 0), (0o640, 1), (0o604, 1), (0o644, 1)])
def test_files_that_others_can_read_are_warned_of(tmp_path: Path, mode: int, count: int) -> None:
    warned: list[str] = []
    path = write(tmp_path, RAW, mode)
    keyfile.load(path, warned.append)
    assert len(warned) == count
    assert all(str(path) in text and "chmod 600" in text and "MARKER" not in text for text in warned)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\xff\xfeMARKER", "not text"),
        (b"MARKER\0", "not text"),
        (b"7-" + b"MARKER" * 20_000, "too large"),
        (b"MARKER", "neither"),
    ],
    ids=["empty", "bytes", "zero", "large", "word"],
)
def test_files_that_hold_no_key(tmp_path: Path, content: bytes, words: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InvalidKeyFile, match=words) as caught:
        keyfile.load(path)
    assert caught.value.source == str(path)
    assert caught.value.__context__ is None
    assert "MARKER" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none", tmp_path / "a\0b", r"C:\keys\nas.json"):
        with pytest.raises(InvalidKeyFile) as caught:
            keyfile.load(path)
        assert caught.value.source == str(path)
