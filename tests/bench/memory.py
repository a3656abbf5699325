"""Memory of a process after loading the real catalogue, beside the same process before."""

from __future__ import annotations

import gc
import gzip
import json
import subprocess
import sys
from pathlib import Path

from tests.facts import facts


def resident() -> int:
    """Resident bytes of this process (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def measure(path: str) -> None:
    """Print, as JSON: bytes before, after reading the text's JSON, and after keeping only the catalogue."""
    from truenas_client import Catalogue
    from truenas_client.methods.search import Index

    gc.collect()
    before = resident()
    with gzip.open(path, "rt", encoding="utf-8") as file:
        methods = json.load(file)
    parsed = resident()
    catalogue = Catalogue.from_methods(methods)
    index = Index(catalogue.methods.values())
    index.search("pds q")
    del methods
    gc.collect()
    print(json.dumps([before, parsed, resident(), len(catalogue)]))


def run() -> None:
    folder = facts()
    print("memory after loading the real catalogue of 26")
    if folder is None:
        print("  skipped: no recorded facts (TRUENAS_FACTS)")
        return
    path = folder / "api" / "methods-26.json.gz"
    out = subprocess.run(
        [sys.executable, "-m", "tests.bench.memory", str(path)], capture_output=True, text=True, check=True
    ).stdout
    before, parsed, after, count = json.loads(out)
    print(
        f"  {count} methods: {before / 1e6:.0f} MB before, {(parsed - before) / 1e6:+.0f} MB as parsed JSON, "
        f"{(after - before) / 1e6:+.0f} MB with catalogue and search index"
    )


if __name__ == "__main__":
    measure(sys.argv[1])
