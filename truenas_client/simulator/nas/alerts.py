"""The ``alert`` service: some alerts stay, and one comes and goes."""

from __future__ import annotations

from functools import partial
from typing import Any

from .. import shapes
from ..call import Call
from ..extension import Extensible
from ..state import Nas
from .tables import read, row_of

__all__ = ["PART"]

WRITE = ("ALERT_LIST_WRITE", "ALERT_WRITE")
ONE = {"uuid": shapes.text("Id of the alert.")}

QUIET_SECONDS = 40.0
WARM_SECONDS = 25.0

PART = Extensible()
PART.service("alert")
PART.event("alert.list", roles=read("alert"))


@PART.method("alert.list", returns=lambda: shapes.array(row_of("alert"), "The alerts."), roles=read("alert"))
def list_(call: Call) -> list[dict[str, Any]]:
    """The alerts that the system raised."""
    return list(call.nas.world.table("alert").values())


def _dismiss(dismissed: bool, call: Call, uuid: str) -> None:
    row = call.nas.world.table("alert").get(uuid)
    if row is not None:
        row["dismissed"] = dismissed
        call.nas.send_event("alert.list", "CHANGED", id=uuid, fields=dict(row))


PART.method("alert.dismiss", accepts=ONE, roles=WRITE, description="Put an alert aside.")(partial(_dismiss, True))
PART.method("alert.restore", accepts=ONE, roles=WRITE, description="Show an alert that was put aside again.")(
    partial(_dismiss, False)
)


@PART.method("alert.list_categories", accepts={"options": shapes.obj("Nothing.", {})}, roles=read("alert"))
def list_categories(call: Call, options: dict[str, Any]) -> list[dict[str, Any]]:
    """The kinds of alerts there are."""
    alerts = call.nas.world.table("alert").values()
    kinds = {row["klass"]: row["level"] for row in alerts} | {"DiskTemperatureTooHot": "WARNING"}
    classes = [
        {
            "id": name,
            "title": name,
            "level": level,
            "product_types": ["COMMUNITY_EDITION", "ENTERPRISE"],
            "proactive_support": False,
        }
        for name, level in kinds.items()
    ]
    return [{"id": "SYSTEM", "title": "System", "classes": classes}]


async def come_and_go(nas: Nas) -> None:
    """Let a disk become too hot and cool down, over and over."""
    klass = "DiskTemperatureTooHot"
    while True:
        await nas.clock.sleep(QUIET_SECONDS)
        alerts = nas.world.table("alert")
        hot = next(iter(nas.world.disks))
        text = f"Disk {hot} is at 51 °C; it should stay below 50 °C."
        ident, now = nas.world.uuid(), nas.clock.wall()
        alerts[ident] = {
            **nas.world.blank("alert"),
            "id": ident,
            "uuid": ident,
            "source": klass,
            "klass": klass,
            "key": f'"{klass}"',
            "datetime": now,
            "last_occurrence": now,
            "text": text,
            "formatted": text,
        }
        nas.send_event("alert.list", "ADDED", id=ident, fields=dict(alerts[ident]))
        await nas.clock.sleep(WARM_SECONDS)
        if alerts.pop(ident, None) is not None:
            nas.send_event("alert.list", "REMOVED", id=ident)


PART.registry.background.append(come_and_go)
