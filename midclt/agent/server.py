"""The agent's process: it accepts this user's connections, and keeps sessions until their time is over.

Invariants: before a byte is read the other end is known to be of this user; an answer holds no secret; a session that
nothing uses ends after ``idle`` seconds, any session after ``lifetime``, and the process when it keeps none and has had
nothing to do for ``idle`` seconds; when its socket is gone or is not its own any more, it accepts nothing more.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from typing import Any, NamedTuple

from truenas_client import AsyncClient, __version__
from truenas_client.exc import ClientException, MethodNotFound
from truenas_client.methods.risk import classify
from truenas_client.secrets.value import Secret
from truenas_client.storage import Profile
from truenas_client.storage.profile import from_toml

from ..arguments import call_arguments
from ..exits import CommandError
from ..output import result_text
from .faults import as_text
from .line import Gone, Line
from .place import peer_uid
from .session import Failed, Session, identity, now
from .tunnel import Tunnel
from .wire import LONGEST_LINE, VERSION, is_of_the_connection

__all__ = ["Agent"]

LONGEST_SLEEP = 30.0
"""Seconds after which the agent looks whether its socket is still there."""
FIRST_SECONDS = 30.0
"""How long a connection may take to say what it wants."""
ANY_VERSION = ("drain", "status", "stop")


class Alias(NamedTuple):
    """What a run of midclt names by a key: a session, and the profile that led to it."""

    session: Session
    profile: Profile


class Agent:
    """The sessions of one user."""

    def __init__(self, listener: socket.socket, *, idle: float, lifetime: float) -> None:
        self._listener, self._idle, self._lifetime = listener, idle, lifetime
        self._path = listener.getsockname()
        self._number = os.lstat(self._path).st_ino
        self._sessions: list[Session] = []
        self._aliases: dict[tuple[Any, ...], Alias] = {}
        self._locked = False
        self._began = self._used = now()
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepting: asyncio.Task[None] | None = None
        self._look = asyncio.Event()
        self._stopped = False

    def stop(self) -> None:
        """End, soon."""
        self._stopped = True
        self._look.set()

    async def run(self) -> None:
        """Serve until there is nothing more to do."""
        self._listener.setblocking(False)
        self._accepting = asyncio.create_task(self._accept())
        try:
            while not self._is_over():
                await self._end_old()
                self._look.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._look.wait(), self._pause())
        finally:
            self._drain()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._forget(self._sessions)

    # -- lifetimes -----------------------------------------------------------------------

    def _is_over(self) -> bool:
        if not self._stopped and not self._owns_socket():
            self._drain()
        if self._stopped:
            return True
        done = not self._tasks and not self._sessions and now() - self._used >= self._idle
        return done or (self._drained and not self._tasks)

    @property
    def _drained(self) -> bool:
        return self._listener.fileno() < 0

    def _pause(self) -> float:
        """How long nothing is to be done."""
        times = [self._used + self._idle, *(self._end_of(session) for session in self._sessions)]
        return min(max(min(times) - now(), 0.05), LONGEST_SLEEP)

    def _end_of(self, session: Session) -> float:
        end = session.opened + self._lifetime
        return end if session.kept or session.users else min(end, session.used + self._idle)

    async def _end_old(self) -> None:
        await self._forget([session for session in self._sessions if session.over or self._end_of(session) <= now()])

    async def _forget(self, sessions: list[Session]) -> int:
        sessions = list(dict.fromkeys(sessions))
        self._sessions = [session for session in self._sessions if session not in sessions]
        self._aliases = {key: alias for key, alias in self._aliases.items() if alias.session not in sessions}
        await asyncio.gather(*(session.close() for session in sessions))
        self._look.set()
        return len(sessions)

    # -- connections ---------------------------------------------------------------------

    def _owns_socket(self) -> bool:
        try:
            return not self._drained and os.lstat(self._path).st_ino == self._number
        except OSError:
            return False

    def _drain(self) -> None:
        """Accept nothing more. The socket's name goes first, so that the next agent can take it."""
        if not self._drained:
            if self._owns_socket():
                os.unlink(self._path)
            self._listener.close()
        if self._accepting is not None:
            self._accepting.cancel()
        self._look.set()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _ = await loop.sock_accept(self._listener)
            except OSError:
                await asyncio.sleep(0.1)  # no descriptors are left at the moment
                continue
            if peer_uid(sock) != os.geteuid():
                sock.close()
                continue
            task = asyncio.create_task(self._serve(sock))
            self._tasks.add(task)
            task.add_done_callback(self._served)

    def _served(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._used = now()
        if not task.cancelled():
            task.exception()
        if self._drained:
            self._look.set()

    async def _serve(self, sock: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=sock, limit=LONGEST_LINE)
        try:
            line = Line(reader, writer)
            async with asyncio.timeout(FIRST_SECONDS):
                request = await line.receive()
            op = request.get("op")
            if op not in ANY_VERSION and (request.get("v"), request.get("package")) != (VERSION, __version__):
                await line.send({"no": "version", "package": __version__})
                return
            work = _OPS.get(op) if isinstance(op, str) else None
            if work is not None:
                await work(self, line, request)
        except (Gone, ConnectionError, TimeoutError):
            pass
        finally:
            writer.close()

    # -- what midclt asks for --------------------------------------------------------------

    async def _call(self, line: Line, request: dict[str, Any]) -> None:
        """A plain call, answered as midclt prints it. What needs more than that midclt does through a tunnel."""
        alias = self._aliases.get(_key(request))
        method, words = str(request.get("method")), [str(word) for word in request.get("words", [])]
        if alias is None or not alias.session.live or alias.session.busy or is_of_the_connection(method):
            await line.send({"no": "call"})
            return
        allowed = bool(request.get("write")) or not alias.profile.read_only or classify(method) == "read"
        try:
            params = call_arguments(words) if allowed and "-" not in words else None
        except CommandError:
            params = None
        if params is None:
            await line.send({"no": "call"})
            return
        session = alias.session
        assert session.client is not None
        timeout = float(request["timeout"])
        await line.send({"on": True})
        # A run of midclt that has given up meanwhile does not confirm: it makes the call in another way.
        await line.receive()
        try:
            with session.used_by_one(), session.calling():
                result = await line.while_there(session.client.call(method, *params, timeout=timeout))
        except MethodNotFound:
            await line.send({"no": "call"})  # it did not run, and midclt looks for names that are near
        except ClientException as e:
            await line.send({"error": as_text(e)})
        else:
            text = result_text(result).encode("utf-8", "surrogatepass")
            await line.send({"size": len(text)}, text)

    async def _open(self, line: Line, request: dict[str, Any]) -> None:
        """A sign-in, and a tunnel to it."""
        seconds = request.get("seconds")
        line.seconds = float(seconds) if seconds else None
        key = _key(request)
        if request.get("keep"):
            self._locked = False
        if self._locked:
            await line.send({"no": "locked"})
            return
        await line.send({"on": True})
        try:
            alias, client = await self._signed_in(line, key)
        except Failed as e:
            await line.send({"stage": e.stage, "error": as_text(e.error) if e.error is not None else None})
            return
        session = alias.session
        if session.over:
            raise Gone
        await self._name(key, alias)
        session.kept = session.kept or bool(request.get("keep"))
        self._look.set()
        if request["op"] == "open":
            until = session.opened + self._lifetime - now()
            await line.send({"ok": True, "seconds": round(until), "user": session.profile.username})
        elif session.busy:
            await line.send({"no": "busy"})
        else:
            await line.send({"ok": True, "address": client.endpoint.text})
            await Tunnel(session, client, line.reader, line.writer).run()

    async def _signed_in(self, line: Line, key: tuple[Any, ...]) -> tuple[Alias, AsyncClient]:
        """The session that a key stands for, or the one for the secret that midclt gives. Raises `Failed`, `Gone`."""
        alias = self._aliases.get(key)
        if alias is not None:
            try:
                return alias, await self._ready(alias, line)
            except Failed as e:
                if e.stage != "login":
                    raise  # the server may be there again at the next call
                # Since the agent was given the secret, another may have been put where it is kept.
                try:
                    again = self._introduced(await self._secret(line))
                finally:
                    await self._forget([alias.session])
                if again.session is alias.session:
                    raise
                alias = again
        else:
            alias = self._introduced(await self._secret(line))
        try:
            return alias, await self._ready(alias, line)
        except Failed:
            await self._forget([alias.session])
            raise

    async def _ready(self, alias: Alias, line: Line) -> AsyncClient:
        with alias.session.used_by_one():
            return await alias.session.ready(line)

    async def _secret(self, line: Line) -> dict[str, Any]:
        await line.send({"ask": "secret"})
        return await line.receive()

    async def _name(self, key: tuple[Any, ...], alias: Alias) -> None:
        """Have a key stand for a session. What the same profile stood for before the configuration changed goes."""
        former = [other for other in self._aliases if other != key and (other[0], other[-1]) == (key[0], key[-1])]
        left = [self._aliases.pop(other).session for other in former]
        self._aliases[key] = alias
        named = [row.session for row in self._aliases.values()]
        await self._forget([session for session in left if session not in named])

    def _introduced(self, message: dict[str, Any]) -> Alias:
        """The session for a profile and a secret, a new one where none fits. Raises `Gone`."""
        try:
            profile = from_toml(str(message["name"]), message["profile"])
        except (KeyError, TypeError, ValueError):
            raise Gone from None
        secret = Secret(str(message.get("secret", "")))
        session = next((session for session in self._sessions if session.fits(profile, secret)), None)
        if session is None:
            session = Session(identity(profile), secret)
            self._sessions.append(session)
        return Alias(session, profile)

    async def _status(self, line: Line, request: dict[str, Any]) -> None:
        names = [(alias.session, alias.profile.name) for alias in self._aliases.values()]
        rows = [
            {"profile": ", ".join(name for of, name in names if of is session), **session.row()}
            | {"ends_in": round(self._end_of(session) - now())}
            for session in self._sessions
        ]
        facts = {"pid": os.getpid(), "package": __version__, "age": round(now() - self._began), "locked": self._locked}
        await line.send({"ok": True, **facts, "idle": self._idle, "lifetime": self._lifetime, "sessions": rows})

    async def _drop(self, line: Line, request: dict[str, Any]) -> None:
        """Forget the sign-ins of the named profiles, all without a name."""
        names = request.get("names")
        sessions = [a.session for a in self._aliases.values() if names and a.profile.name in names]
        count = await self._forget(sessions if names else self._sessions)
        await line.send({"ok": True, "count": count})

    async def _lock(self, line: Line, request: dict[str, Any]) -> None:
        self._locked = request["op"] == "lock"
        count = await self._forget(self._sessions) if self._locked else 0
        await line.send({"ok": True, "count": count})

    async def _stop(self, line: Line, request: dict[str, Any]) -> None:
        self._drain()
        count = await self._forget(self._sessions)
        await line.send({"ok": True, "count": count, "pid": os.getpid()})
        self.stop()

    async def _drain_for(self, line: Line, request: dict[str, Any]) -> None:
        """Make room for an agent of another version: end when the runs of midclt that are served now have ended."""
        if request.get("of") == __version__:
            self._drain()
        await line.send({"ok": True})


_OPS = {
    "call": Agent._call,
    "open": Agent._open,
    "tunnel": Agent._open,
    "status": Agent._status,
    "forget": Agent._drop,
    "lock": Agent._lock,
    "unlock": Agent._lock,
    "stop": Agent._stop,
    "drain": Agent._drain_for,
}


def _key(request: dict[str, Any]) -> tuple[Any, ...]:
    key = request.get("key")
    return tuple(str(part) for part in key) if isinstance(key, list) and key else ("",)
