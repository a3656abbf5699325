"""Looking after the system: boot environments, updates, certificates, time servers, audit, two-factor."""

from __future__ import annotations

import errno
from typing import Any

from .. import shapes
from ..call import Call
from ..errors import refused
from ..extension import Extensible
from ..world import GIB
from .tables import add_config, add_table, find_row

__all__ = ["PART"]


PART = Extensible()
add_table(PART, "boot.environment")
NAME = shapes.text("Name of the boot environment.", minLength=1)
BOOT_WRITE = ("BOOT_ENV_WRITE",)
UPDATE_READ = ("READONLY_ADMIN", "SHARING_ADMIN", "SYSTEM_UPDATE_READ", "SYSTEM_UPDATE_WRITE")


def _booted(call: Call, name: str) -> dict[str, Any]:
    return find_row(call.nas.world, "boot.environment", name, "Boot environment")


@PART.method(
    "boot.environment.activate",
    accepts={"boot_environment_activate": shapes.obj("Which.", ..., id=NAME)},
    roles=BOOT_WRITE,
)
def activate(call: Call, which: dict[str, Any]) -> dict[str, Any]:
    """Boot from this boot environment next time; returns it."""
    row = _booted(call, which["id"])
    for other in call.nas.world.table("boot.environment").values():
        other["activated"] = other is row
    return row


@PART.method(
    "boot.environment.clone",
    accepts={"boot_environment_clone": shapes.obj("Which.", ..., id=NAME, target=NAME)},
    roles=BOOT_WRITE,
)
def clone(call: Call, which: dict[str, Any]) -> dict[str, Any]:
    """Clone a boot environment; returns the clone."""
    _booted(call, which["id"])
    table, name = call.nas.world.table("boot.environment"), which["target"]
    if name in table:
        raise refused("boot_environment_clone.target", "There is one of that name already", errno.EEXIST)
    table[name] = {
        **call.nas.world.blank("boot.environment"),
        "id": name,
        "dataset": f"boot-pool/ROOT/{name}",
        "created": call.nas.clock.wall(),
        "used_bytes": GIB // 10,
        "used": "0.1 GiB",
    }
    return table[name]


@PART.method(
    "boot.environment.destroy",
    accepts={"boot_environment_destroy": shapes.obj("Which.", ..., id=NAME)},
    returns={"type": "null"},
    roles=BOOT_WRITE,
)
def destroy(call: Call, which: dict[str, Any]) -> None:
    """Delete a boot environment."""
    row = _booted(call, which["id"])
    if row["active"] or row["activated"]:
        raise refused("boot_environment_destroy.id", "The one that is in use can't be deleted", errno.EBUSY)
    del call.nas.world.table("boot.environment")[which["id"]]


PART.service("update", "config")
PART.event("update.status", roles=("READONLY_ADMIN", "SYSTEM_UPDATE_READ"))


@PART.method("update.status", roles=UPDATE_READ)
def status(call: Call) -> dict[str, Any]:
    """Whether there is a newer release, and how far its download is."""
    current = {"train": "TrueNAS-26", "profile": "GENERAL", "matches_profile": True}
    return {
        "code": "NORMAL",
        "status": {"current_version": current, "new_version": None},
        "error": None,
        "update_download_progress": None,
    }


@PART.method("update.profile_choices", roles=UPDATE_READ)
def profile_choices(call: Call) -> dict[str, Any]:
    """How adventurous updates may be."""
    names = {"MISSION_CRITICAL": "Slow and steady", "GENERAL": "For most", "DEVELOPER": "Newest first"}
    return {
        name: {"name": name.title(), "footnote": "", "description": text, "available": True}
        for name, text in names.items()
    }


add_table(PART, "certificate")
add_table(PART, "system.ntpserver")
PART.service("audit", "config")


@PART.method(
    "audit.query",
    accepts={
        "data": shapes.obj(
            "What to look for.",
            {},
            True,
            services=shapes.array(shapes.text(), "Of which services.", default=["MIDDLEWARE", "SUDO"]),
            **{
                "query-filters": shapes.array(shapes.any_(), "Filters.", default=[]),
                "query-options": shapes.obj("Query options.", {}),
            },
        )
    },
    roles=("READONLY_ADMIN", "SHARING_ADMIN", "SYSTEM_AUDIT_READ"),
)
def query(call: Call, data: dict[str, Any]) -> Any:
    """Sign-ins and calls with their users, the newest last."""
    rows = [
        {
            "audit_id": session.id,
            "message_timestamp": int(session.created_at.timestamp()),
            "timestamp": session.created_at,
            "address": session.origin.address,
            "username": session.credential.account.name,
            "session": session.id,
            "service": "MIDDLEWARE",
            "service_data": {"origin": str(session.origin)},
            "event": "AUTHENTICATION",
            "event_data": {"credentials": {"credentials": session.credential.kind}, "error": None},
            "success": True,
        }
        for session in call.nas.sessions
        if session.credential is not None
    ]
    return call.filter_list(rows, data.get("query-filters") or [], data.get("query-options") or {})


for namespace in ("auth.twofactor", "ssh", "mail"):
    add_config(PART, namespace)
