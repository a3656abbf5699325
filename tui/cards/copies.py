"""What a copy menu offers, and the choices for a call: as a command, as scripts, as a frame."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from textual.widget import Widget

from truenas_client.values.copy_as import Form, copied, forms_of
from tui.cards.copy_menu import CopyMenu
from tui.session.copied import copied_call
from tui.session.session import Session

__all__ = ["Copy", "call_copies", "copy_one_of"]

_LETTERS: dict[Form, tuple[str, str]] = {
    "midclt": ("m", "a midclt command"),
    "python": ("c", "a Python script"),
    "async": ("C", "a Python script with AsyncClient"),
    "jsonrpc": ("j", "a JSON-RPC frame"),
    "curl": ("u", "a curl command"),
}


class Copy(NamedTuple):
    """A choice of the menu: its letter and words, what makes the text or value, and the words of the notice.

    ``make`` runs in a thread, so it reads no widget.
    """

    letter: str
    words: str
    make: Callable[[], Any]
    notice: str

    @classmethod
    def of(cls, letter: str, words: str, value: Any, notice: str) -> Copy:
        """A choice whose value is there already."""
        return cls(letter, words, lambda: value, notice)


async def copy_one_of(node: Widget, copies: Sequence[Copy], name: str) -> None:
    """Asks over the screen of ``node`` what to copy, and copies it. From a worker."""
    if not copies:
        node.notify("Nothing to copy yet.", timeout=2)
        return
    letter = await CopyMenu([(choice.letter, choice.words) for choice in copies]).ask(node)
    chosen = next((choice for choice in copies if choice.letter == letter), None)
    if chosen is not None:
        from tui.cards.clipboard import copy

        try:
            value = await asyncio.to_thread(chosen.make)
        except RecursionError:
            node.notify("Not copied: the values are nested too deeply for this form.", severity="warning", timeout=4)
        else:
            await copy(node, value, chosen.notice, name)


def call_copies(session: Session, method: str, params: list[Any]) -> Iterator[Copy]:
    """The choices for a call of this session; none for arguments that are nested too deeply to look for secrets."""
    try:
        call, server = copied_call(session, method, params)
    except RecursionError:
        return
    more = ", secrets left out" if call.hides else ""
    if session.life.simulated:
        more += " (it needs this demo to run; the password is admin)"
    for form in forms_of(call, server):
        letter, words = _LETTERS[form]
        yield Copy(letter, f"the call as {words}", partial(copied, form, call, server), words[2:] + more)
