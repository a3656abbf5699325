"""Widgets that are gone are freed, with all that they drew."""

import weakref

from textual._styles_cache import StylesCache
from textual.color import Color

from tui.line_cache import let_go_of_widgets


def test_what_keeps_the_drawn_lines_of_a_widget_goes_with_it() -> None:
    let_go_of_widgets()
    lines = StylesCache()
    inner, outer = lines.get_inner_outer(Color(0, 0, 0), Color(10, 20, 30))
    assert (inner.background, outer.background) == (Color(10, 20, 30), Color(0, 0, 0))
    kept = weakref.ref(lines)
    del lines
    assert kept() is None
