"""The questions before a call is sent: which file goes with it, and whether it may change the server.

The cards open one after the other; the caller of `before_sending` sends the call.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from textual.dom import DOMNode

from truenas_client.values.human import human_size
from tui.cards.file import FileScreen
from tui.cards.handing_over import handed_over
from tui.cards.review import Answer, ReviewScreen
from tui.model.transfers import file_wanted, is_private
from tui.session.session import Session
from tui.session.stores import Call

__all__ = ["before_sending"]


async def before_sending(node: DOMNode, session: Session, call: Call, notes: Sequence[str] = ()) -> Answer:
    """Asks over the screen of ``node``; ``notes`` say what the call is about, besides its arguments. From a worker.

    The file that was chosen is in ``call.transfer``; a write may be sent once it is ``call.reviewed``.
    """
    method = session.method(call.method)
    kind = file_wanted(method, call.params) if method is not None else None
    if kind is not None:
        path = session.caller.file_places.first(kind, call, session.host)
        call.transfer = await FileScreen(kind, call.method, path, private=is_private(call.method)).ask(node)
        if call.transfer is None:
            return "back"
        if node.app.is_web:
            call.transfer.placed = partial(handed_over, node)
        else:
            session.caller.file_places.remember(call)
    risk = session.risk_of(call.method, call.params)
    if risk == "read":
        return "send"
    told = [*notes, *_notes(call, job=method is not None and method.job)]
    answer = await ReviewScreen(session, call, risk, told).ask(node)
    call.reviewed = answer == "send"
    return answer


def _notes(call: Call, *, job: bool) -> list[str]:
    transfer = call.transfer
    if transfer is None:
        return ["It runs as a job."] if job else []
    if transfer.kind == "download":
        replaces = ", in place of what is there" if transfer.overwrite else ""
        return [f"It runs as a job, and its file is saved to {transfer.where}{replaces}."]
    try:
        size = human_size(transfer.path.stat().st_size)
    except OSError:  # gone meanwhile, which sending it will tell
        size = "?"
    return [f"It runs as a job, and is sent {transfer.where} ({size})."]
