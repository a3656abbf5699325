"""The workspace of one connection: status line, one section at a time, the watch line and the footer.

It owns the session's place on screen and nothing of its sections' insides. Every
action of the registry can be triggered from here by its id (`perform`), which is
what the palette does.
"""

from __future__ import annotations

import asyncio
import math
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.dom import DOMNode
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from truenas_client import exc
from tui import actions
from tui.cards.confirm import ConfirmScreen
from tui.cards.copy_menu import CopyMenu
from tui.cards.jump import JumpScreen
from tui.cards.trust import ask_trust
from tui.model.failure import Failure, explain, explain_connecting
from tui.sections.events import EventsSection
from tui.sections.explore import Explore
from tui.sections.jobs import JobsSection
from tui.sections.section import Section
from tui.session.session import Session, State
from tui.session.stores import Call
from tui.text import safe
from tui.widgets.key_line import KeyLine, is_typing
from tui.widgets.method_list import Typed
from tui.widgets.offer_line import OfferLine
from tui.widgets.pane import Pane
from tui.widgets.pulse import on_pulse
from tui.widgets.result_messages import ColumnsWanted
from tui.widgets.status_line import Status, StatusLine
from tui.widgets.watch_line import WatchLine

if TYPE_CHECKING:
    from tui.cards.before_sending import FilePlaces
    from tui.session.keeping import Offer

__all__ = ["Workspace"]


