"""Open a connection to a server and greet it, up to the login.

`engine.hello` decides which address and which protocol to try. This module opens the connections and makes the calls.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence

from ..endpoint import DEFAULT_PATH, Endpoint
from ..engine.driven import Driven
from ..engine.hello import GREETING, Approach, dialect_for, greeting, hello
from ..engine.tap import Tap
from ..exc import ClientException
from ..trust import TLS
from .connection import Connection, Receiver
from .large import LargeTexts, OnLarge
from .sockets import ConnectLimits, open_websocket

__all__ = ["Dialer"]


class Dialer:
    """The addresses of one server and how to open a connection to it."""

    def __init__(
        self,
        addresses: Sequence[str | None],
        *,
        tls: TLS,
        limits: ConnectLimits,
        private_methods: bool,
        on_stage: Callable[[str], None] | None,
        on_large: OnLarge | None,
        tap: Tap | None,
        through: Callable[[], socket.socket] | None,
    ) -> None:
        self.approach = Approach(addresses)
        self.tls, self.limits = tls, limits
        self._private_methods = private_methods
        self._on_stage = on_stage
        self._on_large = on_large
        self._tap, self._through = tap, through

    async def open(self, receiver: Receiver) -> Connection:
        """Open a connection that waits for its login and tells ``receiver`` of events.

        Raises `ConnectError`. Cancelling closes all that was opened.
        """
        steps = self.approach.steps()
        endpoint = next(steps)
        while True:
            try:
                connection = await self._open_at(endpoint, receiver)
            except ClientException as e:
                endpoint = steps.throw(e)
            else:
                self.approach.reached(endpoint)
                return connection

    async def _open_at(self, endpoint: Endpoint, receiver: Receiver) -> Connection:
        through = self._through
        if through is not None:
            endpoint = endpoint._replace(scheme="ws", path=DEFAULT_PATH)
        link = await open_websocket(
            endpoint, tls=self.tls, limits=self.limits, on_stage=self._on_stage, through=through
        )
        on_large = self._on_large
        connection = Connection(
            link,
            dialect_for(endpoint),
            receiver,
            through=None if on_large is None else lambda connection: LargeTexts(connection, on_large),
            largest=self.limits.message,
            vigilance=self.limits.vigilance,
            tap=self._tap,
        )
        try:
            with greeting(endpoint):
                await self._greet(connection)
        except BaseException:
            await connection.close()
            raise
        if self._on_stage is not None:
            self._on_stage("hello")
        if endpoint.socket is not None:
            # On the local socket the server signs in the user of this process before the first message
            # (recorded: flow unix_socket_auto_login).
            connection.sign(True, os.getuid())
        elif through is not None:
            connection.sign(True)
        return connection

    async def _greet(self, connection: Connection) -> None:
        timeout = self.limits.hello
        steps = Driven(hello(connection.dialect, private_methods=self._private_methods))
        for step in steps:
            try:
                if step is GREETING:
                    await connection.greet(timeout)
                else:
                    steps.answer = await connection.call(*step, timeout)
            except ClientException as e:
                steps.failure = e
