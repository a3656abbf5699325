"""The methods of the chosen server: as they were cached, without a connection, or read from the server now.

The cache is the app's too. It is found by address and user; it holds the server's version and the user's roles.

Invariant: with a cached catalogue nothing is sent, unless ``--refresh`` asks for it, or the server is this machine,
which is asked for its version.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any, NamedTuple

from .access import chosen, signed_in
from .exits import CommandError, ExitStatus
from .output import is_terminal, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from truenas_client.methods.catalogue import Catalogue, Method
    from truenas_client.storage import Choice
    from truenas_client.storage.catalogue_cache import Kept
    from truenas_client.sync.client import Client

__all__ = ["Listing", "cached", "listing", "method_of", "no_such_method", "service_methods"]

SECONDS = 120.0
"""A server may load the models of all its API versions before it lists its methods."""


class Listing(NamedTuple):
    """The methods, the server's version ("" where it does not say), and whether they come from the cache."""

    catalogue: Catalogue
    version: str
    cached: bool


def cached(choice: Choice) -> Kept | None:
    """What is cached of a server."""
    from truenas_client.endpoint import parse
    from truenas_client.storage.catalogue_cache import CatalogueCache

    return CatalogueCache().find(parse(choice.address).text, choice.username or "")


def service_methods(call: Callable[..., Any], service: str) -> Catalogue:
    """The methods of a service, as the server lists them; none where it refuses that."""
    from truenas_client.exc import ClientException
    from truenas_client.methods.catalogue import Catalogue

    try:
        methods = call("core.get_methods", service)
    except ClientException:
        methods = {}
    return Catalogue.from_methods(methods if isinstance(methods, dict) else {})


def listing(options: Namespace) -> Listing:
    """The methods. Raises `CommandError` when none are cached and the server cannot be asked."""
    from truenas_client.endpoint import parse
    from truenas_client.storage.catalogue_cache import CatalogueCache

    choice = chosen(options)
    endpoint, user = parse(choice.address), choice.username or ""
    place, cache = endpoint.text, CatalogueCache()
    kept = None if options.refresh else cache.find(place, user)
    if kept is not None and endpoint.socket and not user and _version(options) not in ("", kept.version):
        # On the server itself asking is cheap, and needs no sign-in: an upgrade is noticed at once.
        kept = None
    if kept is not None:
        days = int((cache.age(place, user) or 0.0) / 86400)
        if days and is_terminal(sys.stderr):
            when = "a day" if days == 1 else f"{days} days"
            say(f"The methods of {kept.version} as read {when} ago; --refresh reads them again.")
        return Listing(kept.catalogue, kept.version, True)
    return _read(options, cache, place, user)


def _read(options: Namespace, cache: Any, place: str, user: str) -> Listing:
    from truenas_client.methods.catalogue import Catalogue
    from truenas_client.storage.catalogue_cache import Kept

    try:
        with signed_in(options) as client:
            methods = client.call("core.get_methods", timeout=SECONDS)
            info, me = _object(client, "system.info"), _object(client, "auth.me")
    except CommandError as e:
        if e.status is ExitStatus.CONNECTION:
            kept = cache.find(place, user)
            words = "cached: without --refresh they are shown" if kept else "not cached yet, so they cannot be shown"
            raise CommandError(f"{e}\nThe methods of {place} are {words}", e.status) from e
        raise
    catalogue = Catalogue.from_methods(methods if isinstance(methods, dict) else {})
    version = str(info.get("version") or "")
    roles = me.get("privilege", {}).get("roles") if isinstance(me.get("privilege"), dict) else None
    if version and isinstance(roles, (list, set)):
        # The words with which the user named server and user: what the shell completes is found by them.
        pairs = ((options.uri, "URI"), (options.username, "USERNAME"), (options.profile, "PROFILE"))
        given = tuple(value or os.environ.get(f"TRUENAS_{name}") or "" for value, name in pairs)
        known = tuple(sorted(role for role in roles if isinstance(role, str)))
        try:
            cache.keep(place, user, Kept(catalogue, version, known), given=given)
        except OSError as e:
            say(f"midclt: the methods could not be cached: {e}")
    return Listing(catalogue, version, False)


def _version(options: Namespace) -> str:
    """The version of the server of this machine; "" where it cannot be asked."""
    try:
        with signed_in(options) as client:
            return str(_object(client, "system.info").get("version") or "")
    except CommandError:
        return ""


def _object(client: Client, method: str) -> dict[str, Any]:
    """The object that a method answers; an empty one where the account may not ask for it."""
    from truenas_client.exc import ClientException, ConnectionLost

    try:
        answer = client.call(method, timeout=SECONDS)
    except ConnectionLost:
        raise
    except ClientException:
        return {}
    return answer if isinstance(answer, dict) else {}


def method_of(found: Listing, name: str) -> Method:
    """The method of this name. Raises `CommandError`, which names similar ones."""
    method = found.catalogue.get(name)
    if method is None:
        raise no_such_method(name, found)
    return method


def no_such_method(name: str, found: Listing) -> CommandError:
    """The error for an unknown method: what does its work here, or similar names, and how old the list is."""
    from difflib import get_close_matches

    from .nearest import MOST, meaning

    names = found.catalogue.methods
    hint = meaning(name, names)
    if not hint and (near := get_close_matches(name, names, MOST)):
        hint = f"Near it: {', '.join(near)}"
    since = f"\nThis is the list of {found.version}, as cached; --refresh reads it again" if found.cached else ""
    return CommandError(f"There is no method {name}.{' ' if hint else ''}{hint}{since}", ExitStatus.ERROR)
