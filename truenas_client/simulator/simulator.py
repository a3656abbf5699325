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
import random
from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from . import auth_service, core_service, files_service, steering
from .accounts import Account, ApiKey, Credential
from .clock import Clock
from .events import Events
from .extension import Extensible
from .faults import Faults
from .files import Files
from .front import HEAD_SIZE, Front
from .jobs import Job, Jobs
from .link import MOST_UNSENT
from .login import Token
from .ratelimit import RateLimit
from .registry import Registry
from .release import RELEASES
from .session import Origin, Session
from .sessions import Sessions

if TYPE_CHECKING:
    from .tls import Tls

__all__ = ["Simulator"]


class Simulator(Extensible):
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
        if release not in RELEASES:
            raise ValueError(f"no release {release!r}; there are {', '.join(RELEASES)}")
        self.release = RELEASES[release]
        self.seed = seed
        self.clock = Clock(speed)
        self.random = random.Random(seed)
        self.boot_id = str(UUID(int=random.Random(f"boot {seed}").getrandbits(128), version=4))
        self.registry = Registry()
        self.events = Events(self.registry, self.clock)
        self.jobs = Jobs(self.events, self.clock.wall, self.release)
        self.sessions = Sessions(self.events)
        self.rate_limit = RateLimit(self.clock, self.random)
        self.accounts: dict[str, Account] = {}
        self.api_keys: dict[int, ApiKey] = {}
        self.tokens: dict[str, Token] = {}
        self.configs: dict[str, dict[str, Any]] = {}
        """The settings of the simulated system by namespace, as its ``.config`` methods show them."""
        self.contents: dict[str, bytes] = {}
        """The files that can be read and written through the API, by path."""
        self.files = Files(self)
        self.faults = Faults(self)
        """What goes wrong on purpose."""
        self.faked_address: str | None = None
        """When set, new TCP connections seem to come from this address."""
        self._listen = listen
        self._unix = None if unix is None else Path(unix)
        self.most_unsent = most_unsent
        self._front = Front(self)
        self._servers: list[asyncio.Server] = []
        self._background: list[Callable[[], Any]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._host, self._port, self._tls_port = "", 0, 0
        self._with_tls = tls
        self.tls: Tls | None = None
        """The certificate in use, and exchanging it; None without TLS."""
        auth_service.install(self)
        core_service.install(self)
        files_service.install(self)
        steering.install(self)
        if demo_data:
            from .nas import install

            install(self, seed)
        if catalogue is not None:
            self.registry.lay(dict(catalogue))

    # --- life ----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen. Raises ValueError or OSError for an address that can't be used; then nothing is left open."""
        try:
            await self._open()
        except BaseException:
            await self.stop()
            raise

    async def _open(self) -> None:
        host, port = _split_address(self._listen)
        server = await asyncio.start_server(self._front.connected, host, port, limit=HEAD_SIZE, backlog=1024)
        self._servers.append(server)
        self._host, self._port = host, server.sockets[0].getsockname()[1]
        if self._with_tls:
            from .tls import Tls

            self.tls = Tls(host)
            secure = await asyncio.start_server(
                self._front.connected, host, 0, limit=HEAD_SIZE, ssl=self.tls.context, backlog=1024
            )
            self._servers.append(secure)
            self._tls_port = secure.sockets[0].getsockname()[1]
        if self._unix is not None:
            _remove_socket(self._unix)
            self._servers.append(
                await asyncio.start_unix_server(self._front.connected, str(self._unix), limit=HEAD_SIZE)
            )
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(work()) for work in (self._front.watch, *self._background)]
        self.faults.start()

    async def stop(self) -> None:
        """Close everything; twice is fine."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        self.faults.stop()
        self.events.stop()
        self.files.forget()
        await self._front.stop()
        await self.jobs.stop()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
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
        return f"ws://{self._shown_host}:{self._port}/api/current"

    @property
    def secure_url(self) -> str | None:
        """Address of the JSON-RPC endpoint over TLS; None without TLS."""
        return None if self.tls is None else f"wss://{self._shown_host}:{self._tls_port}/api/current"

    @property
    def _shown_host(self) -> str:
        return f"[{self._host}]" if ":" in self._host else self._host

    @property
    def legacy_url(self) -> str:
        """Address of the old protocol."""
        return self.url.replace("/api/current", "/websocket")

    @property
    def users(self) -> dict[str, dict[str, Any]]:
        """The accounts that can sign in: name to password, one-time password and roles."""
        return {
            name: {"password": account.password, "otp": account.otp, "roles": list(account.roles)}
            for name, account in self.accounts.items()
        }

    def info(self) -> dict[str, Any]:
        """What the ready line of the command says."""
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

    # --- jobs ----------------------------------------------------------------------------------

    async def wait_for_job(self, job: Job) -> Any:
        """The result of a job when it has ended. Raises what it failed with, if that has a text.

        An aborted one gives None, and so does one that failed without a text.
        """
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def tell(job: Job) -> None:
            if not ended.done():
                ended.set_result(None)

        job.when_ended(tell)
        try:
            await ended
        finally:
            job.forget(tell)
        if job.failure is not None:
            raise job.failure
        return job.result

    # --- steering it ---------------------------------------------------------------------------

    def drop_connections(self) -> None:
        """End TCP of every connection at once, without close frames."""
        self._front.drop_all()

    def close_connections(self, code: int = 1001, reason: str = "") -> None:
        """Send every connection a close frame."""
        for session in self.sessions:
            session.channel.close(code, reason)

    def restart(self) -> None:
        """As after a boot: connections drop, jobs are forgotten and count from 1, the boot id is new."""
        self.drop_connections()
        self.jobs.restart()
        self.files.forget()
        self.tokens.clear()
        self.rate_limit.clear()
        self.boot_id = str(UUID(int=self.random.getrandbits(128), version=4))

    def restart_soon(self) -> None:
        """`restart` once the answers on their way have left."""
        asyncio.get_running_loop().call_later(0.1, self.restart)

    def allows(self, origin: Origin) -> bool:
        """Whether the allow list of the web interface lets somebody in; an empty one lets all in."""
        allowed = self.configs.get("system.general", {}).get("ui_allowlist")
        if not allowed or origin.unix:
            return True
        try:
            return any(ip_address(origin.address) in ip_network(one, strict=False) for one in allowed)
        except ValueError:
            return False

    def sign_in_by_peer(self, session: Session) -> None:
        """On a UNIX socket: sign in the account with the peer's user id, or root for who runs the simulator."""
        uid = session.origin.unix_uid
        if uid is None:
            return
        account = next((account for account in self.accounts.values() if account.uid == uid), None)
        if account is None:
            account = self.accounts.get("root")
        if account is not None:
            session.sign_in(Credential(account, "UNIX_SOCKET", self.clock.wall(), facts=session.facts))


def _remove_socket(path: Path) -> None:
    """Delete what an earlier run left; a file that is no socket is not ours to delete."""
    if path.is_socket():
        path.unlink()


def _split_address(listen: str) -> tuple[str, int]:
    """Host and port of ``host:port`` or ``[host]:port``. Raises ValueError."""
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        raise ValueError(f"{listen!r} is no host:port")
    return host.strip("[]") or "127.0.0.1", int(port)
