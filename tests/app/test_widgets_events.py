"""The event panel over a real store, and its plots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.app.stage import HOSTILE, drawn, said, staged
from tests.app.waiting import resized, wait_for
from tui.model.feed import Feed
from tui.model.panel import Panel
from tui.text import ASCII
from tui.widgets.event_lines import EventLines
from tui.widgets.event_panel import EventPanel
from tui.widgets.sparkline import describe_number, number_at, numeric_paths, sparkline


def job(number: int) -> dict[str, object]:
    return {"id": number, "method": "pool.scrub.scrub", "state": "RUNNING", "progress": {"percent": number % 100}}


async def test_the_newest_event_stands_on_top_with_what_it_is_about() -> None:
    feed = Feed("core.get_jobs")
    panel = EventPanel(Panel(feed))
    async with staged(panel, size=(80, 12)) as pilot:
        feed.add("added", 7, job(7))
        feed.add("changed", 8, job(8))
        await wait_for(pilot, lambda: "2 seen" in drawn(pilot)[-1], "two events")
        lines = drawn(pilot)
        assert "core.get_jobs" in lines[0]
        assert lines[0].rstrip().endswith("live ━┓")
        assert "changed  8 pool.scrub.scrub RUNNING 8 %" in lines[1]
        assert "added    7 pool.scrub.scrub RUNNING 7 %" in lines[2]
        assert "2 seen  0 dropped" in lines[-1]


async def test_the_cursor_stays_on_its_event_unless_it_is_on_top() -> None:
    feed = Feed("core.get_jobs")
    panel = EventPanel(Panel(feed))
    async with staged(panel, size=(80, 8)) as pilot:
        for number in range(3):
            feed.add("changed", number, job(number))
        await wait_for(pilot, lambda: "3 seen" in drawn(pilot)[-1], "three events")
        await pilot.press("down", "enter")
        assert said(pilot, EventPanel.Chosen)[-1].event.id == 1
        for number in range(3, 40):
            feed.add("changed", number, job(number))
        await wait_for(pilot, lambda: "40 seen" in drawn(pilot)[-1], "more events")
        assert any("› " in line and " 1 pool.scrub" in line for line in drawn(pilot))
        await pilot.press("enter")
        assert said(pilot, EventPanel.Chosen)[-1].event.id == 1
        await pilot.press("g")
        feed.add("changed", 99, job(99))
        await wait_for(pilot, lambda: any("› " in line and " 99 pool" in line for line in drawn(pilot)), "the newest")


async def test_pause_stands_still_and_counts() -> None:
    feed = Feed("core.get_jobs")
    panel = EventPanel(Panel(feed))
    async with staged(panel, size=(80, 8)) as pilot:
        feed.add("changed", 1, job(1))
        await wait_for(pilot, lambda: "1 seen" in drawn(pilot)[-1], "an event")
        await pilot.press("space")
        feed.add("changed", 2, job(2))
        await wait_for(pilot, lambda: "1 waiting; space resumes" in drawn(pilot)[-1], "that one waits")
        assert "paused" in drawn(pilot)[0]
        assert " 1 pool" in drawn(pilot)[1]
        await pilot.press("space")
        await wait_for(pilot, lambda: " 2 pool" in drawn(pilot)[1], "the event that waited")
        assert "live" in drawn(pilot)[0]


async def test_of_two_panels_of_one_feed_one_may_be_paused() -> None:
    feed = Feed("core.get_jobs")
    paused, other = EventPanel(Panel(feed)), EventPanel(Panel(feed))
    async with staged(paused, other, size=(80, 12)) as pilot:
        feed.add("changed", 1, job(1))
        await wait_for(pilot, lambda: "".join(drawn(pilot)).count("1 seen") == 2, "an event in both")
        paused.lines.focus()
        await pilot.press("space")
        feed.add("changed", 2, job(2))
        await wait_for(pilot, lambda: "1 waiting" in str(paused.facts), "that one waits")
        await wait_for(pilot, lambda: "2 seen" in str(other.facts) and "live" in "".join(drawn(pilot)), "the other")
        assert not other.panel.paused
        text = "".join(drawn(pilot))
        assert text.count(" 2 pool") == 1
        assert text.count(" 1 pool") == 2


async def test_a_hidden_panel_does_nothing_and_catches_up() -> None:
    feed = Feed("core.get_jobs")
    panel, other = EventPanel(Panel(feed)), EventPanel(Panel(Feed("other")))
    async with staged(panel, other, size=(80, 12)) as pilot:
        feed.add("changed", 1, job(1))
        await wait_for(pilot, lambda: "1 seen" in "".join(drawn(pilot)), "an event")
        panel.display = False
        await pilot.pause()
        drawings = 0
        whole = panel.pull

        def pull() -> None:
            nonlocal drawings
            drawings += 1
            whole()

        panel.pull = pull  # type: ignore[method-assign]
        feed.add("changed", 2, job(2))
        other.panel.pause(True)
        await wait_for(pilot, lambda: "paused" in "".join(drawn(pilot)), "the other panel to have looked")
        assert drawings == 0
        panel.display = True
        await wait_for(pilot, lambda: "2 seen" in "".join(drawn(pilot)), "the event missed")


async def test_numbers_without_an_id_are_plotted_by_themselves_and_one_of_them_large() -> None:
    feed = Feed("reporting.realtime")
    panel = EventPanel(Panel(feed))
    async with staged(panel, size=(90, 10)) as pilot:
        for step in range(9):
            fields = {"cpu": {"usage": step * 10.0}, "memory": {"arc_size": 61 << 30}, "swap": {"used": 0}}
            feed.add("added", None, fields)
        await wait_for(pilot, lambda: "cpu.usage" in "".join(drawn(pilot)), "a plot")
        line = drawn(pilot)[1]
        assert "▁▂▃▃▄▅" in line
        assert line.rstrip(" ┃").endswith("80  max 80")
        assert "61.0 GiB" in drawn(pilot)[2]
        await pilot.press("enter")
        await wait_for(pilot, lambda: "now 80   min 0   max 80" in drawn(pilot)[1], "the large plot")
        assert any("⣀" <= sign <= "⣿" for sign in "".join(drawn(pilot)))
        feed.add("added", None, {"cpu": {"usage": 85.0}, "memory": {"arc_size": 1}, "swap": {"used": 0}})
        await wait_for(pilot, lambda: "now 85" in drawn(pilot)[1], "the newest value")
        assert panel.close_plot()
        panel.change_view("list")
        await pilot.pause()
        assert "cpu={1}" in drawn(pilot)[1]
        panel.change_view("raw")
        assert '{"msg": "added", "fields": {"cpu": {"usage": 85.0}' in drawn(pilot)[1]
        panel.change_view("plot")
        await pilot.press("down", "down", "G")
        assert "swap.used" in drawn(pilot)[3]
        panel.open_filter()
        await pilot.press("c", "p", "u", "enter")
        assert panel.lines.line_count() == 1
        assert "reporting.realtime  /cpu" in drawn(pilot)[0]


async def test_the_large_plot_of_a_feed_that_is_still_fills_its_pane_at_once() -> None:
    feed = Feed("reporting.realtime")
    panel = EventPanel(Panel(feed))
    async with staged(panel, size=(120, 14)) as pilot:
        for value in range(400):
            feed.add("added", None, {"cpu": {"usage": value, "idle": 1, "steal": 1}})
        await wait_for(pilot, lambda: panel.lines.path is not None, "the plots")
        await pilot.press("enter")
        await wait_for(pilot, lambda: "now 399" in drawn(pilot)[1], "the large plot")
        assert len(drawn(pilot)[-2].strip("┃ ")) > 90, "from the oldest time to the newest"


async def test_a_filter_keeps_what_fits_though_much_else_comes() -> None:
    feed = Feed("core.get_jobs", limit=50)
    panel = EventPanel(Panel(feed))
    async with staged(panel, size=(80, 10)) as pilot:
        feed.add("changed", 1, job(1) | {"state": "SUCCESS"})
        panel.open_filter()
        for key in "state:success":
            await pilot.press("colon" if key == ":" else key)
        await pilot.press("enter")
        for number in range(2, 200):
            feed.add("changed", number, job(number))
            if number % 20 == 0:
                panel.pull()
        feed.mark("dropped", 7)
        await wait_for(pilot, lambda: "199 seen" in drawn(pilot)[-1], "all of them")
        assert "SUCCESS" in drawn(pilot)[2]
        assert "dropped: this app was too slow for 7 events" in drawn(pilot)[1]
        assert panel.close_filter()
        assert " 199 pool" in drawn(pilot)[2]


async def test_an_ended_feed_says_why() -> None:
    feed = Feed("gone.soon")
    panel = EventPanel(Panel(feed))
    async with staged(panel, size=(80, 8)) as pilot:
        feed.ended = "[ENOENT] the source ended"
        feed.mark("gap")
        await wait_for(pilot, lambda: "ended" in drawn(pilot)[0], "that it ended")
        assert "[ENOENT] the source ended" in drawn(pilot)[-1]
        await pilot.press("space", "enter", "down")
        panel.change_view("plot")
        drawn(pilot)


async def test_hostile_events() -> None:
    for ascii_only in (False, True):
        feed = Feed("evil[/x]\x1b[31m")
        panel = EventPanel(Panel(feed))
        async with staged(panel, size=(60, 40), ascii_only=ascii_only) as pilot:
            for text in HOSTILE:
                feed.add(text, text, {text: text, "name": text, "list": [text], "n": {text: 1.5, "b": 10**400}})
                feed.add("added", None, {text: {text: 1e300, "x": 2, "y": float("inf"), "z": -1}})
                feed.add("added", None, {"progress": {"percent": 10**400}})
                feed.add("added", None, text)
                feed.add("added", None, None)
            await wait_for(pilot, lambda: "seen" in drawn(pilot)[-1], "the events")
            for view in ("list", "plot", "raw", "plot"):
                panel.change_view(view)
                await pilot.press("G")
                drawn(pilot)
            feed.add("added", None, {HOSTILE[3]: 5, HOSTILE[8]: -1e300})
            await wait_for(pilot, lambda: pilot.app.query_one(EventLines).path is not None, "numbers")
            await pilot.press("enter")
            await wait_for(pilot, lambda: "now 5" in "".join(drawn(pilot)), "a large plot")
            await resized(pilot, 14, 40)
            drawn(pilot)
            panel.change_view("list")
            drawn(pilot)


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))), st.integers(0, 30))
def test_a_sparkline_has_one_sign_a_value(values: list[float | None], cells: int) -> None:
    for glyphs in ({}, {"glyphs": ASCII}):
        line = sparkline(values, cells, **glyphs)
        assert len(line) == min(len(values), cells)
        assert all(
            (sign == " ") == (value is None)
            for sign, value in zip(line, values[len(values) - len(line) :], strict=True)
        )


def test_sparklines() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6], 8) == "▁▂▃▄▅▆▇"
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8, whole=True) == "▁▂▃▄▅▆▇█"
    assert sparkline([5, 5, None, 5], 8) == "▇▇ ▇"
    assert sparkline([0, 0], 8) == "▁▁"
    assert sparkline([-1, 0, 1], 8) == "▁▄▇"


def test_numbers_of_an_event() -> None:
    fields = {"id": 3, "cpu": {"usage": 1.5, "on": True, "name": "x"}, "disks": [{"busy": 2}]}
    assert numeric_paths(fields) == [("cpu", "usage"), ("disks", 0, "busy")]
    assert number_at(fields, ("disks", 0, "busy")) == 2.0
    assert number_at(fields, ("disks", 1, "busy")) is None
    assert number_at(fields, ("cpu", "on")) is None
    for odd in (float("nan"), float("inf"), 10**400):
        assert number_at({"x": odd}, ("x",)) is None
    assert sparkline([1.7976931348623157e308, -1e308], 2) == "▇▁"
    assert describe_number(61 << 30, ("memory", "arc_size")) == "61.0 GiB"
    assert describe_number(12345.0, ("cpu", "x")) == "12,345"
    assert describe_number(None, ()) == ""


async def test_more_events_lay_out_nothing() -> None:
    """A layout draws the whole screen: it is for a scroll bar that comes, not for each line."""
    feed = Feed("core.get_jobs")
    panel = EventPanel(Panel(feed))
    async with staged(panel, size=(80, 8)) as pilot:
        for number in range(20):
            feed.add("changed", number, job(number))
        await wait_for(pilot, lambda: "20 seen" in drawn(pilot)[-1], "more than fit")
        layouts: list[object] = []
        pilot.app.screen.screen_layout_refresh_signal.subscribe(panel, layouts.append, immediate=True)
        for number in range(20, 32):
            feed.add("changed", number, job(number))
            await wait_for(pilot, lambda: f"{feed.seen} seen" in drawn(pilot)[-1], "one more")
        assert panel.lines.max_scroll_y == 32 - panel.lines.size.height
        assert len(layouts) <= 4  # of the scroll bar that came


def test_a_young_feed_tells_its_rate_over_the_time_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("tui.model.feed.time.monotonic", lambda: now)
    feed = Feed("core.get_jobs")
    now += 2
    for number in range(20):
        feed.add("changed", number, job(number))
    assert feed.rate() == 10
    now += 6
    assert feed.rate() == 2.5
    now += 10
    assert feed.rate() == 0
