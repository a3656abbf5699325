"""The saved calls that this app may use: those of the account, or of a guest in a browser only its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from truenas_client.storage.saved import SavedCalls
from tui import guest

__all__ = ["saved_calls"]


@cache
def _own_folder() -> TemporaryDirectory[str]:
    """Removed when the process ends."""
    return TemporaryDirectory(prefix="truenas-tui-calls-")


def saved_calls() -> SavedCalls:
    """The folder of the account; a guest gets an empty one, which goes with its page."""
    return SavedCalls(Path(_own_folder().name)) if guest.is_guest() else SavedCalls()
