"""The README's examples of testing one's own scripts; run as a module it checks their types as a strict user would."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.facts import ROOT

__all__ = ["examples"]


def examples() -> list[str]:
    """The Python blocks of "Testing your own scripts", in order."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition("## Testing your own scripts")[2].partition("\n## ")[0]
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)


def main() -> int:
    """Runs mypy --strict on them; its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        for number, code in enumerate(examples()):
            Path(folder, f"test_example_{number}.py").write_text(code, encoding="utf-8")
        options = ["--strict", "--config-file=", "--explicit-package-bases", "--no-error-summary"]
        return subprocess.run([sys.executable, "-m", "mypy", *options, folder], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
