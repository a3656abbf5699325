"""One question after a first success: keep this connection as a profile, and where its secret?"""

from __future__ import annotations

import asyncio

from textual import on, work

from truenas_client.exc import ClientException
from truenas_client.storage import Profile
from tui.cards.form import Entry, FieldsScreen
from tui.session.keeping import Offer, Place, decline, keep_profile
from tui.session.target import SECRETS, Target
from tui.widgets.choice import Choice

__all__ = ["KeepScreen"]

EXPLANATIONS: dict[Place, str] = {
    "the keyring": "The keyring of this machine stores it and locks it when you log out.",
    "ask each time": "The password, key or token will not be saved.",
    "a file, in clear text": "A file in clear text, mode 0600: any program that you run can read it.",
    "the key's own file": "The key stays in its file; the profile stores the path.",
}


class KeepScreen(FieldsScreen[Profile | None]):
    """Dismisses with the profile that was written, or None. Is asked once for each server."""

    def __init__(self, target: Target, offer: Offer) -> None:
        super().__init__(
            "Save this connection?",
            f"{target.user} at {target.address} works. Save it as a profile?",
            [
                Entry("name", "Name", offer.name, optional=True),
                Entry("place", SECRETS[target.kind] or "Password", words=offer.places),
            ],
            yes="save",
            no="do not save",
        )
        self._target = target
        self._offer = offer

    def on_mount(self) -> None:
        self._explain()

    @property
    def _place(self) -> Place:
        return self._offer.places[self.query_one(Choice).chosen]

    @on(Choice.Changed)
    def _explain(self) -> None:
        text = EXPLANATIONS[self._place]
        if self._offer.without_keyring and self._place == "ask each time":
            text = f"{text} {self._offer.without_keyring}"
        self.say(text, "dim")

    @work(exclusive=True, group="keep")
    async def take(self, values: dict[str, str]) -> None:
        try:
            profile = await asyncio.to_thread(keep_profile, self._target, values["name"], self._place)
        except (ClientException, OSError) as error:
            self.say(str(error), "error")
            self.query_one("#name").focus()
            return
        self.dismiss(profile)

    def action_leave(self) -> None:
        self._leave()

    @work(exclusive=True, group="keep")
    async def _leave(self) -> None:
        await asyncio.to_thread(decline, self._target)
        self.dismiss(None)
