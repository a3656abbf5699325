"""Where the agent listens, and whether that place is the user's alone.

Invariants: the socket stands in a folder of mode 0700 that belongs to this user and is no link; nothing is sent to a
socket that is a link, belongs to another user or is open to one, nor to a process of another user.
"""

from __future__ import annotations

import _socket  # what `socket` puts around it takes as long to load as a call through the agent has
import os
import stat
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

__all__ = ["PATIENCE", "Unsafe", "connect", "dial", "folder", "make_folder", "peer_uid", "socket_path"]

PATIENCE = 15.0
"""Seconds that an agent may take to accept a connection, and to say the first thing: it may be loading."""


class Unsafe(OSError):
    """The place is not this user's alone, so no agent is used. The text says what is wrong."""


def folder() -> str:
    """The folder of the agent: in the runtime folder of the session where there is one, else in the user's cache."""
    root = os.environ.get("XDG_RUNTIME_DIR", "").strip()
    try:
        # After `sudo` it may be that of another user.
        if root and os.stat(root).st_uid == os.geteuid():
            return os.path.join(root, "truenas-client")
    except OSError:
        pass
    root = os.environ.get("XDG_CACHE_HOME", "").strip() or os.path.expanduser("~/.cache")
    return os.path.join(root, "truenas-client", "agent")


def socket_path() -> str:
    """The path of the agent's socket."""
    return os.path.join(folder(), "agent.sock")


def make_folder() -> str:
    """Make the folder where it is missing, check it, and return its path. Raises OSError, such as `Unsafe`."""
    path = folder()
    os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
    if not os.path.lexists(path):
        os.makedirs(path, 0o700, exist_ok=True)  # another program may be quicker
    _check(path, os.lstat(path), stat.S_ISDIR, "folder", 700)
    return path


def _check(path: str, status: os.stat_result, is_kind: Callable[[int], bool], noun: str, mode: int) -> None:
    if not is_kind(status.st_mode):
        what = "a symbolic link" if stat.S_ISLNK(status.st_mode) else f"no {noun}"
        raise Unsafe(f"{path} is {what}: remove it")
    if status.st_uid != os.geteuid():
        raise Unsafe(f"{path} belongs to user {status.st_uid}: remove it")
    if status.st_mode & 0o077:
        raise Unsafe(f"other users may open {path}: chmod {mode} {path}")


def dial() -> _socket.socket | None:
    """A connection to the running agent, None where none runs. Raises OSError, such as `Unsafe`."""
    path = socket_path()
    try:
        _check(os.path.dirname(path), os.lstat(os.path.dirname(path)), stat.S_ISDIR, "folder", 700)
        _check(path, os.lstat(path), stat.S_ISSOCK, "socket", 600)
    except (FileNotFoundError, NotADirectoryError):
        return None
    sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        sock.settimeout(PATIENCE)
        sock.connect(path)
        if (peer := peer_uid(sock)) != os.geteuid():
            raise Unsafe(f"{path} leads to a process of user {peer}: remove it")
        sock.settimeout(None)
    except BaseException as e:
        sock.close()
        if isinstance(e, (FileNotFoundError, ConnectionRefusedError)):
            return None
        raise
    return sock


def connect() -> socket.socket | None:
    """As `dial`, for those that have the time for a whole `socket`."""
    import socket

    sock = dial()
    return socket.socket(fileno=sock.detach()) if sock is not None else None


def peer_uid(sock: _socket.socket) -> int | None:
    """The user of the process at the other end; None where this system does not tell."""
    if hasattr(_socket, "SO_PEERCRED"):
        return int.from_bytes(sock.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)[4:8], sys.byteorder)
    if sys.platform == "darwin":
        # struct xucred: a version, then the user.
        return int.from_bytes(sock.getsockopt(0, 1, 76)[4:8], sys.byteorder)
    return None
