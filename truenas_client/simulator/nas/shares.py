"""Shares: ``sharing.smb``, ``sharing.nfs`` and the parts of iSCSI."""

from __future__ import annotations

import errno
from typing import Any

from ..errors import ValidationErrors
from ..extension import Extensible
from ..world import World
from .tables import add_table

__all__ = ["PART"]


def _check_path(world: World, row: dict[str, Any], errors: ValidationErrors, prefix: str) -> None:
    name = row["path"].removeprefix("/mnt/")
    inside = any(name == dataset or name.startswith(f"{dataset}/") for dataset in world.datasets)
    if not row["path"].startswith("/mnt/") or not inside:
        errors.add(f"{prefix}.path", f"{row['path']} lies in no dataset", errno.ENOENT)


def _check_smb(world: World, row: dict[str, Any], errors: ValidationErrors, prefix: str) -> None:
    _check_path(world, row, errors, prefix)
    others = [other for other in world.table("sharing.smb").values() if other["id"] != row["id"]]
    if any(other["name"].lower() == row["name"].lower() for other in others):
        errors.add(f"{prefix}.name", "Another share has that name", errno.EEXIST)
    row["dataset"] = row["path"].removeprefix("/mnt/")


PART = Extensible()
add_table(PART, "sharing.smb", check=_check_smb)
add_table(PART, "sharing.nfs", check=_check_path)
for name in ("target", "extent", "portal"):
    add_table(PART, f"iscsi.{name}")
