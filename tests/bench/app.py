"""What the app's lists, viewers and editor cost, on a screen of 120 by 36, in CPU milliseconds."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
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
from truenas_client.methods.catalogue import Method
from truenas_client.methods.search import Index
from truenas_client.methods.validator import Stopped, stopping
from truenas_client.values.table import Table
from tui.model.completion import complete
from tui.model.examine import examine
from tui.model.jsontext import TextProblem, parse
from tui.model.known import Known
from tui.widgets.arguments_editor import ArgumentsEditor
from tui.widgets.call_pane import CallPane
from tui.widgets.completion import CompletionList
from tui.widgets.json_view import JsonView
from tui.widgets.raw_view import RawView
from tui.widgets.rows import Column, Row, Rows
from tui.widgets.table_view import TableView

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


async def _page_of(view: TableView | JsonView | RawView) -> float:
    """A page down in 10,000 objects of 8 members."""
    value = [{f"c{column}": f"value {at} {column}" for column in range(8)} for at in range(10_000)]
    async with Stage(view).run_test(size=SIZE) as pilot:
        if isinstance(view, TableView):
            view.set_table(Table(value))
        else:
            view.set_value(value)
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        return await _cpu(pilot, view.action_page_down)


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


async def _editing(text: str, places: int) -> float:
    """The same in the editor of arguments, with that many problems and values to fill in."""
    editor = ArgumentsEditor(CompletionList())
    async with Stage(editor).run_test(size=SIZE) as pilot:
        editor.load_text(text)
        editor.problems = [TextProblem(at * 500, at * 500 + 3, "wrong") for at in range(places)]
        editor.gaps = [TextProblem(at * 500 + 10, at * 500 + 12, "to fill in") for at in range(places)]
        editor.focus()
        editor.move_cursor((700, 5))
        await pilot.pause()
        return await _cpu(pilot, lambda: editor.insert("x"))


async def _shown(widget: Widget, show: Callable[[], Any]) -> float:
    """Wall milliseconds from handing a value over to its first screen."""
    async with Stage(widget).run_test(size=SIZE) as pilot:
        await pilot.pause()
        began = perf_counter()
        show()
        await pilot.pause()
        return (perf_counter() - began) * 1e3


async def _measure() -> None:
    print(f"  a page of 10,000 rows           {await _page():6.1f} ms CPU in a list")
    for name, view in (("table", TableView()), ("tree", JsonView()), ("raw text", RawView())):
        print(f"  a page of 10,000 rows           {await _page_of(view):6.1f} ms CPU in a {name}")
    value = _value(5)
    text = json.dumps(value, indent=2)
    area = TextArea(read_only=True)
    theirs = await _shown(area, lambda: area.load_text(text))
    table, tree, raw = TableView(), JsonView(), RawView()
    for name, ours in (
        ("table", await _shown(table, lambda: table.set_table(Table(value)))),
        ("tree", await _shown(tree, lambda: tree.set_value(value))),
        ("raw text", await _shown(raw, lambda: raw.set_value(value))),
    ):
        print(
            f"  5 MB result on screen           {ours:6.0f} ms as a {name}, read-only TextArea {theirs:.0f} ms: "
            f"{ours / theirs:.2f}x"
        )
    text = _document(60_000)
    plain, editor = await _typing(TextArea(text, show_line_numbers=True)), await _editing(text, 0)
    print(f"  a key in 60,000 characters      {editor:6.1f} ms CPU, TextArea {plain:.1f} ms: {editor / plain:.2f}x")
    editor = await _editing(text, 50)
    print(f"  with 50 problems and 50 fields  {editor:6.1f} ms CPU, TextArea {plain:.1f} ms: {editor / plain:.2f}x")


def _validation() -> None:
    """Looking at an argument of 60,000 characters, right and wrong, and how soon it is given up."""
    if facts() is None:
        print("  validation: skipped, no recorded facts (TRUENAS_FACTS)")
        return
    entry = {"tag": "USER", "id": 1000, "perms": {"READ": True, "WRITE": False, "EXECUTE": True}, "default": False}
    methods = Catalogue.from_methods(catalogue("26"))
    method = methods.get("filesystem.setacl")
    assert method is not None
    known = Known()
    small = json.dumps([{"path": "/mnt/tank", "dacl": [entry] * 5}], indent=2)
    taken = asyncio.run(_underlined(method, small, methods))
    print(f"  from a wrong key to its problem {taken:6.0f} ms, 120 of them to see whether another key comes")
    for kind, tag in (("right", "USER"), ("wrong", "USERX")):
        text, count = "", 0
        while len(text) < 60_000:
            count += 5
            text = json.dumps([{"path": "/mnt/tank", "dacl": [entry | {"tag": tag}] * count}], indent=2)
        examined = examine(text, method)
        spent, stopped, listed = [], [], []
        for _ in range(7):
            began = process_time()
            examine(text, method)
            spent.append((process_time() - began) * 1e3)
            began = process_time()
            caret = text.rindex('"READ"') - 1
            complete(method, text, caret, known, read=examined.document)
            listed.append((process_time() - began) * 1e3)
            stopped.append(_given_up(text, method))
        if kind == "right":
            taken = asyncio.run(_underlined(method, text, methods))
            print(f"    in 60,000 characters          {taken:6.0f} ms")
        print(f"  validating 60,000, all {kind}    {median(spent):6.1f} ms CPU, worst {max(spent):.1f} ms")
        print(f"    given up after the next key   {median(stopped):6.1f} ms, worst {max(stopped):.1f} ms")
        print(f"    completion at its end         {median(listed):6.1f} ms CPU")


class _Shelf:
    """What the pane of a call looks docs up in."""

    roles = None

    def __init__(self, methods: Catalogue) -> None:
        self.method = methods.get


async def _underlined(method: Method, text: str, methods: Catalogue) -> float:
    """Wall milliseconds from a key that makes a mistake until it is underlined and told in the border."""
    pane = CallPane(_Shelf(methods))
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.open(method, text)
        await pilot.pause()
        editor = pane.editor
        editor.focus()
        spent = []
        for _ in range(7):
            editor.goto(text.rindex('"USER"') + 1)
            began = perf_counter()
            editor.insert("x")
            while not editor.problems:  # noqa: ASYNC110 - the waiting is what is measured
                await asyncio.sleep(0.004)
            spent.append((perf_counter() - began) * 1e3)
            editor.undo()
            while editor.problems:  # noqa: ASYNC110
                await asyncio.sleep(0.004)
        return median(spent)


def _given_up(text: str, method: Method) -> float:
    """Milliseconds from telling a look in a thread to stop until it has, in the middle of it."""
    stop = threading.Event()

    def look() -> None:
        with contextlib.suppress(Stopped), stopping(stop.is_set):
            examine(text, method)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join(0.02)
    began = perf_counter()
    stop.set()
    thread.join()
    return (perf_counter() - began) * 1e3


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
    _validation()
    _model()


if __name__ == "__main__":
    run()
