"""Signs in again in place, where the login has ended and the secret at hand is none, or is refused."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.dom import DOMNode
from textual.widgets import Input, Static

from truenas_client.secrets.value import Secret
from tui import actions
from tui.cards.card import CardScreen, ask
from tui.model.failure import Failure
from tui.session.target import Target
from tui.text import plain, safe
from tui.widgets.key_line import Hint

__all__ = ["SignInScreen", "ask_for_secret"]


async def ask_for_secret(node: DOMNode, target: Target, host: str, failure: Failure) -> Secret | None:
    """Asks over the screen of ``node``, below the reason; None for escape. From a worker."""
    return await ask(node, SignInScreen(target, host, failure))


class SignInScreen(CardScreen[Secret | None]):
    """Dismisses with the secret that was typed. What is open behind it stays as it is."""

    BINDINGS = actions.bind(("card.accept", "submit"), ("secret.show", "show"))

    def __init__(self, target: Target, host: str, failure: Failure) -> None:
        super().__init__()
        self._target, self._host, self._failure = target, host, failure

    def compose(self) -> ComposeResult:
        failure = self._failure
        label = {"api key": "API key", "token": "Token"}.get(self._target.kind, "Password")
        with Vertical(id="card"):
            yield Static(plain("  ".join(part for part in (failure.title, failure.reason) if part), "$text-warning"))
            with Horizontal(id="secret-row"):
                yield Static(label, classes="label")
                yield Input(id="secret", compact=True, password=True)
            yield Hint(("card.accept", "sign in"), ("secret.show", "show"), ("card.leave", "stay signed out"))

    def on_mount(self) -> None:
        self.query_one("#card").border_title = plain(f"Sign in again  {safe(self._target.user)} on {safe(self._host)}")
        self.query_one("#secret").focus()

    def action_show(self) -> None:
        field = self.query_one(Input)
        field.password = not field.password

    @on(Input.Submitted)
    def action_submit(self) -> None:
        if typed := self.query_one(Input).value:
            self.dismiss(Secret(typed))
