"""One question after a first success: keep this connection as a profile, and where its secret?"""

from __future__ import annotations

import asyncio

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.dom import DOMNode
from textual.widgets import Input, Static

from truenas_client.exc import ClientException
from truenas_client.storage import Profile
from tui import actions
from tui.cards.card import CardScreen, ask, row
from tui.session.keeping import Offer, Place, decline, keep_profile
from tui.session.target import Target
from tui.text import plain, safe
from tui.widgets.choice import Choice
from tui.widgets.key_line import Hint

__all__ = ["KeepScreen", "ask_to_keep"]

EXPLANATIONS: dict[Place, str] = {
    "the keyring": "The keyring of this machine stores it and locks it when you log out.",
    "ask each time": "The password, key or token will not be saved.",
    "a file, in clear text": "A file in clear text, mode 0600: any program that you run can read it.",
    "the key's own file": "The key stays in its file; the profile stores the path.",
}


async def ask_to_keep(node: DOMNode, target: Target, offer: Offer) -> Profile | None:
    """Asks over the screen of ``node``; the profile that was written, if one was. From a worker."""
    return await ask(node, KeepScreen(target, offer))


class KeepScreen(CardScreen[Profile | None]):
    """Dismisses with the profile that was written, or None. Is asked once for each server."""

    BINDINGS = actions.bind(("card.accept", "keep"))

    def __init__(self, target: Target, offer: Offer) -> None:
        super().__init__()
        self._target = target
        self._offer = offer

    def compose(self) -> ComposeResult:
        target, offer = self._target, self._offer
        with Vertical(id="card"):
            yield Static(plain(f"{target.user} at {target.address} works. Save it as a profile?"))
            yield from row("Name", Input(offer.name, id="name", compact=True))
            secret = {"api key": "API key", "token": "Token"}.get(target.kind, "Password")
            yield from row(secret, Choice(offer.places, id="place"))
            yield Static("", id="explanation")
            yield Hint(("card.accept", "save"), ("tab", "next"), ("card.leave", "do not save"))

    def on_mount(self) -> None:
        self.query_one("#card").border_title = "Save this connection?"
        self.query_one("#name").focus()
        self._explain()

    @property
    def _place(self) -> Place:
        chosen = self.query_one(Choice).chosen
        return self._offer.places[chosen]

    @on(Choice.Changed)
    def _explain(self) -> None:
        text = EXPLANATIONS[self._place]
        if self._offer.without_keyring and self._place == "ask each time":
            text = f"{text} {self._offer.without_keyring}"
        self.query_one("#explanation", Static).update(Content(safe(text)))

    @on(Input.Submitted)
    @on(Choice.Submitted)
    def action_keep(self) -> None:
        self._keep(self.query_one("#name", Input).value.strip(), self._place)

    @work(exclusive=True, group="keep", exit_on_error=False)
    async def _keep(self, name: str, place: Place) -> None:
        try:
            profile = await asyncio.to_thread(keep_profile, self._target, name, place)
        except (ClientException, OSError) as error:
            self.query_one("#explanation", Static).update(plain(str(error), "$text-error"))
            self.query_one("#name").focus()
            return
        self.dismiss(profile)

    def action_leave(self) -> None:
        self._leave()

    @work(exclusive=True, group="keep", exit_on_error=False)
    async def _leave(self) -> None:
        await asyncio.to_thread(decline, self._target)
        self.dismiss(None)
