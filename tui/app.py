"""The app: themes, screens, the clipboard, and what works everywhere.

Each connection is a Textual mode with one workspace screen, so it keeps its
state while another is looked at; the connect card is the mode without one.
Everything the user can do is in `actions`; the handlers of the global ones are here.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

from textual import events, on, work
from textual.app import App
from textual.command import CommandPalette
from textual.screen import Screen
from textual.scrollbar import ScrollBarRender
from textual.theme import Theme

from truenas_client import exc
from truenas_client.endpoint import parse
from tui import actions
from tui.clipboard import copy
from tui.keeping import offer
from tui.opening import Start
from tui.palette import Commands
from tui.screens.connect import ConnectScreen
from tui.screens.help import HelpScreen
from tui.screens.keep import KeepScreen
from tui.screens.too_small import LEAST, TooSmall
from tui.screens.workspace import Workspace
from tui.sections.explore import Explore
from tui.session import Session
from tui.state import Memories
from tui.target import Target
from tui.text import safe
from tui.themes import THEMES

__all__ = ["Start", "TrueNASApp"]

CONNECT_MODE = "connect"


class TrueNASApp(App[None]):
    """Explores the API of a TrueNAS."""

    TITLE = "truenas-tui"
    CSS_PATH = ["styles/app.tcss", "styles/connect.tcss", "styles/workspace.tcss", "styles/modals.tcss"]
    COMMANDS = {Commands}
    BINDINGS = actions.bindings("app")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]
    ALLOW_IN_MAXIMIZED_VIEW = "StatusLine, KeyLine, WatchLine"
    ENABLE_COMMAND_PALETTE = True

    def __init__(self, start: Start | None = None) -> None:
        super().__init__()
        self.start = start or Start()
        self.sessions: list[Session] = []
        self._resources = AsyncExitStack()
        for theme in THEMES:
            self.register_theme(theme)
        self.memories = Memories(fresh=self.start.fresh)
        kept = self.memories.app.theme
        self.theme = kept if kept in self.available_themes else THEMES[0].name
        if self.start.ascii:
            self.add_class("-ascii")
            # Whole cells of background instead of eighths of a block.
            ScrollBarRender.VERTICAL_BARS = [" "] * 8
            ScrollBarRender.HORIZONTAL_BARS = [" "] * 8

    def on_mount(self) -> None:
        start = self.start
        self.memories.on_notice = self._tell_notices
        self._tell_notices()
        self.theme_changed_signal.subscribe(self, self._keep_theme)
        self.add_mode(CONNECT_MODE, lambda: ConnectScreen(start))
        if start.demo:
            self._open_demo()
        else:
            self.switch_mode(CONNECT_MODE)

    def _keep_theme(self, theme: Theme) -> None:
        self.memories.app.theme = theme.name

    def _tell_notices(self) -> None:
        while self.memories.notices and self.is_running:
            self.notify(safe(self.memories.notices.pop(0)), severity="warning", timeout=10, markup=False)

    async def on_unmount(self) -> None:
        self.memories.on_notice = lambda: None
        self.memories.close()
        for session in self.sessions:
            await session.close()
        await self._resources.aclose()

    # Connections -------------------------------------------------------------------

    @work(group="demo", exit_on_error=False)
    async def _open_demo(self) -> None:
        # Imported here: nobody else needs a server in the process.
        from truenas_client.simulator import Simulator

        nas = await self._resources.enter_async_context(Simulator())
        user, account = "admin", nas.users["admin"]
        writable = self.start.writable is not False
        session = Session(Target.of(nas.url, user, account["password"], writable=writable))
        session.simulated = True
        # The demo's port is another one each time.
        self.open_workspace(session, place="demo")
        try:
            await session.open()
        except (exc.ClientException, OSError):
            # The workspace shows why, and how to try again.
            return

    @on(ConnectScreen.Connected)
    def _connected(self, event: ConnectScreen.Connected) -> None:
        self.open_workspace(event.session)
        for text in event.session.warnings:
            self.notify(safe(text), severity="warning", markup=False)
        if event.by_hand:
            self._ask_to_keep(event.session)

    @work(group="keep", exit_on_error=False)
    async def _ask_to_keep(self, session: Session) -> None:
        offered = await asyncio.to_thread(offer, session.target)
        if offered is None:
            return
        profile = await self.push_screen_wait(KeepScreen(session.target, offered))
        if profile is not None:
            session.target = replace(session.target, profile=profile)
            self.notify(safe(f"Kept as {profile.name}: truenas-tui --profile {profile.name}"), markup=False)

    def open_workspace(self, session: Session, *, place: str = "") -> None:
        """Opens a workspace for this session and shows it; what is remembered of it is found by address and user."""
        session.memory = self.memories.connection(place or parse(session.target.address).text, session.target.user)
        self.sessions.append(session)
        # A number, not the address: two sessions may have the same one.
        mode = f"session-{len(self.sessions)}"
        self.add_mode(mode, lambda: Workspace(session))
        self.switch_mode(mode)

    @on(Workspace.ConnectWanted)
    def connect_elsewhere(self) -> None:
        """Shows the connect card; the present connection stays open behind it."""
        self.switch_mode(CONNECT_MODE)

    @on(ConnectScreen.Left)
    def _back_from_card(self) -> None:
        if self.sessions:
            self.switch_mode(f"session-{len(self.sessions)}")

    @on(Explore.Copied)
    def _copied(self, event: Explore.Copied) -> None:
        self._copy(event)

    @work(exclusive=True, group="clipboard", exit_on_error=False)
    async def _copy(self, event: Explore.Copied) -> None:
        await copy(self, event.value, event.what, event.name)

    @on(Workspace.CloseWanted)
    def _close(self) -> None:
        self.exit()

    # Sizes -------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        small = event.size.width < LEAST[0] or event.size.height < LEAST[1]
        if small and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall())
        elif not small and isinstance(self.screen, TooSmall):
            self.pop_screen()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if isinstance(self.screen, TooSmall):
            return action == "quit"
        return True

    # Actions -----------------------------------------------------------------------

    def action_app_cancel(self) -> None:
        """Cancels what is going on; with nothing going on, says how to quit. A selection was copied before this."""
        screen = self.screen
        if isinstance(screen, Workspace | ConnectScreen) and screen.cancel():
            return
        self.notify("ctrl+q quits", timeout=3, markup=False)

    def action_command_palette(self) -> None:
        """Opens the palette, in words of ours."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder="a command or a method", id="--command-palette"))

    def action_app_keys(self) -> None:
        """Shows the keys that work here, then the others."""
        self.push_screen(HelpScreen(self.keys_here()))

    def keys_here(self) -> dict[str, str]:
        """The ids of actions that work where the focus is, with the keys they have now."""
        here: dict[str, list[str]] = {}
        for key, (_node, binding, enabled, _tooltip) in self.screen.active_bindings.items():
            if binding.id and enabled:
                here.setdefault(binding.id, []).append(key)
        return {action_id: ",".join(keys) for action_id, keys in here.items()}

    def get_default_screen(self) -> Screen[None]:
        return Screen(id="empty")
