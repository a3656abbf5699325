"""A result of 50 MB from the socket to the screen: the one parse, the loop's longest block, memory.

The app's session and result pane run in a process of their own, the server in another.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tests.bench.memory import resident
from tests.bench.server import nested_rows, rows
from tui.session.session import Session
from tui.session.stores import Call
from tui.session.target import Target
from tui.widgets.json_view import JsonView
from tui.widgets.raw_view import RawView
from tui.widgets.result_pane import ResultPane
from tui.widgets.table_view import TableView

MEGABYTES = 50
OPENINGS = 10
PAIRS = 5
SEARCHED_SECONDS = 1.0
TEXTS = {"big": rows, "nested.query": nested_rows}


class Stage(App[None]):
    """A screen with the result pane on it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.pane = ResultPane(session)

    def compose(self) -> ComposeResult:
        yield self.pane


class Blocks:
    """How long each callback of the loop took, in CPU ms, told apart by whether a reading had been announced."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.reading: list[float] = []
        self.longest: dict[str, float] = {}
        self.step = "start"

    def watch(self) -> None:
        """Times every callback from now on: of this thread's CPU, so that others on the machine do not count."""
        run = asyncio.Handle._run

        def timed(handle: asyncio.Handle) -> None:
            announced = self._session.caller.results.reading is not None
            step, began = self.step, thread_time()
            run(handle)
            taken = (thread_time() - began) * 1e3
            if announced and self._session.caller.results.reading is None and taken > 20:
                self.reading.append(taken)
            else:
                self.longest[step] = max(self.longest.get(step, 0.0), taken)

        asyncio.Handle._run = timed  # type: ignore[method-assign]


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Session]:
    session = Session(Target.of(f"ws://127.0.0.1:{port}/api/current", "root", "x", writable=True))
    await session.open()
    try:
        yield session
    finally:
        await session.close()


def peak() -> int:
    """The most resident bytes since `forget_peak` (Linux)."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    while not condition():
        await pilot.pause()


async def opened(pilot: Pilot[None], session: Session, method: str, blocks: Blocks) -> Call:
    """Runs the call; its result is on screen."""
    pane = pilot.app.query_one(ResultPane)
    call = session.new_call(method, [MEGABYTES])
    call.reviewed = True  # a method that no catalogue lists counts as a write
    pane.show(call)
    blocks.step = "receive and show"
    await session.caller.run(call)
    pane.show(call)
    await until(pilot, lambda: pane.views is not None)
    await pilot.pause()
    return call


async def looked_at(pilot: Pilot[None], blocks: Blocks) -> None:
    """Every view, from its beginning to its end; sorted, searched and folded too."""
    views = pilot.app.query_one(ResultPane).views
    assert views is not None

    async def shown(view: str, kind: type[Any]) -> Any:
        blocks.step = f"open {view}"
        views.choose_view(view)
        await until(pilot, lambda: isinstance(views.content, kind))
        await pilot.pause()
        blocks.step = f"move in {view}"
        for action in ("page_down", "line_end", "page_up"):
            getattr(views.content, f"action_{action}")()
            await pilot.pause()
        return views.content

    table = await shown("Table", TableView)
    blocks.step = "sort"
    table.change(lambda held, key: held.arrangement.sorted_by(key))
    await until(pilot, lambda: table.table.is_sorted)
    blocks.step = "find in Table"
    table.find("nowhere to be found")
    await asyncio.sleep(SEARCHED_SECONDS)
    table.find("")
    tree = await shown("Tree", JsonView)
    blocks.step = "fold levels"
    for _ in range(2):
        tree.action_fold_level(1)
        await pilot.pause()
    blocks.step = "find in Tree"
    tree.find("nowhere to be found")
    await asyncio.sleep(SEARCHED_SECONDS)
    tree.find("")
    raw = await shown("Raw", RawView)
    blocks.step = "count Raw"
    await pilot.app.workers.wait_for_complete()
    assert raw.line_count() > 1000
    views.choose_view("Table")
    await pilot.pause()


async def measure(port: int, method: str) -> dict[str, Any]:
    size = len(TEXTS[method](MEGABYTES))
    async with connected(port) as session, Stage(session).run_test(size=(120, 36)) as pilot:
        app = pilot.app
        assert isinstance(app, Stage)
        blocks = Blocks(session)
        blocks.watch()
        await pilot.pause()
        forget_peak()
        before = resident()
        held: list[int] = []
        left: list[int] = []
        most = 0
        for number in range(OPENINGS):
            call = await opened(pilot, session, method, blocks)
            if not number:
                await looked_at(pilot, blocks)
                most = peak() - before
            held.append(resident() - before)
            blocks.step = "close"
            del call
            app.pane.show(None)
            await pilot.pause()
            left.append(resident() - before)
        return {
            "size": size, "held": held, "left": left, "peak": most,
            "reading": blocks.reading, "blocks": blocks.longest,
        }  # fmt: skip


def bare(method: str) -> list[float]:
    """Milliseconds of json.loads alone."""
    text = TEXTS[method](MEGABYTES)
    times = []
    for _ in range(PAIRS):
        began = thread_time()
        value = json.loads(text)
        times.append((thread_time() - began) * 1e3)
        del value
    return times


def child(*arguments: str) -> Any:
    out = subprocess.run(
        [sys.executable, "-m", "tests.bench.large", *arguments], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    return json.loads(out)


def run() -> None:
    print(f"a result of {MEGABYTES} MB, {OPENINGS} openings and closings, on screen in every view")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        for method, words in (("big", "flat rows"), ("nested.query", "objects in rows")):
            plain = child("bare", method)
            found = child(port, method)
            ours, theirs = median(found["reading"]), median(plain)
            size, held = found["size"], found["held"]
            step, longest = max(found["blocks"].items(), key=lambda item: item[1])
            print(
                f"  {words:16} parse {ours:4.0f} ms, bare json.loads {theirs:4.0f} ms: {ours / theirs:.2f}x   "
                f"longest other block {longest:.0f} ms ({step}), CPU"
            )
            growth, left = held[-1] / held[0] - 1, found["left"][-1] / size
            print(
                f"  {'':16} memory {held[0] / size:.1f}x the text, peak {found['peak'] / size:.1f}x, "
                f"opening {OPENINGS} {growth:+.0%} of the first, {left:.1f}x left at the end"
            )
            print(f"  {'':16} blocks " + ", ".join(f"{name} {ms:.0f}" for name, ms in found["blocks"].items()))
        server.stdin.close()


if __name__ == "__main__":
    if sys.argv[1] == "bare":
        print(json.dumps(bare(sys.argv[2])))
    else:
        print(json.dumps(asyncio.run(measure(int(sys.argv[1]), sys.argv[2]))))
