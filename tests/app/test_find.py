"""Finding methods on screen: the tree, the filter and why it finds, stars, recent ones, hostile names."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from tests.app.conftest import Desk, Open, at_desk
from tests.app.stage import HOSTILE, drawn, said, staged
from tests.app.waiting import wait_for
from tests.facts import CATALOGUES
from tests.facts import catalogue as real
from truenas_client.methods.catalogue import Catalogue
from truenas_client.simulator import Call, Simulator
from tui.app import Start
from tui.memory.state import ConnectionMemory
from tui.palette import Commands
from tui.sections.welcome import explained
from tui.text import ASCII, UNICODE
from tui.widgets.method_list import MethodList
from tui.widgets.method_rows import tree_rows
from tui.widgets.rows import Cell, Row
from tui.workspace import Workspace


def words(row: Row) -> list[str]:
    """The badges of a row."""
    return [badge.text if isinstance(badge, Cell) else badge for badge in row.badges]


async def typed(pilot: Pilot[None], methods: MethodList, text: str) -> None:
    methods.filter.focus()
    methods.filter.value = text
    await wait_for(pilot, lambda: methods.filter.value.strip() == text.strip())


# The tree.


async def test_the_tree_counts_and_badges_the_methods_of_each_namespace() -> None:
    catalogue = Catalogue.from_methods(real("cut"))
    methods = MethodList()
    async with staged(methods, size=(40, 40)) as pilot:
        methods.set_catalogue(catalogue)
        await pilot.pause()
        counts = {row.key.partition(":")[2]: words(row)[0] for row in methods.names.rows}
        assert sorted(counts) == sorted(catalogue.namespaces())
        assert sum(map(int, counts.values())) == len(catalogue)
        assert counts["pool"] == "26"
        methods.names.focus()
        methods.names.move_to("namespace:pool")
        await pilot.press("right")
        await wait_for(pilot, lambda: any(row.key == "method:pool.query" for row in methods.names.rows))
        badges = {row.key: words(row) for row in methods.names.rows}
        assert badges["method:pool.query"] == ["table"]
        assert badges["method:pool.export"] == ["job", "risk"]
        assert badges["method:pool.create"] == ["job", "write"]
        assert badges["method:pool.is_upgraded"] == []
        assert methods.facts == ("pool 26",)
        lines = drawn(pilot)
        assert any("export" in line and "job risk" in line for line in lines)


@pytest.mark.parametrize("release", CATALOGUES)
def test_every_real_method_is_in_the_tree_once(release: str) -> None:
    catalogue = Catalogue.from_methods(real(release))
    unfolded = {f"namespace:{name}" for name in catalogue.namespaces()}
    rows = tree_rows(catalogue, unfolded=unfolded, stars=(), recent=(), glyphs=UNICODE)
    assert sorted(row.key for row in rows if row.depth) == [f"method:{method.name}" for method in catalogue]
    assert len({row.key for row in rows}) == len(rows)


def test_stars_and_recent_methods_come_first_each_once() -> None:
    catalogue = Catalogue.from_methods(real("cut"))
    stars = ("system.info", "gone.away", "pool.query")
    recent = ("pool.query", "disk.query", "gone.too", "user.query", "app.query", "vm.query", "core.ping", "alert.list")
    rows = tree_rows(catalogue, unfolded={"recent"}, stars=stars, recent=recent, glyphs=ASCII)
    top = [(row.cells[0], row.sign) for row in rows[:2]]
    assert top == [("system.info", "*"), ("pool.query", "*")]
    assert rows[2].key == "recent"
    assert [row.cells[0] for row in rows[3:8]] == ["disk.query", "user.query", "app.query", "vm.query", "core.ping"]
    assert rows[8].key.startswith("namespace:")
    folded = tree_rows(catalogue, unfolded=(), stars=stars, recent=recent, glyphs=ASCII)
    assert folded[3].key.startswith("namespace:")


# The filter.


async def test_hits_tell_badges_and_why_they_are_there() -> None:
    methods = MethodList()
    async with staged(methods, size=(70, 20)) as pilot:
        methods.set_catalogue(Catalogue.from_methods(real("cut")))
        await typed(pilot, methods, "recordsize")
        await wait_for(pilot, lambda: len(methods.names.rows) == 3)
        by_name, by_argument = methods.names.rows[0], methods.names.rows[1]
        assert by_name.key == "method:pool.dataset.recordsize_choices"
        assert len(by_name.cells) == 1
        assert by_argument.key == "method:pool.dataset.create"
        assert by_argument.cells[1] == Cell("recordsize", "dim")
        assert words(by_argument) == ["write"]
        assert methods.facts[-1] == f"3 of {len(real('cut'))}"
        methods.names.cursor = 1
        await wait_for(pilot, lambda: methods.facts[0] == "by its argument recordsize")
        assert any("pool.dataset.create recordsize" in line and "write" in line for line in drawn(pilot))


async def test_no_hit_is_said_in_words() -> None:
    methods = MethodList()
    async with staged(methods, size=(40, 12)) as pilot:
        methods.set_catalogue(Catalogue.from_methods(real("cut")))
        await typed(pilot, methods, "qqqq")
        await wait_for(pilot, lambda: "No method matches." in "\n".join(drawn(pilot)))


# Stars and recent methods, by keys.


def rows_of(desk: Desk) -> list[str]:
    return [row.key for row in desk.explore.methods.names.rows]


async def test_the_star_key_works_in_the_filter_in_the_list_and_outside(signed_in: Open) -> None:
    async with signed_in() as desk:
        methods = desk.explore.methods
        await desk.type("pds q")
        await desk.until(lambda: methods.highlighted == "pool.dataset.query", "the method")
        await desk.press("asterisk")
        await desk.see("pool.dataset.query", "★")
        assert methods.filter.value == "pds q"
        assert methods.filter.has_focus
        await desk.press("escape")
        await desk.until(lambda: rows_of(desk)[0] == "starred:pool.dataset.query", "the star first")
        # In the list, on a method of the tree.
        await desk.press("escape")
        methods.names.move_to("starred:pool.dataset.query")
        await desk.press("asterisk")
        await desk.until(lambda: desk.session.memory.stars == (), "no star any more")
        await desk.until(lambda: not rows_of(desk)[0].startswith("starred:"), "the tree as before")
        await desk.open("sys info", "system.info")
        await desk.press("escape", "asterisk")
        await desk.see("Starred system.info.")
        await desk.press("asterisk")
        await desk.see("Removed the star from system.info")


async def test_another_key_for_the_star_leaves_the_asterisk_to_the_filter(signed_in: Open) -> None:
    async with signed_in() as desk:
        methods = desk.explore.methods
        desk.app.set_keymap({"method.star": "plus"})
        await desk.type("pds q")
        await desk.until(lambda: methods.highlighted == "pool.dataset.query", "the method")
        await desk.press("plus")
        await desk.until(lambda: desk.session.memory.stars == ("pool.dataset.query",), "the star")
        await desk.press("asterisk")
        await desk.until(lambda: methods.filter.value == "pds q*", "the asterisk in the filter")


async def test_a_star_needs_a_method(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.until(lambda: desk.explore.methods.names.key, "the tree")
        assert desk.explore.methods.highlighted is None
        await desk.press("asterisk")
        await desk.see("Open a method to star it.")


async def test_a_starred_method_is_opened_from_the_top(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await desk.type("pds q")
        await desk.press("asterisk", "escape")
        await desk.until(lambda: rows_of(desk)[0] == "starred:pool.dataset.query", "the star first")
        desk.explore.methods.names.cursor = 0
        await desk.press("enter")
        await desk.until(lambda: desk.explore.call_pane.method is not None, "open")
        method = desk.explore.call_pane.method
        assert method is not None
        assert method.name == "pool.dataset.query"


async def test_methods_that_were_called_are_recent_the_last_first(signed_in: Open) -> None:
    async with signed_in() as desk:
        for query, name in (("sys info", "system.info"), ("pool.query", "pool.query"), ("sys info", "system.info")):
            await desk.open(query, name)
            await desk.run()
        desk.explore.methods.filter.value = ""
        await desk.until(lambda: "recent" in rows_of(desk), "the recent ones")
        assert rows_of(desk)[:3] == ["recent", "called:system.info", "called:pool.query"]
        desk.explore.methods.names.focus()
        desk.explore.methods.names.move_to("recent")
        await desk.press("left")
        await desk.until(lambda: rows_of(desk)[1].startswith("namespace:"), "folded")


async def test_opening_without_calling_makes_nothing_recent(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.open("sys info", "system.info")
        assert desk.session.memory.recent == ()


async def test_the_palette_begins_with_starred_and_recent_methods(signed_in: Open) -> None:
    async with signed_in(size=(120, 50)) as desk:
        await desk.open("sys info", "system.info")
        await desk.run()
        desk.session.memory.toggle_star("pool.dataset.query")
        await desk.press("ctrl+p")
        await desk.see("call: pool.dataset.query", "starred", "call: system.info", "recent")
        provider = Commands(desk.workspace)
        await provider.startup()
        texts = [str(hit.text) async for hit in provider.discover()]
        at = texts.index("call: pool.dataset.query")
        assert texts[at + 1] == "call: system.info"
        assert all(text.startswith(("Go: ", "Session: ")) for text in texts[:at])


async def test_the_palette_finds_by_arguments_and_says_so(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.press("ctrl+p")
        await desk.type("recordsize")
        await desk.see("call: pool.dataset.create", "by its argument recordsize")


# Hostile names.


@pytest.mark.parametrize("size", [(30, 12), (80, 24)])
async def test_names_and_summaries_of_any_kind_are_drawn_and_chosen(size: tuple[int, int]) -> None:
    names = [f"{text}.{text}" for text in HOSTILE] + list(HOSTILE)
    entries = {name: {"description": text, "accepts": [{"_name_": text}]} for name in names for text in HOSTILE}
    memory = ConnectionMemory()
    for name in names:
        memory.toggle_star(name)
        memory.called(name)
    memory.toggle_star(names[0])
    methods = MethodList(memory)
    async with staged(methods, size=size) as pilot:
        methods.set_catalogue(Catalogue.from_methods(entries))
        await pilot.pause()
        for row in range(len(methods.names.rows)):
            methods.names.cursor = row
            if row % 5 == 0:
                await pilot.pause()
                drawn(pilot)
        for query in ("x", "nope", "[", "e", "語", "evil zero", " ", "日本"):
            await typed(pilot, methods, query)
            await pilot.pause()
            drawn(pilot)
        await typed(pilot, methods, "nope")
        await wait_for(pilot, lambda: methods.highlighted in names)
        await pilot.press("enter")
        await wait_for(pilot, lambda: said(pilot, MethodList.Chosen))
        assert said(pilot, MethodList.Chosen)[-1].method in names


async def test_a_server_with_hostile_methods_can_be_worked_with(signed_in: Open, nas: Simulator) -> None:
    for number, text in enumerate(HOSTILE[:10]):
        name = f"demo.m{number}{text}"
        nas.method(name, roles=["READONLY_ADMIN"], description=text)(_answer)
    async with signed_in() as desk:
        methods = desk.explore.methods
        methods.filter.value = "demo m"
        await desk.until(lambda: len(methods.names.rows) == 10, "all of them")
        drawn(desk.pilot)
        for row in range(3):
            methods.names.focus()
            methods.names.cursor = row
            name = methods.highlighted
            assert name is not None
            await desk.press("asterisk", "enter")
            await desk.until(lambda: desk.explore.call_pane.method is not None, "open")
            await desk.run()
            drawn(desk.pilot)
            assert name in desk.session.memory.stars
        await desk.press("ctrl+p")
        await desk.see("starred")
        drawn(desk.pilot)
        await desk.type("demo")
        await desk.see("call: demo.m")
        drawn(desk.pilot)


def _answer(call: Call) -> str:
    return "done"


# The first screen, for somebody who has read nothing.


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_first_screen_explains_itself(size: tuple[int, int]) -> None:
    async with at_desk(Start(demo=True), size) as desk:
        await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")
        await desk.until(lambda: desk.explore.methods.names.rows, "the methods")
        await desk.until(lambda: desk.explore.methods.filter.has_focus, "the filter")
        lines = [line.strip() for line in explained().splitlines() if line]
        await desk.see("A simulated TrueNAS: try anything.", *lines)
        # What the keys do where the cursor is; running has nothing to run yet.
        await desk.see("enter open", "* star", "F1 keys", "^p commands")
        assert "^j run" not in desk.text


async def test_arrows_act_in_the_list_while_letters_go_on_filtering(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        methods = desk.explore.methods
        await desk.until(lambda: methods.names.key == "namespace:alert", "the tree")
        await desk.press("right", "down")
        await desk.until(lambda: methods.names.key == "method:alert.dismiss", "unfolded, and one further")
        await desk.press("left", "left")
        await desk.until(lambda: methods.names.current is not None and methods.names.current.fold is True, "folded")
        await desk.type("pool")
        await desk.press("down", "down")
        assert methods.names.cursor == 2
        assert methods.filter.has_focus
        await desk.type(".q")
        await desk.until(lambda: methods.highlighted == "pool.query", "the best hit of more letters")
        # In a text that is there, the arrows to the sides move in it.
        await desk.press("left", "left", "backspace")
        assert methods.filter.value == "poo.q"
        await desk.press("enter")
        await desk.until(lambda: desk.explore.call_pane.method is not None, "a method")
