"""One event of ``reporting.realtime`` as the numbers that the dashboard plots; the members differ between releases.

24.10 has ``cpu.average`` and ``memory.classes`` with ``virtual_memory``; later ones ``cpu.cpu`` and
``memory.physical_memory_*``. What an event does not hold is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tui.model.answers import mapping, number

__all__ = ["Sample", "sample_of"]


@dataclass(frozen=True, slots=True)
class Sample:
    """Percent, octets, octets a second, degrees Celsius."""

    cpu: float | None = None
    temperature: float | None = None
    memory_used: float | None = None
    memory_total: float | None = None
    cache: float | None = None
    """What of the memory in use is the cache of ZFS."""
    reading: float | None = None
    writing: float | None = None
    received: Mapping[str, float] = field(default_factory=dict)
    sent: Mapping[str, float] = field(default_factory=dict)

    @property
    def memory(self) -> float | None:
        """Percent of the memory in use."""
        if self.memory_used is None or not self.memory_total:
            return None
        return 100 * self.memory_used / self.memory_total


def sample_of(fields: Any) -> Sample:
    """Reads the fields of an event, whatever they hold."""
    event = mapping(fields)
    cpu, memory, disks, zfs = (mapping(event.get(name)) for name in ("cpu", "memory", "disks", "zfs"))
    used, total = _memory(memory, mapping(event.get("virtual_memory")))
    links = {str(name): mapping(link) for name, link in mapping(event.get("interfaces")).items()}
    return Sample(
        cpu=_usage(cpu),
        temperature=_temperature(cpu),
        memory_used=used,
        memory_total=total,
        cache=_first(memory.get("arc_size"), mapping(memory.get("classes")).get("arc"), zfs.get("arc_size")),
        reading=number(disks.get("read_bytes")),
        writing=number(disks.get("write_bytes")),
        received=_rates(links, "received_bytes_rate"),
        sent=_rates(links, "sent_bytes_rate"),
    )


def _first(*values: Any) -> float | None:
    return next((found for value in values if (found := number(value)) is not None), None)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _usage(cpu: Mapping[str, Any]) -> float | None:
    whole = _first(mapping(cpu.get("cpu")).get("usage"), mapping(cpu.get("average")).get("usage"))
    return whole if whole is not None else _mean(number(mapping(core).get("usage")) for core in cpu.values())


def _temperature(cpu: Mapping[str, Any]) -> float | None:
    """The warmest core's where cores tell; the whole processor's else."""
    cores = [number(mapping(core).get("temp")) for name, core in cpu.items() if name != "cpu"]
    cores += [number(degrees) for degrees in mapping(cpu.get("temperature_celsius")).values()]
    known = [degrees for degrees in cores if degrees is not None]
    return max(known) if known else number(mapping(cpu.get("cpu")).get("temp"))


def _memory(memory: Mapping[str, Any], virtual: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """What is in use, and all of it."""
    total = _first(memory.get("physical_memory_total"), virtual.get("total"))
    available = _first(memory.get("physical_memory_available"), virtual.get("available"))
    if total is not None and available is not None:
        return total - available, total
    classes = mapping(memory.get("classes"))
    parts = [size for size in map(number, classes.values()) if size is not None]
    unused = number(classes.get("unused"))
    return (sum(parts) - unused, sum(parts)) if parts and unused is not None else (None, total)


def _rates(links: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, float]:
    return {link: rate for link, members in links.items() if (rate := number(members.get(name))) is not None}
