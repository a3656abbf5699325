"""Sizes under the caret of a JSON text."""

from __future__ import annotations

import pytest

from tui.model.sizetext import size_at


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('[{"quota": 10 GiB|}]', 10737418240),
        ('[{"quota": 1|0GiB}]', 10737418240),
        ("[1.5T|, 2]", 1649267441664),
        ('[\n  {"a": 1,\n   "b": 4 kB|}]', 4000),
        ('["about 10 GiB|"]', None),
        ('["10 GiB|"]', None),
        ("[10|]", None),
        ("[x10G|]", None),
        ("[10 GiB,| 2]", None),
        ("|", None),
    ],
)
def test_a_size_is_found_at_the_caret_only_outside_quotes(text: str, count: int | None) -> None:
    caret = text.index("|")
    whole = text.replace("|", "")
    found = size_at(whole, caret)
    assert (found[2] if found else None) == count
    if found:
        assert whole[found[0]].isdigit()
        assert whole[found[1] - 1].isalpha()
