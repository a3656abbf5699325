"""Memory of a process after loading the real catalogue, beside the same process before."""

from __future__ import annotations

import ctypes
import gc
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.facts import facts


def resident() -> int:
    """Resident bytes of this process (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


class _Allocated(ctypes.Structure):
    """What ``mallinfo2`` of glibc answers: ten sizes."""

    _fields_ = [("sizes", ctypes.c_size_t * 10)]


def in_use() -> int:
    """Bytes that objects of this process hold (CPython on Linux with glibc).

    Pages stay resident once a burst has filled them, wherever a small object is left on them: after a busy moment
    resident memory is larger though nothing more is held.
    """
    mallinfo2 = ctypes.CDLL("libc.so.6").mallinfo2
    mallinfo2.restype = _Allocated
    sizes = mallinfo2().sizes
    mapped, small = sizes[4], sizes[7]
    # Python prints what its own allocator holds, and only onto the standard error stream.
    with tempfile.TemporaryFile() as file:
        errors = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            sys._debugmallocstats()
        finally:
            os.dup2(errors, 2)
            os.close(errors)
        file.seek(0)
        told = re.search(rb"# bytes in allocated blocks *= *([\d,]+)", file.read())
    assert told is not None, "Python tells nothing of its allocator"
    return int(told[1].replace(b",", b"")) + int(mapped) + int(small)


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
