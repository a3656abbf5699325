"""Advice after a call of an unknown method: its name in this release, or similar names.

Invariants: the server is asked only after a call has failed; the advice names only methods that the server lists.
"""

from __future__ import annotations

from collections.abc import Container
from difflib import get_close_matches
from typing import TYPE_CHECKING

from truenas_client.exc import ClientException

if TYPE_CHECKING:
    from truenas_client.sync.client import Client

__all__ = ["advice", "advice_if_unlisted", "meaning"]

MOST = 3


def advice(client: Client, method: str) -> str:
    """One line of advice; "" when no name is similar or the server refuses its lists."""
    if text := meaning(method, _Listed(client)):
        return text
    service, dot, _ = method.rpartition(".")
    if not dot:
        return ""  # every method has a service in its name, so no method is similar
    services = _names(client, "core.get_services")
    found: list[str] = []
    for close in [service] if service in services else get_close_matches(service, services, MOST):
        methods = _names(client, "core.get_methods", close)
        found += get_close_matches(f"{close}.{method[len(service) + 1 :]}", methods, MOST)
    near = get_close_matches(method, found, MOST, 0.0)
    if not near and service in services:
        return f"`midclt methods {service}` lists what there is"
    return f"Near it: {', '.join(near)}" if near else ""


def meaning(name: str, methods: Container[str]) -> str:
    """What a name that is no method stands for: an event, or the work of another method; "" for neither."""
    from truenas_client.methods.releases import known_events, renamed

    if (event := known_events().get(name)) and event.source:
        return f"It is an event: midclt subscribe {name}"
    successor = renamed(name, methods)
    return f"Its work is done by {successor} on this server" if successor else ""


def advice_if_unlisted(client: Client, method: str) -> str:
    """The advice for a method that the server does not list; "" for one that it does."""
    return "" if method in _Listed(client) else advice(client, method)


class _Listed:
    """The methods of the server, asked for by service."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __contains__(self, name: object) -> bool:
        service = str(name).rpartition(".")[0]
        return name in _names(self._client, "core.get_methods", service)


def _names(client: Client, method: str, *params: str) -> list[str]:
    """The names in a listing of the server; none when the server refuses it."""
    try:
        answer = client.call(method, *params)
    except ClientException:
        return []
    return list(answer) if isinstance(answer, dict) else []
