"""The connect card: where to, as whom, and how far it got.

Every failure is told in the card, at the step where it stopped, and nothing that
was typed is lost. A one-time password is one more field of the same card. The
card makes a signed-in `Session` and hands it up; it never opens the workspace.
"""

from __future__ import annotations

import os
from dataclasses import replace

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, Static

from truenas_client import exc
from truenas_client.endpoint import LOCAL_SOCKET, parse
from truenas_client.trust import TLS
from tui import actions
from tui.failure import Failure, explain_connecting
from tui.opening import Opening
from tui.session import Session
from tui.target import Target
from tui.text import plain, safe
from tui.widgets.choice import Choice
from tui.widgets.key_line import KeyLine

__all__ = ["ConnectScreen"]

PASSWORD = "password"
API_KEY = "api key"
THIS_MACHINE = "this machine"


class Card(Vertical):
    """The bordered form in the middle of the screen."""


class Field(Input):
    """A line to type into; enter connects."""

    BINDINGS = [Binding("enter", "submit", "Connect", show=False, id="connect.open")]


class Row(Horizontal):
    """A label and what belongs to it."""

    def __init__(self, label: str, *fields: Widget, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(Static(label, classes="label"), *fields, id=id, classes=classes)


class ConnectScreen(Screen[None]):
    """The first screen without an open connection."""

    BINDINGS = actions.bindings("connect")
    AUTO_FOCUS = None

    class Connected(Message):
        """A session is signed in and ready."""

        def __init__(self, session: Session) -> None:
            super().__init__()
            self.session = session

    class Left(Message):
        """Escape with nothing going on: back to what was open before, if anything."""

    def __init__(self, opening: Opening | None = None) -> None:
        """``opening`` is what the card is filled with; what it has no field for goes along unchanged."""
        super().__init__()
        self._given = opening.target if opening is not None else Target.of("")
        self._local = not self._given.address and os.path.exists(LOCAL_SOCKET)

    def compose(self) -> ComposeResult:
        with Card(id="card"):
            yield Static("A TrueNAS to explore: its address, and who you are there.", id="sentence")
            given = self._given
            yield Row("Address", Field(given.address or "", id="address", compact=True, placeholder="nas.example"))
            kinds = (PASSWORD, API_KEY, THIS_MACHINE)
            kind = THIS_MACHINE if self._local else API_KEY if given.kind == API_KEY else PASSWORD
            yield Row("Sign in", Choice(kinds, chosen=kinds.index(kind), id="kind"))
            yield Row("User", Field(given.user, id="user", compact=True, placeholder="admin"), classes="of-password")
            yield Row(
                "Password",
                Field(given.secret.reveal() if given.secret else "", id="password", compact=True, password=True),
                Static("F2 shows it", id="shows"),
                id="secret-row",
                classes="of-password",
            )
            yield Row("Code", Field(id="code", compact=True, placeholder="one-time password"), id="code-row")
            yield Row(
                "Certificate", Choice(("check it", "do not check"), chosen=int(not given.tls.verify), id="certificate")
            )
            yield Row("Open", Choice(("read-only", "allow writes"), chosen=int(given.writable), id="lock"))
            yield Static("", id="readable")
            yield Static("", id="progress")
        yield KeyLine()

    def on_mount(self) -> None:
        card = self.query_one(Card)
        card.border_title = "Connect"
        given = self._given
        first = "kind" if self._local else "address" if not given.address else "password" if given.user else "user"
        self.query_one(f"#{first}").focus()
        self._redraw()

    # What is typed -----------------------------------------------------------------

    def _value(self, field: str) -> str:
        return self.query_one(f"#{field}", Input).value

    def _choice(self, field: str) -> str:
        return self.query_one(f"#{field}", Choice).value

    def _target(self) -> Target:
        address: str | None = self._value("address").strip()
        if self._choice("kind") == THIS_MACHINE and not (address or "").startswith(("ws+unix://", "unix://")):
            address = None
        local = address is None or address.startswith(("ws+unix://", "unix://"))
        return Target.of(
            address,
            "" if local else self._value("user").strip(),
            "" if local else self._value("password"),
            by_key=self._choice("kind") == API_KEY,
            plain=self._given.said_plain,
            channel_binding=self._given.profile.channel_binding,
            tls=(self._given.tls if self._given.tls.verify else TLS())
            if self._choice("certificate") == "check it"
            else TLS.insecure(),
            writable=self._choice("lock") == "allow writes",
        )

    @on(Input.Changed)
    @on(Choice.Changed)
    def _redraw(self) -> None:
        card = self.query_one(Card)
        local = self._choice("kind") == THIS_MACHINE
        card.set_class(local, "-local")
        card.border_subtitle = ""
        typed = self._value("address").strip()
        try:
            endpoint = parse(None if local and not typed.startswith(("ws+unix", "unix")) else typed or "nas.example")
        except exc.InvalidEndpoint:
            return
        card.border_subtitle = plain(endpoint.text if typed or local else "")
        by_key = self._choice("kind") == API_KEY
        self.query_one("#secret-row .label", Static).update("API key" if by_key else "Password")
        self.query_one("#password", Input).placeholder = "the key, or the path of its file" if by_key else ""
        card.set_class(not (endpoint.is_tls or endpoint.is_local), "-readable")
        self.query_one("#readable", Static).update(
            "Not encrypted: the key is not sent, and nothing proves the server."
            if by_key
            else "Not encrypted: the password can be read on the way."
        )

    def action_secret_show(self) -> None:
        """Shows or hides the secret."""
        field = self.query_one("#password", Input)
        field.password = not field.password
        self.query_one("#shows", Static).update("F2 shows it" if field.password else "F2 hides it")

    # Connecting --------------------------------------------------------------------

    @on(Input.Submitted)
    @on(Choice.Submitted)
    def _submit(self) -> None:
        target = self._target()
        missing = self._missing(target)
        if missing:
            field, failure = missing
            self._show([], failure)
            self.query_one(f"#{field}").focus()
            return
        self._connect(target, self._value("code").strip() or None)

    def _missing(self, target: Target) -> tuple[str, Failure] | None:
        if target.address is None and target.kind != THIS_MACHINE:
            return "address", Failure("No address yet", "Which TrueNAS? A name, an IP address or a URL.")
        if target.kind != THIS_MACHINE and not target.user:
            return "user", Failure("No user yet", "As whom do you want to sign in?")
        try:
            parse(target.address)
        except exc.InvalidEndpoint as error:
            return "address", explain_connecting(error, address="")
        if not target.kept:
            return "password", Failure("Nothing to sign in with yet", f"The {target.kind} is missing.")
        if self.query_one(Card).has_class("-code") and not self._value("code").strip():
            return "code", Failure("No code yet", "The server wants a one-time password.")
        return None

    @work(exclusive=True, group="connect", exit_on_error=False)
    async def _connect(self, target: Target, code: str | None) -> None:
        session = Session(target)
        done: list[str] = []

        def step(text: str) -> None:
            done.append(text)
            self._show(done)

        card = self.query_one(Card)
        card.add_class("-busy")
        self._show(done)
        try:
            await session.open(step, code)
        except exc.OTPRequired:
            card.add_class("-code")
            wrong = Failure("Wrong code" if code else "One-time password", "The password is kept." if code else "")
            self._show(done, wrong if code else None, note="" if code else "The server wants a one-time password.")
            self._empty_code()
        except exc.InvalidCredentials as error:
            if code:
                self._show(done, Failure("Wrong code", "Type a new one; the password is kept."))
                self._empty_code()
            else:
                failure = explain_connecting(error, address=session.host)
                self._show(done, replace(failure, title="Wrong user or key") if target.kind == API_KEY else failure)
                self.query_one("#password").focus()
        except Exception as error:  # noqa: BLE001 - the root of connecting: whatever it was, the card says so
            self.log.error(f"connecting: {error!r}")
            self._show(done, explain_connecting(error, address=session.host))
        else:
            card.remove_class("-code")
            self.query_one("#progress", Static).update("")
            self.post_message(self.Connected(session))
        finally:
            card.remove_class("-busy")

    def _empty_code(self) -> None:
        field = self.query_one("#code", Input)
        field.value = ""
        field.focus()

    def _show(self, done: list[str], failure: Failure | None = None, *, note: str = "") -> None:
        lines = [Content.assemble(("done  ", "$text-success"), plain(text)) for text in done]
        if failure is not None:
            reason = "  ".join(safe(part) for part in (failure.reason, failure.hint) if part)
            lines.append(Content.assemble((safe(failure.title), "$text-error bold"), "  ", Content(reason)))
        elif note:
            lines.append(Content.styled(note, "$text-warning"))
        elif self.query_one(Card).has_class("-busy"):
            lines.append(Content.styled("connecting ..." if not done else "...", "$text-muted"))
        self.query_one("#progress", Static).update(Content("\n").join(lines))

    def show_failure(self, failure: Failure) -> None:
        """Shows why a connection made elsewhere did not come about."""
        self._show([], failure)

    def cancel(self) -> bool:
        """Stops connecting; True when there was something to stop."""
        if not self.query_one(Card).has_class("-busy"):
            return False
        self.workers.cancel_group(self, "connect")
        self._show([], Failure("Cancelled", "Nothing is connected."))
        return True

    def action_connect_open(self) -> None:
        """Connects with what is typed, wherever the focus is."""
        self._submit()

    def action_connect_back(self) -> None:
        if not self.cancel():
            self.post_message(self.Left())
