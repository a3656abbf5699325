"""Editing a profile: name, addresses, user, sign-in, certificate, lock and colour; a key tries it before saving."""

from __future__ import annotations

import asyncio

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.dom import DOMNode
from textual.widgets import Input, Static

from truenas_client.exc import ClientException
from truenas_client.secrets.value import Ask
from truenas_client.storage import Profile
from tui import actions
from tui.cards.card import CardScreen, ask, row
from tui.model.failure import explain_connecting
from tui.session.profile_editing import CHECKED, certificate_words, changed, save_profile, try_profile
from tui.text import plain, safe
from tui.widgets.choice import Choice
from tui.widgets.key_line import Hint

__all__ = ["ProfileScreen", "edit_profile"]

WAYS = {"password": "password", "api key": "api-key", "key itself": "api-key-plain", "token": "token", "none": "none"}
OPENS = ("read-only", "writes allowed")


async def edit_profile(node: DOMNode, profile: Profile) -> str | None:
    """Edits over the screen of ``node``; the name under which it was saved, None for escape. From a worker."""
    return await ask(node, ProfileScreen(profile))


class ProfileScreen(CardScreen[str | None]):
    """Dismisses with the name, once the profile is written."""

    BINDINGS = actions.bind(("card.accept", "save"), ("profile.try", "try"))

    def __init__(self, profile: Profile) -> None:
        super().__init__()
        self._profile = profile
        kept = certificate_words(profile.tls)
        self._checks = {kept: profile.tls, **CHECKED}
        self._done: list[str] = []

    def compose(self) -> ComposeResult:
        profile = self._profile
        ways = list(WAYS.values())
        with Vertical(id="card"):
            yield from row("Name", Input(profile.name, id="name", compact=True))
            yield from row("Addresses", Input(" ".join(profile.addresses), id="addresses", compact=True))
            yield from row("User", Input(profile.username, id="user", compact=True))
            yield from row("Sign in", Choice(list(WAYS), chosen=ways.index(profile.mechanism), id="way"))
            yield from row("Certificate", Choice(list(self._checks), id="tls"))
            yield from row("Opens", Choice(OPENS, chosen=0 if profile.read_only else 1, id="opens"))
            yield from row("Colour", Input(profile.colour, placeholder="green, #a02020", id="colour", compact=True))
            yield Static("", id="says")
            yield Hint(("card.accept", "save"), ("profile.try", "try it"), ("tab", "next"), ("card.leave", "back"))

    def on_mount(self) -> None:
        self.query_one("#card").border_title = plain(f"Profile  {self._profile.name}")
        self.query_one("#addresses").focus()

    @property
    def profile(self) -> Profile:
        """The profile as the fields say."""
        text = {name: self.query_one(f"#{name}", Input).value for name in ("name", "addresses", "user", "colour")}
        return changed(
            self._profile,
            name=text["name"],
            addresses=text["addresses"],
            user=text["user"],
            mechanism=WAYS[self.query_one("#way", Choice).value],
            tls=self._checks[self.query_one("#tls", Choice).value],
            read_only=self.query_one("#opens", Choice).chosen == 0,
            colour=text["colour"],
        )

    @on(Input.Changed, "#addresses")
    def _moved(self, event: Input.Changed) -> None:
        event.stop()
        other = set(self.profile.addresses) - set(self._profile.addresses)
        if other and not isinstance(self._profile.secret, Ask):
            self._say("Its secret will be sent to the new address.", "warning")

    @on(Input.Submitted)
    @on(Choice.Submitted)
    def action_save(self) -> None:
        self._save(self.profile)

    @work(exclusive=True, group="profile", exit_on_error=False)
    async def _save(self, profile: Profile) -> None:
        try:
            await asyncio.to_thread(save_profile, self._profile.name, profile)
        except (ClientException, OSError) as error:
            self._say(str(error), "error")
            return
        self.dismiss(profile.name)

    def action_try(self) -> None:
        self._try(self.profile)

    @work(exclusive=True, group="profile", exit_on_error=False)
    async def _try(self, profile: Profile) -> None:
        self._done = []
        self._say("connecting ...", "dim")
        try:
            words = await try_profile(profile, self._step)
        except (ClientException, OSError) as error:
            failure = explain_connecting(error, address=profile.address or "local socket")
            self._say("  ".join(part for part in (failure.title, failure.reason, failure.hint) if part), "error")
        else:
            self._say(words, "success")

    def _step(self, text: str) -> None:
        self._done.append(text)
        self._say("...", "dim")

    def _say(self, text: str, style: str) -> None:
        done = [Content.assemble(("done  ", "$text-success"), plain(line)) for line in self._done]
        colour = "$foreground-muted" if style == "dim" else f"$text-{style}"
        told = Content.styled(actions.worded(safe(text[:400]), typing=True), colour)
        self.query_one("#says", Static).update(Content("\n").join([*done, told]))
