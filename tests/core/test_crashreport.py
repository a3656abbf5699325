"""Reports of unexpected errors: where they arose, and nothing that was typed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from truenas_client.secrets.crash_report import crash_report, masked_message, words_of
from truenas_client.secrets.value import Secret

TYPED = "hunter2xyz"


class Odd(Exception):
    def __str__(self) -> str:
        raise RuntimeError(TYPED)


def causes() -> list[BaseException]:
    """Errors as Python makes them from what somebody typed."""
    found: list[BaseException] = []
    for cause in (
        lambda: int(TYPED),
        lambda: {}[TYPED],  # type: ignore[index]
        lambda: Path(f"/nonexistent/{TYPED}").read_text(),
        lambda: TYPED.encode().decode("utf-16"),
        lambda: (_ for _ in ()).throw(ValueError(f"password={TYPED} is wrong")),
        lambda: (_ for _ in ()).throw(ValueError(f"{{'name': \"it's {TYPED}")),
        lambda: (_ for _ in ()).throw(Odd()),
    ):
        try:
            cause()
        except Exception as e:  # noqa: BLE001 - whatever it is
            found.append(e)
    return found


@pytest.mark.parametrize("error", causes(), ids=lambda error: type(error).__name__)
def test_no_report_holds_what_was_typed(error: BaseException) -> None:
    report = crash_report(error)
    assert TYPED not in report
    assert type(error).__name__ in report
    assert f"{__file__}:" in report
    assert "in <lambda>" in report


def test_the_values_given_are_masked_wherever_they_stand() -> None:
    error = ValueError(f"no such user {TYPED}")
    assert masked_message(error, [Secret(TYPED)]) == "no such user ********"
    assert masked_message(error, words_of([f'{{"name": "{TYPED}"}}'])) == "no such user ********"
    assert masked_message(AttributeError("'NoneType' object has no attribute 'name'")).endswith("attribute 'name'")
    assert masked_message(ValueError("x" * 1000 + "\x1b[31m")).isprintable()


async def test_causes_and_members_of_groups_are_told() -> None:
    async def fail(kind: type[Exception]) -> None:
        try:
            raise KeyError(TYPED)
        except KeyError as e:
            raise kind(f"'{TYPED}'") from e

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail(TypeError))
            group.create_task(fail(ValueError))

    with pytest.raises(ExceptionGroup) as caught:
        await both()
    report = crash_report(caught.value)
    assert TYPED not in report
    for text in ("ExceptionGroup", "of the group: TypeError", "of the group: ValueError", "caused by KeyError"):
        assert text in report


def test_deep_recursion_is_told_in_few_lines() -> None:
    def dive(depth: int) -> int:
        return dive(depth + 1)

    with pytest.raises(RecursionError) as caught:
        dive(0)
    lines = crash_report(caught.value).splitlines()
    assert len(lines) < 60
    assert any("more)" in line for line in lines)
