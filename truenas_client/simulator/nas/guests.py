"""What runs on the NAS besides it: apps and virtual machines."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from .. import shapes
from ..call import Call
from ..errors import CallError
from ..events import Source
from .tables import add_query, find_row
from .world import GIB, MIB, World

if TYPE_CHECKING:
    from ..simulator import Simulator

__all__ = ["install"]

APPS_READ = ("APPS_READ", "APPS_WRITE", "READONLY_ADMIN", "SHARING_ADMIN")
APPS_WRITE = ("APPS_WRITE",)
VM_READ = ("READONLY_ADMIN", "SHARING_ADMIN", "VM_DEVICE_READ", "VM_DEVICE_WRITE", "VM_READ", "VM_WRITE")
VM_WRITE = ("VM_DEVICE_WRITE", "VM_WRITE")


def install(nas: Simulator, world: World) -> None:
    """Add the services."""
    _apps(nas, world)
    _machines(nas, world)


def _apps(nas: Simulator, world: World) -> None:
    table = world.table("app")
    for name, version, newer, state, port in (
        ("photos", "1.9.2", "1.10.0", "RUNNING", 30041),
        ("notes", "4.2.0", None, "RUNNING", 30042),
        ("recipes", "0.8.11", None, "STOPPED", 30043),
    ):
        table[name] = {
            "id": name,
            "name": name,
            "state": state,
            "version": version,
            "human_version": f"{version}_1",
            "latest_version": newer or version,
            "latest_app_version": newer or version,
            "upgrade_available": newer is not None,
            "image_updates_available": False,
            "custom_app": False,
            "migrated": False,
            "action_required": False,
            "notes": None,
            "portals": {"Web UI": f"http://192.0.2.40:{port}/"},
            "metadata": {"name": name, "train": "community", "description": f"Keeps {name}."},
            "active_workloads": _workloads(name, port, state),
            "config": None,
            "version_details": None,
        }
    add_query(nas, "app", lambda: list(table.values()), what="apps", roles=APPS_READ)

    def set_state(name: str, state: str) -> None:
        row = table[name]
        port = int(row["portals"]["Web UI"].rpartition(":")[2].strip("/"))
        row |= {"state": state, "active_workloads": _workloads(name, port, state)}
        nas.send_event("app.query", "CHANGED", id=name, fields=dict(row))

    def add_action(action: str, doc: str, states: list[str]) -> None:
        async def act(call: Call, app_name: str) -> None:
            find_row(world, "app", app_name)
            for number, state in enumerate(states):
                call.progress(20 + 60 * number // len(states), f"{action.title()}: {app_name}")
                set_state(app_name, state)
                await call.sleep(1.5 if number + 1 < len(states) else 0)

        nas.job(
            f"app.{action}",
            accepts=shapes.arguments(app_name=shapes.text("Name of the app.")),
            returns=shapes.returning({"type": "null"}),
            roles=APPS_WRITE,
            description=doc,
        )(act)

    add_action("start", "Start an app.", ["DEPLOYING", "RUNNING"])
    add_action("stop", "Stop an app.", ["STOPPING", "STOPPED"])
    add_action("redeploy", "Stop an app and start it again.", ["STOPPING", "DEPLOYING", "RUNNING"])

    @nas.job(
        "app.upgrade",
        accepts=shapes.arguments(
            app_name=shapes.text("Name of the app."),
            options=shapes.obj(
                "Options of the upgrade.", {}, app_version=shapes.text("Version to upgrade to.", default="latest")
            ),
        ),
        roles=APPS_WRITE,
    )
    async def upgrade(call: Call, app_name: str, options: dict[str, Any]) -> dict[str, Any]:
        """Upgrade an app to a newer version; returns the app."""
        row = find_row(world, "app", app_name)
        if not row["upgrade_available"]:
            raise CallError(f"There is no newer version of {app_name}", errno.EINVAL)
        for percent, doing in ((5, "Pulling images"), (45, "Making a snapshot"), (60, "Starting the new version")):
            call.progress(percent, doing)
            await call.sleep(2)
        row |= {"version": row["latest_version"], "upgrade_available": False}
        set_state(app_name, "RUNNING")
        return dict(row)

    @nas.source(
        "app.stats",
        accepts=shapes.obj("How often.", {}, interval=shapes.integer("Seconds.", default=2, minimum=2)),
        roles=APPS_READ,
    )
    async def stats(source: Source, argument: dict[str, Any]) -> None:
        while True:
            running = [name for name, row in table.items() if row["state"] == "RUNNING"]
            source.send("ADDED", fields=[_stats(world, name) for name in running])
            await source.sleep(argument["interval"])


def _workloads(name: str, port: int, state: str) -> dict[str, Any]:
    up = state == "RUNNING"
    container = {
        "id": f"{name}-1",
        "service_name": name,
        "image": f"registry.example/{name}:latest",
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
        "images": [f"registry.example/{name}:latest"] if up else [],
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


def _machines(nas: Simulator, world: World) -> None:
    table = world.table("vm")
    table[1] = {
        "id": 1,
        "name": "debian",
        "description": "For trying things",
        "vcpus": 1,
        "cores": 2,
        "threads": 1,
        "memory": 4096,
        "min_memory": None,
        "autostart": True,
        "bootloader": "UEFI",
        "cpu_mode": "HOST-PASSTHROUGH",
        "cpu_model": None,
        "time": "LOCAL",
        "shutdown_timeout": 90,
        "uuid": world.uuid(),
        "devices": [
            {"id": 1, "vm": 1, "order": 1000, "attributes": {"dtype": "DISK", "path": "/dev/zvol/flash/vm/debian"}},
            {"id": 2, "vm": 1, "order": 1002, "attributes": {"dtype": "NIC", "nic_attach": "eno1"}},
        ],
        "display_available": False,
        "status": {"state": "RUNNING", "pid": 4217, "domain_state": "RUNNING"},
    }
    add_query(nas, "vm", lambda: list(table.values()), what="virtual machines", roles=VM_READ)
    number = shapes.integer("Number of the machine.")

    def set_state(ident: int, up: bool) -> None:
        state = "RUNNING" if up else "STOPPED"
        table[ident]["status"] = {"state": state, "pid": 4300 + ident if up else None, "domain_state": state}
        nas.send_event("vm.query", "CHANGED", id=ident, fields=dict(table[ident]))

    @nas.method("vm.status", accepts=shapes.arguments(id=number), roles=VM_READ)
    def status(call: Call, id: int) -> dict[str, Any]:
        """Whether a machine runs."""
        found: dict[str, Any] = find_row(world, "vm", id)["status"]
        return found

    @nas.method(
        "vm.start",
        accepts=shapes.arguments(
            id=number, options=shapes.obj("How.", {}, overcommit=shapes.boolean("Even without memory.", default=False))
        ),
        returns=shapes.returning({"type": "null"}),
        roles=VM_WRITE,
    )
    def start(call: Call, id: int, options: dict[str, Any]) -> None:
        """Start a machine."""
        if find_row(world, "vm", id)["status"]["state"] == "RUNNING":
            raise CallError("It is running already", errno.EINVAL)
        set_state(id, True)

    @nas.job(
        "vm.stop",
        accepts=shapes.arguments(
            id=number,
            options=shapes.obj(
                "How.",
                {},
                force=shapes.boolean("Switch it off.", default=False),
                force_after_timeout=shapes.boolean("Switch it off when it takes too long.", default=False),
            ),
        ),
        returns=shapes.returning({"type": "null"}),
        roles=VM_WRITE,
    )
    async def stop(call: Call, id: int, options: dict[str, Any]) -> None:
        """Stop a machine."""
        find_row(world, "vm", id)
        call.progress(10, "Asking it to shut down")
        await call.sleep(0 if options.get("force") else 4)
        set_state(id, False)

    @nas.method("vm.poweroff", accepts=shapes.arguments(id=number), roles=VM_WRITE)
    def poweroff(call: Call, id: int) -> None:
        """Switch a machine off, as by pulling the plug."""
        find_row(world, "vm", id)
        set_state(id, False)

    @nas.method(
        "vm.get_available_memory", accepts=shapes.arguments(overcommit=shapes.boolean("", False)), roles=VM_READ
    )
    def available_memory(call: Call, overcommit: bool) -> int:
        """Octets of memory that machines can still have."""
        return world.memory - 9 * GIB
