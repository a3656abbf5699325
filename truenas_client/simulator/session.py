"""One connection of a client: its login and its subscriptions.

How messages are read and written is its `Dialect`'s business, running calls that of
`Calls`. Invariant: a closed session has no subscription, no token and no user.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from .accounts import Credential

if TYPE_CHECKING:
    from .accounts import Token
    from .dialect import Dialect
    from .events import Update
    from .link import Link
    from .origin import Origin
    from .state import Nas

__all__ = ["Session"]


class Session:
    """One connection, signed in or not."""

    def __init__(self, nas: Nas, channel: Link, origin: Origin, dialect: Dialect) -> None:
        self.id = str(uuid4())
        self.nas = nas
        self.channel = channel
        self.origin = origin
        self.dialect = dialect
        self.facts = dialect.facts
        self.created_at: datetime = nas.clock.wall()
        self.credential: Credential | None = None
        self.rights: Credential | None = None
        """The last login; event visibility goes on by it after a logout."""
        self.token: Token | None = None
        """The token this login was made with; it ends with the login."""
        self.expires_at = 0.0
        """Simulated second at which a login with a token runs out; each use moves it on by the time of the token."""
        self.pending: Any = None
        """A sign-in that waits for its next step."""
        self.subscriptions: dict[str, str] = {}
        self.options = {"legacy_jobs": True, "private_methods": False, "py_exceptions": False}
        """What ``core.set_options`` changes."""

    @property
    def user(self) -> str | None:
        """The name of the account that is signed in; None before login."""
        return None if self.credential is None else self.credential.account.name

    def sign_in_by_peer(self) -> None:
        """On a UNIX socket: sign in the account with the peer's user id, or root for a user without one."""
        if self.origin.unix_uid is None:
            return
        accounts = self.nas.accounts
        account = next((one for one in accounts.values() if one.uid == self.origin.unix_uid), accounts.get("root"))
        if account is not None:
            self.sign_in(Credential(account, "UNIX_SOCKET", self.nas.clock.wall(), facts=self.facts))

    def sign_in(self, credential: Credential, token: Token | None = None) -> None:
        """Make ``credential`` the user of this session, replacing another."""
        self._end_token()
        self.token = token
        self.credential = self.rights = credential
        self.pending = None
        self.expires_at = 0.0 if token is None else self.nas.clock.now() + token.ttl
        self._announce("ADDED", self.row(credential))

    def sign_out(self) -> None:
        """Forget the user; the connection and its ordinary subscriptions stay."""
        if self.credential is not None:
            self._announce("REMOVED", {"id": self.id})
        self._end_token()
        self.credential = None
        self.nas.events.leave(self, sources_only=True)

    def row(self, credential: Credential) -> dict[str, Any]:
        """A session as ``auth.sessions`` events show it."""
        return {
            "id": self.id,
            "origin": str(self.origin),
            "credentials": credential.kind,
            "credentials_data": credential.data(),
            "created_at": self.created_at,
            "secure_transport": self.origin.secure,
        }

    def _announce(self, kind: str, fields: dict[str, Any]) -> None:
        self.nas.events.send("auth.sessions", kind, visible=lambda other: other is not self, fields=fields)

    def _end_token(self) -> None:
        if self.token is not None:
            self.nas.tokens.pop(self.token.text, None)
            self.token = None

    def check_expiry(self) -> None:
        """At each message: a login whose time is over ends, another has it start anew."""
        if self.token is not None:
            now = self.nas.clock.now()
            if now >= self.expires_at:
                self.sign_out()
            else:
                self.expires_at = now + self.token.ttl

    def send_update(self, update: Update) -> None:
        """Send one event."""
        self.channel.send(update.text(self.dialect))

    def send_ended(self, collection: str, error: dict[str, Any] | None) -> None:
        """Tell that the subscriptions of a source have ended."""
        self.channel.send(self.dialect.ended(collection, error))

    def closed(self) -> None:
        """The connection is gone."""
        self.nas.events.leave(self)
        self.sign_out()
