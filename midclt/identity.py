"""The user of a session, from the answers of all releases in one form."""

from __future__ import annotations

from typing import Any

from truenas_client.exc import ClientException, ConnectionLost
from truenas_client.sync.client import Client

from .answers import object_of, rows_of

__all__ = ["identity"]


def identity(client: Client) -> dict[str, Any]:
    """The user, the rights and the session. Raises what ``auth.me`` raises, such as `NotAuthenticated`."""
    me = object_of(client, "auth.me")
    privilege, factor = _inner(me, "privilege"), _inner(me, "two_factor_config")
    roles = privilege.get("roles")
    row: dict[str, Any] = {
        "user": me.get("pw_name"),
        "uid": me.get("pw_uid"),
        "kind": "local" if me.get("local") else str(me.get("source") or "directory").lower(),
        "roles": sorted(map(str, roles)) if isinstance(roles, (list, set)) else [],
        "second factor": "set up" if factor.get("secret_configured") else "none",
        "address": client.endpoint.text,
    }
    session = _session(client)
    if session is not None:
        row["signed in by"] = str(session.get("credentials") or "").lower().replace("_", " ")
        row["seen as"] = session.get("origin")
    return row


def _inner(me: dict[str, Any], name: str) -> dict[str, Any]:
    value = me.get(name)
    return value if isinstance(value, dict) else {}


def _session(client: Client) -> dict[str, Any] | None:
    """This session as the server lists it; None where the user may not list sessions."""
    try:
        rows = rows_of(client, "auth.sessions", [["current", "=", True]])
    except ConnectionLost:
        raise
    except ClientException:
        return None
    return rows[0] if rows else None
