"""What the dashboard reads from the answers of all releases, odd ones among them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model import dashboard as model
from tui.model.answers import Unreadable
from tui.model.realtime import Sample, sample_of

WHEN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
READERS = (model.pools_of, model.datasets_of, model.links_of, model.disks_of, model.alerts_of)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(WHEN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = (
    *("id", "uuid", "name", "status", "healthy", "scan", "size", "allocated", "topology", "used", "available", "state"),
    *("link_state", "aliases", "data", "children", "stats", "cpu", "memory", "interfaces", "formatted", "level"),
)
ROWS = st.lists(st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=6) | JSON, max_size=3)


@given(ROWS)
def test_odd_rows_cost_themselves_only(rows: list[Any]) -> None:
    for reader in READERS:
        reader(rows)  # type: ignore[operator]
    for row in rows:
        sample_of(row)


@pytest.mark.parametrize("answer", [None, 7, "no", {"rows": []}])
def test_what_is_no_list_is_never_an_empty_one(answer: Any) -> None:
    for reader in READERS:
        with pytest.raises(Unreadable):
            reader(answer)  # type: ignore[operator]
    if not isinstance(answer, dict):
        for read in (model.system_of, model.temperatures_of):
            with pytest.raises(Unreadable):
                read(answer)  # type: ignore[operator]


def test_the_system() -> None:
    row = {"hostname": "nas", "version": "26.0", "uptime_seconds": 3600.5, "cores": 8, "loadavg": [0.5, None, "1"]}
    assert model.system_of(row) == model.System("nas", "26.0", "1h 00m", "", 8, None, (0.5, 1.0))
    assert model.system_of({"uptime": "12 days"}).uptime == "12 days"


def pool(**members: Any) -> model.Pool:
    (found,) = model.pools_of([{"id": 1, "name": "tank", "status": "ONLINE", "healthy": True, **members}])
    return found


SCAN = {"function": "SCRUB", "state": "FINISHED", "end_time": WHEN, "errors": 0, "percentage": 100.0, "pause": None}


@pytest.mark.parametrize(
    ("scan", "words"),
    [
        (SCAN, "scrub ended 2026-11-22, no errors"),
        (SCAN | {"errors": 3}, "scrub ended 2026-11-22, 3 errors"),
        (SCAN | {"state": "CANCELED"}, "scrub canceled 2026-11-22"),
        (SCAN | {"state": "SCANNING", "percentage": 37.4, "total_secs_left": 1440}, "scrub 37 %, ~24m 00s left"),
        (SCAN | {"state": "SCANNING", "percentage": 37.4, "total_secs_left": None}, "scrub 37 %"),
        (SCAN | {"state": "SCANNING", "percentage": 37, "pause": WHEN}, "scrub paused at 37 %"),
        (SCAN | {"function": "RESILVER", "state": "SCANNING", "percentage": None}, "resilver"),
        ({"function": None, "state": None}, ""),
        (None, ""),
    ],
)
def test_a_scan_in_words(scan: Any, words: str) -> None:
    assert pool(scan=scan).scan == words


def leaf(**members: Any) -> dict[str, Any]:
    return {"type": "DISK", "status": "ONLINE", "children": [], "disk": "sda", **members}


@pytest.mark.parametrize(
    ("device", "reasons"),
    [
        (leaf(), ()),
        (leaf(status="UNAVAIL"), ("sda is UNAVAIL in raidz2-0 (data)",)),
        (leaf(status="FAULTED", disk=None, unavail_disk={"serial": "XY1"}), ("XY1 is FAULTED in raidz2-0 (data)",)),
        (leaf(stats={"read_errors": 0, "write_errors": 2, "checksum_errors": 7}), ("sda: 2 write, 7 checksum errors",)),
        (leaf(status=None, disk=None, device="sdb1"), ()),
        ("no device", ()),
    ],
)
def test_the_devices_that_make_a_pool_unhealthy(device: Any, reasons: tuple[str, ...]) -> None:
    group = {"name": "raidz2-0", "type": "RAIDZ2", "status": "DEGRADED", "children": [device]}
    found = pool(status="DEGRADED", healthy=False, topology={"data": [group], "log": None})
    assert (found.healthy, found.reasons) == (False, reasons)


def test_a_pool_says_why_and_stands_first() -> None:
    rows = [
        {"name": "a", "status": "ONLINE", "healthy": True, "status_detail": "of no importance"},
        {"name": "b", "status": "ONLINE", "healthy": True, "warning": True, "status_detail": "Features are off."},
        {"name": "c", "status": "OFFLINE", "size": None, "allocated": None, "topology": None},
        {"status": "ONLINE"},
    ]
    assert [(one.name, one.healthy, one.reasons) for one in model.pools_of(rows)] == [
        ("c", False, ()),
        ("b", True, ("Features are off.",)),
        ("a", True, ()),
    ]
    assert pool(size=200, allocated=50).share == 0.25
    assert pool(size=0, allocated=None).share is None


def test_datasets_by_use() -> None:
    rows = [
        {"id": "a", "used": {"parsed": 5}, "available": {"parsed": 5}},
        {"id": "b", "used": {"parsed": None, "rawvalue": "9"}, "available": None},
        {"id": "locked", "used": None},
    ]
    assert model.datasets_of(rows) == [model.Dataset("b", 9.0, None), model.Dataset("a", 5.0, 5.0)]


@pytest.mark.parametrize(
    ("media", "speed"),
    [("1000Mb/s Twisted Pair", "1 Gb/s"), ("100Mb/s", "100 Mb/s"), ("10Gb/s", "10 Gb/s"), ("autoselect", "")],
)
def test_links(media: str, speed: str) -> None:
    aliases = [
        {"type": "LINK", "address": "02:00"},
        {"type": "INET", "address": "192.0.2.4", "netmask": 24},
        {"type": "INET6", "address": "fe80::1", "netmask": "64"},
        {"type": "INET6", "address": "2001:db8::4", "netmask": "64"},
    ]
    up = {"id": "eno1", "state": {"link_state": "LINK_STATE_UP", "active_media_subtype": media, "aliases": aliases}}
    down = {"id": "eno0", "state": {"link_state": "LINK_STATE_DOWN"}}
    assert model.links_of([down, up]) == [
        model.Link("eno1", True, speed, ("192.0.2.4/24", "2001:db8::4/64")),
        model.Link("eno0", False, "", ()),
    ]
    assert model.links_of([{"id": "x", "state": {"link_state": "LINK_STATE_UNKNOWN"}}])[0].up is None


def test_disks_and_temperatures() -> None:
    rows = [{"name": name, "size": 5, "type": "HDD", "pool": None} for name in ("sdaa", "sdb", "sda")]
    assert [disk.name for disk in model.disks_of(rows)] == ["sda", "sdb", "sdaa"]
    assert model.temperatures_of({"sda": 35, "sdb": None, "sdc": {"temperature": 40, "critical": 60}}) == {
        "sda": 35.0,
        "sdc": 40.0,
    }


def test_alerts_are_plain_and_the_most_urgent_first() -> None:
    rows = [
        {"uuid": "1", "level": "INFO", "formatted": "fine", "datetime": WHEN},
        {"uuid": "2", "level": "CRITICAL", "formatted": "Pool <b>a</b><br>is &lt;bad&gt;:<ul><li>sda</li></ul>"},
        {"uuid": "3", "level": "CRITICAL", "formatted": None, "text": "newer", "last_occurrence": WHEN},
        {"uuid": "4", "level": "EMERGENCY", "text": "seen", "dismissed": True},
        {"id": "5", "klass": "OnlyAKind", "level": None},
    ]
    found = model.alerts_of(rows)
    assert [(alert.uuid, alert.message) for alert in found] == [
        ("3", "newer"),
        ("2", "Pool a is <bad>: sda"),
        ("1", "fine"),
        ("5", "OnlyAKind"),
        ("4", "seen"),
    ]
    assert found[-1].dismissed


@pytest.mark.parametrize(
    ("fields", "sample"),
    [
        (  # 25.10 and 26
            {
                "cpu": {"cpu": {"usage": 12.5, "temp": 40}, "cpu0": {"usage": 10, "temp": 47}},
                "disks": {"read_bytes": 5.0, "write_bytes": 6},
                "memory": {"arc_size": 3, "physical_memory_total": 10, "physical_memory_available": 4},
                "interfaces": {"eno1": {"received_bytes_rate": 1.5, "sent_bytes_rate": None}},
            },
            Sample(12.5, 47, 6, 10, 3, 5, 6, {"eno1": 1.5}, {}),
        ),
        (  # 24.10
            {
                "cpu": {"average": {"usage": 8}, "0": {"usage": 7}, "temperature_celsius": {"0": 50, "1": 51}},
                "virtual_memory": {"total": 10, "available": 7, "percent": 30.0},
                "memory": {"classes": {"apps": 1, "arc": 2, "unused": 7}, "extra": {}},
                "zfs": {"arc_size": 2},
            },
            Sample(8, 51, 3, 10, 2),
        ),
        ({"memory": {"classes": {"apps": 1, "arc": 2, "unused": 7}}}, Sample(memory_used=3, memory_total=10, cache=2)),
        ({"cpu": {"0": {"usage": 4}, "1": {"usage": 6}}}, Sample(cpu=5)),
        ({"failed_to_connect": True, "cpu": None}, Sample()),
        (None, Sample()),
    ],
)
def test_measurements_of_every_release(fields: Any, sample: Sample) -> None:
    assert sample_of(fields) == sample


def test_the_share_of_memory() -> None:
    assert Sample(memory_used=3, memory_total=10).memory == 30
    assert Sample(memory_used=3, memory_total=0).memory is None
