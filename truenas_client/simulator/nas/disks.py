"""The ``disk`` service: the drives, and how warm they are."""

from __future__ import annotations

import math
from typing import Any

from .. import shapes
from ..call import Call
from ..errors import InstanceNotFound
from ..extension import Extensible
from ..state import Nas
from ..world import Disk, World
from .tables import add_table

__all__ = ["PART", "temperature"]

REPORTING = ("READONLY_ADMIN", "REPORTING_READ", "REPORTING_WRITE")

PART = Extensible()


def _rows(nas: Nas) -> list[dict[str, Any]]:
    return [_row(number, disk) for number, disk in enumerate(nas.world.disks.values())]


add_table(PART, "disk", _rows)


@PART.method(
    "disk.update",
    accepts={
        "id": shapes.text("Identifier of the drive."),
        "data": shapes.obj(
            "What to change; the rest stays.",
            {},
            description=shapes.optional(shapes.text("A note.")),
            hddstandby=shapes.optional(
                shapes.choice("ALWAYS ON", "5", "10", "20", "30", "60", "120", "180", "240", "300", "330")
            ),
        ),
    },
    roles=("DISK_WRITE",),
)
def update(call: Call, id: str, data: dict[str, Any]) -> dict[str, Any]:
    """Update the note or the standby time of a drive; returns the drive."""
    for number, disk in enumerate(call.nas.world.disks.values()):
        if disk.identifier == id:
            disk.description = data.get("description", disk.description)
            disk.spindown = data.get("hddstandby", disk.spindown)
            row = _row(number, disk)
            call.nas.send_event("disk.query", "CHANGED", id=id, fields=row)
            return row
    raise InstanceNotFound(f"disk {id} does not exist")


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
    found: dict[str, Any] = {}
    for disk in call.nas.world.disks.values():
        if not name or disk.name in name:
            value: Any = round(temperature(disk, call.nas.clock.now()))
            if include_thresholds:
                value = {"temperature": value, "critical": 60, "hyst": 55}
            found[disk.name] = value
    return found


@PART.method(
    "disk.get_used", accepts={"join_partitions": shapes.boolean("Has no effect here.", default=False)}, roles=REPORTING
)
def get_used(call: Call, join_partitions: bool) -> list[dict[str, Any]]:
    """The drives that belong to a pool."""
    return [row for row in _rows(call.nas) if row["pool"]]


def temperature(disk: Disk, now: float) -> float:
    """How warm a drive is: it goes up and down a little over some minutes."""
    return disk.temperature + 1.5 * math.sin(now / 97 + len(disk.name) + disk.size % 7)


def _row(number: int, disk: Disk) -> dict[str, Any]:
    nvme = disk.name.startswith("nvme")
    return World.blank("disk") | {
        "identifier": disk.identifier,
        "name": disk.name,
        "subsystem": "nvme" if nvme else "scsi",
        "number": number,
        "serial": disk.serial,
        "size": disk.size,
        "description": disk.description,
        "hddstandby": disk.spindown,
        "model": disk.model,
        "rotationrate": disk.rotation,
        "type": disk.kind,
        "bus": "NVME" if nvme else "ATA",
        "devname": disk.name,
        "pool": disk.pool,
    }
