"""``--dry-run``: what a call would send, checked against the cached list of methods. Nothing is sent or connected."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from truenas_client import ejson
from truenas_client.endpoint import parse
from truenas_client.engine.sizes import send_limit
from truenas_client.secrets.redact import redact_call
from truenas_client.storage.catalogue_cache import CatalogueCache

from .access import chosen
from .exits import ExitStatus
from .listing import Listing, no_such_method
from .output import print_line, say

__all__ = ["show"]


def show(options: Namespace, method: str, params: list[Any]) -> ExitStatus:
    """Print the request, with secrets masked, and on standard error what is wrong with it; with ``--on`` of each."""
    if options.on is None:
        return _show(options, method, params, {})
    from .fleet import Fleet

    return Fleet(options).each(lambda one: _show(one, method, params, {"nas": one.profile}))


def _show(options: Namespace, method: str, params: list[Any], row: dict[str, Any]) -> ExitStatus:
    choice = chosen(options)
    address = parse(choice.address).text
    kept = CatalogueCache().find(address, choice.username or "")
    known = kept.catalogue.get(method) if kept is not None else None
    names = [param.name for param in known.params] if known is not None else []
    print_line(ejson.dumps({**row, "method": method, "params": redact_call(method, params, names)}))
    size = len(ejson.dumps(params, ensure_ascii=False, separators=(",", ":"))) + len(method) + 100
    status = ExitStatus.OK
    if size > send_limit(method, True):
        say(f"{method}: {size} characters are more than the server takes ({send_limit(method, True)})")
        status = ExitStatus.VALIDATION
    if kept is None:
        say(f"Not checked: the methods of {address} are not known here yet; `midclt methods` reads them.")
        return status
    if known is None:
        raise no_such_method(method, Listing(kept.catalogue, kept.version, True))
    for problem in known.check(params):
        status = ExitStatus.VALIDATION
        place = (
            ".".join([*names[problem.path[0] : problem.path[0] + 1], *map(str, problem.path[1:])])
            if (problem.path and isinstance(problem.path[0], int))
            else ""
        )
        say(f"{place}: {problem.message}" if place else problem.message)
    return status
