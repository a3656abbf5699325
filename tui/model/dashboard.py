"""What the dashboard shows, read from the answers of all releases: system, pools, datasets, network, disks, alerts.

Texts are still the server's own: the widgets make them safe. Sizes are octets, None where the server does not tell.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from truenas_client.values.human import human_duration, human_time
from tui.model.answers import first_text, mapping, number, object_of, rows_of, text, time_of

__all__ = [
    "Alert",
    "Dataset",
    "Disk",
    "Link",
    "Pool",
    "System",
    "alerts_of",
    "datasets_of",
    "disks_of",
    "links_of",
    "pools_of",
    "system_of",
    "temperatures_of",
]

LEVELS = ("EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO")
"""Of alerts, the most urgent first."""
WELL = frozenset({"ONLINE", "AVAIL", "INUSE"})
"""States of a device that need no attention; spares have the last two."""


@dataclass(frozen=True, slots=True)
class System:
    """``load`` is that of the last minute, five and fifteen minutes."""

    host: str
    version: str
    uptime: str
    model: str
    cores: int | None
    memory: float | None
    load: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """``reasons`` tell why it is not healthy, or what its warning is about; ``scan`` is its last scan in words."""

    id: Any
    name: str
    status: str
    healthy: bool
    size: float | None
    used: float | None
    reasons: tuple[str, ...]
    scan: str
    scanning: bool

    @property
    def share(self) -> float | None:
        """The share of the pool that is in use."""
        return None if not self.size or self.used is None else self.used / self.size


@dataclass(frozen=True, slots=True)
class Dataset:
    name: str
    used: float
    available: float | None


@dataclass(frozen=True, slots=True)
class Link:
    """A network interface; ``up`` is None where the server does not know."""

    name: str
    up: bool | None
    speed: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disk:
    name: str
    size: float | None
    kind: str
    pool: str
    model: str


@dataclass(frozen=True, slots=True)
class Alert:
    """``message`` is one line of plain text."""

    uuid: str
    level: str
    message: str
    kind: str
    when: datetime | None
    dismissed: bool


def system_of(answer: Any) -> System:
    """Reads ``system.info``. Raises `Unreadable`."""
    row = object_of(answer)
    seconds = number(row.get("uptime_seconds"))
    load = row.get("loadavg")
    cores = number(row.get("cores"))
    return System(
        host=text(row.get("hostname")),
        version=text(row.get("version")),
        uptime=human_duration(seconds) if seconds is not None else text(row.get("uptime")),
        model=text(row.get("model")),
        cores=None if cores is None else int(cores),
        memory=number(row.get("physmem")),
        load=tuple(one for one in map(number, load) if one is not None) if isinstance(load, list | tuple) else (),
    )


# Pools -------------------------------------------------------------------------------


def pools_of(answer: Any) -> list[Pool]:
    """Reads ``pool.query``; those that need attention come first. Raises `Unreadable`."""
    pools = [_pool(row) for row in rows_of(answer) if text(row.get("name"))]
    return sorted(pools, key=lambda pool: (pool.healthy, not pool.reasons))


def _pool(row: Mapping[str, Any]) -> Pool:
    status = text(row.get("status")) or "UNKNOWN"
    healthy = row["healthy"] if isinstance(row.get("healthy"), bool) else status == "ONLINE"
    scan = mapping(row.get("scan"))
    detail = text(row.get("status_detail"))
    reasons = [detail] if detail and (not healthy or row.get("warning") is True) else []
    return Pool(
        id=row.get("id"),
        name=text(row.get("name")),
        status=status,
        healthy=healthy and status == "ONLINE",
        size=number(row.get("size")),
        used=number(row.get("allocated")),
        reasons=(*reasons, *_troubles(mapping(row.get("topology")))),
        scan=_scan(scan),
        scanning=scan.get("state") == "SCANNING" and scan.get("pause") is None,
    )


def _troubles(topology: Mapping[str, Any]) -> Iterator[str]:
    """The devices of a pool that are not well, or have counted errors."""
    for purpose, groups in topology.items():
        for group in groups if isinstance(groups, list) else ():
            yield from _device_troubles(mapping(group), str(purpose), "")


def _device_troubles(device: Mapping[str, Any], purpose: str, group: str) -> Iterator[str]:
    children = device.get("children")
    if isinstance(children, list) and children:
        for child in children:
            yield from _device_troubles(mapping(child), purpose, text(device.get("name")))
        return
    status = text(device.get("status"))
    within = f" in {group}" if group else ""
    name = _device_name(device)
    if status and status not in WELL:
        yield f"{name} is {status}{within} ({purpose})"
    stats = mapping(device.get("stats"))
    counts = [(kind, number(stats.get(f"{kind}_errors")) or 0) for kind in ("read", "write", "checksum")]
    if errors := [f"{count:.0f} {kind}" for kind, count in counts if count]:
        yield f"{name}: {', '.join(errors)} errors"


def _device_name(device: Mapping[str, Any]) -> str:
    missing = first_text(mapping(device.get("unavail_disk")), "name", "serial")
    return text(device.get("disk")) or missing or first_text(device, "device", "name") or "a device"


def _scan(scan: Mapping[str, Any]) -> str:
    kind = text(scan.get("function")).lower()
    if not kind:
        return ""
    percent = number(scan.get("percentage"))
    share = "" if percent is None else f" {percent:.0f} %"
    ended = time_of(scan.get("end_time"))
    when = f" {human_time(ended)[:10]}" if ended is not None else ""
    errors = number(scan.get("errors")) or 0
    match text(scan.get("state")):
        case "SCANNING" if scan.get("pause") is not None:
            return f"{kind} paused at{share or ' ?'}"
        case "SCANNING":
            left = number(scan.get("total_secs_left"))
            return f"{kind}{share}" + (f", ~{human_duration(left)} left" if left else "")
        case "FINISHED":
            found = f"{errors:.0f} errors" if errors else "no errors"
            return f"{kind} ended{when}, {found}"
        case "CANCELED":
            return f"{kind} canceled{when}"
        case state:
            return f"{kind} {state.lower()}".strip()


# Datasets, network, disks ---------------------------------------------------------------


def datasets_of(answer: Any) -> list[Dataset]:
    """Reads ``pool.dataset.query``, the largest first. Raises `Unreadable`."""
    found = []
    for row in rows_of(answer):
        name, used = first_text(row, "id", "name"), _property(row.get("used"))
        if name and used is not None:
            found.append(Dataset(name, used, _property(row.get("available"))))
    return sorted(found, key=lambda dataset: -dataset.used)


def _property(value: Any) -> float | None:
    """The number of a ZFS property, which is an object around its value."""
    members = mapping(value)
    parsed = number(members.get("parsed"))
    return parsed if parsed is not None else number(members.get("rawvalue"))


_SPEED = re.compile(r"(\d+)\s*(M|G)b/s", re.IGNORECASE)


def links_of(answer: Any) -> list[Link]:
    """Reads ``interface.query``; those that are up come first. Raises `Unreadable`."""
    found = []
    for row in rows_of(answer):
        state = mapping(row.get("state"))
        if name := first_text(row, "name", "id"):
            media = text(state.get("active_media_subtype"))
            found.append(Link(name, _up(state.get("link_state")), _speed(media), tuple(_addresses(state))))
    return sorted(found, key=lambda link: not link.up)


def _up(state: Any) -> bool | None:
    return {"LINK_STATE_UP": True, "LINK_STATE_DOWN": False}.get(text(state))


def _speed(media: str) -> str:
    if (match := _SPEED.search(media)) is None:
        return ""
    megabits = int(match[1]) * (1000 if match[2].upper() == "G" else 1)
    return f"{megabits / 1000:g} Gb/s" if megabits >= 1000 else f"{megabits} Mb/s"


def _addresses(state: Mapping[str, Any]) -> Iterator[str]:
    aliases = state.get("aliases")
    for alias in aliases if isinstance(aliases, list) else ():
        entry = mapping(alias)
        address, mask = text(entry.get("address")), entry.get("netmask")
        if entry.get("type") in ("INET", "INET6") and address and not address.lower().startswith("fe80:"):
            yield address if mask in (None, "") else f"{address}/{mask}"


def disks_of(answer: Any) -> list[Disk]:
    """Reads ``disk.query``, by name. Raises `Unreadable`."""
    disks = [
        Disk(name, number(row.get("size")), text(row.get("type")), text(row.get("pool")), text(row.get("model")))
        for row in rows_of(answer)
        if (name := first_text(row, "name", "devname"))
    ]
    return sorted(disks, key=lambda disk: (len(disk.name), disk.name))


def temperatures_of(answer: Any) -> dict[str, float]:
    """Reads ``disk.temperatures``: degrees by name, of the disks that tell. Raises `Unreadable`."""
    found = {}
    for name, value in object_of(answer).items():
        degrees = number(mapping(value).get("temperature") if isinstance(value, Mapping) else value)
        if degrees is not None:
            found[str(name)] = degrees
    return found


# Alerts ------------------------------------------------------------------------------

_BREAKS = re.compile(r"<\s*(br|/?p|/?li|/?ul|/?ol|/?div)\b[^>]*>", re.IGNORECASE)
_TAGS = re.compile(r"<\s*/?\s*(a|b|i|u|em|strong|code|pre|span)\b[^>]*>", re.IGNORECASE)


def alerts_of(answer: Any) -> list[Alert]:
    """Reads ``alert.list``: not dismissed before dismissed, the most urgent first, then the newest. `Unreadable`."""
    alerts = [_alert(row) for row in rows_of(answer)]

    def order(alert: Alert) -> tuple[bool, int, float]:
        urgency = LEVELS.index(alert.level) if alert.level in LEVELS else len(LEVELS)
        return alert.dismissed, urgency, -(alert.when.timestamp() if alert.when else 0.0)

    return sorted(alerts, key=order)


def _alert(row: Mapping[str, Any]) -> Alert:
    kind = first_text(row, "klass", "source")
    message = _plain(first_text(row, "formatted", "text"))
    return Alert(
        uuid=first_text(row, "uuid", "id"),
        level=text(row.get("level")).upper(),
        message=message or kind or "an alert without a text",
        kind=kind,
        when=time_of(row.get("last_occurrence")) or time_of(row.get("datetime")),
        dismissed=row.get("dismissed") is True,
    )


def _plain(message: str) -> str:
    """A message of an alert without the markup that the web interface draws."""
    return " ".join(html.unescape(_TAGS.sub("", _BREAKS.sub(" ", message))).split())
