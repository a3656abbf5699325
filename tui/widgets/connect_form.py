"""`ConnectForm`: the fields of the connect card. It is filled from a `Target` and makes one from its fields.

Invariants: what a profile grants (its secret, taking certain or any certificates) is for
its own addresses: an address typed instead gets none of it. The same holds for what was
typed: the secret, the one-time code, and the choices of certificate, of sending the key
and of writes belong to the address they were made for, and another address drops them.
The form holds what the user typed, and no secret that is stored elsewhere.
"""

from __future__ import annotations

from dataclasses import replace

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from truenas_client.endpoint import Endpoint, parse
from truenas_client.exc import InvalidEndpoint
from truenas_client.secrets.value import Ask, Secret
from truenas_client.trust import TLS
from tui import actions, guest
from tui.session.target import SECRETS, Kind, Target, is_socket
from tui.text import plain, safe
from tui.widgets.choice import Choice
from tui.widgets.form_row import Field, FormRow

__all__ = ["ConnectForm"]

KINDS: tuple[Kind, ...] = ("password", "api key", "token", "local socket")
CHECK, PINNED, ANY = "check it", "only the trusted one", "do not check"
PROVE, SEND = "no (SCRAM proof)", "yes (before 26)"
WRITES = "allow writes"


class ConnectField(Field):
    """A line to type into; enter connects."""

    BINDINGS = actions.bind(("connect.open", "submit"))


