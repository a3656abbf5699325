"""The app: themes, screens, the clipboard, and what works everywhere.

Each connection is a Textual mode (`connections`); the connect card is the mode without one.
Everything the user can do is in `actions`; the handlers of the global ones are here.

It starts in two steps, because what a workspace needs takes longer to load than
Textual itself: the first screen needs little (`Starting`, where it is known what to
connect to, or none), the rest is loaded once that is drawn. So nothing here imports a
screen or the client before it is used, and messages of screens are handled by name.

The file is long because Textual sends to the app what concerns no single screen.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from textual import events, on, work
from textual.geometry import Size
from textual.screen import Screen
from textual.scrollbar import ScrollBarRender
from textual.worker import WorkerFailed

from tui import actions, collector, line_cache
from tui.cards.too_small import LEAST, TooSmall
from tui.configured import ConfiguredApp
from tui.connections import Connections
from tui.memory.state import First, Memories
from tui.settings.file import SettingsFile
from tui.starting.screen import Starting
from tui.starting.start import Start
from tui.text import safe
from tui.themes import THEMES, Sheet
from tui.turnstile import Lap, Turnstile

if TYPE_CHECKING:
    from textual.command import Provider
    from textual.driver import Driver

    from truenas_client.storage.catalogue_cache import CatalogueCache
    from tui.sections.section import Section
    from tui.session.session import Session
    from tui.starting.connect import ConnectScreen
    from tui.workspace import Workspace

__all__ = ["Start", "TrueNASApp"]

CONNECT_MODE = "connect"
DEMO = "demo"
"""In place of the demo's address, which is another one each time."""


def _commands() -> type[Provider]:
    from tui.palette import Commands

    return Commands


def _calls() -> type[Provider]:
    from tui.palette_calls import Calls

    return Calls


def _driver() -> type[Driver] | None:
    """None: Textual's own, on Windows and where another program than a browser draws."""
    if (named := os.environ.get("TEXTUAL_DRIVER", "")).endswith(":WebDriver"):
        from tui.browser_driver import BrowserDriver

        return BrowserDriver
    if os.name != "posix" or named:
        return None
    from tui.driver import TerminalDriver

    return TerminalDriver


