"""The app in a browser is a guest on this machine: it is used by the reader of a page, not by the owner of the account.

A guest is not offered what belongs to that account: the local socket, the keyring and every other kept secret, named
secrets and variables of the environment in arguments, files to send. What the command line of ``--serve`` gives, it
has; ``--allow-local`` makes it the owner. One process serves one page, so this holds for the whole process.
"""

from __future__ import annotations

__all__ = ["is_guest", "receive", "refusal"]

_guest = False


def receive() -> None:
    """Makes the app of this process a guest."""
    global _guest
    _guest = True


def is_guest() -> bool:
    """Whether the app may use nothing of this account."""
    return _guest


def refusal(what: str) -> str:
    """The sentence for something that a guest may not use."""
    return f"{what} cannot be used from a browser, unless the server was started with --serve --allow-local"
