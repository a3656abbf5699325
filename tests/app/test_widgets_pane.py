"""Panes and the status line: what stands in borders and where, with little room, hostile text, and the mouse."""

import pytest
from textual.geometry import Region
from textual.widgets import Static

from tests.app.stage import HOSTILE, drawn, said, staged
from tests.app.waiting import resized, wait_for
from tui.widgets.pane import Pane
from tui.widgets.rows import Row, Rows
from tui.widgets.status_line import Other, Status, StatusLine
from tui.widgets.value_pane import ValuePane

FULL = Status(
    online=True,
    name="lab-nas",
    user="admin",
    version="SCALE 25.10.2",
    latency=18.2,
    jobs=2,
    events=1,
    others=(Other("backup-nas", False),),
)


def pane_with_list(pane: Pane) -> Pane:
    pane.compose_add_child(Rows())
    return pane


async def test_borders_hold_name_views_and_facts() -> None:
    pane = pane_with_list(Pane("pool.query [x]", tabs=["Arguments", "Docs", "JSON"], tab="Docs"))
    async with staged(pane, size=(60, 5)) as pilot:
        pane.facts = ["2 rows", ("1.4 kB", "warning"), "18 ms"]
        pilot.app.set_focus(None)
        await pilot.pause()
        lines = drawn(pilot)
        assert lines[0].startswith("╭─ pool.query [x] ─")
        assert lines[0].endswith("─ Arguments  [Docs]  JSON ─╮")
        assert lines[-1].endswith("─ 2 rows  1.4 kB  18 ms ─╯")
        pane.query_one(Rows).focus()
        await pilot.pause()
        lines = drawn(pilot)
        assert lines[0].startswith("┏━ pool.query [x] ━")
        assert lines[0].endswith("━ Arguments  [Docs]  JSON ━┓")
        assert "─" not in lines[0]


async def test_one_that_was_just_removed_can_be_drawn_once_more() -> None:
    pane = pane_with_list(Pane("pool.query"))
    async with staged(pane, size=(60, 5)) as pilot:
        pane.facts = ["2 rows"]
        await pane.remove()
        pane.render_lines(Region(0, 0, 60, 5))
        assert pilot.app.is_running


async def test_in_ascii_the_focus_has_a_sign() -> None:
    pane = pane_with_list(Pane("Methods with a long name " * 9, tabs=["A", "B"], tab="A"))
    async with staged(pane, size=(40, 5), ascii_only=True) as pilot:
        pilot.app.set_focus(None)
        await pilot.pause()
        assert "".join(drawn(pilot)).isascii()
        assert drawn(pilot)[0].startswith("+- Methods")
        pane.query_one(Rows).focus()
        await pilot.pause()
        assert drawn(pilot)[0].startswith("+- > Methods")
        assert drawn(pilot)[0].endswith("~ - [A] -+")


async def test_without_room_the_views_go_first_then_the_facts() -> None:
    pane = pane_with_list(Pane("pool.query", tabs=["Arguments", "Docs", "JSON"], tab="Docs"))
    async with staged(pane, size=(50, 4)) as pilot:
        pane.facts = ["a first fact", "a second fact"]
        for width in (50, 42, 41, 36, 31, 30, 24, 22, 18, 12, 7, 4):
            await resized(pilot, width, 4)
            await pilot.pause()
            lines = drawn(pilot)
            assert width < 18 or "pool.query" in lines[0], width
            assert width < 30 or "[Docs]" in lines[0], width
            assert width < 22 or "a second fact" in lines[-1], width


async def test_a_click_on_a_view_is_told() -> None:
    pane = pane_with_list(Pane("pool.query", tabs=["Arguments", "Docs", "JSON"], tab="Docs"))
    async with staged(pane, size=(60, 5)) as pilot:
        line = drawn(pilot)[0]
        for word in ("Arguments", "[Docs]", "JSON"):
            await pilot.click(offset=(line.index(word) + 1, 0))
        await pilot.click(offset=(line.index("pool") + 1, 0))
        await pilot.click(pane.query_one(Rows), offset=(line.index("JSON") - 2, 0))
        assert [message.tab for message in said(pilot, Pane.TabPressed)] == ["Arguments", "Docs", "JSON"]


