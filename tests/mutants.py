"""Breaks the rules of a connection on purpose, one at a time: each break must fail a pure test.

``python -m tests.mutants`` copies the package, breaks it, and runs the tests of the engine on the copy. A break that
no test notices is named and makes the run fail.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.facts import ROOT

PURE = ("test_conversation.py", "test_retry.py", "test_jobbook.py", "test_ledger.py", "test_inbox.py")


@dataclass(frozen=True)
class Mutant:
    """One rule, the file it stands in, and the text that takes another's place."""

    rule: str
    file: str
    old: str
    new: str


MUTANTS = (
    Mutant(
        "a call that was given up and refused with -32000 is not sent again",
        "conversation.py",
        "        if call is None or call.settled:\n            return\n        if isinstance(failure.error",
        "        if call is None:\n            return\n        if isinstance(failure.error",
    ),
    Mutant(
        "events of job numbers from before a restart are never credited after it",
        "jobbook.py",
        "        self._early.clear()\n        answered =",
        "        answered =",
    ),
    Mutant(
        "a job start that never left is not looked for after a loss",
        "jobbook.py",
        "        elif error.sent and reconnect:\n",
        "        elif reconnect:\n",
    ),
    Mutant(
        "after a silent (transient) job start the next one leaves by time alone",
        "ledger.py",
        "            times.append(self._unannounced.announced_by)\n",
        "            pass\n",
    ),
    Mutant(
        "a refused call leaves again by time alone",
        "ledger.py",
        "        times = [self._paused[0][0]] if self._paused else []\n",
        "        times: list[float] = []\n",
    ),
    Mutant(
        "a write that had left is never repeated",
        "retry.py",
        "    return Chance.NEXT if reconnect and repeat else Chance.NONE\n",
        "    return Chance.NEXT if reconnect else Chance.NONE\n",
    ),
    Mutant(
        "a renewed subscription shows a gap",
        "topics.py",
        "                listener.gap(reason)\n",
        "                pass\n",
    ),
    Mutant(
        "the watchdog asks when calls are outstanding and nothing comes",
        "conversation.py",
        "if quiet >= silence and self.ledger.in_flight",
        "if quiet < 0 and self.ledger.in_flight",
    ),
    Mutant(
        "a call that may have left when another caller was interrupted is not sent again",
        "conversation.py",
        "            elif call is at_hand:\n                call.sent = True\n",
        "",
    ),
    Mutant(
        "what calls hold is counted anew after an interrupt",
        "conversation.py",
        "        self.ledger.recount()\n",
        "",
    ),
    Mutant(
        "an error without an id belongs to the only call in flight",
        "conversation.py",
        "            call = self.ledger.answered(only.id) if only is not None else None\n",
        "            call = None\n",
    ),
)


def passes(mutant: Mutant | None) -> bool:
    """Whether the pure tests pass on a copy with this break, or on a whole one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in (
            "truenas_client",
            "tests/__init__.py",
            "tests/conftest.py",
            "tests/facts.py",
            "tests/limits.py",
            "pyproject.toml",
        ):
            source, target = ROOT / part, folder / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        (folder / "tests/core").mkdir()
        for part in ("__init__.py", *PURE):
            shutil.copy(ROOT / "tests/core" / part, folder / "tests/core" / part)
        if mutant is not None:
            broken = folder / "truenas_client/engine" / mutant.file
            text = broken.read_text()
            assert text.count(mutant.old) == 1, f"{mutant.rule}: the rule no longer stands in {mutant.file} like this"
            broken.write_text(text.replace(mutant.old, mutant.new))
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/core"]
        env = {**os.environ, "PYTHONPATH": name, "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(command, cwd=folder, env=env, capture_output=True).returncode == 0


def main() -> int:
    """Break each rule; the exit status is the number of breaks that were not noticed."""
    assert passes(None), "the tests fail on the whole engine"
    survivors = [mutant for mutant in MUTANTS if passes(mutant)]
    for mutant in MUTANTS:
        print(f"mutants: {'SURVIVES' if mutant in survivors else 'dies'}: {mutant.rule}")
    return len(survivors)


if __name__ == "__main__":
    sys.exit(main())
