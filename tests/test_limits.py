"""A test that hangs, and one that is left out in CI, fail by their names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

TESTS = """
import asyncio, time, pytest

def test_done(): pass
def test_blocks(): time.sleep(100)
async def test_waits(): await asyncio.Event().wait()

async def test_turns():
    async def turn():
        while True:
            time.sleep(0.01)
            await asyncio.sleep(0)
    await asyncio.gather(turn(), return_exceptions=True)

@pytest.fixture
def stuck(): time.sleep(100)
def test_never_starts(stuck): pass

def test_needs_tmux(): pytest.skip("no tmux here")
def test_left_out(): pytest.skip("not today")
"""

INI = """\
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
"""


def test_what_hangs_or_is_left_out_is_named(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.limits import *\n")
    (tmp_path / "test_them.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text(INI)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TEST_SECONDS": "2", "CI": "1"}
    # Other plugins take as long to load as all else here.
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    plugins = ["-p", "xdist.plugin", "-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-q", *plugins, "-n", "2", "."]
    run = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert run.returncode == 1, run.stdout + run.stderr
    # The error is of the fixture; on a busy machine the end of the loop that turns may be late too.
    assert "4 failed, 1 passed, 1 skipped" in run.stdout
    for name in ("blocks", "waits", "turns", "never_starts"):
        assert f"test_them.py::test_{name}: not done within 2 s" in run.stdout
    assert "test_them.py::test_left_out is left out in CI" in run.stdout
