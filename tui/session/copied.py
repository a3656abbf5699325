"""The call that the copy menu offers as text: where it goes, and what of it the core has to know to write it."""

from __future__ import annotations

from datetime import date
from typing import Any

from truenas_client.endpoint import parse
from truenas_client.values.copy_as import CopiedCall, Server
from tui.model.paths import expanded
from tui.model.transfers import file_wanted, suggested_name
from tui.session.session import Session

__all__ = ["copied_call"]


def copied_call(session: Session, name: str, params: list[Any]) -> tuple[CopiedCall, Server]:
    """A call of this session, as it is made elsewhere; a file that comes with it goes into the folder there."""
    method, profile = session.method(name), session.target.profile
    kind = file_wanted(method, params) if method is not None else None
    file = ""
    if kind == "download":
        file = suggested_name(name, params, host=session.host, today=date.today())
    elif kind == "upload":
        sent = session.caller.file_places.sent(name)
        file = str(expanded(sent)) if sent else "FILE"
    locked = bool(profile.name) and profile.read_only
    call = CopiedCall(
        name,
        params,
        [param.name for param in method.params] if method is not None else (),
        job=method is not None and method.job,
        file=kind or "",
        filename=file,
        # What the user allowed here is allowed there too.
        writes=locked and session.caller.writable and session.risk_of(name, params) != "read",
    )
    return call, Server(profile, session.life.endpoint or parse(profile.address))
