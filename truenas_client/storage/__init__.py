"""The files on disk: profiles, known servers, named secrets, key files, saved calls, the catalogue cache.

A profile names a server, the user, the accepted certificates, and the place of the secret. Profiles are in
``config.toml`` in the user's configuration folder, which the user may edit too. Facts that the programs learn by
themselves (`known_servers`) are in the state folder. Names are loaded on first use, so reading a profile loads no event
loop.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` costs more to import than all the rest here; type checkers know the name
if TYPE_CHECKING:
    from typing import Any

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
    from importlib import import_module

    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value
