"""Read an API key from the text itself or from a file.

A file is given by an absolute path, a path that begins with ``~``, a Windows path with a
drive or a share, or an `os.PathLike`.

Invariant: errors and warnings name the file, never its content.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from ..auth.keytext import ApiKey, is_raw, parse
from ..bounded import TooLarge
from ..exc import InvalidKeyFile
from .private_files import read_secret

__all__ = ["is_path", "load"]

_PATH = re.compile(r"/|~|[A-Za-z]:[\\/]|\\\\")


def is_path(key_or_path: str | os.PathLike[str]) -> bool:
    """Whether this names a file and is not a key itself."""
    if not isinstance(key_or_path, str):
        return True
    return bool(_PATH.match(key_or_path)) and not is_raw(key_or_path) and "\n" not in key_or_path.strip()


def load(key_or_path: str | os.PathLike[str], warn: Callable[[str], None] = lambda text: None) -> ApiKey:
    """Read the key from a text or a file. Blocks while it reads.

    Calls ``warn`` when others can read the file. Raises `InvalidKeyFile`.
    """
    if not is_path(key_or_path):
        return parse(str(key_or_path))
    path = os.path.expanduser(os.fspath(key_or_path)).strip()
    if path.startswith("~"):
        raise InvalidKeyFile(path, "there is no such user whose home folder it could be in")
    text = problem = ""
    try:
        text = read_secret(Path(path), "API key", warn)
    except UnicodeDecodeError:
        text = "\0"
    except TooLarge:
        problem = "is too large to be a key"
    except TimeoutError as e:
        problem = f"cannot be read: {e}"
    except OSError as e:
        problem = f"cannot be read: {e.strerror or type(e).__name__}"
    except ValueError:
        problem = "is not the name of a file"
    if problem:
        raise InvalidKeyFile(path, problem)
    if "\0" in text:
        raise InvalidKeyFile(path, "is not text")
    return parse(text, path)
