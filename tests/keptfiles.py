"""The files below a folder, as another program sees them: one that is being written may be gone when it is read."""

from __future__ import annotations

from pathlib import Path

__all__ = ["files_below"]


def files_below(folder: Path) -> dict[Path, bytes]:
    """The bytes of every file below a folder; begun again when a writer moves a file into its place meanwhile."""
    while True:
        try:
            return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        except FileNotFoundError:
            continue
