"""Read-only is kept by the session, whoever asks and by whatever way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests import facts
from tests.app.conftest import Desk, Open
from tests.facts import RELEASES
from truenas_client.methods.catalogue import Catalogue
from truenas_client.simulator import Call, Simulator, shapes
from tui.cards.confirm import ConfirmScreen
from tui.cards.review import ReviewScreen
from tui.model.job import ENDED
from tui.session.session import Session
from tui.session.target import Target
from tui.session.transfers import Transfer
from tui.widgets.rows import Rows


@pytest.fixture
def changed(nas: Simulator) -> list[Any]:
    """What reached the server of ``demo.change`` and the job ``demo.write``."""
    reached: list[Any] = []

    @nas.method("demo.change", accepts=[shapes.any_()])
    def change(call: Call, value: Any) -> Any:
        reached.append(value)
        return value

    @nas.job("demo.write", accepts=[], abortable=True, downloadable=True, uploadable=True)
    async def write(call: Call) -> None:
        reached.append("job")
        call.progress(5, "writing")
        await call.sleep(100_000)

    return reached


async def locked_call(desk: Desk, method: str, params: list[Any], transfer: Transfer | None = None) -> str:
    call = desk.session.new_call(method, params)
    call.transfer = transfer
    await desk.session.caller.run(call)
    assert call.state == "failed"
    return str(call.failure.title)


async def test_no_call_of_the_session_gets_past_it(signed_in: Open, changed: list[Any], tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    async with signed_in(writable=False) as desk:
        for method, params in (
            ("demo.change", [1]),
            ("demo.write", []),
            ("core.bulk", ["demo.change", [[1]]]),
            ("core.bulk", [["demo.change"], [[1]]]),
            ("core.bulk", ["core.bulk", [["demo.change", [[1]]]]]),
            ("core.bulk", ["core.download", [["demo.write", [], "x"]]]),
            ("core.download", ["demo.write", [], "x"]),
            ("core.job_abort", [1]),
            ("no.such_method", []),
            ("pool.dataset.delete", ["tank/media"]),
        ):
            assert await locked_call(desk, method, params) == "Read-only", (method, params)
        for kind in ("download", "upload"):
            transfer = Transfer(kind, tmp_path / ("x" if kind == "upload" else "y"))  # type: ignore[arg-type]
            assert await locked_call(desk, "demo.write", [], transfer) == "Read-only"
        assert changed == []


async def test_repeating_and_the_palette_are_no_way_around(signed_in: Open, changed: list[Any]) -> None:
    async with signed_in() as desk:
        await desk.open("demo change", "demo.change")
        await desk.write('["first"]')
        await desk.press("ctrl+j")
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the card")
        await desk.press("enter")
        await desk.ended()
        assert changed == ["first"]
        await desk.press("escape", "L")
        await desk.see("read-only")
        await desk.workspace.perform("call.repeat")
        await desk.see("r repeats reads only")
        await desk.workspace.perform("call.run")
        await desk.ended()
        await desk.see("Read-only", "L allows writes")
        assert changed == ["first"]


async def test_a_lock_that_closes_while_the_card_is_open_counts(signed_in: Open, changed: list[Any]) -> None:
    async with signed_in() as desk:
        await desk.open("demo change", "demo.change")
        await desk.write('["first"]')
        await desk.press("ctrl+j")
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the card")
        desk.session.caller.allow_writes(False)
        await desk.press("enter")
        await desk.ended()
        await desk.see("Read-only")
        assert changed == []


async def test_aborting_a_job_is_a_write(signed_in: Open, changed: list[Any]) -> None:
    async with signed_in() as desk:
        call = desk.session.new_call("core.bulk", ["demo.write", [[]]])
        call.reviewed = True
        desk.explore.send(call)
        await desk.until(lambda: any(job.method == "demo.write" for job in desk.session.jobs.active()), "the job")
        await desk.press("escape", "escape", "L", "3")
        await desk.until(lambda: isinstance(desk.app.focused, Rows) and desk.app.focused.key == "2", "the job's row")
        await desk.press("a")
        await desk.see("Read-only", "Aborting a job changes the server")
        assert not isinstance(desk.app.screen, ConfirmScreen), "what would be refused is not asked about"
        desk.app.clear_notifications()
        await desk.press("L", "a")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        desk.session.caller.allow_writes(False)
        await desk.press("enter")
        await desk.see("Aborting a job changes the server")
        assert not all(job.state in ENDED for job in desk.session.jobs.newest_first())


@pytest.mark.parametrize("release", RELEASES)
async def test_every_method_that_is_not_a_read_is_refused(release: str) -> None:
    session = Session(Target.of("nas.example"))
    session.learning.catalogue = Catalogue.from_methods(facts.catalogue(release))
    words = {}
    for method in session.catalogue:
        for name, params in ((method.name, []), ("core.bulk", [method.name, [[]]])):
            if method.name in ("core.bulk", "core.download"):
                continue
            call = session.new_call(name, params)
            await session.caller.run(call)
            # There is no connection: what the lock lets pass ends there.
            words[json.dumps([name, params])] = call.failure.title
            assert call.failure.title == ("Offline" if method.risk == "read" else "Read-only"), (name, params)
    assert len(words) > 1500
