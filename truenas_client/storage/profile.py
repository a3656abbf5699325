"""One profile as a value, and its form in the configuration file.

::

    [profile.lab]
    address = "wss://nas.lab.example"       # or addresses = ["...", "..."]; none: this machine's socket
    username = "admin"
    mechanism = "password"                  # api-key, api-key-plain, token, none
    secret = { keyring = "lab" }            # file, env, command, text; or "ask"
    tls = "system"                          # "insecure", { ca_file = "..." }, { fingerprints = ["sha256:..."] }
    channel_binding = true                  # false where a proxy ends TLS
    read_only = true                        # false: calls may change the server unasked
    password_over_ws = true                 # false: never without TLS
    colour = "green"

Invariant: the reader never guesses. An unknown key is an error, because a misspelt
``channel_bindng`` would otherwise silently mean the default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ..endpoint import Endpoint, parse
from ..exc import InvalidEndpoint
from ..secrets.value import Ask, Reference, as_table, from_table
from ..tls_choice import SYSTEM, TLS

__all__ = ["MECHANISMS", "Profile", "check_name", "from_toml", "to_toml"]

MECHANISMS = ("password", "api-key", "api-key-plain", "token", "none")
"""How a profile signs in: ``api-key`` proves the key by SCRAM, ``api-key-plain`` sends it, ``none`` is no sign-in."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class KeyProblem(ValueError):
    """A problem with one key of a profile."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}")
        self.key = key
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One profile. It holds no secret, unless the user chose to keep the secret in clear text."""

    name: str
    addresses: tuple[str, ...] = ()
    """Tried in order. An empty tuple means the socket of this machine."""
    username: str = ""
    mechanism: str = ""
    """One of `MECHANISMS`; by default ``password`` with a user name and ``none`` without."""
    secret: Reference = field(default_factory=Ask)
    tls: TLS = SYSTEM
    channel_binding: bool = True
    read_only: bool = True
    password_over_ws: bool = True
    colour: str = ""

    def __post_init__(self) -> None:
        if not self.mechanism:
            object.__setattr__(self, "mechanism", "password" if self.username else "none")

    @property
    def address(self) -> str | None:
        """The first address; None is the socket of this machine."""
        return self.addresses[0] if self.addresses else None

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The parsed addresses. Never empty."""
        return tuple(parse(address) for address in self.addresses) or (parse(None),)

    def leads_to(self, endpoint: Endpoint) -> bool:
        """Whether an address is one of the profile's: same host and port, and the same protection (TLS or none)."""
        return any(
            (own.scheme, own.host, own.port, own.socket)
            == (endpoint.scheme, endpoint.host, endpoint.port, endpoint.socket)
            for own in self.endpoints
        )


def check_name(name: str) -> str:
    """Return the name if it is valid. Raises ValueError."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:80]!r} is no name for a profile: use letters, digits, dots, dashes, underscores")
    return name


def from_toml(name: str, table: Mapping[str, Any]) -> Profile:
    """Read a profile. Raises `KeyProblem`, whose text contains no value that could be a secret."""
    for key in table:
        if key not in _READERS:
            from difflib import get_close_matches

            near = get_close_matches(key, _READERS, 1)
            raise KeyProblem(key, f"there is no such key{f'; {near[0]} is meant?' if near else ''}")
    if "address" in table and "addresses" in table:
        raise KeyProblem("addresses", "give either address or addresses")
    values: dict[str, Any] = {"name": name}
    for key, value in table.items():
        values["addresses" if key == "address" else key] = _READERS[key](key, value)
    profile = Profile(**values)
    if profile.mechanism in ("password", "api-key", "api-key-plain") and not profile.username:
        raise KeyProblem("username", f"is missing, and the mechanism {profile.mechanism} needs one")
    return profile


def to_toml(profile: Profile) -> dict[str, Any]:
    """The members to write to the file: those that differ from the defaults."""
    plain = Profile(name=profile.name, username=profile.username)
    table: dict[str, Any] = {}
    for member in fields(profile):
        value = getattr(profile, member.name)
        if member.name == "name" or (value == getattr(plain, member.name) and member.name != "username"):
            continue
        if member.name == "addresses":
            table["address" if len(value) == 1 else "addresses"] = value[0] if len(value) == 1 else list(value)
        elif member.name == "secret":
            table["secret"] = as_table(value)
        elif member.name == "tls":
            table["tls"] = _tls_table(value)
        elif value != "":
            table[member.name] = value
    return table


def _tls_table(tls: TLS) -> str | dict[str, Any]:
    if not tls.verify:
        return "insecure"
    if tls.ca_file is not None:
        return {"ca_file": tls.ca_file}
    return {"fingerprints": [pin.text for pin in tls.pins]} if tls.pins else "system"


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise KeyProblem(key, 'should be a text in quotes, as in "admin"')
    return value


def _flag(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise KeyProblem(key, "should be true or false")
    return value


def _addresses(key: str, value: Any) -> tuple[str, ...]:
    words = [value] if key == "address" else value
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        example = '"wss://nas.example"'
        raise KeyProblem(key, f"should be {example if key == 'address' else f'a list as in [{example}]'}")
    for word in words:
        try:
            parse(word)
        except InvalidEndpoint as e:
            raise KeyProblem(key, e.error) from None
    return tuple(words)


def _mechanism(key: str, value: Any) -> str:
    if value not in MECHANISMS:
        raise KeyProblem(key, f"should be one of {', '.join(MECHANISMS)}")
    return str(value)


def _secret(key: str, value: Any) -> Reference:
    try:
        return from_table(value)
    except ValueError as e:
        raise KeyProblem(key, str(e)) from None


def _tls(key: str, value: Any) -> TLS:
    match value:
        case "system":
            return SYSTEM
        case "insecure":
            return TLS.insecure()
        case {"ca_file": str(path)} if len(value) == 1:
            return TLS(ca_file=path)
        case {"fingerprints": [*words]} if len(value) == 1 and words and all(isinstance(word, str) for word in words):
            try:
                return TLS.pinned(*words)
            except ValueError as e:
                raise KeyProblem(key, str(e)) from None
    raise KeyProblem(key, 'should be "system", "insecure", { ca_file = "/path" } or { fingerprints = ["sha256:..."] }')


_READERS = {
    "address": _addresses,
    "addresses": _addresses,
    "username": _text,
    "mechanism": _mechanism,
    "secret": _secret,
    "tls": _tls,
    "channel_binding": _flag,
    "read_only": _flag,
    "password_over_ws": _flag,
    "colour": _text,
}
