"""Files that several programs write: nothing is lost, nothing is half written, nothing is left behind."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from tests.core.writers import killed_while_writing, profiles_and_marks
from truenas_client.storage import private_files as privatefiles
from truenas_client.storage.private_files import replacing, write_private


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    profiles_and_marks(tmp_path, 30)


def test_a_killed_writer_leaves_the_file_whole_and_nothing_for_the_next_one(tmp_path: Path) -> None:
    assert killed_while_writing(tmp_path, 50, seed=1) == 0


def test_a_writer_that_waits_too_long_says_so_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privatefiles, "WAIT_SECONDS", 0.0)
    path = tmp_path / "file"
    write_private(path, "old")
    with replacing(path), pytest.raises(OSError, match="another program is writing it"):
        write_private(path, "new")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_waiting_writer_reads_what_the_first_one_wrote(tmp_path: Path) -> None:
    path = tmp_path / "file"
    began = threading.Event()

    def second() -> None:
        began.set()
        with replacing(path) as replace:
            replace(path.read_bytes() + b" second")

    with replacing(path) as replace:
        other = threading.Thread(target=second)
        other.start()
        began.wait()
        replace(b"first")
    other.join()
    assert path.read_bytes() == b"first second"


def test_a_replacement_that_somebody_else_holds_is_not_written_into(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "file", tmp_path / "elsewhere"
    elsewhere.write_text("theirs")
    elsewhere.chmod(0o666)
    os.link(elsewhere, tmp_path / ".file.new")
    write_private(path, "a secret")
    assert elsewhere.read_text() == "theirs"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    os.symlink(elsewhere, tmp_path / ".file.new")
    with pytest.raises(OSError, match="symbolic links"):
        write_private(path, "another secret")
    assert elsewhere.read_text() == "theirs"
    assert path.read_text() == "a secret"
