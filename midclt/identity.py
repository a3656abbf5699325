"""The user of a session, from the answers of all releases in one form."""

from __future__ import annotations

from typing import Any

from truenas_client.exc import ClientException, ConnectionLost
from truenas_client.sync.client import Client

__all__ = ["identity"]


def identity(client: Client) -> dict[str, Any]:
    """The user, the rights and the session. Raises what ``auth.me`` raises, such as `NotAuthenticated`."""
    me = client.call("auth.me")
    me = me if isinstance(me, dict) else {}
    privilege = me.get("privilege") or {}
    factor = me.get("two_factor_config") or {}
    row: dict[str, Any] = {
        "user": me.get("pw_name"),
        "uid": me.get("pw_uid"),
        "kind": "local" if me.get("local") else str(me.get("source") or "directory").lower(),
        "roles": sorted(privilege.get("roles") or ()),
        "second factor": "set up" if factor.get("secret_configured") else "none",
        "address": client.endpoint.text,
    }
    session = _session(client)
    if session is not None:
        row["signed in by"] = str(session.get("credentials") or "").lower().replace("_", " ")
        row["seen as"] = session.get("origin")
    return row


def _session(client: Client) -> dict[str, Any] | None:
    """This session as the server lists it; None where the user may not list sessions."""
    try:
        rows = client.call("auth.sessions", [["current", "=", True]])
    except ConnectionLost:
        raise
    except ClientException:
        return None
    return rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else None
