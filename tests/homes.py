"""A home folder of its own for a program that runs outside of pytest: benches, long runs, pictures."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def own_home() -> Iterator[None]:
    """An empty home, with all that is kept in it; the environment is as before afterwards."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(HOME=home, **{f"XDG_{name}_HOME": home for name in ("STATE", "CONFIG", "CACHE", "DATA")})
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
