"""Editing a profile: name, addresses, user, sign-in, certificate, lock and colour; a key tries it before saving."""

from __future__ import annotations

import asyncio

from textual import on, work
from textual.widgets import Input

from truenas_client.exc import ClientException
from truenas_client.secrets.value import Ask
from truenas_client.storage import Profile
from tui import actions
from tui.cards.form import Entry, FieldsScreen
from tui.model.failure import explain_connecting
from tui.session.profile_editing import CHECKED, certificate_words, changed, save_profile, try_profile

__all__ = ["ProfileScreen"]

WAYS = {"password": "password", "api key": "api-key", "key itself": "api-key-plain", "token": "token", "none": "none"}
OPENS = ("read-only", "writes allowed")


class ProfileScreen(FieldsScreen[str | None]):
    """Dismisses with the name under which the profile was saved, None for escape."""

    BINDINGS = actions.bind(("profile.try", "try"))
    AUTO_FOCUS = "#addresses"

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._checks = {certificate_words(profile.tls): profile.tls, **CHECKED}
        way = next(words for words, mechanism in WAYS.items() if mechanism == profile.mechanism)
        super().__init__(
            f"Profile  {profile.name}",
            "",
            [
                Entry("name", "Name", profile.name, optional=True),
                Entry("addresses", "Addresses", " ".join(profile.addresses), optional=True),
                Entry("user", "User", profile.username, optional=True),
                Entry("way", "Sign in", way, words=tuple(WAYS)),
                Entry("tls", "Certificate", words=tuple(self._checks)),
                Entry("opens", "Opens", OPENS[0 if profile.read_only else 1], words=OPENS),
                Entry("colour", "Colour", profile.colour, about="green, #a02020", optional=True),
            ],
            yes="save",
            keys=[("profile.try", "try it")],
        )

    @property
    def profile(self) -> Profile:
        """The profile as the fields say."""
        values = self.values
        return changed(
            self._profile,
            name=values["name"],
            addresses=values["addresses"],
            user=values["user"],
            mechanism=WAYS[values["way"]],
            tls=self._checks[values["tls"]],
            read_only=values["opens"] == OPENS[0],
            colour=values["colour"],
        )

    @on(Input.Changed, "#addresses")
    def _moved(self, event: Input.Changed) -> None:
        event.stop()
        other = set(self.profile.addresses) - set(self._profile.addresses)
        if other and not isinstance(self._profile.secret, Ask):
            self.say("Its secret will be sent to the new address.")

    @work(exclusive=True, group="profile")
    async def take(self, values: dict[str, str]) -> None:
        profile = self.profile
        try:
            await asyncio.to_thread(save_profile, self._profile.name, profile)
        except (ClientException, OSError) as error:
            self.say(str(error), "error")
            return
        self.dismiss(profile.name)

    @work(exclusive=True, group="profile")
    async def action_try(self) -> None:
        profile = self.profile
        done: list[str] = []

        def step(text: str) -> None:
            done.append(text)
            self.say("...", "dim", done=done)

        self.say("connecting ...", "dim")
        try:
            words = await try_profile(profile, step)
        except (ClientException, OSError) as error:
            failure = explain_connecting(error, address=profile.address or "local socket")
            self.say(actions.worded(failure.line, typing=True), "error", done=done)
        else:
            self.say(words, "success", done=done)
