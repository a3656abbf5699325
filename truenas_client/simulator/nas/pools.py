"""The ``pool`` service: pools with their topology and scans, and scrubbing them."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..call import Call
from ..errors import CallError, ValidationError
from ..extension import Extensible
from ..state import Nas
from ..world import Pool, World
from .tables import add_table, read

__all__ = ["PART", "pool_row"]

SCRUB_SECONDS = 30.0
STEPS = 60

PART = Extensible()
add_table(PART, "pool", lambda nas: [pool_row(nas.world, pool) for pool in nas.world.pools.values()])
PART.event("pool.scan", roles=read("pool"))
PART.service("pool.scrub", "crud")


@PART.job(
    "pool.scrub.scrub",
    accepts={
        "name": shapes.text("Name of the pool."),
        "action": shapes.choice(
            "START", "STOP", "PAUSE", doc="Start the scrub, stop it, or pause it.", default="START"
        ),
    },
    returns={"type": "null"},
    roles=("POOL_WRITE",),
    abortable=True,
    lock=lambda arguments: f"scrub:{arguments[:2]}",
    describe=lambda arguments: f"Scrub of pool {arguments[0]}" if arguments else "Scrub",
)
async def scrub(call: Call, name: str, action: str) -> None:
    """Read all data of a pool and mend what is damaged.

    START runs until the scrub has ended or been stopped; STOP ends a running one; PAUSE
    halts it until the next START.
    """
    pool = call.nas.world.pool_named(name)
    if pool is None:
        raise ValidationError("name", f"There is no pool {name!r}", 2)
    if action != "START":
        _stop(call.nas, pool, action)
        return
    if pool.scan is not None and pool.scan["state"] == "SCANNING" and pool.scan["pause"] is None:
        raise CallError("A scrub of this pool is running already", 16)
    await _scrub(call, pool)


@PART.method(
    "pool.is_upgraded",
    accepts={"id": shapes.integer("Number of the pool.")},
    returns=shapes.boolean(),
    roles=read("pool"),
)
def is_upgraded(call: Call, id: int) -> bool:
    """Whether the pool has all features that this release knows."""
    return True


@PART.method(
    "pool.get_disks",
    accepts={"id": shapes.nullable(shapes.integer("Number of the pool; null for all."), default=None)},
    returns=shapes.array(shapes.text()),
    roles=read("pool"),
)
def get_disks(call: Call, id: int | None) -> list[str]:
    """Names of the drives in a pool, or in all pools."""
    return [disk for pool in call.nas.world.pools.values() if id in (None, pool.id) for disk in pool.disks]


add_table(PART, "pool.scrub")


def _stop(nas: Nas, pool: Pool, action: str) -> None:
    if pool.scan is None or pool.scan["state"] != "SCANNING":
        raise CallError("No scrub of this pool is running", 22)
    if action == "PAUSE":
        pool.scan["pause"] = nas.clock.wall()
    else:
        pool.scan |= _end(nas, "CANCELED")
    _announce(nas, pool)


def _end(nas: Nas, state: str) -> dict[str, Any]:
    return {"state": state, "end_time": nas.clock.wall(), "total_secs_left": None}


async def _scrub(call: Call, pool: Pool) -> None:
    total = call.nas.world.used(pool.name)
    first = 0
    if pool.scan is not None and pool.scan["state"] == "SCANNING":
        first = round(pool.scan["percentage"] * STEPS / 100)
    pool.scan = scan = {
        **World.blank("pool.scan"),
        "start_time": call.nas.clock.wall(),
        "bytes_to_process": total,
        "total_secs_left": round(SCRUB_SECONDS),
    }
    try:
        for step in range(first, STEPS):
            percent = 100 * step / STEPS
            left = SCRUB_SECONDS * (STEPS - step) / STEPS
            done = total * step // STEPS
            scan |= {
                "percentage": percent,
                "bytes_processed": done,
                "bytes_issued": done,
                "total_secs_left": max(round(left), 1),
            }
            call.progress(round(percent), f"Scrubbing {pool.name}: {percent:.0f} %, {round(left)} s left")
            _announce(call.nas, pool)
            await call.sleep(SCRUB_SECONDS / STEPS)
            if scan["state"] != "SCANNING" or scan["pause"] is not None:
                return
    except BaseException:
        # Aborted in the middle: the scan is over as well.
        scan |= _end(call.nas, "CANCELED")
        _announce(call.nas, pool)
        raise
    scan |= _end(call.nas, "FINISHED") | {"percentage": 100.0, "bytes_processed": total, "bytes_issued": total}
    call.progress(100, f"Scrubbing {pool.name}: done, no errors")
    _announce(call.nas, pool)


def _announce(nas: Nas, pool: Pool) -> None:
    nas.send_event("pool.scan", "CHANGED", fields={"name": pool.name, "scan": dict(pool.scan or {})})
    nas.send_event("pool.query", "CHANGED", id=pool.id, fields=pool_row(nas.world, pool))


def pool_row(world: World, pool: Pool) -> dict[str, Any]:
    """A pool as ``pool.query`` answers it."""
    allocated = world.used(pool.name)
    free = pool.size - allocated
    return World.blank("pool") | {
        "id": pool.id,
        "name": pool.name,
        "guid": pool.guid,
        "path": f"/mnt/{pool.name}",
        "status": pool.status,
        "scan": None if pool.scan is None else dict(pool.scan),
        "topology": {purpose: [_group(world, pool, *g) for g in groups] for purpose, groups in pool.layout.items()},
        "healthy": pool.status == "ONLINE",
        "warning": pool.status != "ONLINE",
        "status_code": "OK" if pool.status == "ONLINE" else pool.status,
        "size": pool.size,
        "allocated": allocated,
        "free": free,
        "fragmentation": str(3 + pool.id),
        "size_str": str(pool.size),
        "allocated_str": str(allocated),
        "free_str": str(free),
    }


def _group(world: World, pool: Pool, kind: str, disks: list[str]) -> dict[str, Any]:
    members = [_member(world, pool, disk) for disk in disks]
    if len(members) == 1:
        return members[0]
    bad = any(disk in pool.degraded for disk in disks)
    return {
        "name": f"{kind.lower()}-0",
        "type": kind,
        "path": None,
        "guid": str(int(pool.guid) // (len(disks) + 1)),
        "status": "DEGRADED" if bad else "ONLINE",
        "stats": _stats(pool.size, world.used(pool.name)),
        "children": members,
    }


def _member(world: World, pool: Pool, name: str) -> dict[str, Any]:
    disk = world.disks[name]
    part = f"{name}p1" if name.startswith("nvme") else f"{name}1"
    number = int.from_bytes(disk["serial"].encode()[:7], "big")  # of a text, the same in every run
    return World.blank("pool.member") | {
        "name": part,
        "path": f"/dev/disk/by-partuuid/{disk['serial'].lower()}",
        "guid": str(int(pool.guid) ^ number),
        "status": "UNAVAIL" if name in pool.degraded else "ONLINE",
        "stats": _stats(disk["size"], 0),
        "device": part,
        "disk": name,
    }


def _stats(size: int, allocated: int) -> dict[str, Any]:
    octets = [0, size // 7, size // 19, 0, 0, 0, 0]
    return World.blank("pool.stats") | {"bytes": octets, "size": size, "allocated": allocated}
