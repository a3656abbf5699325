"""Asks for a new one-time password when the app reconnects: the one step that needs the user."""

from __future__ import annotations

import asyncio

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.dom import DOMNode
from textual.widgets import Input, Static

from tui import actions
from tui.cards.card import CardScreen
from tui.modes import mode_of
from tui.text import plain
from tui.widgets.key_line import Hint

__all__ = ["OtpScreen", "ask_code"]


async def ask_code(node: DOMNode, *, user: str, host: str, again: bool) -> str | None:
    """Asks over the screen of ``node``; None when the user gives up. Cancelling closes the card."""
    answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
    card = OtpScreen(user=user, host=host, again=again)

    def answered(code: str | None) -> None:
        if not answer.done():
            answer.set_result(code)

    await node.app.push_screen(card, answered, mode=mode_of(node))
    try:
        return await answer
    finally:
        if not answer.done() or answer.cancelled():
            # The connection broke while the card stood there; the next one asks again.
            card.dismiss(None)


class OtpScreen(CardScreen[str | None]):
    """Dismisses with the code, None for escape. ``again`` tells that one was refused just now."""

    TEXT_AT_ONCE = False  # it comes by itself, while something else may be typed

    BINDINGS = actions.bind(("card.accept", "submit"))

    def __init__(self, *, user: str, host: str, again: bool = False) -> None:
        super().__init__()
        self._who = f"{user} on {host}" if user else host
        self._again = again

    def compose(self) -> ComposeResult:
        with Vertical(id="card"):
            yield Static("The connection was lost, and the server wants a new code.")
            with Horizontal(id="code-row"):
                yield Static("Code", classes="label")
                yield Input(id="code", compact=True, max_length=64)
            yield Static("Wrong code." if self._again else "", id="wrong", classes="danger")
            yield Hint(("card.accept", "sign in"), ("card.leave", "stay offline"))

    def on_mount(self) -> None:
        self.query_one("#card").border_title = plain(f"One-time password  {self._who}")
        self.query_one("#code").focus()

    @on(Input.Submitted)
    def action_submit(self) -> None:
        if code := self.query_one(Input).value.strip():
            self.dismiss(code)
