"""Exit statuses: the number for each kind of failure.

``0`` is success, ``1`` any error without a number of its own. With
``MIDCLT_EXIT=compat`` in the environment 3 to 9 become 1, as in the official command,
for scripts that compare with 1 instead of "not 0".
"""

from __future__ import annotations

import os
from enum import IntEnum

TYPE_CHECKING = False  # `typing` costs a quick call as much as all the rest of its imports
if TYPE_CHECKING:
    from truenas_client.exc import ClientException

__all__ = ["CommandError", "ExitStatus", "Terminated", "folded", "status_of"]


class ExitStatus(IntEnum):
    """The exit status of the command."""

    OK = 0
    ERROR = 1
    USAGE = 2
    CONNECTION = 3
    """No connection could be made, or it was lost: the outcome of a call may be unknown."""
    AUTHENTICATION = 4
    """Not signed in, or not allowed."""
    TIMEOUT = 5
    VALIDATION = 6
    """The server refused the arguments."""
    JOB = 7
    """The job failed, was aborted, or cannot be found again."""
    RATE_LIMITED = 8
    SOME_FAILED = 9
    """Of several servers (``--on``) some failed."""
    INTERRUPTED = 130
    """Ctrl-C (128 + SIGINT)."""
    PIPE = 141
    """The reader closed the output (128 + SIGPIPE)."""
    TERMINATED = 143
    """Ended by another program (128 + SIGTERM)."""


class Terminated(KeyboardInterrupt):
    """SIGTERM came: a command ends as after Ctrl-C, with another status."""


class CommandError(Exception):
    """Ends the command with a message on standard error. Nothing was sent to the server, or the server refused it."""

    def __init__(self, message: str, status: ExitStatus) -> None:
        super().__init__(message)
        self.status = status


def status_of(error: ClientException) -> ExitStatus:
    """The exit status for an error of the client."""
    from truenas_client import exc

    # The first fitting row decides, so a subclass comes before its parent.
    table: tuple[tuple[type[ClientException], ExitStatus], ...] = (
        (exc.InvalidEndpoint, ExitStatus.USAGE),
        (exc.InvalidProfile, ExitStatus.USAGE),
        (exc.InvalidSavedCall, ExitStatus.USAGE),
        (exc.ConnectError, ExitStatus.CONNECTION),
        (exc.ConnectionLost, ExitStatus.CONNECTION),
        (exc.RateLimited, ExitStatus.RATE_LIMITED),
        (exc.AuthenticationError, ExitStatus.AUTHENTICATION),
        (exc.InvalidKeyFile, ExitStatus.AUTHENTICATION),
        (exc.NotAuthenticated, ExitStatus.AUTHENTICATION),
        (exc.NotAuthorized, ExitStatus.AUTHENTICATION),
        (exc.CallTimeout, ExitStatus.TIMEOUT),
        (exc.ValidationErrors, ExitStatus.VALIDATION),
        (exc.JobError, ExitStatus.JOB),
    )
    return next((status for kind, status in table if isinstance(error, kind)), ExitStatus.ERROR)


def folded(status: int) -> int:
    """The status for the shell: with ``MIDCLT_EXIT=compat`` 3 to 9 are 1."""
    if os.environ.get("MIDCLT_EXIT") == "compat" and ExitStatus.CONNECTION <= status <= ExitStatus.SOME_FAILED:
        return int(ExitStatus.ERROR)
    return int(status)
