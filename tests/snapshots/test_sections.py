"""Sections that are read again and again, as text: on answers that never change, at three sizes."""

from __future__ import annotations

from datetime import UTC, datetime
from math import sin
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.app.conftest import Open, nas, signed_in
from tests.snapshots.texts import NARROW, compared
from truenas_client import exc
from tui.model.failure import explain
from tui.model.realtime import Sample
from tui.sections.dashboard import DashboardSection
from tui.sections.polling import Polling
from tui.session.readings import Reading, Readings

__all__ = ["nas", "signed_in"]

WHEN = datetime(2025, 11, 21, 3, 0, tzinfo=UTC)
TIB = 1 << 40

SCAN = {"function": "SCRUB", "state": "FINISHED", "end_time": WHEN, "errors": 0}
BAD = {"disk": "sdc", "status": "FAULTED", "stats": {"read_errors": 7, "checksum_errors": 2}}
ANSWERS: dict[str, Any] = {
    "system": {
        "hostname": "lab-nas",
        "version": "25.10.2",
        "uptime_seconds": 3_600_000,
        "cores": 16,
        "physmem": 128 << 30,
    },
    "pools": [
        {
            "id": 1,
            "name": "tank",
            "status": "ONLINE",
            "healthy": True,
            "size": 11 * TIB,
            "allocated": 8 * TIB,
            "scan": SCAN | {"state": "SCANNING", "percentage": 37, "total_secs_left": 1440},
        },
        {
            "id": 2,
            "name": "archive",
            "status": "DEGRADED",
            "healthy": False,
            "size": 44 * TIB,
            "allocated": 38 * TIB,
            "scan": SCAN,
            "topology": {"data": [{"name": "mirror-0", "children": [BAD]}]},
            "status_detail": "One or more devices are faulted in response to persistent errors.",
        },
    ],
    "alerts": [
        {"uuid": "1", "level": "CRITICAL", "formatted": "Pool archive is <b>DEGRADED</b>: one disk is faulted."},
        {"uuid": "2", "level": "NOTICE", "text": "An update is available."},
        {"uuid": "3", "level": "INFO", "text": "seen", "dismissed": True},
    ],
    "datasets": [
        {"id": name, "used": {"parsed": used * TIB // 10}, "available": {"parsed": 3 * TIB}}
        for name, used in (("archive", 380), ("tank", 80), ("tank/photos", 61), ("tank/backup/laptops/of/ada", 12))
    ],
    "network": [
        {
            "name": "eno1",
            "state": {
                "link_state": "LINK_STATE_UP",
                "active_media_subtype": "10000Mb/s Twisted Pair",
                "aliases": [{"type": "INET", "address": "192.0.2.7", "netmask": 24}],
            },
        },
        {"name": "eno2", "state": {"link_state": "LINK_STATE_DOWN"}},
    ],
    "temperatures": {"sda": 34, "sdb": 35, "sdc": None, "nvme0n1": 51},
    "sessions": [
        {
            "id": "a",
            "current": True,
            "origin": "192.0.2.9:50312",
            "credentials": "LOGIN_PASSWORD",
            "created_at": WHEN,
            "credentials_data": {"username": "admin"},
            "secure_transport": True,
        },
        {
            "id": "b",
            "origin": "192.0.2.30:41000",
            "credentials": "API_KEY",
            "created_at": WHEN,
            "secure_transport": False,
            "credentials_data": {"username": "ada", "api_key": {"id": 2, "name": "ci"}},
        },
        {"id": "c", "internal": True, "origin": "UNIX socket (pid=145 uid=0 gid=0)", "credentials": "UNIX_SOCKET"},
    ],
    "keys": [
        {"id": 2, "name": "ci", "username": "ada", "created_at": WHEN, "expires_at": None},
        {"id": 5, "name": "old laptop", "username": "admin", "created_at": WHEN, "expires_at": WHEN},
        {"id": 7, "name": "x", "username": "ada", "revoked": True, "revoked_reason": "Used over an insecure transport"},
    ],
    "config": {"enabled": True, "services": {"ssh": False}},
    "me": {"two_factor_config": {"secret_configured": True}},
}
SAMPLES = [
    Sample(
        *(20 + 15 * sin(number / 9), 51 + sin(number / 5), 100 << 30, 128 << 30, None),
        *(84e6 + 40e6 * sin(number / 7), 31e6),
        {"eno1": 50e6 + 40e6 * sin(number / 11)},
        {"eno1": 2e6},
    )
    for number in range(200)
]


def fill(readings: Readings) -> None:
    """Gives answers that never change; the disks may not be read."""
    readings.rest()
    readings.watch = lambda: None  # type: ignore[method-assign]
    for name, source in readings.sources.items():
        if name in ANSWERS:
            readings._held[name] = Reading(source.read(ANSWERS[name]), known=True)
        else:
            refused = exc.NotAuthorized(f"The server does not list {source.method} for this user.")
            failure = explain(refused, method=source.method, roles=source.roles)
            readings._held[name] = Reading(failure=failure, refused=True)
    readings.version += 1


@pytest.mark.parametrize("key", ["2", "7"], ids=["dashboard", "access"])
async def test_sections_at_three_sizes(signed_in: Open, snapshot: SnapshotAssertion, key: str) -> None:
    async with signed_in(size=NARROW, writable=False) as desk:
        await desk.press("escape", "escape", key)
        section = desk.workspace.section
        assert isinstance(section, Polling)
        fill(section._readings)
        if isinstance(section, DashboardSection):
            section.board.samples.extend(SAMPLES)
        await desk.until(lambda: desk.workspace.offered is not None, "the offer to keep the connection")
        await desk.see("archive" if key == "2" else "ada", " ms")
        await compared(desk.pilot, snapshot, section.id)
