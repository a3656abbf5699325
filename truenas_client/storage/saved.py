"""The saved calls of a user: TOML files in folders, which may be a checkout of a repository that others share.

``nightly/datasets`` is the file ``nightly/datasets.toml`` below the folder ``calls`` beside the configuration. A folder
in it may be a symbolic link. Invariants: a name never leads out of the folder; a file is replaced as a whole, and only
when the caller says so; one broken file does not hide the others.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from ..bounded import read_own_text
from ..exc import InvalidSavedCall
from .paths import config_path
from .private_files import replacing
from .saved_call import SavedCall
from .toml_places import line_of

__all__ = ["SavedCalls", "calls_folder", "read_call"]

_PART = re.compile(r"[^\W_.-](?:[\w. -]{0,62}[\w-])?")
DEEPEST = 6
MOST = 2_000
"""Bounds of the search for files: a link may lead into anything."""
LARGEST = 1 << 20
"""Bytes of a file; a call has at most some ten thousand."""


def calls_folder() -> Path:
    """``calls`` in the configuration folder (on Linux ``~/.config/truenas-client/calls``)."""
    return config_path().parent / "calls"


def check_call_name(name: str) -> str:
    """The name if it is one. Raises `InvalidSavedCall`."""
    parts = name.split("/")
    if len(parts) > DEEPEST or not all(_PART.fullmatch(part) for part in parts):
        raise InvalidSavedCall(f"{name[:80]!r} is no name for a call: letters, digits, spaces, . - _ and / for folders")
    return name


class SavedCalls:
    """The files below a folder. Nothing is kept: each method reads the disk."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = calls_folder() if folder is None else folder

    def names(self) -> list[str]:
        """The names of all files, in order, at most `MOST`."""
        found: list[str] = []
        for place, folders, files in os.walk(self.folder, followlinks=True):
            below = Path(place).relative_to(self.folder).parts
            folders[:] = sorted(name for name in folders if _PART.fullmatch(name)) if len(below) < DEEPEST - 1 else []
            stems = (name.removesuffix(".toml") for name in files if name.endswith(".toml"))
            found += ["/".join((*below, stem)) for stem in stems if _PART.fullmatch(stem)]
            if len(found) > MOST:
                break
        return sorted(found)[:MOST]

    def all(self) -> tuple[list[SavedCall], dict[str, str]]:
        """The saved calls, and by the names of the files that are none, what is wrong with them."""
        calls, problems = [], {}
        for name in self.names():
            try:
                calls.append(self.get(name))
            except InvalidSavedCall as e:
                problems[name] = e.error
        return calls, problems

    def path(self, name: str) -> Path:
        """The file of a name. Raises `InvalidSavedCall`."""
        return self.folder.joinpath(*check_call_name(name).split("/")[:-1], f"{name.rpartition('/')[2]}.toml")

    def get(self, name: str) -> SavedCall:
        """The call of this name. Raises `InvalidSavedCall`."""
        path = self.path(name)
        if not path.exists():
            from difflib import get_close_matches

            names = self.names()
            near = get_close_matches(name, names, 1) or [one for one in names if one.rpartition("/")[2] == name][:1]
            known = f"did you mean {near[0]}?" if near else f"there is {', '.join(names[:9]) or 'none at all'}"
            raise InvalidSavedCall(f"No call is saved as {name[:80]!r} in {self.folder}; {known}")
        return read_call(path, name)

    def put(self, call: SavedCall, *, replace: bool = False) -> Path:
        """Write a call. Raises `InvalidSavedCall` for a name that is none or taken, OSError."""
        path = self.path(call.name)
        with replacing(path) as write:
            text = call.text()
            if path.exists():
                if not replace:
                    raise InvalidSavedCall(f"A call is saved as {call.name} already")
                text = _changed(path, text)
            SavedCall.parse(call.name, text)  # better to raise for a bug here than to write a broken file
            write(text.encode())
        return path

    def remove(self, name: str) -> None:
        """Delete a call, and the folders that it leaves empty. Raises `InvalidSavedCall` without one, OSError."""
        path = self.path(name)
        if not path.exists():
            self.get(name)
        path.unlink()
        for folder in path.parents:
            if folder == self.folder or folder.is_symlink() or any(folder.iterdir()):
                break
            folder.rmdir()


def _changed(path: Path, wanted: str) -> str:
    """The text of a file with what is wanted in it: comments and all that is the same stay as they are."""
    import tomllib

    import tomlkit

    try:
        document = tomlkit.parse(read_own_text(path, ValueError, limit=LARGEST))
        _update(document, tomlkit.parse(wanted))
    except ValueError:
        return wanted  # a broken file has nothing to keep, and a table in one line cannot hold the variables
    text = document.as_string()
    return text if tomllib.loads(text) == tomllib.loads(wanted) else wanted


def _update(table: Any, new: Any) -> None:
    for key in [key for key in table if key not in new]:
        del table[key]
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(table.get(key), dict):
            _update(table[key], value)
        elif key not in table or table[key] != value:
            table[key] = value


def read_call(path: Path, name: str = "") -> SavedCall:
    """The call in a file, by this name or that of the file. Raises `InvalidSavedCall`."""
    text = read_own_text(path, InvalidSavedCall, limit=LARGEST)
    try:
        return SavedCall.parse(name or path.stem, text)
    except InvalidSavedCall as e:
        line = line_of(text, tuple(e.error.partition(":")[0].split(".")))
        raise InvalidSavedCall(f"{path}:{line}: {e.error}" if line else f"{path}: {e.error}") from None
