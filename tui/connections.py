"""The open connections, in the order of their opening; one of them is shown, or none.

Each is a mode of the app, with a workspace and the cards over it, which stay as they are while another is shown.
Invariants: what a connection asks and tells stays in its mode (`tui.modes`); a session is open here exactly as long
as its workspace is.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from tui import actions, collector
from tui.memory.state import Memories
from tui.notices import NoticesApp

if TYPE_CHECKING:
    from tui.session.session import Session
    from tui.workspace import Workspace

__all__ = ["Connections"]


class Connections:
    """``memories`` hold the memory of each connection."""

    def __init__(self, app: NoticesApp, memories: Memories) -> None:
        self._app = app
        self._memories = memories
        self._modes: dict[Session, str] = {}
        self._numbers = count(1)
        self._last: Session | None = None

    @property
    def sessions(self) -> list[Session]:
        """All of them, in order."""
        return list(self._modes)

    @property
    def current(self) -> Session | None:
        """The one that is shown; None while the connect card is."""
        return next((session for session, mode in self._modes.items() if mode == self._app.current_mode), None)

    @property
    def others(self) -> list[Session]:
        """Those that are not shown."""
        current = self.current
        return [session for session in self._modes if session is not current]

    def workspace(self, session: Session) -> Workspace | None:
        """The workspace of a session; None when it is not open."""
        from tui.workspace import Workspace

        stack = self._app._screen_stacks.get(self._modes.get(session, ""), [])
        return next((screen for screen in stack if isinstance(screen, Workspace)), None)

    async def open(self, session: Session) -> Workspace:
        """Opens a workspace for a session and shows it; its memory is found by address and user."""
        from tui.workspace import Workspace

        # A tour begins as for a new user each time, and leaves no traces.
        memories = self._memories if session.tour is None else Memories(fresh=True)
        session.memory = memories.connection(session.place, session.target.user)
        session.caller.file_places.memory = session.memory.app
        # A number, not the address: two sessions may have the same one.
        mode = self._modes[session] = f"session-{next(self._numbers)}"
        self._app.private_modes.add(mode)
        session.others = lambda: [other for other in self._modes if other is not session]
        workspace = Workspace(session)
        self._app.add_mode(mode, lambda: workspace)
        await self.show(session)
        self._app.call_after_refresh(collector.settle)
        return workspace

    async def show(self, session: Session) -> None:
        """Shows a session as it was left."""
        self._last = session
        await self._app.switch_mode(self._modes[session])

    async def next(self) -> None:
        """Shows the one after the one that is shown; from the connect card the one that was shown last."""
        sessions, current = self.sessions, self.current
        if current is not None:
            await self.show(sessions[(sessions.index(current) + 1) % len(sessions)])
        elif self._last is not None:
            await self.show(self._last)

    async def call_elsewhere(self, method: str, text: str) -> None:
        """Makes a call on another connection: the only other one, or the one that the user chooses."""
        from tui.cards.choose import ChooseScreen
        from tui.widgets.session_status import names_of

        others, here = self.others, self.current
        if not others or here is None or (workspace := self.workspace(here)) is None:
            self._app.notify(f"No other connection is open; {actions.key('go.connections')} opens one.", timeout=3)
            return
        chosen: str | None = "0"
        if len(others) > 1:
            entries = [(str(at), name) for at, name in enumerate(names_of(here)[1:])]
            chosen = await ChooseScreen(f"{method} on", entries).ask(workspace)
        if chosen is None or (session := others[int(chosen)]) not in self._modes:
            return
        await self.show(session)
        if (there := self.workspace(session)) is not None:
            await there.open_call(method, text, run="all")

    async def close(self, session: Session) -> None:
        """Closes a session that is not shown, and its workspace."""
        collector.release()
        mode = self._modes.pop(session)
        self._app.private_modes.discard(mode)
        await self._app.remove_mode(mode)
        if self._last is session:
            self._last = next(reversed(self._modes), None)
        await session.close()
        self._app.call_after_refresh(collector.settle, collect=True)
