"""From an `Endpoint` to an open WebSocket.

All exceptions of the libraries become ours here. A failure to connect is a
`ConnectError` that names its stage (resolve, connect, tls, handshake), and also the
builtin that a script may already catch.

Invariants: redirects are reported, never followed; the proxies of the environment are
ignored; received messages are bounded; frames are never logged, at any log level,
because they hold secrets.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from websockets.exceptions import InvalidHandshake, InvalidMessage, InvalidStatus

from ..endpoint import Endpoint
from ..engine.conversation import Vigilance
from ..exc import ConnectDenied, ConnectError, ConnectRefused, ConnectTimeout, HandshakeRejected, SocketNotFound
from ..trust import SYSTEM, TLS, context, tls_failure
from .websocket import Link

__all__ = ["ConnectLimits", "open_socket", "open_websocket"]


NEXT_ADDRESS_SECONDS = 0.25
"""How long to wait for one address before the next address of the host is tried too (RFC 8305, section 8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectLimits:
    """Seconds for each stage of connecting, and bytes of a message.

    The handshake may be slow: the first one on an older ``/api/v...`` path makes the server load its models.
    ``message`` bounds the bytes until a message is complete, after sign-in; before it the bound is
    `sizes.BEFORE_LOGIN`. Beyond the bound the connection ends. The largest answers of real servers have some hundred
    megabytes (``core.get_jobs`` and ``audit.query`` without a limit). ``vigilance`` holds the times of the watchdog.
    """

    resolve: float = 10.0
    connect: float = 10.0
    tls: float = 15.0
    handshake: float = 30.0
    hello: float = 30.0
    message: int = 2**30
    vigilance: Vigilance = field(default_factory=Vigilance)


async def open_websocket(
    endpoint: Endpoint,
    *,
    tls: TLS = SYSTEM,
    limits: ConnectLimits | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> Link:
    """Connect and complete the WebSocket handshake.

    ``tls`` says which certificates are accepted. ``on_stage`` is called with the name of each
    stage that has succeeded. Raises `ConnectError` and its subclasses. Cancelling closes all that was opened.
    """
    limits = limits or ConnectLimits()
    report = on_stage or (lambda stage: None)
    sock = await open_socket(endpoint, limits=limits, on_stage=on_stage)
    try:
        return await _upgrade(endpoint, sock, tls, limits, report)
    except BaseException:
        sock.close()
        raise


async def open_socket(
    endpoint: Endpoint, *, limits: ConnectLimits | None = None, on_stage: Callable[[str], None] | None = None
) -> socket.socket:
    """Connect to the server's port or UNIX socket and no further: no TLS, nothing sent.

    The socket does not block. Stages, errors and cancelling as for `open_websocket`.
    """
    limits = limits or ConnectLimits()
    report = on_stage or (lambda stage: None)
    if endpoint.socket:
        sock = await _unix_socket(endpoint.socket, limits)
    else:
        sock = await _tcp_socket(endpoint, limits, report)
    report("connect")
    return sock


async def _tcp_socket(endpoint: Endpoint, limits: ConnectLimits, report: Callable[[str], None]) -> socket.socket:
    addresses = await _addresses(endpoint.host, endpoint.port, limits.resolve)
    report("resolve")
    failed: list[tuple[str, OSError]] = []
    sock = await _first_to_answer(addresses, limits.connect, failed)
    if sock is None:
        # Report the most telling error: a refusal comes from the server itself, other errors from this machine.
        kinds = (ConnectionRefusedError, TimeoutError, OSError)
        error = next(error for kind in kinds for _, error in failed if isinstance(error, kind))
        tried = ", ".join(f"{address} {_short(error)}" for address, error in failed)
        where = f"{endpoint.host_text}:{endpoint.port}"
        raise _connect_failure(error, where, f" ({tried})" if len(failed) > 1 else "") from error
    return sock


async def _first_to_answer(
    addresses: list[Any], seconds: float, failed: list[tuple[str, OSError]]
) -> socket.socket | None:
    """Connect to the first address that answers; None when none does (RFC 8305, "happy eyeballs").

    The next address is tried when one has failed, or after `NEXT_ADDRESS_SECONDS`; the earlier attempts go on. Each
    attempt has ``seconds``. The failed addresses and their errors are added to ``failed``.
    """
    waiting = deque(_interleaved(addresses))
    tries: dict[asyncio.Task[socket.socket], str] = {}
    try:
        while waiting or tries:
            if waiting:
                address = waiting.popleft()
                tries[asyncio.create_task(_connected(address, seconds))] = address[4][0]
            done, _ = await asyncio.wait(
                tries, timeout=NEXT_ADDRESS_SECONDS if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in [task for task in tries if task in done]:
                error = task.exception()
                if error is None:
                    del tries[task]
                    return task.result()
                if not isinstance(error, OSError):
                    raise error
                failed.append((tries.pop(task), error))
        return None
    finally:
        for task in tries:
            task.cancel()
            task.add_done_callback(_close_late)


def _close_late(task: asyncio.Task[socket.socket]) -> None:
    """Close the socket of an attempt that succeeded after another one had won."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()


def _interleaved(addresses: list[Any]) -> list[Any]:
    """The resolver's order with IPv6 and IPv4 taking turns, because a network may carry only one of them."""
    families = [address[0] == addresses[0][0] for address in addresses]
    first = [address for address, same in zip(addresses, families, strict=True) if same]
    other = [address for address, same in zip(addresses, families, strict=True) if not same]
    return [address for pair in zip_longest(first, other) for address in pair if address is not None]


async def _connected(address: Any, seconds: float) -> socket.socket:
    family, kind, protocol, _, where = address
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(sock, where)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock


async def _addresses(host: str, port: int, seconds: float) -> list[Any]:
    # A numeric address needs no name service, and so no thread to wait for one.
    with contextlib.suppress(socket.gaierror, UnicodeError):
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise ConnectTimeout(f"No answer from the name service for {host}", "resolve", errno.ETIMEDOUT) from None
    except (socket.gaierror, UnicodeError) as e:
        raise ConnectError(f"Host {host!r} not found", "resolve") from e


def _connect_failure(error: OSError, where: str, tried: str = "") -> ConnectError:
    # The TimeoutError of asyncio.timeout is an OSError too, but has no errno.
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


async def _unix_socket(path: str, limits: ConnectLimits) -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):
        raise ConnectError("This system has no UNIX sockets: give the address of a server", "connect")
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        async with asyncio.timeout(limits.connect):
            await asyncio.get_running_loop().sock_connect(sock, path)
    except BaseException as e:
        sock.close()
        if isinstance(e, FileNotFoundError):
            raise SocketNotFound(
                f"There is no socket {path}: this machine is no TrueNAS, or give an address", "connect", e.errno
            ) from e
        if isinstance(e, PermissionError):
            raise ConnectDenied(f"User {os.getuid()} may not open {path}", "connect", e.errno) from e
        if isinstance(e, OSError):
            failure = _connect_failure(e, path)
            if isinstance(failure, ConnectRefused):
                failure = ConnectRefused(
                    f"{path} refuses connections: the middleware is not running (yet)", "connect", e.errno
                )
            raise failure from e
        raise
    return sock


async def _upgrade(
    endpoint: Endpoint, sock: socket.socket, tls: TLS, limits: ConnectLimits, report: Callable[[str], None]
) -> Link:
    where = endpoint.text
    secure: dict[str, Any] = {}
    if endpoint.is_tls:
        secure = {"ssl": context(tls), "ssl_handshake_timeout": limits.tls, "server_hostname": endpoint.host}
    scheme = "wss" if endpoint.is_tls else "ws"
    url = f"{scheme}://{endpoint.host_text}:{endpoint.port or 80}{endpoint.path}"
    link: Link | None = None
    try:
        async with asyncio.timeout(limits.handshake + (limits.tls if endpoint.is_tls else 0)):
            _, link = await asyncio.get_running_loop().create_connection(lambda: Link(url), sock=sock, **secure)
            await link.opened()
            opened, link = link, None
    except ssl.SSLError as e:
        raise tls_failure(endpoint, e, secure.get("ssl")) from e
    except ConnectionAbortedError as e:  # asyncio raises this after ssl_handshake_timeout
        raise ConnectTimeout(f"{where}: no TLS answer in {limits.tls:g} s", "tls", errno.ETIMEDOUT) from e
    except InvalidStatus as e:
        raise _rejected(where, e) from e
    except InvalidMessage as e:
        raise HandshakeRejected(f"{where}: the port does not speak HTTP (if it needs TLS, use wss://)") from e
    except InvalidHandshake as e:
        raise HandshakeRejected(f"{where}: the WebSocket handshake failed: {e}") from e
    except TimeoutError:
        raise ConnectTimeout(
            f"{where}: connected, but no WebSocket answer in {limits.handshake:g} s", "handshake", errno.ETIMEDOUT
        ) from None
    except OSError as e:
        why = str(e.strerror or e) or "the server closed it"
        text = f"{where}: the connection broke during the handshake: {why}"
        if endpoint.is_tls:
            plain = f"ws://{endpoint.host_text}:{endpoint.port}{endpoint.path}"
            text += f". If that port does not speak TLS, the address is {plain}"
        raise ConnectError(text, "handshake") from e
    finally:
        if link is not None:
            link.transport.abort()
    if endpoint.is_tls:
        report("tls")
    report("handshake")
    return opened


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
