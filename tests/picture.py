"""The picture in the README: the app on its simulator, drawn by the app itself.

``python -m tests.picture FILE`` (``make picture``) writes it as SVG.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.app.conftest import at_desk
from tui.app import Start
from tui.workspace import Workspace

ARGUMENTS = """[
  [["type", "=", "FILESYSTEM"]],
  {
    "order_by": ["name"],
    "limit": 4
  }
]"""


async def draw() -> str:
    """Run a query as a person would; the screen as SVG."""
    async with at_desk(Start(demo=True, writable=True, fresh=True), (120, 36)) as desk:
        await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")
        await desk.until(lambda: desk.explore.methods.filter.has_focus, "the filter")
        await desk.open("pds q", "pool.dataset.query")
        await desk.write(ARGUMENTS)
        await desk.run()
        await desk.see("4 rows")
        desk.explore.methods.filter.value = ""
        await desk.until(lambda: "pds q" not in desk.text, "the tree")
        return desk.app.export_screenshot(title="truenas-tui --demo")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(asyncio.run(draw()), encoding="utf-8")
