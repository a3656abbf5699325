"""The history of calls: masked, whole, bounded, shared by runs of the app, and read whatever stands in its file."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.argumentshapes import SECRETIVE, with_secret
from tui.memory import history as module
from tui.memory.history import History
from tui.memory.state import Memories
from tui.model.history import Entry, EntryFilter, outcome, read_entry, when

ADDRESS = "wss://nas.example/api/current"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history" / "admin-at-nas.jsonl"


def known(path: Path, told: list[str] | None = None) -> list[Entry]:
    """What a new start of the app knows, the oldest first."""
    history = History(path, (told if told is not None else []).append)
    asyncio.run(history.renew())
    return history.newest()[::-1]


def called(history: History, method: str = "pool.query", params: Any = (), state: str = "done") -> str:
    id = history.began(method, list(params))
    history.ended(id, state, 18)
    return id


def test_calls_are_there_at_the_next_start_with_their_outcome(path: Path) -> None:
    history = History(path, about={"address": ADDRESS, "user": "admin"})
    called(history, "pool.query", [[["name", "=", "tänk \ud800"]]])
    called(history, "app.upgrade", ["x"], "failed")
    history.began("pool.scrub.scrub", ["tank", "START"])
    history.close()
    assert path.stat().st_mode & 0o777 == 0o600
    first, second, third = known(path)
    assert (first.method, first.params, first.state, first.ms) == (
        "pool.query",
        [[["name", "=", "tänk \ud800"]]],
        "done",
        18,
    )
    assert (second.state, third.state, third.ms) == ("failed", "running", None)
    assert outcome(third, here=False) == ("end not known", "warning")
    assert outcome(third, here=True)[0] == "running"
    header = json.loads(path.read_text().splitlines()[0])
    assert (header["version"], header["address"], header["user"]) == (1, ADDRESS, "admin")


def test_it_lies_beside_the_state_of_its_connection_and_fresh_writes_none(tmp_path: Path) -> None:
    memories = Memories(folder=tmp_path)
    called(memories.connection(ADDRESS, "admin").history)
    memories.close()
    (file,) = (tmp_path / "history").iterdir()
    assert file.name.startswith("admin-at-nas.example")
    assert len(known(file)) == 1
    before = file.read_bytes()
    fresh = Memories(fresh=True)
    memory = fresh.connection(ADDRESS, "admin")
    asyncio.run(memory.history.renew())
    assert memory.history.newest() == []
    called(memory.history)
    assert len(memory.history.newest()) == 1
    fresh.close()
    assert file.read_bytes() == before


@pytest.mark.parametrize("secret", ["hunter2x", "MARKEDQZX", "p4ss-w0rd!", "Zq7kPmT3xVw9Rb2nLd5s"])
def test_no_shape_of_arguments_brings_a_secret_into_it(path: Path, secret: str) -> None:
    history = History(path)
    for name, params in SECRETIVE:
        called(history, name, with_secret(params, secret))
    history.ended(called(history), "failed", 1, f"failed with --password {secret}")
    history.close()
    assert secret not in path.read_text()
    assert "********" in path.read_text()
    assert not [entry for entry in history.newest() if secret in repr(entry)]


def test_references_stay_and_arguments_with_a_secret_key_or_without_end_are_left_out(path: Path) -> None:
    history = History(path)
    called(history, "user.create", [{"password": "${secret:joe}", "comment": "${var:who}"}])
    called(history, "x.y", [{"--password hunter2": 1}])
    called(history, "x.y", ["a b " * 20_000])
    deep: Any = []
    for _ in range(2000):
        deep = [deep]
    called(history, "x.y", [deep])
    history.close()
    first, *others = known(path)
    assert first.params == [{"password": "${secret:joe}", "comment": "${var:who}"}]
    assert first.is_whole
    assert [one.params for one in others] == [None, None, None]
    assert not others[0].is_whole


def test_two_runs_at_once_lose_nothing_of_each_other(path: Path) -> None:
    one, other = History(path), History(path)
    ids = []
    for number in range(10):
        ids.append(called(one, f"a{number}"))
        one.close()
        ids.append(called(other, f"b{number}"))
        other.close()
    assert [entry.id for entry in known(path)] == ids
    asyncio.run(one.renew())
    assert {entry.id for entry in one.newest()} == {*ids}
    one.remove(ids[1])
    one.close()
    called(other, "c")
    other.close()
    assert [entry.method for entry in known(path)][:3] == ["a0", "a1", "b1"]
    assert len(known(path)) == 20


def test_a_call_that_ends_later_has_two_lines_and_is_one_entry(path: Path) -> None:
    history = History(path)
    id = history.began("x.y", [])
    history.close()
    history.ended(id, "done", 5000)
    history.close()
    assert len(path.read_text().splitlines()) == 3
    (entry,) = known(path)
    assert (entry.state, entry.ms) == ("done", 5000)
    # In whichever order they came to stand there.
    header, begun, ended = path.read_text().splitlines()
    path.write_text("\n".join([header, ended, begun, ""]))
    assert known(path) == [entry]


def test_only_the_newest_are_kept_in_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ENTRIES", 50)
    history = History(path)
    for number in range(120):
        called(history, f"m{number}")
        if number % 5 == 0:
            history.close()
            assert len(path.read_text().splitlines()) <= 50 * module.SLACK + 7
    history.close()
    assert [entry.method for entry in known(path)] == [f"m{number}" for number in range(70, 120)]
    monkeypatch.setattr(module, "MOST_BYTES", 2_000)
    called(history, "last", ["x" * 500])
    history.close()
    assert path.stat().st_size < 2_200
    assert known(path)[-1].method == "last"


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_half_a_line_costs_that_line_only(path: Path, cut: int) -> None:
    history = History(path)
    for name in "abc":
        called(history, name)
    history.close()
    path.write_bytes(path.read_bytes()[:-cut])
    # The last byte is the end of the line.
    assert [entry.method for entry in known(path)] == (["a", "b", "c"] if cut == 1 else ["a", "b"])
    told: list[str] = []
    again = History(path, told.append)
    called(again, "d")
    again.close()
    assert [entry.method for entry in known(path)][-1] == "d"
    assert "b" in [entry.method for entry in known(path)]
    assert not told


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "broken"),
        ("[]\n", "broken"),
        ("\xff", "broken"),
        ('{"version": true}', "broken"),
        ('{"version": 2}\n', "other-version"),
    ],
)
def test_a_file_that_is_no_history_is_set_aside_and_told_of(path: Path, text: str, why: str) -> None:
    path.parent.mkdir()
    path.write_text(text, encoding="latin-1")
    told: list[str] = []
    history = History(path, told.append)
    asyncio.run(history.renew())
    assert len(told) == 1
    assert path.with_name(f"{path.name}.{why}").read_text(encoding="latin-1") == text
    called(history)
    history.close()
    assert len(known(path)) == 1


def test_what_cannot_be_understood_is_never_written_over(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("no history")
    told: list[str] = []
    history = History(path, told.append)
    called(history)
    history.close()
    assert path.read_text() == "no history"
    assert "changes are not remembered" in told[0]
    path.unlink()
    path.touch()
    history = History(path)
    called(history)
    history.close()
    assert len(known(path)) == 1


def test_what_an_older_version_stored_is_masked_again(path: Path) -> None:
    path.parent.mkdir()
    entry = Entry("1", datetime(2026, 1, 1, tzinfo=UTC), "cronjob.create", [{"command": "mysql -phunter2"}], "done")
    path.write_text(f'{{"version": 1}}\n{entry.line()}\n')
    (read,) = known(path)
    assert read.params == [{"command": "mysql -p********"}]
    history = History(path)
    called(history)
    history.close()
    assert "hunter2" not in path.read_text()
    assert len(known(path)) == 2


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda some: st.lists(some, max_size=2)
)


@given(
    st.dictionaries(st.sampled_from(["id", "at", "method", "params", "state", "ms", "error"]), ANY | st.just("done"))
)
def test_whatever_stands_in_a_line_an_entry_has_its_types(told: dict[str, Any]) -> None:
    entry = read_entry(
        json.dumps({"id": "1", "at": "2026-11-30T07:00:00+00:00", "method": "m", "params": [], "state": "done"} | told)
    )
    if entry is not None:
        assert read_entry(entry.line()) == entry
        assert isinstance(entry.arguments, str)
        outcome(entry, here=True)
    assert read_entry(json.dumps(told)[:-1]) is None


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(minutes=5), "today 07:55"),
        (timedelta(hours=9), "yesterday 23:00"),
        (timedelta(days=3), "27 Nov 08:00"),
        (timedelta(days=400), "2025-10-26"),
        (-timedelta(days=2), "2026-12-02"),
    ],
)
def test_when(ago: timedelta, words: str) -> None:
    now = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
    assert when(now - ago, now) == words


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("pool", True), ("TANK", True), ("-tank", False), ("method:pool args:tank", True), ("method:tank", False),
        ("state:fail", True), ("state:done,failed", True), ("state:done", False), ("error:einval", True), ("x", False),
    ],
)  # fmt: skip
def test_the_filter(query: str, fits: bool) -> None:
    entry = Entry("1", datetime.now(UTC), "pool.query", [[["name", "=", "tank"]]], "failed", 3, "EINVAL  1 field")
    assert EntryFilter(query).fits(entry) is fits
