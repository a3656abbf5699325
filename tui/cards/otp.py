"""Asks for a new one-time password when the app reconnects: the one step that needs the user."""

from __future__ import annotations

import asyncio

from textual.dom import DOMNode

from tui.cards.form import Entry, FormScreen
from tui.modes import mode_of

__all__ = ["OtpScreen", "ask_code"]


async def ask_code(node: DOMNode, *, user: str, host: str, again: bool) -> str | None:
    """Asks over the screen of ``node``; None when the user gives up. Cancelling closes the card."""
    answer: asyncio.Future[dict[str, str] | None] = asyncio.get_running_loop().create_future()
    card = OtpScreen(user=user, host=host, again=again)

    def answered(values: dict[str, str] | None) -> None:
        if not answer.done():
            answer.set_result(values)

    await node.app.push_screen(card, answered, mode=mode_of(node))
    try:
        values = await answer
    finally:
        if not answer.done() or answer.cancelled():
            # The connection broke while the card stood there; the next one asks again.
            card.dismiss(None)
    return values["code"] if values else None


class OtpScreen(FormScreen):
    """Dismisses with the code. ``again`` tells that one was refused just now."""

    TEXT_AT_ONCE = False  # it comes by itself, while something else may be typed

    def __init__(self, *, user: str, host: str, again: bool = False) -> None:
        super().__init__(
            f"One-time password  {f'{user} on {host}' if user else host}",
            "The connection was lost, and the server wants a new code.",
            [Entry("code", "Code")],
            yes="sign in",
            no="stay offline",
        )
        self._again = again

    def on_mount(self) -> None:
        if self._again:
            self.say("Wrong code.", "error")
