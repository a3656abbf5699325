"""What differs between two results, with the places where a viewer shows it."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from tests.core.test_diff import VALUES
from truenas_client.values.diff import diff
from tui.model.differences import compare

OLD: list[dict[str, Any]] = [
    {"id": 1, "service": "cifs", "state": "STOPPED", "pids": []},
    {"id": 2, "service": "ssh", "state": "RUNNING", "pids": [7]},
]
NEW: list[dict[str, Any]] = [
    {"id": 3, "service": "nfs", "state": "STOPPED", "pids": []},
    {"id": 1, "service": "cifs", "state": "RUNNING", "pids": [12, 13]},
]


def test_changes_come_first_and_each_has_its_place() -> None:
    found = compare("before -> after", OLD, NEW)
    assert found.summary == "1 changed, 3 added, 1 removed"
    assert list(found.lines())[2:4] == [
        '~ [id=1].state: "STOPPED" -> "RUNNING"  (cifs)',
        "+ [id=1].pids[0]: 12  (cifs)",
    ]
    assert found.places[0] == (1, "state")
    assert found.places[-1] == (1,), "what was removed is at its place in the first"
    assert found.marks[1, "state"] == "~"
    assert found.marks[1, "pids", 0] == "+"
    assert found.marks[()] == "~"
    assert (1, "service") not in found.marks


def test_equal_values_have_no_differences() -> None:
    found = compare("a -> b", OLD, [dict(row) for row in OLD])
    assert (found.summary, found.marks, list(found.places)) == ("No differences.", {}, [])


@given(VALUES, VALUES)
def test_every_place_leads_to_a_value(old: Any, new: Any) -> None:
    found = compare("", old, new)
    assert len(found.places) == len(found.changes) == len(diff(old, new))
    for change, place in zip(found.changes, found.places, strict=True):
        value = old if change.kind == "removed" else new
        for step in place:
            value = value[step]
