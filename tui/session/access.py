"""The sources of the access section: sessions and keys of a server; see `readings`."""

from __future__ import annotations

from tui.model import access as model
from tui.model.answers import object_of
from tui.session.readings import LEAST_SECONDS, Source

__all__ = ["SOURCES"]

ANY = "READONLY_ADMIN"
SOURCES = (
    Source("sessions", "auth.sessions", model.sessions_of, roles=("AUTH_SESSIONS_READ", ANY)),
    Source("keys", "api_key.query", model.keys_of, roles=("API_KEY_READ", ANY)),
    Source("config", "auth.twofactor.config", object_of, every=6 * LEAST_SECONDS, roles=("SYSTEM_SECURITY_READ", ANY)),
    Source("me", "auth.me", object_of, every=6 * LEAST_SECONDS),
)
