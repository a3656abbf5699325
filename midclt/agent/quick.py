"""The quick way: a plain call, made by an agent that has the sign-in already.

Which sign-in is meant is told by a key: the configuration file, as it is at this moment, and the name of the profile.
So nothing of the core is loaded here, no file is read, and of the command line only what a plain call has is
understood. Where the agent cannot answer, or more is wanted than the text of a result, midclt takes its usual way,
which may lead through the agent too (`joining`).

Invariants: an option or a variable that says otherwise than the profile keeps the agent out; a call that may have run
is not made a second time.
"""

from __future__ import annotations

import os
import sys

from .place import PATIENCE, dial
from .wire import Channel, request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from typing import Any

__all__ = ["MODES", "Plain", "ask", "key_of", "mode_of", "other_wishes", "plain"]

MODES = ("auto", "never", "require")
GRACE = 5.0
"""Seconds that the agent may take longer than the call is allowed to."""


def mode_of(options: Namespace | Plain) -> str:
    """Whether the agent is used: ``--agent``, else MIDCLT_AGENT, else auto."""
    return str(options.agent or os.environ.get("MIDCLT_AGENT") or "auto")


def other_wishes(options: Namespace | Plain) -> str | None:
    """What says otherwise than the profile about where and how to sign in; None where nothing does."""
    given = vars(options)
    for name in ("uri", "username", "password", "api_key", "ca", "insecure", "plain", "no_channel_binding"):
        if given.get(name):
            return f"--{name.replace('_', '-')}"
    for name in ("TRUENAS_URI", "TRUENAS_USERNAME", "TRUENAS_PASSWORD", "TRUENAS_API_KEY"):
        if os.environ.get(name) and not given.get("on"):
            return name
    return None


def key_of(options: Namespace | Plain) -> list[str] | None:
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


class Plain:
    """A command line that is a plain call: the method and its words, with few options before ``call``."""

    def __init__(self) -> None:
        self.agent: str | None = None
        self.profile: str | None = None
        self.timeout = 0
        self.write = False
        self.words: Sequence[str] = ()


_VALUED = {"--agent": "agent", "--profile": "profile", "-t": "timeout", "--timeout": "timeout"}


def plain(words: Sequence[str]) -> Plain | None:
    """Read a command line as argparse would; None where it is more than a plain call, or may be wrong."""
    call, left = Plain(), iter(words)
    for word in left:
        if word == "call":
            call.words = [*left]
            break
        name, equals, value = word.partition("=")
        if word == "--write":
            call.write = True
            continue
        if name not in _VALUED:
            return None
        if not equals:
            value = next(left, "")
        if name in ("-t", "--timeout"):
            if not (value.isascii() and value.isdecimal()):
                return None
            call.timeout = int(value)
        elif value.startswith("-"):
            return None
        else:
            setattr(call, _VALUED[name], value)
    if not call.words or any(word.startswith("-") for word in call.words):
        return None
    return call


def ask(call: Plain) -> dict[str, Any] | None:
    """Have a plain call made: its ``text``, its ``error``, or ``gone``. None: it was not made; take the usual way."""
    timeout = _timeout(call)
    key = key_of(call) if timeout is not None and _is_wanted(call) else None
    if timeout is None or key is None:
        return None
    try:
        sock = dial()
    except OSError:
        return None  # the usual way tells it
    if sock is None:
        return None
    method, *words = call.words
    channel, is_made = Channel(sock), False
    try:
        sock.settimeout(PATIENCE)
        reply = channel.ask(request("call", key=key, method=method, words=words, timeout=timeout, write=call.write))
        if "on" in reply:
            is_made = True
            sock.settimeout(timeout + GRACE)
            reply = channel.ask({"go": True})
        if "size" in reply:
            return {"text": channel.read(int(reply["size"])).decode("utf-8", "surrogatepass")}
    except OSError:
        return {"gone": True} if is_made else None
    finally:
        sock.close()
    return reply if "error" in reply else None


def _is_wanted(call: Plain) -> bool:
    """Whether the agent may be used, and its text is all that is wanted."""
    if mode_of(call) not in ("auto", "require") or other_wishes(call) is not None or os.environ.get("MIDCLT_OUTPUT"):
        return False
    return sys.stdout is None or sys.stdout.closed or not sys.stdout.isatty()


def _timeout(call: Plain) -> float | None:
    """The time for the call; None where CALL_TIMEOUT makes no sense."""
    text = os.environ.get("CALL_TIMEOUT") or "60"
    return float(call.timeout or int(text)) if text.isdecimal() and int(text) else None
