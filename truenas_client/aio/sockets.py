"""From an `Endpoint` to an open WebSocket.

What fails while connecting is a `ConnectError` (see `dialing`).

Invariants: redirects are reported, never followed; the proxies of the environment are
ignored; received messages are bounded; frames are never logged, at any log level,
because they hold secrets.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable
from typing import Any

from ..dialing import (
    NEXT_ADDRESS_SECONDS,
    ConnectLimits,
    handshaking,
    interleaved,
    none_answered,
    opening,
    resolving,
    websocket_url,
)
from ..endpoint import Endpoint
from ..trust import SYSTEM, TLS, context
from .websocket import Link

__all__ = ["ConnectLimits", "open_socket", "open_websocket"]


async def open_websocket(
    endpoint: Endpoint,
    *,
    tls: TLS = SYSTEM,
    limits: ConnectLimits | None = None,
    on_stage: Callable[[str], None] | None = None,
    through: Callable[[], socket.socket] | None = None,
) -> Link:
    """Connect and complete the WebSocket handshake.

    ``tls`` says which certificates are accepted. ``on_stage`` is called with the name of each
    stage that has succeeded. ``through``, called in a thread, connects to a forwarder in place of the server. Raises
    `ConnectError` and its subclasses. Cancelling closes all that was opened.
    """
    limits = limits or ConnectLimits()
    report = on_stage or (lambda stage: None)
    if through is None:
        sock = await open_socket(endpoint, limits=limits, on_stage=on_stage)
    else:
        sock = await asyncio.to_thread(through)
        sock.setblocking(False)
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
    return sock or none_answered(endpoint, failed)


async def _first_to_answer(
    addresses: list[Any], seconds: float, failed: list[tuple[str, OSError]]
) -> socket.socket | None:
    """Connect to the first address that answers; None when none does (RFC 8305, "happy eyeballs").

    The next address is tried when one has failed, or after `NEXT_ADDRESS_SECONDS`; the earlier attempts go on. Each
    attempt has ``seconds``. The failed addresses and their errors are added to ``failed``.
    """
    if len(addresses) == 1:  # no race, so no task for it
        try:
            return await _connected(addresses[0], seconds)
        except OSError as e:
            failed.append((addresses[0][4][0], e))
            return None
    waiting = deque(interleaved(addresses))
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
    with resolving(host):
        async with asyncio.timeout(seconds):
            return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)


async def _unix_socket(path: str, limits: ConnectLimits) -> socket.socket:
    with opening(path):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            async with asyncio.timeout(limits.connect):
                await asyncio.get_running_loop().sock_connect(sock, path)
        except BaseException:
            sock.close()
            raise
    return sock


async def _upgrade(
    endpoint: Endpoint, sock: socket.socket, tls: TLS, limits: ConnectLimits, report: Callable[[str], None]
) -> Link:
    secure: dict[str, Any] = {}
    if endpoint.is_tls:
        secure = {"ssl": context(tls), "ssl_handshake_timeout": limits.tls, "server_hostname": endpoint.server_name}
    url = websocket_url(endpoint)
    link: Link | None = None
    try:
        with handshaking(endpoint, limits, secure.get("ssl")):
            async with asyncio.timeout(limits.handshake + (limits.tls if endpoint.is_tls else 0)):
                _, link = await asyncio.get_running_loop().create_connection(lambda: Link(url), sock=sock, **secure)
                await link.opened()
                opened, link = link, None
    finally:
        if link is not None:
            link.transport.abort()
    if endpoint.is_tls:
        report("tls")
    report("handshake")
    return opened
