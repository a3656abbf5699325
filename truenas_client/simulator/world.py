"""The simulated system: disks in pools, datasets in pools, rows of tables, settings.

What there is stands in ``world.json``, where a text in braces is a value of `World.made`; sizes, serial
numbers and the like are made from a seed. Tables are filled when they are first asked for.
Invariants: the same seed gives the same world; a disk belongs to at most one pool; every
dataset's parent exists; what a pool has allocated is what its datasets use.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

__all__ = ["DATA", "GIB", "MIB", "TIB", "Dataset", "Pool", "World", "sorted_datasets"]

DATA: dict[str, Any] = json.loads(Path(__file__).with_name("world.json").read_text(encoding="utf-8"))
"""The file: accounts, disks, pools and datasets, and what tables and settings hold and how they are listed."""

MIB = 1024**2
GIB = 1024**3
TIB = 1024**4

Row = dict[str, Any]
Layout = dict[str, list[tuple[str, list[str]]]]


@dataclass(slots=True)
class Pool:
    """A pool: groups of disks by their purpose, and its scan."""

    id: int
    name: str
    guid: str
    layout: Layout
    """Purpose (data, log, cache, spare, special, dedup) to groups: kind and names of disks."""
    size: int
    scan: Row | None = None
    status: str = "ONLINE"
    degraded: set[str] = field(default_factory=set)
    """Disks that do not answer."""

    @property
    def disks(self) -> list[str]:
        return [disk for groups in self.layout.values() for _, disks in groups for disk in disks]


@dataclass(slots=True)
class Dataset:
    """A filesystem or volume; ``own`` are the octets its own data takes."""

    name: str
    type: str = "FILESYSTEM"
    own: int = 0
    properties: dict[str, str] = field(default_factory=dict)
    """Properties set on it, by the names of the API; the others are inherited."""
    comments: str | None = None
    volsize: int | None = None
    encrypted: bool = False
    locked: bool = False
    created: datetime | None = None

    @property
    def pool(self) -> str:
        return self.name.partition("/")[0]

    @property
    def parent(self) -> str | None:
        head, slash, _ = self.name.rpartition("/")
        return head if slash else None


@dataclass(slots=True)
class World:
    """Everything there is."""

    random: Random
    started: datetime
    serial: str = ""
    cores: int = 8
    memory: int = 32 * GIB
    disks: dict[str, Row] = field(default_factory=dict)
    """By name, as ``disk.query`` answers them."""
    warmth: dict[str, float] = field(default_factory=dict)
    """The middle of the temperatures of each disk."""
    pools: dict[int, Pool] = field(default_factory=dict)
    datasets: dict[str, Dataset] = field(default_factory=dict)
    snapshots: dict[str, Row] = field(default_factory=dict)
    configs: dict[str, Row] = field(default_factory=dict)
    """Settings by namespace."""
    chance: Random = field(default_factory=Random)
    """What measurements are made with."""
    _tables: dict[str, dict[Any, Row]] = field(default_factory=dict)
    _made: dict[str, Any] = field(default_factory=dict)
    """The values that rows and settings name in braces."""

    @classmethod
    def made(cls, seed: int, started: datetime, version: str) -> World:
        """The world every simulator starts with. The order of what is random is part of the seed's meaning."""
        world = cls(Random(f"nas {seed}"), started)
        world.serial = f"A1-{world.random.randrange(10**5, 10**6)}"
        _add_disks(world)
        _add_pools(world)
        _add_datasets(world)
        booted = world.boot_time
        world._made = {
            "system": world.uuid().replace("-", ""),
            **{name: ":".join(["02", *(world.hexdigits(2) for _ in range(5))]) for name in ("mac1", "mac2")},
            "vm": world.uuid(),
            "fingerprint": ":".join(world.hexdigits(2).upper() for _ in range(20)),
            "alert1": world.uuid(),
            "alert2": world.uuid(),
            "serial": world.serial.lower(),
            "version": version,
            "started": started,
            "days_ago_3": started - timedelta(days=3),
            "days_ago_12": started - timedelta(days=12),
            "booted": booted,
            "installed": booted - timedelta(days=120),
            "certified": booted - timedelta(days=60),
            "expiring": booted + timedelta(days=397 - 60),
        }
        world.chance.seed(world.random.random())
        world.configs = {name: world._filled(found["settings"]) for name, found in DATA["configs"].items()}
        for age in range(7, 0, -1):
            taken = started - timedelta(days=age)
            for dataset in ("tank/documents", "flash/home/ada", "flash/home/grace"):
                world.take_snapshot(dataset, f"auto-{taken:%Y-%m-%d_00-00}", int(taken.timestamp()))
        return world

    def _filled(self, value: Any) -> Any:
        """A copy of the file's content, with the values of this world."""
        if isinstance(value, dict):
            return {name: self._filled(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self._filled(member) for member in value]
        if isinstance(value, str) and "{" in value:
            return self._made[value[1:-1]] if value[1:-1] in self._made else value.format(**self._made)
        return value

    @property
    def boot_time(self) -> datetime:
        return self.started - timedelta(days=12, hours=7, minutes=41)

    def hexdigits(self, count: int) -> str:
        return f"{self.random.getrandbits(count * 4):0{count}x}"

    def uuid(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def table(self, namespace: str) -> dict[Any, Row]:
        """The rows of a table by id. Those in the file say what differs from ``blank``, or from the first."""
        if namespace not in self._tables:
            found = DATA["tables"][namespace]
            rows = found["rows"]
            base = found.get("blank", rows[0])
            self._tables[namespace] = {row["id"]: row for row in self._filled([{**base, **row} for row in rows])}
        return self._tables[namespace]

    @staticmethod
    def blank(namespace: str) -> Row:
        """A new row of a table, with nothing in it that has to be given."""
        return copy.deepcopy(DATA["tables"][namespace]["blank"])

    def take_snapshot(self, dataset: str, name: str, taken: int) -> Row:
        """Add a snapshot; its row as ``pool.snapshot.query`` answers it."""
        ident = f"{dataset}@{name}"
        numbers = {"creation": taken, "used": 0, "referenced": self.datasets[dataset].own}
        row = {
            "id": ident,
            "name": ident,
            "snapshot_name": name,
            "dataset": dataset,
            "pool": dataset.partition("/")[0],
            "type": "SNAPSHOT",
            "createtxg": str(20_000 + len(self.snapshots) * 17),
            "holds": {},
            "properties": {
                name: {"parsed": number, "rawvalue": str(number), "value": str(number), "source": "NONE"}
                for name, number in numbers.items()
            },
        }
        self.snapshots[ident] = row
        return row

    def next_id(self, namespace: str) -> int:
        return max((ident for ident in self.table(namespace)), default=0) + 1

    def pool_named(self, name: str) -> Pool | None:
        return next((pool for pool in self.pools.values() if pool.name == name), None)

    def children(self, name: str) -> list[Dataset]:
        """The datasets right below, by name."""
        return [found for found in sorted_datasets(self) if found.parent == name]

    def used(self, name: str) -> int:
        """Octets a dataset takes with all below it."""
        below = name + "/"
        return sum(found.own for found in self.datasets.values() if found.name == name or found.name.startswith(below))

    def available(self, pool: Pool) -> int:
        # A thirty-second of a pool stays free for the file system itself.
        return max(pool.size - pool.size // 32 - self.used(pool.name), 0)


def sorted_datasets(world: World) -> list[Dataset]:
    return sorted(world.datasets.values(), key=lambda found: found.name)


def _add_disks(world: World) -> None:
    for number, (name, model, size, rotation, pool) in enumerate(DATA["disks"]):
        serial = f"{model[0]}{world.hexdigits(9).upper()}"
        world.warmth[name] = world.random.uniform(31, 38) if rotation else world.random.uniform(38, 46)
        nvme = name.startswith("nvme")
        world.disks[name] = world.blank("disk") | {
            "identifier": f"{{serial_lunid}}{serial}",
            "name": name,
            "subsystem": "nvme" if nvme else "scsi",
            "number": number,
            "serial": serial,
            "size": size,
            "model": model,
            "rotationrate": rotation,
            "type": "HDD" if rotation else "SSD",
            "bus": "NVME" if nvme else "ATA",
            "devname": name,
            "pool": pool,
        }


def _add_pools(world: World) -> None:
    for ident, (name, gibibytes, kind) in enumerate(DATA["pools"], start=1):
        layout: Layout = {purpose: [] for purpose in ("data", "log", "cache", "spare", "special", "dedup")}
        layout["data"] = [(kind, [disk for disk, row in world.disks.items() if row["pool"] == name])]
        pool = Pool(ident, name, str(world.random.randrange(10**18, 10**19)), layout, gibibytes * GIB)
        ended = world.started - timedelta(days=9 - ident, hours=3)
        pool.scan = world.blank("pool.scan") | {
            "state": "FINISHED",
            "start_time": ended - timedelta(hours=7, minutes=13),
            "end_time": ended,
            "percentage": 100.0,
            "bytes_to_process": 0,
        }
        world.pools[ident] = pool


def _add_datasets(world: World) -> None:
    for position, (name, gigabytes, properties, comments) in enumerate(DATA["datasets"]):
        own = int((gigabytes + world.random.random()) * GIB) if gigabytes else 96 * 1024
        created = world.started - timedelta(days=700 - position * 7)
        world.datasets[name] = Dataset(name, "FILESYSTEM", own, dict(properties), comments, created=created)
    world.datasets["tank/vault"].encrypted = True
    world.datasets["flash/vm/debian"] = Dataset(
        "flash/vm/debian", "VOLUME", 27 * GIB, {}, "Disk of the VM debian", 64 * GIB, created=world.started
    )
