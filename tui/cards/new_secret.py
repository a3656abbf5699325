"""A secret that the server tells only once: shown on this card and nowhere else, copied or saved from here.

Invariants: it is written where the user says and nowhere else; an entry of the keyring that is there is not replaced,
a file only once the user has said so; a card that was neither copied nor saved from asks before it closes.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from truenas_client.exc import ClientException
from truenas_client.secrets.value import File, Reference, Secret
from truenas_client.storage.secret_store import keep
from tui import actions
from tui.cards.card import CardScreen
from tui.cards.clipboard import copy
from tui.cards.file import FileScreen
from tui.cards.handing_over import handed_over
from tui.session.keeping import free_entry, no_keyring
from tui.text import plain, safe
from tui.widgets.key_line import Hint
from tui.widgets.letter_rows import LetterRows

__all__ = ["NewSecret", "SecretScreen"]


@dataclass(frozen=True, slots=True)
class NewSecret:
    """``what`` is the kind of secret, ``title`` names this one; ``use`` says how it is used, once it is in a file.

    ``entry`` names it in the keyring and in the file that is offered; "" for one that is not worth saving.
    """

    what: str
    title: str
    secret: Secret
    about: str
    entry: str = ""
    use: str = ""


class SecretScreen(CardScreen[None]):
    """Stays until it is closed: one secret may be copied and saved."""

    BINDINGS = actions.bind(("app.close", "leave"))

    def __init__(self, secret: NewSecret) -> None:
        super().__init__(secret.title)
        self._secret = secret
        self._taken = False

    def lines(self) -> ComposeResult:
        secret = self._secret
        about = Content.assemble(("Shown only now. ", "bold $text-warning"), safe(secret.about))
        yield Static(about, classes="text")
        yield Static(plain(secret.secret.reveal(), "bold"), id="secret")
        saving = [
            ("f", "save it in a file that only you can read ..."),
            ("k", "save it in the keyring of this machine"),
        ]
        yield LetterRows([("y", "copy it"), *(saving if secret.entry else ())])
        yield Static("", id="says")
        yield Hint(("nav.open", "choose"), ("card.leave", "close"))

    @on(LetterRows.Chosen)
    def _chosen(self, event: LetterRows.Chosen) -> None:
        event.stop()
        self._act(event.key)

    @work(exclusive=True, group="act")
    async def _act(self, letter: str) -> None:
        match letter:
            case "y":
                if await copy(self, self._secret.secret.reveal(), self._secret.what, secret=True):
                    self._done("Copied. Clear the clipboard once it is where it belongs.")
            case "f":
                await self._save_file()
            case "k":
                await self._save_entry()

    async def _save_file(self) -> None:
        question = "It goes into a file of mode 0600, which only you can read. Which one?"
        card = FileScreen("download", self._secret.what, f"~/.{self._secret.entry}.key", question=question)
        chosen = await card.ask(self)
        if chosen is not None and await self._keep(File(str(chosen.path))):
            shown = handed_over(self, chosen.path)
            use = "" if self.app.is_web else self._secret.use.replace("FILE", shown)
            self._done(f"Saved to {shown}. {use}")

    async def _save_entry(self) -> None:
        if problem := await asyncio.to_thread(no_keyring):
            self.say(problem)
            return
        try:
            entry = await asyncio.to_thread(free_entry, self._secret.entry)
        except ClientException as error:
            self.say(str(error), "error")
            return
        if await self._keep(entry):
            self._done(f"Saved in the keyring. In arguments ${{secret:{entry.account}}} stands for it.")

    async def _keep(self, reference: Reference) -> bool:
        try:
            await asyncio.to_thread(keep, reference, self._secret.secret)
        except ClientException as error:
            self.say(str(error), "error")
            return False
        return True

    def _done(self, text: str) -> None:
        self._taken = True
        self.say(text, "success")

    def action_leave(self) -> None:
        if self._taken or self.once_more():
            self.dismiss(None)
            return
        leave = actions.key("card.leave")
        self.say(f"Neither copied nor saved. {leave} once more closes this, and it cannot be shown again.")
