"""The ``disk`` service: the drives, and how warm they are."""

from __future__ import annotations

import math
from typing import Any

from .. import shapes
from ..call import Call
from ..errors import found
from ..extension import Extensible
from ..state import Nas
from .tables import Row, add_table, change

__all__ = ["PART", "warmth"]

REPORTING = ("READONLY_ADMIN", "REPORTING_READ", "REPORTING_WRITE")

PART = Extensible()


add_table(PART, "disk", lambda nas: list(nas.world.disks.values()))

CHANGES = {
    "description": shapes.optional(shapes.text("A note.")),
    "hddstandby": shapes.optional(
        shapes.choice("ALWAYS ON", "5", "10", "20", "30", "60", "120", "180", "240", "300", "330")
    ),
}


@PART.method(
    "disk.update",
    accepts={
        "id": shapes.text("Identifier of the drive."),
        "data": shapes.obj("What to change; the rest stays.", {}, **CHANGES),
    },
    roles=("DISK_WRITE",),
)
def update(call: Call, id: str, data: Row) -> Row:
    """Update the note or the standby time of a drive; returns the drive."""
    disk = found(next((disk for disk in call.nas.world.disks.values() if disk["identifier"] == id), None), f"disk {id}")
    change(call.nas, "disk", disk, **{name: value for name, value in data.items() if name in CHANGES})
    return disk


@PART.method(
    "disk.temperatures",
    accepts={
        "name": shapes.array(shapes.text(), "Names of drives; none means all.", default=[]),
        "include_thresholds": shapes.boolean("Tell also what is too warm.", default=False),
    },
    roles=REPORTING,
)
def temperatures(call: Call, name: list[str], include_thresholds: bool) -> dict[str, Any]:
    """How warm the drives are, in degrees Celsius by name."""
    further = {"critical": 60, "hyst": 55}
    return {
        disk: {"temperature": round(warm), **further} if include_thresholds else round(warm)
        for disk, warm in warmth(call.nas).items()
        if not name or disk in name
    }


@PART.method(
    "disk.get_used", accepts={"join_partitions": shapes.boolean("Has no effect here.", default=False)}, roles=REPORTING
)
def get_used(call: Call, join_partitions: bool) -> list[dict[str, Any]]:
    """The drives that belong to a pool."""
    return [disk for disk in call.nas.world.disks.values() if disk["pool"]]


def warmth(nas: Nas) -> dict[str, float]:
    """How warm the drives are now, by name: it goes up and down a little over some minutes."""
    now, world = nas.clock.now(), nas.world
    return {
        name: world.warmth[name] + 1.5 * math.sin(now / 97 + len(name) + disk["size"] % 7)
        for name, disk in world.disks.items()
    }
