"""The write lock of a profile: refuse a call that may change the server, unless ``--write`` allows it.

The name of a method and the reviewed lists decide whether a call only reads. Where they do
not, the roles in the server's own listing of that service decide. Invariants: in doubt a
call counts as one that writes; a refused call was not sent.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .access import chosen
from .exits import CommandError, ExitStatus

if TYPE_CHECKING:
    from truenas_client.storage import Profile

__all__ = ["Lock", "may_write"]


def may_write(call: Callable[..., Any], method: str, params: Sequence[Any]) -> bool:
    """Whether a call may change the server, by the name of its method, else by the server's listing."""
    from truenas_client.methods.risk import classify, inner_method

    from .listing import service_methods

    if classify(method) == "read":
        return False
    service = (inner_method(method, params) or method).rpartition(".")[0]
    # What is in no listing counts as one that writes.
    return service_methods(call, service).risk_of(method, params) != "read"


class Lock:
    """The rule of the used profile, if any, for calls that write."""

    def __init__(self, options: Namespace) -> None:
        self._profile: Profile | None = None
        if not options.write:
            choice = chosen(options)
            profile = choice.profile
            if profile is not None and profile.read_only:
                from truenas_client.endpoint import parse

                # The rule is for the profile's own servers. For another address the profile gives only the user name.
                self._profile = profile if profile.leads_to(parse(choice.address)) else None

    @property
    def locked(self) -> bool:
        """Whether calls that write are refused."""
        return self._profile is not None

    def check_name(self, method: str, params: Sequence[Any]) -> None:
        """Refuse a method that is known to write, before connecting. Raises `CommandError`."""
        if not self.locked:
            return
        from truenas_client.methods.risk import RISK, WRITES, inner_method

        if (inner_method(method, params) or method) in RISK | WRITES:
            self.check_write(method)

    def check(self, call: Callable[..., Any], method: str, params: Sequence[Any]) -> None:
        """Refuse a method that is not known to read, by the server's listing. Raises `CommandError`."""
        if self.locked and may_write(call, method, params):
            self.check_write(method)

    def check_write(self, method: str) -> None:
        """Refuse a method that writes. Raises `CommandError`."""
        if self._profile is None:
            return
        from truenas_client.storage.paths import config_path

        raise CommandError(
            f"{method} may change the server, and the profile {self._profile.name} is read-only: it was not sent. "
            f"--write allows it this time, read_only = false in {config_path()} always",
            ExitStatus.AUTHENTICATION,
        )
