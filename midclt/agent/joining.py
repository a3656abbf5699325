"""The usual way through the agent: have it sign in where that is needed, and get a socket that leads to the server.

The secret and the one-time password are read by this process, as without the agent, and handed over on the socket.

Invariants: with ``auto`` whatever is wrong with the agent costs at most a line on standard error; what the server says
is shown as without the agent; with ``require`` nothing is sent past the agent.
"""

from __future__ import annotations

import os
import socket
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from truenas_client.exc import ConnectError, ConnectionLost
from truenas_client.secrets.value import Ask

from ..exits import CommandError, ExitStatus
from ..output import say, warn
from .place import PATIENCE, connect
from .quick import MODES, key_of, mode_of, other_wishes
from .wire import AgentGone, Channel, request

if TYPE_CHECKING:
    from truenas_client.secrets.value import Secret
    from truenas_client.storage import Choice, Profile

__all__ = ["Way", "control", "way_for_login", "way_of"]

ANSWER_SECONDS = 300.0
"""How long the agent may take to say the next thing: it may wait for the server's rate limit."""
ATTEMPTS = 3
"""An agent that ends meanwhile, or is of another version, is replaced. No call was made yet."""
_WHY = {
    "locked": "the agent is locked: `midclt login` or `midclt agent start` unlocks it",
    "busy": "long calls and jobs take all the room of the agent's connection",
    "optional": "a part of the sign-in is missing",
    "again": "the agent has dropped the sign-in",
}


class Refused(Exception):
    """The agent does not do it; the text says why."""


def way_of(options: Namespace, choice: Choice, secret: Secret | None = None, *, optional: bool = False) -> Way | None:
    """A way to the server through the agent, signed in; None: there is none, so connect to the server.

    Raises `CommandError`: what the server said, and with ``--agent require`` why there is no way.
    """
    mode = mode_of(options)
    if mode not in MODES:
        raise CommandError(f"MIDCLT_AGENT is {mode!r}, which is none of {', '.join(MODES)}", ExitStatus.USAGE)
    if mode == "never":
        return None
    why = _unfit(options, choice) or ("the secret is read from standard input" if secret is not None else None)
    try:
        if why is not None:
            raise Refused(why)
        way = Way(options, choice, optional=optional)
        way.open()
    except Refused as e:
        if mode == "require":
            raise CommandError(f"--agent require: {e}", ExitStatus.USAGE) from e
    except OSError as e:
        if mode == "require":
            raise _unusable(e) from e
        say(f"midclt: {_unusable(e)}")
    else:
        return way
    return None


def way_for_login(options: Namespace, choice: Choice) -> dict[str, Any]:
    """Have the agent sign in and keep it: its answer. Raises `CommandError`."""
    with _told():
        if (why := _unfit(options, choice)) is not None:
            raise Refused(why)
        way = Way(options, choice, keep=True)
        reply = way.open()
        way().close()
    return reply


@contextmanager
def _told() -> Iterator[None]:
    """Turn what is wrong with the agent into a `CommandError`."""
    try:
        yield
    except Refused as e:
        raise CommandError(f"The agent cannot keep this: {e}", ExitStatus.USAGE) from e
    except OSError as e:
        raise _unusable(e) from e


def _unusable(error: Exception) -> CommandError:
    why = f"it does not answer for {PATIENCE:g} s" if isinstance(error, TimeoutError) else str(error) or "it ended"
    return CommandError(f"The agent cannot be used: {why}", ExitStatus.CONNECTION)


def _unfit(options: Namespace, choice: Choice) -> str | None:
    """Why the agent is not for this; None where it is."""
    profile = choice.profile
    if not hasattr(socket, "AF_UNIX") or os.name != "posix":
        return "this system has no UNIX sockets"
    if profile is None:
        return "the agent signs in by a profile, and none is used (--profile)"
    if (name := other_wishes(options)) is not None:
        return f"the agent signs in as the profile says, and {name} says otherwise"
    if profile.mechanism == "none" or any(endpoint.socket is not None for endpoint in profile.endpoints):
        return f"profile {profile.name} needs no sign-in"
    return None


def control(op: str, **members: Any) -> dict[str, Any] | None:
    """Ask the running agent for something; None where none runs. Raises `CommandError`."""
    with _told():
        reply = _asked(op, **members)
    if reply is None:
        return None
    if reply.get("no") == "version":
        text = f"The agent that runs is of version {reply.get('package')}: `midclt agent stop` ends it"
        raise CommandError(text, ExitStatus.ERROR)
    return reply


