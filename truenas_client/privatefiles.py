"""Files that only their owner may read, replaced as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

__all__ = ["others_may_read", "write_private", "write_private_bytes"]


def write_private(path: Path, text: str) -> None:
    """Write a text file (UTF-8) as `write_private_bytes` does."""
    write_private_bytes(path, text.encode())


def write_private_bytes(path: Path, data: bytes) -> None:
    """Write a file of mode 0600 atomically, making missing folders with mode 0700.

    A symbolic link stays one: what it points to is replaced. Raises OSError, and then
    the file is as it was.
    """
    import tempfile  # here, because programs that only read start sooner without

    path = Path(os.path.realpath(path))
    _make_folders(path.parent)
    # mkstemp makes the file 0600, whatever the umask.
    number, made = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(made)
        raise


def _make_folders(folder: Path) -> None:
    if not folder.is_dir():
        _make_folders(folder.parent)
        # mkdir's parents would get the umask's mode, not this one.
        folder.mkdir(mode=0o700, exist_ok=True)


def others_may_read(path: Path) -> bool:
    """Whether the mode of a file lets other users of this machine read it; False where modes mean nothing."""
    if os.name != "posix":
        return False
    mode = path.stat().st_mode
    return stat.S_ISREG(mode) and bool(mode & 0o077)
