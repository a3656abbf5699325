"""The list: keys, folding, keeping the cursor, columns, and how little is drawn."""

from collections.abc import Sequence

from tests.app.stage import HOSTILE, drawn, said, staged
from tests.app.waiting import resized, wait_for
from tui.widgets.lines import Span
from tui.widgets.rows import Cell, Column, Row, Rows


def plain_rows(count: int) -> list[Row]:
    return [Row(f"key{index}", (f"row {index}",)) for index in range(count)]


TREE = [
    Row("app", ("app",), fold=True, badges=("24",)),
    Row("pool", ("pool",), fold=False, badges=("31",)),
    Row("pool.query", (Cell("query", marks=(0, 1)),), depth=1, badges=("table",)),
    Row("pool.export", ("export",), depth=1, badges=(Cell("job", "dim"), Cell("risk", "error"))),
    Row("user", ("user",), fold=True),
]


async def test_keys_move_the_cursor_and_it_stays_on_screen() -> None:
    rows = Rows()
    async with staged(rows, size=(40, 10)) as pilot:
        rows.set_rows(plain_rows(100))
        rows.focus()
        for key, where in [
            ("down", 1), ("j", 2), ("k", 1), ("up", 0), ("up", 0), ("pagedown", 10), ("pagedown", 20), ("pageup", 10),
            ("G", 99), ("down", 99), ("g", 0), ("end", 99), ("home", 0),
        ]:  # fmt: skip
            await pilot.press(key)
            assert rows.cursor == where, key
            lines = drawn(pilot)
            assert sum("›" in line for line in lines) == 1, key
            assert f"› row {where} " in next(line for line in lines if "›" in line)
        assert rows.key == "key0"


async def test_of_the_same_rows_only_the_changed_ones_are_drawn_again() -> None:
    asked: list[int] = []

    class Counted(Rows):
        def line_spans(self, index: int, cells: int) -> Sequence[Span]:
            asked.append(index)
            return super().line_spans(index, cells)

    rows = Counted([Column("name"), Column("count")], header=True)
    made = [Row(f"key{index}", (f"row {index}", str(index))) for index in range(50)]
    async with staged(rows, size=(40, 12)) as pilot:
        rows.set_rows(made)
        await pilot.pause()
        drawn(pilot)
        for number, text, drawn_again in ((3, "row x", {3}), (4, "row 4", set()), (45, "row y", set())):
            asked.clear()
            made = list(made)
            made[number] = Row(f"key{number}", (text, str(number)))
            rows.set_rows(made)
            await pilot.pause()
            lines = drawn(pilot)
            assert set(asked) == drawn_again, text
            assert "row x" in lines[4]
        asked.clear()
        made[3] = Row("key3", ("a longer name than all", "3"))
        rows.set_rows(made)
        await pilot.pause()
        drawn(pilot)
        assert len(set(asked)) == 11, "the column grows, and with it all lines"
        rows.set_rows(made[:3])
        await pilot.pause()
        assert len(rows.rows) == 3


async def test_messages_tell_what_was_highlighted_and_chosen() -> None:
    rows = Rows()
    async with staged(rows) as pilot:
        rows.set_rows(plain_rows(5))
        await wait_for(pilot, lambda: said(pilot, Rows.Highlighted), "highlighted")
        await pilot.press("down", "enter")
        assert [message.key for message in said(pilot, Rows.Highlighted)] == ["key0", "key1"]
        assert [message.key for message in said(pilot, Rows.Chosen)] == ["key1"]
        assert said(pilot, Rows.Chosen)[0].control is rows


async def test_the_mouse_selects_and_a_double_click_chooses() -> None:
    rows = Rows([Column("name")], header=True)
    async with staged(rows) as pilot:
        rows.set_rows(plain_rows(5))
        await pilot.click(rows, offset=(5, 3))
        assert rows.key == "key2"
        assert not said(pilot, Rows.Chosen)
        await pilot.click(rows, offset=(5, 0))
        await pilot.click(rows, offset=(5, 12))
        assert rows.key == "key2"
        await pilot.click(rows, offset=(5, 4), times=2)
        assert [message.key for message in said(pilot, Rows.Chosen)] == ["key3"]


async def test_folding_is_asked_of_the_owner() -> None:
    rows = Rows()
    async with staged(rows) as pilot:
        rows.set_rows(TREE)
        await pilot.press(
            "right", "down", "left", "right", "right", "down", "left", "left", "space", "shift+space", "enter"
        )
        folded = [(message.key, message.folded) for message in said(pilot, Rows.Folded)]
        assert folded == [
            ("app", False),  # right on a folded one
            ("pool", True),  # left on an open one; the first right then goes to its first child, a leaf
            ("pool", True),  # left from a leaf goes to its parent, left there folds it
            ("pool", True),
            ("pool", True),
            ("pool", True),
        ]
        assert not said(pilot, Rows.Chosen)


async def test_a_tree_is_drawn_with_indents_markers_and_badges_at_the_edge() -> None:
    rows = Rows()
    async with staged(rows, size=(34, 6)) as pilot:
        rows.set_rows(TREE)
        await pilot.pause()
        assert [line.rstrip() for line in drawn(pilot)][:5] == [
            "› ▸ app                        24",
            "  ▾ pool                       31",
            "      query                 table",
            "      export             job risk",
            "  ▸ user",
        ]


