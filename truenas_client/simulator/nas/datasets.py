"""The ``pool.dataset`` service: filesystems and volumes, stateful."""

from __future__ import annotations

import errno
import re
from functools import cache
from typing import Any

from .. import shapes
from ..call import Call
from ..errors import CallError, ValidationErrors, found
from ..extension import Extensible
from ..state import Nas
from ..world import DATA, Dataset, World
from .datasetrows import dataset_row, rows_asked_for
from .tables import add_table, pristine, read
from .zfsproperties import INHERITED, SIZES

__all__ = ["PART", "WRITE", "find", "tell"]

WRITE = ("DATASET_WRITE",)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:\- ]*\Z")

COMPRESSIONS = (
    *("ON", "OFF", "LZ4", "GZIP", "GZIP-1", "GZIP-9", "ZSTD", "ZSTD-FAST", "ZLE", "LZJB"),
    *(f"ZSTD-{level}" for level in range(1, 20)),
    *(f"ZSTD-FAST-{level}" for level in (*range(1, 11), *range(20, 101, 10), 500, 1000)),
)
VOLUME_BLOCKS = ("512", "512B", *(f"{2**power}K" for power in range(8)))
CIPHERS = tuple(f"AES-{bits}-{mode}" for mode in ("CCM", "GCM") for bits in (128, 192, 256))
ENCRYPTION = shapes.obj(
    "How to encrypt it.",
    {},
    generate_key=shapes.boolean("Have a key made.", default=False),
    pbkdf2iters=shapes.integer("Rounds that make a key of the passphrase.", default=350_000, minimum=100_000),
    algorithm=shapes.choice(*CIPHERS, default="AES-256-GCM"),
    passphrase=shapes.nullable(shapes.text("Passphrase.", minLength=8), default=None),
    key=shapes.nullable(shapes.text("Key, in hexadecimal.", minLength=64, maxLength=64), default=None),
)
USER_PROPERTY = shapes.obj(key=shapes.text("Its name, with a colon.", pattern=".*:.*"), value=shapes.text("Its value."))
RECORD_SIZES = ("512", *(f"{2**power}K" for power in range(10)), "1M", "2M", "4M")

PART = Extensible()


def _rows(nas: Nas, filters: list[Any], extra: dict[str, Any]) -> list[dict[str, Any]]:
    return rows_asked_for(nas.world, filters, extra)


add_table(PART, "pool.dataset", lambda nas: _rows(nas, [], {}), asked=_rows)


def _settings() -> dict[str, dict[str, Any]]:
    size = shapes.nullable(shapes.integer("Octets; null or 0 for none.", minimum=0))
    settings: dict[str, dict[str, Any]] = {name: shapes.optional(size) for name in SIZES}
    inherit = "What INHERIT means is decided by the parent."
    settings |= {
        "compression": shapes.optional(
            shapes.choice(*COMPRESSIONS, "INHERIT", doc=f"How data is compressed. {inherit}")
        ),
        "recordsize": shapes.optional(
            shapes.choice(*RECORD_SIZES, "INHERIT", doc=f"Largest block, such as 128K. {inherit}")
        ),
        "copies": shapes.optional(shapes.integer("How often each block is kept.", minimum=1, maximum=3)),
    }
    for name, values in {
        "sync": ("STANDARD", "ALWAYS", "DISABLED"),
        "atime": ("ON", "OFF"),
        "readonly": ("ON", "OFF"),
        "exec": ("ON", "OFF"),
        "snapdir": ("VISIBLE", "HIDDEN", "DISABLED"),
        "deduplication": ("ON", "VERIFY", "OFF"),
        "checksum": ("ON", "OFF", "FLETCHER2", "FLETCHER4", "SHA256", "SHA512", "SKEIN", "EDONR", "BLAKE3"),
        "snapdev": ("HIDDEN", "VISIBLE"),
    }.items():
        settings[name] = shapes.optional(shapes.choice(*values, "INHERIT", doc=inherit))
    settings["comments"] = shapes.optional(shapes.text("A note."))
    return settings


