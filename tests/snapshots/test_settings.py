"""The settings as text, at three sizes: as they are at first, and with a file that says something and has a fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.app.test_settings import at_the_card
from tests.snapshots.texts import compared
from tui.settings.file import SettingsFile

WRITTEN = """\
theme = "light"
keymap = "vim"
[limits]
events = 500
[keys]
"call.run" = "ctrl+i"
"""


@pytest.mark.parametrize("text", ["", WRITTEN], ids=["defaults", "written"])
async def test_the_settings(
    snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("truenas-tui.toml")  # its place is on the screen, and the same each time
    SettingsFile(path).write(text)
    async with at_the_card(SettingsFile(path)) as desk:
        await desk.press("down")
        await compared(desk.pilot, snapshot, "settings")
