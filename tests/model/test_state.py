"""What is remembered: files that are private, whole, few, and never in anybody's way."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.argumentshapes import SECRETIVE, with_secret
from tests.model.killed import killed_apps
from truenas_client.methods.catalogue import Catalogue, Method
from truenas_client.methods.storable import MASKING
from tui.memory import late_file, state
from tui.memory.state import (
    MOST_DRAFTS,
    MOST_RECENT,
    AppMemory,
    ConnectionMemory,
    Memories,
    Place,
    file_name,
    state_folder,
)

ADDRESS = "wss://nas.example/api/current"


def method(name: str, *arguments: str) -> Method:
    accepts = [{"_name_": argument, "_required_": True, "type": "string"} for argument in arguments]
    found = Catalogue.from_methods({name: {"accepts": accepts, "returns": []}}).get(name)
    assert found is not None
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


def kept(folder: Path) -> ConnectionMemory:
    """The memory of a new start of the app."""
    return Memories(folder=folder).connection(ADDRESS, "admin")


def only_file(folder: Path) -> Path:
    (path,) = (folder / "connections").glob("*.json")
    return path


def fill(memory: ConnectionMemory) -> None:
    memory.toggle_star("pool.query")
    memory.toggle_star("system.info")
    memory.called("pool.query")
    memory.section = "jobs"
    memory.method = "pool.query"
    memory.place = Place(("pool", "app"), "method:pool.query", 12)
    memory.set_view("pool.query", "Raw")
    memory.keep_draft(method("pool.query", "filters"), "[[]]")


def test_everything_is_there_at_the_next_start(folder: Path) -> None:
    memories = Memories(folder=folder)
    fill(memories.connection(ADDRESS, "admin"))
    memories.app.theme = "light"
    memories.app.docs_open = True
    memories.app.set_size("result", "-narrow", 9)
    memories.app.set_size("result", "-wide", 30)
    memories.close()

    again = Memories(folder=folder)
    memory = again.connection(ADDRESS, "admin")
    assert memory.stars == ("pool.query", "system.info")
    assert memory.recent == ("pool.query",)
    assert (memory.section, memory.method) == ("jobs", "pool.query")
    assert memory.place == Place(("app", "pool"), "method:pool.query", 12)
    assert memory.view_of("pool.query") == "Raw"
    assert memory.view_of("other") == ""
    assert memory.draft_of("pool.query") == "[[]]"
    assert memory.draft_of("other") is None
    assert (again.app.theme, again.app.docs_open) == ("light", True)
    assert again.app.size_of("result", "-narrow") == 9
    assert again.app.size_of("result", "-wide") == 30
    assert again.app.size_of("result", "-normal") is None
    assert not again.notices


def test_nothing_is_remembered_before_something_is(folder: Path) -> None:
    memories = Memories(folder=folder)
    memory = memories.connection(ADDRESS, "admin")
    assert memory.stars == memory.recent == ()
    assert memory.place == Place()
    assert memory.section == memory.method == memories.app.theme == ""
    memories.close()
    assert not folder.exists()


def test_fresh_reads_nothing_and_writes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    memories = Memories()
    fill(memories.connection(ADDRESS, "admin"))
    memories.app.theme = "light"
    memories.close()
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert len(before) == 2

    fresh = Memories(fresh=True)
    assert fresh.app.theme == ""
    memory = fresh.connection(ADDRESS, "admin")
    assert memory.stars == ()
    fill(memory)
    assert memory.stars == ("pool.query", "system.info")
    fresh.app.theme = "dark"
    fresh.close()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_files_are_in_the_state_folder_for_their_owner_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    memories = Memories()
    fill(memories.connection(ADDRESS, "admin"))
    memories.app.theme = "light"
    memories.close()
    assert state_folder() == tmp_path / "s" / "truenas-client" / "tui"
    for path in (state_folder() / "app.json", only_file(state_folder())):
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_each_user_on_each_server_has_one_file(folder: Path) -> None:
    memories = Memories(folder=folder)
    for address, user in [(ADDRESS, "admin"), (ADDRESS, "root"), ("wss://other/api/current", "admin")]:
        memories.connection(address, user).toggle_star(f"{address} {user}")
    assert memories.connection(ADDRESS, "admin") is memories.connection(ADDRESS, "admin")
    memories.close()
    assert len(list((folder / "connections").glob("*.json"))) == 3
    assert kept(folder).stars == (f"{ADDRESS} admin",)


@given(address=st.text(), user=st.text(), other=st.text())
def test_file_names_are_plain_and_differ(address: str, user: str, other: str) -> None:
    name = file_name(address, user)
    assert name.isascii()
    assert "/" not in name
    assert not name.startswith(".")
    assert len(name) < 100
    assert (name == file_name(address, other)) == (user == other)


def test_file_names_tell_a_person_whose_they_are() -> None:
    assert file_name(ADDRESS, "admin").startswith("admin-at-nas.example-api-current-")


# Damage.


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "broken"),
        ("{", "broken"),
        ('{"version": 1', "broken"),
        ("[]", "broken"),
        ("{}", "broken"),
        ('{"version": "1"}', "broken"),
        ('{"version": true}', "broken"),
        ("\ufeff" * 3, "broken"),
        ("[" * 100_000, "broken"),
        ('{"version": 2, "stars": ["a"]}', "other-version"),
    ],
)
def test_a_file_that_cannot_be_understood_is_set_aside_and_told_of(folder: Path, text: str, why: str) -> None:
    memories = Memories(folder=folder)
    fill(memories.connection(ADDRESS, "admin"))
    memories.close()
    path = only_file(folder)
    path.write_text(text, encoding="utf-8")

    memories = Memories(folder=folder)
    memory = memories.connection(ADDRESS, "admin")
    assert memory.stars == ()
    (notice,) = memories.notices
    assert str(path) in notice
    aside = path.with_name(f"{path.name}.{why}")
    assert aside.read_text(encoding="utf-8") == text
    memory.toggle_star("x")
    memories.close()
    assert kept(folder).stars == ("x",)


def test_bytes_that_are_no_text_are_set_aside_too(folder: Path) -> None:
    folder.mkdir()
    (folder / "app.json").write_bytes(b'{"version": 1, "theme": "\xff"}')
    memories = Memories(folder=folder)
    assert memories.app.theme == ""
    assert (folder / "app.json.broken").exists()
    assert len(memories.notices) == 1


MEMBERS = [
    "stars", "recent", "section", "method", "methods", "views", "drafts", "theme", "docs_open", "panes", "version",
]  # fmt: skip
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(members=st.dictionaries(st.sampled_from(MEMBERS), ANY), version=st.just(1) | ANY)
def test_whatever_stands_in_a_file_everything_has_its_type(
    tmp_path_factory: pytest.TempPathFactory, members: dict[str, Any], version: Any
) -> None:
    folder = tmp_path_factory.mktemp("state")
    text = json.dumps({**members, "version": version})
    for path in (folder / "app.json", folder / "connections" / file_name(ADDRESS, "admin")):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    memories = Memories(folder=folder)
    memory = memories.connection(ADDRESS, "admin")
    assert all(isinstance(name, str) for name in (*memory.stars, *memory.recent, *memory.place.unfolded))
    assert isinstance(memory.place.top, int)
    texts = (memory.section, memory.method, memory.place.cursor, memory.view_of("a"), memories.app.theme)
    assert all(isinstance(text, str) for text in texts)
    assert isinstance(memory.draft_of("a"), str | None)
    assert isinstance(memories.app.size_of("result", "-narrow"), int | None)
    assert memories.app.docs_open in (True, False)
    # And can be changed and written.
    fill(memory)
    memories.app.set_size("result", "-narrow", 9)
    memories.close()
    assert "pool.query" in kept(folder).recent
    assert Memories(folder=folder).app.size_of("result", "-narrow") == 9


def test_a_draft_that_is_no_text_does_not_stop_other_changes(folder: Path) -> None:
    path = folder / "connections" / file_name(ADDRESS, "admin")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"version": 1, "masking": MASKING, "drafts": {"a": 5, "b": "[1]"}}))
    memories = Memories(folder=folder)
    memories.connection(ADDRESS, "admin").toggle_star("x")
    memories.close()
    again = kept(folder)
    assert (again.stars, again.draft_of("a"), again.draft_of("b")) == (("x",), None, "[1]")


def test_a_file_that_cannot_be_read_is_told_of_and_left_alone(folder: Path) -> None:
    # A folder in its place: unlike a file of mode 0 it stops root as well.
    path = folder / "connections" / file_name(ADDRESS, "admin")
    path.mkdir(parents=True)
    memories = Memories(folder=folder)
    memory = memories.connection(ADDRESS, "admin")
    assert memory.stars == ()
    memory.toggle_star("x")
    memories.close()
    assert len(memories.notices) == 1
    assert "cannot be read" in memories.notices[0]
    assert path.is_dir()
    assert not list(path.iterdir())


def test_a_folder_that_cannot_be_made_is_told_of_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    memories = Memories(folder=tmp_path / "file")
    memory = memories.connection(ADDRESS, "admin")
    memory.toggle_star("a")
    memories.close()
    memory.toggle_star("b")
    memories.close()
    assert memory.stars == ("a", "b")
    assert len(memories.notices) == 1
    assert "changes are not remembered" in memories.notices[0]


def test_a_write_that_fails_leaves_the_file_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memories = Memories(folder=folder)
    fill(memories.connection(ADDRESS, "admin"))
    memories.close()
    before = only_file(folder).read_bytes()

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    memories = Memories(folder=folder)
    memories.connection(ADDRESS, "admin").toggle_star("x")
    memories.close()
    assert "No space left" in memories.notices[0]
    assert only_file(folder).read_bytes() == before
    assert len(list((folder / "connections").iterdir())) == 1


# Limits.


def test_only_the_newest_are_kept(folder: Path) -> None:
    memories = Memories(folder=folder)
    memory = memories.connection(ADDRESS, "admin")
    for number in range(MOST_DRAFTS + 50):
        memory.keep_draft(method(f"m{number}"), f"[{number}]")
        memory.called(f"m{number}")
    memory.keep_draft(method("m60"), '["again"]')
    memory.called("m60")
    memories.close()
    again = kept(folder)
    assert again.draft_of("m49") is None
    assert again.draft_of("m51") is not None
    assert again.draft_of("m60") == '["again"]'
    assert len(json.loads(only_file(folder).read_text())["drafts"]) == MOST_DRAFTS
    assert again.recent[:2] == ("m60", f"m{MOST_DRAFTS + 49}")
    assert len(again.recent) == MOST_RECENT


def test_all_drafts_together_stay_small(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "MOST_DRAFTED", 50_000)
    memories = Memories(folder=folder)
    memory = memories.connection(ADDRESS, "admin")
    for number in range(40):
        memory.keep_draft(method(f"m{number}"), json.dumps([str(number) * 1_500]))
    memories.close()
    assert only_file(folder).stat().st_size < 60_000
    again = kept(folder)
    assert again.draft_of("m39") is not None
    assert again.draft_of("m0") is None


# Secrets.


def test_no_secret_reaches_the_file_and_the_session_keeps_what_was_typed(folder: Path) -> None:
    memories = Memories(folder=folder)
    memory = memories.connection(ADDRESS, "admin")
    typed = {
        "user.create": '[{"username": "a", "password": "hunter2"}]',
        "auth.login": '["a", "hunter2"]',
        "my.unlock": '["tank", "hunter2"]',
    }
    for name, text in typed.items():
        memory.keep_draft(method(name, "first", "passphrase"), text)
    memory.keep_draft(method("my.other"), '["hunter2 typed and taken back"]')
    memory.keep_draft(method("my.other"), "[]")
    memories.close()
    assert "hunter2" not in only_file(folder).read_text()
    assert memory.draft_of("user.create") == typed["user.create"]
    again = kept(folder)
    assert again.draft_of("user.create") == '[{"username": "a", "password": "********"}]'
    assert again.draft_of("my.unlock") == '["tank", "********"]'


@pytest.mark.parametrize("secret", ["hunter2x", "MARKEDQZX", "p4ss-w0rd!", "Zq7kPmT3xVw9Rb2nLd5s"])
def test_no_shape_of_arguments_brings_a_secret_into_any_file(folder: Path, secret: str) -> None:
    memories = Memories(folder=folder)
    memory = memories.connection(ADDRESS, "admin")
    for number, (name, params) in enumerate(SECRETIVE):
        whole = json.dumps(with_secret(params, secret), indent=1)
        # As a whole, and in the middle of being typed.
        memory.keep_draft(method(f"{name}" if name.startswith("auth.") else f"{name}{number}"), whole)
        memory.keep_draft(method(f"{name}.begun{number}"), whole[: whole.index(secret[:4]) + len(secret)])
    memories.close()
    texts = [path.read_text() for path in folder.rglob("*") if path.is_file()]
    assert "********" in "".join(texts)
    assert not [text for text in texts if secret in text]


def test_drafts_that_an_earlier_version_stored_are_masked_too(folder: Path) -> None:
    memories = Memories(folder=folder)
    memory = memories.connection(ADDRESS, "admin")
    memory.keep_draft(method("pool.query"), "[[]]")
    memories.close()
    file = only_file(folder)
    stored = json.loads(file.read_text())
    del stored["masking"]
    stored["drafts"] = {"cronjob.create": '[{"command": "mysql -phunter2"}]', "user.query": '[["a"]]', "old": 5}
    file.write_text(json.dumps(stored))
    memories = Memories(folder=folder)
    memories.connection(ADDRESS, "admin").section = "jobs"
    memories.close()
    assert json.loads(file.read_text())["drafts"] == {
        "cronjob.create": '[{"command": "mysql -p********"}]',
        "user.query": '[["a"]]',
    }


def test_a_draft_that_may_not_be_stored_leaves_the_one_before(folder: Path) -> None:
    memories = Memories(folder=folder)
    memory = memories.connection(ADDRESS, "admin")
    memory.keep_draft(method("my.unlock", "volume", "passphrase"), '["old", ""]')
    memories.close()
    memory.keep_draft(method("my.unlock", "volume", "passphrase"), '["new", "hun')
    memories.close()
    assert "hun" not in only_file(folder).read_text()
    assert kept(folder).draft_of("my.unlock") == '["old", ""]'
    memory.keep_draft(method("my.unlock", "volume", "passphrase"), '["new", "hunter2"]')
    memories.close()
    assert kept(folder).draft_of("my.unlock") == '["new", "********"]'


# Writing.


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what it waits for happens in a thread or in a file
            await asyncio.sleep(0.01)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_file, "WRITE_SECONDS", 0.02)


async def test_a_change_is_written_a_moment_later_without_being_asked(folder: Path, soon: None) -> None:
    memory = Memories(folder=folder).connection(ADDRESS, "admin")
    memory.toggle_star("a")
    await until(lambda: kept(folder).stars == ("a",))
    memory.toggle_star("b")
    memory.toggle_star("c")
    await until(lambda: kept(folder).stars == ("a", "b", "c"))
    memory.toggle_star("a")
    await until(lambda: kept(folder).stars == ("b", "c"))


async def test_changes_that_never_end_do_not_put_off_the_write(folder: Path, soon: None) -> None:
    memory = Memories(folder=folder).connection(ADDRESS, "admin")
    count = 0

    def written() -> bool:
        nonlocal count
        count += 1
        memory.set_view("a", str(count))
        return kept(folder).view_of("a") not in ("", "1")

    await until(written)
    assert count > 1


async def test_the_same_value_again_writes_nothing(folder: Path, soon: None) -> None:
    memories = Memories(folder=folder)
    memory = memories.connection(ADDRESS, "admin")
    fill(memory)
    memories.close()
    written = only_file(folder).stat()
    for _ in range(2):
        memory.section = "jobs"
        memory.called("pool.query")
        memory.place = Place(("app", "pool"), "method:pool.query", 12)
        memory.keep_draft(method("pool.query", "filters"), "[[]]")
    memory.set_view("other", "Tree")
    await until(lambda: kept(folder).view_of("other") == "Tree")
    memories.close()
    assert only_file(folder).stat().st_ino != written.st_ino
    written = only_file(folder).stat()
    memory.section = "jobs"
    memories.close()
    assert only_file(folder).stat() == written


async def test_the_disk_keeps_nobody_waiting(folder: Path, soon: None, monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()
    replace = os.replace

    def slow(source: str, target: str) -> None:
        free.wait(10)
        replace(source, target)

    monkeypatch.setattr(os, "replace", slow)
    memories = Memories(folder=folder)
    memory = memories.connection(ADDRESS, "admin")
    memory.toggle_star("a")
    await until(lambda: list((folder / "connections").glob(".*")) if folder.exists() else False)
    # A write is under way, and the loop goes on.
    memory.toggle_star("b")
    free.set()
    memories.close()
    assert kept(folder).stars == ("a", "b")


async def test_an_older_write_never_replaces_a_newer_one(
    folder: Path, soon: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = threading.Event()
    started = threading.Event()
    write = ConnectionMemory._write

    def late(self: ConnectionMemory, path: Path, snapshot: Any) -> None:
        if snapshot.number == 1:
            started.set()
            held.wait(10)
        write(self, path, snapshot)

    monkeypatch.setattr(ConnectionMemory, "_write", late)
    memories = Memories(folder=folder)
    memory = memories.connection(ADDRESS, "admin")
    memory.toggle_star("a")
    await until(started.is_set)
    memory.toggle_star("b")
    memories.close()
    held.set()
    await until(lambda: memory._task is not None and memory._task.done())
    assert kept(folder).stars == ("a", "b")


@pytest.fixture
def blocked(folder: Path) -> None:
    folder.write_text("in the way")


async def test_a_write_behind_that_fails_is_told(folder: Path, blocked: None, soon: None) -> None:
    memories = Memories(folder=folder)
    told: list[str] = []
    memories.on_notice = lambda: told.extend(memories.notices)
    memories.app.theme = "light"
    await until(lambda: told)
    assert "changes are not remembered" in told[0]


def test_two_runs_at_once_keep_each_others_changes(folder: Path) -> None:
    one, other = Memories(folder=folder), Memories(folder=folder)
    here, there = one.connection(ADDRESS, "admin"), other.connection(ADDRESS, "admin")
    here.toggle_star("a")
    there.called("m")
    one.close()
    there.section = "jobs"
    other.close()
    here.method = "x"
    one.close()
    again = kept(folder)
    assert (again.stars, again.recent, again.section, again.method) == (("a",), ("m",), "jobs", "x")


def test_what_two_runs_change_in_one_member_is_there_of_both(folder: Path) -> None:
    first = Memories(folder=folder)
    fill(first.connection(ADDRESS, "admin"))
    first.close()
    one, other = Memories(folder=folder), Memories(folder=folder)
    here, there = one.connection(ADDRESS, "admin"), other.connection(ADDRESS, "admin")
    for memory, name in ((here, "here"), (there, "there")):
        memory.keep_draft(method(name), f'["{name}"]')
        memory.toggle_star(name)
        memory.called(name)
        memory.set_view(name, "Raw")
    here.toggle_star("pool.query")  # takes its star
    one.close()
    other.close()
    assert there.draft_of("here") == '["here"]', "taken over"
    again = kept(folder)
    assert [again.draft_of(name) for name in ("here", "there", "pool.query")] == ['["here"]', '["there"]', "[[]]"]
    assert again.stars == ("system.info", "here", "there")
    assert set(again.recent) == {"here", "there", "pool.query"}
    assert again.view_of("here") == again.view_of("there") == "Raw"


async def test_a_change_made_while_another_run_is_read_stays(
    folder: Path, soon: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = Memories(folder=folder), Memories(folder=folder)
    here, there = one.connection(ADDRESS, "admin"), other.connection(ADDRESS, "admin")
    here.set_view("a", "Tree")
    there.set_view("b", "Raw")
    other.close()
    write, begun, free = ConnectionMemory._write, threading.Event(), threading.Event()

    def slow(self: ConnectionMemory, path: Path, snapshot: Any) -> Any:
        begun.set()
        free.wait(10)
        return write(self, path, snapshot)

    monkeypatch.setattr(ConnectionMemory, "_write", slow)
    await until(begun.is_set)
    here.set_view("a", "Table")
    free.set()
    await until(lambda: here.view_of("b") == "Raw")
    assert here.view_of("a") == "Table"
    await until(lambda: (kept(folder).view_of("a"), kept(folder).view_of("b")) == ("Table", "Raw"))


def test_apps_that_are_killed_lose_nothing_that_was_written(folder: Path) -> None:
    assert killed_apps(folder, 8, seed=1) > 0


def test_unknown_members_of_a_file_stay(folder: Path) -> None:
    memories = Memories(folder=folder)
    memories.app.theme = "light"
    memories.app.put("from_elsewhere", [1])
    memories.close()
    memories = Memories(folder=folder)
    memories.app.docs_open = True
    memories.close()
    assert json.loads((folder / "app.json").read_text())["from_elsewhere"] == [1]


def test_reading_costs_little_and_imports_no_screen(folder: Path) -> None:
    script = (
        "import sys, tui.memory.state\n"
        "assert not {'textual', 'rich', 'tempfile', 'jsonschema'} & set(sys.modules)\n"
        f"memories = tui.memory.state.Memories(folder=__import__('pathlib').Path({str(folder)!r}))\n"
        "assert memories.app.theme == ''\n"
        "assert 'platformdirs' not in sys.modules\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_app_memory_is_one_file_of_its_own(folder: Path) -> None:
    memory = AppMemory(folder / "app.json")
    memory.theme = "light"
    memory.close()
    assert AppMemory(folder / "app.json").theme == "light"