PATH = shapes.text("Path of the new dataset, beginning with its pool.", minLength=1)
ANCESTORS = shapes.boolean("Make missing datasets above it.", default=False)
SETTINGS = _settings()
OF_BOTH = {
    "encryption": shapes.boolean("Encrypt it.", default=False),
    "inherit_encryption": shapes.boolean("Encrypt it as its parent is.", default=True),
    "encryption_options": ENCRYPTION,
    "user_properties": shapes.array(USER_PROPERTY, "Properties of your own.", default=[]),
    **SETTINGS,
}
BRANCHES = [
    shapes.obj(
        name=PATH,
        type={"type": "string", "const": "FILESYSTEM", "default": "FILESYSTEM", "description": "A filesystem."},
        create_ancestors=ANCESTORS,
        aclmode=shapes.optional(shapes.choice("PASSTHROUGH", "RESTRICTED", "DISCARD", "INHERIT")),
        acltype=shapes.optional(shapes.choice("OFF", "NFSV4", "POSIX", "INHERIT")),
        casesensitivity=shapes.optional(shapes.choice("SENSITIVE", "INSENSITIVE", "INHERIT")),
        share_type=shapes.choice("GENERIC", "MULTIPROTOCOL", "NFS", "SMB", "APPS", default="GENERIC"),
        **OF_BOTH,
    ),
    shapes.obj(
        name=PATH,
        type={"type": "string", "const": "VOLUME", "default": "VOLUME", "description": "A volume."},
        volsize=shapes.integer("Size in octets.", minimum=1),
        create_ancestors=ANCESTORS,
        volblocksize=shapes.optional(shapes.choice(*VOLUME_BLOCKS, doc="Size of a block.")),
        force_size=shapes.optional(shapes.boolean("Even where the pool has little room.")),
        sparse=shapes.boolean("Take space only for what is written.", default=False),
        **OF_BOTH,
    ),
]
NEW = {
    "description": "The new dataset.",
    "discriminator": {"propertyName": "type", "mapping": {}},
    "oneOf": BRANCHES,
}


@cache
def _row() -> shapes.Schema:
    world = pristine().world
    return shapes.like(dataset_row(world, world.datasets["tank"]), DATA["tables"]["pool.dataset"]["docs"])


@PART.method("pool.dataset.create", accepts={"data": NEW}, returns=_row, roles=WRITE)
def create(call: Call, data: dict[str, Any]) -> dict[str, Any]:
    """Create a filesystem or volume; returns it."""
    _check_new(call.nas.world, data)
    name = data["name"]
    if data.get("create_ancestors"):
        _make_ancestors(call.nas, name)
    dataset = Dataset(name, data.get("type", "FILESYSTEM"), 96 * 1024, created=call.nas.clock.wall())
    dataset.volsize = data.get("volsize")
    dataset.encrypted = bool(data.get("encryption"))
    if dataset.volsize is not None:
        dataset.own = dataset.volsize // 10 if data.get("sparse") else dataset.volsize
    _set(dataset, data)
    return _added(call.nas, dataset)


CHANGES = SETTINGS | {"volsize": shapes.optional(shapes.integer("New size of a volume.", minimum=1))}


@PART.method(
    "pool.dataset.update",
    accepts={
        "id": shapes.text("Path of the dataset.", minLength=1),
        "data": shapes.obj("What to change; the rest stays.", {}, **CHANGES),
    },
    returns=_row,
    roles=WRITE,
)
def update(call: Call, id: str, data: dict[str, Any]) -> dict[str, Any]:
    """Update the properties of a dataset; returns it."""
    dataset = find(call.nas.world, id)
    errors = ValidationErrors()
    if (size := data.get("volsize")) is not None:
        if dataset.volsize is None:
            errors.add("pool_dataset_update.volsize", "Only a volume has a size")
        elif size < dataset.volsize:
            errors.add("pool_dataset_update.volsize", "A volume can't be made smaller")
    for name in ("quota", "refquota"):
        if data.get(name) and data[name] < call.nas.world.used(id):
            errors.add(f"pool_dataset_update.{name}", "More than that is in use already", errno.ENOSPC)
    errors.check()
    if size is not None:
        dataset.volsize = size
    _set(dataset, data)
    return tell(call.nas, "CHANGED", dataset)


