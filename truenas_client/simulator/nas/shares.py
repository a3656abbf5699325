"""Shares: ``sharing.smb``, ``sharing.nfs`` and the parts of iSCSI."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from .. import shapes
from ..errors import ValidationErrors
from .tables import add_changes, add_query, rows_of
from .world import World

if TYPE_CHECKING:
    from ..simulator import Simulator

__all__ = ["install"]


def install(nas: Simulator, world: World) -> None:
    """Add the services."""

    def path_exists(row: dict[str, Any], errors: ValidationErrors, prefix: str) -> None:
        name = row["path"].removeprefix("/mnt/")
        if not row["path"].startswith("/mnt/") or not any(
            name == dataset or name.startswith(f"{dataset}/") for dataset in world.datasets
        ):
            errors.add(f"{prefix}.path", f"{row['path']} lies in no dataset", errno.ENOENT)

    _smb(nas, world, path_exists)
    _nfs(nas, world, path_exists)
    _iscsi(nas, world)


def _smb(nas: Simulator, world: World, path_exists: Any) -> None:
    table = world.table("sharing.smb")
    blank = {
        "id": 0,
        "purpose": "DEFAULT_SHARE",
        "name": "",
        "path": "",
        "enabled": True,
        "comment": "",
        "readonly": False,
        "browsable": True,
        "access_based_share_enumeration": False,
        "audit": {"enable": False, "watch_list": [], "ignore_list": []},
        "options": {"purpose": "DEFAULT_SHARE", "aapl_name_mangling": False, "hostsallow": [], "hostsdeny": []},
        "locked": False,
        "dataset": None,
        "relative_path": None,
        "tier": None,
    }
    for ident, (name, path, comment) in enumerate(
        (
            ("media", "tank/media", "Films, music, pictures"),
            ("documents", "tank/documents", ""),
            ("home", "flash/home", "Home directories"),
        ),
        start=1,
    ):
        table[ident] = {**blank, "id": ident, "name": name, "path": f"/mnt/{path}", "comment": comment, "dataset": path}
    table[2]["access_based_share_enumeration"] = True
    read = ("READONLY_ADMIN", "SHARING_ADMIN", "SHARING_READ", "SHARING_SMB_READ", "SHARING_SMB_WRITE", "SHARING_WRITE")
    write = ("SHARING_ADMIN", "SHARING_SMB_WRITE", "SHARING_WRITE")
    add_query(nas, "sharing.smb", lambda: list(table.values()), what="SMB shares", roles=read)

    def check(row: dict[str, Any], errors: ValidationErrors, prefix: str) -> None:
        path_exists(row, errors, prefix)
        if any(other["name"].lower() == row["name"].lower() and other["id"] != row["id"] for other in table.values()):
            errors.add(f"{prefix}.name", "Another share has that name", errno.EEXIST)
        row["dataset"] = row["path"].removeprefix("/mnt/")

    add_changes(
        nas,
        world,
        "sharing.smb",
        one="SMB share",
        members={
            "name": shapes.text("Name of the share on the network.", minLength=1, maxLength=80),
            "path": shapes.text("Path of the shared folder; begins with /mnt/."),
            "comment": shapes.text("Comment that network users see.", ""),
            "enabled": shapes.boolean("Whether it can be used.", default=True),
            "readonly": shapes.boolean("Nobody may write.", default=False),
            "browsable": shapes.boolean("Shown in lists of shares.", default=True),
            "purpose": shapes.choice(
                *("DEFAULT_SHARE", "LEGACY_SHARE", "TIMEMACHINE_SHARE", "MULTIPROTOCOL_SHARE", "TIME_LOCKED_SHARE"),
                *("PRIVATE_DATASETS_SHARE", "EXTERNAL_SHARE", "VEEAM_REPOSITORY_SHARE", "FCP_SHARE"),
                doc="What it is for.",
                default="DEFAULT_SHARE",
            ),
            "access_based_share_enumeration": shapes.boolean("Shown to those who may use it.", default=False),
            "options": shapes.obj("Options of the purpose.", {}),
            "audit": shapes.obj(
                "What to keep a record of.",
                {"enable": False, "watch_list": [], "ignore_list": []},
                enable=shapes.boolean("Keep a record.", default=False),
                watch_list=shapes.array(shapes.text(), "Groups to record.", default=[]),
                ignore_list=shapes.array(shapes.text(), "Groups not to record.", default=[]),
            ),
        },
        blank=blank,
        write=write,
        check=check,
    )


def _nfs(nas: Simulator, world: World, path_exists: Any) -> None:
    table = world.table("sharing.nfs")
    blank = {
        "id": 0,
        "path": "",
        "aliases": [],
        "comment": "",
        "networks": [],
        "hosts": [],
        "ro": False,
        "maproot_user": None,
        "maproot_group": None,
        "mapall_user": None,
        "mapall_group": None,
        "security": [],
        "enabled": True,
        "locked": False,
        "expose_snapshots": False,
        "dataset": None,
        "relative_path": None,
        "tier": None,
    }
    table[1] = {**blank, "id": 1, "path": "/mnt/tank/backup", "networks": ["192.0.2.0/24"], "dataset": "tank/backup"}
    table[2] = {**blank, "id": 2, "path": "/mnt/flash/vm", "hosts": ["192.0.2.17"], "comment": "Disks of the lab"}
    read = ("READONLY_ADMIN", "SHARING_ADMIN", "SHARING_NFS_READ", "SHARING_NFS_WRITE", "SHARING_READ", "SHARING_WRITE")
    write = ("SHARING_ADMIN", "SHARING_NFS_WRITE", "SHARING_WRITE")
    add_query(nas, "sharing.nfs", lambda: list(table.values()), what="NFS shares", roles=read)
    add_changes(
        nas,
        world,
        "sharing.nfs",
        one="NFS share",
        members={
            "path": shapes.text("Path of the shared folder; begins with /mnt/."),
            "comment": shapes.text("A note.", ""),
            "networks": shapes.array(shapes.text(), "Networks that may use it; none means all.", default=[]),
            "hosts": shapes.array(shapes.text(), "Machines that may use it; none means all.", default=[]),
            **{
                name: shapes.nullable(shapes.text("Whose rights clients have.", minLength=1), default=None)
                for name in ("maproot_user", "maproot_group", "mapall_user", "mapall_group")
            },
            "security": shapes.array(
                shapes.choice("SYS", "KRB5", "KRB5I", "KRB5P"), "How clients prove who they are.", default=[]
            ),
            "aliases": shapes.array(shapes.text(), "Further names.", default=[]),
            "expose_snapshots": shapes.boolean("Show snapshots.", default=False),
            "ro": shapes.boolean("Nobody may write.", default=False),
            "enabled": shapes.boolean("Whether it can be used.", default=True),
        },
        blank=blank,
        write=write,
        check=path_exists,
    )


def _iscsi(nas: Simulator, world: World) -> None:
    targets = world.table("iscsi.target")
    targets[1] = {
        "id": 1,
        "name": "lab",
        "alias": "Disk of the lab",
        "mode": "ISCSI",
        "groups": [{"portal": 1, "initiator": None, "authmethod": "NONE", "auth": None}],
        "auth_networks": [],
        "rel_tgt_id": 1,
        "iscsi_parameters": None,
    }
    extents = world.table("iscsi.extent")
    extents[1] = {
        "id": 1,
        "name": "lab",
        "type": "DISK",
        "disk": "zvol/flash/vm/debian",
        "path": "zvol/flash/vm/debian",
        "serial": world.serial.lower(),
        "filesize": "0",
        "blocksize": 512,
        "enabled": True,
        "ro": False,
        "comment": "",
        "locked": False,
    }
    portals = world.table("iscsi.portal")
    portals[1] = {"id": 1, "comment": "", "listen": [{"ip": "0.0.0.0", "port": 3260}], "tag": 1}
    for name, table, what in (
        ("target", targets, "iSCSI targets"),
        ("extent", extents, "iSCSI extents"),
        ("portal", portals, "iSCSI portals"),
    ):
        roles = ("READONLY_ADMIN", "SHARING_ADMIN", f"SHARING_ISCSI_{name.upper()}_READ", "SHARING_ISCSI_READ")
        add_query(nas, f"iscsi.{name}", rows_of(table), what=what, roles=roles)
