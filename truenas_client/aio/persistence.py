"""What may become of a call that failed for want of a connection or a session.

Invariants: a call that had left and may have changed something is never sent
again; the caller's time limit holds over all attempts together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from ..engine.reconnecting import EXPECTED
from ..exc import CallTimeout, ConnectionLost, NotAuthenticated
from ..methods.risk import classify
from .connection import Connection
from .signin import SignIn
from .supervisor import Supervisor

__all__ = ["Persistence"]


class Persistence:
    """The second chances of one client's calls."""

    def __init__(
        self,
        supervisor: Supervisor,
        sign_in: SignIn,
        before_call: Callable[[Connection, str], None],
        *,
        reconnect: bool,
        hold_unsent: bool,
    ) -> None:
        self._supervisor, self._sign_in, self._before_call = supervisor, sign_in, before_call
        self._reconnect, self._hold_unsent = reconnect, hold_unsent

    async def once_more(
        self,
        connection: Connection,
        error: ConnectionLost | NotAuthenticated,
        method: str,
        params: Sequence[Any],
        timeout: float | None,
        repeat: bool | None,
    ) -> Any:
        """The outcome of a call that failed with this error on this connection."""
        if isinstance(error, NotAuthenticated):
            if method.startswith("auth.") or not await self.renewed(connection):
                raise error
            return await connection.call(method, params, timeout)
        if error.sent and method in EXPECTED:
            return None  # the end of the connection is what success looks like
        if not self._may_try(error, method, repeat):
            raise error
        return await self.wait_and_call(method, params, timeout, repeat)

    async def renewed(self, connection: Connection) -> bool:
        """Sign in again where a session ran out under us. False: it never was signed in, or nothing was kept.

        What was refused for want of a login never ran, so it may be sent again.
        """
        if not connection.signed_in or not self._sign_in.kept:
            return False
        await self._sign_in.renew(connection)
        return True

    async def begin(self, method: str, params: Sequence[Any], timeout: float | None, repeat: bool | None) -> Any:
        """The outcome of a call that is made while there is no connection."""
        if not self._hold_unsent:
            self._supervisor.present()
        return await self.wait_and_call(method, params, timeout, repeat)

    async def wait_and_call(
        self, method: str, params: Sequence[Any], timeout: float | None, repeat: bool | None
    ) -> Any:
        """Call on the next connection there is."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    connection = await self._supervisor.ready()
                    self._before_call(connection, method)
                    try:
                        return await connection.call(method, params, None)
                    except ConnectionLost as e:
                        if not self._may_try(e, method, repeat):
                            raise
        except TimeoutError:
            raise CallTimeout(f"{method}: no answer in {timeout:g} s, the connection was lost meanwhile") from None

    def _may_try(self, error: ConnectionLost, method: str, repeat: bool | None) -> bool:
        if not self._reconnect:
            return False
        if not error.sent:
            return self._hold_unsent
        return classify(method) == "read" if repeat is None else repeat
