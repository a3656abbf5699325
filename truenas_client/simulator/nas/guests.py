"""Apps and virtual machines on the NAS."""

from __future__ import annotations

import errno
from typing import Any

from .. import shapes
from ..call import Call
from ..errors import CallError
from ..events import Source
from ..extension import Extensible
from ..state import Nas
from ..world import GIB, MIB, World
from .tables import add_table, change, find_row, read

__all__ = ["PART"]

APPS_WRITE = ("APPS_WRITE",)
VM_WRITE = ("VM_DEVICE_WRITE", "VM_WRITE")
APP = shapes.text("Name of the app.")
MACHINE = shapes.integer("Number of the machine.")

PART = Extensible()
add_table(PART, "app")


def _set_app(nas: Nas, name: str, state: str) -> None:
    row = nas.world.table("app")[name]
    port = int(row["portals"]["Web UI"].rpartition(":")[2].strip("/"))
    change(nas, "app", row, state=state, active_workloads=_workloads(name, port, state))


def _add_action(action: str, doc: str, *states: str) -> None:
    async def act(call: Call, app_name: str) -> None:
        find_row(call.nas.world, "app", app_name)
        for number, state in enumerate(states):
            call.progress(20 + 60 * number // len(states), f"{action.title()}: {app_name}")
            _set_app(call.nas, app_name, state)
            await call.sleep(1.5 if number + 1 < len(states) else 0)

    PART.job(
        f"app.{action}",
        accepts={"app_name": APP},
        returns={"type": "null"},
        roles=APPS_WRITE,
        description=doc,
    )(act)


_add_action("start", "Start an app.", "DEPLOYING", "RUNNING")
_add_action("stop", "Stop an app.", "STOPPING", "STOPPED")
_add_action("redeploy", "Stop an app and start it again.", "STOPPING", "DEPLOYING", "RUNNING")


@PART.job(
    "app.upgrade",
    accepts={
        "app_name": APP,
        "options": shapes.obj(
            "Options of the upgrade.", {}, app_version=shapes.text("Version to upgrade to.", default="latest")
        ),
    },
    roles=APPS_WRITE,
)
async def upgrade(call: Call, app_name: str, options: dict[str, Any]) -> dict[str, Any]:
    """Upgrade an app to a newer version; returns the app."""
    row = find_row(call.nas.world, "app", app_name)
    if not row["upgrade_available"]:
        raise CallError(f"There is no newer version of {app_name}", errno.EINVAL)
    for percent, doing in ((5, "Pulling images"), (45, "Making a snapshot"), (60, "Starting the new version")):
        call.progress(percent, doing)
        await call.sleep(2)
    row |= {"version": row["latest_version"], "upgrade_available": False}
    _set_app(call.nas, app_name, "RUNNING")
    return dict(row)


@PART.source(
    "app.stats",
    accepts=shapes.obj("How often.", {}, interval=shapes.integer("Seconds.", default=2, minimum=2)),
    roles=read("app"),
)
async def stats(nas: Nas, source: Source, argument: dict[str, Any]) -> None:
    while True:
        apps = nas.world.table("app").items()
        source.send("ADDED", fields=[_stats(nas.world, name) for name, row in apps if row["state"] == "RUNNING"])
        await source.sleep(argument["interval"])


def _workloads(name: str, port: int, state: str) -> dict[str, Any]:
    up = state == "RUNNING"
    image = f"registry.example/{name}:latest"
    container = {
        "id": f"{name}-1",
        "service_name": name,
        "image": image,
        "port_config": [],
        "state": "running",
        "volume_mounts": [],
    }
    ports = {"container_port": 80, "protocol": "tcp", "host_ports": [{"host_port": port, "host_ip": "0.0.0.0"}]}
    return {
        "containers": 1 if up else 0,
        "used_ports": [ports] if up else [],
        "used_host_ips": [],
        "container_details": [container] if up else [],
        "volumes": [],
        "images": [image] if up else [],
        "networks": [],
    }


def _stats(world: World, name: str) -> dict[str, Any]:
    chance = world.random
    return {
        "app_name": name,
        "cpu_usage": chance.randrange(0, 30),
        "memory": chance.randrange(80, 900) * MIB,
        "networks": [
            {"interface_name": "eth0", "rx_bytes": chance.randrange(90_000), "tx_bytes": chance.randrange(90_000)}
        ],
        "blkio": {"read": chance.randrange(10 * MIB), "write": chance.randrange(10 * MIB)},
    }


# --- virtual machines ----------------------------------------------------------------------------

add_table(PART, "vm")


def _set_machine(nas: Nas, ident: int, *, up: bool) -> None:
    row = find_row(nas.world, "vm", ident)
    state = "RUNNING" if up else "STOPPED"
    status = {"state": state, "pid": 4300 + ident if up else None, "domain_state": state}
    change(nas, "vm", row, status=status)


@PART.method("vm.status", accepts={"id": MACHINE}, roles=read("vm"))
def status(call: Call, id: int) -> dict[str, Any]:
    """Whether a machine runs."""
    found: dict[str, Any] = find_row(call.nas.world, "vm", id)["status"]
    return found


@PART.method(
    "vm.start",
    accepts={
        "id": MACHINE,
        "options": shapes.obj("How.", {}, overcommit=shapes.boolean("Even without memory.", default=False)),
    },
    returns={"type": "null"},
    roles=VM_WRITE,
)
def start(call: Call, id: int, options: dict[str, Any]) -> None:
    """Start a machine."""
    if find_row(call.nas.world, "vm", id)["status"]["state"] == "RUNNING":
        raise CallError("It is running already", errno.EINVAL)
    _set_machine(call.nas, id, up=True)


@PART.job(
    "vm.stop",
    accepts={
        "id": MACHINE,
        "options": shapes.obj(
            "How.",
            {},
            force=shapes.boolean("Switch it off.", default=False),
            force_after_timeout=shapes.boolean("Switch it off when it takes too long.", default=False),
        ),
    },
    returns={"type": "null"},
    roles=VM_WRITE,
)
async def stop(call: Call, id: int, options: dict[str, Any]) -> None:
    """Stop a machine."""
    find_row(call.nas.world, "vm", id)
    call.progress(10, "Asking it to shut down")
    await call.sleep(0 if options.get("force") else 4)
    _set_machine(call.nas, id, up=False)


@PART.method("vm.poweroff", accepts={"id": MACHINE}, roles=VM_WRITE)
def poweroff(call: Call, id: int) -> None:
    """Switch a machine off, as by pulling the plug."""
    _set_machine(call.nas, id, up=False)


@PART.method("vm.get_available_memory", accepts={"overcommit": shapes.boolean("", False)}, roles=read("vm"))
def available_memory(call: Call, overcommit: bool) -> int:
    """Octets of memory that machines can still have."""
    return call.nas.world.memory - 9 * GIB
