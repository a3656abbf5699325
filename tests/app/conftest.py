"""The whole app on a simulated NAS, driven by its keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual._compositor import Compositor
from textual.css.query import NoMatches
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import AwaitMount

import tui
from tests.app import kept_styles
from tests.app.waiting import dealt_with, key_event, pause, press, screen_text, wait_for
from truenas_client.aio import supervisor
from truenas_client.simulator import Simulator
from tui.app import CONNECT_MODE, Start, TrueNASApp
from tui.cards.card import Standing
from tui.cards.keep import KeepScreen
from tui.sections.explore import Explore
from tui.session.session import Session
from tui.session.signing import exposure
from tui.starting.connect import ConnectScreen
from tui.starting.opening import opening
from tui.workspace import Workspace

kept_styles.keep()


def drawn_when_looked_at(
    compositor: Compositor, full: bool = False, screen_stack: list[Screen] | None = None, simplify: bool = False
) -> None:
    """Draws no frame: no terminal is there. A test that looks at the screen has it drawn (`screen_text`)."""
    compositor._dirty_regions.clear()


@pytest.fixture(autouse=True)
def drawn_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of the time of an app went into frames that only the next frame saw."""
    monkeypatch.setattr(Compositor, "render_update", drawn_when_looked_at)


@pytest.fixture(autouse=True)
def waits_for_widgets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pilot waits for the widgets: Textual's own waits for a processor that idles, which a busy machine has not."""
    monkeypatch.setattr(Pilot, "pause", pause)
    monkeypatch.setattr(Pilot, "press", press)


