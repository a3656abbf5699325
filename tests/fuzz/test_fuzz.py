"""A tenth of the fuzzing (`python -m tests.soak fuzz` does it all), and what it has found."""

from __future__ import annotations

import pytest

from truenas_client.engine.ddp import DDP
from truenas_client.engine.jsonrpc import JSONRPC
from truenas_client.engine.messages import Failure, Fault

from .run import fuzz

FRAMES = 20_000


@pytest.mark.parametrize("dialect", ["jsonrpc", "ddp"])
def test_no_text_gets_through_that_should_not(dialect: str) -> None:
    figures = fuzz(dialect, FRAMES)
    assert figures.frames == FRAMES
    # Mutants that are all rubbish would prove nothing.
    for kind in ("reply", "failure", "update", "ended"):
        assert figures.messages[kind] > 50, kind


def test_a_batch_depends_on_its_seed_alone() -> None:
    first, second = fuzz("jsonrpc", 300, 5), fuzz("jsonrpc", 300, 5)
    assert first.messages == second.messages


@pytest.mark.parametrize("kind", ["[]", '["changed"]', "{}", '{"a":1}'])
def test_a_kind_that_is_no_word(kind: str) -> None:
    event = f'{{"msg":{kind},"collection":"a","id":1,"fields":{{}}}}'
    (message,) = JSONRPC().receive(f'{{"jsonrpc":"2.0","method":"collection_update","params":{event}}}')
    assert isinstance(message, Fault)
    (message,) = DDP().receive(event)
    assert isinstance(message, Fault)


@pytest.mark.parametrize("levels", [100, 500, 900, 950, 980, 1500, 100_000])
def test_depth_of_any_kind_is_said_in_a_line(levels: int) -> None:
    deep = "[" * levels + "]" * levels
    for text in (f'{{"jsonrpc":"2.0","id":{deep},"result":1}}', f'{{"jsonrpc":"2.0","method":{deep}}}', deep):
        (message,) = JSONRPC().receive(text)
        assert isinstance(message, Fault)
        assert len(message.reason) < 200
    for dialect, text in (
        (JSONRPC(), f'{{"jsonrpc":"2.0","id":"a","error":{deep}}}'),
        (DDP(), f'{{"msg":"result","id":"a","error":{deep}}}'),
    ):
        (message,) = dialect.receive(text)
        assert isinstance(message, (Failure, Fault))
        assert len(str(message)) < 500


def test_a_value_that_cannot_be_read_is_not_repeated_at_length() -> None:
    secret = "s" * 5000
    (message,) = JSONRPC().receive(f'{{"jsonrpc":"2.0","id":"a","result":{{"$time":"{secret}"}}}}')
    assert isinstance(message, Failure)
    assert secret not in str(message.error)
