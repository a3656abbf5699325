"""What the app's lists, viewers and editor cost, on a screen of 120 by 36, in CPU milliseconds."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import TextArea

from tests.facts import catalogue, facts
from truenas_client import Catalogue
from tui.model.jsontext import parse
from tui.model.search import Index
from tui.widgets.json_editor import JsonEditor
from tui.widgets.json_view import JsonView
from tui.widgets.rows import Column, Row, Rows

SIZE = (120, 36)


class Stage(App[None]):
    """A screen with one widget."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


async def _cpu(pilot: Pilot[None], action: Callable[[], Any], times: int = 20) -> float:
    """Median CPU milliseconds of an action and the drawing after it."""
    spent = []
    for _ in range(times):
        began = process_time()
        action()
        await pilot.pause()
        spent.append((process_time() - began) * 1e3)
    return median(spent)


def _document(characters: int) -> str:
    rows: list[str] = []
    while sum(map(len, rows)) < characters:
        rows.append(f'  {{"name": "tank/set{len(rows)}", "size": {len(rows)}, "on": true}}')
    return "[\n" + ",\n".join(rows) + "\n]"


def _value(megabytes: float) -> list[dict[str, Any]]:
    row = {"id": 0, "name": "tank/data/set", "properties": {"used": 1024, "note": "x" * 60}}
    count = int(megabytes * 1e6 / len(json.dumps(row)))
    return [row | {"id": number, "name": f"tank/data/set{number}"} for number in range(count)]


async def _page() -> float:
    rows = Rows([Column(f"c{index}") for index in range(8)], header=True)
    async with Stage(rows).run_test(size=SIZE) as pilot:
        rows.set_rows([Row(str(at), tuple(f"value {at} {column}" for column in range(8))) for at in range(10_000)])
        await pilot.pause()
        return await _cpu(pilot, rows.action_page_down)


async def _typing(area: TextArea) -> float:
    async with Stage(area).run_test(size=SIZE) as pilot:
        area.focus()
        area.move_cursor((700, 5))
        await pilot.pause()
        return await _cpu(pilot, lambda: area.insert("x"))


async def _shown(widget: Widget, show: Callable[[], Any]) -> float:
    """Wall milliseconds from handing a value over to its first screen."""
    async with Stage(widget).run_test(size=SIZE) as pilot:
        await pilot.pause()
        began = perf_counter()
        show()
        await pilot.pause()
        return (perf_counter() - began) * 1e3


async def _measure() -> None:
    print(f"  a page of 10,000 rows           {await _page():6.1f} ms CPU")
    value = _value(5)
    text = json.dumps(value, indent=2)
    view, area = JsonView(), TextArea(read_only=True)
    ours, theirs = await _shown(view, lambda: view.set_value(value)), await _shown(area, lambda: area.load_text(text))
    print(f"  5 MB result on screen           {ours:6.0f} ms, read-only TextArea {theirs:.0f} ms: {ours / theirs:.2f}x")
    text = _document(60_000)
    plain, editor = await _typing(TextArea(text, show_line_numbers=True)), await _typing(JsonEditor(text))
    print(f"  a key in 60,000 characters      {editor:6.1f} ms CPU, TextArea {plain:.1f} ms: {editor / plain:.2f}x")


def _model() -> None:
    text = _document(60_000)
    began = process_time()
    parse(text).span((300, "name"))
    print(f"  reading 60,000 characters       {(process_time() - began) * 1e3:6.1f} ms CPU, with positions")
    if facts() is None:
        print("  a filter key: skipped, no recorded facts (TRUENAS_FACTS)")
        return
    methods = Catalogue.from_methods(catalogue("26"))
    for _ in methods.pack():
        pass
    tracemalloc.start()
    index = Index(methods)
    began = process_time()
    for _ in index.prepare():
        pass
    reading = (process_time() - began) * 1e3
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    spent = []
    for query in ("pool dataset snapshot", "recordsize quota", "acl permission", "e q n"):
        for end in range(1, len(query) + 1):
            began = process_time()
            index.search(query[:end])
            spent.append((process_time() - began) * 1e3)
    print(f"  a filter key among {len(methods)} methods  {median(spent):6.1f} ms CPU, worst {max(spent):.1f} ms")
    print(f"  its index                       {kept / 1e3:6.0f} kB; reading texts ahead {reading:.0f} ms in slices")


def run() -> None:
    print("the app's parts")
    asyncio.run(_measure())
    _model()


if __name__ == "__main__":
    run()
