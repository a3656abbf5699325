"""Pages of a query: what is known of the rows from its arguments, and the arguments for another page or order."""

from __future__ import annotations

from typing import Any

from tui.model.page import Page, page_of


def page(options: dict[str, Any], rows: int) -> Page:
    found = page_of("disk.query", [[["size", ">", 1]], options], rows)
    assert found is not None
    return found


def test_a_result_is_a_part_where_the_limit_was_reached_or_rows_were_left_out() -> None:
    assert not page({}, 50).is_part
    assert not page({"limit": 50}, 49).is_part
    assert page({"limit": 50}, 50).has_next
    last = page({"limit": 50, "offset": 100}, 3)
    assert last.is_part
    assert not last.has_next


def test_pages_keep_everything_else_of_the_query() -> None:
    options = {"limit": 50, "order_by": ["-size"], "select": ["name"]}
    assert page(options, 50).moved(1) == [[["size", ">", 1]], {**options, "offset": 50}]
    assert page({**options, "offset": 50}, 50).moved(-1) == [[["size", ">", 1]], options]
    assert page({**options, "offset": 20}, 50).moved(-1) == [[["size", ">", 1]], options]


def test_sorting_goes_up_then_down_then_back_from_the_first_row_on() -> None:
    asked: dict[str, Any] = {"limit": 5, "offset": 10}
    orders = []
    for _ in range(3):
        asked = page(asked, 5).sorted_by("used.parsed")[1]
        orders.append(asked)
    assert orders == [
        {"limit": 5, "order_by": ["used.parsed"]},
        {"limit": 5, "order_by": ["-used.parsed"]},
        {"limit": 5},
    ]
    assert page({"order_by": ["nulls_last:-size"]}, 5).sorting == ("size", True)
    assert page({"order_by": ["a", "b"]}, 5).sorting is None


def test_audit_takes_one_object() -> None:
    found = page_of("audit.query", [{"services": ["SMB"], "query-options": {"limit": 2}}], 2)
    assert found is not None
    assert found.moved(1) == [{"services": ["SMB"], "query-filters": [], "query-options": {"limit": 2, "offset": 2}}]


def test_options_of_another_form_have_no_pages() -> None:
    for options in ([], {"limit": "5"}, {"order_by": "size"}, {"order_by": [1]}, {"offset": True}):
        assert page_of("disk.query", [[], options], 3) is None
    assert page_of("disk.query", [], 3) is not None