@PART.method(
    "pool.dataset.delete",
    accepts={
        "id": shapes.text("Path of the dataset.", minLength=1),
        "options": shapes.obj(
            "How far to go.",
            {},
            recursive=shapes.boolean("Delete all below it, too.", default=False),
            force=shapes.boolean("Delete it even when it is in use.", default=False),
        ),
    },
    returns=shapes.boolean("Always true."),
    roles=("DATASET_DELETE",),
)
def delete(call: Call, id: str, options: dict[str, Any]) -> bool:
    """Delete a dataset and everything in it. There is no way back."""
    dataset = find(call.nas.world, id)
    below = [name for name in call.nas.world.datasets if name.startswith(f"{id}/")]
    if dataset.parent is None:
        raise CallError("The root of a pool can't be deleted; export the pool instead", errno.EINVAL)
    if below and not options.get("recursive"):
        raise CallError(f"{id} has datasets below it: {', '.join(sorted(below))}", errno.ENOTEMPTY)
    for name in [*below, id]:
        del call.nas.world.datasets[name]
        for snapshot in [key for key, row in call.nas.world.snapshots.items() if row["dataset"] == name]:
            del call.nas.world.snapshots[snapshot]
        call.nas.send_event("pool.dataset.query", "REMOVED", id=name)
    return True


@PART.method(
    "pool.dataset.compression_choices",
    returns={"type": "object", "additionalProperties": shapes.text()},
    roles=read("pool.dataset"),
)
def compression_choices(call: Call) -> dict[str, str]:
    """The kinds of compression there are."""
    return {name: name for name in COMPRESSIONS}


@PART.method(
    "pool.dataset.recordsize_choices",
    accepts={"pool_name": shapes.nullable(shapes.text("Name of a pool; null for all pools."), default=None)},
    roles=read("pool.dataset"),
)
def recordsize_choices(call: Call, pool_name: str | None) -> list[str]:
    """The sizes of the largest block there are."""
    return list(RECORD_SIZES)


def find(world: World, name: str) -> Dataset:
    return found(world.datasets.get(name), f"PoolDataset {name}")


def _check_new(world: World, data: dict[str, Any]) -> None:
    errors = ValidationErrors()
    name = data["name"]
    parts = name.split("/")
    field = "pool_dataset_create.name"
    if len(parts) < 2 or not all(NAME.match(part) for part in parts):
        errors.add(field, "This is no path of a dataset: pool/name, of letters, digits and -_.:")
    elif world.pool_named(parts[0]) is None:
        errors.add(field, f"There is no pool {parts[0]!r}", errno.ENOENT)
    elif name in world.datasets:
        errors.add(field, f"{name} exists already", errno.EEXIST)
    elif "/".join(parts[:-1]) not in world.datasets and not data.get("create_ancestors"):
        errors.add(field, f"The dataset above it, {'/'.join(parts[:-1])}, does not exist", errno.ENOENT)
    else:
        pool = world.pool_named(parts[0])
        if pool is not None and not data.get("sparse") and (data.get("volsize") or 0) > world.available(pool):
            errors.add("pool_dataset_create.volsize", "The pool has no room for that", errno.ENOSPC)
    errors.check()


def _make_ancestors(nas: Nas, name: str) -> None:
    parts = name.split("/")
    for depth in range(2, len(parts)):
        above = "/".join(parts[:depth])
        if above not in nas.world.datasets:
            _added(nas, Dataset(above, "FILESYSTEM", 96 * 1024, created=nas.clock.wall()))


def _added(nas: Nas, dataset: Dataset) -> dict[str, Any]:
    nas.world.datasets[dataset.name] = dataset
    return tell(nas, "ADDED", dataset)


def tell(nas: Nas, kind: str, dataset: Dataset) -> dict[str, Any]:
    """Send the event of a dataset; its row."""
    row = dataset_row(nas.world, dataset)
    nas.send_event("pool.dataset.query", kind, id=dataset.name, fields=row)
    return row


def _set(dataset: Dataset, data: dict[str, Any]) -> None:
    if "comments" in data:
        note = data["comments"]
        dataset.comments = None if note in (None, "", "INHERIT") else note
    for name in (*INHERITED, *SIZES):
        if name not in data:
            continue
        value = data[name]
        if value in (None, "INHERIT", 0):
            dataset.properties.pop(name, None)
        else:
            dataset.properties[name] = str(value)
