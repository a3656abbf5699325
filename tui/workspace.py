"""The workspace of one connection: status line, one section at a time, the watch line and the footer.

It owns the session's place on screen and knows nothing of its sections' insides, but
that Explore opens methods: which there are is read from `section_specs`, and what they
need a card for they ask themselves. Every action of the registry can be triggered from here by its id
(`perform`), which is what the palette does.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from textual import on, work
from textual.app import ComposeResult
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.message import Message
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from truenas_client import exc
from tui import actions
from tui.cards.job_news import tell_job_news
from tui.cards.jump import jump
from tui.cards.toast import tell_failure
from tui.cards.trust import ask_trust
from tui.model.failure import explain_connecting
from tui.remapped import RemappedKeys
from tui.section_specs import HOME, SECTIONS, section_of
from tui.sections.section import Run, Section
from tui.session.session import Session, State
from tui.text import safe
from tui.widgets.key_line import KeyLine, is_typing
from tui.widgets.method_list import Typed
from tui.widgets.offer_line import OfferLine
from tui.widgets.pane import Pane
from tui.widgets.pulse import on_pulse
from tui.widgets.session_status import status_of
from tui.widgets.status_line import Status, StatusLine
from tui.widgets.tour_card import TourCard
from tui.widgets.watch_line import WatchLine

if TYPE_CHECKING:
    from truenas_client.storage.saved_call import Variable
    from tui.sections.explore import Explore
    from tui.session.keeping import Offer

__all__ = ["Workspace"]


class Workspace(RemappedKeys, Screen[None]):
    """One screen per session; a Textual mode keeps it while another is shown."""

    CSS_PATH = ["styles/later.tcss", "styles/workspace.tcss"]
    BINDINGS = actions.bindings("workspace")
    AUTO_FOCUS = None
    # The widgets that lose and gain the focus draw themselves; Textual's own would draw the whole screen as well.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    class ConnectWanted(Message):
        """The connect card is wanted."""

    @dataclass
    class ConnectionWanted(Message):
        """Another open connection is to be shown."""

        session: Session

    class CloseWanted(Message):
        """The app is to end, once the user has confirmed it."""

    offered: Reactive[Offer | None] = Reactive(None, repaint=False, bindings=True)
    """How this connection can be kept; a line of its own offers it until the user accepts."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._told = State.CONNECTING
        self._lost = False

    def compose(self) -> ComposeResult:
        yield StatusLine(self._status(), id="status")
        with ContentSwitcher(initial=HOME.id, id="sections"):
            yield HOME.make(self.session)
        if self.session.tour is not None:
            yield TourCard(self.session, self.session.tour)
        yield OfferLine("session.keep", id="offer")
        yield WatchLine(self.session, id="watch")
        yield KeyLine()

    def on_mount(self) -> None:
        self.session.life.ask_code = self._ask_code
        on_pulse(self, self._renew)
        self.section.enter()
        if (name := self.session.memory.section) != HOME.id and section_of(name) is not None:
            self.call_later(self.show, name)

    def take_over(self, typed: Typed) -> None:
        """Goes on where the user was while this was being loaded."""
        self._explore.take_over(typed)

    # The status line ---------------------------------------------------------------

    def _renew(self) -> None:
        if self.session.jobs.news:
            tell_job_news(self, self.session, self.section.shows_job)
        line = self.query_one(StatusLine)
        before, line.status = line.status, self._status()  # which draws it where it is another
        if len(line.status.others) != len(before.others):
            self.refresh_bindings()
        state, told = self.session.state, self._told
        self._told = state
        if state is told:
            return
        self.refresh_bindings()
        if state in (State.WAITING, State.OFFLINE) and self.session.life.failure is not None:
            if not self._lost or state is State.OFFLINE:
                tell_failure(self, self.session.life.failure, "warning", seconds=4)
            self._lost = True
        elif state is State.ONLINE and self._lost:
            self._lost = False
            # The notice about the loss no longer applies.
            self.app.clear_notifications()
            self.notify("Connected again.", timeout=2)

    def _status(self) -> Status:
        return status_of(self.session, lost=self._lost, reconnect=self._reach("session.reconnect"))

    # Sections ----------------------------------------------------------------------

    @property
    def section(self) -> Section:
        """The section that is shown."""
        shown = self.query_one("#sections", ContentSwitcher).visible_content
        assert isinstance(shown, Section)
        return shown

    @property
    def _explore(self) -> Explore:
        """The section that opens methods; it is there from the beginning."""
        return cast("Explore", self.query_one(f"#{HOME.id}"))

    async def show(self, name: str) -> Section:
        """Shows a section, making it when it is wanted for the first time."""
        self.minimize()
        self.session.memory.section = name
        switcher = self.query_one("#sections", ContentSwitcher)
        if switcher.current == name:
            return self.section
        self.section.leave()
        try:
            section = switcher.get_child_by_id(name, Section)
        except NoMatches:
            spec = next(spec for spec in SECTIONS if spec.id == name)
            await switcher.add_content(spec.make(self.session), set_current=True)
            switcher.current = name
            self.section.enter()
        else:
            switcher.current = name
            section.return_to()
        self.refresh_bindings()
        return self.section

    async def action_show_section(self, name: str) -> None:
        await self.show(name)

    @on(WatchLine.Opened)
    async def _watch_line(self, event: WatchLine.Opened) -> None:
        await self.show(event.section)

    @on(StatusLine.Pressed)
    async def _status_word(self, event: StatusLine.Pressed) -> None:
        if section_of(event.word) is not None:
            await self.show(event.word)
        elif event.word == "lock":
            self.action_session_lock()
        elif event.word == "note":
            self.action_session_reconnect()
        elif event.word == "server":
            self.post_message(self.ConnectWanted())
        elif event.word == "slots":
            await self.show("wire")
        elif event.word.startswith("tab:"):
            others = self.session.others()
            if (at := int(event.word[4:])) < len(others):
                self.post_message(self.ConnectionWanted(others[at]))

    async def perform(self, action_id: str) -> None:
        """Runs an action wherever its place is, as its key would there."""
        action = actions.by_id(action_id)
        node: DOMNode | None = self.app if action.where == "app" else self
        if (spec := section_of(action.where)) is not None:
            node = (await self.show(spec.id)).place(action.where)
        if node is not None:
            await self.app.run_action(action.name, node)

    async def open_method(self, name: str) -> None:
        """Shows a method as it was left."""
        await self.open_call(name, None)

    @on(Section.CallWanted)
    async def _call_wanted(self, event: Section.CallWanted) -> None:
        await self.open_call(event.method, event.params, run=event.run, variables=event.variables)

    async def open_call(
        self, method: str, arguments: str | list[Any] | None, *, run: Run = "reads", variables: Sequence[Variable] = ()
    ) -> None:
        """Shows a method with these arguments, and runs it as far as `Calling.open_call` says."""
        await self.show(HOME.id)
        self._explore.open_call(method, arguments, run=run, variables=variables)

    @on(Section.ItemWanted)
    async def _item_wanted(self, event: Section.ItemWanted) -> None:
        (await self.show(event.section)).show_item(event.key)

    def _reach(self, action_id: str) -> str:
        """The key that works for it where the focus is now."""
        return actions.reach(action_id, typing=is_typing(self))

    # Panes -------------------------------------------------------------------------

    def action_pane_zoom(self) -> None:
        """The pane with the focus fills the screen; again restores it."""
        if self.maximized is not None:
            self.minimize()
        elif (pane := self._pane) is not None:
            self.maximize(pane, container=False)

    @property
    def _pane(self) -> Pane | None:
        """The pane with the focus."""
        nodes = self.focused.ancestors_with_self if self.focused is not None else []
        return next((node for node in nodes if isinstance(node, Pane)), None)

    def action_pane_grow(self) -> None:
        self.section.resize_pane(2)

    def action_pane_shrink(self) -> None:
        self.section.resize_pane(-2)

    async def action_app_back(self) -> None:
        """Leaves the text field, the zoom, the open part, or the tour, in that order."""
        if self.section.back():
            return
        if self.maximized is not None:
            self.minimize()
        elif self.session.tour is not None:
            self.session.tour = None
            await self.query_one(TourCard).remove()
        else:
            self.notify(f"Nothing is open here; {actions.key('app.close')} quits.", timeout=2)

    def action_app_jump(self) -> None:
        """Letters over everything that can have the focus."""
        jump(self, self.show)

    # Other programs ----------------------------------------------------------------

    def action_text_editor(self) -> None:
        """Edits what is written where the cursor is; what can only be read is shown."""
        if not self.section.edit():
            self._show_in(editor=True)

    def action_text_pager(self) -> None:
        """Shows what the cursor is in by the user's pager."""
        self._show_in(editor=False)

    @work(exclusive=True, group="lent")
    async def _show_in(self, *, editor: bool) -> None:
        # Imported when it is wanted: many never do.
        from tui.lent_terminal import show_or_tell

        await show_or_tell(self, self.section.readable(), editor=editor)

    # Session -----------------------------------------------------------------------

    def watch_offered(self) -> None:
        for line in self.query(OfferLine):  # gone when the app closes while a keyring is asked
            line.offer("keeps this connection as a profile" if self.offered is not None else "")

    @on(OfferLine.Accepted)
    @work(exclusive=True, group="keep")
    async def action_session_keep(self) -> None:
        """Asks under which name, and where the secret is to lie."""
        if self.offered is None:
            return
        from tui.cards.keep import KeepScreen

        profile = await KeepScreen(self.session.target, self.offered).ask(self)
        self.offered = None
        if profile is not None:
            self.session.target = replace(self.session.target, profile=profile)
            self.notify(safe(f"Kept as {profile.name}: truenas-tui --profile {profile.name}"))

    def action_session_lock(self) -> None:
        """Allows writes, or forbids them again."""
        allowed = not self.session.caller.writable
        self.session.caller.allow_writes(allowed)
        key = self._reach("session.lock")
        self.notify(f"Writes are allowed until you press {key} again." if allowed else "Read-only again.", timeout=3)

    def action_go_connections(self) -> None:
        self.post_message(self.ConnectWanted())

    @work(exclusive=True, group="reconnect")
    async def action_session_reconnect(self) -> None:
        """Connects and signs in again with the values typed before, without waiting for the next attempt."""
        if self.session.online:
            return
        self._lost = True
        try:
            await self._reconnect()
        except exc.OTPRequired:
            return  # the user was asked, and gave up; the status line says what to do
        except (exc.InvalidCredentials, exc.CredentialsExpired, exc.SecretUnavailable) as error:
            # The same secret is never sent again by itself: another one is asked for, here.
            from tui.cards.sign_in import ask_for_secret

            failure = explain_connecting(error, address=self.session.host)
            secret = await ask_for_secret(self, self.session.target, self.session.host, failure)
            if secret is not None:
                self.session.target = replace(self.session.target, secret=secret)
                self.action_session_reconnect()
        except (exc.ClientException, OSError) as error:
            tell_failure(self, explain_connecting(error, address=self.session.host), "error")

    async def _reconnect(self) -> None:
        try:
            await self.session.reconnect()
        except ssl.SSLCertVerificationError as error:
            tls = await ask_trust(self, self.session, error)
            if tls is None:
                raise
            self.session.target = self.session.target.trusting(tls)
            await self.session.reconnect()

    async def _ask_code(self, again: bool) -> str | None:
        from tui.cards.otp import ask_code

        return await ask_code(self, user=self.session.target.user, host=self.session.host, again=again)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "session_reconnect":
                return not self.session.online
            case "session_keep":
                return self.offered is not None
            case "show_section":
                return parameters != (self.section.id,) or self.maximized is not None
            case "pane_zoom":
                return self.maximized is not None or self._pane is not None
            case "pane_grow" | "pane_shrink":
                return self.section.resizes
        return True

    def cancel(self) -> bool:
        """Cancels the call in flight; True when there was one."""
        return self.section.cancel()

    async def action_app_close(self) -> None:
        """Closes the open part; at the top, asks whether to quit."""
        if self.maximized is not None:
            self.minimize()
        elif self.section.back():
            pass
        elif self.section.id != HOME.id:
            await self.show(HOME.id)
        else:
            self.post_message(self.CloseWanted())
