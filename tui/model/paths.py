"""Paths as the user types them: ``~`` for the home folder, and completions of a path.

Completion reads one folder and nothing else; what cannot be read completes to nothing.
"""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

__all__ = ["completed", "expanded", "shortened"]

MOST_ENTRIES = 10_000
"""The most entries of a folder that completion reads."""


def expanded(text: str) -> Path:
    """The path that is meant: a ``~`` in front is the home folder, relative ones start here."""
    return Path(os.path.abspath(os.path.expanduser(text)))


def shortened(path: Path) -> str:
    """The path as the user would write it."""
    home = os.path.expanduser("~")
    text = str(path)
    return f"~{text[len(home) :]}" if home != "/" and (text == home or text.startswith(f"{home}/")) else text


def completed(text: str) -> str:
    """The text gone on as far as all entries of its folder agree; the text itself where they do not, or there are none.

    A folder that is the only choice gets its slash. Hidden entries count once a dot is typed.
    """
    folder, slash, start = text.rpartition("/")
    if text in ("~", ".", ".."):
        return f"{text}/"
    names = _entries(os.path.expanduser(folder + slash) or ".", start)
    if not names:
        return text
    common = os.path.commonprefix(names)  # noqa: RUF071 - names, character by character
    if len(names) == 1:
        whole = os.path.join(os.path.expanduser(folder + slash) or ".", names[0])
        common += "/" if os.path.isdir(whole) else ""
    return folder + slash + common


def _entries(folder: str, start: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in islice(entries, MOST_ENTRIES) if entry.name.startswith(start)]
    except OSError:
        return []
    # A name that cannot be drawn as it is cannot be typed either.
    return sorted(name for name in names if name.isprintable() and (start or not name.startswith(".")))
