"""What is asked before a call is sent: for the file that goes along, and whether it may change what it changes.

The cards stand here one after the other; the call itself is made by whoever asked.
"""

from __future__ import annotations

from datetime import date

from textual.app import App

from truenas_client.values.human import human_size
from tui.cards.file import FileScreen
from tui.cards.review import Answer, ReviewScreen, Subject
from tui.model.changes import arguments
from tui.model.paths import shortened
from tui.model.stored import lookup, resource_of
from tui.model.transfers import Kind, file_wanted, is_private, suggested_name
from tui.session.session import Session
from tui.session.stores import Call

__all__ = ["FilePlaces", "before_sending"]


class FilePlaces:
    """Where files were saved and read in this session: the next one begins there."""

    def __init__(self) -> None:
        self._folder = "~"
        self._sent: dict[str, str] = {}

    def first(self, kind: Kind, call: Call, session: Session) -> str:
        """What the field begins with."""
        if kind == "upload":
            return self._sent.get(call.method, f"{self._folder}/")
        return f"{self._folder}/{suggested_name(call.method, call.params, host=session.host, today=date.today())}"

    def remember(self, call: Call) -> None:
        """This is the file that was chosen."""
        if call.transfer is not None:
            self._folder = shortened(call.transfer.path.parent)
            if call.transfer.kind == "upload":
                self._sent[call.method] = shortened(call.transfer.path)


async def before_sending(app: App[None], session: Session, call: Call, risk: str, places: FilePlaces) -> Answer:
    """Asks what is to be asked; the file that was chosen is in ``call.transfer``. Run it in a worker."""
    method = session.method(call.method)
    kind = file_wanted(method, call.params) if method is not None else None
    if kind is not None:
        card = FileScreen(kind, call.method, places.first(kind, call, session), private=is_private(call.method))
        call.transfer = await app.push_screen_wait(card)
        if call.transfer is None:
            return "back"
        places.remember(call)
    if risk == "read":
        return "send"
    return await app.push_screen_wait(ReviewScreen(_subject(session, call, risk), session.read))


def _subject(session: Session, call: Call, risk: str) -> Subject:
    method, catalogue = session.method(call.method), session.catalogue
    names = [param.name for param in method.params] if method is not None else []
    return Subject(
        host=session.host,
        address=session.address,
        method=call.method,
        params=call.params,
        risk=risk,
        roles=method.roles if method is not None else (),
        entries=arguments(call.method, call.params, names),
        resource=resource_of(call.method, call.params, catalogue),
        notes=tuple(_notes(call, job=method is not None and method.job)),
        lookup=lookup(call.method, call.params, catalogue),
    )


def _notes(call: Call, *, job: bool) -> list[str]:
    transfer = call.transfer
    if transfer is None:
        return ["It runs as a job."] if job else []
    if transfer.kind == "download":
        replaces = ", in place of what is there" if transfer.overwrite else ""
        return [f"It runs as a job, and its file is saved to {shortened(transfer.path)}{replaces}."]
    try:
        size = human_size(transfer.path.stat().st_size)
    except OSError:  # gone meanwhile, which sending it will tell
        size = "?"
    return [f"It runs as a job, and is sent {shortened(transfer.path)} ({size})."]
