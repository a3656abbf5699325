"""Sessions, API keys, tokens and two-factor sign-in: reading the answers of all releases, and the arguments of calls.

Texts are still the server's own: the widgets make them safe. Keys themselves are in no answer that is read here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from truenas_client.methods.catalogue import Method
from truenas_client.values.human import human_time
from tui.model.answers import mapping, number, object_of, rows_of, text, time_of

__all__ = [
    "ENDS",
    "TTLS",
    "Key",
    "Login",
    "changed_key",
    "key_file_name",
    "keys_of",
    "new_key",
    "sessions_of",
    "token_arguments",
    "two_factor",
]

WAYS = {
    "LOGIN_PASSWORD": "password",
    "LOGIN_TWOFACTOR": "password and code",
    "LOGIN_ONETIME_PASSWORD": "one-time password",
    "API_KEY": "API key",
    "TOKEN": "token",
    "UNIX_SOCKET": "local socket",
    "TRUENAS_NODE": "other controller",
}
"""How a session signed in, in words."""

ENDS = {"never": None, "in 30 days": 30, "in 90 days": 90, "in 1 year": 365}
"""When a new key ends, in days."""
TTLS = {"10 minutes": 600, "1 hour": 3600, "1 day": 86_400}
"""How long a token lives without use, in seconds."""
EVERYTHING = [{"method": "*", "resource": "*"}]
"""What a key of 24.10 may do; later ones have the rights of their user."""


@dataclass(frozen=True, slots=True)
class Login:
    """A session. ``current`` is that of this app; ``key`` the number of the API key it signed in with."""

    id: str
    user: str
    way: str
    origin: str
    since: datetime | None
    current: bool
    internal: bool
    secure: bool
    key: int | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """An API key without the key; ``user`` is "" before 25.04, where keys belong to none."""

    id: int
    name: str
    user: str
    created: datetime | None
    expires: datetime | None
    revoked: str
    """Why it was revoked, "" when it was not."""

    def state(self, now: datetime) -> tuple[str, str]:
        """Whether it works, in words, and the style of them."""
        if self.revoked:
            return f"revoked: {self.revoked}", "error"
        if self.expires is None:
            return "never expires", ""
        day = human_time(self.expires)[:10]
        return (f"expired {day}", "error") if self.expires <= now else (f"expires {day}", "")


def sessions_of(answer: Any) -> list[Login]:
    """Reads ``auth.sessions``: ours first, then the newest; the server's own last. Raises `Unreadable`."""
    found = [_login(row) for row in rows_of(answer) if text(row.get("id"))]

    def order(one: Login) -> tuple[bool, bool, float]:
        return not one.current, one.internal, -(one.since.timestamp() if one.since else 0.0)

    return sorted(found, key=order)


def _login(row: Mapping[str, Any]) -> Login:
    data, kind = mapping(row.get("credentials_data")), text(row.get("credentials"))
    parent = mapping(data.get("parent"))
    source = mapping(parent.get("credentials_data")) if parent else data
    key = mapping(source.get("api_key"))
    way = WAYS.get(kind, kind.replace("_", " ").lower())
    if name := text(key.get("name")):
        way = f"{way} {name}" if kind == "API_KEY" else f"{way} of API key {name}"
    ident = number(key.get("id"))
    return Login(
        id=text(row.get("id")),
        user=text(data.get("username")) or text(source.get("username")),
        way=way,
        origin=text(row.get("origin")),
        since=time_of(row.get("created_at")),
        current=row.get("current") is True,
        internal=row.get("internal") is True,
        secure=row.get("secure_transport") is not False,
        key=None if ident is None else int(ident),
    )


def keys_of(answer: Any) -> list[Key]:
    """Reads ``api_key.query``, by number. Raises `Unreadable`."""
    found = []
    for row in rows_of(answer):
        ident = row.get("id")
        if type(ident) is int:
            revoked = text(row.get("revoked_reason")) or "for an unknown reason" if row.get("revoked") is True else ""
            created, expires = time_of(row.get("created_at")), time_of(row.get("expires_at"))
            found.append(Key(ident, text(row.get("name")), text(row.get("username")), created, expires, revoked))
    return sorted(found, key=lambda key: key.id)


def two_factor(config: Any, me: Any) -> str:
    """Two-factor sign-in in one sentence, from ``auth.twofactor.config`` and ``auth.me``; either may be missing."""
    words = []
    if config is not None:
        settings = object_of(config)
        ssh = " and for SSH" if mapping(settings.get("services")).get("ssh") is True else ""
        words.append(f"on for this server{ssh}" if settings.get("enabled") is True else "off for this server")
    if me is not None:
        own = mapping(object_of(me).get("two_factor_config"))
        if (configured := own.get("secret_configured")) is not None:
            words.append("set up for you" if configured is True else "not set up for you")
    return ", ".join(words)


# Arguments ---------------------------------------------------------------------------


def new_key(method: Method | None, name: str, user: str, end: str, now: datetime) -> list[Any]:
    """The arguments of ``api_key.create``: for a user from 25.04 on, with a list of what it may do before."""
    members = mapping(method.params[0].schema.get("properties")) if method is not None and method.params else {}
    if "allowlist" in members:
        return [{"name": name, "allowlist": EVERYTHING}]
    return [{"name": name, "username": user, **_expiry(end, now)}]


def changed_key(key: Key, name: str, end: str, now: datetime, *, replace: bool) -> list[Any]:
    """The arguments of ``api_key.update``: only what is to change. ``end`` "" leaves it as it is."""
    changes: dict[str, Any] = {} if name == key.name else {"name": name}
    if end:
        changes |= {"expires_at": None} if ENDS[end] is None else _expiry(end, now)
    return [key.id, {**changes, **({"reset": True} if replace else {})}]


def _expiry(end: str, now: datetime) -> dict[str, Any]:
    days = ENDS[end]
    if days is None:
        return {}
    # To the server a text is no time: the form with $date is (recorded on 26).
    moment = (now + timedelta(days=days)).astimezone(UTC).replace(microsecond=0)
    return {"expires_at": {"$date": int(moment.timestamp() * 1000)}}


def token_arguments(method: Method | None, ttl: str, *, anywhere: bool, once: bool) -> list[Any]:
    """The arguments of ``auth.generate_token``; 24.10 has no tokens for one use."""
    arguments = [TTLS[ttl], {}, not anywhere, once]
    return arguments[: len(method.params)] if method is not None and method.params else arguments


def key_file_name(host: str, name: str) -> str:
    """A name for what is saved of a key: ``nas-backup``."""
    slug = re.sub(r"[^A-Za-z0-9_]+", "-", f"{host.partition('.')[0]}-{name}").strip("-_")[:60]
    return slug or "api-key"
