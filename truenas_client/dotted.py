"""Dotted paths into rows: ``scan.state``, where ``\\.`` is a dot in a name."""

from __future__ import annotations

__all__ = ["escaped", "split"]


def split(path: str) -> list[str]:
    """The names of a path."""
    if "\\." not in path:
        return path.split(".")
    return [part.replace("\0", ".") for part in path.replace("\\.", "\0").split(".")]


def escaped(name: str) -> str:
    """A name as one part of a path."""
    return name.replace(".", "\\.")
