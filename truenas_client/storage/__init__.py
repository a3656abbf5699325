"""What is kept on disk: profiles, known servers, named secrets, key files, the catalogue cache.

Profiles (which server, as whom, trusted how, and where the secret lies) stand in ``config.toml`` in the user's
configuration folder, which people edit too; what programs find out by themselves (`known_servers`) lies in the state
folder. Names are loaded when they are first used, so looking at a profile loads no event loop.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .choosing import Choice, choose
    from .known_servers import Known
    from .paths import config_path
    from .profile import MECHANISMS, Profile
    from .profiles import Profiles

__all__ = ["MECHANISMS", "Choice", "Known", "Profile", "Profiles", "choose", "config_path"]

_HOMES = {
    "Known": "known_servers",
    "MECHANISMS": "profile",
    "Profile": "profile",
    "Choice": "choosing",
    "choose": "choosing",
    "Profiles": "profiles",
    "config_path": "paths",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value
