"""An error at the end of a command, of one server or of several: what the user reads, and the exit status."""

from __future__ import annotations

from argparse import Namespace

from truenas_client.exc import ClientException, NotAuthenticated

from .access import chosen
from .exits import CommandError, ExitStatus, status_of
from .output import report, say, tell

__all__ = ["told"]


def told(error: Exception, options: Namespace, *, quiet: bool = False) -> ExitStatus | None:
    """Print an error and the advice among its notes, unless ``quiet``; its status. None for a bug of this program."""
    if isinstance(error, ClientException):
        if not quiet:
            advice = [*_unsigned(error, options), *getattr(error, "__notes__", ())]
            report(error, advice, verbose=options.verbose)
        return status_of(error)
    if isinstance(error, CommandError):
        if not quiet:
            tell([str(error)], verbose=options.verbose)
        return error.status
    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
        if not quiet:
            words = error.strerror or str(error)
            say(f"midclt: {error.filename}: {words}" if error.filename else f"midclt: {words}")
        return ExitStatus.ERROR
    return None


def _unsigned(error: ClientException, options: Namespace) -> list[str]:
    """Advice where the server wants a sign-in and no user is named."""
    if not isinstance(error, NotAuthenticated) or chosen(options).username is not None:
        return []
    if options.on:
        return [f"Not signed in: the profile {options.profile} names no user."]
    return ["Not signed in: give a user name with -U or TRUENAS_USERNAME."]
