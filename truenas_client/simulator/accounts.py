"""Accounts, their keys, tokens and rights, and logins.

Invariants: a `Credential` belongs to one login and never changes; rights are read
from the account at the time of the call, so taking a role away works at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from truenas_client.exc import ErrnoMixin

from .errors import CallError
from .release import RELEASES, Release

__all__ = ["FULL_ADMIN", "Account", "ApiKey", "Credential", "Token", "signed_in"]

FULL_ADMIN = "FULL_ADMIN"


@dataclass(slots=True)
class Account:
    """An account that can sign in. With empty ``roles`` its password is right, but it has no API access."""

    name: str
    password: str
    roles: tuple[str, ...] = (FULL_ADMIN,)
    uid: int = 3000
    full_name: str = ""
    otp: str | None = None
    expired: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def full_admin(self) -> bool:
        return FULL_ADMIN in self.roles

    def holds(self, roles: Iterable[str]) -> bool:
        """Whether one of ``roles`` is among the account's; a full administrator holds every role."""
        return self.full_admin or any(role in self.roles for role in roles)


@dataclass(slots=True)
class ApiKey:
    """A key of an account: sent as ``<id>-<key>``."""

    id: int
    name: str
    account: str
    key: str
    salt: bytes = bytes(range(16))
    iterations: int = 500_000
    expires: datetime | None = None
    revoked: bool = False
    created: datetime | None = None

    @property
    def text(self) -> str:
        return f"{self.id}-{self.key}"

    def ended(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= now


@dataclass(frozen=True, slots=True)
class Credential:
    """One login of an account: how (``LOGIN_PASSWORD``, ``API_KEY``, ...), when, and from what."""

    account: Account
    kind: str
    at: datetime
    login_id: str | None = field(default_factory=lambda: str(uuid4()))
    key: ApiKey | None = None
    parent: Credential | None = None
    mechanism: str = ""
    facts: Release = RELEASES["26"]

    def data(self) -> dict[str, Any]:
        """The description of this login in jobs and in the list of sessions."""
        if not self.facts.login_ids:
            return {"username": self.account.name}
        if self.parent is not None:
            parent = {"credentials": self.parent.kind, "credentials_data": self.parent.data()}
            return {"parent": parent, "login_id": self.login_id, "username": self.account.name}
        data: dict[str, Any] = {"username": self.account.name, "login_id": self.login_id, "login_at": self.at}
        if self.key is not None:
            data["api_key"] = {"id": self.key.id, "name": self.key.name}
        return data

    def user_info(self, every_role: Iterable[str]) -> dict[str, Any]:
        """The description of the user that a login and ``auth.me`` return."""
        account = self.account
        roles: set[str] = set(account.roles)
        if account.full_admin:
            in_full = self.facts.roles_in_full and self.kind != "UNIX_SOCKET"
            roles = set(every_role) if in_full else {FULL_ADMIN}
        marks = ["LOCAL"]
        if self.key is not None:
            marks.append("API_KEY")
        if account.uid in (0, 950):
            marks.append("SYS_ADMIN")
        if self.mechanism == "SCRAM":
            marks += ["API_KEY", "SCRAM"]
        if account.otp is not None and self.key is None:
            marks.append("2FA")
        return {
            "pw_name": account.name,
            "pw_gecos": account.full_name or account.name,
            "pw_dir": f"/home/{account.name}",
            "pw_shell": "/usr/bin/bash",
            "pw_uid": account.uid,
            "pw_gid": account.uid,
            "grouplist": None,
            "sid": None,
            "source": "LOCAL",
            "local": True,
            "attributes": account.attributes,
            "two_factor_config": {
                "provisioning_uri": None,
                "secret_configured": account.otp is not None,
                "interval": 30,
                "otp_digits": 6,
            },
            "privilege": {
                "roles": roles,
                "allowlist": [{"method": "*", "resource": "*"}] if account.full_admin else [],
                "web_shell": account.full_admin,
                "webui_access": True,
            },
            "account_attributes": marks,
        }


def signed_in(credential: Credential | None) -> Account:
    """The account of a login. Raises `CallError` without one."""
    if credential is None:
        raise CallError("Not authenticated", ErrnoMixin.ENOTAUTHENTICATED)
    return credential.account


@dataclass(slots=True)
class Token:
    """A token made by ``auth.generate_token``, or a reconnect token made by a login."""

    text: str
    parent: Credential
    ttl: float
    attributes: dict[str, Any]
    address: str | None
    single_use: bool
    used_at: float
    reconnect: bool = False
