"""A flow (a generator that yields steps and returns a result) in the hands of a driver.

The driver iterates over the steps. After each it leaves the ``answer``, or the ``failure`` that the flow is to see;
after the last there is the ``result``. What the flow raises comes out of the iteration.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Generic, Self, TypeVar

from ..exc import ClientException

__all__ = ["Driven"]

Step = TypeVar("Step")
Result = TypeVar("Result")


class Driven(Generic[Step, Result]):
    """One run of a flow."""

    result: Result

    def __init__(self, flow: Generator[Step, Any, Result]) -> None:
        self._flow = flow
        self.answer: Any = None
        self.failure: ClientException | None = None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Step:
        answer, failure, self.answer, self.failure = self.answer, self.failure, None, None
        try:
            return self._flow.send(answer) if failure is None else self._flow.throw(failure)
        except StopIteration as done:
            self.result = done.value
        raise StopIteration
