"""The ``system`` service: what this machine is, how long it runs, and its settings."""

from __future__ import annotations

import errno
from datetime import timedelta
from functools import cache
from typing import Any

from .. import shapes
from ..call import Call
from ..errors import refused
from ..extension import Extensible
from ..state import Nas
from ..world import DATA
from .tables import add_config, pristine, read

__all__ = ["PART"]

READ = ("READONLY_ADMIN", "SHARING_ADMIN")

PART = Extensible()


PART.service("system")
PART.event("system.ready", no_authz=True)


def _info(nas: Nas) -> dict[str, Any]:
    world, now = nas.world, nas.clock.wall()
    up = now - world.boot_time
    load = [round(0.4 + 0.3 * ((now.minute * 7 + step * 3) % 10) / 10, 2) for step in range(3)]
    return world.blank("system.info") | {
        "version": nas.release.version,
        "buildtime": world.boot_time - timedelta(days=40),
        "physmem": world.memory,
        "cores": world.cores,
        "physical_cores": world.cores // 2,
        "loadavg": load,
        "uptime": str(up).partition(".")[0],
        "uptime_seconds": round(up.total_seconds(), 3),
        "system_serial": world.serial,
        "boottime": world.boot_time,
        "datetime": now,
    }


@PART.method(
    "system.info", returns=lambda: shapes.like(_info(pristine()), DATA["tables"]["system.info"]["docs"]), roles=READ
)
def system_info(call: Call) -> dict[str, Any]:
    """The machine: release, processor, memory, and how long it has been running."""
    return _info(call.nas)


@PART.method("system.version", returns=shapes.text(), no_authz=True)
def version(call: Call) -> str:
    """The release, with the name of the product before it."""
    return f"TrueNAS-{call.nas.release.version}"


@PART.method("system.version_short", returns=shapes.text(), no_authz=True)
def version_short(call: Call) -> str:
    """The release, without the name of the product."""
    return call.nas.release.version


@PART.method("system.boot_id", returns=shapes.text(), no_auth=True)
def boot_id(call: Call) -> str:
    """A text that is another after each start of the machine."""
    return call.nas.boot_id


@PART.method("system.host_id", returns=shapes.text(), roles=READ)
def host_id(call: Call) -> str:
    """A text that stays the same as long as this installation lives."""
    return call.nas.world.serial.encode().hex() * 4


@PART.method("system.ready", returns=shapes.boolean(), roles=READ)
def ready(call: Call) -> bool:
    """Whether the machine has finished starting."""
    return True


@PART.method("system.state", returns=shapes.choice("BOOTING", "READY", "SHUTTING_DOWN"), roles=READ)
def state(call: Call) -> str:
    """Where between start and end the machine is."""
    return "READY"


@PART.method("system.product_type", returns=shapes.text(), roles=READ)
def product_type(call: Call) -> str:
    """Which edition this is."""
    return "COMMUNITY_EDITION"


@PART.job(
    "system.reboot",
    accepts={
        "reason": shapes.text("Reason, written to the log.", minLength=1),
        "options": shapes.obj("How.", {}, delay=shapes.nullable(shapes.integer("Seconds to wait."), default=None)),
    },
    roles=(),
)
async def reboot(call: Call, reason: str, options: dict[str, Any]) -> None:
    """Restart the machine. All connections end; jobs are forgotten."""
    await call.sleep(options.get("delay") or 1)
    call.nas.restart_soon()


@cache
def _dataset() -> shapes.Schema:
    return shapes.like(pristine().world.configs["systemdataset"])


PART.service("systemdataset", "config")


@PART.method("systemdataset.config", returns=_dataset, roles=read("systemdataset"))
def config(call: Call) -> dict[str, Any]:
    """Where the system keeps its own data."""
    return dict(call.nas.world.configs["systemdataset"])


@PART.job(
    "systemdataset.update",
    accepts={
        "data": shapes.obj(
            "What to change; the rest stays.",
            ...,
            pool=shapes.optional(shapes.nullable(shapes.text("Pool to keep it on; null lets the system choose."))),
            pool_exclude=shapes.optional(shapes.nullable(shapes.text("Pool to keep it away from."))),
        )
    },
    returns=_dataset,
    roles=("DATASET_WRITE", "SHARING_ADMIN"),
)
async def update(call: Call, data: dict[str, Any]) -> dict[str, Any]:
    """Move the data of the system to another pool; returns the settings."""
    settings = call.nas.world.configs["systemdataset"]
    known = [found.name for found in call.nas.world.pools.values()]
    names = [name for name in known if name != data.get("pool_exclude")]
    chosen = data.get("pool", settings["pool"]) or (names or known)[0]
    if chosen not in known:
        raise refused("sysdataset_update.pool", f"There is no pool {chosen!r}", errno.ENOENT)
    call.progress(50, f"Moving to {chosen}")
    await call.sleep(2)
    settings.update(pool=chosen, pool_set=data.get("pool") is not None, basename=f"{chosen}/.system")
    return dict(settings)


add_config(PART, "system.general")
add_config(PART, "system.advanced")
