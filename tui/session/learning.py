"""The facts that a session reads from a server after signing in: its identity, the user's roles, the methods.

The methods are read only when they are not known already: a catalogue kept from
before serves again while the server's version and the user's roles are the same.
No Textual here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from truenas_client import AsyncClient, exc
from truenas_client.methods.catalogue import Catalogue
from truenas_client.storage.catalogue_cache import CatalogueCache, Kept
from tui.model.answers import mapping

__all__ = ["Learning", "Shelf"]

# Long enough for a server that loads the models of its other API versions first.
CATALOGUE_SECONDS = 120.0


class Shelf:
    """The place of one user's catalogue in a cache; without a cache a place that stays empty."""

    def __init__(self, cache: CatalogueCache | None, place: str, user: str) -> None:
        self._cache, self._place, self._user = cache, place, user

    def find(self) -> Kept | None:
        """The list from the cache, in about 5 ms."""
        return self._cache.find(self._place, self._user) if self._cache is not None else None

    async def keep(self, kept: Kept) -> str:
        """Keep what was read for the next start; what went wrong in words, or "". Cancelling leaves it to its end."""
        if self._cache is None:
            return ""
        try:
            await asyncio.to_thread(self._cache.keep, self._place, self._user, kept)
        except OSError as error:
            return f"The list of methods could not be cached for the next start: {error.strerror or error}"
        return ""


class Learning:
    """The facts that one session knows of its server; ``changed`` is called when its methods are others."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.host = ""
        """The name of the server, empty where it does not say."""
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

    async def learn(self, client: AsyncClient, shelf: Shelf) -> Kept | None:
        """Asks a signed-in client. Returns the methods to be shelved; None where they are, or where the server does not
        tell for what they hold. Raises what reading the methods raises; what else is refused stays unknown."""
        known = self._kept or shelf.find()
        me, info = await asyncio.gather(_answer(client, "auth.me"), _answer(client, "system.info"))
        roles = _roles(me)
        host, release = (str(info.get(name) or "") for name in ("hostname", "version"))
        fits = known is not None and roles is not None and known.fits(release, tuple(roles))
        catalogue = known.catalogue if known is not None and fits else await _methods(client)
        self.host, self.release, self.roles = host, release, roles
        self._take(catalogue, cached=False)
        self._kept = Kept(catalogue, release, tuple(sorted(roles))) if release and roles is not None else None
        return None if fits else self._kept

    async def look_again(self, client: AsyncClient, shelf: Shelf) -> Kept | None:
        """Asks again after the connection was lost, unless the methods are the same. As `learn`."""
        version = str((await _answer(client, "system.info")).get("version") or "")
        # Without a version of the server, its methods may have changed.
        return await self.learn(client, shelf) if not version or version != self.release else None

    def _take(self, catalogue: Catalogue, *, cached: bool) -> None:
        self.catalogue, self.cached = catalogue, cached
        self._changed()


async def _methods(client: AsyncClient) -> Catalogue:
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
    roles = mapping(me.get("privilege")).get("roles")
    return frozenset(role for role in roles if isinstance(role, str)) if isinstance(roles, list | set) else None
