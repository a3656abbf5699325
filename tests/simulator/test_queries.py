"""Bad filters and options, as running servers refuse them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.talking import Refused, talk
from truenas_client.simulator import Simulator


@pytest.mark.parametrize(
    ("filters", "options", "row"),
    [
        ([["id", "zz", 1]], {}, ["filters", "Value error, Invalid operation: zz", 22]),
        ([["id"]], {}, ["filters", "Value error, Invalid filter ['id']", 22]),
        ([["OR", []]], {}, ["filters", "Value error, OR filter requires at least one branch.", 22]),
        (
            [],
            {"get": True, "limit": 2},
            ["options", "Value error, Invalid options combination. `get` implies a single result.", 22],
        ),
        ([], {"limit": 10_001}, ["options.limit", "Input should be less than or equal to 10000", 22]),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["core.get_jobs", "pool.query", "auth.sessions"])
async def test_a_query_that_makes_no_sense(filters: list[Any], options: dict[str, Any], row: Any, method: str) -> None:
    async with Simulator() as nas, talk(nas) as client:
        with pytest.raises(Refused) as refused:
            await client.call(method, filters, options)
        assert (refused.value.code, refused.value.rows) == (-32602, [row])


async def test_values_that_do_not_compare_are_a_call_error() -> None:
    async with Simulator() as nas, talk(nas) as client:
        with pytest.raises(Refused) as refused:
            await client.call("pool.query", [["name", "<", 5]])
        assert (refused.value.code, refused.value.data["error"]) == (-32001, 22)
        assert len([await client.call("pool.query", [], {"get": True, "limit": 1})]) == 1
