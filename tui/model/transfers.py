"""Which calls take a file along: one that the server writes for us, or one that it reads.

Some methods always do. Others have a member of their arguments that says whether:
their catalogue tells which, by its name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from truenas_client.methods.catalogue import Method
from tui.model.answers import mapping

__all__ = ["Kind", "file_wanted", "is_private", "suggested_name"]

Kind = Literal["download", "upload"]

_SWITCHES = frozenset({"key_file", "attachments", "download"})
"""Booleans, of arguments or as one, that say whether a file goes along."""
_PRIVATE = frozenset({
    "config.save",
    "filesystem.get",
    "pool.dataset.export_key",
    "pool.dataset.export_keys",
    "pool.dataset.export_keys_for_replication",
    "system.debug",
})  # fmt: skip
"""The files of these methods hold secrets, or may."""
_NOT_IN_NAMES = re.compile(r"[^\w.@+-]+")


def file_wanted(method: Method, params: Sequence[Any]) -> Kind | None:
    """Whether this call writes or reads a file of ours, None for neither."""
    if not (method.downloadable or method.uploadable):
        return None
    switches = list(_switches(method, params))
    if switches and not any(switches):
        return None
    return "download" if method.downloadable else "upload"


def _switches(method: Method, params: Sequence[Any]) -> list[bool]:
    """What the switches say that this method has; those that are not given are off."""
    found: list[bool] = []
    for place, param in enumerate(method.params):
        value = params[place] if place < len(params) else None
        if param.name in _SWITCHES:
            found.append(value is True)
        members, given = mapping(param.schema.get("properties")), mapping(value)
        found += [given.get(name) is True for name in members if name in _SWITCHES]
    return found


def is_private(method: str) -> bool:
    """Whether the file that this method writes is for its owner only."""
    return method in _PRIVATE


def suggested_name(method: str, params: Sequence[Any], *, host: str, today: date) -> str:
    """A name for the file that a call writes: safe as one part of a path, never empty."""
    first = params[0] if params else None
    options = mapping(first)
    match method:
        case "config.save":
            # With the keys that come on request it is an archive.
            archive = options.get("secretseed") is True or options.get("root_authorized_keys") is True
            name = f"{host}-config-{today.isoformat()}.{'tar' if archive else 'db'}"
        case "system.debug":
            name = f"{host}-debug-{today.isoformat()}.tgz"
        case "filesystem.get":
            name = str(first).rpartition("/")[2]
        case "audit.download_report":
            name = str(options.get("report_name") or "audit-report").rpartition("/")[2]
        case "vm.log_file_download":
            name = f"vm-{first}.log"
        case "pool.dataset.export_key":
            name = f"{first}.key.txt"
        case "pool.dataset.export_keys" | "pool.dataset.export_keys_for_replication":
            name = f"{first}.keys.json"
        case _:
            name = f"{host}-{method}-{today.isoformat()}"
    return _NOT_IN_NAMES.sub("-", name).strip("-.")[:120] or "download"
