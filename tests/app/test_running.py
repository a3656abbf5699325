"""A call while it runs, and what stands there before and after it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.app.conftest import Open
from truenas_client.simulator import Call, CallError, Simulator


class Turns:
    """Each call of ``demo.turns`` waits until it is let go, and tells its number; the third one fails."""

    def __init__(self, nas: Simulator) -> None:
        self.made = 0
        self.gates = [asyncio.Event() for _ in range(9)]

        @nas.method("demo.turns", roles=["READONLY_ADMIN"], accepts=[])
        async def turns(call: Call) -> Any:
            self.made += 1
            number = self.made
            await self.gates[number - 1].wait()
            if number == 3:
                raise CallError("the third is unlucky")
            return {"turn": f"number {number}"}

    def let(self, number: int) -> None:
        self.gates[number - 1].set()


@pytest.fixture
def turns(nas: Simulator) -> Turns:
    return Turns(nas)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_what_was_before_is_marked_kept_and_brought_back(
    signed_in: Open, turns: Turns, size: tuple[int, int]
) -> None:
    async with signed_in(size=size) as desk:
        pane = desk.explore.result_pane
        await desk.open("demo turns", "demo.turns")
        await desk.press("ctrl+j")
        await desk.see("Waiting for the answer", "^c cancels", "^c cancel ")
        turns.let(1)
        await desk.ended()
        await desk.see("number 1")
        await desk.see_gone("^c cancel")
        assert pane.state == ""

        # The second: the first stays, dimmed and called previous, while the clock counts.
        await desk.press("escape", "r")
        await desk.see("Previous result", "number 1", "^c cancels", " ms")
        assert pane.state == "stale"
        turns.let(2)
        await desk.ended()
        await desk.see("number 2")
        await desk.press("p")
        await desk.see("Previous result", "number 1")
        await desk.press("p")
        await desk.see("number 2")
        assert (pane.title, pane.state) == ("Result", "")

        # The third fails: the error takes the place of the result, which p shows.
        turns.let(3)
        await desk.press("r")
        await desk.ended()
        await desk.see("Error", "the third is unlucky", "p previous")
        assert "number 2" not in desk.text
        await desk.press("p")
        await desk.see("Previous result", "number 2")
        await desk.press("p")
        await desk.see("2 results back", "number 1")
        await desk.press("p")
        await desk.see("Error", "the third is unlucky")

        # The fourth is cancelled, and the result before the error is still there.
        await desk.press("r")
        await desk.see("^c cancels")
        await desk.press("ctrl+c")
        await desk.ended()
        await desk.see("Cancelled", "was not stopped", "p previous")
        await desk.press("p")
        await desk.see("Previous result", "number 2")
        assert turns.made == 4
