"""Limits of a run: a test that hangs fails by its name; in CI only a missing program may leave one out.

The hooks here count where `tests.conftest` has imported them.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

SECONDS = int(os.environ.get("TEST_SECONDS", "300"))
"""For the setup, the test itself and what is torn down, each: several times what the longest takes."""

REARMED_SECONDS = 30

MAY_BE_MISSING = ("tmux", "nginx", "chromium")
"""Programs that a machine of CI may lack; the reason of the skip names one."""


_armed = -REARMED_SECONDS


def watch_for_code_that_never_returns() -> None:
    """Code that never comes back to Python is ended with its process; xdist names the test.

    Each call would start a thread and end the one before: a quarter of what a short test costs.
    """
    global _armed
    now = time.monotonic()
    if now - _armed >= REARMED_SECONDS:
        faulthandler.dump_traceback_later(SECONDS + 60 + REARMED_SECONDS, exit=True)
        _armed = now


def pytest_unconfigure() -> None:
    faulthandler.cancel_dump_traceback_later()


@contextmanager
def limited(item: pytest.Item) -> Iterator[None]:
    late = False

    def too_long(signum: int = 0, frame: object = None) -> None:
        nonlocal late
        late = True
        pytest.fail(f"{item.nodeid}: not done within {SECONDS} s")

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, too_long)
    # Again each second: asyncio reports what is raised inside a callback and goes on, but not between callbacks.
    signal.setitimer(signal.ITIMER_REAL, SECONDS, 1.0)
    watch_for_code_that_never_returns()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if late:
        # The failure was raised inside a task, and its test gathered it as a result.
        too_long()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    with limited(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    with limited(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    with limited(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        known = (*MAY_BE_MISSING, "no recorded facts") if os.environ.get("WITHOUT_SHARED") == "1" else MAY_BE_MISSING
        if not any(name in reason.lower() for name in known):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} is left out in CI, where it may not be: {reason}"
    return report
