"""Jobs as running servers of 26 and 27 show them: whose arguments events tell, and waiting for another job."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.asyncio.client import connect

from tests.simulator.talking import Refused, Talk, talk
from truenas_client.simulator import Call, CallError, Simulator, shapes


def extended(release: str = "26") -> Simulator:
    nas = Simulator(release=release, speed=1000)
    options = shapes.obj("", {}, force=shapes.boolean(default=False))
    accepts = shapes.arguments(name=shapes.text(), count=shapes.integer(default=3), options=options)

    @nas.job("my.work", accepts=accepts)
    async def work(call: Call, name: str, count: int, options: dict[str, Any]) -> str:
        for number in range(count):
            call.progress(10 * number, f"step {number}")
            await call.sleep(1)
        if name == "bad":
            raise CallError("no")
        return name

    return nas


def shown(client: Talk, method: str) -> list[dict[str, Any]]:
    events = [frame["params"] for frame in client.events if frame.get("method") == "collection_update"]
    return [event["fields"] for event in events if event["fields"]["method"] == method]


@pytest.mark.parametrize("release", ["26", "27"])
@pytest.mark.parametrize(
    ("sent", "told"),
    [([5], [5, None, None]), (["a", "x"], ["a", "x", None]), (["a"], ["a"]), ([1, 2, 3, 4], [1, 2, 3, 4])],
)
async def test_invalid_arguments_come_back_filled_up_with_null(release: str, sent: list[Any], told: list[Any]) -> None:
    async with extended(release) as nas, talk(nas) as client:
        await client.call("core.subscribe", "core.get_jobs")
        if sent == ["a"]:
            assert await client.call("my.work", *sent) == "a"
        else:
            with pytest.raises(Refused) as refused:
                await client.call("my.work", *sent)
            assert refused.value.code == -32602
            await client.event(lambda params: params["fields"]["state"] == "FAILED")
            assert [job["state"] for job in shown(client, "my.work")] == ["WAITING", "RUNNING"]
        assert {json.dumps(job["arguments"]) for job in shown(client, "my.work")} == {json.dumps(told)}


async def test_an_older_path_fills_in_the_defaults() -> None:
    async with extended() as nas, connect(nas.url.replace("current", "v25.10.0"), max_size=None) as connection:
        client = Talk(connection)
        await client.call("core.set_options", {"legacy_jobs": False})
        await client.login()
        await client.call("core.subscribe", "core.get_jobs")
        assert await client.call("my.work", "a") == "a"
        assert shown(client, "my.work")[0]["arguments"] == ["a", 3, {}]
        await client.call("core.bulk", "core.ping", [[]])
        assert shown(client, "core.bulk")[0]["arguments"] == ["core.ping", [[]], None]


async def test_25_10_tells_them_as_they_were_sent() -> None:
    async with extended("25.10") as nas, talk(nas) as client:
        await client.call("core.subscribe", "core.get_jobs")
        with pytest.raises(Refused):
            await client.call("my.work", 5)
        assert shown(client, "my.work")[0]["arguments"] == [5]


@pytest.mark.parametrize("release", ["25.10", "26", "27"])
async def test_waiting_for_a_job_is_an_ordinary_job(release: str) -> None:
    async with extended(release) as nas, talk(nas) as client:
        await client.call("core.subscribe", "core.get_jobs")
        for name in ("good", "bad"):
            client.events.clear()
            await client.send("my.work", name, 5)
            started = await client.event(lambda params: params["fields"]["progress"]["percent"] == 10)
            if name == "good":
                assert await client.call("core.job_wait", started["id"]) == "good"
            else:
                with pytest.raises(Refused) as refused:
                    await client.call("core.job_wait", started["id"])
                assert refused.value.data["reason"] == "[EFAULT] no"
            waited = shown(client, "core.job_wait")
            assert waited[0]["state"] == "WAITING"
            assert waited[0]["transient"] is False
            assert {20, 30, 40} <= {job["progress"]["percent"] for job in waited}
        (row,) = await client.call("core.get_jobs", [["id", "=", waited[0]["id"]]])
        assert row["state"] == "FAILED"


async def test_a_failure_without_a_text_is_answered_null() -> None:
    async with extended() as nas, talk(nas) as client:

        @nas.job("my.fail")
        async def fail(call: Call) -> None:
            raise AssertionError

        await client.call("core.subscribe", "core.get_jobs")
        assert await client.call("my.fail") is None
        last = shown(client, "my.fail")[-1]
        assert (last["state"], last["error"], last["exc_info"]["repr"]) == ("FAILED", "", "AssertionError()")
        assert await client.call("core.job_wait", last["id"]) is None


async def test_a_bulk_of_an_unknown_method_fails() -> None:
    async with extended() as nas, talk(nas) as client:
        for method, reason in (
            ("nosuch.query", "[ENOMETHOD] Service 'nosuch' not found"),
            ("my.nosuch", "[ENOMETHOD] Method 'nosuch' not found in 'my'"),
        ):
            with pytest.raises(Refused) as refused:
                await client.call("core.bulk", method, [[]])
            assert (refused.value.code, refused.value.data["error"]) == (-32001, 201)
            assert refused.value.data["reason"] == reason


async def test_values_that_only_pass_in_their_extended_form() -> None:
    nas = Simulator()
    accepts = shapes.arguments(
        data=shapes.obj(
            "",
            ...,
            when=shapes.optional(shapes.text(format="date-time")),
            names=shapes.optional(shapes.array(shapes.text(), uniqueItems=True)),
            count=shapes.optional(shapes.integer()),
            text=shapes.optional(shapes.text()),
            inner=shapes.optional(shapes.obj("", ..., a=shapes.optional(shapes.text()))),
        )
    )

    @nas.method("my.take", accepts=accepts)
    def take(call: Call, data: dict[str, Any]) -> list[str]:
        return sorted(type(value).__name__ for value in data.values())

    async with nas, talk(nas) as client:
        good = {"when": {"$date": 0}, "names": {"$set": ["a"]}, "count": 1, "text": "x"}
        assert await client.call("my.take", good) == ["datetime", "int", "set", "str"]
        for member, value, text in (
            ("when", "2030-01-01T00:00:00Z", "Input should be a valid datetime"),
            ("names", ["a"], "Input should be a valid set"),
            ("count", 1.0, "Input should be a valid integer"),
            ("text", {"$date": 0}, "Input should be a valid string"),
            ("text", {"$time": "10:00"}, "Input should be a valid string"),
            ("inner", 5, "Input should be a valid dictionary or instance of Inner"),
        ):
            with pytest.raises(Refused) as refused:
                await client.call("my.take", {member: value})
            assert refused.value.rows == [[f"data.{member}", text, 22]]
