"""The README's examples of testing one's own scripts are run as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.readme import examples


def test_the_examples_pass(tmp_path: Path) -> None:
    names = [code.splitlines()[0].strip("# ") for code in examples()]
    for name, code in zip(names, examples(), strict=True):
        (tmp_path / name).write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "--strict-markers", "-W", "error", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in names:
        assert re.search(rf"^{name}::.* PASSED", done.stdout, re.MULTILINE), name


def test_there_are_examples() -> None:
    assert len(examples()) == 2
