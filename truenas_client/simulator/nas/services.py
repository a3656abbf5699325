"""The ``service`` service: the daemons, and starting and stopping them."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from .. import shapes
from ..call import Call
from ..errors import CallError, InstanceNotFound
from .tables import add_query
from .world import World

if TYPE_CHECKING:
    from ..simulator import Simulator

__all__ = ["install"]

READ = ("READONLY_ADMIN", "SERVICE_READ", "SHARING_ADMIN")
WRITE = ("SERVICE_WRITE",)

DOCS = {
    "service": "What it is called.",
    "enable": "Whether it starts with the machine.",
    "state": "RUNNING or STOPPED.",
    "pids": "Its processes.",
}


def install(nas: Simulator, world: World) -> None:
    """Add the service."""
    table = world.table("service")
    running = {"cifs", "nfs", "ssh", "smartd"}
    for ident, name in enumerate(
        ("cifs", "ftp", "iscsitarget", "nfs", "nvmet", "smartd", "snmp", "ssh", "ups"), start=4
    ):
        up = name in running
        table[ident] = {
            "id": ident,
            "service": name,
            "enable": up,
            "state": "RUNNING" if up else "STOPPED",
            "pids": [1000 + ident * 37] if up else [],
        }
    add_query(nas, "service", lambda: list(table.values()), what="services", roles=READ, docs=DOCS)
    options = shapes.obj("How.", {}, silent=shapes.boolean("Answer false rather than fail.", default=True))

    def find(name: str | int) -> dict[str, Any]:
        row = next((row for row in table.values() if name in (row["service"], row["id"])), None)
        if row is None:
            raise InstanceNotFound(f"Service {name} does not exist")
        return row

    def set_state(row: dict[str, Any], up: bool) -> None:
        row |= {"state": "RUNNING" if up else "STOPPED", "pids": [2000 + row["id"] * 41] if up else []}
        nas.send_event("service.query", "CHANGED", id=row["id"], fields=dict(row))

    @nas.job(
        "service.control",
        accepts=shapes.arguments(
            verb=shapes.choice("START", "STOP", "RESTART", "RELOAD", doc="Action to carry out on the service."),
            service=shapes.text("Name of the service, such as ssh."),
            options=options,
        ),
        returns=shapes.returning(shapes.boolean("Whether it worked.")),
        roles=WRITE,
        lock=lambda arguments: f"service:{arguments[1:2]}",
    )
    async def control(call: Call, verb: str, service: str, options: dict[str, Any]) -> bool:
        """Start, stop, restart or reload a service."""
        row = find(service)
        call.progress(30, f"{verb.title()}: {service}")
        await call.sleep(0.8)
        if verb == "RELOAD" and row["state"] != "RUNNING":
            raise CallError(f"{service} is not running", errno.ESRCH)
        if verb in ("STOP", "RESTART"):
            set_state(row, False)
        if verb in ("START", "RESTART"):
            await call.sleep(0.8)
            set_state(row, True)
        return True

    @nas.method(
        "service.update",
        accepts=shapes.arguments(
            id_or_name={"anyOf": [shapes.integer(), shapes.text()], "description": "Number or name of the service."},
            service_update=shapes.obj("What to change.", ..., enable=shapes.boolean("Start it with the machine.")),
        ),
        returns=shapes.returning(shapes.integer("Its number.")),
        roles=WRITE,
    )
    def update(call: Call, id_or_name: str | int, data: dict[str, Any]) -> int:
        """Decide whether a service starts with the machine."""
        row = find(id_or_name)
        row["enable"] = data["enable"]
        nas.send_event("service.query", "CHANGED", id=row["id"], fields=dict(row))
        return int(row["id"])

    @nas.method(
        "service.started",
        accepts=shapes.arguments(service=shapes.text("Name of the service, such as ssh.")),
        returns=shapes.returning(shapes.boolean("Whether it runs.")),
        roles=READ,
    )
    def started(call: Call, service: str) -> bool:
        """Whether a service runs."""
        return bool(find(service)["state"] == "RUNNING")
