"""A write that a section makes by itself, by the rule of all writes: lock, review, one call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from textual.dom import DOMNode

from tui.cards.before_sending import before_sending
from tui.cards.toast import tell_failure
from tui.session.session import Session
from tui.session.stores import Call

__all__ = ["send_reviewed"]


async def send_reviewed(
    node: DOMNode,
    session: Session,
    method: str,
    params: Sequence[Any],
    notes: Sequence[str] = (),
    *,
    edit: Callable[[], None],
) -> Call | None:
    """Asks over the screen of ``node``, makes the call and waits for its end; a failure is told in a toast.

    ``edit`` is called where the user wants to change the arguments instead. Returns the call once the server has done
    it, else None. From a worker.
    """
    call = session.new_call(method, list(params))
    if session.caller.asks(call) and (answer := await before_sending(node, session, call, notes)) != "send":
        if answer == "edit":
            edit()
        return None
    ended = asyncio.Event()
    session.caller.send(call, ended.set)
    await ended.wait()
    if call.failure is not None:
        tell_failure(node, call.failure, "warning")
    return call if call.state == "done" else None