async def test_states_are_classes_and_only_one_at_a_time() -> None:
    pane = Pane("Result")
    async with staged(pane):
        pane.state = "error"
        assert pane.has_class("-error")
        pane.state = "stale"
        assert pane.has_class("-stale")
        assert not pane.has_class("-error")
        pane.state = ""
        assert not pane.has_class("-stale", "-error", "-empty")


async def test_a_pane_can_fill_the_screen() -> None:
    pane = pane_with_list(Pane("one"))
    async with staged(pane, pane_with_list(Pane("two")), size=(40, 12)) as pilot:
        assert pilot.app.screen.maximize(pane)
        await pilot.pause()
        assert pane.region.height == 12


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_in_borders_and_status(text: str) -> None:
    pane = pane_with_list(Pane(text, tabs=[text[:30], "x", text], tab="x"))
    status = StatusLine(Status(True, text, text, text, note=text, others=(Other(text, True),)))
    async with staged(status, pane, size=(60, 8)) as pilot:
        pane.facts = [text, (text, "error"), text[:20]]
        pane.query_one(Rows).set_rows([Row(text, (text,))])
        for width in (120, 60, 17, 4):
            await resized(pilot, width, 8)
            await pilot.pause()
            drawn(pilot)


async def test_the_status_line_wide_and_narrow() -> None:
    status = StatusLine(FULL)
    async with staged(status, Static(), size=(120, 3)) as pilot:
        wide = drawn(pilot)[0]
        assert wide.startswith(" ● lab-nas   admin   SCALE 25.10.2   ○ backup-nas  ")
        assert wide.rstrip().endswith("  read-only   18 ms   2 jobs   1 subscription")
        await resized(pilot, 60, 3)
        await pilot.pause()
        narrow = drawn(pilot)[0]
        assert narrow.startswith(" ● lab-nas  ○ backup-nas  ")
        assert narrow.rstrip().endswith("2 jobs")
        await resized(pilot, 32, 3)
        await pilot.pause()
        assert drawn(pilot)[0].split() == ["●", "lab-nas", "read-only", "2", "jobs"]


async def test_states_are_words_and_not_only_colours() -> None:
    status = StatusLine(FULL)
    async with staged(status, size=(100, 3)) as pilot:
        status.status = Status(False, "lab-nas", "admin", note="retry in 4 s", writable=True)
        await pilot.pause()
        line = drawn(pilot)[0]
        assert line.startswith(" ○ lab-nas   offline")
        assert line.rstrip().endswith("retry in 4 s   writes allowed")


async def test_a_click_on_a_word_of_the_status_line() -> None:
    status = StatusLine(FULL)
    async with staged(status, size=(120, 3)) as pilot:
        line = drawn(pilot)[0]
        for word in ("lab-nas", "read-only", "2 jobs", "1 subscription", "18 ms"):
            await pilot.click(offset=(line.index(word) + 1, 0))
        assert [message.word for message in said(pilot, StatusLine.Pressed)] == [
            "server", "lock", "jobs", "events", "latency",
        ]  # fmt: skip


async def test_a_value_is_looked_through_in_its_pane_and_back_ends_that() -> None:
    pane = ValuePane("Event")
    async with staged(pane, size=(70, 12)) as pilot:
        pane.show([{"id": number, "name": f"tank{number}"} for number in range(20)], "alert.list", "12:00:00")
        await pilot.pause()
        assert pane.open_find()
        await pilot.press(*"tank7")
        await wait_for(pilot, lambda: pane.facts[0] == "{find.next} next", "the first match")
        await pilot.press("enter")
        assert pane.under_cursor() == ("[7].name", "tank7")
        assert pane.content.has_focus
        assert pane.back(), "the marks go"
        assert pane.facts == (("[7].name", "title"), "12:00:00")
        assert not pane.back()
