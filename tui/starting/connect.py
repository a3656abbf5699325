"""The connect card: where to, as whom, and how far it got.

Every failure is told in the card, at the step where it stopped, and nothing that
was typed is lost. A one-time password is one more field of the same card; a
certificate that is not trusted is shown and asked about. The card makes a signed-in
`Session` and hands it up; it never opens the workspace.

The file is long because each way to fail returns to the same fields.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from truenas_client import exc
from truenas_client.endpoint import LOCAL_SOCKET, Endpoint
from truenas_client.storage import Known, Profiles
from truenas_client.storage.catalogue_cache import CatalogueCache
from truenas_client.trust import TLS
from tui import actions, guest
from tui.cards.card import Standing, steps
from tui.cards.confirm import ConfirmScreen
from tui.cards.trust import ask_trust
from tui.model.failure import Failure, explain_connecting
from tui.session.session import Session, State
from tui.session.signing import exposure
from tui.session.target import Target
from tui.starting.attempt import missing, unsupported
from tui.starting.opening import Opening, Start, opening, picked
from tui.text import plain, safe
from tui.themes import STYLES
from tui.widgets.choice import Choice
from tui.widgets.connect_form import ConnectForm
from tui.widgets.form_row import FormRow
from tui.widgets.key_line import KeyLine
from tui.widgets.profile_list import NEW, ProfileList
from tui.widgets.rows import Rows

__all__ = ["ConnectScreen"]


TALLEST = 22
"""The lines of the card with what it tells of a connection; it stands in the middle with these."""


class Card(Vertical):
    """The bordered form in the middle of the screen."""


class ConnectScreen(Standing, Screen[None]):
    """The first screen without an open connection."""

    CSS_PATH = ["../styles/later.tcss", "../styles/connect.tcss"]
    BINDINGS = actions.bindings("connect")
    AUTO_FOCUS = ""  # none by itself: what is asked for first depends on what is known
    FOOTER_WORDS = {"nav.open": "connect"}

    @dataclass
    class Connected(Message):
        """A session is signed in and ready; ``by_hand``: with what the user typed here."""

        session: Session
        by_hand: bool

    class DemoWanted(Message):
        """The user wants the built-in demo in place of a server."""

    class Left(Message):
        """The user leaves the card while it is not connecting: back to the screen before, if any."""

    def __init__(
        self, start: Start | None = None, cache: CatalogueCache | None = None, *, at_once: bool = True
    ) -> None:
        """``start`` tells what the card is filled with, ``cache`` where sessions look for lists of methods.

        With ``at_once`` the card connects by a profile that needs no input, without a key press.
        """
        super().__init__()
        self._cache = cache
        self._at_once = at_once
        self._start = start or Start()
        try:
            self._opening: Opening = opening(self._start)
        except exc.InvalidProfile as error:
            # The profile existed when the app began; the file has changed since.
            self._opening = replace(opening(self._start._replace(profile="")), problem=error.error, at_once=False)
        given = self._opening.target
        free = not given.address and not self._opening.names and not guest.is_guest()
        self._local = free and os.path.exists(LOCAL_SOCKET)
        self._choosing = self._opening.choosing
        self._names: list[str] = []
        """The profiles that are listed."""
        self._warned: tuple[Endpoint, ...] = ()
        self._shown = given.profile.name
        self._attempted = ""
        """The address in the form at the last attempt."""

    def compose(self) -> ComposeResult:
        yield Static("", id="above")
        with Card(id="card"):
            yield FormRow("Profile", ProfileList(id="profiles"), id="profile-row")
            yield ConnectForm(self._opening.target, self._opening.blank, local=self._local)
            yield Static("", id="progress")
            key = actions.key("connect.demo")
            yield Static(plain(f"No TrueNAS at hand? {key} opens a built-in demo, with a tour."), id="sentence")
        yield KeyLine()

    def on_resize(self, event: events.Resize) -> None:
        # The card grows downwards with what it tells, and what is read stays where it is.
        self.query_one("#above").styles.height = max((event.size.height - TALLEST) // 2, 0)

    def on_mount(self) -> None:
        self.query_one(Card).border_title = "Connect to a TrueNAS"
        start, target = self._opening, self._opening.target
        self._list_profiles(target.profile.name)
        self._redraw()
        if start.problem:
            self._show(Failure("Profiles", start.problem))
        if start.choosing:
            self.set_focus(self.query_one("#profiles"))
        elif self._local:
            self.form.focus_on("kind")
        else:
            self.form.focus_on("address" if not target.address else "password" if target.user else "user")
        if start.at_once and self._at_once:
            self._submit()

    @property
    def form(self) -> ConnectForm:
        """The fields."""
        return self.query_one(ConnectForm)

    def begin_anew(self) -> None:
        """For another connection: nothing of the one before, the caret in an empty address."""
        self._choosing = False
        self._pick(NEW)
        self._list_profiles(NEW)
        self.form.focus_on("address")

    # Profiles ----------------------------------------------------------------------

    def on_screen_resume(self) -> None:
        """Profiles may have been made meanwhile."""
        try:
            names = Profiles().names
        except exc.InvalidProfile:
            return  # said when the card was opened, or will be when it is chosen
        if names != self._names:
            self._list_profiles(self._shown)

    def _list_profiles(self, present: str) -> None:
        """Lists the profiles as they are now, with this one under the cursor."""
        try:
            profiles = Profiles()
        except exc.InvalidProfile as error:
            self._show(Failure("Profiles", error.error))
            return
        self._names = profiles.names
        self.query_one(Card).set_class(bool(self._names), "-profiles")
        if self._choosing and self._names and present not in self._names:
            present = self._names[0]
            self._pick(present)
        self.query_one(ProfileList).fill(profiles, present)

    @on(Rows.Highlighted, "#profiles")
    def _profile_highlighted(self, event: Rows.Highlighted) -> None:
        # Only where the person moved the cursor to another one: filling the list, and coming into it, undoes nothing.
        if event.key is not None and event.key == event.rows.key != self._shown and event.rows.has_focus:
            self._pick(event.key)

    @on(Rows.Chosen, "#profiles")
    def _profile_chosen(self, event: Rows.Chosen) -> None:
        if event.key == NEW:
            self.form.focus_on("address")
        else:
            self._submit()

    def _pick(self, name: str) -> None:
        """Fills the form with a profile, or empties it for none."""
        self._shown = name
        try:
            target = picked(self._start, name) if name else self._opening.blank
        except exc.InvalidProfile as error:
            self.form.fill(self._opening.blank)
            self._show(Failure("Profile", error.error))
            return
        self.form.fill(target)
        self._show()

    @property
    def _at_profile(self) -> str:
        """The profile under the cursor of the list, while the list has the focus."""
        rows = next(iter(self.query(ProfileList).results(ProfileList)), None)
        return rows.key or "" if rows is not None and rows.has_focus else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("profile_edit", "profile_forget"):
            return bool(self._at_profile) and not guest.is_guest()
        return True

    @work(exclusive=True, group="profile")
    async def action_profile_edit(self) -> None:
        """Edits the profile under the cursor."""
        from tui.cards.profile import ProfileScreen

        try:
            profile = Profiles().get(self._at_profile)
        except exc.InvalidProfile as error:
            self._show(Failure("Profile", error.error))
            return
        if (name := await ProfileScreen(profile).ask(self)) is not None:
            self._pick(name)
            self._list_profiles(name)

    @work(exclusive=True, group="profile")
    async def action_profile_forget(self) -> None:
        """Removes the profile under the cursor, once the user has confirmed it."""
        name = self._at_profile
        about = f"{name}\nA kept secret stays where it is."
        if await ConfirmScreen("Forget this profile?", about, yes="forget it").ask(self):
            try:
                await asyncio.to_thread(Profiles().remove, name)
            except (exc.InvalidProfile, OSError) as error:
                self._show(Failure("Not forgotten", str(error)))
                return
            self._pick(NEW)
            self._list_profiles(NEW)

    # What is typed -----------------------------------------------------------------

    @on(Input.Changed)
    @on(Choice.Changed)
    def _redraw(self) -> None:
        if self._attempted not in ("", self.form.value("address")):
            self.cancel()  # what comes of it would be told of another server
        endpoint = self.form.endpoint
        # The address in full, as soon as it makes one.
        self.query_one(Card).border_subtitle = plain(endpoint.text if endpoint is not None else "")

    def action_secret_show(self) -> None:
        """Shows or hides the secret."""
        self.form.show_secret()

    # Connecting --------------------------------------------------------------------

    @on(Input.Submitted)
    @on(Choice.Submitted)
    def _submit(self) -> None:
        target = self.form.target()
        form = self.form
        code_missing = form.has_class("-code") and form.code_needed and not form.value("code")
        if wrong := missing(target, code=code_missing):
            field, failure = wrong
            self._show(failure)
            self.form.focus_on(field)
        elif not self._must_be_warned(target):
            self.form.hold()
            self._attempted = self.form.value("address")
            self._connect(target, self.form.value("code") or None)

    def _must_be_warned(self, target: Target) -> bool:
        """Warns once for each address that others can read the password; a second enter goes on."""
        known = Known()
        readable = tuple(endpoint for endpoint in target.exposed if not known.warned(endpoint))
        if readable != self._warned:
            self._warned = readable
            if readable:
                self.settle()
                where = " and ".join(endpoint.text for endpoint in readable)
                reason = f"Anyone on the network to {where} can read the password. A wss:// address protects it."
                again = f"Press {actions.key('connect.open')} to send it anyway."
                self._show(Failure("Not encrypted", reason, again))
                return True
        for endpoint in readable:
            known.remember_warning(endpoint)
        return False

    @work(exclusive=True, group="connect")
    async def _connect(self, target: Target, code: str | None) -> None:
        by_hand = self.form.typed_by_hand
        while (trust := await self._attempt(target, code, by_hand=by_hand)) is not None:
            target = target.trusting(trust)

    async def _attempt(self, target: Target, code: str | None, *, by_hand: bool) -> TLS | None:
        """One attempt. Returns the TLS choice that the user trusts, for another attempt."""
        session = Session(target, self._cache)
        done: list[str] = []

        def step(text: str) -> None:
            done.append(text)
            self._show(done=done)

        def told() -> None:
            if session.state is not State.CONNECTING:
                return
            if seconds := session.life.cooldown:
                limit = "The server takes 20 calls a minute from one address before sign-in"
                self._show(done=done, note=f"{limit}; waiting {seconds} s")
            elif session.life.warnings:
                self._show(done=done, note=session.life.warnings[-1])

        card = self.query_one(Card)
        card.add_class("-busy")
        self._show(done=done)
        forget = session.changed.subscribe(told)
        # The seconds are counted down.
        counting = self.set_interval(0.5, lambda: told() if session.life.cooldown else None)
        try:
            await session.open(step, code)
        except Exception as error:  # noqa: BLE001 - the root of connecting: the card shows any error
            self._failed(session, error, done, code)
            card.remove_class("-busy")
            return await self._ask_trust(session, error)
        else:
            self.form.remove_class("-code")
            card.remove_class("-busy")
            self._show()
            known = {exposure(endpoint) for endpoint in target.exposed}
            session.life.warnings = [text for text in session.life.warnings if text not in known]
            self.post_message(self.Connected(session, by_hand))
        finally:
            counting.stop()
            forget()
            card.remove_class("-busy")
        return None

    def take_over(self, session: Session, error: Exception) -> None:
        """Goes on where a session could not be opened elsewhere. A refused secret is not sent again by itself."""
        self._failed(session, error, [], None)
        self._go_on(session, error)

    @work(exclusive=True, group="connect")
    async def _go_on(self, session: Session, error: Exception) -> None:
        tls = await self._ask_trust(session, error)
        if tls is not None:
            self._connect(session.target.trusting(tls), None)

    async def _ask_trust(self, session: Session, error: Exception) -> TLS | None:
        """Asks about the certificate, if it is the reason of the failure."""
        if not isinstance(error, ssl.SSLCertVerificationError):
            return None
        tls = await ask_trust(self, session, error)
        if tls is not None:
            self.form.trust(tls)
        return tls

    def _failed(self, session: Session, error: Exception, done: list[str], code: str | None) -> None:
        """Says what became of an attempt, and puts the cursor where it can be mended."""
        match error:
            case exc.OTPRequired():
                wrong = Failure("Wrong code", "The password stays in its field.") if code else None
                self._show(wrong, done=done, note="The server asks for a one-time password.")
                self.form.ask_code()
            case exc.InvalidCredentials():
                self._refused(session, error, done, code)
            case exc.MechanismUnsupported():
                failure, may_be_sent = unsupported(session, error)
                if may_be_sent:
                    self.form.offer_to_send()
                self._show(failure, done=done)
            case _:
                self.log.error(f"connecting: {type(error).__name__}")
                self._show(explain_connecting(error, address=session.host), done=done)
                if isinstance(error, exc.SecretUnavailable):
                    self.form.focus_on("password")

    def _refused(self, session: Session, error: exc.InvalidCredentials, done: list[str], code: str | None) -> None:
        if session.target.kind == "password" and session.life.endpoint is not None and session.life.endpoint.is_legacy:
            # It says no to a password that is right and needs a one-time password too.
            reason = "The server does not say which. Enter a code if the account has one-time passwords."
            self._show(Failure(f"Wrong user, password{' or code' if code else ''}", reason), done=done)
            self.form.ask_code(perhaps=True)
            return
        if code:
            self._show(Failure("Wrong code", "Enter a new one; the password stays in its field."), done=done)
            self.form.ask_code()
            return
        failure = explain_connecting(error, address=session.host)
        if session.target.kind != "password":
            failure = Failure(f"Wrong user or {session.target.kind.removeprefix('api ')}", error.error)
        self._show(failure, done=done)
        self.form.focus_on("password")

    def _show(self, failure: Failure | None = None, *, done: Sequence[str] = (), note: str = "") -> None:
        lines = steps(done)
        if failure is not None:
            reason = "  ".join(safe(part) for part in (failure.reason, failure.hint) if part)
            lines.append(Content.assemble((safe(failure.title), "$text-error bold"), "  ", Content(reason)))
        elif note:
            lines.append(plain(note, "$text-warning"))
        elif self.query_one(Card).has_class("-busy"):
            lines.append(Content.styled("connecting ..." if not done else "...", STYLES["dim"]))
        self.query_one("#progress", Static).update(Content("\n").join(lines))
        self.query_one(Card).set_class(bool(lines), "-tells")
        if failure is not None:
            # On a small screen the card may have to be scrolled; the news is at its end.
            self.call_after_refresh(self.query_one(Card).scroll_end, animate=False)

    def cancel(self) -> bool:
        """Stops connecting; True when an attempt was running."""
        if not self.query_one(Card).has_class("-busy"):
            return False
        self.workers.cancel_group(self, "connect")
        self._show(Failure("Cancelled", "The connection was not made."))
        return True

    def action_connect_open(self) -> None:
        """Connects with the typed values, wherever the focus is."""
        self._submit()

    def action_connect_demo(self) -> None:
        """Opens a simulated TrueNAS, with five things to try in it."""
        self.cancel()
        self.post_message(self.DemoWanted())

    def action_connect_back(self) -> None:
        if not self.cancel():
            self.post_message(self.Left())