async def test_ascii_signs() -> None:
    rows = Rows()
    async with staged(rows, size=(34, 6), ascii_only=True) as pilot:
        rows.set_rows([*TREE, Row("long", ("x" * 100,))])
        await pilot.pause()
        lines = drawn(pilot)
        assert all(line.isascii() for line in lines)
        assert lines[0].startswith("> + app")
        assert lines[1].startswith("  - pool")
        assert lines[5].rstrip().endswith("x~")


async def test_new_rows_keep_the_cursor_by_key_and_place() -> None:
    rows = Rows()
    async with staged(rows, size=(40, 10)) as pilot:
        rows.set_rows(plain_rows(100))
        rows.move_to("key50")
        rows.scroll_lines(45)
        await pilot.pause()
        place = [line[:8] for line in drawn(pilot)].index("› row 50")
        rows.set_rows([*[Row(f"new{index}", ("new",)) for index in range(7)], *plain_rows(100)])
        await pilot.pause()
        assert rows.key == "key50"
        assert rows.cursor == 57
        assert [line[:8] for line in drawn(pilot)].index("› row 50") == place
        rows.set_rows(plain_rows(3))
        await pilot.pause()
        assert rows.key == "key2"
        rows.set_rows(plain_rows(60), keep=False)
        await pilot.pause()
        assert rows.key == "key0"
        assert drawn(pilot)[0].startswith("› row 0")


async def test_no_rows_say_so_and_no_key_does_harm() -> None:
    rows = Rows(empty="No rows. [/x] matches\nesc clears")
    async with staged(rows) as pilot:
        rows.set_rows([])
        for key in ("down", "up", "G", "g", "pagedown", "enter", "space", "left", "right", "shift+space"):
            await pilot.press(key)
        assert [line.strip() for line in drawn(pilot)[:2]] == ["No rows. [/x] matches", "esc clears"]
        assert rows.key is None
        assert rows.current is None
        assert not said(pilot, Rows.Chosen)
        rows.set_rows(plain_rows(1))
        assert rows.key == "key0"


async def test_columns_are_aligned_measured_and_hidden_by_width() -> None:
    rows = Rows(
        [
            Column("id", align="right"),
            Column("state"),
            Column("what", flex=True, least=8),
            Column("by", hide_below=60),
        ],
        header=True,
    )
    async with staged(rows, size=(70, 5)) as pilot:
        rows.set_rows([Row("1", ("7", "running", "日本語", "admin")), Row("2", ("4211", "ok", "x" * 99, "root"))])
        await pilot.pause()
        lines = drawn(pilot)
        # Columns count in cells: the wide characters of the first row take one column of the text less each.
        assert [line.rstrip() for line in lines[:3]] == [
            "    id  state    what" + " " * 44 + "by",
            "›    7  running  日本語" + " " * 42 + "admin",
            "  4211  ok       " + "x" * 45 + "…  root",
        ]
        await resized(pilot, 40, 5)
        await pilot.pause()
        narrow = drawn(pilot)
        assert "by" not in narrow[0]
        assert "admin" not in narrow[1]
        await resized(pilot, 12, 5)
        await pilot.pause()
        drawn(pilot)


async def test_the_header_stays_and_the_cursor_never_hides_below_it() -> None:
    rows = Rows([Column("name", flex=True)], header=True)
    async with staged(rows, size=(40, 6)) as pilot:
        rows.set_rows(plain_rows(50))
        for key in ("G", "g", "pagedown", "pageup", "pagedown", "up", "up", "up", "up", "up"):
            await pilot.press(key)
            lines = drawn(pilot)
            assert lines[0].split()[0] == "name"
            assert any(f"› row {rows.cursor} " in line for line in lines[1:]), key


async def test_selected_text_is_what_is_seen() -> None:
    rows = Rows()
    async with staged(rows) as pilot:
        rows.set_rows(plain_rows(5))
        await pilot.pause()
        await pilot.mouse_down(rows, offset=(2, 1))
        await pilot.hover(rows, offset=(6, 2))
        await pilot.mouse_up(rows, offset=(6, 2))
        await wait_for(pilot, lambda: pilot.app.screen.get_selected_text(), "a selection")
        assert (pilot.app.screen.get_selected_text() or "").startswith("row 1\n  row")
        drawn(pilot)


async def test_hostile_text_in_cells_badges_headers_and_keys() -> None:
    rows = Rows([Column("[/nope]\x1b[31m"), Column("\u202ewhat", flex=True)], header=True, empty="\x1b[2J[/x]")
    plain = Rows()
    async with staged(rows, plain, size=(60, 40)) as pilot:
        await pilot.pause()
        drawn(pilot)
        hostile = [Row(text, (text, Cell(text, "error", marks=(0, 3, 9))), badges=(text[:50],)) for text in HOSTILE]
        rows.set_rows(hostile)
        plain.set_rows(hostile)
        for width in (60, 33, 20, 9, 4):
            await resized(pilot, width, 40)
            await pilot.pause()
            drawn(pilot)


async def test_a_sign_stands_where_others_fold_and_further_texts_need_room() -> None:
    rows = Rows()
    async with staged(rows, size=(24, 6)) as pilot:
        rows.set_rows(
            [
                Row("star", ("a.method", "why"), sign="★"),
                Row("fold", ("group",), fold=True),
                Row("long", ("a.very.long.method", "because")),
            ]
        )
        await pilot.pause()
        lines = [line.rstrip() for line in drawn(pilot)]
        assert lines[0] == "› ★ a.method why"
        assert lines[1] == "  ▸ group"
        # One letter of the reason would tell nobody anything.
        assert lines[2] == "    a.very.long.method"
