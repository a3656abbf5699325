"""The ``pool.snapshot`` service: snapshots of datasets."""

from __future__ import annotations

import errno
from functools import partial
from typing import Any

from .. import shapes
from ..call import Call
from ..errors import CallError, ValidationErrors, found
from ..extension import Extensible
from ..world import World
from .tables import add_table

__all__ = ["PART"]

WRITE = ("SNAPSHOT_WRITE",)
ID = shapes.text("Id of the snapshot: DATASET@NAME.")


PART = Extensible()
add_table(PART, "pool.snapshot", lambda nas: list(nas.world.snapshots.values()))


@PART.method(
    "pool.snapshot.create",
    accepts={
        "data": shapes.obj(
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
    },
    roles=WRITE,
)
def create(call: Call, data: dict[str, Any]) -> dict[str, Any]:
    """Take a snapshot of a dataset; returns the snapshot."""
    world, errors = call.nas.world, ValidationErrors()
    dataset, name = data["dataset"], data["name"]
    if dataset not in world.datasets:
        errors.add("snapshot_create.dataset", f"There is no dataset {dataset!r}", errno.ENOENT)
    elif f"{dataset}@{name}" in world.snapshots:
        errors.add("snapshot_create.name", "It has a snapshot of that name already", errno.EEXIST)
    errors.check()
    row = world.take_snapshot(dataset, name, int(call.nas.clock.wall().timestamp()))
    call.nas.send_event("pool.snapshot.query", "ADDED", id=row["id"], fields=row)
    if data.get("recursive"):
        left_out = data.get("exclude") or ()
        for below in [name for name in world.datasets if name.startswith(f"{dataset}/") and name not in left_out]:
            world.take_snapshot(below, name, int(call.nas.clock.wall().timestamp()))
    return row


@PART.method(
    "pool.snapshot.delete",
    accepts={
        "id": ID,
        "options": shapes.obj(
            "How far to go.",
            {},
            defer=shapes.boolean("Delete it once no clone needs it any more.", default=False),
            recursive=shapes.boolean("Below it, too.", default=False),
        ),
    },
    returns=shapes.boolean("Always true."),
    roles=("SNAPSHOT_DELETE",),
)
def delete(call: Call, id: str, options: dict[str, Any]) -> bool:
    """Delete a snapshot. There is no way back."""
    row = _find(call.nas.world, id)
    if row["holds"]:
        raise CallError(f"{id} is held", errno.EBUSY)
    del call.nas.world.snapshots[id]
    call.nas.send_event("pool.snapshot.query", "REMOVED", id=id)
    return True


def _hold(holds: dict[str, int], call: Call, id: str, options: dict[str, Any]) -> None:
    _find(call.nas.world, id)["holds"] = dict(holds)


for action, holds, doc in (
    ("hold", {"truenas": 1}, "Keep a snapshot from being deleted."),
    ("release", {}, "Let a snapshot be deleted again."),
):
    PART.method(
        f"pool.snapshot.{action}",
        accepts={"id": ID, "options": shapes.obj("Options; none are known here.", {})},
        roles=WRITE,
        description=doc,
    )(partial(_hold, holds))


def _find(world: World, ident: str) -> dict[str, Any]:
    return found(world.snapshots.get(ident), f"Snapshot {ident}")
