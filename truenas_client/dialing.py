"""What both drivers share about making a connection: its limits, the order of addresses, and what a failure is called.

The one border where foreign exceptions become ours: what fails while connecting is a `ConnectError` that names its
stage (resolve, connect, tls, handshake) and is at once the builtin a script may already catch. The drivers do each
stage inside a context manager of this module. No I/O here.
"""

from __future__ import annotations

import errno
import math
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from .endpoint import Endpoint
from .engine.conversation import Vigilance
from .exc import ConnectDenied, ConnectError, ConnectRefused, ConnectTimeout, HandshakeRejected, SocketNotFound
from .light_websockets import InvalidHandshake, InvalidMessage, InvalidStatus

if TYPE_CHECKING:
    from ssl import SSLContext

__all__ = [
    "NEXT_ADDRESS_SECONDS",
    "ConnectLimits",
    "handshaking",
    "interleaved",
    "no_host",
    "none_answered",
    "opening",
    "resolving",
    "websocket_url",
]

NEXT_ADDRESS_SECONDS = 0.25
"""How long an address may be silent before the next one of its name is tried too (RFC 8305, section 8)."""


class ConnectLimits(NamedTuple):
    """Seconds for each stage (the handshake may be slow right after a server has started), and bytes of a message.

    ``message`` bounds what the server may send until a message is complete, once a user is signed in; before that it
    is `sizes.BEFORE_LOGIN`. Beyond the bound the connection ends. The largest answers of real servers have some hundred
    megabytes (``core.get_jobs`` and ``audit.query`` without a limit). ``vigilance`` tells when a silent connection is
    doubted.
    """

    resolve: float = 10.0
    connect: float = 10.0
    tls: float = 15.0
    handshake: float = 30.0
    hello: float = 30.0
    message: int = 2**30
    vigilance: Vigilance = Vigilance()
    until: float = math.inf
    """When all stages together must be done, by `time.monotonic`. The blocking driver keeps it."""

    def left(self, seconds: float) -> float:
        """How much of a stage's time there is before ``until``. Never 0, which would mean "do not wait" to a socket."""
        return max(0.001, min(seconds, self.until - monotonic()))


def websocket_url(endpoint: Endpoint) -> str:
    """The URL that the opening handshake names."""
    scheme = "wss" if endpoint.is_tls else "ws"
    named = endpoint._replace(host=endpoint.server_name)
    return f"{scheme}://{named.host_text}:{endpoint.port or 80}{endpoint.path}"


def interleaved(addresses: list[Any]) -> list[Any]:
    """The resolver's order, with the two families taking turns: a network may carry only one of them."""
    families = [address[0] == addresses[0][0] for address in addresses]
    first = [address for address, same in zip(addresses, families, strict=True) if same]
    other = [address for address, same in zip(addresses, families, strict=True) if not same]
    return [address for pair in zip_longest(first, other) for address in pair if address is not None]


# -- failures: each names what is done inside it -----------------------------------------------


@contextmanager
def resolving(host: str) -> Iterator[None]:
    """Asks the name service."""
    try:
        yield
    except TimeoutError:
        raise ConnectTimeout(f"No answer from the name service for {host}", "resolve", errno.ETIMEDOUT) from None
    except (socket.gaierror, UnicodeError) as e:
        raise no_host(host) from e


def no_host(host: str) -> ConnectError:
    """The name service does not know the name."""
    return ConnectError(f"Host {host!r} not found", "resolve")


def none_answered(endpoint: Endpoint, failed: list[tuple[str, OSError]]) -> NoReturn:
    """Raise that none of the addresses that were tried has answered."""
    # A refusal comes from the server and tells most; an error of this machine's network tells least.
    kinds = (ConnectionRefusedError, TimeoutError, OSError)
    error = next(error for kind in kinds for _, error in failed if isinstance(error, kind))
    tried = ", ".join(f"{address} {_short(error)}" for address, error in failed)
    where = f"{endpoint.host_text}:{endpoint.port}"
    raise _connect_failure(error, where, f" ({tried})" if len(failed) > 1 else "") from error


