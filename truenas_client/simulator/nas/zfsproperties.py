"""Properties of datasets: their defaults, inheriting them, and the form they are shown in."""

from __future__ import annotations

from typing import Any

from ..world import GIB, MIB, TIB, Dataset, World

__all__ = ["INHERITED", "SIZES", "human", "prop", "shown"]

INHERITED: dict[str, str] = {
    "aclmode": "DISCARD",
    "acltype": "POSIX",
    "atime": "OFF",
    "checksum": "ON",
    "compression": "LZ4",
    "copies": "1",
    "deduplication": "OFF",
    "exec": "ON",
    "readonly": "OFF",
    "recordsize": "128K",
    "snapdev": "HIDDEN",
    "snapdir": "HIDDEN",
    "special_small_block_size": "0",
    "sync": "STANDARD",
}
"""Properties that a dataset inherits from its parent, with their defaults."""

SIZES = ("quota", "refquota", "reservation", "refreservation")
"""Properties in octets that are not inherited; 0 or null means none."""

_UNITS = {"K": 1024, "M": MIB, "G": GIB, "T": TIB}


def prop(value: Any, raw: Any = None, parsed: Any = None, source: str = "NONE", info: Any = None) -> dict[str, Any]:
    """One property in the form the API shows it."""
    text = None if value is None else str(value)
    return {
        "parsed": parsed if parsed is not None else text,
        "rawvalue": str(raw) if raw is not None else text,
        "value": text,
        "source": source,
        "source_info": info,
    }


def human(octets: int) -> str:
    """A size as ``zfs`` writes it: ``1.5G``."""
    for unit in ("T", "G", "M", "K"):
        size = _UNITS[unit]
        if octets >= size:
            return f"{octets / size:.3g}{unit}"
    return f"{octets}B"


def shown(world: World, dataset: Dataset, name: str) -> dict[str, Any]:
    """An inheritable property of a dataset, and where its value comes from."""
    holder: Dataset | None = dataset
    while holder is not None:
        if name in holder.properties:
            value = holder.properties[name]
            origin = ("LOCAL", None) if holder is dataset else ("INHERITED", holder.name)
            return prop(value, value.lower(), _parsed(name, value), *origin)
        holder = world.datasets.get(holder.parent) if holder.parent else None
    value = INHERITED[name]
    return prop(value, value.lower(), _parsed(name, value), "DEFAULT")


def _parsed(name: str, value: str) -> Any:
    if name == "copies":
        return int(value)
    if name == "recordsize" and value[-1:] in _UNITS:
        return int(float(value[:-1]) * _UNITS[value[-1]])
    if value in ("ON", "OFF") and name in ("atime", "exec", "readonly"):
        return value == "ON"
    return value.lower()
