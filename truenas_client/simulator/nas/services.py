"""The ``service`` service: the daemons, and starting and stopping them."""

from __future__ import annotations

import errno
from typing import Any

from .. import shapes
from ..call import Call
from ..errors import CallError, found
from ..extension import Extensible
from ..state import Nas
from .tables import add_table, change, read

__all__ = ["PART"]

WRITE = ("SERVICE_WRITE",)

PART = Extensible()
add_table(PART, "service")


def _find(nas: Nas, name: str | int) -> dict[str, Any]:
    row = next((row for row in nas.world.table("service").values() if name in (row["service"], row["id"])), None)
    return found(row, f"Service {name}")


@PART.job(
    "service.control",
    accepts={
        "verb": shapes.choice("START", "STOP", "RESTART", "RELOAD", doc="Action to carry out on the service."),
        "service": shapes.text("Name of the service, such as ssh."),
        "options": shapes.obj("How.", {}, silent=shapes.boolean("Answer false rather than fail.", default=True)),
    },
    returns=shapes.boolean("Whether it worked."),
    roles=WRITE,
    lock=lambda arguments: f"service:{arguments[1:2]}",
)
async def control(call: Call, verb: str, service: str, options: dict[str, Any]) -> bool:
    """Start, stop, restart or reload a service."""
    row = _find(call.nas, service)
    call.progress(30, f"{verb.title()}: {service}")
    await call.sleep(0.8)
    if verb == "RELOAD" and row["state"] != "RUNNING":
        raise CallError(f"{service} is not running", errno.ESRCH)
    if verb in ("STOP", "RESTART"):
        change(call.nas, "service", row, state="STOPPED", pids=[])
    if verb in ("START", "RESTART"):
        await call.sleep(0.8)
        change(call.nas, "service", row, state="RUNNING", pids=[2000 + row["id"] * 41])
    return True


@PART.method(
    "service.update",
    accepts={
        "id_or_name": {"anyOf": [shapes.integer(), shapes.text()], "description": "Number or name of the service."},
        "service_update": shapes.obj("What to change.", ..., enable=shapes.boolean("Start it with the machine.")),
    },
    returns=shapes.integer("Its number."),
    roles=WRITE,
)
def update(call: Call, id_or_name: str | int, data: dict[str, Any]) -> int:
    """Decide whether a service starts with the machine."""
    row = _find(call.nas, id_or_name)
    change(call.nas, "service", row, enable=data["enable"])
    return int(row["id"])


@PART.method(
    "service.started",
    accepts={"service": shapes.text("Name of the service, such as ssh.")},
    returns=shapes.boolean("Whether it runs."),
    roles=read("service"),
)
def started(call: Call, service: str) -> bool:
    """Whether a service runs."""
    return bool(_find(call.nas, service)["state"] == "RUNNING")
