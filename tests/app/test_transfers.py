"""Files saved and sent from the app: asked for, streamed, shown, stopped."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import Desk, Open
from truenas_client.simulator import Call, CallError, Simulator, shapes
from tui.cards.file import FileScreen
from tui.cards.review import ReviewScreen
from tui.widgets.path_field import PathField
from tui.widgets.transfer_view import TransferView

BLOCK = b"x" * (1 << 16)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def gate(nas: Simulator) -> asyncio.Event:
    """Jobs whose file waits in the middle until this is set: ``demo.report`` reads, ``config.save`` writes."""
    gate = asyncio.Event()

    async def write(call: Call, *params: Any) -> Any:
        await call.output.write(BLOCK)
        await gate.wait()
        await call.output.write(BLOCK)
        return "written"

    accepts = [shapes.any_()]
    nas.job("demo.report", roles=["READONLY_ADMIN"], downloadable=True, description="Writes.", accepts=[])(write)
    nas.job("config.save", roles=["FULL_ADMIN"], downloadable=True, description="Writes.", accepts=accepts)(write)
    return gate


async def ask_for_file(desk: Desk, query: str, method: str, arguments: str = "[]") -> PathField:
    """Runs a method up to the card that asks for its file."""
    await desk.open(query, method)
    await desk.write(arguments)
    await desk.press("ctrl+j")
    await desk.until(lambda: isinstance(desk.app.screen, FileScreen), "the card for the file")
    return desk.app.screen.query_one(PathField)


async def test_a_download_asks_where_to_shows_how_far_it_is_and_saves(
    signed_in: Open, nas: Simulator, gate: asyncio.Event, home: Path
) -> None:
    async with signed_in(size=(80, 24), writable=False) as desk:
        field = await ask_for_file(desk, "demo report", "demo.report")
        await desk.see("Save a file  demo.report", "enter save", "tab complete")
        assert field.value.startswith("~/nas-demo.report-")
        field.value = "~/report.txt"
        await desk.press("enter")
        await desk.see("Download", "saving   64.0 KiB", "~/report.txt", "^c stops it")
        gate.set()
        await desk.ended()
        await desk.see("Result", "report.txt", "131072", "written")
    assert (home / "report.txt").read_bytes() == BLOCK * 2
    assert os.listdir(home) == ["report.txt"]


async def test_a_download_is_stopped_by_ctrl_c_and_leaves_nothing(
    signed_in: Open, nas: Simulator, gate: asyncio.Event, home: Path
) -> None:
    async with signed_in() as desk:
        field = await ask_for_file(desk, "demo report", "demo.report")
        field.value = "~/report.txt"
        await desk.press("enter")
        await desk.see("saving   64.0 KiB")
        await desk.press("ctrl+c")
        await desk.ended()
        await desk.see("Stopped", "Nothing was saved")
        await desk.until(lambda: not os.listdir(home), "nothing left")


async def test_nothing_is_replaced_without_a_second_enter(
    signed_in: Open, nas: Simulator, gate: asyncio.Event, home: Path
) -> None:
    gate.set()
    (home / "report.txt").write_text("old")
    async with signed_in() as desk:
        field = await ask_for_file(desk, "demo report", "demo.report")
        field.value = "~/report.txt"
        await desk.see("exists already")
        await desk.press("enter")
        await desk.see("~/report.txt exists: enter once more replaces it")
        assert (home / "report.txt").read_text() == "old"
        await desk.press("enter")
        await desk.ended()
        await desk.see("131072")
    assert (home / "report.txt").read_bytes() == BLOCK * 2


async def test_a_write_is_reviewed_with_its_file_which_only_the_owner_can_read(
    signed_in: Open, nas: Simulator, gate: asyncio.Event, home: Path
) -> None:
    gate.set()
    async with signed_in() as desk:
        await ask_for_file(desk, "conf save", "config.save", '[{"secretseed": true}]')
        await desk.see("only you will be able to read it", "~/nas-config-", ".tar")
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review")
        await desk.see("config.save", "its file is saved to ~/nas-config-")
        await desk.press("enter")
        await desk.ended()
        await desk.see("written")
    (saved,) = os.listdir(home)
    assert (home / saved).stat().st_mode & 0o777 == 0o600


async def test_read_only_refuses_before_anything_is_asked(
    signed_in: Open, nas: Simulator, gate: asyncio.Event, home: Path
) -> None:
    async with signed_in(writable=False) as desk:
        await desk.open("conf save", "config.save")
        await desk.write("[{}]")
        await desk.run()
        await desk.see("Read-only", "F9 allows writes")
        call = desk.session.new_call("core.download", ["config.save", [{}], "x"])
        await desk.session.caller.run(call)
        assert call.failure.title == "Read-only", "whatever carries it is as grave as what it carries"


async def test_a_job_that_fails_leaves_no_file(signed_in: Open, nas: Simulator, home: Path) -> None:
    @nas.job("demo.report", roles=["READONLY_ADMIN"], downloadable=True)
    async def report(call: Call) -> None:
        await call.output.write(BLOCK)
        raise CallError("the disk of the server is full")

    async with signed_in() as desk:
        field = await ask_for_file(desk, "demo report", "demo.report")
        field.value = "~/report.txt"
        await desk.press("enter")
        await desk.ended()
        await desk.see("Error", "the disk of the server is full")
    assert os.listdir(home) == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Which file?"),
        ("~/folder", "is a folder"),
        ("~/no/such/x", "There is no folder ~/no/such"),
    ],
)
async def test_where_nothing_can_be_saved_is_said_in_the_card(
    signed_in: Open, gate: asyncio.Event, home: Path, typed: str, said: str
) -> None:
    (home / "folder").mkdir()
    async with signed_in() as desk:
        field = await ask_for_file(desk, "demo report", "demo.report")
        field.value = typed
        await desk.press("enter")
        await desk.see(said)
        await desk.press("escape")
        await desk.until(lambda: not isinstance(desk.app.screen, FileScreen), "back")
        assert desk.explore.result_pane.call is None


async def test_an_upload_asks_for_the_file_and_streams_it(signed_in: Open, nas: Simulator, home: Path) -> None:
    (home / "notes.txt").write_bytes(BLOCK * 3)
    async with signed_in(size=(80, 24)) as desk:
        field = await ask_for_file(desk, "fs put", "filesystem.put", '["/mnt/tank/notes.txt", {}]')
        await desk.see("Send a file  filesystem.put", "enter send")
        field.value = "~/none"
        await desk.press("enter")
        await desk.see("There is no ~/none")
        field.value = ""
        await desk.type("~/no")
        await desk.press("tab")
        assert field.value == "~/notes.txt"
        await desk.see("192.0 KiB")
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review")
        await desk.see("risk", "is sent ~/notes.txt (192.0 KiB)", "Type /mnt/tank/notes.txt")
        await desk.type("/mnt/tank/notes.txt")
        await desk.press("enter")
        await desk.ended()
        await desk.see("Result", "true", "job #1 success")
    assert nas.contents["/mnt/tank/notes.txt"] == BLOCK * 3


async def test_an_upload_is_stopped_by_ctrl_c(signed_in: Open, nas: Simulator, home: Path) -> None:
    @nas.job("demo.take", roles=["READONLY_ADMIN"], uploadable=True)
    async def take(call: Call) -> None:
        async for file in call.uploads:
            await file.read()
            await call.sleep(100_000)

    (home / "big").write_bytes(BLOCK * 500)
    async with signed_in() as desk:
        field = await ask_for_file(desk, "demo take", "demo.take")
        field.value = "~/big"
        await desk.press("enter")
        await desk.see("Upload", "of 31.2 MiB", "^c stops it")
        view = desk.explore.result_pane.content
        assert isinstance(view, TransferView)
        await desk.press("ctrl+c")
        await desk.ended()
        await desk.see("Stopped", "was not sent completely")
