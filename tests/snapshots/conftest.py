"""What holds for every screen that is compared: nothing on it depends on the clock or on the app before."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.scrollbar import ScrollBarRender

# As they are when tests are collected: an app in ASCII draws them another way, in the whole process.
BARS = {name: list(getattr(ScrollBarRender, name)) for name in ("VERTICAL_BARS", "HORIZONTAL_BARS")}


@pytest.fixture(autouse=True)
def nothing_passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Everything that is timed took 5 ms, scroll bars are drawn as in a first app, and no file is there."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, pieces in BARS.items():
        monkeypatch.setattr(ScrollBarRender, name, pieces)
    for module in ("status_line", "result_pane", "result_words", "event_words"):
        monkeypatch.setattr(f"tui.widgets.{module}.human_ms", lambda milliseconds: "5 ms")
