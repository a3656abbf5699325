"""One sign-in that the agent keeps: its connection, made when it is needed, for all runs of midclt that need it.

Invariants: one login runs at a time, and its outcome is that of all that wait for it; a failed login is not tried again
before another run of midclt asks; the secret leaves this object towards the server only.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from truenas_client import AsyncClient
from truenas_client.aio.profile_login import sign_in
from truenas_client.exc import ClientException
from truenas_client.secrets.value import Ask, Secret
from truenas_client.storage import Profile

from .line import Line

__all__ = ["Failed", "Session", "identity", "now"]

SLOTS_FOR_LONG_CALLS = 7
"""The server runs ten calls of a connection at a time. So many long ones leave room for others (`ledger.JOB_SLOTS`)."""
LONG_SECONDS = 2.0


def now() -> float:
    """Seconds, those that the machine sleeps included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Failed(Exception):
    """The session could not be opened; ``stage`` is connect or login. Without an error the time was over."""

    def __init__(self, stage: str, error: ClientException | None = None) -> None:
        super().__init__(stage)
        self.stage, self.error = stage, error


def identity(profile: Profile) -> Profile:
    """What decides whether two profiles may share a connection: address, trust, user, and how it signs in."""
    return replace(profile, name="-", read_only=True, colour="", secret=Ask())


class Session:
    """A sign-in. ``profile`` is an `identity`."""

    def __init__(self, profile: Profile, secret: Secret) -> None:
        self.profile, self._secret = profile, secret
        self.client: AsyncClient | None = None
        self.opened = self.used = now()
        self.calls = 0
        self.users = 0
        """Tunnels and calls that use it now."""
        self.kept = False
        """Whether it is kept without being used: the user signed in with ``midclt login``."""
        self.over = False
        self._line: Line | None = None
        """To the run of midclt for which it is being opened."""
        self._opening: asyncio.Task[AsyncClient] | None = None
        self._under_way: dict[object, float] = {}

    @property
    def live(self) -> bool:
        """Whether it is signed in now."""
        return self.client is not None and self.client.connected and self.client.signed_in

    @property
    def busy(self) -> bool:
        """Whether long calls and jobs hold so many of the server's slots that others had to wait for their end."""
        if self.client is None:
            return False
        # A job holds its slot until it ends, though the call that started it is answered and its caller gone.
        since = now() - LONG_SECONDS
        recent = sum(began >= since for began in self._under_way.values())
        return self.client.slots[0] - recent >= SLOTS_FOR_LONG_CALLS

    def fits(self, profile: Profile, secret: Secret) -> bool:
        """Whether it is the sign-in of this profile with this secret."""
        return not self.over and self.profile == identity(profile) and self._secret == secret

    async def ready(self, line: Line) -> AsyncClient:
        """The signed-in client; it connects and signs in where that is needed. Raises `Failed`."""
        if self.client is not None and self.live:
            return self.client
        if self._opening is None:
            self._opening = asyncio.create_task(self._open(line))
            self._opening.add_done_callback(self._opened)
        return await asyncio.shield(self._opening)

    def _opened(self, task: asyncio.Task[AsyncClient]) -> None:
        self._opening = self._line = None
        if not task.cancelled():
            task.exception()  # those that waited have it

    async def _open(self, line: Line) -> AsyncClient:
        self._line = line
        if self.client is not None:
            await self.client.close()
        profile, until = self.profile, None
        if line.seconds:
            until = asyncio.get_running_loop().time() + line.seconds
        client = AsyncClient(
            profile.address,
            tls=profile.tls,
            also=profile.addresses[1:],
            call_timeout=None,
            reconnect=False,
            on_warning=self._warn,
        )
        stage = "connect"
        try:
            async with asyncio.timeout_at(until):
                await client.connect()
                stage = "login"
                old = client.dialect == "ddp"
                await sign_in(client, profile, secret=self._secret, otp_token=lambda: line.otp(old=old))
        except BaseException as e:
            await client.close()
            if isinstance(e, ClientException):
                raise Failed(stage, e) from e
            if isinstance(e, TimeoutError):
                raise Failed(stage) from e
            raise
        self.client = client
        self.used = now()
        if self.over:
            await client.close()
        return client

    def _warn(self, text: str) -> None:
        if self._line is not None:
            self._line.warn(text)

    @contextmanager
    def used_by_one(self) -> Iterator[None]:
        """Count a user of the session for the time of a block."""
        self.users += 1
        try:
            yield
        finally:
            self.users -= 1
            self.used = now()

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Count a call for the time of a block."""
        self.calls += 1
        call = object()
        self._under_way[call] = now()
        try:
            yield
        finally:
            del self._under_way[call]

    async def close(self) -> None:
        """Sign out, and forget the secret."""
        self.over, self._secret = True, Secret("")
        if self._opening is not None:
            self._opening.cancel()
        if self.client is not None:
            await self.client.close()

    def row(self) -> dict[str, Any]:
        """What ``agent status`` shows."""
        return {
            "address": self.profile.address,
            "user": self.profile.username,
            "mechanism": self.profile.mechanism,
            "signed_in": self.live,
            "age": round(now() - self.opened),
            "unused": 0 if self.users else round(now() - self.used),
            "calls": self.calls,
            "open": self.users,
        }
