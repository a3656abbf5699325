"""The life of one connection: made, lost, made again, given up.

::

    CONNECTING -> ONLINE -> WAITING -> CONNECTING -> ONLINE ...   lost, and made again by itself
                         -> OFFLINE -> CONNECTING ...             given up: on a key
                         -> EXPIRED -> CONNECTING ...             the server ended the login: on a key

The async client makes a lost connection again, with growing pauses; here its states become those on screen.
Invariants: secrets stay in memory and out of every repr; `online_client` gives a client only while calls can be sent.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from enum import Enum

from truenas_client import AsyncClient, LargeAnswer, Tap, exc
from truenas_client.aio.supervisor import State as ClientState
from truenas_client.aio.supervisor import Status
from truenas_client.endpoint import Endpoint
from tui.model.failure import Failure, Offline, explain_connecting, explain_loss
from tui.session.signing import Step, client_of, obtain, sign_in
from tui.session.target import Target

__all__ = ["Life", "State"]

PING_SECONDS = 10.0


class State(Enum):
    """Where the connection stands; the value is the word on screen."""

    CONNECTING = "connecting"
    ONLINE = "online"
    WAITING = "waiting"
    OFFLINE = "offline"
    EXPIRED = "signed out"
    CLOSED = "closed"


class Life:
    """The client in use and its state. ``changed`` is called at every change.

    ``on_lost`` and ``on_returned`` are called when a connection is lost, and when it is made again by itself.
    """

    def __init__(self, target: Target, changed: Callable[[], None]) -> None:
        self.target = target
        self.state = State.CONNECTING
        self.client: AsyncClient | None = None
        self.host = target.address or "local socket"
        """The name the server goes by; its address until more is known."""
        self.endpoint: Endpoint | None = None
        """The address in use, or the last that was tried."""
        self.latency: float | None = None
        self.failure: Failure | None = None
        self.retry_at: float | None = None
        """When the next attempt to connect begins, by the monotonic clock; None unless WAITING."""
        self.ask_code: Callable[[bool], Awaitable[str | None]] | None = None
        """Asks the user for a one-time password; True when one was wrong just now. None gives up."""
        self.tap = Tap()
        """Told of what every client of this session sends and receives, while it is on."""
        self.warnings: list[str] = []
        self.simulated = False
        """Whether the server is the demo's own."""
        self.on_lost: Callable[[], None] = lambda: None
        self.on_returned: Callable[[AsyncClient], None] = lambda client: None
        self._changed = changed
        self._codes_asked = 0

    @property
    def online(self) -> bool:
        """Calls can be sent now."""
        return self.state is State.ONLINE

    @property
    def cooldown(self) -> int:
        """Whole seconds until the server takes the next sign-in; 0 while none waits."""
        return 0 if self.client is None else math.ceil(self.client.login_wait)

    @property
    def slots(self) -> tuple[int, int]:
        """How many calls are with the server, and how many wait for their turn."""
        return self.client.slots if self.client is not None else (0, 0)

    @property
    def address(self) -> str:
        """The address in full once connected, before that as it was typed."""
        if self.simulated:
            return "built-in demo server"
        return self.client.endpoint.text if self.client is not None else self.target.address or "local socket"

    def online_client(self) -> AsyncClient:
        """The client to call now. Raises `Offline`."""
        if self.client is None or not self.online:
            raise Offline("There is no connection; nothing was sent.")
        return self.client

    def warn(self, text: str) -> None:
        """Keeps what the client warns of, once: the card tells it while it connects, a toast after that."""
        if text not in self.warnings:
            self.warnings.append(text)
            self._changed()

    def _to(self, state: State) -> None:
        self.state = state
        self._changed()

    # Connecting ------------------------------------------------------------------

    async def open(
        self,
        learn: Callable[[AsyncClient], Awaitable[None]],
        on_large: Callable[[LargeAnswer], Awaitable[None]],
        step: Step,
        otp: str | None,
    ) -> AsyncClient:
        """Connects, signs in and lets ``learn`` ask; ``step`` hears of each thing done. See `Session.open`."""
        self._to(State.CONNECTING)
        client: AsyncClient | None = None
        try:
            if not self.target.tls.verify:
                self.warn(
                    "Any certificate is accepted: another machine can intercept the connection and read or change it."
                )
            secret = await obtain(self.target, self.warn)
            client = client_of(
                self.target,
                step,
                hold_unsent=False,  # what the user does not see leave does not leave later
                on_warning=self.warn,
                on_large=on_large,
                tap=self.tap,
            )
            await client.connect()
            self.client, self.endpoint, self.host = client, client.endpoint, client.endpoint.name
            await sign_in(client, self.target, secret, self._codes(otp), step)
            await learn(client)
        except BaseException as error:
            self.client = None
            if client is not None:
                self.endpoint = client.endpoint
                await client.close()
            self.failure = explain_connecting(error, address=self.address)
            self._to(State.OFFLINE)
            raise
        self.failure = None
        self._to(State.ONLINE)
        return client

    def _codes(self, typed: str | None) -> Callable[[], Awaitable[str | None]]:
        """Gives the code that was typed, then those asked for: by then there is a workspace that can ask."""
        codes = [typed] if typed else []
        self._codes_asked = 0

        async def code() -> str | None:
            if codes:
                return codes.pop()
            if self.ask_code is None:
                return None
            self._codes_asked += 1
            return await self.ask_code(self._codes_asked > 1)

        return code

    def hasten(self) -> bool:
        """Cuts the pause short before the client connects again by itself; False where it is not about to."""
        if self.client is None or self.state not in (State.WAITING, State.CONNECTING):
            return False
        self.client.reconnect_now()
        return True

    async def drop(self) -> None:
        """Closes the client, if there is one."""
        client, self.client = self.client, None
        if client is not None:
            await client.close()

    # From connection to connection -------------------------------------------------

    async def follow(self, client: AsyncClient) -> None:
        """Follows the client from connection to connection, until there will be none any more."""
        async for status in client.states():
            if self.client is not client or self.state is State.CLOSED:
                return
            self._take(client, status)

    def _take(self, client: AsyncClient, status: Status) -> None:
        self.retry_at = None
        if status.state is ClientState.READY:
            if self.state in (State.WAITING, State.CONNECTING):
                self._returned(client)
            return
        if status.state is ClientState.CLOSED:
            return
        final = status.state is ClientState.FAILED
        self.failure = explain_loss(status.reason, address=self.address, final=final)
        self.latency = None
        self.on_lost()
        if status.state is ClientState.WAITING:
            self.retry_at = time.monotonic() + status.pause
        states = {ClientState.WAITING: State.WAITING, ClientState.FAILED: State.OFFLINE}
        self._to(states.get(status.state, State.CONNECTING))

    def _returned(self, client: AsyncClient) -> None:
        if not client.signed_in:
            # Nothing was kept to sign in with: the login had ended before the connection did.
            self.expire()
            return
        self.failure = None
        self._codes_asked = 0
        self._to(State.ONLINE)
        self.on_returned(client)

    def expire(self) -> None:
        """The server has ended the login."""
        self.failure = Failure("signed out", "The server ended this session.", "{session.reconnect} signs in again.")
        self._to(State.EXPIRED)

    async def measure(self, client: AsyncClient) -> None:
        """Measures the latency again and again."""
        while True:
            try:
                # A ping frame needs no call slot, so ten running jobs cannot make the server look dead.
                self.latency = await client.ping()
            except (exc.ClientException, TimeoutError):
                self.latency = None
            self._changed()
            await asyncio.sleep(PING_SECONDS)
