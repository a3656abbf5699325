"""The README's first example of the library runs as it stands, but for the address."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.facts import ROOT

from .nas import nas_of, threads_of_ours, until


def test_the_example_of_the_blocking_client(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## The library")[2]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found is not None
    with nas_of("26", tmp_path) as nas:
        nas.nas.add_account("admin", "secret")
        exec(found[1].replace("wss://nas.example/api/current", nas.url), {})
    out = capsys.readouterr().out
    assert out.startswith("26.0")
    assert "'percent': 100" in out
    until(lambda: not threads_of_ours())  # the thread of a subscription ends a moment after `close`
