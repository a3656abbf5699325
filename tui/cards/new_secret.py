"""A secret that the server tells only once: shown on this card and nowhere else, copied or saved from here.

Invariants: it is written where the user says and nowhere else; an entry of the keyring that is there is not replaced,
a file only once the user has said so; a card that was neither copied nor saved from asks before it closes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.dom import DOMNode
from textual.widgets import Static

from truenas_client.exc import ClientException
from truenas_client.secrets.value import File, Reference, Secret
from truenas_client.storage.secret_store import keep
from tui import actions
from tui.cards.card import CardScreen, ask
from tui.cards.clipboard import copy
from tui.cards.file import FileScreen
from tui.cards.handing_over import handed_over
from tui.session.keeping import free_entry, no_keyring
from tui.text import plain, safe
from tui.widgets.key_line import Hint
from tui.widgets.rows import Cell, Row, Rows

__all__ = ["NewSecret", "SecretScreen", "show_once"]


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


async def show_once(node: DOMNode, secret: NewSecret) -> None:
    """Shows it over the screen of ``node`` until the user closes the card. From a worker."""
    await ask(node, SecretScreen(secret))


class SecretFile(FileScreen):
    """Asks for the file that a secret goes into."""

    @property
    def question(self) -> str:
        return "It goes into a file of mode 0600, which only you can read. Which one?"


class SecretScreen(CardScreen[None]):
    """Stays until it is closed: one secret may be copied and saved."""

    BINDINGS = actions.bind(("app.close", "leave"))

    def __init__(self, secret: NewSecret) -> None:
        super().__init__()
        self._secret = secret
        self._taken = False
        self._warned = False

    def compose(self) -> ComposeResult:
        secret = self._secret
        with Vertical(id="card"):
            yield Static(
                Content.assemble(("Shown only now. ", "bold $text-warning"), safe(secret.about)), classes="text"
            )
            yield Static(plain(secret.secret.reveal(), "bold"), id="secret")
            yield Rows(id="entries")
            yield Static("", id="says")
            yield Hint(("nav.open", "choose"), ("card.leave", "close"))

    def on_mount(self) -> None:
        self.query_one("#card").border_title = plain(self._secret.title)
        rows = self.query_one(Rows)
        entries = list(self._entries())
        rows.set_rows([Row(letter, (Cell(letter, "accent"), text)) for letter, text in entries])
        rows.styles.height = len(entries)
        rows.focus()

    def _entries(self) -> Iterator[tuple[str, str]]:
        yield "y", "copy it"
        if self._secret.entry:
            yield "f", "save it in a file that only you can read ..."
            yield "k", "save it in the keyring of this machine"

    @on(Rows.Chosen)
    def _chosen(self, event: Rows.Chosen) -> None:
        event.stop()
        self._act(event.key)

    def on_key(self, event: events.Key) -> None:
        if event.key in dict(self._entries()):
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
        chosen = await ask(self, SecretFile("download", self._secret.what, f"~/.{self._secret.entry}.key"))
        if chosen is not None:
            if not await self._keep(File(str(chosen.path))):
                return
            shown = handed_over(self, chosen.path)
            use = "" if self.app.is_web else self._secret.use.replace("FILE", shown)
            self._done(f"Saved to {shown}. {use}")

    async def _save_entry(self) -> None:
        if problem := await asyncio.to_thread(no_keyring):
            self._say(problem, "warning")
            return
        try:
            entry = await asyncio.to_thread(free_entry, self._secret.entry)
        except ClientException as error:
            self._say(str(error), "error")
            return
        if await self._keep(entry):
            self._done(f"Saved in the keyring. In arguments ${{secret:{entry.account}}} stands for it.")

    async def _keep(self, reference: Reference) -> bool:
        try:
            await asyncio.to_thread(keep, reference, self._secret.secret)
        except ClientException as error:
            self._say(str(error), "error")
            return False
        return True

    def _done(self, text: str) -> None:
        self._taken = True
        self._say(text, "success")

    def _say(self, text: str, style: str) -> None:
        self.query_one("#says", Static).update(plain(text, f"$text-{style}"))

    def action_leave(self) -> None:
        if self._taken or self._warned:
            self.dismiss(None)
            return
        self._warned = True
        self.settle()
        leave = actions.key("card.leave")
        self._say(f"Neither copied nor saved. {leave} once more closes this, and it cannot be shown again.", "warning")
