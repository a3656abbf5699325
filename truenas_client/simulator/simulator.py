"""The simulator itself: puts the parts together, listens, and is how tests and users extend it.

::

    async with Simulator() as nas:
        nas.url                                  # ws://127.0.0.1:PORT/api/current

        @nas.method("my.echo")
        def echo(call, value): return value

        @nas.job("my.work", abortable=True)
        async def work(call, options):
            call.progress(50, "half")
            await call.sleep(1)

        @nas.source("my.ticks")
        async def ticks(source, argument):
            source.send(fields={"n": 1})

        nas.add_account("guest", "secret", roles=["READONLY_ADMIN"])
        nas.send_event("my.items", "ADDED", id=1, fields={})

Invariants: everything runs in the event loop it was started in and never holds it
for long; nothing a client sends ends it; `stop` leaves no task and no socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import auth_service, core_service, files_service, steering, unimplemented
from .extension import Extensible
from .front import Front
from .link import MOST_UNSENT
from .listening import split_address
from .release import RELEASES
from .requests import HEAD_SIZE
from .running import Tasks
from .state import Nas

if TYPE_CHECKING:
    from ssl import SSLContext

__all__ = ["Simulator"]


class Simulator(Nas):
    """A TrueNAS in this process.

    ``listen`` is ``host:port`` (port 0: any free one), ``unix`` the path of a UNIX socket to
    listen on as well, ``catalogue`` a ``core.get_methods`` answer to serve in place of our
    own, ``seed`` decides everything random, ``speed`` how many simulated seconds pass in a
    real one. With ``tls`` it listens on another port as well, with a certificate
    of its own. A client that leaves more than ``most_unsent`` octets unread (64 MiB) when
    more is to leave is dropped, which is logged; one answer may be of any length.
    Start it with ``async with`` or `start` and `stop`.
    """

    def __init__(
        self,
        listen: str = "127.0.0.1:0",
        unix: str | Path | None = None,
        release: str = "26",
        catalogue: Mapping[str, dict[str, Any]] | None = None,
        seed: int = 0,
        speed: float = 1.0,
        *,
        tls: bool = False,
        demo_data: bool = True,
        most_unsent: int = MOST_UNSENT,
    ) -> None:
        parts = _parts(release, demo_data=demo_data)
        super().__init__(release, seed, speed, parts, demo=demo_data)
        self._listen = listen
        self._unix = None if unix is None else Path(unix)
        self._front = Front(self, most_unsent)
        self._servers: list[asyncio.Server] = []
        self._tasks = Tasks()
        self._host, self._port, self._tls_port = "", 0, 0
        self._with_tls = tls
        if catalogue is not None:
            self.registry.lay(dict(catalogue), unimplemented.answer)

    # --- life ----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen. Raises ValueError or OSError for an address that can't be used; then nothing is left open."""
        try:
            await self._open()
        except BaseException:
            await self.stop()
            raise

    async def _open(self) -> None:
        self._host, port = split_address(self._listen)
        self._port = await self._serve(port)
        if self._with_tls:
            from .tls import Tls

            self.tls = Tls(self._host)
            self._tls_port = await self._serve(0, self.tls.context)
        if self._unix is not None:
            _remove_socket(self._unix)
            try:
                server = await asyncio.start_unix_server(self._front.connected, str(self._unix), limit=HEAD_SIZE)
            except OSError as e:  # which names no path
                raise OSError(f"cannot listen on {self._unix}: {e.strerror or e}") from e
            self._servers.append(server)
        for work in (self._front.watch(), *(work(self) for work in self.registry.background)):
            self._tasks.start(work)
        self.faults.start()

    async def _serve(self, port: int, tls: SSLContext | None = None) -> int:
        server = await asyncio.start_server(
            self._front.connected, self._host, port, limit=HEAD_SIZE, ssl=tls, backlog=1024
        )
        self._servers.append(server)
        number: int = server.sockets[0].getsockname()[1]
        return number

    async def stop(self) -> None:
        """Close everything; twice is fine."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        self.faults.stop()
        self.events.stop()
        self.downloads.forget()
        await self._front.stop()
        await self.jobs.stop()
        await self._tasks.stop()
        if self.tls is not None:
            self.tls.remove()
        if self._unix is not None:
            _remove_socket(self._unix)

    async def __aenter__(self) -> Simulator:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    # --- what a client needs to know -----------------------------------------------------------

    @property
    def url(self) -> str:
        """Address of the JSON-RPC endpoint."""
        return self._address("ws", self._port)

    @property
    def secure_url(self) -> str | None:
        """Address of the JSON-RPC endpoint over TLS; None without TLS."""
        return None if self.tls is None else self._address("wss", self._tls_port)

    def _address(self, scheme: str, port: int) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{scheme}://{host}:{port}/api/current"

    @property
    def legacy_url(self) -> str:
        """Address of the old protocol."""
        return self.url.replace("/api/current", "/websocket")

    def info(self) -> dict[str, Any]:
        """The content of the command's ready line."""
        secure: dict[str, Any] = {}
        if self.tls is not None:
            secure = {"certificate": str(self.tls.path), "fingerprint": self.tls.fingerprint}
        return {
            "ws": self._served(self.url),
            "wss": None if self.secure_url is None else self._served(self.secure_url),
            "unix": None if self._unix is None else str(self._unix),
            "legacy": self.legacy_url,
            "release": self.release.name,
            "users": self.users,
            "api_keys": {key.name: key.text for key in self.api_keys.values() if not key.revoked},
            **secure,
        }

    def _served(self, url: str) -> str:
        """The address as this release serves it: 24.10 speaks only the old protocol."""
        return url if self.release.api_versions else url.replace("/api/current", "/websocket")


def _parts(release: str, *, demo_data: bool) -> list[Extensible]:
    """The parts that a simulator of a release has."""
    facts = RELEASES.get(release)
    if facts is None:
        raise ValueError(f"no release {release!r}; there are {', '.join(RELEASES)}")
    parts = [*auth_service.PARTS, *core_service.PARTS, *files_service.PARTS, steering.PART]
    if demo_data:
        from .nas import PARTS

        parts += PARTS
    return [part for part in parts if part.suits(facts)]


def _remove_socket(path: Path) -> None:
    """Delete the socket that an earlier run left. Any other file is not ours to delete."""
    if path.is_socket():
        path.unlink()
