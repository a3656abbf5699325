"""What is remembered of servers: kept through damage, read within bounds."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import pytest

from truenas_client import bounded
from truenas_client.endpoint import parse
from truenas_client.exc import InvalidProfile
from truenas_client.storage import Known, Profiles
from truenas_client.storage.catalogue_cache import CatalogueCache
from truenas_client.storage.importing import read_official

NAS = parse("wss://NAS")


def test_servers_are_remembered_by_host_and_port(tmp_path: Path) -> None:
    known = Known(tmp_path / "state" / "known.json")
    assert not known.scram_seen(NAS)
    known.remember_scram(NAS)
    known.remember_warning(parse("ws://nas"))
    again = Known(known.path)
    assert again.scram_seen(parse("wss://nas:443/websocket"))
    assert not again.scram_seen(parse("wss://nas:8443"))
    assert not again.warned(NAS)
    assert again.warned(parse("ws://nas"))
    assert stat.S_IMODE(known.path.stat().st_mode) == 0o600 or os.name != "posix"


@pytest.mark.parametrize("broken", ["", "[]", '{"servers": 5}', "[" * 100_000, "\udcff"])
def test_a_damaged_file_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture, broken: str) -> None:
    known = Known(tmp_path / "known.json")
    data = broken.encode("utf-8", "surrogateescape")
    known.path.write_bytes(data)
    assert not known.scram_seen(NAS)
    known.remember_scram(NAS)
    assert known.scram_seen(NAS)
    assert (tmp_path / "known.json.broken").read_bytes() == data
    assert "It is now known.json.broken" in caplog.text


def test_an_odd_entry_costs_itself(tmp_path: Path) -> None:
    known = Known(tmp_path / "known.json")
    known.path.write_text(
        '{"version": 1, "servers": {"nas:443": 1, "b:443": {"scram": true, "new": [2]}, "c:443": [0]}}'
    )
    assert not known.scram_seen(NAS)
    known.remember_scram(NAS)
    assert known.scram_seen(NAS)
    assert known.scram_seen(parse("wss://b"))
    assert '"new": [\n' in known.path.read_text()
    assert '"c:443": [\n' in known.path.read_text()


@pytest.mark.parametrize("later", ['{"version": 2, "servers": {"nas:443": {"scram": true}}}', None])
def test_what_cannot_be_read_now_is_left_as_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, later: str | None
) -> None:
    known = Known(tmp_path / "known.json")
    known.remember_scram(NAS)
    if later is not None:
        known.path.write_text(later)
    else:
        # A disk that fails once.
        def fail(path: object) -> bytes:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr("truenas_client.storage.private_files.read_own_file", fail)
    before = known.path.read_bytes()
    assert not known.scram_seen(NAS)
    known.remember_warning(NAS)
    assert known.path.read_bytes() == before
    assert "is lost" in caplog.text
    assert os.listdir(tmp_path) == ["known.json"]


def test_a_state_folder_that_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    with caplog.at_level(logging.WARNING):
        Known(tmp_path / "file" / "known.json").remember_scram(parse("wss://nas"))
    assert "cannot be written" in caplog.text


@pytest.mark.skipif(os.name != "posix", reason="no pipes in the file system")
def test_no_file_of_ours_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A pipe stands where each file should be, and nobody writes into it."""
    monkeypatch.setattr(bounded, "OWN_FILE_SECONDS", 0.02)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InvalidProfile, match="nothing came in"):
        Profiles(pipe)
    with pytest.raises(InvalidProfile, match="nothing came in"):
        read_official(pipe)
    known = Known(pipe)
    assert not known.scram_seen(NAS)
    known.remember_scram(NAS)
    assert "nothing came in" in caplog.text
    cache = CatalogueCache(tmp_path)
    monkeypatch.setattr(cache, "_path", lambda address, user: pipe)
    assert cache.find("wss://nas/api/current", "admin") is None
    assert stat.S_ISFIFO(pipe.stat().st_mode)
