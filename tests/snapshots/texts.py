"""The one way in which a screen is compared as text: at its sizes, once nothing changes on it any more.

Each line must be as wide as the screen and hold nothing that could disturb a terminal (`drawn`). A changed text is a
finding: read the difference, and when it is meant, take the new one with ``pytest tests/snapshots --snapshot-update``.
"""

from __future__ import annotations

from collections.abc import Mapping

from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot

from tests.app.stage import drawn
from tests.app.waiting import screen_text

NARROW, NORMAL, WIDE = (80, 24), (120, 36), (200, 50)
SIZES = {"80x24": NARROW, "120x36": NORMAL, "200x50": WIDE}


async def still(pilot: Pilot[None]) -> list[str]:
    """The lines on screen, once two looks see the same: a scroll bar that appears has its neighbours laid out anew."""
    before = ""
    # A screen that was resized a moment ago has lines of its former width.
    while before != (now := screen_text(pilot)) or pilot.app.screen.size != pilot.app.size:
        before = now
        await pilot.pause()
    return [line.rstrip() for line in drawn(pilot)]


async def compared(
    pilot: Pilot[None],
    snapshot: SnapshotAssertion,
    name: str,
    sizes: Mapping[str, tuple[int, int]] = SIZES,
) -> None:
    """The screen at each size is as it was."""
    for size, cells in sizes.items():
        await pilot.resize_terminal(*cells)
        pilot.app.clear_notifications()
        assert "\n".join(await still(pilot)) == snapshot(name=f"{name}-{size}")
