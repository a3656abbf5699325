"""The app in a real terminal with a plain terminfo: start, search, run, copy, quit."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.terminal.tmux import running

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(("term", "size"), [("screen", (80, 24)), ("vt100", (120, 36))])
def test_start_search_run_copy_quit(term: str, size: tuple[int, int], tmp_path: Path) -> None:
    # As over SSH: the clipboard of the machine that runs the tests is none of their business.
    env = {"PYTHONPATH": str(ROOT), "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22", "LC_ALL": "C.UTF-8"}
    with running([sys.executable, "-m", "tui", "--demo"], tmp_path, term=term, size=size, env=env) as terminal:
        terminal.see("Methods", "writes allowed")
        terminal.type("sys info")
        terminal.see("system.info", "1 of")
        terminal.until(lambda screen: whole(screen, size), "whole frames")
        terminal.press("Enter")
        terminal.see("valid")
        terminal.press("C-j")
        terminal.see("hostname", "Tree", "#1")
        terminal.until(lambda screen: whole(screen, size), "whole frames")
        terminal.press("Escape")
        terminal.see("┏━ Result")
        terminal.press("y")
        terminal.see("the whole result")
        # The card takes no answer before it has stood: pressed again until it does.
        while "Copied result" not in terminal.see(""):
            terminal.press("r")
            terminal.until(lambda screen: "Copied result" in screen or "Press it again" in screen, "an answer")
        copied = json.loads(terminal.tmux("show-buffer"))
        assert {"version", "hostname", "uptime_seconds"} <= set(copied)
        terminal.press("C-q")
        screen = terminal.see("ended: 0")
        assert "Methods" not in screen, "the screen from before is back"
        assert terminal.shows("alternate_on") == "0"
        assert terminal.shows("mouse_any_flag") == "0"
        assert terminal.shows("cursor_flag") == "1"


def whole(screen: str, size: tuple[int, int]) -> bool:
    """Whether nothing is wider or higher than the terminal, and right borders stand in the last column."""
    lines = screen.split("\n")[: size[1]]
    framed = [line for line in lines if line[:1] in tuple("│┃╭╰┏┗")]
    return (
        all(len(line) <= size[0] for line in lines)
        and len(framed) >= size[1] - 4
        and all(len(line) == size[0] and line[-1] in "│┃╮╯┓┛" for line in framed)
    )
