"""The facts that a session reads from a server after signing in: its identity, the user's roles, the methods.

The methods are read only when they are not known already: a catalogue kept from
before serves again while the server's version and the user's roles are the same.
No Textual here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from truenas_client import AsyncClient, exc
from truenas_client.methods.catalogue import Catalogue
from truenas_client.storage.catalogue_cache import CatalogueCache, Kept

__all__ = ["Learned", "Learning", "Shelf", "learn", "read_methods", "version_of"]

# Long enough for a server that loads the models of its other API versions first.
CATALOGUE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Learned:
    """``roles`` is None where the server tells none, ``host`` and ``release`` are empty where it does not say."""

    catalogue: Catalogue
    roles: frozenset[str] | None
    host: str = ""
    release: str = ""
    fresh: bool = True
    """Whether the methods were read now."""

    @property
    def kept(self) -> Kept | None:
        """The catalogue with what it holds for; None where the server does not tell that."""
        if not self.release or self.roles is None:
            return None
        return Kept(self.catalogue, self.release, tuple(sorted(self.roles)))


class Shelf:
    """The place of one user's catalogue in a cache; without a cache a place that stays empty."""

    def __init__(self, cache: CatalogueCache | None, place: str, user: str) -> None:
        self._cache, self._place, self._user = cache, place, user

    def find(self) -> Kept | None:
        """The list from the cache, in about 5 ms."""
        return self._cache.find(self._place, self._user) if self._cache is not None else None

    async def keep(self, learned: Learned) -> str:
        """Keep what was read for the next start; what went wrong in words, or "". Cancelling leaves it to its end."""
        if self._cache is None or not learned.fresh or learned.kept is None:
            return ""
        try:
            await asyncio.to_thread(self._cache.keep, self._place, self._user, learned.kept)
        except OSError as error:
            return f"The list of methods could not be cached for the next start: {error.strerror or error}"
        return ""


class Learning:
    """The facts that one session knows of its server; ``changed`` is called when its methods are others."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.release = ""
        self.roles: frozenset[str] | None = None
        """The roles of the signed-in user; None while unknown. FULL_ADMIN stands for all of them."""
        self.catalogue = Catalogue.from_methods({})
        self.cached = False
        """Whether the catalogue is one from before, of which it is not known yet whether it still holds."""
        self._kept: Kept | None = None
        self._changed = changed

    def recall(self, kept: Kept | None) -> bool:
        """Shows the methods as they were when they were last read, until it is known better. False: there are none."""
        self._kept = kept
        if kept is not None:
            self._take(kept.catalogue, cached=True)
        return kept is not None

    async def learn(self, client: AsyncClient, shelf: Shelf) -> Learned:
        """Asks a signed-in client. What it returns is to be shelved. Raises what `learn` raises."""
        learned = await learn(client, self._kept or shelf.find())
        self.roles = learned.roles
        self.release = learned.release
        self._take(learned.catalogue, cached=False)
        self._kept = learned.kept
        return learned

    async def look_again(self, client: AsyncClient, shelf: Shelf) -> Learned | None:
        """The new facts since the connection was lost; None where the methods are the same. Raises as `learn`."""
        version = await version_of(client)
        # Without a version of the server, its methods may have changed.
        return await self.learn(client, shelf) if not version or version != self.release else None

    def _take(self, catalogue: Catalogue, *, cached: bool) -> None:
        self.catalogue, self.cached = catalogue, cached
        self._changed()


async def learn(client: AsyncClient, kept: Kept | None) -> Learned:
    """Ask a signed-in client. Raises what reading the methods raises; what else is refused stays unknown."""
    me, info = await asyncio.gather(_answer(client, "auth.me"), _answer(client, "system.info"))
    roles = _roles(me)
    host, release = (str(info.get(name) or "") for name in ("hostname", "version"))
    if kept is not None and roles is not None and kept.fits(release, tuple(roles)):
        return Learned(kept.catalogue, roles, host, release, fresh=False)
    return Learned(await read_methods(client), roles, host, release)


async def version_of(client: AsyncClient) -> str:
    """The server's version; empty where the user may not ask for it. Raises ConnectionLost."""
    return str((await _answer(client, "system.info")).get("version") or "")


async def read_methods(client: AsyncClient) -> Catalogue:
    """The methods as the server lists them now."""
    methods = await client.call("core.get_methods", timeout=CATALOGUE_SECONDS)
    return Catalogue.from_methods(methods if isinstance(methods, dict) else {})


async def _answer(client: AsyncClient, method: str) -> dict[str, Any]:
    """The object a method answers; an empty one where rights or the method are missing."""
    try:
        answer = await client.call(method)
    except exc.ConnectionLost:
        raise
    except exc.ClientException:
        return {}
    return answer if isinstance(answer, dict) else {}


def _roles(me: dict[str, Any]) -> frozenset[str] | None:
    """The roles that an answer of ``auth.me`` tells; None when it tells none, as of users in no privilege."""
    privilege = me.get("privilege")
    roles = privilege.get("roles") if isinstance(privilege, dict) else None
    return frozenset(role for role in roles if isinstance(role, str)) if isinstance(roles, list | set) else None
