"""The ``alert`` service: some alerts stay, and one comes and goes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .. import shapes
from ..call import Call
from .world import World

if TYPE_CHECKING:
    from ..simulator import Simulator

__all__ = ["install"]

READ = ("ALERT_LIST_READ", "ALERT_LIST_WRITE", "ALERT_READ", "ALERT_WRITE", "READONLY_ADMIN", "SHARING_ADMIN")
WRITE = ("ALERT_LIST_WRITE", "ALERT_WRITE")

QUIET_SECONDS = 40.0
WARM_SECONDS = 25.0

DOCS = {
    "uuid": "What names the alert.",
    "klass": "Kind of alert.",
    "level": "INFO, NOTICE, WARNING, ERROR, CRITICAL, ALERT or EMERGENCY.",
    "formatted": "What it says.",
    "datetime": "When it came up first.",
    "last_occurrence": "When it was seen last.",
    "dismissed": "Somebody has seen it and put it aside.",
    "one_shot": "Does not go away by itself.",
}


def install(nas: Simulator, world: World) -> None:
    """Add the service, its events, and the alert that comes and goes."""
    alerts: dict[str, dict[str, Any]] = {}

    def alert(klass: str, level: str, text: str, *, one_shot: bool = False, days_ago: int = 0) -> dict[str, Any]:
        ident = world.uuid()
        when = nas.clock.wall() - timedelta(days=days_ago)
        return {
            "id": ident,
            "uuid": ident,
            "source": "" if one_shot else klass,
            "klass": klass,
            "args": {},
            "node": "Controller A",
            "key": f'"{klass}"',
            "datetime": when,
            "last_occurrence": when,
            "dismissed": False,
            "mail": None,
            "text": text,
            "level": level,
            "formatted": text,
            "one_shot": one_shot,
        }

    for row in (
        alert("CertificateSelfSigned", "NOTICE", "The certificate of the web interface is self-signed.", days_ago=12),
        alert(
            "ScrubNotStarted",
            "WARNING",
            "The scrub of pool flash that was planned for Sunday did not start: another one was running.",
            one_shot=True,
            days_ago=3,
        ),
    ):
        alerts[row["uuid"]] = row
    shape = shapes.like_all(list(alerts.values()), DOCS)
    nas.service("alert")
    nas.event("alert.list", roles=READ)

    def send(kind: str, row: dict[str, Any]) -> None:
        if kind == "REMOVED":
            nas.send_event("alert.list", kind, id=row["uuid"])
        else:
            nas.send_event("alert.list", kind, id=row["uuid"], fields=dict(row))

    @nas.method("alert.list", returns=shapes.returning(shapes.array(shape, "The alerts.")), roles=READ)
    def list_(call: Call) -> list[dict[str, Any]]:
        """What the system wants somebody to know."""
        return list(alerts.values())

    def set_dismissed(uuid: str, value: bool) -> None:
        row = alerts.get(uuid)
        if row is not None:
            row["dismissed"] = value
            send("CHANGED", row)

    one = shapes.arguments(uuid=shapes.text("Id of the alert."))

    @nas.method("alert.dismiss", accepts=one, roles=WRITE)
    def dismiss(call: Call, uuid: str) -> None:
        """Put an alert aside."""
        set_dismissed(uuid, True)

    @nas.method("alert.restore", accepts=one, roles=WRITE)
    def restore(call: Call, uuid: str) -> None:
        """Show an alert that was put aside again."""
        set_dismissed(uuid, False)

    @nas.method("alert.list_categories", accepts=shapes.arguments(options=shapes.obj("Nothing.", {})), roles=READ)
    def list_categories(call: Call, options: dict[str, Any]) -> list[dict[str, Any]]:
        """The kinds of alerts there are."""
        kinds = {row["klass"]: row["level"] for row in alerts.values()} | {"DiskTemperatureTooHot": "WARNING"}
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

    async def come_and_go() -> None:
        hot = next(iter(world.disks.values()))
        while True:
            await nas.clock.sleep(QUIET_SECONDS)
            row = alert("DiskTemperatureTooHot", "WARNING", f"Disk {hot.name} is at 51 °C; it should stay below 50 °C.")
            alerts[row["uuid"]] = row
            send("ADDED", row)
            await nas.clock.sleep(WARM_SECONDS)
            if alerts.pop(row["uuid"], None) is not None:
                send("REMOVED", row)

    nas.background(come_and_go)
