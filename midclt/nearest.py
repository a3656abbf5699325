"""Advice after a call of an unknown method: its name in this release, or similar names.

Invariants: the server is asked only after a call has failed; the advice names only methods that the server lists.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from truenas_client.exc import ClientException

if TYPE_CHECKING:
    from truenas_client.sync.client import Client

__all__ = ["advice"]

_SUCCESSORS = {
    "zfs.snapshot": "pool.snapshot",
    "service.start": "service.control START",
    "service.stop": "service.control STOP",
    "service.restart": "service.control RESTART",
    "service.reload": "service.control RELOAD",
}
"""Services and methods of earlier releases, and their successors."""

_EVENTS = frozenset(
    (
        "app.container_log_follow",
        "app.stats",
        "container.metrics",
        "filesystem.file_tail_follow",
        "reporting.realtime",
        "virt.instance.metrics",
        "zfs.tier.rewrite_job_query",
        "zfs.tier.rewrite_job_status",
    )
)
"""Event sources, whose names look like methods. 25.04 and later have no method that lists events (the facts of the API,
"Events"), so the names are listed here."""

MOST = 3


def advice(client: Client, method: str, timeout: float | None) -> str:
    """One line of advice; "" when no name is similar or the server refuses its lists."""
    if method in _EVENTS:
        return f"{method} is an event: midclt subscribe {method}"
    service, dot, name = method.rpartition(".")
    if not dot:
        return ""  # every method has a service in its name, so no method is similar
    wanted = _SUCCESSORS.get(method) or (f"{_SUCCESSORS[service]}.{name}" if service in _SUCCESSORS else method)
    full, *words = wanted.split()
    service, _, name = full.rpartition(".")
    services = _names(client, timeout, "core.get_services")
    found: list[str] = []
    for close in [service] if service in services else get_close_matches(service, services, MOST):
        methods = _names(client, timeout, "core.get_methods", close)
        if full in methods and wanted != method:
            return f"Its work is done by {' '.join((full, *words))} now"
        found += get_close_matches(f"{close}.{name}", methods, MOST)
    near = get_close_matches(full, found, MOST, 0.0)
    return f"Near it: {', '.join(near)}" if near else ""


def _names(client: Client, timeout: float | None, method: str, *params: str) -> list[str]:
    """The names in a listing of the server; none when the server refuses it."""
    try:
        answer = client.call(method, *params, timeout=timeout)
    except ClientException:
        return []
    return list(answer) if isinstance(answer, dict) else []
