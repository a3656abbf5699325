"""What holds for every test: nothing of the user's own configuration and state is read or written; no test is timed."""

from __future__ import annotations

import signal
from itertools import count

import pytest
from hypothesis import HealthCheck, settings

_numbers = count()

# A busy machine is no fault of what is tested.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# A run in the background or under nohup ignores some signals, and so would the programs it starts.
for _number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL)


@pytest.fixture(autouse=True)
def folders_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty configuration, state and cache folders, for the test and the processes that it starts."""
    # Not made before they are needed: most tests never do.
    base = tmp_path_factory.getbasetemp() / "homes" / str(next(_numbers))
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(base / name.lower()))
