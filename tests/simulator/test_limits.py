"""The limits of a server, as running ones keep them: calls before login, and what waits for a client."""

from __future__ import annotations

import pytest

from tests.simulator.talking import Refused, talk
from truenas_client.simulator import Clock, Simulator
from truenas_client.simulator.ratelimit import RateLimit


async def test_only_methods_that_need_no_login_are_limited() -> None:
    # Fast enough that refusals come soon, slow enough that a busy machine makes its calls within the minute.
    async with Simulator(speed=100) as nas, talk(nas, login=False) as client:
        for _ in range(25):
            with pytest.raises(Refused) as refused:
                await client.call("system.info")
            assert refused.value.data["error"] == 207
        for _ in range(20):
            assert await client.call("core.ping") == "pong"
        with pytest.raises(Refused) as refused:
            await client.call("core.ping")
        assert refused.value.data["error"] == 16
        # Each method counts by itself.
        assert (await client.login())["response_type"] == "SUCCESS"


async def test_an_answer_longer_than_what_may_wait_arrives_whole() -> None:
    async with Simulator(most_unsent=1 << 20) as nas, talk(nas) as client:
        nas.method("mine.much")(lambda call: "x" * (8 << 20))
        for _ in range(3):
            assert len(await client.call("mine.much")) == 8 << 20


async def test_a_client_that_reads_nothing_is_dropped_at_the_limit_that_was_set(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with Simulator(most_unsent=1 << 20) as nas, talk(nas) as other, talk(nas) as client:
        nas.method("mine.much")(lambda call: "x" * (16 << 20))
        await client.call("core.subscribe", "mine.items")
        client.connection.transport.pause_reading()
        await client.send("mine.much")
        while len(nas.sessions) == 2:
            nas.send_event("mine.items", "ADDED", id=1)
            await other.call("core.ping")
        client.connection.transport.resume_reading()
    assert "does not read" in caplog.text


class Hand(Clock):
    """A clock that is moved by hand."""

    at = 0.0

    def now(self) -> float:
        return self.at


async def test_the_minute_begins_with_the_first_call_and_is_fixed() -> None:
    hand = Hand()
    async with Simulator(speed=1000) as nas, talk(nas, login=False) as client:
        nas.rate_limit = RateLimit(hand, nas.random)
        assert await client.call("core.ping") == "pong"
        hand.at = 59.0
        for _ in range(19):
            assert await client.call("core.ping") == "pong"
        with pytest.raises(Refused):
            await client.call("core.ping")
        # A sliding minute would still hold nineteen of them.
        hand.at = 60.5
        for _ in range(20):
            assert await client.call("core.ping") == "pong"
