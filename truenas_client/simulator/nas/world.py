"""The state of the simulated NAS: disks in pools, datasets in pools, and what hangs on them.

Made from a seed: the same seed gives the same serial numbers, sizes and ids.
Invariants: a disk belongs to at most one pool; every dataset's parent exists; what a
pool has allocated is what its datasets use.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

__all__ = ["GIB", "MIB", "TIB", "Dataset", "Disk", "Pool", "World"]

MIB = 1024**2
GIB = 1024**3
TIB = 1024**4

Row = dict[str, Any]


@dataclass(slots=True)
class Disk:
    """A drive; ``rotation`` is None for one without moving parts."""

    name: str
    serial: str
    model: str
    size: int
    rotation: int | None
    pool: str | None = None
    temperature: float = 34.0
    description: str = ""
    spindown: str = "ALWAYS ON"

    @property
    def kind(self) -> str:
        return "SSD" if self.rotation is None else "HDD"

    @property
    def identifier(self) -> str:
        return f"{{serial_lunid}}{self.serial}"


@dataclass(slots=True)
class Pool:
    """A pool: groups of disks by what they are for, and its scan."""

    id: int
    name: str
    guid: str
    layout: dict[str, list[tuple[str, list[str]]]]
    """Purpose (data, log, cache, spare, special, dedup) to groups: kind and names of disks."""
    size: int
    scan: Row | None = None
    status: str = "ONLINE"
    autotrim: bool = False
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
    """Properties set on it, by the names of the API; what is not here is inherited."""
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

    random: random.Random
    started: datetime
    hostname: str = "nas"
    domain: str = "home.arpa"
    timezone: str = "Europe/Berlin"
    serial: str = ""
    cores: int = 8
    memory: int = 32 * GIB
    disks: dict[str, Disk] = field(default_factory=dict)
    pools: dict[int, Pool] = field(default_factory=dict)
    datasets: dict[str, Dataset] = field(default_factory=dict)
    snapshots: dict[str, Row] = field(default_factory=dict)
    rows: dict[str, dict[Any, Row]] = field(default_factory=dict)
    """Simple tables by namespace: id to row."""
    configs: dict[str, Row] = field(default_factory=dict)
    """Settings by namespace."""

    @classmethod
    def made(cls, seed: int, started: datetime) -> World:
        """The NAS every simulator starts with."""
        world = cls(random.Random(f"nas {seed}"), started)
        world.serial = f"A1-{world.random.randrange(10**5, 10**6)}"
        _add_disks(world)
        _add_pools(world)
        _add_datasets(world)
        return world

    @property
    def boot_time(self) -> datetime:
        return self.started - timedelta(days=12, hours=7, minutes=41)

    def hexdigits(self, count: int) -> str:
        return f"{self.random.getrandbits(count * 4):0{count}x}"

    def uuid(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def table(self, namespace: str) -> dict[Any, Row]:
        return self.rows.setdefault(namespace, {})

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
    hard = [("Coralline HD-12E7", 12 * 10**12, 7200)] * 6
    solid = [("Quillwort NV-2000", 2 * 10**12, None)] * 2
    boot = [("Quillwort SA-120", 120 * 10**9, None)] * 2
    names = [f"sd{letter}" for letter in "abcdefgh"] + ["nvme0n1", "nvme1n1"]
    for name, (model, size, rotation) in zip(names, [*hard, *boot, *solid], strict=True):
        serial = f"{model[0]}{world.hexdigits(9).upper()}"
        warm = world.random.uniform(31, 38) if rotation else world.random.uniform(38, 46)
        world.disks[name] = Disk(name, serial, model, size, rotation, temperature=warm)


def _add_pools(world: World) -> None:
    hard = ["sda", "sdb", "sdc", "sdd", "sde", "sdf"]
    tank = {"data": [("RAIDZ2", hard)], "log": [], "cache": [], "spare": [], "special": [], "dedup": []}
    flash = {
        "data": [("MIRROR", ["nvme0n1", "nvme1n1"])],
        "log": [],
        "cache": [],
        "spare": [],
        "special": [],
        "dedup": [],
    }
    for ident, (name, layout, size) in enumerate(
        [("tank", tank, 43_658 * GIB), ("flash", flash, 1_848 * GIB)],
        start=1,
    ):
        pool = Pool(ident, name, str(world.random.randrange(10**18, 10**19)), layout, size)
        ended = world.started - timedelta(days=9 - ident, hours=3)
        pool.scan = {
            "function": "SCRUB",
            "state": "FINISHED",
            "start_time": ended - timedelta(hours=7, minutes=13),
            "end_time": ended,
            "percentage": 100.0,
            "bytes_to_process": 0,
            "bytes_processed": 0,
            "bytes_issued": 0,
            "pause": None,
            "errors": 0,
            "total_secs_left": None,
        }
        world.pools[ident] = pool
        for disk in pool.disks:
            world.disks[disk].pool = name
    for disk in ("sdg", "sdh"):
        world.disks[disk].pool = "boot-pool"


def _add_datasets(world: World) -> None:
    made = [
        ("tank", 1, {}, "The big disks"),
        ("tank/media", 0, {"recordsize": "1M", "compression": "LZ4"}, "Films, music, pictures"),
        ("tank/media/films", 7_310, {}, None),
        ("tank/media/music", 412, {}, None),
        ("tank/media/pictures", 1_890, {}, "Family pictures since 1998"),
        ("tank/backup", 3, {"compression": "ZSTD"}, "Backups of the other machines"),
        ("tank/backup/laptops", 864, {"quota": str(2 * TIB)}, None),
        ("tank/backup/phones", 129, {}, None),
        ("tank/documents", 57, {"copies": "2"}, "Papers, letters, scans"),
        ("tank/vault", 22, {}, "Encrypted; unlock by passphrase"),
        ("flash", 1, {}, None),
        ("flash/apps", 38, {}, "Data of the apps"),
        ("flash/apps/photos", 61, {}, None),
        ("flash/home", 94, {"refquota": str(200 * GIB)}, "Home directories"),
        ("flash/home/ada", 31, {}, None),
        ("flash/home/grace", 18, {}, None),
        ("flash/vm", 1, {}, None),
    ]
    for position, (name, gigabytes, properties, comments) in enumerate(made):
        own = int((gigabytes + world.random.random()) * GIB) if gigabytes else 96 * 1024
        created = world.started - timedelta(days=700 - position * 7)
        world.datasets[name] = Dataset(name, "FILESYSTEM", own, dict(properties), comments, created=created)
    world.datasets["tank/vault"].encrypted = True
    world.datasets["flash/vm/debian"] = Dataset(
        "flash/vm/debian", "VOLUME", 27 * GIB, {}, "Disk of the VM debian", 64 * GIB, created=world.started
    )
