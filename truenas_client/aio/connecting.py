"""From what a person asked for to a greeted connection: addresses, dialects, options.

Invariants: another address is tried only where nothing answered, never after a
refusal; another path only where an address named none; a connection that comes
out of here has spoken and waits for its login.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from .. import endpoint as _endpoint
from ..endpoint import Endpoint
from ..engine.ddp import DDP
from ..engine.dialect import Dialect
from ..engine.jsonrpc import JSONRPC
from ..exc import CallTimeout, ConnectError, ConnectionLost, HandshakeRejected, MethodNotFound
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
        receiver: Receiver,
        *,
        tls: TLS,
        limits: ConnectLimits,
        private_methods: bool,
        on_stage: Callable[[str], None] | None,
        on_large: OnLarge | None = None,
    ) -> None:
        self._addresses = list(addresses)
        self._receiver = receiver
        self.tls, self.limits = tls, limits
        self._private_methods = private_methods
        self._on_stage = on_stage
        self._on_large = on_large
        self._aim_at(self._addresses[0])

    async def open(self) -> Connection:
        """A connection that waits for its login, at the first address where something answers."""
        for _ in range(1, len(self._addresses)):
            try:
                return await self._open_here()
            except ConnectError as e:
                if e.stage not in ("resolve", "connect"):
                    raise
            self._addresses.append(self._addresses.pop(0))
            self._aim_at(self._addresses[0])
        return await self._open_here()

    def _aim_at(self, address: str | None) -> None:
        self.endpoint: Endpoint = _endpoint.parse(address)
        self._may_fall_back = _endpoint.names_no_path(address)
        self.fell_back = False
        """Whether the old protocol is spoken though nobody asked for it."""

    async def _open_here(self) -> Connection:
        """Open, greet, set options."""
        try:
            return await self._open_at(self.endpoint)
        except HandshakeRejected as e:
            if e.status_code != 404 or not self._may_fall_back:
                raise
            older = _endpoint.with_path(self.endpoint, _endpoint.LEGACY_PATH)
            try:
                connection = await self._open_at(older)
            except HandshakeRejected:
                raise e from None  # neither is there: what was asked for is the better story
        self.endpoint, self._may_fall_back, self.fell_back = older, False, True
        return connection

    async def _open_at(self, endpoint: Endpoint) -> Connection:
        websocket = await open_websocket(endpoint, tls=self.tls, limits=self.limits, on_stage=self._on_stage)
        dialect: Dialect = DDP() if endpoint.is_legacy else JSONRPC()
        on_large = self._on_large
        through = None if on_large is None else lambda connection: LargeTexts(connection, on_large)
        connection = Connection(websocket, dialect, self._receiver, through=through, largest=self.limits.message)
        try:
            await self._hello(connection, endpoint)
        except BaseException:
            await connection.close()
            raise
        if self._on_stage is not None:
            self._on_stage("hello")
        # The local socket is signed in by the peer's user id before the first message.
        connection.signed_in = endpoint.socket is not None
        connection.local_user = os.getuid() if endpoint.socket is not None else None
        return connection

    async def _hello(self, connection: Connection, endpoint: Endpoint) -> None:
        dialect, timeout = connection.dialect, self.limits.hello
        try:
            await connection.greet(timeout)
            options = dialect.options(private_methods=self._private_methods)
            if options is not None:
                dialect.options_answered(await connection.call(*options, timeout))
        except MethodNotFound:
            dialect.options_answered(None)
        except CallTimeout as e:
            raise ConnectError(f"{endpoint.text}: connected, but the API does not answer", "hello") from e
        except ConnectionLost as e:
            if e.code == 1008:
                text = f"{endpoint.text}: this machine is not on the server's allow list"
                raise ConnectError(text, "allowed") from e
            raise ConnectError(f"{endpoint.text}: {e.error}", "hello") from e
