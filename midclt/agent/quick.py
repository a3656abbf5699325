"""The quick way: a plain call, made by an agent that has the sign-in already.

Which sign-in is meant is told by a key: the configuration file, as it is at this moment, and the name of the profile.
So nothing of the core is loaded here, and no file is read. Where the agent cannot answer, or more is wanted than the
text of a result, midclt takes its usual way, which may lead through the agent too (`joining`).

Invariants: an option or a variable that says otherwise than the profile keeps the agent out; a call that may have run
is not made a second time.
"""

from __future__ import annotations

import os
import socket
import sys

from .place import Unsafe, dial
from .wire import AgentGone, Channel, request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

__all__ = ["MODES", "ask", "key_of", "mode_of", "other_wishes", "put"]

MODES = ("auto", "never", "require")
GRACE = 5.0
"""Seconds that the agent may take longer than the call is allowed to."""


def mode_of(options: Namespace) -> str:
    """Whether the agent is used: ``--agent``, else MIDCLT_AGENT, else auto."""
    return str(options.agent or os.environ.get("MIDCLT_AGENT") or "auto")


def other_wishes(options: Namespace) -> str | None:
    """What says otherwise than the profile about where and how to sign in; None where nothing does."""
    given = vars(options)
    for name in ("uri", "username", "password", "api_key", "ca", "insecure", "plain", "no_channel_binding"):
        if given.get(name):
            return f"--{name.replace('_', '-')}"
    for name in ("TRUENAS_URI", "TRUENAS_USERNAME", "TRUENAS_PASSWORD", "TRUENAS_API_KEY"):
        if os.environ.get(name):
            return name
    return None


def key_of(options: Namespace) -> list[str] | None:
    """What names the sign-in to the agent; None where there is no configuration."""
    if sys.platform == "linux":
        root = os.environ.get("XDG_CONFIG_HOME", "").strip() or os.path.expanduser("~/.config")
        path = f"{root}/truenas-client/config.toml"
    else:
        from truenas_client.storage.paths import config_path

        path = str(config_path())
    try:
        status = os.stat(path)
    except OSError:
        return None
    name = options.profile or os.environ.get("TRUENAS_PROFILE") or ""
    return [path, str(status.st_mtime_ns), str(status.st_size), str(status.st_ino), name]


def ask(options: Namespace) -> dict[str, Any] | None:
    """Have a plain call made: its ``text``, its ``error``, or ``gone``. None: it was not made; take the usual way."""
    if not _is_plain(options) or not hasattr(socket, "AF_UNIX") or os.name != "posix":
        return None
    timeout = _timeout(options)
    key = key_of(options) if timeout is not None else None
    if timeout is None or key is None:
        return None
    try:
        sock = dial()
    except (Unsafe, OSError):
        return None  # the usual way tells it
    if sock is None:
        return None
    method, *words = options.method
    sock.settimeout(timeout + GRACE)
    channel, is_made = Channel(sock), False
    try:
        reply = channel.ask(
            request("call", key=key, method=method, words=words, timeout=timeout, write=bool(options.write))
        )
        while "on" in reply:
            is_made = True
            reply = channel.receive()
        if "size" in reply:
            return {"text": channel.read(int(reply["size"]))}
    except (AgentGone, TimeoutError):
        return {"gone": True} if is_made else None
    finally:
        sock.close()
    return reply if "error" in reply else None


def _is_plain(options: Namespace) -> bool:
    """Whether the text of the result is all that is wanted."""
    if mode_of(options) == "never" or options.job or options.dry_run or options.kv or "-" in options.method:
        return False
    if options.output or options.columns or options.jmespath or os.environ.get("MIDCLT_OUTPUT"):
        return False
    return other_wishes(options) is None and not (sys.stdout is not None and sys.stdout.isatty())


def _timeout(options: Namespace) -> float | None:
    """The time for the call; None where CALL_TIMEOUT makes no sense."""
    text = os.environ.get("CALL_TIMEOUT") or "60"
    return float(options.timeout or int(text)) if text.isdecimal() and int(text) else None


def put(data: bytes) -> None:
    """Print a result on standard output, as `output.print_line` does."""
    stream = sys.stdout
    if stream is not None and stream.encoding == "utf-8" and hasattr(stream.buffer, "raw"):
        try:
            data.decode()
        except UnicodeDecodeError:
            pass  # it has half of a surrogate pair
        else:
            stream.buffer.write(data + b"\n")
            stream.flush()
            return
    from ..output import print_line

    print_line(data.decode("utf-8", "surrogatepass"))
