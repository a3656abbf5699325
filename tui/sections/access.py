"""Sessions and keys: the sessions on the server, API keys, tokens, and the state of two-factor sign-in.

All that changes something goes through the review of writes. A new key or token is shown once, on a card, and masked
wherever the server says it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.getters import query_one
from textual.widgets import Static

from truenas_client.values.human import human_time
from tui import actions
from tui.model import access as model
from tui.model.access import Key, Login
from tui.model.failure import Failure
from tui.sections.polling import Polling
from tui.sections.splits import Split
from tui.session.access import SOURCES
from tui.session.readings import Reading, Readings
from tui.session.session import Session
from tui.session.stores import Call
from tui.text import plain
from tui.widgets.pane import Pane
from tui.widgets.rows import Cell, Column, Row, Rows

__all__ = ["AccessSection"]

SESSION_COLUMNS = (
    Column("user", least=6, most=20),
    Column("signed in by", least=8, most=30),
    Column("from", least=10, flex=True),
    Column("since", cells=17, hide_below=70),
    Column("", least=8, most=16, style="dim"),
)
KEY_COLUMNS = (
    Column("id", least=3, align="right"),
    Column("name", least=8, flex=True),
    Column("user", least=6, most=20),
    Column("created", cells=10, hide_below=70),
    Column("state", least=12, most=32),
)


class AccessSection(Polling):
    """Two lists; what an action is about is the row under the cursor of the one with the focus."""

    BINDINGS = actions.bindings("access")
    SPLITS = (Split("keys", "#keys-pane", "top"),)

    sessions = query_one("#session-rows", Rows)
    """The list of sessions."""
    keys = query_one("#key-rows", Rows)
    """The list of API keys."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(session, Readings(session, SOURCES), id=id)
        self._drawn = -1

    def compose(self) -> ComposeResult:
        yield Static("", id="two-factor")
        with Pane("Sessions", id="sessions-pane"):
            yield Rows(SESSION_COLUMNS, header=True, empty="reading sessions ...", id="session-rows")
        with Pane("API keys", id="keys-pane"):
            yield Rows(KEY_COLUMNS, header=True, empty="reading API keys ...", id="key-rows")

    def enter(self) -> None:
        self.sessions.focus()

    # Drawing -----------------------------------------------------------------------

    def pull(self) -> None:
        readings = self._readings
        if readings.version == self._drawn:
            return
        self._drawn = readings.version
        now = datetime.now(UTC)
        for name, rows, make in (
            ("sessions", self.sessions, _session_row),
            ("keys", self.keys, lambda key: _key_row(key, now)),
        ):
            reading, pane = readings[name], self.query_one(f"#{name}-pane", Pane)
            values = reading.value or []
            if reading.known or reading.failure is not None:
                rows.empty = _why_none(reading, "No API keys." if name == "keys" else "No sessions.")
            rows.set_rows([make(value) for value in values])
            pane.facts = f"{len(values)}" if reading.known else ""
            pane.state = "error" if reading.failure is not None and not reading.known else ""
        self.query_one("#two-factor", Static).update(plain(self._summary()))
        self.refresh_bindings()  # some only mean something on a row

    def _summary(self) -> str:
        config, me = self._readings["config"], self._readings["me"]
        if not (config.known or me.known):
            return f"Two-factor sign-in: {' '.join(_why_none(config, '').split())}" if config.failure else ""
        return f"Two-factor sign-in: {model.two_factor(config.value, me.value)}"

    # Under the cursor ---------------------------------------------------------------

    @property
    def _login(self) -> Login | None:
        key = self.sessions.key
        return next((one for one in self._readings["sessions"].value or [] if one.id == key), None)

    @property
    def _key(self) -> Key | None:
        key = self.keys.key
        return next((one for one in self._readings["keys"].value or [] if str(one.id) == key), None)

    @on(Rows.Chosen)
    def _chosen(self, event: Rows.Chosen) -> None:
        """Leads to the method behind a row."""
        event.stop()
        sessions = event.rows is self.sessions
        ident: Any = event.key if sessions else int(event.key)
        self.post_message(self.CallWanted("auth.sessions" if sessions else "api_key.query", [[["id", "=", ident]]]))

    def footer_words(self) -> Mapping[str, str]:
        return {"access.end": "delete key" if self.keys.has_focus else "end session"}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "key_update":
                return self.is_mounted and self.keys.has_focus and self._key is not None
            case "access_end":
                rows = self.keys if self.is_mounted and self.keys.has_focus else self.sessions
                return self.is_mounted and rows.key is not None
        return True

    # Sessions ------------------------------------------------------------------------

    def action_access_refresh(self) -> None:
        self._readings.refresh()

    def action_access_end(self) -> None:
        if self.keys.has_focus:
            if (key := self._key) is not None:
                self.change("keys", "api_key.delete", [key.id], self._about(key))
            return
        login = self._login
        if login is not None:
            notes = [f"{login.user or 'unknown user'}, signed in by {login.way}, from {login.origin}"]
            if login.current:
                notes.append("This is the session of this app: ending it signs you out.")
            self.change("sessions", "auth.terminate_session", [login.id], notes)

    def action_access_end_others(self) -> None:
        others = [one for one in self._readings["sessions"].value or [] if not (one.current or one.internal)]
        if not others:
            self.notify("No other session is known.", timeout=3)
            return
        users = ", ".join(sorted({one.user for one in others if one.user})) or "unknown users"
        count = f"{len(others)} other session{'' if len(others) == 1 else 's'}"
        self.change("sessions", "auth.terminate_other_sessions", [], [f"{count}, of {users}"])

    def _about(self, key: Key) -> list[str]:
        """The key that a change is about, in words."""
        logins: list[Login] = self._readings["sessions"].value or []
        using = [one for one in logins if one.key == key.id]
        notes = [f"API key {key.name}{f' of {key.user}' if key.user else ''}"]
        if any(one.current for one in using):
            notes.append("This app is signed in with it.")
        elif using:
            notes.append(f"{len(using)} session{'' if len(using) == 1 else 's'} signed in with it.")
        return notes

    # Keys and tokens -------------------------------------------------------------------

    @work(exclusive=True, group="send")
    async def action_key_create(self) -> None:
        """Asks for what the key needs, makes it, and shows it once."""
        from tui.cards.form import Entry, FormScreen

        if not self.may_write("api_key.create"):
            return
        method = self._session.method("api_key.create")
        user = self._session.target.user or str((self._readings["me"].value or {}).get("pw_name") or "")
        entries = [Entry("name", "Name"), Entry("user", "User", user), Entry("end", "Expires", words=tuple(model.ENDS))]
        text = "The key signs in as this user, without a password. Name it after the program that uses it."
        values = await FormScreen("New API key", text, entries, yes="review").ask(self)
        if values is None:
            return
        params = model.new_key(method, values["name"], values["user"], values["end"], datetime.now(UTC))
        call = await self.send("keys", "api_key.create", params)
        if call is not None:
            await self._show_key(call, values["name"], values["user"])

    @work(exclusive=True, group="send")
    async def action_key_update(self) -> None:
        """Asks what is to change, and shows the new key where there is one."""
        from tui.cards.form import Entry, FormScreen

        if (key := self._key) is None or not self.may_write("api_key.update"):
            return
        entries = [
            Entry("name", "Name", key.name),
            Entry("end", "Expires", words=("as it is", *model.ENDS)),
            Entry("reset", "Key", words=("keep it", "replace it")),
        ]
        text = f"API key {key.id}. A new key in its place shuts out the programs that have the old one."
        values = await FormScreen("Change an API key", text, entries, yes="review").ask(self)
        if values is None:
            return
        end, replace = values["end"] if values["end"] in model.ENDS else "", values["reset"] == "replace it"
        params = model.changed_key(key, values["name"], end, datetime.now(UTC), replace=replace)
        if not params[1]:
            self.notify("Nothing was to change.", timeout=3)
            return
        call = await self.send("keys", "api_key.update", params, self._about(key))
        if call is not None and replace:
            await self._show_key(call, values["name"], key.user)

    async def _show_key(self, call: Call, name: str, user: str) -> None:
        from tui.cards.new_secret import NewSecret, SecretScreen

        secret = self._session.caller.take_secret(call, "key")
        if secret is None:
            self.notify("The server made the key, but its answer does not hold it.", severity="warning", timeout=8)
            return
        address = self._session.target.address
        use = f"Sign in: truenas-tui {address or 'ADDRESS'} -U {user or 'USER'} -K FILE"
        entry = model.key_file_name(self._session.host, name)
        about = "The server keeps no copy of the key."
        await SecretScreen(NewSecret("API key", f"API key {name}", secret, about, entry, use)).ask(self)
        self.show_item(str(call.value.get("id")))

    @work(exclusive=True, group="send")
    async def action_token_create(self) -> None:
        """Asks how long a token lives, makes it, and shows it once."""
        from tui.cards.form import Entry, FormScreen
        from tui.cards.new_secret import NewSecret, SecretScreen

        if not self.may_write("auth.generate_token"):
            return
        entries = [
            Entry("ttl", "Ends", words=tuple(model.TTLS)),
            Entry("where", "Use from", words=("this address", "anywhere")),
            Entry("once", "Uses", words=("many", "one")),
        ]
        text = "A token signs in as you, as long as it is used before it ends."
        values = await FormScreen("New token", text, entries, yes="review").ask(self)
        if values is None:
            return
        anywhere, once = values["where"] == "anywhere", values["once"] == "one"
        method = self._session.method("auth.generate_token")
        params = model.token_arguments(method, values["ttl"], anywhere=anywhere, once=once)
        call = await self.send("sessions", "auth.generate_token", params)
        if call is not None and (secret := self._session.caller.take_secret(call)) is not None:
            about = f"It ends after {values['ttl']} without use. The connect card takes it: Sign in, token."
            await SecretScreen(NewSecret("token", "Token", secret, about)).ask(self)


def _why_none(reading: Reading, otherwise: str) -> str:
    failure: Failure | None = reading.failure
    if failure is None or reading.known:
        return otherwise
    hint = actions.worded(failure.hint, typing=False)
    return "\n".join(part for part in (failure.title, failure.reason, hint) if part)


def _session_row(one: Login) -> Row:
    mark = "this app" if one.current else "internal" if one.internal else "" if one.secure else "not encrypted"
    style = "accent" if one.current else "warning" if not one.secure and not one.internal else ""
    since = human_time(one.since.replace(second=0, microsecond=0)) if one.since is not None else ""
    cells = (one.user, one.way, one.origin, since, Cell(mark, style or "dim"))
    return Row(one.id, cells, style="dim" if one.internal else "")


def _key_row(key: Key, now: datetime) -> Row:
    state, style = key.state(now)
    created = human_time(key.created)[:10] if key.created is not None else ""
    return Row(str(key.id), (str(key.id), key.name, key.user, created, Cell(state, style)))
