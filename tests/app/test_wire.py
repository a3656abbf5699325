"""The wire: what is sent and received, without secrets, and how it is looked at."""

from __future__ import annotations

from tests.app.conftest import Open
from truenas_client.simulator import Call, Simulator, shapes
from tui.session.wire import FrameEvent
from tui.widgets.event_panel import EventPanel


async def test_frames_are_linked_filtered_and_hold_no_secret(signed_in: Open, nas: Simulator) -> None:
    @nas.method("demo.secret", roles=["READONLY_ADMIN"], accepts=[shapes.any_()])
    def secret(call: Call, options: object) -> dict[str, str]:
        return {"password": "hunter-two", "name": "tank"}

    async with signed_in(size=(80, 24)) as desk:
        wire = desk.session.wire
        assert not wire.on
        await desk.press("escape", "escape", "6")
        await desk.see("logging: nothing was sent")
        await desk.session.read("demo.secret", [{"api_key": "1-abcdef"}])
        await desk.see("< answer demo.secret", "> call   demo.secret")
        assert "hunter-two" not in desk.text
        assert not any(word in repr(list(wire.events)) for word in ("hunter-two", "1-abcdef"))
        await desk.press("slash")
        await desk.type("msg:answer name:tank")
        await desk.press("enter")
        await desk.see("Wire  /msg:answer name:tank", "nothing fits")
        await desk.press("escape")
        await desk.press("enter")
        await desk.see("call and answer demo.secret", "params")
        await desk.press("escape", "w")
        await desk.see("off; w logs again")
        await desk.session.read("system.info")
        await desk.press("w")
        await desk.see("gap: events may be missing")
        assert not any(event.id == "system.info" for event in wire.events)
        await desk.session.read("core.ping")
        await desk.see("core.ping")
        await desk.press("e")
        await desk.until(lambda: desk.workspace.section.id == "explore", "the method of the frame")
        assert desk.explore.call_pane.method is not None
        assert desk.explore.call_pane.method.name == "core.ping"


async def test_the_log_is_one_panel_whose_answers_know_their_calls(signed_in: Open) -> None:
    async with signed_in() as desk:
        desk.session.wire.turn(True)
        await desk.session.read("system.info")
        call, answer = list(desk.session.wire.events)[-2:]
        assert isinstance(call, FrameEvent)
        assert isinstance(answer, FrameEvent)
        assert desk.session.wire.counterpart(call) is answer
        assert desk.session.wire.counterpart(answer) is call
        assert answer.seconds is not None
        assert not desk.workspace.query(EventPanel)


async def test_calls_in_flight_are_in_the_status_line(signed_in: Open, nas: Simulator) -> None:
    @nas.method("demo.wait", roles=["READONLY_ADMIN"])
    async def wait(call: Call) -> None:
        await call.sleep(1_000_000)

    async with signed_in() as desk:
        await desk.open("demo wait", "demo.wait")
        await desk.press("ctrl+j")
        await desk.see("1/10 calls")
