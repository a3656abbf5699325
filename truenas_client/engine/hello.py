"""From an address to a connection that waits for its login: which address, which protocol, the first messages.

Both are flows, as logins are: a generator yields what it needs, is sent what came of it, or is thrown the error, and
returns when it has what it wants. The drivers open the connections and make the calls.

Invariants: another address is tried only where nothing answered, never after a refusal; the old protocol only where
an address named no path and the server has none at the new one.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from .. import endpoint as addresses
from ..endpoint import Endpoint
from ..exc import CallTimeout, ClientException, ConnectError, ConnectionLost, HandshakeRejected, MethodNotFound
from .ddp import DDP
from .dialect import Dialect
from .jsonrpc import JSONRPC

__all__ = ["GREETING", "Approach", "dialect_for", "hello", "hello_failed"]

GREETING = ("", ())
"""What `hello` yields for the message that has to come first, which is no call."""


def dialect_for(endpoint: Endpoint) -> Dialect:
    """The dialect that is spoken at an address."""
    return DDP() if endpoint.is_legacy else JSONRPC()


class Approach:
    """The addresses of one server, the one in use, and what is known of its protocol."""

    def __init__(self, addresses_: Sequence[str | None]) -> None:
        self._addresses = list(addresses_)
        self._aim_at(self._addresses[0])

    def _aim_at(self, address: str | None) -> None:
        self.endpoint: Endpoint = addresses.parse(address)
        self._may_fall_back = addresses.names_no_path(address)
        self.fell_back = False
        """Whether the old protocol is spoken though the caller did not ask for it."""

    def steps(self) -> Generator[Endpoint, None, None]:
        """Yield the endpoints to be tried, each after the error of the one before was thrown in.

        Raises the error that ends the search. Closed by the driver at the first success: `endpoint` is that one.
        """
        for left in reversed(range(len(self._addresses))):
            try:
                yield from self._here()
                return
            except ConnectError as e:
                if e.stage not in ("resolve", "connect") or not left:
                    raise
            self._addresses.append(self._addresses.pop(0))
            self._aim_at(self._addresses[0])

    def _here(self) -> Generator[Endpoint, None, None]:
        asked_for = self.endpoint
        try:
            yield asked_for
            return
        except HandshakeRejected as e:
            if e.status_code != 404 or not self._may_fall_back:
                raise
            rejected = e
        try:
            yield addresses.with_path(asked_for, addresses.LEGACY_PATH)
        except HandshakeRejected:
            raise rejected from None  # neither is there: what was asked for is the better story

    def reached(self, endpoint: Endpoint) -> None:
        """Note that this endpoint of `steps` answered: later connections begin there."""
        if endpoint != self.endpoint:
            self.endpoint, self._may_fall_back, self.fell_back = endpoint, False, True


def hello(
    dialect: Dialect, *, private_methods: bool, py_exceptions: bool = False
) -> Generator[tuple[str, Sequence[Any]], Any, None]:
    """Yield the first calls of a connection: method and parameters, or `GREETING`."""
    yield GREETING
    options = dialect.options(private_methods=private_methods, py_exceptions=py_exceptions)
    if options is None:
        return
    try:
        answer = yield options
    except MethodNotFound:
        answer = None  # a release without them
    dialect.options_answered(answer)


def hello_failed(endpoint: Endpoint, error: ClientException) -> ClientException:
    """What an error of these calls is called."""
    if isinstance(error, CallTimeout):
        return ConnectError(f"{endpoint.text}: connected, but the API does not answer", "hello")
    if isinstance(error, ConnectionLost) and error.code == 1008:
        return ConnectError(f"{endpoint.text}: this machine is not on the server's allow list", "allowed")
    if isinstance(error, ConnectionLost):
        return ConnectError(f"{endpoint.text}: {error.error}", "hello")
    return error