class Way:
    """Calling it gives a socket that leads to the server, as the clients of the core want it."""

    def __init__(self, options: Namespace, choice: Choice, *, optional: bool = False, keep: bool = False) -> None:
        self._options, self._choice, self._optional, self._keep = options, choice, optional, keep
        self._key = key_of(options)
        self._was_open = False
        self.address = ""
        """That of the server, as the agent reached it."""
        self._first: socket.socket | None = None

    def __call__(self) -> socket.socket:
        """A connected socket. Raises `ConnectError`."""
        if self._first is None:
            try:
                self.open()
            except (Refused, OSError) as e:
                raise ConnectError(f"The agent has ended: {e}", "connect") from e
            except CommandError as e:
                raise ConnectError(str(e), "connect") from e
        sock, self._first = self._first, None
        assert sock is not None
        return sock

    def open(self) -> dict[str, Any]:
        """Reach the agent, and have it sign in where it is not: its answer. Raises `Refused`, `CommandError`."""
        if self._key is None:
            raise Refused("there is no configuration")
        for left in reversed(range(ATTEMPTS)):
            sock = _reached()
            sock.settimeout(PATIENCE)
            channel = Channel(sock)
            try:
                op, seconds = "open" if self._keep else "tunnel", self._options.timeout or None
                reply = channel.ask(request(op, key=self._key, seconds=seconds, keep=self._keep))
                if reply.get("no") == "version":
                    _asked("drain", of=str(reply.get("package")))  # so that it makes room
                    continue
                reply = self._talk(channel, reply)
                sock.settimeout(None)
                self._first, self._was_open = sock, True
                return reply
            except AgentGone:
                if not left:
                    raise
            finally:
                if self._first is not sock:
                    sock.close()
        raise Refused("an agent of another version does not make room")

    def _talk(self, channel: Channel, reply: dict[str, Any]) -> dict[str, Any]:
        codes: Any = None
        while True:
            if "on" in reply:
                channel.sock.settimeout(ANSWER_SECONDS)
                reply = channel.receive()
            elif "warn" in reply:
                warn(str(reply["warn"]))
                reply = channel.receive()
            elif reply.get("ask") == "secret":
                reply = channel.ask(self._secret())
            elif reply.get("ask") == "otp":
                if codes is None:
                    from ..signing import codes_for

                    codes = codes_for(self._profile.username, self._options, old=bool(reply.get("old")))
                reply = channel.ask({"otp": codes()})
            elif "stage" in reply:
                raise self._failure(str(reply["stage"]), reply.get("error"))
            elif reply.get("ok"):
                self.address = str(reply.get("address"))
                return reply
            else:
                raise Refused(_WHY.get(str(reply.get("no")), "the agent gave no answer that is understood"))

    @property
    def _profile(self) -> Profile:
        assert self._choice.profile is not None
        return self._choice.profile

    def _secret(self) -> dict[str, Any]:
        from truenas_client.storage.profile import to_toml

        from ..access import who_signs_in_here

        if self._was_open and isinstance(self._profile.secret, Ask):
            raise Refused(_WHY["again"])  # the command has begun, so this is no time to ask
        who = who_signs_in_here(self._options, self._choice, optional=self._optional)
        if who is None:
            raise Refused(_WHY["optional"])
        table = to_toml(replace(self._profile, secret=Ask()))
        return {"name": self._profile.name, "profile": table, "secret": who.secret.reveal()}

    def _failure(self, stage: str, text: str | None) -> CommandError:
        from truenas_client.endpoint import parse

        from ..access import out_of_time, unconnected
        from ..signing import refused
        from .faults import from_text

        if text is None:
            what = "connection" if stage == "connect" else "sign-in"
            return out_of_time(self._options, parse(self._choice.address), what)
        error = from_text(text)
        if isinstance(error, ConnectError):
            return unconnected(error, self._choice)
        if stage == "connect" or isinstance(error, ConnectionLost):
            raise error
        return refused(error, self._options, self._profile)


def _reached() -> socket.socket:
    sock = connect()
    if sock is None:
        from .spawn import start

        sock, _ = start()
    return sock


def _asked(op: str, **members: Any) -> dict[str, Any] | None:
    """What the running agent answers; None where none runs."""
    sock = connect()
    if sock is None:
        return None
    with sock:
        sock.settimeout(PATIENCE)
        return Channel(sock).ask(request(op, **members))
