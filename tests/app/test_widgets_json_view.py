"""The JSON viewer: drawing, folding, finding, and the time a large value takes."""

from datetime import UTC, datetime
from typing import Any

from tests.app.stage import HOSTILE, drawn, said, staged
from tests.app.waiting import resized, wait_for
from tui.widgets.json_view import JsonView
from tui.widgets.result_messages import ViewChanged

POOL: list[dict[str, Any]] = [
    {
        "id": 1,
        "name": "tank",
        "healthy": True,
        "size": 11957192654848,
        "scan": {"function": "SCRUB", "end_time": datetime(2025, 11, 21, tzinfo=UTC)},
        "none": None,
        "empty": {},
    },
    {"id": 2, "name": "archive"},
]


def lines_of(pilot: Any) -> list[str]:
    return [line.rstrip() for line in drawn(pilot)]


async def test_a_value_as_lines_with_hints_at_the_right() -> None:
    view = JsonView()
    async with staged(view, size=(70, 16)) as pilot:
        view.set_value(POOL)
        await pilot.press("down", "down", "down", "down", "down", "down")
        assert lines_of(pilot)[:15] == [
            "  ▾ [2]",
            "    ▾ 0  {7}  tank",
            "        id       1",
            '        name     "tank"',
            "        healthy  true",
            "        size     11957192654848          10.9 TiB",
            "›     ▾ scan     {2}",
            '          function  "SCRUB"',
            '          end_time  {"$date": 1763683200000}  2025-11-21 00:00Z',
            "        none     null",
            "        empty    {0}",
            "    ▾ 1  {2}  archive",
            "        id    2",
            '        name  "archive"',
            "",
        ]


async def test_folding_by_keys_and_the_path_that_is_told() -> None:
    view = JsonView()
    async with staged(view) as pilot:
        view.set_value(POOL)
        await pilot.press("down", "space")
        assert lines_of(pilot)[:3] == ["  ▾ [2]", "›   ▸ 0  {7}  tank", "    ▾ 1  {2}  archive"]
        assert view.path == (0,)
        told = len(said(pilot, ViewChanged))
        await pilot.press("shift+space")
        assert view.line_count() == 1 + 1 + 7 + 2 + 1 + 2
        await pilot.press("shift+space", "right", "right", "down")
        assert view.path == (0, "name")
        assert len(said(pilot, ViewChanged)) > told
        await pilot.press("left", "left", "left", "left")
        assert view.path == ()
        assert lines_of(pilot)[:2] == ["› ▸ [2]", ""]
        await pilot.press("right", "G")
        assert view.path == (1,)


async def test_finding_goes_around_and_into_folded_parts() -> None:
    view = JsonView()
    async with staged(view) as pilot:
        view.set_value([{"n": index, "deep": {"text": f"Item {index}"}} for index in range(500)])
        view.find("item 49")
        await wait_for(pilot, lambda: said(pilot, JsonView.Found), "found")
        places = [(49, "deep", "text"), *((index, "deep", "text") for index in range(490, 500))]
        assert view.path == places[0]
        for expected in (*places[1:], places[0]):
            count = len(said(pilot, JsonView.Found))
            await pilot.press("n")
            await wait_for(pilot, lambda count=count: len(said(pilot, JsonView.Found)) > count, "the next match")
            assert view.path == expected
            assert any("›" in line and "Item 49" in line for line in drawn(pilot))
        await pilot.press("N")
        await wait_for(pilot, lambda: view.path == places[-1], "the previous match")
        view.find("nowhere")
        await wait_for(pilot, lambda: said(pilot, JsonView.Found)[-1].place is None, "that it is nowhere")
        assert view.path == places[-1]


async def test_nothing_shown_and_every_key() -> None:
    view = JsonView()
    async with staged(view) as pilot:
        view.set_value(POOL)
        view.find("tank")
        await pilot.press("down")
        view.clear()
        await pilot.pause()
        assert view.value is None
        assert lines_of(pilot)[0] == ""
        for key in ("down", "space", "enter", "left", "right", "n", "shift+space", "G"):
            await pilot.press(key)


async def test_a_value_set_before_the_screen_exists() -> None:
    view = JsonView()
    view.set_value(POOL)
    async with staged(view) as pilot:
        assert lines_of(pilot)[0] == "› ▾ [2]"


async def test_hostile_keys_and_values() -> None:
    deep: Any = HOSTILE[3]
    for text in HOSTILE:
        deep = {text: deep, "list": [text]}
    view = JsonView()
    async with staged(view, size=(60, 40)) as pilot:
        view.set_value([{text: text for text in HOSTILE}, list(HOSTILE), {"name": HOSTILE[3]}, deep])
        view.find("x")
        for width in (60, 12, 5):
            await resized(pilot, width, 40)
            for key in ("pagedown", "shift+space", "pagedown", "G", "g"):
                await pilot.press(key)
                drawn(pilot)
        view.fold_level(40)
        for _ in range(6):
            await pilot.press("pagedown")
            drawn(pilot)


async def test_five_megabytes_are_shown_from_the_first_row_to_the_last() -> None:
    value = [
        {"id": index, "name": f"tank/data/set{index}", "properties": {"used": index * 1024, "note": "x" * 60}}
        for index in range(32_000)
    ]
    view = JsonView()
    async with staged(view, size=(120, 36)) as pilot:
        view.set_value(value)
        await wait_for(pilot, lambda: "tank/data/set0" in "".join(drawn(pilot)), "the first rows")
        await pilot.press("G")
        await wait_for(pilot, lambda: "set31999" in "".join(drawn(pilot)), "the last row")
