"""The rows of ``pool.dataset.query``, and what ``options.extra`` makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..world import Dataset, World, sorted_datasets
from .zfsproperties import INHERITED, SIZES, human, prop, shown

__all__ = ["dataset_row", "rows_asked_for"]

Row = dict[str, Any]

OF_USERS = frozenset({"comments", "managedby", "user_properties"})
"""Members that the server keeps as properties of users."""


def rows_asked_for(world: World, filters: list[Any], extra: dict[str, Any]) -> list[Row]:
    """The rows to filter. All of them, one by one, each with those below it, unless ``extra`` wants less.

    ``flat`` false: only the topmost, the others inside them. ``retrieve_children`` false:
    nothing below. ``properties``: only these. ``snapshots``, ``snapshots_recursive``,
    ``snapshots_properties`` and ``snapshots_count`` add snapshots. As on the server, a
    first filter by id decides what counts as topmost.
    """
    children = extra.get("retrieve_children", True)
    rows = [_shaped(world, dataset, extra, children=children) for dataset in _topmost(world, filters)]
    return list(_flat(rows)) if extra.get("flat", True) and children else rows


def _topmost(world: World, filters: list[Any]) -> list[Dataset]:
    first = filters[0] if len(filters) == 1 else None
    if isinstance(first, list) and len(first) == 3 and first[0] in ("id", "name"):
        wanted = {"=": [first[2]], "in": first[2]}.get(str(first[1]))
        if isinstance(wanted, list):
            return [dataset for dataset in sorted_datasets(world) if dataset.name in wanted]
    return [dataset for dataset in sorted_datasets(world) if dataset.parent is None]


def _flat(rows: list[Row]) -> Iterator[Row]:
    for row in rows:
        yield row
        yield from _flat(row["children"])


def _shaped(world: World, dataset: Dataset, extra: dict[str, Any], *, children: bool) -> Row:
    row = dataset_row(world, dataset, children=False)
    wanted = extra.get("properties")
    if isinstance(wanted, list):
        row = {
            name: value
            for name, value in row.items()
            if name in OF_USERS or name in wanted or not (isinstance(value, dict) and "rawvalue" in value)
        }
    if not extra.get("retrieve_user_props", True):
        row = {name: value for name, value in row.items() if name not in OF_USERS}
    if extra.get("snapshots") or extra.get("snapshots_recursive"):
        row["snapshots"] = _snapshots(world, dataset, extra)
    if extra.get("snapshots_count"):
        row["snapshot_count"] = sum(one["dataset"] == dataset.name for one in world.snapshots.values())
    below = world.children(dataset.name) if children else []
    row["children"] = [_shaped(world, child, extra, children=True) for child in below]
    return row


def _snapshots(world: World, dataset: Dataset, extra: dict[str, Any]) -> list[Row]:
    below = dataset.name + "/" if extra.get("snapshots_recursive") else None
    wanted = extra.get("snapshots_properties", [])
    found = []
    for one in world.snapshots.values():
        if one["dataset"] == dataset.name or (below is not None and one["dataset"].startswith(below)):
            properties = {name: value for name, value in one["properties"].items() if wanted is None or name in wanted}
            found.append({**one, "properties": properties})
    return found


def dataset_row(world: World, dataset: Dataset, *, children: bool = True) -> Row:
    """A dataset as ``pool.dataset.query`` answers it, with those below it."""
    pool = world.pool_named(dataset.pool)
    used = world.used(dataset.name)
    free = world.available(pool) if pool is not None else 0
    row: Row = {
        "id": dataset.name,
        "type": dataset.type,
        "name": dataset.name,
        "pool": dataset.pool,
        "encrypted": dataset.encrypted,
        "encryption_root": dataset.name if dataset.encrypted else None,
        "key_loaded": not dataset.locked if dataset.encrypted else None,
        "locked": dataset.locked,
        "mountpoint": None if dataset.type == "VOLUME" else f"/mnt/{dataset.name}",
        "children": [dataset_row(world, child) for child in world.children(dataset.name)] if children else [],
        "used": prop(human(used), used, used),
        "available": prop(human(free), free, free),
        "usedbydataset": prop(human(dataset.own), dataset.own, dataset.own),
        "usedbychildren": prop(human(used - dataset.own), used - dataset.own, used - dataset.own),
        "usedbysnapshots": prop("0B", 0, 0),
        "compressratio": prop("1.07x", "1.07", "1.07"),
        "origin": prop("", ""),
        "managedby": prop("", ""),
        "user_properties": {},
    }
    if dataset.created is not None:
        row["creation"] = prop(
            f"{dataset.created:%a %b %d %H:%M %Y}", int(dataset.created.timestamp()), dataset.created
        )
    if dataset.comments is not None:
        row["comments"] = prop(dataset.comments, source="LOCAL")
    for name in INHERITED:
        row[name] = shown(world, dataset, name)
    for name in SIZES:
        octets = int(dataset.properties.get(name, "0"))
        row[name] = prop(human(octets) if octets else None, octets, octets or None, "LOCAL" if octets else "DEFAULT")
    if dataset.volsize is not None:
        row["volsize"] = prop(human(dataset.volsize), dataset.volsize, dataset.volsize, "LOCAL")
    return row