@contextmanager
def opening(path: str) -> Iterator[None]:
    """Makes a UNIX socket and connects it."""
    if not hasattr(socket, "AF_UNIX"):
        raise ConnectError("This system has no UNIX sockets: give the address of a server", "connect")
    try:
        yield
    except FileNotFoundError as e:
        text = f"There is no socket {path}: this machine is no TrueNAS, or give an address"
        raise SocketNotFound(text, "connect", e.errno) from e
    except PermissionError as e:
        raise ConnectDenied(f"User {os.getuid()} may not open {path}", "connect", e.errno) from e
    except ConnectionRefusedError as e:
        text = f"{path} refuses connections: the middleware is not running (yet)"
        raise ConnectRefused(text, "connect", e.errno) from e
    except OSError as e:
        raise _connect_failure(e, path) from e


@contextmanager
def handshaking(
    endpoint: Endpoint, limits: ConnectLimits, made: SSLContext | None = None, *, only_tls: bool = False
) -> Iterator[None]:
    """Makes the handshake of TLS (with this context), of WebSocket, or of both."""
    try:
        yield
    except InvalidHandshake as e:
        raise _refused(endpoint, e) from e
    except TimeoutError:
        if only_tls:
            raise _no_tls_answer(endpoint, limits) from None
        text = f"{endpoint.text}: connected, but no WebSocket answer in {limits.handshake:g} s"
        raise ConnectTimeout(text, "handshake", errno.ETIMEDOUT) from None
    except OSError as e:
        raise _broken(endpoint, limits, made, e) from e


def _refused(endpoint: Endpoint, error: InvalidHandshake) -> HandshakeRejected:
    """What answered does not speak WebSocket, or will not with us."""
    if isinstance(error, InvalidStatus):
        return _rejected(endpoint.text, error)
    if isinstance(error, InvalidMessage):
        return HandshakeRejected(f"{endpoint.text}: the port does not speak HTTP (if it needs TLS, use wss://)")
    return HandshakeRejected(f"{endpoint.text}: the WebSocket handshake failed: {error}")


def _no_tls_answer(endpoint: Endpoint, limits: ConnectLimits) -> ConnectTimeout:
    return ConnectTimeout(f"{endpoint.text}: no TLS answer in {limits.tls:g} s", "tls", errno.ETIMEDOUT)


def _broken(endpoint: Endpoint, limits: ConnectLimits, made: SSLContext | None, error: OSError) -> ConnectError:
    if made is not None:
        import ssl

        from .trust import tls_failure

        if isinstance(error, ssl.SSLError):
            return tls_failure(endpoint, error, made)
        if isinstance(error, ConnectionAbortedError) and error.errno is None:
            return _no_tls_answer(endpoint, limits)  # so asyncio says that its ssl_handshake_timeout is over
    why = str(error.strerror or error) or "the server closed it"
    text = f"{endpoint.text}: the connection broke during the handshake: {why}"
    if endpoint.is_tls:
        plain = f"ws://{endpoint.host_text}:{endpoint.port}{endpoint.path}"
        text += f". If that port does not speak TLS, the address is {plain}"
    return ConnectError(text, "handshake")


def _connect_failure(error: OSError, where: str, tried: str = "") -> ConnectError:
    # A TimeoutError of a driver's own limit is an OSError too, without a number.
    if isinstance(error, TimeoutError):
        text = f"{where} does not answer: check the address, and that the machine is up{tried}"
        return ConnectTimeout(text, "connect", errno.ETIMEDOUT)
    if isinstance(error, ConnectionRefusedError):
        text = f"{where} refuses connections: nothing listens on that port{tried}"
        return ConnectRefused(text, "connect", error.errno)
    return ConnectError(f"{where} cannot be reached: {error.strerror or error}{tried}", "connect", error.errno)


def _short(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "does not answer"
    return "refuses" if isinstance(error, ConnectionRefusedError) else f"fails: {error.strerror or error}"


def _rejected(where: str, error: InvalidStatus) -> HandshakeRejected:
    status = error.response.status_code
    location = error.response.headers.get("Location")
    if status == 404:
        text = f"{where}: HTTP 404. It is not a TrueNAS, or older than 25.04, or the path is wrong"
    elif location is not None and 300 <= status < 400:
        text = f"{where}: HTTP {status}. The server redirects to {location!r}; give that address (wss:// for https://)"
    elif status in (200, 400, 426):
        text = f"{where}: HTTP {status}. A web server answered, not a TrueNAS API (if the port needs TLS, use wss://)"
    elif status >= 500:
        text = f"{where}: HTTP {status}. The web server is up and the middleware behind it is not (yet)"
    else:
        text = f"{where}: HTTP {status}. The server refuses the connection"
    return HandshakeRejected(text, status)
