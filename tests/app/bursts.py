"""Bursts of random keys against every state of the app: what a hand, a cat or a paste into the terminal can do.

A burst is posted as key events without waiting between them, then the app is waited
for. Time is the desk's: it stands still during a burst, so a card that a burst opened has never stood
when the keys behind it arrive; between some bursts it goes on for a second, so that
cards are answered as well.

Two promises are checked for every call that leaves: a write's review card had been
painted for 0.4 s when the key came that confirmed it, and a call started by a key is of
the method that the call pane showed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.app.conftest import Desk
from tests.app.waiting import key_event
from truenas_client.aio.probe import Certificate
from tui import actions
from tui.cards.card import STANDING_SECONDS
from tui.cards.file import FileScreen
from tui.cards.keep import KeepScreen
from tui.cards.otp import OtpScreen
from tui.cards.review import ReviewScreen
from tui.cards.trust import TrustScreen
from tui.sections.explore import Explore
from tui.session.keeping import Offer
from tui.session.session import Session
from tui.session.stores import Call
from tui.session.target import Target
from tui.workspace import Workspace

__all__ = ["Bursts", "Figures"]

LEAVE = {"ctrl+q", "ctrl+z"}
"""Not typed: they end or stop the program itself."""

NAMED = ("enter", "escape", "tab", "shift+tab", "up", "down", "left", "right", "home", "end", "pageup", "pagedown",
         "space", "backspace", "delete", "ctrl+j", "ctrl+enter", "ctrl+l")  # fmt: skip
WORDS = ("pool.q", "service.c", "START", "ftp", "nas", "tank", "yes", "y", "1", "zzz")
"""Typed whole: letters by themselves seldom spell a method or the name that confirms."""

RUN = ("ctrl+j", "enter", "f5", "y")
"""What sends and confirms."""

CALLS = (("service.control", '["START", "ftp"]'), ("pool.query", "[]"), ("config.save", "[]"),
         ("pool.dataset.delete", '["tank/media"]'), ("system.info", "[]"))  # fmt: skip
"""What is open when bursts begin: writes, reads, a file to be saved, a risk that wants a name."""

PLACES = ("", "", "run", "run", "run", "go.jobs", "go.events", "event.add", "go.connections", "app.palette", "app.keys",
          "copy.menu", "edit.complete", "pane.methods", "pane.docs", "columns", "app.close", "app.jump",
          "otp", "keep", "trust", "file", "offline", "second", "second")  # fmt: skip
"""Where bursts begin: an action, a card that comes by itself, a call that waits to be confirmed; "" is the editor."""


CERTIFICATE = Certificate(
    "CN=nas", "CN=nas", datetime(2026, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC), ("nas",),
    "ab" * 32, "cd" * 32, ("the certificate is self-signed",),
)  # fmt: skip


def every_key() -> list[str]:
    """Every key of every action, and letters."""
    keys = {key for action in actions.ACTIONS for key in action.keys.split(",") if key}
    return sorted((keys | set(NAMED) | set("abcdefghijklmnopqrstuvwxyzLRNGP019")) - LEAVE)


@dataclass
class Figures:
    """What was done, to see that the bursts reach something."""

    bursts: int = 0
    calls: int = 0
    writes: int = 0
    screens: dict[str, int] = field(default_factory=dict)


class Bursts:
    """Types bursts at a desk that is signed in to a demo which allows writes."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.random = random.Random(seed)
        self.figures = Figures()
        self.keys = every_key()
        self.last: list[str] = []
        self._reviewed: list[tuple[str, str]] = []
        self._watch_cards()
        self._watch(desk.explore, desk.session)

    # Watching ----------------------------------------------------------------------

    def _watch(self, explore: Explore, session: Session) -> None:
        """Listens where a call of a connection is started and where it leaves, and judges both."""
        desk = self.desk
        start, run = explore._start, session.caller.run

        def started(call: Call) -> None:
            title, shown = explore.call_pane.title, explore.call_pane.shown
            told = f"{call.method} was started under {title!r} after {self.last}"
            assert shown is not None, told
            assert call.method == shown.name == title, told
            assert desk.app.connections.current is session, told
            assert explore.call_pane.method == shown, told
            start(call)

        async def ran(call: Call) -> None:
            self.figures.calls += 1
            if session.risk_of(call.method, call.params) != "read" and session.online:
                self.figures.writes += 1
                sent = session.address, call.method
                assert sent in self._reviewed, f"{sent} left without a review after {self.last}"
                self._reviewed.remove(sent)
            await run(call)

        explore._start = started  # type: ignore[method-assign]
        session.caller.run = ran  # type: ignore[method-assign]

    def _watch_cards(self) -> None:
        """Listens where a review is confirmed, on whatever connection."""
        answer = ReviewScreen.dismiss

        def dismissed(card: ReviewScreen, result: Any = None) -> Any:
            if result == "send":
                told = f"{card.call.method} confirmed after {self.last}"
                assert card.painted is not None, told
                assert self.desk.time - card.painted >= STANDING_SECONDS, told
                self._reviewed.append((card.address, card.call.method))
            return answer(card, result)

        setattr(ReviewScreen, "dismiss", dismissed)  # noqa: B010 - typed for every screen

    def close(self) -> None:
        """Stops watching."""
        del ReviewScreen.dismiss

    # Typing ------------------------------------------------------------------------

    def burst(self) -> list[str]:
        """2 to 12 keys."""
        keys: list[str] = []
        for _ in range(self.random.randint(2, 12)):
            kind = self.random.random()
            pool = RUN if kind < 0.3 else WORDS if kind < 0.4 else NAMED if kind < 0.6 else self.keys
            keys += list(chosen) if (chosen := self.random.choice(pool)) in WORDS else [chosen]
        return keys[:12]

    async def type(self, keys: list[str]) -> None:
        """Posts the keys without waiting between them, then waits until they were dealt with."""
        self.last = keys
        for key in keys:
            self.desk.app.post_message(key_event(key))
        await self.desk.settled()

    async def go(self, count: int) -> Figures:
        """So many bursts, from wherever the one before has led, with a way back from time to time."""
        for _ in range(count):
            if self.desk.app._exit:
                break  # quit, as asked for and confirmed
            screen = type(self.desk.app.screen).__name__
            self.figures.screens[screen] = self.figures.screens.get(screen, 0) + 1
            await self.type(self.burst())
            self.figures.bursts += 1
            self.desk.time += self.random.choice((0, 0, STANDING_SECONDS - 0.01, STANDING_SECONDS + 0.01, 2))
            if self.random.random() < 0.3:
                await self._home()
        return self.figures

    async def _home(self) -> None:
        """Back to the workspace with a write in the editor, as somebody may have left it."""
        for _ in range(12):
            if self.desk.app._exit or isinstance(self.desk.app.screen, Workspace):
                break
            await self.desk.press("escape")
        if not self.desk.app._exit and isinstance(self.desk.app.screen, Workspace):
            method, arguments = self.random.choice(CALLS)
            await self.desk.app.connections.show(self.desk.app.connections.sessions[0])
            await self.desk.workspace.open_method(method)
            await self.desk.write(arguments)
            await self._begin_at(self.random.choice(PLACES))

    async def _begin_at(self, place: str) -> None:
        app = self.desk.app
        match place:
            case "":
                return
            case "run":
                await self.desk.press("ctrl+j")
                self.desk.time += self.random.choice((0, 1))
            case "otp":
                app.push_screen(OtpScreen(user="admin", host="nas"))
            case "keep":
                offer = Offer("nas", ("ask each time",), "")
                app.push_screen(KeepScreen(self.desk.session.target, offer))
            case "trust":
                app.push_screen(TrustScreen("nas", CERTIFICATE))
            case "file":
                app.push_screen(FileScreen("download", "config.save", "~/nas.tar"))
            case "columns":
                await self.desk.workspace.open_method("pool.query")
                await self.desk.write("[]")
                await self.desk.run()
                await self.desk.workspace.perform("table.columns")
            case "second" if len(app.connections.sessions) == 1:
                # No server answers there: nothing that is typed at it may reach the first one.
                await app.connections.open(Session(Target.of("ws://127.0.0.1:1", "admin", writable=True)))
            case "second":
                await app.connections.next()
            case "offline":
                self.desk.session.caller.allow_writes(True)
                await self.desk.session.close()
            case _:
                await self.desk.workspace.perform(place)
        await self.desk.settled()