class TrueNASApp(ConfiguredApp):
    """Explores the API of a TrueNAS."""

    TITLE = "truenas-tui"
    # The styles of one screen are read with that screen.
    CSS_PATH = ["styles/app.tcss", "styles/starting.tcss"]
    COMMANDS = {_commands, _calls}
    BINDINGS = actions.bindings("app")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]
    ALLOW_IN_MAXIMIZED_VIEW = "StatusLine, KeyLine, WatchLine"
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        start: Start | None = None,
        memories: Memories | None = None,
        settings: SettingsFile | None = None,
        *,
        theme: str = THEMES[0].name,
    ) -> None:
        """``memories`` are those of ``start``, for a caller that has made them; ``theme`` is for the first time."""
        super().__init__(settings or SettingsFile(), driver_class=_driver())
        line_cache.let_go_of_widgets()
        self.stylesheet = Sheet(variables=self.get_css_variables())
        self.clock: Callable[[], float] = time.monotonic
        """The clock by which cards measure how long they have been on screen."""
        self.turnstile = Turnstile(self, super().on_event)
        self.start = start or Start()
        self.typed: set[str] = set()
        """The texts in fields when the app failed, to mask them in the report."""
        self._first: First | None = None
        self._tried = False
        self._resources = AsyncExitStack()
        for ours in THEMES:
            self.register_theme(ours)
        self.memories = memories or Memories(fresh=self.start.fresh)
        self.connections = Connections(self, self.memories)
        # Not by assignment, which would have every style worked out twice.
        self.set_reactive(TrueNASApp.theme, self.starting_theme(theme))
        # What assigning would also have done: a theme of the terminal's own colours leaves them as they are.
        self._refresh_truecolor_filter(self.ansi_theme)
        if self.start.ascii:
            self.add_class("-ascii")
            # Whole cells of background instead of eighths of a block.
            ScrollBarRender.VERTICAL_BARS = [" "] * 8
            ScrollBarRender.HORIZONTAL_BARS = [" "] * 8

    # Keys --------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        pressed = events.Key | events.Paste | events.MouseDown | events.MouseUp
        if isinstance(event, pressed) and not event.is_forwarded:
            await self.turnstile.take(event, self.clock())
        else:
            await super().on_event(event)

    @property
    def dealing_with_key(self) -> bool:
        """Whether a key is on its way; see `widgets.pulse`."""
        return not self.turnstile.idle

    @on(Lap)
    async def _lap(self, lap: Lap) -> None:
        await self.turnstile.arrived(lap)

    # Starting ----------------------------------------------------------------------

    def get_default_screen(self) -> Screen[None]:
        """The methods of the last run, where the server is known."""
        first = First(DEMO, "admin", self.start.writable is not False) if self.start.demo else self._first_now()
        cache = self._cache()
        kept = cache.find(first.place, first.user) if cache is not None and first is not None else None
        if first is None or (kept is None and not self.start.demo):
            return Screen(id="empty")
        self._first = first
        return Starting(first, kept, self.memories.connection(first.place, first.user))

    def _first_now(self) -> First | None:
        """The first screen of the last run: the code that would find out takes a while to load."""
        if (first := self.memories.app.first_of(self.start.digest)) is not None:
            return first
        from tui.starting.opening import first_of

        return first_of(self.start)

    def _cache(self) -> CatalogueCache | None:
        from truenas_client.storage.catalogue_cache import CatalogueCache

        return None if self.start.fresh else CatalogueCache()

    def on_mount(self) -> None:
        self.memories.on_notice = self._tell_notices
        self._tell_notices()
        self.tell_faults()
        self.theme_changed_signal.subscribe(self, self.keep_theme)
        self.add_mode(CONNECT_MODE, self._card)
        # Off until the first screen is drawn, see `__main__`.
        self.call_after_refresh(collector.start)
        # Any part of the app may cover or change the screens of each mode.
        self.screen_change_signal.subscribe(self, lambda _: self._fit(self.size))
        if not isinstance(self.screen_stack[0], Starting):
            self.switch_mode(CONNECT_MODE)

    def _card(self) -> ConnectScreen:
        from tui.starting.connect import ConnectScreen

        return ConnectScreen(self.start, self._cache(), at_once=not self._tried)

    async def _show_card(self) -> ConnectScreen:
        """Shows the connect card, which does not connect by itself once more."""
        from tui.starting.connect import ConnectScreen

        self._tried = True
        await self.switch_mode(CONNECT_MODE)
        card = self._screen_stacks[CONNECT_MODE][0]  # not what covers it
        assert isinstance(card, ConnectScreen)
        return card

    @on(Starting.Shown)
    def _first_is_drawn(self) -> None:
        self._load()

    @work(group="start")
    async def _load(self) -> None:
        """Loads the rest, in a thread so that keys are answered meanwhile."""
        await asyncio.to_thread(import_module, "tui.workspace")
        from tui.session.session import Session

        if not self.start.demo:
            from tui.starting.opening import first_of, opening

            first = first_of(self.start)
            self.memories.app.set_first(self.start.digest, first)
            if first != self._first:  # an environment that says something else now
                self.switch_mode(CONNECT_MODE)
                return
            session = Session(opening(self.start).target, self._cache())
        else:
            session = await self._demo(tour=self.start.tour)
        # Not in this worker: keys wait until a widget can take them.
        self.call_later(self._loaded, session)

    async def _demo(self, *, tour: bool) -> Session:
        """A session for a simulated TrueNAS in this process."""
        # Imported here: only the demo needs a server in the process.
        from truenas_client.simulator import Simulator
        from tui.session.session import Session
        from tui.session.target import Target
        from tui.session.tour import Tour

        nas = await self._resources.enter_async_context(Simulator())
        user, account = "admin", nas.users["admin"]
        target = Target.of(nas.url, user, account["password"], writable=self.start.writable is not False)
        session = Session(target, self._cache(), place=DEMO)
        session.life.simulated = True
        session.tour = Tour() if tour else None
        return session

    async def on_connect_screen_demo_wanted(self) -> None:
        """Opens the demo with its tour, or shows it where it is open."""
        session = next((one for one in self.connections.sessions if one.life.simulated), None)
        if session is not None:
            await self.connections.show(session)
            return
        session = await self._demo(tour=True)
        session.life.host = DEMO
        await self.connections.open(session)
        self._connect(session)

    async def _loaded(self, session: Session) -> None:
        """Puts the workspace in the place of the first screen, and connects."""
        starting = self.screen_stack[0]
        assert isinstance(starting, Starting)
        session.recall(starting.kept)
        if self._first is not None:
            session.life.host = self._first.name
        workspace = await self.connections.open(session)
        if starting.typed.filter or starting.typed.chosen:
            workspace.take_over(starting.typed)
        await starting.remove_children()
        self._fit(self.size)
        self._connect(session)

    @work(group="start")
    async def _connect(self, session: Session) -> None:
        from truenas_client import exc

        try:
            await session.open()
        except (exc.ClientException, OSError) as error:
            unreachable = isinstance(error, exc.ConnectError) and error.stage in ("resolve", "connect", "hello")
            if unreachable or isinstance(error, exc.ConnectionLost) or session.life.simulated:
                return  # the workspace tells why, and how to try again
            # The user has to type or decide; a refused attempt is not repeated by itself.
            card = await self._show_card()
            await self.connections.close(session)
            card.take_over(session, error)
        else:
            self._tell_warnings(session)

    def _tell_warnings(self, session: Session) -> None:
        if (workspace := self.connections.workspace(session)) is not None:
            for text in session.life.warnings:
                # Called by the workspace itself: a toast belongs to the connection that tells it.
                workspace.call_later(partial(workspace.notify, safe(text), severity="warning"))

    def _tell_notices(self) -> None:
        while self.memories.notices and self.is_running:
            self.notify(safe(self.memories.notices.pop(0)), severity="warning", timeout=10)

    async def on_unmount(self) -> None:
        self.memories.on_notice = lambda: None
        self.memories.close()
        for session in self.connections.sessions:
            await session.close()
        await self._resources.aclose()

    # Running and failing -----------------------------------------------------------

    def run(self, **options: Any) -> Any:
        """Runs the app on the terminal of the process. Never raises; `return_code` tells how it ended.

        With ``headless`` there is no terminal to give back, and the app's result is returned.
        """
        if options.get("headless"):
            return super().run(**options)
        from tui import ends

        self._return_code = ends.run(self, **options)
        return None

    @property
    def failure(self) -> BaseException | None:
        """The unhandled error that ended the app."""
        return self._exception

    def _handle_exception(self, error: Exception) -> None:
        """Ends the app. In place of Textual's, whose report shows the values of variables; `ends` makes ours."""
        self._return_code = 1
        if self._exception is None:
            cause = error.error if isinstance(error, WorkerFailed) else None
            self._exception = cause if isinstance(cause, Exception) else error
            self._exception_event.set()
            from tui.ends import typed_in

            self.typed = typed_in(self)
        self._close_messages_no_wait()

    # Connections -------------------------------------------------------------------

    async def on_connect_screen_connected(self, event: ConnectScreen.Connected) -> None:
        from tui.starting.opening import first_of

        self.memories.app.set_first(self.start.digest, first_of(self.start))
        await self.connections.open(event.session)
        self._tell_warnings(event.session)
        if event.by_hand and not self.start.fresh:
            self._offer_to_keep(event.session)

    @work(group="keep")
    async def _offer_to_keep(self, session: Session) -> None:
        """Finds out in a thread whether to offer a profile: a keyring may be slow."""
        from tui.session.keeping import offer

        offered = await asyncio.to_thread(offer, session.target)
        workspace = self.connections.workspace(session)
        if offered is not None and workspace is not None:
            workspace.offered = offered

    async def on_workspace_connect_wanted(self) -> None:
        """Shows the connect card, empty; the present connection stays open behind it."""
        (await self._show_card()).begin_anew()

    async def on_workspace_connection_wanted(self, event: Workspace.ConnectionWanted) -> None:
        await self.connections.show(event.session)

    @work(group="elsewhere")
    async def on_section_call_elsewhere(self, event: Section.CallElsewhere) -> None:
        await self.connections.call_elsewhere(event.method, event.text)

    async def on_connect_screen_left(self) -> None:
        await self.connections.next()

    async def action_connection_next(self) -> None:
        """Shows the next connection; from the connect card, the one that was shown last."""
        await self.connections.next()

    def on_workspace_close_wanted(self) -> None:
        from tui.cards.quit import ask_to_quit

        ask_to_quit(self, self.connections.sessions)

    # Sizes -------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        self._fit(event.size)

    def _fit(self, size: Size) -> None:
        """Covers what has too little room."""
        small = size.width < LEAST[0] or size.height < LEAST[1]
        if small and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall())
        elif not small and isinstance(self.screen, TooSmall):
            self.pop_screen()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if isinstance(self.screen, TooSmall | Starting):
            return action == "quit"
        if action == "connection_next":
            return bool(self.connections.others)
        return True

    # Actions -----------------------------------------------------------------------

    def action_app_cancel(self) -> None:
        """Cancels the call in flight; without one, tells how to quit. A selection was copied before this."""
        from tui.starting.connect import ConnectScreen
        from tui.workspace import Workspace

        screen = self.screen
        if isinstance(screen, Workspace | ConnectScreen) and screen.cancel():
            return
        self.notify(f"{actions.key('app.quit')} quits", timeout=3)

    def action_command_palette(self) -> None:
        """Opens the palette, in words of ours."""
        from tui.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(placeholder="a command or a method", id="--command-palette"))

    def action_app_keys(self) -> None:
        """Shows the keys that work here."""
        from tui.cards.help import show_keys

        show_keys(self.screen)
