"""Server text made harmless, cut and padded by cells; and bars."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content

from tests.app.stage import HOSTILE, UNSAFE
from tui.text import ASCII, bar, cut, fit, plain, safe, safe_lines
from tui.text import wrap as wrapped

ANY_TEXT = st.text(st.characters(), max_size=80)


@given(ANY_TEXT)
def test_safe_text_is_one_line_without_anything_a_terminal_acts_on(text: str) -> None:
    cleaned = safe(text)
    assert not UNSAFE.search(cleaned)
    cleaned.encode("utf-8")
    assert safe(cleaned) == cleaned


@given(ANY_TEXT)
def test_the_width_of_safe_text_is_the_sum_of_its_characters(text: str) -> None:
    # What joins or combines into another width in some terminals is gone, so cutting anywhere keeps the count right.
    cleaned = safe(text)
    assert cell_len(cleaned) == sum(cell_len(character) for character in cleaned)


@given(ANY_TEXT, st.integers(min_value=0, max_value=60))
def test_cut_and_fit_keep_to_their_cells(text: str, cells: int) -> None:
    cleaned = safe(text)
    short = cut(cleaned, cells)
    assert cell_len(short) <= cells
    assert cell_len(fit(cleaned, cells)) == cells
    assert cell_len(fit(cleaned, cells, "right")) == cells
    if cell_len(cleaned) <= cells and cells:
        assert short == cleaned


@given(st.text(st.characters(), max_size=200), st.integers(min_value=2, max_value=40))
def test_wrapping_keeps_all_words_and_the_width(text: str, cells: int) -> None:
    cleaned = safe(text)
    lines = list(wrapped(cleaned, cells))
    assert all(cell_len(line) <= cells for line in lines)
    assert re.sub(" ", "", "".join(lines)) == re.sub(" ", "", cleaned)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_plain_is_content_and_never_markup(text: str) -> None:
    content = plain(text)
    assert isinstance(content, Content)
    assert content.plain == safe(text)
    assert not content.spans


def test_what_is_replaced_by_what() -> None:
    assert safe("a\nb\r\nc\td") == "a↵b↵c d"
    assert safe("\x1b[31m\x7f") == "␛[31m␡"
    assert safe("\u202eevil") == "\N{REPLACEMENT CHARACTER}evil"
    assert safe("\ud83d") == "\N{REPLACEMENT CHARACTER}"
    assert safe("🇩🇪 ❤\ufe0f") == "DE ❤"
    assert safe("e" + "\u0301" * 9) == "e" + "\u0301" * 3
    assert safe_lines("one\ntwo\u2028three") == ["one", "two", "three"]
    assert safe(12) == "12"


def test_wide_characters_are_cut_whole() -> None:
    assert cut("日本語テキスト", 6) == "日本…"
    assert fit("日本語", 4) == "日… "
    assert cut("日本語", 6) == "日本語"
    assert cut("abc", 2, ellipsis=ASCII.ellipsis) == "a~"


@given(st.one_of(st.none(), st.floats(allow_nan=False)), st.integers(min_value=0, max_value=50))
def test_a_bar_has_its_width(fraction: float | None, cells: int) -> None:
    assert cell_len(bar(fraction, cells)) == cells
    assert len(bar(fraction, cells, ASCII)) == cells
    assert bar(fraction, cells, ASCII).isascii()


def test_a_bar_grows() -> None:
    assert bar(None, 4) == "────"
    assert bar(0.37, 10) == "━━━╸──────"
    assert bar(1.0, 4) == "━━━━"


def test_wrapping_takes_time_by_the_length_only() -> None:
    long = "語" * 100_000
    assert sum(len(line) for line in wrapped(long, 9)) == len(long)
