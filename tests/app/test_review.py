"""The card before a write: what changes against what is stored, where, and the name that a risky call wants."""

from __future__ import annotations

import json
from typing import Any

import pytest
from textual import events

from tests.app.conftest import Desk, Open
from tests.app.stage import HOSTILE, UNSAFE, drawn
from truenas_client.simulator import Call, Simulator, shapes
from tui.cards.review import ReviewScreen
from tui.settings.values import Settings, put_in_force
from tui.widgets.changes_view import ChangesView

SECRET = "hunter2-is-the-secret"


async def review(desk: Desk, query: str, method: str, params: list[Any]) -> None:
    """Opens a method, writes its arguments and runs it, up to the card."""
    await desk.open(query, method)
    await desk.write(json.dumps(params, indent=2))
    await desk.press("ctrl+j")
    if not isinstance(desk.app.screen, ReviewScreen):
        # What the schema has against it is no matter here.
        await desk.press("ctrl+j")
    await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the card")


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_an_update_shows_the_fields_that_differ(signed_in: Open, size: tuple[int, int]) -> None:
    async with signed_in(size=size) as desk:
        changes = {"compression": "ZSTD", "quota": 50 << 40, "atime": "OFF", "comments": "new words"}
        await review(desk, "pds up", "pool.dataset.update", ["tank/media", changes])
        await desk.see("Review  nas", "pool.dataset.update", "write", "DATASET_WRITE", "ws://127.0.0.1")
        await desk.see("tank/media", '"LZ4"', '->  "ZSTD"', "54975581388800 (50.0 TiB)", "1 field already so")
        assert "atime" not in desk.text.split("Review")[1]
        await desk.press("enter")
        await desk.ended()
        await desk.see("Result")
        await desk.press("ctrl+j")
        await desk.see("nothing changes: 4 fields already so")


async def test_settings_of_a_service_are_compared_too(signed_in: Open) -> None:
    async with signed_in() as desk:
        await review(desk, "ssh up", "ssh.update", [{"tcpport": 2222}])
        await desk.see("tcpport", "22", "->  2222")


async def test_secrets_are_masked_and_a_new_one_is_told(signed_in: Open) -> None:
    async with signed_in() as desk:
        await review(desk, "user upd", "user.update", [1, {"full_name": "x", "password": SECRET}])
        await desk.see("root   id 1", "password", "********", '->  "x"')
        assert SECRET not in desk.text.split("Review")[1]
        await desk.press("escape")
        put_in_force(Settings(write="name"))
        await desk.press("ctrl+j")
        await desk.see("Type root to confirm")
        await desk.press("enter")
        await desk.see("first type root")
        await desk.press("escape")


