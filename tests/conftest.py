"""What holds for every test: nothing of the user's own configuration and state is read or written; no test is timed."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.facts import FULL
from tests.limits import (  # noqa: F401 - hooks count where a conftest holds them
    pytest_runtest_call,
    pytest_runtest_makereport,
    pytest_runtest_setup,
    pytest_runtest_teardown,
    pytest_unconfigure,
)

if TYPE_CHECKING:
    from tests.ring import Ring

_numbers = count()

# A busy machine is no fault of what is tested.
for _profile, _examples in (("share", 50), ("full", 1000)):
    settings.register_profile(
        _profile, max_examples=_examples, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
settings.load_profile("full" if FULL else "share")

# A run in the background or under nohup ignores some signals, and so would the programs it starts.
for _number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL)


@pytest.fixture(autouse=True)
def folders_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty configuration, state and cache folders, for the test and the processes that it starts; and no agent."""
    # Not made before they are needed: most tests never do.
    base = tmp_path_factory.getbasetemp() / "homes" / str(next(_numbers))
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(base / name.lower()))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(base / "run"))
    monkeypatch.setenv("MIDCLT_AGENT", "never")


@pytest.fixture
def ring() -> Iterator[Ring]:
    """An empty keyring, in the place of the machine's own."""
    import keyring

    from tests.ring import Ring

    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def pytest_collection_finish() -> None:
    """The garbage collector leaves alone what lives as long as the run, and comes seldom: it took a fifth of an app."""
    gc.set_threshold(100_000, 20, 50)
    gc.collect()
    gc.freeze()


_unfreeze = gc.unfreeze


def unfreeze_and_note() -> None:
    global _thawed
    _unfreeze()
    _thawed = True


_thawed = False
# Asking `gc.get_freeze_count` before each test would count a million objects.
gc.unfreeze = unfreeze_and_note


def pytest_runtest_logstart() -> None:
    global _thawed
    # An app that lets go of a large result has everything looked through again.
    if _thawed:
        gc.collect()
        gc.freeze()
        _thawed = False


def pytest_make_parametrize_id(val: object) -> str | None:
    """Texts of a hundred thousand characters are parameters too, and ids are sent between processes for each test."""
    return f"{val[:40]!r} of {len(val)}" if isinstance(val, str | bytes) and len(val) > 100 else None
