"""Shares: ``sharing.smb``, ``sharing.nfs`` and the parts of iSCSI."""

from __future__ import annotations

import errno

from ..errors import ValidationErrors
from ..extension import Extensible
from ..world import World
from .changes import Changes
from .tables import Row, add_table

__all__ = ["PART"]


class Shares(Changes):
    """Shares of folders that lie in a dataset."""

    def check(self, world: World, row: Row, data: Row, errors: ValidationErrors, prefix: str) -> None:
        name = row["path"].removeprefix("/mnt/")
        inside = any(name == dataset or name.startswith(f"{dataset}/") for dataset in world.datasets)
        if not row["path"].startswith("/mnt/") or not inside:
            errors.add(f"{prefix}.path", f"{row['path']} lies in no dataset", errno.ENOENT)


class NamedShares(Shares):
    """Shares with a name, which no other has."""

    def check(self, world: World, row: Row, data: Row, errors: ValidationErrors, prefix: str) -> None:
        super().check(world, row, data, errors, prefix)
        others = [other for other in world.table(self.namespace).values() if other["id"] != row["id"]]
        if any(other["name"].lower() == row["name"].lower() for other in others):
            errors.add(f"{prefix}.name", "Another share has that name", errno.EEXIST)
        row["dataset"] = row["path"].removeprefix("/mnt/")


PART = Extensible()
for name, changes in (("smb", NamedShares), ("nfs", Shares)):
    add_table(PART, f"sharing.{name}")
    changes(PART, f"sharing.{name}")
for name in ("target", "extent", "portal"):
    add_table(PART, f"iscsi.{name}")
