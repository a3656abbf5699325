"""The borders between panes are dragged with the mouse, and remembered for the size of the screen."""

from __future__ import annotations

from tests.app.conftest import Desk, Open
from tests.app.waiting import resized


async def drag(desk: Desk, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Presses the mouse at one place of the screen, moves it to another and lets go."""
    await desk.pilot.mouse_down(offset=start)
    await desk.pilot.hover(offset=end)
    await desk.pilot.mouse_up(offset=end)


async def test_borders_are_dragged(signed_in: Open) -> None:
    async with signed_in(size=(120, 36)) as desk:
        await desk.open("sys info", "system.info")
        await desk.run()
        await desk.until(lambda: desk.workspace.offered is not None, "the offer to keep the connection")
        await desk.settled()
        methods, call, result = desk.explore.methods, desk.explore.call_pane, desk.explore.result_pane
        top, height = result.region.y, result.region.height
        await drag(desk, (90, top), (90, top - 5))
        await desk.until(lambda: result.region.height == height + 5, "five rows more")
        # From the border above it, too; and no further than both can be read.
        await drag(desk, (90, result.region.y - 1), (90, 0))
        await desk.until(lambda: call.region.height == 4, "the least")
        assert desk.app.mouse_captured is None
        assert not desk.workspace.selections
        await drag(desk, (methods.region.right - 1, 20), (methods.region.right + 5, 20))
        await desk.until(lambda: methods.region.width == 40, "six columns more")
        methods.names.focus()
        await desk.press("equals_sign", "equals_sign", "minus")
        await desk.until(lambda: methods.region.width == 42, "two columns more")
        await drag(desk, (call.region.x, 3), (2, 3))
        await desk.until(lambda: methods.region.width == 20, "the least")
        await resized(desk.pilot, 200, 50)
        side = desk.explore.query_one("#side")
        await desk.until(lambda: methods.region.width == 40 and side.region.width == 54, "its own sizes there")
        await drag(desk, (side.region.x, 30), (side.region.x - 6, 30))
        await desk.until(lambda: side.region.width == 60, "six columns more")
        await resized(desk.pilot, 80, 24)
        await desk.workspace.perform("pane.methods")
        await desk.until(lambda: methods.region.width == 36, "the drawer")
        await resized(desk.pilot, 120, 36)
        await desk.until(lambda: methods.region.width == 20 and call.region.height == 4, "as they were left")
