"""What holds for every test: nothing of the user's own configuration and state is read or written."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def folders_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty configuration, state and cache folders, for the test and the processes that it starts."""
    base = tmp_path_factory.getbasetemp() / "home"
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(base / name.lower()))