class Workspace(Screen[None]):
    """One screen per session; a Textual mode keeps it while another is shown."""

    CSS_PATH = "styles/workspace.tcss"
    BINDINGS = actions.bindings("workspace")
    AUTO_FOCUS = None

    class ConnectWanted(Message):
        """The connect card is wanted."""

    class CloseWanted(Message):
        """The app is to end, once the user has confirmed it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._makers: dict[str, Callable[[], Section]] = {
            "jobs": lambda: JobsSection(session, id="jobs"),
            "events": lambda: EventsSection(session, id="events"),
        }
        self._told = State.CONNECTING
        self._file_places: FilePlaces | None = None
        self._lost = False
        self._unsubscribe: Callable[[], None] = lambda: None
        self._dirty = True
        self._offered: Offer | None = None

    def compose(self) -> ComposeResult:
        yield StatusLine(self._status(), id="status")
        with ContentSwitcher(initial="explore", id="sections"):
            yield Explore(self.session, id="explore")
        yield OfferLine("session.keep", id="offer")
        yield WatchLine(self.session, id="watch")
        yield KeyLine()

    def on_mount(self) -> None:
        self._unsubscribe = self.session.changed.subscribe(self._mark)
        # Another key may do it where the focus is now.
        self.bindings_updated_signal.subscribe(self, lambda _screen: self._mark())
        self.session.ask_code = self._ask_code
        on_pulse(self, self._renew)
        self.section.enter()
        if self.session.memory.section in self._makers:
            self.call_later(self.show, self.session.memory.section)

    def take_over(self, typed: Typed) -> None:
        """Goes on where the user was while this was being loaded."""
        self.query_one(Explore).take_over(typed)

    def on_unmount(self) -> None:
        self._unsubscribe()

    # The status line ---------------------------------------------------------------

    def _mark(self) -> None:
        self._dirty = True

    def _renew(self) -> None:
        if not self._dirty and self.session.retry_at is None:
            return
        self._dirty = False
        self.query_one(StatusLine).status = self._status()
        state, told = self.session.state, self._told
        self._told = state
        if state is told:
            return
        self.refresh_bindings()
        if state in (State.WAITING, State.OFFLINE) and self.session.failure is not None:
            if not self._lost or state is State.OFFLINE:
                self._say(self.session.failure, "warning", seconds=4)
            self._lost = True
        elif state is State.ONLINE and self._lost:
            self._lost = False
            # What was said about the loss is no longer so.
            self.app.clear_notifications()
            self.notify("Connected again.", timeout=2)

    def _note(self) -> str:
        session = self.session
        match session.state:
            case State.WAITING if session.retry_at is not None:
                return f"retry in {max(math.ceil(session.retry_at - time.monotonic()), 0)} s"
            case State.WAITING | State.CONNECTING if self._lost:
                return "connecting"
            case State.OFFLINE:
                return f"{self._reach('session.reconnect')} reconnects"
            case State.EXPIRED:
                return f"signed out, {self._reach('session.reconnect')} signs in"
        return ""

    def _status(self) -> Status:
        session = self.session
        return Status(
            online=session.online,
            connecting=session.state is State.CONNECTING and not self._lost,
            name=session.host,
            user=session.target.user,
            version=session.release,
            writable=session.writable,
            latency=None if session.latency is None else session.latency * 1000,
            jobs=len(session.jobs.active()),
            events=len(session.watches),
            note=self._note(),
            colour=session.target.profile.colour,
        )

    # Sections ----------------------------------------------------------------------

    @property
    def section(self) -> Section:
        """The section that is shown."""
        shown = self.query_one("#sections", ContentSwitcher).visible_content
        assert isinstance(shown, Section)
        return shown

    async def show(self, name: str) -> Section:
        """Shows a section, making it when it is wanted for the first time."""
        self.minimize()
        self.session.memory.section = name
        switcher = self.query_one("#sections", ContentSwitcher)
        if switcher.current == name:
            return self.section
        self.section.leave()
        if name in self._makers:
            await switcher.add_content(self._makers.pop(name)(), set_current=True)
            switcher.current = name
            self.section.enter()
        else:
            switcher.current = name
            self.section.return_to()
        self.refresh_bindings()
        return self.section

    async def action_go_explore(self) -> None:
        await self.show("explore")

    async def action_go_jobs(self) -> None:
        await self.show("jobs")

    async def action_go_events(self) -> None:
        await self.show("events")

    @on(WatchLine.Opened)
    async def _watch_line(self, event: WatchLine.Opened) -> None:
        await self.show(event.section)

    @on(StatusLine.Pressed)
    async def _status_word(self, event: StatusLine.Pressed) -> None:
        if event.word in ("jobs", "events"):
            await self.show(event.word)
        elif event.word == "lock":
            self.action_session_lock()
        elif event.word == "note":
            self.action_session_reconnect()
        elif event.word == "server":
            self.post_message(self.ConnectWanted())

    async def perform(self, action_id: str) -> None:
        """Runs an action wherever its place is, as its key would there."""
        action = actions.by_id(action_id)
        node: DOMNode = self
        if action.where in ("explore", "jobs", "events"):
            node = await self.show(action.where) if self.section.id != action.where else self.section
        elif action.where == "result":
            await self.show("explore")
            views = self.query_one(Explore).result_pane.views
            if views is None or views.table_view is None:
                self.notify("Only for a result that is shown as a table (v).", timeout=3)
                return
            node = views
        elif action.where == "app":
            node = self.app
        await self.app.run_action(action.name, node)

    async def open_method(self, name: str) -> None:
        """Shows a method in Explore."""
        explore = await self.show("explore")
        assert isinstance(explore, Explore)
        explore.open_method(name)

    # What a section asks for ---------------------------------------------------------

    @on(Explore.ReviewWanted)
    def _review_wanted(self, event: Explore.ReviewWanted) -> None:
        # One card at a time: a key that is held down asks for many.
        if not any(worker.group == "review" and not worker.is_finished for worker in self.workers):
            self._review(event.call, event.risk)

    @work(group="review", exit_on_error=False)
    async def _review(self, call: Call, risk: str) -> None:
        # Imported when it is wanted: many only read.
        from tui.cards.before_sending import FilePlaces, before_sending

        if self._file_places is None:
            self._file_places = FilePlaces()
        answer = await before_sending(self.app, self.session, call, risk, self._file_places)
        explore = self.query_one(Explore)
        if answer == "send":
            explore.send(call)
        elif answer == "edit":
            explore.action_pane_args()

    @on(Section.AbortWanted)
    def _abort_wanted(self, event: Section.AbortWanted) -> None:
        self._abort(event.job_id)

    @work(exclusive=True, group="abort", exit_on_error=False)
    async def _abort(self, job_id: int) -> None:
        job = self.session.jobs.get(job_id)
        if job is None:
            return
        text = f"#{job.id} {job.method}\n{job.text}".rstrip()
        if not await self.app.push_screen_wait(ConfirmScreen("Abort this job?", text, yes="abort it")):
            return
        try:
            await self.session.abort(job_id)
        except exc.ClientException as error:
            failure = explain(error, method="core.job_abort")
            self._say(failure, "error")

    @on(Explore.CopyWanted)
    def _copy_wanted(self) -> None:
        self._copy_menu()

    @work(exclusive=True, group="copy", exit_on_error=False)
    async def _copy_menu(self) -> None:
        explore = self.query_one(Explore)
        entries = explore.copy_entries()
        if not entries:
            self.notify("Nothing to copy yet.", timeout=2)
            return
        letter = await self.app.push_screen_wait(CopyMenu(entries))
        if letter is not None:
            explore.copied(letter)

    @on(ColumnsWanted)
    def _columns_wanted(self) -> None:
        self._columns()

    @work(exclusive=True, group="columns", exit_on_error=False)
    async def _columns(self) -> None:
        views = self.query_one(Explore).result_pane.views
        view = views.table_view if views is not None else None
        if view is None or view.table is None:
            return
        from tui.cards.columns import ColumnsScreen

        chosen = await self.app.push_screen_wait(ColumnsScreen(view.table, view.key))
        if chosen is not None:
            view.rearrange(chosen)

    def _say(self, failure: Failure, severity: SeverityLevel, *, seconds: float = 8) -> None:
        text = "  ".join(part for part in (failure.title, failure.reason, failure.hint) if part)
        text = actions.worded(safe(text), typing=is_typing(self))
        self.notify(text, severity=severity, timeout=seconds, markup=False)

    def _reach(self, action_id: str) -> str:
        """The key that works for it where the focus is now."""
        return actions.reach(action_id, typing=is_typing(self))

    # Panes -------------------------------------------------------------------------

    def action_pane_zoom(self) -> None:
        """The pane with the focus fills the screen; again restores it."""
        if self.maximized is not None:
            self.minimize()
            return
        if (pane := self._pane) is not None:
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

    def action_app_back(self) -> None:
        """Leaves the text field, the zoom, or what is open, in that order."""
        if self.section.back():
            return
        if self.maximized is not None:
            self.minimize()
        else:
            self.notify("Nothing is open here; q quits.", timeout=2)

    def action_app_jump(self) -> None:
        """Letters over everything that can have the focus."""

        def go(target: Widget | None) -> None:
            if target is not None and target.is_attached:
                self.set_focus(target)

        self.app.push_screen(JumpScreen(self._targets()), go)

    def _targets(self) -> list[Widget]:
        return [widget for widget in self.focus_chain if widget.region and widget.is_on_screen]

    # Session -----------------------------------------------------------------------

    @property
    def offered(self) -> Offer | None:
        """How this connection can be kept; it waits in a line of its own until somebody asks for it."""
        return self._offered

    @offered.setter
    def offered(self, offer: Offer | None) -> None:
        self._offered = offer
        self.query_one(OfferLine).offer("keeps this connection as a profile" if offer is not None else "")
        self.refresh_bindings()

    @on(OfferLine.Accepted)
    @work(exclusive=True, group="keep", exit_on_error=False)
    async def action_session_keep(self) -> None:
        """Asks under which name, and where the secret is to lie."""
        if self.offered is None:
            return
        from tui.cards.keep import KeepScreen

        profile = await self.app.push_screen_wait(KeepScreen(self.session.target, self.offered))
        self.offered = None
        if profile is not None:
            self.session.target = replace(self.session.target, profile=profile)
            self.notify(safe(f"Kept as {profile.name}: truenas-tui --profile {profile.name}"), markup=False)

    def action_session_lock(self) -> None:
        """Allows writes, or forbids them again."""
        allowed = not self.session.writable
        self.session.allow_writes(allowed)
        key = self._reach("session.lock")
        self.notify(f"Writes are allowed until you press {key} again." if allowed else "Read-only again.", timeout=3)

    def action_go_connections(self) -> None:
        self.post_message(self.ConnectWanted())

    @work(exclusive=True, group="reconnect", exit_on_error=False)
    async def action_session_reconnect(self) -> None:
        """Connects and signs in again with what was typed before; what would come by itself comes now."""
        if self.session.online:
            return
        self._lost = True
        try:
            await self._reconnect()
        except exc.OTPRequired:
            return  # the user was asked, and gave up; the status line says what to do
        except (exc.ClientException, OSError) as error:
            self._say(explain_connecting(error, address=self.session.host), "error")

    async def _reconnect(self) -> None:
        try:
            await self.session.reconnect()
        except ssl.SSLCertVerificationError as error:
            tls = await ask_trust(self.app, self.session, error)
            if tls is None:
                raise
            self.session.target = self.session.target.trusting(tls)
            await self.session.reconnect()

    async def _ask_code(self, again: bool) -> str | None:
        """Asks for a one-time password, whatever is on the screen; called by the session."""
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        from tui.cards.otp import OtpScreen

        card = OtpScreen(user=self.session.target.user, host=self.session.host, again=again)

        def answered(code: str | None) -> None:
            if not answer.done():
                answer.set_result(code)

        await self.app.push_screen(card, answered)
        try:
            return await answer
        finally:
            if not answer.done() or answer.cancelled():
                # The connection broke while the card stood there; the next one asks again.
                card.dismiss(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "session_reconnect":
                return not self.session.online
            case "session_keep":
                return self.offered is not None
            case "go_explore" | "go_jobs" | "go_events":
                return action != f"go_{self.section.id}" or self.maximized is not None
            case "pane_zoom":
                return self.maximized is not None or self._pane is not None
            case "pane_grow" | "pane_shrink":
                return self.section.resizes
        return True

    def cancel(self) -> bool:
        """Cancels the call in flight; True when there was one."""
        return self.section.cancel()

    async def action_app_close(self) -> None:
        """Closes what is open; at the top, asks whether to quit."""
        if self.maximized is not None:
            self.minimize()
            return
        if self.section.back():
            return
        if self.section.id != "explore":
            await self.show("explore")
            return
        self.post_message(self.CloseWanted())