class ConnectForm(Vertical):
    """The rows from address to lock. ``blank`` is what an address gets that belongs to no profile."""

    def __init__(self, target: Target, blank: Target, *, local: bool = False) -> None:
        super().__init__(id="form")
        self._base, self._blank = target, blank
        self._local = local
        # The address that what was entrusted belongs to ("": not yet known), and what that was.
        self._owner = ""
        self._entrusted: tuple[object, ...] = ()
        self._dropped = ""
        self.code_needed = True
        """Whether the server has asked for the one-time password that the form shows a field for."""

    def compose(self) -> ComposeResult:
        yield FormRow("Address", ConnectField(id="address", compact=True, placeholder="nas.example"))
        # The last one is of this machine.
        yield FormRow("Sign in", Choice(KINDS[:-1] if guest.is_guest() else KINDS, id="kind"))
        yield FormRow("User", ConnectField(id="user", compact=True, placeholder="admin"), id="user-row")
        yield FormRow(
            "Password",
            ConnectField(id="password", compact=True, password=True),
            Static(_shows("shows"), id="shows"),
            id="secret-row",
        )
        yield FormRow("Code", ConnectField(id="code", compact=True, placeholder="one-time password"), id="code-row")
        yield FormRow("Send key", Choice((PROVE, SEND), id="way"), id="way-row")
        yield FormRow("Certificate", Choice((CHECK, PINNED, ANY), id="certificate"), id="certificate-row")
        yield FormRow("Open", Choice(("read-only", WRITES), id="lock"))
        yield Static("", id="note")

    def on_mount(self) -> None:
        self.fill(self._base, local=self._local)

    # Filling -----------------------------------------------------------------------

    def fill(self, target: Target, *, local: bool = False) -> None:
        """Shows a target in place of the former; ``local`` prefers this machine's socket."""
        self._base = target
        profile = target.profile
        self._field("address").value = profile.address or ""
        self._field("user").value = profile.username
        kind = self._choice("kind")
        kind.chosen = min(KINDS.index("local socket" if local else target.kind), len(kind.words) - 1)
        self._entrust(target)
        self._dropped = ""
        self.redraw()

    def _entrust(self, target: Target) -> None:
        """Shows what a target grants to its address, for the address in the form now."""
        plainly = target.profile.mechanism == "api-key-plain"
        self._field("password").value = target.secret.reveal() if target.secret else ""
        self._field("code").value = ""
        self._choice("way").chosen = int(plainly)
        self._choice("lock").chosen = int(target.writable)
        self.set_class(False, "-code")
        self.set_class(plainly, "-older")
        self._show_trust(target.profile.tls)
        self.hold()

    def hold(self) -> None:
        """From now on the fields belong to the address in the form, such as once they were sent there."""
        self._owner, self._entrusted = self._place, self._grants

    @property
    def _place(self) -> str:
        """The address in full, or as it was typed while it makes no sense."""
        address = self.value("address")
        endpoint = _endpoint(address)
        return address if endpoint is None else endpoint.text

    @property
    def _grants(self) -> tuple[object, ...]:
        choices = (self._choice(name).chosen for name in ("way", "certificate", "lock"))
        return self.value("password"), self.value("code"), *choices

    @property
    def _elsewhere(self) -> bool:
        """Whether what was entrusted belongs to another server than the one in the form."""
        owner, place = self._owner, self._place
        return owner not in ("", place) and not (self._own(owner) and self._own(place))

    def _own(self, address: str) -> bool:
        """Whether an address is one of what the form is filled with: all of them lead to one server."""
        base, endpoint = self._base.profile, _endpoint(address)
        leads = endpoint is not None and bool(base.addresses) and base.leads_to(endpoint)
        return address == (base.address or "") or leads

    def _keep_apart(self) -> None:
        """Drops what belongs to another address; what was typed or chosen since belongs to this one."""
        if self._elsewhere:
            if self.value("password"):
                self._dropped = f"The {self.kind} for {safe(self._owner)} was dropped: type the one for this address."
            self._entrust(self._base if self._own(self._place) else self._blank)
        elif self._grants != self._entrusted:
            self.hold()
            self._dropped = ""

    def trust(self, tls: TLS) -> None:
        """Takes the certificate that was just trusted for what the form is filled with."""
        target = self.target()
        secret = self._base.secret if self._own(self.value("address")) else None
        self._base = replace(target, secret=secret).trusting(tls)
        self._show_trust(tls)
        self.hold()
        self.redraw()

    def offer_to_send(self) -> None:
        """The server does not take keys by proof: shows the choice to send the key itself."""
        self.add_class("-older")
        self.focus_on("way")

    def _show_trust(self, tls: TLS) -> None:
        choice = self._choice("certificate")
        choice.words = (CHECK, PINNED, ANY) if tls.pins else (CHECK, ANY)
        choice.chosen = len(choice.words) - 1 if not tls.verify else int(bool(tls.pins))
        choice.refresh()

    # Reading -----------------------------------------------------------------------

    @property
    def kind(self) -> Kind:
        """The chosen way to sign in."""
        return KINDS[self._choice("kind").chosen]

    def value(self, field: str) -> str:
        """The text of a field, without the space around it; a secret unchanged."""
        text = self._field(field).value
        return text if field == "password" else text.strip()

    @property
    def typed_by_hand(self) -> bool:
        """Whether address, user or secret are other than the form was filled with."""
        target, base = self.target(), self._base
        known = (base.address or "", base.user, base.secret.reveal() if base.secret else "")
        return (target.address or "", target.user, self.value("password")) != known

    def target(self) -> Target:
        """The target in the form. The address may be invalid; what is missing is empty.

        What belongs to another address is dropped here too: what is sent must not depend on
        which message came first.
        """
        self._keep_apart()
        base, address, kind = self._base.profile, self.value("address"), self.kind
        local = kind == "local socket" or is_socket(address)
        if local and not is_socket(address):
            address = ""
        own = self._own(address)
        if not own:
            base = self._blank.profile
        user = "" if local else self.value("user")
        mechanism = "none" if local else self._mechanism(kind)
        entrusted = own and user == base.username and mechanism.startswith(base.mechanism)
        typed = "" if local else self.value("password")
        profile = replace(
            base,
            name=base.name if entrusted else "",
            addresses=base.addresses if address == (base.address or "") else (address,) if address else (),
            username=user,
            mechanism=mechanism,
            secret=base.secret if entrusted else Ask(),
            tls=self._trust(base.tls, own=own),
        )
        writable = self._choice("lock").value == WRITES
        return Target(profile, Secret(typed) if typed else None, writable, self._base.said_plain)

    def _mechanism(self, kind: Kind) -> str:
        if kind == "api key":
            return "api-key-plain" if self.has_class("-older") and self._choice("way").value == SEND else "api-key"
        return kind

    def _trust(self, before: TLS, *, own: bool) -> TLS:
        """The choice of certificates. Pins are for the address where they were seen."""
        match self._choice("certificate").value:
            case "do not check":
                return TLS.insecure()
            case "only the trusted one" if own:
                return before
        return TLS(ca_file=before.ca_file)

    # Drawing -----------------------------------------------------------------------

    @on(Input.Changed)
    @on(Choice.Changed)
    def redraw(self) -> None:
        """Adapts labels, rows and the note to the fields."""
        kind, target = self.kind, self.target()
        endpoint = self.endpoint
        self.set_class(target.kind == "local socket" or kind == "local socket", "-local")
        self.set_class(kind == "api key", "-key")
        self.set_class(endpoint is None or not endpoint.is_tls, "-no-tls")
        self.query_one("#secret-row .label", Static).update(SECRETS[kind] or "Password")
        reference = target.profile.secret
        hint = "the key, or the path of a file that holds it" if kind == "api key" else ""
        # Nothing is typed, so there is nothing to show, and where the secret lies may take a few words.
        self.set_class(not isinstance(reference, Ask) and not self.value("password"), "-kept")
        self._field("password").placeholder = hint if isinstance(reference, Ask) else f"from {reference}"
        warning = self._dropped or self._warning(target, endpoint)
        note = plain(warning, "$text-warning") if warning else plain(self._trusted(target, endpoint))
        self.query_one("#note", Static).update(note)

    @property
    def endpoint(self) -> Endpoint | None:
        """Where the address leads; None while it makes no sense."""
        address = self.value("address")
        if self.kind == "local socket" and not is_socket(address):
            return parse(None)
        return _endpoint(address)

    def _warning(self, target: Target, endpoint: Endpoint | None) -> str:
        """The warning about this way to the server."""
        if endpoint is None or self.has_class("-local"):
            return ""
        if endpoint.is_tls:
            warning = "Any certificate is accepted: another machine can intercept the connection and read or change it."
            return "" if target.tls.verify else warning
        if endpoint.is_local:
            return ""
        if self.kind == "api key":
            return "Not encrypted: the key is not sent, and the server is not verified."
        if self.kind == "token" or not target.profile.password_over_ws:
            return f"Not encrypted: the {self.kind} is not sent."
        return "Not encrypted: anyone on the network can read the password."

    def _trusted(self, target: Target, endpoint: Endpoint | None) -> str:
        """Which certificates are taken, where it is not up to the system."""
        if endpoint is None or not endpoint.is_tls:
            return ""
        if target.tls.pins:
            pin = min(target.tls.pins, key=lambda pin: pin.key)
            return f"Only the certificate {pin.digest[:16].upper()}... is accepted."
        return f"Only certificates signed by {target.tls.ca_file} are accepted." if target.tls.ca_file else ""

    def show_secret(self) -> None:
        """Shows the secret, or hides it again."""
        field = self._field("password")
        field.password = not field.password
        self.query_one("#shows", Static).update(_shows("shows" if field.password else "hides"))

    def ask_code(self, *, perhaps: bool = False) -> None:
        """Shows the field for a one-time password, empty and with the focus.

        With ``perhaps`` the server has not asked: it may stay empty, and the password may be what was wrong.
        """
        self.add_class("-code")
        code = self._field("code")
        code.value = ""
        code.placeholder = "only if the account has one-time passwords" if perhaps else "one-time password"
        self.code_needed = not perhaps
        self.focus_on("password" if perhaps else "code")

    def focus_on(self, field: str) -> None:
        """Gives a field the focus, before the next key."""
        self.screen.set_focus(self.query_one(f"#{field}"))

    def _field(self, name: str) -> Input:
        return self.query_one(f"#{name}", Input)

    def _choice(self, name: str) -> Choice:
        return self.query_one(f"#{name}", Choice)


def _endpoint(address: str) -> Endpoint | None:
    """Where a typed address leads; None for none, and while it makes no sense."""
    try:
        return parse(address) if address else None
    except InvalidEndpoint:
        return None


def _shows(word: str) -> Content:
    return plain(f"{actions.key('secret.show')} {word} it")
