"""Renamed methods and known events: the data files are as the catalogues say, and are read rightly."""

from __future__ import annotations

import pytest

from tests.facts import RELEASES, catalogue, require_facts
from tests.releases import paths, text_of
from truenas_client.methods.releases import known_events, release_of, renamed


def test_the_data_files_are_what_the_catalogues_make() -> None:
    require_facts()
    for path, make in paths().items():
        assert path.read_text(encoding="utf-8") == text_of(make()), "run python -m tests.releases"


def test_a_method_is_found_under_the_name_of_each_release() -> None:
    assert renamed("zfs.snapshot.query", {"pool.snapshot.query"}) == "pool.snapshot.query"
    assert renamed("pool.snapshot.query", {"zfs.snapshot.query"}) == "zfs.snapshot.query"
    assert renamed("service.start", {"service.control"}) == "service.control START"
    assert renamed("service.control", {"service.start"}) == ""  # START is one of four
    assert renamed("service.start", {}) == renamed("no.such", {"no.such"}) == ""


def test_every_successor_is_a_method() -> None:
    for release in RELEASES:
        known = catalogue(release)
        for name in known:
            found = renamed(name, known)
            assert not found or found.split()[0] in known


@pytest.mark.parametrize(
    ("version", "release"),
    [
        *(("TrueNAS-24.10.2", "24.10"), ("25.04.2.6", "24.10"), ("TrueNAS-26.0.0-BETA.3", "26"), ("27.0", "26")),
        *(("23.10", "24.10"), ("", "26"), ("TrueNAS-SCALE-25.10.1", "25.10")),
    ],
)
def test_the_nearest_known_release(version: str, release: str) -> None:
    assert release_of(version) == release


def test_what_is_known_of_events() -> None:
    events = known_events()
    assert events["pool.query"].releases == ("24.10", "25.10", "26")
    assert not events["pool.query"].source
    assert events["reporting.realtime"].example == "reporting.realtime"
    follow = events["filesystem.file_tail_follow"]
    assert (follow.source, follow.parameters, follow.required) == (True, ("path", "tail_lines"), ("path",))
    assert follow.example == 'filesystem.file_tail_follow:{"path": "..."}'
