"""Profiles: which server, as whom, trusted how, and where the secret lies.

They stand in ``config.toml`` in the user's configuration folder, which people edit too;
what programs find out by themselves (`known`) lies in the state folder.
"""

from __future__ import annotations

from .known import Known
from .profile import MECHANISMS, Profile
from .resolve import Choice, choose
from .signin import sign_in
from .store import Profiles, config_path

__all__ = ["MECHANISMS", "Choice", "Known", "Profile", "Profiles", "choose", "config_path", "sign_in"]
