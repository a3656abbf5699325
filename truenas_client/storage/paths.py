"""The path of the configuration. A module of its own, because programs need it before they load anything else."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # `typing` costs more to import than all the rest here; type checkers know the name
if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["APPLICATION", "catalogues_path", "config_path"]

APPLICATION = "truenas-client"


def config_path() -> Path:
    """``config.toml`` in the configuration folder that both programs share (on Linux ``~/.config/truenas-client``)."""
    return _folder("config") / "config.toml"


def catalogues_path() -> Path:
    """The folder of the cached catalogues (on Linux ``~/.cache/truenas-client/catalogues``)."""
    return _folder("cache") / "catalogues"


def _folder(kind: str) -> Path:
    if sys.platform == "linux":
        # What platformdirs answers there. Loading it takes a tenth of a call to this machine's server.
        from pathlib import Path

        root = os.environ.get(f"XDG_{kind.upper()}_HOME", "").strip()
        return Path(root or os.path.expanduser(f"~/.{kind}"), APPLICATION)
    import platformdirs

    folder = platformdirs.user_config_path if kind == "config" else platformdirs.user_cache_path
    return folder(APPLICATION, appauthor=False)
