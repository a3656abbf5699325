"""Looking after the system: boot environments, updates, certificates, time servers, audit, two-factor."""

from __future__ import annotations

import errno
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .. import shapes
from ..call import Call
from ..errors import InstanceNotFound, ValidationErrors
from .system import add_config
from .tables import add_query
from .world import GIB, World

if TYPE_CHECKING:
    from ..simulator import Simulator

__all__ = ["install"]


def install(nas: Simulator, world: World) -> None:
    """Add the services."""
    _boot(nas, world)
    _update(nas)
    _certificates(nas, world)
    _time(nas, world)
    _audit(nas, world)
    _configs(nas, world)


def _boot(nas: Simulator, world: World) -> None:
    table: dict[str, dict[str, Any]] = {}

    def add(name: str, created: datetime, active: bool, gigabytes: float) -> dict[str, Any]:
        table[name] = {
            "id": name,
            "dataset": f"boot-pool/ROOT/{name}",
            "active": active,
            "activated": active,
            "created": created,
            "used_bytes": int(gigabytes * GIB),
            "used": f"{gigabytes} GiB",
            "keep": False,
            "can_activate": True,
        }
        return table[name]

    add(nas.release.version, world.boot_time, True, 3.1)
    add("25.10.3", world.boot_time - timedelta(days=120), False, 2.8)
    read = ("BOOT_ENV_READ", "BOOT_ENV_WRITE", "READONLY_ADMIN", "SHARING_ADMIN")
    write = ("BOOT_ENV_WRITE",)
    add_query(
        nas,
        "boot.environment",
        lambda: list(table.values()),
        what="boot environments",
        roles=read,
        instance=False,
        event=False,
    )

    def find(name: str) -> dict[str, Any]:
        if name not in table:
            raise InstanceNotFound(f"Boot environment {name} does not exist")
        return table[name]

    name = shapes.text("Name of the boot environment.", minLength=1)

    @nas.method(
        "boot.environment.activate",
        accepts=shapes.arguments(boot_environment_activate=shapes.obj("Which.", ..., id=name)),
        roles=write,
    )
    def activate(call: Call, which: dict[str, Any]) -> dict[str, Any]:
        """Boot from this boot environment next time; returns it."""
        row = find(which["id"])
        for other in table.values():
            other["activated"] = other is row
        return row

    @nas.method(
        "boot.environment.clone",
        accepts=shapes.arguments(boot_environment_clone=shapes.obj("Which.", ..., id=name, target=name)),
        roles=write,
    )
    def clone(call: Call, which: dict[str, Any]) -> dict[str, Any]:
        """Clone a boot environment; returns the clone."""
        find(which["id"])
        errors = ValidationErrors()
        if which["target"] in table:
            errors.add("boot_environment_clone.target", "There is one of that name already", errno.EEXIST)
        errors.check()
        return add(which["target"], nas.clock.wall(), False, 0.1)

    @nas.method(
        "boot.environment.destroy",
        accepts=shapes.arguments(boot_environment_destroy=shapes.obj("Which.", ..., id=name)),
        returns=shapes.returning({"type": "null"}),
        roles=write,
    )
    def destroy(call: Call, which: dict[str, Any]) -> None:
        """Delete a boot environment."""
        row = find(which["id"])
        errors = ValidationErrors()
        if row["active"] or row["activated"]:
            errors.add("boot_environment_destroy.id", "The one that is in use can't be deleted", errno.EBUSY)
        errors.check()
        del table[which["id"]]


def _update(nas: Simulator) -> None:
    nas.service("update", "config")
    nas.event("update.status", roles=("READONLY_ADMIN", "SYSTEM_UPDATE_READ"))
    read = ("READONLY_ADMIN", "SHARING_ADMIN", "SYSTEM_UPDATE_READ", "SYSTEM_UPDATE_WRITE")

    @nas.method("update.status", roles=read)
    def status(call: Call) -> dict[str, Any]:
        """Whether there is a newer release, and how far its download is."""
        current = {"train": "TrueNAS-26", "profile": "GENERAL", "matches_profile": True}
        return {
            "code": "NORMAL",
            "status": {"current_version": current, "new_version": None},
            "error": None,
            "update_download_progress": None,
        }

    @nas.method("update.profile_choices", roles=read)
    def profile_choices(call: Call) -> dict[str, Any]:
        """How adventurous updates may be."""
        names = {"MISSION_CRITICAL": "Slow and steady", "GENERAL": "For most", "DEVELOPER": "Newest first"}
        return {
            name: {"name": name.title(), "footnote": "", "description": text, "available": True}
            for name, text in names.items()
        }


