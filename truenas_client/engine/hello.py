"""From an address to a connection that waits for its login: which address, which protocol, the first messages.

Both parts are flows, as logins are. A flow is a generator: it yields what it needs, the driver sends it the result or
throws in the error, and it returns when it is done. The driver opens the connections and makes the calls.

Invariants: another address is tried only when nothing answered at this one, never after a refusal; the old protocol
is tried only when the address named no path and the server answered 404 at the new one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .. import endpoint as addresses
from ..endpoint import Endpoint
from ..exc import CallTimeout, ConnectError, ConnectionLost, HandshakeRejected, MethodNotFound
from .ddp import DDP
from .dialect import Dialect
from .jsonrpc import JSONRPC

__all__ = ["GREETING", "Approach", "dialect_for", "greeting", "hello"]

GREETING = ("", ())
"""What `hello` yields for the dialect's greeting, which is not a call."""


def dialect_for(endpoint: Endpoint) -> Dialect:
    """The dialect that is spoken at an address."""
    return DDP() if endpoint.is_legacy else JSONRPC()


class Approach:
    """The addresses of one server, the address in use, and the protocol that is spoken there."""

    def __init__(self, addresses_: Sequence[str | None]) -> None:
        self._addresses = list(addresses_)
        self._aim_at(self._addresses[0])

    def _aim_at(self, address: str | None) -> None:
        self.endpoint: Endpoint = addresses.parse(address)
        self._may_fall_back = addresses.names_no_path(address)
        self.fell_back = False
        """Whether the old protocol is spoken though the caller did not ask for it."""

    def steps(self) -> Generator[Endpoint, None, None]:
        """Yield the endpoints to try, one after the other.

        When an attempt fails, the driver throws in its error and gets the next endpoint, or the error that ends the
        search. When one succeeds, the driver calls `reached` and asks no further.
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
            raise rejected from None  # neither path exists: report the one that the caller asked for

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
        answer = None  # an older release has no options
    dialect.options_answered(answer)


@contextmanager
def greeting(endpoint: Endpoint) -> Iterator[None]:
    """Makes the calls of `hello`. What fails is a `ConnectError` that names the address and the stage."""
    try:
        yield
    except CallTimeout as e:
        raise ConnectError(f"{endpoint.text}: connected, but the API does not answer", "hello") from e
    except ConnectionLost as e:
        if e.code == 1008:
            raise ConnectError(f"{endpoint.text}: this machine is not on the server's allow list", "allowed") from e
        raise ConnectError(f"{endpoint.text}: {e.error}", "hello") from e
