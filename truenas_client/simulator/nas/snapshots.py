"""The ``pool.snapshot`` service: snapshots of datasets."""

from __future__ import annotations

import errno
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .. import shapes
from ..call import Call
from ..errors import CallError, InstanceNotFound, ValidationErrors
from . import zfsproperties
from .tables import add_query
from .world import World

if TYPE_CHECKING:
    from ..simulator import Simulator

__all__ = ["install"]

READ = ("READONLY_ADMIN", "REPLICATION_ADMIN", "SHARING_ADMIN", "SNAPSHOT_READ", "SNAPSHOT_WRITE")
WRITE = ("SNAPSHOT_WRITE",)


def install(nas: Simulator, world: World) -> None:
    """Add the service, with some snapshots made by a task in the days before."""
    for age in range(7, 0, -1):
        taken = world.started - timedelta(days=age)
        for dataset in ("tank/documents", "flash/home/ada", "flash/home/grace"):
            _take(world, dataset, f"auto-{taken:%Y-%m-%d_00-00}", int(taken.timestamp()))
    add_query(nas, "pool.snapshot", lambda: list(world.snapshots.values()), what="snapshots", roles=READ)

    @nas.method(
        "pool.snapshot.create",
        accepts=shapes.arguments(
            data=shapes.obj(
                "The new snapshot.",
                ...,
                dataset=shapes.text("Dataset to take a snapshot of."),
                name=shapes.text("Name of the snapshot.", minLength=1),
                recursive=shapes.boolean("Of all datasets below it, too.", default=False),
                exclude=shapes.array(shapes.text(), "Datasets below it to leave out.", default=[]),
                vmware_sync=shapes.boolean("Have VMware snapshots made first.", default=False),
                suspend_vms=shapes.boolean("Suspend virtual machines meanwhile.", default=False),
                properties=shapes.obj("Properties of the snapshot.", {}),
            )
        ),
        roles=WRITE,
    )
    def create(call: Call, data: dict[str, Any]) -> dict[str, Any]:
        """Take a snapshot of a dataset; returns the snapshot."""
        errors = ValidationErrors()
        dataset, name = data["dataset"], data["name"]
        if dataset not in world.datasets:
            errors.add("snapshot_create.dataset", f"There is no dataset {dataset!r}", errno.ENOENT)
        elif f"{dataset}@{name}" in world.snapshots:
            errors.add("snapshot_create.name", "It has a snapshot of that name already", errno.EEXIST)
        errors.check()
        row = _take(world, dataset, name, int(nas.clock.wall().timestamp()))
        nas.send_event("pool.snapshot.query", "ADDED", id=row["id"], fields=row)
        if data.get("recursive"):
            left_out = data.get("exclude") or ()
            below_it = [found for found in world.datasets if found.startswith(f"{dataset}/")]
            for below in [found for found in below_it if found not in left_out]:
                _take(world, below, name, int(nas.clock.wall().timestamp()))
        return row

    @nas.method(
        "pool.snapshot.delete",
        accepts=shapes.arguments(
            id=shapes.text("Id of the snapshot: DATASET@NAME."),
            options=shapes.obj(
                "How far to go.",
                {},
                defer=shapes.boolean("When nobody needs it any more.", default=False),
                recursive=shapes.boolean("Below it, too.", default=False),
            ),
        ),
        returns=shapes.returning(shapes.boolean("Always true.")),
        roles=("SNAPSHOT_DELETE",),
    )
    def delete(call: Call, id: str, options: dict[str, Any]) -> bool:
        """Delete a snapshot. There is no way back."""
        row = _find(world, id)
        if row["holds"]:
            raise CallError(f"{id} is held", errno.EBUSY)
        del world.snapshots[id]
        nas.send_event("pool.snapshot.query", "REMOVED", id=id)
        return True

    for action, held in (("hold", True), ("release", False)):
        _add_hold(nas, world, action, held)


def _add_hold(nas: Simulator, world: World, action: str, held: bool) -> None:
    def change(call: Call, id: str, options: dict[str, Any]) -> None:
        _find(world, id)["holds"] = {"truenas": 1} if held else {}

    nas.method(
        f"pool.snapshot.{action}",
        accepts=shapes.arguments(
            id=shapes.text("Id of the snapshot: DATASET@NAME."), options=shapes.obj("Options; none are known here.", {})
        ),
        roles=WRITE,
        description="Keep a snapshot from being deleted." if held else "Let a snapshot be deleted again.",
    )(change)


def _find(world: World, ident: str) -> dict[str, Any]:
    row = world.snapshots.get(ident)
    if row is None:
        raise InstanceNotFound(f"Snapshot {ident} does not exist")
    return row


def _prop(value: int) -> dict[str, Any]:
    shown = zfsproperties.prop(value, value, value)
    del shown["source_info"]  # snapshots have no parents to take a value from
    return shown


def _take(world: World, dataset: str, name: str, taken: int) -> dict[str, Any]:
    ident = f"{dataset}@{name}"
    row = {
        "id": ident,
        "name": ident,
        "snapshot_name": name,
        "dataset": dataset,
        "pool": dataset.partition("/")[0],
        "type": "SNAPSHOT",
        "createtxg": str(20_000 + len(world.snapshots) * 17),
        "holds": {},
        "properties": {
            "creation": _prop(taken),
            "used": _prop(0),
            "referenced": _prop(world.datasets[dataset].own),
        },
    }
    world.snapshots[ident] = row
    return row
