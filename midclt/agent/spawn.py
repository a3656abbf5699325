"""Start the agent's process, once however many runs of midclt want one at a time.

The socket is bound and listens here, and the process inherits it: the first requests wait while the process loads.

Invariants: the socket never has another mode than 0600; one process at a time starts an agent, by a lock (flock) that
ends with the process that holds it; the agent inherits the environment's paths and language, and nothing else of it.
"""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress

from .place import connect, make_folder, socket_path

__all__ = ["IDLE", "LIFETIME", "listening", "start"]

IDLE, LIFETIME = 600.0, 8 * 3600.0
"""Seconds."""
START_SECONDS = 20.0
"""How long another run of midclt may take to start one."""

_PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
_PASSED_ON_BEGIN = ("LC_", "XDG_", "SSL_CERT_")


def start(*, idle: float = IDLE, lifetime: float = LIFETIME) -> tuple[socket.socket, bool]:
    """A connection to the agent, and whether it was started now. Raises OSError, such as `place.Unsafe`."""
    folder = make_folder()
    lock = os.open(os.path.join(folder, "agent.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _take(lock)
        sock = connect()
        if sock is not None:
            return sock, False
        _spawn(idle, lifetime)
        sock = connect()
        if sock is None:
            raise OSError("the agent ended at once")
        return sock, True
    finally:
        os.close(lock)


def _take(lock: int) -> None:
    until, pause = time.monotonic() + START_SECONDS, 0.005
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > until:
                raise OSError("another process is starting the agent and does not end") from None
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def listening() -> socket.socket:
    """A socket that listens at the agent's place. The caller has the lock, and nothing answers there."""
    path = socket_path()
    with suppress(FileNotFoundError):
        os.unlink(path)  # a dead agent's: the folder is this user's alone
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listener.bind(path)
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(mask)
    listener.listen(512)
    return listener


def _spawn(idle: float, lifetime: float) -> None:
    environment = {
        name: value for name, value in os.environ.items() if name in _PASSED_ON or name.startswith(_PASSED_ON_BEGIN)
    }
    with listening() as listener:
        words = [sys.executable, "-P", "-m", "midclt.agent", str(listener.fileno()), str(idle), str(lifetime)]
        process = subprocess.Popen(
            words,
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(listener.fileno(),),
            start_new_session=True,
        )
        process.returncode = 0  # it outlives this process, which never waits for it
