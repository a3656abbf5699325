"""Answers of methods that a served catalogue has and the simulator does not implement.

The answer is generated from the method's ``returns``: the same for the same seed and
method, small, and valid. A query answers a few rows, numbered from 1, and honours
its filters and options; ``get_instance`` answers a row with the id that was asked
for. A job takes a few steps and about a simulated second.
"""

from __future__ import annotations

from collections.abc import Coroutine
from random import Random
from typing import TYPE_CHECKING, Any

from truenas_client.methods.draft import allows
from truenas_client.methods.generate import generate
from truenas_client.methods.normalise import Schema

if TYPE_CHECKING:
    from .call import Call

__all__ = ["answer"]

ROWS = 3
SIZE_OF_ROW = 120
STEPS = 4
SECONDS_OF_STEP = 0.25


def answer(call: Call, arguments: list[Any]) -> Any | Coroutine[Any, Any, Any]:
    """The answer of the method, or a coroutine of it for a running job. ``arguments`` have been checked."""
    return _made(call, arguments) if call.job is None else _run(call, arguments)


async def _run(call: Call, arguments: list[Any]) -> Any:
    for step in range(STEPS):
        call.progress(100 * step // STEPS, f"Step {step + 1} of {STEPS}")
        await call.sleep(SECONDS_OF_STEP)
    return _made(call, arguments)


def _made(call: Call, arguments: list[Any]) -> Any:
    method = call.method
    returns = method.returns
    if method.entry.get("filterable") and (row := _row_of(returns)) is not None:
        return call.filter_list(_rows(call, row), *_query(call, arguments))
    made = generate(returns, _chance(call, 0))
    if method.name.endswith(".get_instance") and arguments and isinstance(made, dict):
        return _with_id(made, arguments[0], returns)
    return made


def _chance(call: Call, number: int) -> Random:
    return Random(f"{call.nas.seed} {call.method.name} {number}")


def _row_of(returns: Schema) -> Schema | None:
    """The schema of one row of a query's result: the items of the first list among its forms."""
    for form in [returns, *returns.get("anyOf", ())]:
        items = form.get("items")
        if form.get("type") == "array" and isinstance(items, dict):
            return items
    return None


def _rows(call: Call, row: Schema) -> list[Any]:
    made = [generate(row, _chance(call, number), size=SIZE_OF_ROW) for number in range(1, ROWS + 1)]
    return [
        _with_id(one, number, row) if isinstance(one, dict) and type(one.get("id")) is int else one
        for number, one in enumerate(made, start=1)
    ]


def _with_id(made: dict[str, Any], ident: Any, schema: Schema) -> dict[str, Any]:
    numbered = {**made, "id": ident}
    return numbered if "id" in made and allows(schema, numbered) else made


def _query(call: Call, arguments: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """The filters and options among the arguments; some methods have them inside an object."""
    given: dict[str, Any] = {}
    for parameter, value in zip(call.method.parameters, arguments, strict=True):
        given[parameter.name] = value
        if isinstance(value, dict):
            given |= {name: value[name] for name in ("query-filters", "query-options") if name in value}
    filters = given.get("query-filters", given.get("filters"))
    options = given.get("query-options", given.get("options"))
    return filters if isinstance(filters, list) else [], options if isinstance(options, dict) else {}
