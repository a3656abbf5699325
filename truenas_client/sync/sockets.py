"""From an `Endpoint` to a connected socket, by blocking calls that Ctrl-C ends.

Invariants: every stage has its limit; a socket is closed when a later stage fails; ssl is imported for TLS only.
"""

from __future__ import annotations

import contextlib
import errno
import os
import random
import select
import socket
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..bounded import in_time
from ..dialing import (
    NEXT_ADDRESS_SECONDS,
    ConnectLimits,
    handshaking,
    interleaved,
    no_host,
    none_answered,
    opening,
    resolving,
)
from ..endpoint import Endpoint

if TYPE_CHECKING:
    from ..tls_choice import TLS

__all__ = ["ReserveFDException", "open_socket", "wait_for"]

RESERVED_PORTS = range(600, 1024)
"""The ports that the official client binds to as reserved ones. Services use those below."""


class ReserveFDException(Exception):
    """No reserved port of this machine can be used: all are taken, or this user may not use them."""


def open_socket(
    endpoint: Endpoint, *, tls: TLS | None, limits: ConnectLimits, reserved_ports: bool = False
) -> socket.socket:
    """A connected socket, TLS included (``tls`` None: the system's authorities decide). Raises `ConnectError`."""
    if endpoint.socket:
        sock = _unix_socket(endpoint.socket, limits)
    else:
        sock = _tcp_socket(endpoint, limits, reserved_ports)
    if not endpoint.is_tls:
        return sock
    try:
        return _secured(endpoint, sock, tls, limits)
    except BaseException:
        sock.close()
        raise


def wait_for(sock: socket.socket, seconds: float) -> bool:
    """Wait until the socket can be read; False when the time is over."""
    return bool(_ready([sock], seconds, writing=False))


def _ready(socks: list[socket.socket], seconds: float, *, writing: bool) -> list[socket.socket]:
    if not hasattr(select, "poll"):
        lists = ([], socks, socks) if writing else (socks, [], socks)
        readable, writable, failed = select.select(*lists, max(seconds, 0))
        return [sock for sock in socks if sock in readable or sock in writable or sock in failed]
    poll = select.poll()
    for sock in socks:
        poll.register(sock, select.POLLOUT if writing else select.POLLIN)
    found = {number for number, _ in poll.poll(max(seconds, 0) * 1000)}
    return [sock for sock in socks if sock.fileno() in found]


def _secured(endpoint: Endpoint, sock: socket.socket, tls: TLS | None, limits: ConnectLimits) -> socket.socket:
    from ..tls_choice import SYSTEM
    from ..trust import context

    made = context(tls or SYSTEM)
    sock.settimeout(limits.left(limits.tls))
    secure = None
    try:
        with handshaking(endpoint, limits, made, only_tls=True):
            secure = made.wrap_socket(sock, server_hostname=endpoint.server_name, do_handshake_on_connect=False)
            secure.do_handshake()
    except BaseException:
        if secure is not None:
            secure.close()
        raise
    return secure


def _unix_socket(path: str, limits: ConnectLimits) -> socket.socket:
    with opening(path):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(limits.left(limits.connect))
            sock.connect(path)
        except BaseException:
            sock.close()
            raise
    return sock


def _tcp_socket(endpoint: Endpoint, limits: ConnectLimits, reserved_ports: bool) -> socket.socket:
    addresses = _addresses(endpoint.host, endpoint.port, limits.left(limits.resolve))
    if reserved_ports:
        addresses = [address for address in addresses if address[0] == socket.AF_INET]
        if not addresses:
            raise no_host(f"{endpoint.host} (IPv4, as reserved ports need)")
    failed: list[tuple[str, OSError]] = []
    sock = _first_to_answer(addresses, limits.left(limits.connect), failed, reserved_ports)
    return sock or none_answered(endpoint, failed)


def _addresses(host: str, port: int, seconds: float) -> list[Any]:
    # A numeric address needs no name service, and so no thread to wait for one.
    with contextlib.suppress(socket.gaierror, UnicodeError):
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    with resolving(host):
        return in_time(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), seconds)


def _first_to_answer(
    addresses: list[Any], seconds: float, failed: list[tuple[str, OSError]], reserved_ports: bool
) -> socket.socket | None:
    """Connect to the first address that answers; None when none does (RFC 8305, "happy eyeballs").

    The next address is tried when one has failed, or after `NEXT_ADDRESS_SECONDS`; the earlier attempts go on. Each
    attempt has ``seconds``. The failed addresses and their errors are added to ``failed``.
    """
    waiting = deque(interleaved(addresses))
    tries: dict[socket.socket, tuple[str, float]] = {}
    try:
        while waiting or tries:
            if waiting:
                family, kind, protocol, _, where = waiting.popleft()
                sock = _reserved(family, kind, protocol) if reserved_ports else socket.socket(family, kind, protocol)
                tries[sock] = (where[0], monotonic() + seconds)
                sock.setblocking(False)
                number = sock.connect_ex(where)
                if number not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
                    del tries[sock]
                    sock.close()
                    failed.append((where[0], OSError(number, os.strerror(number))))
                    continue
            pause = min(until for _, until in tries.values()) - monotonic()
            answered = _ready(list(tries), min(pause, NEXT_ADDRESS_SECONDS) if waiting else pause, writing=True)
            for sock in [*tries]:
                where_text, until = tries[sock]
                if sock not in answered and monotonic() < until:
                    continue
                del tries[sock]
                number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if sock in answered else errno.ETIMEDOUT
                if number == 0:
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    return sock
                sock.close()
                # OSError makes the subclass that fits the number.
                failed.append((where_text, OSError(number, os.strerror(number))))
        return None
    finally:
        for sock in tries:
            sock.close()


def _reserved(family: int, kind: int, protocol: int) -> socket.socket:
    """A socket bound to a free reserved port. The order of attempts is random, because other programs take them too."""
    ports = [*RESERVED_PORTS]
    random.shuffle(ports)
    sock = socket.socket(family, kind, protocol)
    for port in ports:
        try:
            sock.bind(("", port))
        except PermissionError as e:
            sock.close()
            raise ReserveFDException("This user may not use the reserved ports of this machine (root may)") from e
        except OSError:
            continue
        return sock
    sock.close()
    raise ReserveFDException("All reserved ports of this machine are taken")
