"""The ``reporting.realtime`` event source: processor, memory, network and disks, every few seconds."""

from __future__ import annotations

import math
import random
from typing import Any

from .. import shapes
from ..events import Source
from ..extension import Extensible
from ..state import Nas
from ..world import MIB
from .disks import warmth

__all__ = ["PART"]

ROLES = ("READONLY_ADMIN", "REPORTING_READ", "REPORTING_WRITE", "SHARING_ADMIN")


PART = Extensible()
PART.service("reporting", "config")


@PART.source(
    "reporting.realtime",
    accepts=shapes.obj("How often.", {}, interval=shapes.integer("Seconds between two events.", default=2, minimum=2)),
    roles=ROLES,
)
async def realtime(nas: Nas, source: Source, argument: dict[str, Any]) -> None:
    while True:
        source.send("ADDED", fields=_sample(nas))
        await source.sleep(argument["interval"])


def _wave(now: float, period: float, low: float, high: float, chance: random.Random) -> float:
    middle = (low + high) / 2
    swing = (high - low) / 2
    return max(middle + swing * (0.8 * math.sin(now / period) + chance.uniform(-0.2, 0.2)), 0.0)


def _sample(nas: Nas) -> dict[str, Any]:
    world, now = nas.world, nas.clock.now()
    chance = world.chance
    cores = {
        f"cpu{core}": {
            "usage": round(_wave(now + core * 11, 23, 2, 38, chance), 2),
            "temp": round(_wave(now + core, 61, 41, 52, chance)),
        }
        for core in range(nas.world.cores)
    }
    busy = sum(core["usage"] for core in cores.values()) / nas.world.cores
    arc = int(_wave(now, 300, 0.42, 0.55, chance) * nas.world.memory)
    available = int(nas.world.memory * 0.9) - arc
    speed = _wave(now, 37, 1, 90, chance) * MIB
    reading = _wave(now, 31, 0.2, 160, chance) * MIB
    writing = _wave(now + 20, 43, 0.1, 70, chance) * MIB
    return {
        "cpu": {
            "cpu": {"usage": round(busy, 2), "temp": round(sum(c["temp"] for c in cores.values()) / nas.world.cores)},
            **cores,
        },
        "disks": {
            "busy": round(_wave(now, 29, 1, 60, chance), 2),
            "read_bytes": round(reading, 1),
            "write_bytes": round(writing, 1),
            "read_ops": round(reading / 131_072, 1),
            "write_ops": round(writing / 131_072, 1),
        },
        "interfaces": {
            "eno1": _interface(True, speed, speed * 0.31),
            "eno2": _interface(False, 0.0, 0.0),
        },
        "memory": {
            "arc_size": arc,
            "arc_free_memory": available // 2,
            "arc_available_memory": available,
            "physical_memory_total": nas.world.memory,
            "physical_memory_available": available,
        },
        "zfs": _zfs(now, chance),
        "pools": {
            pool.name: {
                "available": nas.world.available(pool),
                "used": nas.world.used(pool.name),
                "total": pool.size,
            }
            for pool in nas.world.pools.values()
        },
        "temperatures": {name: round(warm, 1) for name, warm in warmth(nas).items()},
    }


def _interface(up: bool, received: float, sent: float) -> dict[str, Any]:
    return {
        "link_state": "LINK_STATE_UP" if up else "LINK_STATE_DOWN",
        "speed": 1000 if up else 0,
        "received_bytes_rate": round(received, 1),
        "sent_bytes_rate": round(sent, 1),
    }


def _zfs(now: float, chance: random.Random) -> dict[str, int]:
    accesses = round(_wave(now, 41, 200, 9000, chance))
    hits = round(accesses * _wave(now, 90, 0.93, 0.99, chance))
    return {
        "demand_accesses_per_second": accesses,
        "demand_data_accesses_per_second": accesses * 7 // 10,
        "demand_metadata_accesses_per_second": accesses - accesses * 7 // 10,
        "demand_data_hits_per_second": hits * 7 // 10,
        "demand_data_hit_percentage": round(100 * hits / max(accesses, 1)),
        "l2arc_hits_per_second": 0,
        "l2arc_misses_per_second": 0,
        "bytes_read_per_second_from_the_l2arc": 0,
        "bytes_written_per_second_to_the_l2arc": 0,
    }
