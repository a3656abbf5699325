"""``make bench``: every measurement, one after the other; ``python -m tests.bench NAME...`` for some."""

from __future__ import annotations

import sys
from importlib import import_module

PARTS = (
    "calls",
    "blocking",
    "commands",
    "agent",
    "diffs",
    "flood",
    "simulator",
    "app",
    "jobs",
    "keys",
    "forms",
    "panels",
    "large",
    "start",
    "idle",
    "memory",
)
"""Modules of this package, in the order of the run."""


def main() -> None:
    for name in sys.argv[1:] or PARTS:
        import_module(f"tests.bench.{name}").run()


if __name__ == "__main__":
    main()
