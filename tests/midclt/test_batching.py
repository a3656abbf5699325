"""``midclt batch`` that is interrupted: each call that may have run is reported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from midclt import batching
from tests.midclt.conftest import Run


class _Client:
    """Answers the first call; the user interrupts the wait for the second."""

    closed = False

    def call(self, method: str, *params: Any, **options: Any) -> Any:
        return params[0]

    def wait(self, sent: Any, **options: Any) -> Any:
        if sent == 2:
            raise KeyboardInterrupt
        return sent


def test_an_interrupted_wait_leaves_no_call_out(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    @contextmanager
    def signed_in(*given: Any) -> Iterator[_Client]:
        yield _Client()

    monkeypatch.setattr(batching, "signed_in", signed_in)
    failed = tmp_path / "failed"
    ran = run("batch", "test.echo", "--failed", str(failed), stdin="1\n2\n3\n")
    assert ran.status == 130
    assert [json.loads(line)["ok"] for line in ran.out.splitlines()] == [True, False, False]
    kept = [json.loads(line) for line in failed.read_text().splitlines()]
    assert [(row["params"], row["unknown"]) for row in kept] == [([2], True), ([3], True)]