class Desk:
    """A person at the app: presses keys, types, and looks at the screen; reads a card before answering it."""

    def __init__(self, app: TrueNASApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot
        self.time = app.clock()
        app.clock = lambda: self.time
        self.nas: Simulator | None = None

    @property
    def workspace(self) -> Workspace:
        for screen in reversed(self.app.screen_stack):
            if isinstance(screen, Workspace):
                return screen
        raise NoMatches("no workspace yet")

    @property
    def explore(self) -> Explore:
        return self.workspace.query_one(Explore)

    @property
    def session(self) -> Session:
        return self.workspace.session

    @property
    def text(self) -> str:
        return screen_text(self.pilot)

    async def press(self, *keys: str) -> None:
        """Presses keys, each after the app has dealt with the one before."""
        for key in keys:
            await self.read_card()
            await press(self.pilot, key)
            await self.settled()

    async def read_card(self) -> None:
        """Waits until the card on screen has been painted, and reads it for a second."""
        if isinstance(card := self.app.screen, Standing) and card.painted is None:
            await self.until(lambda: card.painted is not None or not card.is_current, "the card to stand")
        self.time += 1

    async def type(self, text: str) -> None:
        # Sent without waiting between them, as a fast typist does; only then the app is waited for.
        for character in text:
            self.app.post_message(key_event(character))
        await self.settled()

    async def burst(self, *keys: str) -> None:
        """Sends keys that are no characters without waiting between them."""
        for key in keys:
            self.app.post_message(events.Key(key, None))
        await self.settled()

    async def settled(self) -> None:
        """Waits until every key was dealt with."""
        await self.until(
            lambda: self.app.turnstile.idle or self.app._exit or self.app._exception, "the keys to be dealt with"
        )
        await dealt_with(self.pilot)

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        await wait_for(self.pilot, condition, what)

    async def see(self, *texts: str) -> None:
        """Waits until all of these stand on the screen."""
        await self.until(lambda: all(text in self.text for text in texts), f"{texts} on screen")

    async def see_gone(self, text: str) -> None:
        """Waits until this stands on the screen no more."""
        await self.until(lambda: text not in self.text, f"{text!r} gone")

    async def landed(self) -> None:
        """Waits for the workspace, until it takes keys."""
        await self.until(lambda: isinstance(self.app.screen, Workspace), "the workspace")
        # The editor, where a method is remembered from the last time.
        await self.until(
            lambda: self.explore.methods.filter.has_focus or self.explore.call_pane.editor.has_focus,
            "the filter or the editor",
        )

    async def ask_to_keep(self) -> None:
        """Takes up the offer to keep this connection as a profile."""
        await self.landed()
        await self.until(lambda: self.workspace.offered is not None, "the offer")
        await self.press("f8")
        await self.until(lambda: isinstance(self.app.screen, KeepScreen), "the card")

    async def open(self, query: str, method: str) -> None:
        """Finds a method by its filter and opens it with enter."""
        if not self.explore.methods.filter.has_focus:
            await self.workspace.perform("pane.methods")
            await self.until(lambda: self.explore.methods.filter.has_focus, "the filter")
        # Put in at once: a pressed key takes a tenth of a second, and typing has its own tests.
        self.explore.methods.filter.value = query
        await self.until(lambda: self.explore.methods.highlighted == method, f"{method} first among the hits")
        await self.press("enter")
        await self.until(lambda: self.explore.call_pane.method is not None, "a method")
        await self.until(lambda: self.explore.call_pane.editor.has_focus, "the editor")

    async def write(self, text: str) -> None:
        """Puts this into the editor in place of what is there."""
        editor = self.explore.call_pane.editor
        editor.focus()
        editor.load_text(text)
        await self.settled()

    async def run(self) -> None:
        """Runs the call and waits for its end."""
        await self.press("ctrl+j")
        await self.ended()

    async def ended(self) -> None:
        """Waits until the call shown has ended."""
        result = self.explore.result_pane
        await self.until(lambda: result.call is not None and result.call.state != "running", "the call's end")


Open = Callable[..., AbstractAsyncContextManager[Desk]]


class PastTheCard(TrueNASApp):
    """Shows no connect card at its start. It costs as much as the workspace; its own tests begin with it."""

    CSS_PATH = [Path(tui.__file__).parent / path for path in TrueNASApp.CSS_PATH]

    def switch_mode(self, mode: str) -> AwaitMount:
        if mode == CONNECT_MODE and not self._tried:
            self._tried = True
            return AwaitMount(self.screen, [])
        return super().switch_mode(mode)


@asynccontextmanager
async def at_desk(
    start: Start, size: tuple[int, int] = (120, 36), app: type[TrueNASApp] = TrueNASApp
) -> AsyncIterator[Desk]:
    """The app as started with these flags."""
    async with (running := app(start)).run_test(size=size, notifications=True) as pilot:
        yield Desk(running, pilot)


@asynccontextmanager
async def _signed_in(
    nas: Simulator, *, size: tuple[int, int] = (120, 36), writable: bool = True, user: str = "admin"
) -> AsyncIterator[Desk]:
    start = Start(nas.url, user, nas.users[user]["password"], writable=writable)
    async with at_desk(start, size, PastTheCard) as desk:
        session = Session(opening(start).target, desk.app._cache())
        await session.open()
        # The card has told of them.
        known = {exposure(endpoint) for endpoint in session.target.exposed}
        session.life.warnings = [text for text in session.life.warnings if text not in known]
        desk.app.post_message(ConnectScreen.Connected(session, by_hand=True))
        await desk.landed()
        desk.nas = nas
        yield desk


@pytest.fixture
async def nas() -> AsyncIterator[Simulator]:
    """A simulated NAS on which time passes a hundred times as fast."""
    async with Simulator(speed=100.0) as simulator:
        yield simulator


@pytest.fixture
def signed_in(nas: Simulator) -> Open:
    """``async with signed_in(size=..., writable=...) as desk``: signed in through the connect card."""

    def open_(**options: object) -> AbstractAsyncContextManager[Desk]:
        return _signed_in(nas, **options)  # type: ignore[arg-type]

    return open_


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost connection is made again after an hour, so that being offline can be looked at."""
    monkeypatch.setattr(supervisor, "pause_for", lambda error, attempt, uniform: 3600.0)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost connection is made again at once."""
    monkeypatch.setattr(supervisor, "pause_for", lambda error, attempt, uniform: 0.0)
