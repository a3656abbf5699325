"""The state of one simulated server, and what changes it as a whole: all that services stand on.

No socket is opened here: `simulator.Simulator` is a `Nas` that listens. Services, sessions and
file transfers import this module; it imports none of them. Invariants: what was seeded is the
same for the same seed, whenever it is first asked for; a restart leaves no job, token or connection.
"""

from __future__ import annotations

import asyncio
import random
import string
from collections.abc import Callable, Iterable
from functools import cached_property
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any
from uuid import UUID

from .accounts import FULL_ADMIN, Account, ApiKey, Token
from .clock import Clock
from .downloads import Downloads
from .events import Events
from .extension import Extensible
from .faults import Fault, Faults
from .jobs import Jobs
from .ratelimit import RateLimit
from .release import RELEASES
from .world import DATA, World

if TYPE_CHECKING:
    from .encoding import Encoded
    from .origin import Origin
    from .session import Session
    from .tls import Tls

__all__ = ["Nas"]

_LISTINGS: dict[tuple[Any, ...], dict[Any, Encoded]] = {}
"""Encoded listings of all simulators of this process that nothing was added to, by release and parts."""


class Nas(Extensible):
    """A simulated server without its sockets.

    ``parts`` are its methods and events; ``demo`` says whether it has the accounts and settings of the demo.
    """

    def __init__(
        self, release: str, seed: int, speed: float, parts: Iterable[Extensible] = (), *, demo: bool = True
    ) -> None:
        super().__init__()
        self.release = RELEASES[release]
        self.seed = seed
        self.clock = Clock(speed)
        self.random = random.Random(seed)
        self.boot_id = str(UUID(int=random.Random(f"boot {seed}").getrandbits(128), version=4))
        self.events = Events(self.registry, self.clock)
        self.jobs = Jobs(self.events, self.clock.wall)
        self.accounts: dict[str, Account] = {}
        self.api_keys: dict[int, ApiKey] = {}
        self._last_key = 0
        """The highest number of a key so far. None is given out again: the number decides the secret."""
        self.tokens: dict[str, Token] = {}
        self.sessions: dict[Session, None] = {}
        """The open connections, in the order they came."""
        self.rate_limit = RateLimit(self.clock, self.random)
        self.contents: dict[str, bytes] = {}
        """The files that can be read and written through the API, by path."""
        self.downloads = Downloads(self.clock)
        self.faults = Faults(self.clock, self.random, self._strike)
        """What goes wrong on purpose."""
        self.faked_address: str | None = None
        """When set, new TCP connections seem to come from this address."""
        self.tls: Tls | None = None
        """The certificate in use, and exchanging it; None without TLS."""
        self.writers: set[asyncio.StreamWriter] = set()
        """Every open connection, also those that are no WebSocket (yet)."""
        self._demo = demo
        parts = tuple(parts)
        for part in parts:
            self.registry.include(part.registry, self)
        self.registry.listings = _LISTINGS.setdefault((release, *parts), {})
        if demo:
            for account in DATA["accounts"]:
                self.add_account(password=account["name"], **account)
            self.make_api_key("demo", "admin")

    @cached_property
    def world(self) -> World:
        """Disks, pools, datasets and the rows of tables, made when first asked for."""
        return World.made(self.seed, self.clock.started, self.release.version)

    @cached_property
    def configs(self) -> dict[str, dict[str, Any]]:
        """The settings of the simulated system by namespace, as its ``.config`` methods show them."""
        return self.world.configs if self._demo else {}

    # --- adding to it --------------------------------------------------------------------------

    def send_event(self, name: str, kind: str, **members: Any) -> None:
        """Send an event (``ADDED``, ``CHANGED``, ``REMOVED``) to every session that subscribed to it."""
        self.events.send(name, kind, **members)

    def background(self, work: Callable[[], Any]) -> None:
        """Run a coroutine function from the start of the simulator to its end."""
        self.registry.background.append(lambda nas: work())

    def add_account(
        self,
        name: str,
        password: str,
        *,
        roles: Iterable[str] = (FULL_ADMIN,),
        uid: int | None = None,
        full_name: str = "",
        otp: str | None = None,
        expired: bool = False,
    ) -> Account:
        """Add or replace an account; without ``roles`` it may not use the API."""
        number = 3000 + len(self.accounts) if uid is None else uid
        account = Account(name, password, tuple(roles), number, full_name or name, otp, expired)
        self.accounts[name] = account
        return account

    def add_api_key(self, key: ApiKey) -> ApiKey:
        """Add or replace an API key."""
        self._last_key = max(self._last_key, key.id)
        self.api_keys[key.id] = key
        return key

    def make_secret(self, length: int = 64) -> str:
        """A new password or secret of an API key; the same seed gives the same ones."""
        return "".join(self.random.choices(string.ascii_letters + string.digits, k=length))

    def make_api_key(self, name: str, account: str) -> ApiKey:
        """Make and add an API key; the same seed gives the same keys."""
        ident = self._last_key + 1
        chance = random.Random(f"key {ident} {self.boot_id}")
        secret = "".join(chance.choice(string.ascii_letters + string.digits) for _ in range(64))
        # Fewer rounds than a server makes keys with, as few as clients accept: a demo need not be slow.
        key = ApiKey(ident, name, account, secret, chance.randbytes(16), 50_000, created=self.clock.wall())
        return self.add_api_key(key)

    # --- asking it -----------------------------------------------------------------------------

    @property
    def users(self) -> dict[str, dict[str, Any]]:
        """The accounts that can sign in: name to password, one-time password and roles."""
        return {
            name: {"password": account.password, "otp": account.otp, "roles": list(account.roles)}
            for name, account in self.accounts.items()
        }

    def allows(self, origin: Origin) -> bool:
        """Whether the allow list of the web interface lets a client in; an empty one lets all in."""
        allowed = self.configs.get("system.general", {}).get("ui_allowlist")
        if not allowed or origin.unix:
            return True
        try:
            return any(ip_address(origin.address) in ip_network(one, strict=False) for one in allowed)
        except ValueError:
            return False

    # --- steering it ---------------------------------------------------------------------------

    def drop_connections(self) -> None:
        """End TCP of every connection at once, without close frames."""
        for writer in list(self.writers):
            writer.transport.abort()

    def close_connections(self, code: int = 1001, reason: str = "") -> None:
        """Send every connection a close frame."""
        for session in self.sessions:
            session.channel.close(code, reason)

    def restart(self) -> None:
        """As after a boot: connections drop, jobs are forgotten and count from 1, the boot id is new."""
        self.drop_connections()
        self.jobs.restart()
        self.downloads.forget()
        self.tokens.clear()
        self.rate_limit.clear()
        self.boot_id = str(UUID(int=self.random.getrandbits(128), version=4))

    def restart_soon(self) -> None:
        """`restart` once the answers on their way have left."""
        asyncio.get_running_loop().call_later(0.1, self.restart)

    def _strike(self, fault: Fault) -> None:
        """Let a fault that strikes by the clock do its work."""
        if fault.name == "restart":
            self.restart()
        elif self.tls is not None:
            self.tls.rotate()
