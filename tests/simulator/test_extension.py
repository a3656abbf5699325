"""Users add methods, jobs, events, sources and accounts of their own in a few lines."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
from websockets.asyncio.client import connect

from tests.simulator.talking import Refused, talk
from truenas_client.simulator import Call, CallError, Simulator, Source, shapes


async def test_a_method_takes_what_its_function_takes() -> None:
    async with Simulator(demo_data=False) as nas:

        @nas.method("mine.join")
        def join(call: Call, one: Any, two: Any = "b") -> str:
            """Put two texts together. They stay as they are."""
            return f"{call.account.name}:{one}{two}"

        nas.add_account("admin", "admin")
        async with talk(nas) as nas_:
            assert await nas_.call("mine.join", "a") == "admin:ab"
            with pytest.raises(Refused) as refused:
                await nas_.call("mine.join")
            assert refused.value.rows == [["one", "Field required", 22]]
            listed = (await nas_.call("core.get_methods", "mine"))["mine.join"]
            assert listed["cli_description"] == "Put two texts together"
            assert [schema["_name_"] for schema in listed["accepts"]] == ["one", "two"]


async def test_a_job_reports_and_waits_in_simulated_time() -> None:
    async with Simulator(speed=100) as nas:

        @nas.job("mine.work", accepts=shapes.arguments(steps=shapes.integer(default=2, maximum=5)), abortable=True)
        async def work(call: Call, steps: int) -> int:
            for step in range(steps):
                call.progress(100 * step // steps, f"step {step}")
                await call.sleep(10)
            return steps

        async with talk(nas) as client:
            await client.call("core.subscribe", "core.get_jobs")
            assert await client.call("mine.work") == 2
            steps = [
                (frame["params"]["fields"]["state"], frame["params"]["fields"]["progress"]["description"])
                for frame in client.events
            ]
            assert steps[:4] == [("WAITING", ""), ("RUNNING", ""), ("RUNNING", "step 0"), ("RUNNING", "step 1")]
            with pytest.raises(Refused) as refused:
                await client.call("mine.work", 6)
            assert refused.value.rows == [["steps", "Input should be less than or equal to 5", 22]]


async def test_events_and_sources() -> None:
    async with Simulator(speed=100) as nas:
        nas.event("mine.items", roles=["READONLY_ADMIN"])

        @nas.source("mine.ticks", accepts=shapes.obj("", {}, times=shapes.integer(default=1)), roles=["READONLY_ADMIN"])
        async def ticks(source: Source, argument: dict[str, Any]) -> None:
            for number in range(argument["times"]):
                source.send(fields={"n": number})
                await source.sleep(1)
            raise CallError("no more", 5)

        async with talk(nas, login=False) as client:
            await client.login("viewer", "viewer")
            await client.call("core.subscribe", "mine.items")
            nas.send_event("mine.items", "CHANGED", id=3, fields={"a": 1})
            event = await client.event(lambda params: params["collection"] == "mine.items")
            assert event == {"msg": "changed", "collection": "mine.items", "id": 3, "fields": {"a": 1}}
            await client.call("core.subscribe", 'mine.ticks:{"times": 2}')
            ended = await client.event(lambda params: "error" in params)
            assert ended["error"]["reason"] == "[EIO] no more"
            assert [frame["params"]["fields"]["n"] for frame in client.events] == [0, 1]
            with pytest.raises(Refused):
                await client.call("core.subscribe", "mine.unknown")


async def test_equal_subscriptions_share_one_source_and_end_it_with_the_last() -> None:
    running: list[str] = []
    async with Simulator() as nas:

        @nas.source("mine.endless")
        async def endless(source: Source, argument: Any) -> None:
            running.append(source.ident)
            try:
                source.send(fields={})
                await source.sleep(1000)
            finally:
                running.remove(source.ident)

        async with talk(nas) as one, talk(nas) as two:
            first = await one.call("core.subscribe", "mine.endless")
            await two.call("core.subscribe", "mine.endless")
            await one.event(lambda params: params["collection"] == "mine.endless")
            assert running == ["mine.endless"]
            await one.call("core.unsubscribe", first)
            ended = await one.event(lambda params: "error" in params)
            assert ended == {"collection": "mine.endless", "error": None}
            assert running == ["mine.endless"]
            await two.call("auth.logout")
            await one.call("core.ping")
            assert running == []


async def test_an_account_without_roles_may_not_enter() -> None:
    async with Simulator(demo_data=False) as nas:
        nas.add_account("admin", "admin", roles=())
        async with talk(nas, login=False) as client:
            assert await client.login() == {"response_type": "DENIED"}
            assert nas.users == {"admin": {"password": "admin", "otp": None, "roles": []}}


async def test_dropping_and_closing_connections() -> None:
    async with Simulator() as nas:
        async with talk(nas) as client:
            nas.close_connections(1001, "going away")
            await client.connection.wait_closed()
            assert (client.connection.close_code, client.connection.close_reason) == (1001, "going away")
        async with talk(nas) as client:
            before = nas.boot_id
            nas.restart()
            await client.connection.wait_closed()
            assert client.connection.close_code == 1006
            assert nas.boot_id != before
        async with talk(nas) as client:
            assert await client.call("core.ping") == "pong"


async def test_an_exchanged_certificate_is_for_new_connections() -> None:
    async with Simulator(demo_data=False, tls=True) as nas:
        assert nas.tls is not None
        assert nas.secure_url is not None
        before = ssl.create_default_context(cafile=str(nas.tls.path))
        async with connect(nas.secure_url, ssl=before) as old:
            nas.tls.rotate()
            with pytest.raises(ssl.SSLCertVerificationError):
                await connect(nas.secure_url, ssl=before)
            after = ssl.create_default_context(cafile=str(nas.tls.path))
            async with connect(nas.secure_url, ssl=after):
                await (await old.ping())
    assert not nas.tls.path.exists()