def _certificates(nas: Simulator, world: World) -> None:
    table = world.table("certificate")
    since = world.boot_time - timedelta(days=60)
    table[1] = {
        "id": 1,
        "type": 8,
        "name": "truenas_default",
        "certificate": None,
        "privatekey": "********",
        "CSR": None,
        "cert_type": "CERTIFICATE",
        "common": world.hostname,
        "san": [f"DNS:{world.hostname}.{world.domain}"],
        "key_type": "RSA",
        "key_length": 2048,
        "digest_algorithm": "SHA256",
        "from": f"{since:%a %b %d %H:%M:%S %Y}",
        "until": f"{since + timedelta(days=397):%a %b %d %H:%M:%S %Y}",
        "lifetime": 397,
        "expired": False,
        "fingerprint": ":".join(world.hexdigits(2).upper() for _ in range(20)),
        "add_to_trusted_store": False,
        "renew_days": None,
    }
    roles = ("CERTIFICATE_READ", "CERTIFICATE_WRITE", "READONLY_ADMIN", "SHARING_ADMIN")
    add_query(nas, "certificate", lambda: list(table.values()), what="certificates", roles=roles)


def _time(nas: Simulator, world: World) -> None:
    table = world.table("system.ntpserver")
    for ident in range(1, 4):
        table[ident] = {
            "id": ident,
            "address": f"{ident}.ntp.example.org",
            "burst": False,
            "iburst": True,
            "prefer": ident == 1,
            "minpoll": 6,
            "maxpoll": 10,
        }
    roles = ("NETWORK_GENERAL_READ", "NETWORK_GENERAL_WRITE", "READONLY_ADMIN", "SHARING_ADMIN")
    add_query(nas, "system.ntpserver", lambda: list(table.values()), what="time servers", roles=roles)


def _audit(nas: Simulator, world: World) -> None:
    nas.service("audit", "config")

    @nas.method(
        "audit.query",
        accepts=shapes.arguments(
            data=shapes.obj(
                "What to look for.",
                {},
                True,
                services=shapes.array(shapes.text(), "Of which services.", default=["MIDDLEWARE", "SUDO"]),
                **{
                    "query-filters": shapes.array(shapes.any_(), "Filters.", default=[]),
                    "query-options": shapes.obj("Query options.", {}),
                },
            )
        ),
        roles=("READONLY_ADMIN", "SHARING_ADMIN", "SYSTEM_AUDIT_READ"),
    )
    def query(call: Call, data: dict[str, Any]) -> Any:
        """Who did what: sign-ins and calls, the newest last."""
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
            for session in nas.sessions
            if session.credential is not None
        ]
        return call.filter_list(rows, data.get("query-filters") or [], data.get("query-options") or {})


def _configs(nas: Simulator, world: World) -> None:
    admin = ("READONLY_ADMIN", "SHARING_ADMIN")
    world.configs["auth.twofactor"] = {"id": 1, "enabled": False, "services": {"ssh": False}, "window": 0}
    add_config(
        nas,
        world,
        "auth.twofactor",
        "one-time passwords",
        (*admin, "SYSTEM_SECURITY_READ"),
        ("SYSTEM_SECURITY_WRITE",),
        "auth_twofactor_update",
    )
    world.configs["ssh"] = {
        "id": 1,
        "bindiface": [],
        "tcpport": 22,
        "password_login_groups": [],
        "passwordauth": False,
        "kerberosauth": False,
        "tcpfwd": False,
        "compression": False,
        "sftp_log_level": "",
        "sftp_log_facility": "",
        "weak_ciphers": [],
        "privatekey": "********",
        "host_key": None,
        "host_key_pub": None,
        **{
            f"host_{kind}_key{part}": None
            for kind in ("dsa", "ecdsa", "ed25519", "rsa")
            for part in ("", "_pub", "_cert_pub")
        },
        "options": "",
    }
    add_config(nas, world, "ssh", "the SSH server", (*admin, "SSH_READ", "SSH_WRITE"), ("SSH_WRITE",))
    world.configs["mail"] = {
        "id": 1,
        "fromemail": "nas@example.org",
        "fromname": "nas",
        "outgoingserver": "mail.example.org",
        "port": 587,
        "security": "TLS",
        "smtp": True,
        "user": "nas",
        "pass": "********",
        "oauth": None,
    }
    mail = ("ALERT_READ", "ALERT_WRITE", *admin)
    add_config(nas, world, "mail", "how mail is sent", mail, ("ALERT_WRITE",))