async def test_what_cannot_be_read_is_said_and_may_be_sent(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await review(desk, "pds up", "pool.dataset.update", ["tank/nowhere", {"compression": "ZSTD"}])
        await desk.see("could not be read", "does not exist", 'data  {"compression": "ZSTD"}')
        await desk.press("enter")
        await desk.ended()
        await desk.see("Error", "does not exist")


async def test_a_row_that_is_not_there_is_said(signed_in: Open, nas: Simulator) -> None:
    @nas.method("demo.get_instance", roles=["READONLY_ADMIN"], accepts=[shapes.any_()])
    def get_instance(call: Call, id: Any) -> Any:
        return None

    @nas.method("demo.update", accepts=[shapes.any_(), shapes.any_()])
    def update(call: Call, id: Any, data: Any) -> Any:
        return data

    async with signed_in() as desk:
        await review(desk, "demo upd", "demo.update", [1, {"a": 1}])
        await desk.see("no such object", "enter send")


async def test_enter_before_the_answer_asks_once_more(signed_in: Open, nas: Simulator) -> None:
    sent = []

    @nas.method("demo.get_instance", roles=["READONLY_ADMIN"], accepts=[shapes.any_()])
    async def get_instance(call: Call, id: Any) -> Any:
        await call.sleep(100_000)

    @nas.method("demo.update", accepts=[shapes.any_(), shapes.any_()])
    def update(call: Call, id: Any, data: Any) -> Any:
        sent.append(data)

    async with signed_in() as desk:
        await review(desk, "demo upd", "demo.update", [1, {"a": 1}])
        await desk.see("reading the stored object", '{"a": 1}')
        await desk.press("enter")
        await desk.see("still reading the stored object")
        assert not sent
        await desk.press("enter")
        await desk.ended()
        assert sent == [{"a": 1}]


async def test_a_run_key_that_is_held_down_sends_nothing(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.open("ssh up", "ssh.update")
        await desk.write('[{"tcpport": 2222}]')
        for _ in range(4):
            desk.app.post_message(events.Key("f5", None))
        await desk.see("tcpport", "->  2222")
        assert [type(screen) for screen in desk.app.screen_stack].count(ReviewScreen) == 1
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is desk.workspace, "back")
        assert desk.explore.result_pane.call is None


async def test_risk_asks_for_the_name_behind_a_number(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        uid = next(user for user in await desk.session.read("user.query") if user["username"] == "ada")["id"]
        await review(desk, "user del", "user.delete", [uid])
        await desk.see("risk", "Type ada to confirm")
        await desk.type("Ada")
        await desk.press("enter")
        await desk.see("type ada, not Ada")
        assert isinstance(desk.app.screen, ReviewScreen)
        await desk.press("escape")
        await desk.until(lambda: not isinstance(desk.app.screen, ReviewScreen), "back")
        assert desk.explore.result_pane.call is None


async def test_risk_without_a_name_asks_for_the_host(signed_in: Open, nas: Simulator) -> None:
    @nas.method("config.reset", accepts=[shapes.any_()])
    def reset(call: Call, options: Any) -> None:
        """Never called here."""

    async with signed_in() as desk:
        await review(desk, "conf reset", "config.reset", [{"reboot": True}])
        await desk.see("Type nas to confirm")


async def test_a_bulk_call_is_as_grave_as_what_it_carries(signed_in: Open) -> None:
    async with signed_in() as desk:
        await review(desk, "core bulk", "core.bulk", ["pool.dataset.delete", [["tank/media"], ["tank/backups"]]])
        await desk.see("core.bulk", "risk", "tank/media", "tank/backups", "Type nas to confirm", "runs as a job")
        await desk.press("escape")
        await desk.write(json.dumps(["system.info", [[]]]))
        await desk.run()
        assert not isinstance(desk.app.screen, ReviewScreen), "many reads are a read"


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (200, 50)])
async def test_hostile_values_are_cut_and_scrolled(signed_in: Open, nas: Simulator, size: tuple[int, int]) -> None:
    stored = {f"{number} {text[:300]}": text for number, text in enumerate(HOSTILE)}

    @nas.method("demo.get_instance", roles=["READONLY_ADMIN"], accepts=[shapes.any_()])
    def get_instance(call: Call, id: Any) -> Any:
        return {**stored, "name": HOSTILE[1]}

    @nas.method("demo.update", accepts=[shapes.any_(), shapes.any_()])
    def update(call: Call, id: Any, data: Any) -> Any:
        return data

    async with signed_in(size=size) as desk:
        clean = {key: value for key, value in stored.items() if "\ud83d" not in key}
        call = desk.session.new_call(
            "demo.update", ["[/nope]" * 50, {key: f"{value} new" for key, value in clean.items()}]
        )
        desk.session.risk_of = lambda method, params: "risk"  # type: ignore[method-assign]
        desk.explore.call_later(desk.explore.review, call)
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the card")
        await desk.until(lambda: desk.app.screen.query_one(ChangesView), "what changes")
        view = desk.app.screen.query_one(ChangesView)
        await desk.until(lambda: "->" in desk.text, "the changes")
        for _ in range(4):
            await desk.press("pagedown")
            assert not any(UNSAFE.search(line) for line in drawn(desk.pilot))
        assert view.scroll_offset.y > 0, "scrolls while the name has the focus"
        await desk.see("enter send", "Type")


async def test_the_card_reads_nothing_that_might_write(signed_in: Open) -> None:
    async with signed_in(writable=True) as desk:
        with pytest.raises(Exception, match="only reads are allowed"):
            await desk.session.read("pool.dataset.delete", ["tank/media"])
        with pytest.raises(Exception, match="only reads are allowed"):
            await desk.session.read("core.bulk", ["pool.dataset.delete", [["tank/media"]]])
