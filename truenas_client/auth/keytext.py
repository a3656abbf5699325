"""The text forms of an API key.

Accepted are the key itself (``<id>-<key>``); JSON with ``raw_key``, or with
``client_key``, ``stored_key``, ``server_key`` and ``api_key_id`` (derived beforehand, so
that a login derives nothing); and the same members as INI, in a section
``[TRUENAS_API_KEY]``, in a single section of any name, or without a section.

Invariant: an error names the source and the field. Neither the error nor its cause
contains a piece of the text. (The parsers' errors quote it, so they are never chained.)
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..exc import InvalidKeyFile
from .scram import MAX_ITERATIONS, MIN_ITERATIONS, Keys, derive

__all__ = ["ApiKey", "is_raw", "parse", "precompute"]

SECTION = "TRUENAS_API_KEY"
_RAW = re.compile(r"([0-9]{1,18})-([A-Za-z0-9]+)")
_DERIVED = ("client_key", "stored_key", "server_key")
_KEY_BYTES = hashlib.sha512().digest_size
_WHAT = "a key, <id>-<key>, as the server gave it"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One API key: its number, and either the secret or the keys derived from it."""

    id: int
    raw: str | None = field(default=None, repr=False)
    """The key as the server gave it."""
    keys: Keys | None = field(default=None, repr=False)
    source: str = "the API key"

    @property
    def secret(self) -> str:
        """The part after the number."""
        return (self.raw or "").partition("-")[2]


def is_raw(text: str) -> bool:
    """Whether a text is a key itself."""
    return _RAW.fullmatch(text.strip()) is not None


def parse(text: str, source: str = "the API key") -> ApiKey:
    """Read a key in any of its forms. Raises `InvalidKeyFile`, which names ``source``."""
    text = text.removeprefix("\ufeff").strip()
    if not text:
        raise InvalidKeyFile(source, "is empty")
    if text.startswith("{"):
        return _from_fields(_read_json(text, source), source)
    if _RAW.fullmatch(text):
        return _from_raw(text, source, None)
    if text.startswith("[") or "=" in text or ":" in text:
        return _from_fields(_read_ini(text, source), source)
    raise InvalidKeyFile(source, f"is neither {_WHAT}, nor JSON, nor INI, nor the absolute path of a file with one")


def precompute(raw_key: str, salt: bytes, iterations: int) -> str:
    """Derive the keys of a key and return them as JSON, so that a login with it derives nothing.

    ``salt`` and ``iterations`` are the server's. The result is as secret as the key: it signs
    in until the server makes a new salt. Takes as long as one derivation. Raises
    `InvalidKeyFile`, and ValueError for a number of rounds that no login accepts.
    """
    key = _from_raw(raw_key.strip(), "the API key", None)
    if not salt or not MIN_ITERATIONS <= iterations <= MAX_ITERATIONS:
        raise ValueError(f"a salt and {MIN_ITERATIONS} to {MAX_ITERATIONS} rounds are needed")
    keys = derive(key.secret, salt, iterations)
    values = zip(_DERIVED, (keys.client, keys.stored, keys.server), strict=True)
    fields: dict[str, Any] = {name: base64.b64encode(value).decode() for name, value in values}
    return json.dumps({**fields, "api_key_id": key.id}, indent=2)


def _from_raw(raw: object, source: str, name: str | None) -> ApiKey:
    found = _RAW.fullmatch(raw) if isinstance(raw, str) else None
    if found is None:
        raise InvalidKeyFile(source, f"is not {_WHAT}", name)
    return ApiKey(int(found[1]), found[0], source=source)


def _from_fields(fields: Mapping[str, Any], source: str) -> ApiKey:
    if fields.get("raw_key") is not None:
        raw = fields["raw_key"]
        key = _from_raw(raw.strip() if isinstance(raw, str) else raw, source, "raw_key")
        if fields.get("api_key_id") is not None and _number(fields, source) != key.id:
            raise InvalidKeyFile(source, "is not the number that raw_key begins with", "api_key_id")
        return key
    if not any(fields.get(name) is not None for name in _DERIVED):
        raise InvalidKeyFile(source, "has neither raw_key nor client_key, stored_key and server_key")
    keys = Keys(*(_derived(fields, name, source) for name in _DERIVED))
    if not hmac.compare_digest(hashlib.sha512(keys.client).digest(), keys.stored):
        raise InvalidKeyFile(source, "does not belong to client_key", "stored_key")
    return ApiKey(_number(fields, source), None, keys, source)


def _derived(fields: Mapping[str, Any], name: str, source: str) -> bytes:
    value = fields.get(name)
    if value is None:
        raise InvalidKeyFile(source, "is missing", name)
    decoded = b""
    with contextlib.suppress(ValueError):
        decoded = base64.b64decode(value.strip(), validate=True) if isinstance(value, str) else b""
    if len(decoded) != _KEY_BYTES:
        raise InvalidKeyFile(source, f"is not {_KEY_BYTES} octets in base64", name)
    return decoded


def _number(fields: Mapping[str, Any], source: str) -> int:
    value = fields.get("api_key_id")
    if value is None:
        raise InvalidKeyFile(source, "is missing", "api_key_id")
    text = str(value).strip() if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise InvalidKeyFile(source, "is not a number", "api_key_id")
    return int(text)


def _read_json(text: str, source: str) -> Mapping[str, Any]:
    value: Any = None
    problem = ""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as e:
        problem = f"is not JSON (line {e.lineno}, column {e.colno})"
    except (ValueError, RecursionError):
        problem = "is not JSON"
    if problem:
        raise InvalidKeyFile(source, problem)
    assert isinstance(value, dict)  # it begins with a brace
    return value


def _read_ini(text: str, source: str) -> Mapping[str, Any]:
    # As in the official client, names of sections are case-sensitive and names of fields are not.
    import configparser

    parser = configparser.RawConfigParser()
    line: int | None = None
    failed = False
    try:
        # Without a section header, read the fields as those of the default section.
        parser.read_string(text if re.search(r"(?m)^\[", text) else f"[{parser.default_section}]\n{text}")
    except (
        configparser.MissingSectionHeaderError,
        configparser.DuplicateOptionError,
        configparser.DuplicateSectionError,
    ) as e:
        failed, line = True, e.lineno
    except configparser.ParsingError as e:
        failed, line = True, e.errors[0][0]
    if failed:
        if line is not None and not text.startswith("["):
            line -= 1
        raise InvalidKeyFile(source, f"is neither JSON nor INI{f' (line {line})' if line else ''}")
    sections = parser.sections()
    if SECTION in sections or len(sections) == 1:
        return dict(parser[SECTION if SECTION in sections else sections[0]])
    if sections:
        raise InvalidKeyFile(source, f"has several sections, and none is [{SECTION}]")
    return dict(parser.defaults())
