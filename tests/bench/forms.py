"""How long the form takes to open, for the 40 largest and strangest methods of the real catalogues."""

from __future__ import annotations

import asyncio
import gc
from statistics import median
from time import perf_counter

from tests.app.stage import drawn, staged
from tests.app.waiting import wait_for
from tests.facts import RELEASES, catalogue
from truenas_client.methods.catalogue import Catalogue, Method
from tui.model.form import fields
from tui.widgets.call_pane import CallPane
from tui.widgets.draft_view import FORM
from tui.widgets.form_view import FormView

METHODS = 40
MOST_MS = 300.0
STRANGE = ("anyOf", "oneOf", "allOf", "additionalProperties", "prefixItems")


def run() -> None:
    """Measures, prints, and fails over the limit."""
    asyncio.run(_run())


def chosen() -> list[Method]:
    """The 20 largest by all their rows, and the 20 with the most unions, maps and tuples."""
    every = {}
    for release in RELEASES:
        for method in Catalogue.from_methods(catalogue(release)):
            every[method.name] = method
    methods = list(every.values())

    def oddities(method: Method) -> int:
        texts = str([param.schema for param in method.params])
        return sum(texts.count(f"'{word}'") for word in STRANGE)

    methods.sort(key=lambda method: -len(fields(method, [], lambda key, _: key.count(",") < 4)))
    largest, others = methods[: METHODS // 2], methods[METHODS // 2 :]
    return [*largest, *sorted(others, key=oddities, reverse=True)[: METHODS // 2]]


def rows_of(pane: CallPane) -> int:
    """The number of rows that the form shows."""
    return len(pane.draft_view.rows.rows) if isinstance(pane.draft_view, FormView) else 0


class _NoLibrary:
    def method(self, name: str) -> Method | None:
        return None


async def _run() -> None:
    taken: list[tuple[float, str, int]] = []
    for method in chosen():
        pane = CallPane(_NoLibrary())  # type: ignore[arg-type]
        async with staged(pane, size=(120, 36)) as pilot:
            pane.open(method)
            await pilot.pause()
            gc.collect()
            began = perf_counter()
            pane.show(FORM)
            await wait_for(pilot, lambda pane=pane: rows_of(pane), "rows")
            drawn(pilot)
            taken.append(((perf_counter() - began) * 1000, method.name, rows_of(pane)))
    taken.sort(reverse=True)
    slowest, name, rows = taken[0]
    print(f"forms: {len(taken)} open in {median(one for one, *_ in taken):.0f} ms (median), at most {slowest:.0f} ms")
    print(f"  slowest {name} with {rows} rows; most rows {max(one for *_, one in taken)}")
    assert slowest <= MOST_MS, f"{name} took {slowest:.0f} ms to open"
