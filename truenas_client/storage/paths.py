"""The path of the configuration. A module of its own, because programs need it before they load anything else."""

from __future__ import annotations

from pathlib import Path

__all__ = ["APPLICATION", "config_path"]

APPLICATION = "truenas-client"


def config_path() -> Path:
    """``config.toml`` in the configuration folder that both programs share (on Linux ``~/.config/truenas-client``)."""
    import platformdirs

    return platformdirs.user_config_path(APPLICATION, appauthor=False) / "config.toml"
