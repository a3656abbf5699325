"""The names of the services in the server's own command line, for the listings of services.

A service without an entry here has its own name there.
"""

from __future__ import annotations

__all__ = ["NAMESPACES", "PRIVATE_METHODS", "PRIVATE_SERVICES", "namespace"]

PRIVATE_SERVICES = frozenset({"boot.environment", "core", "filesystem"})
"""Services that the command line does not show."""

PRIVATE_METHODS = frozenset(
    f"auth.{name}"
    for name in ("login", "login_ex", "login_ex_continue", "login_with_api_key", "login_with_token", "logout")
)
"""Methods that it does not show."""

NAMESPACES = {
    "account": ("group", "user"),
    "auth": ("api_key", "privilege"),
    "network": ("interface",),
    "service": ("ssh", "vm"),
    "storage": ("disk", "pool"),
    "system": ("alert", "audit", "certificate", "mail", "reporting", "update"),
    "task": ("replication",),
}
_RENAMED = {
    "auth.twofactor": "auth.two_factor",
    "cloudsync": "task.cloud_sync",
    "cronjob": "task.cron_job",
    "pool.dataset": "storage.dataset",
    "pool.scrub": "storage.scrub",
    "pool.snapshot": "storage.snapshot",
    "pool.snapshottask": "task.snapshot",
    "rsynctask": "task.rsync",
    "staticroute": "network.static_route",
    "system.ntpserver": "system.ntp_server",
    "systemdataset": "system.system_dataset",
}


def namespace(service: str) -> str | None:
    """The name of a service in the command line; None when it has none."""
    if service in PRIVATE_SERVICES:
        return None
    place = next((place for place, services in NAMESPACES.items() if service in services), "")
    return _RENAMED.get(service) or (f"{place}.{service}" if place else service)
