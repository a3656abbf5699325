"""A call that is not made: what it would send, checked (``--dry-run``), and the call as other text (``--as``).

Both know of the methods what is cached here. Nothing is sent or connected.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from truenas_client import ejson
from truenas_client.endpoint import parse
from truenas_client.engine.sizes import send_limit
from truenas_client.secrets.redact import hide, redact_call
from truenas_client.secrets.value import Secret

from .access import chosen
from .exits import CommandError, ExitStatus
from .listing import Listing, cached, no_such_method
from .output import print_line, say

__all__ = ["show", "show_as"]


def show(options: Namespace, method: str, params: list[Any], hidden: Sequence[Secret] = ()) -> ExitStatus:
    """Print the request, with secrets masked and ``hidden``; on standard error what is wrong with it.

    With ``--on`` it does so for each server.
    """
    if options.on is None:
        return _show(options, method, params, hidden)
    from .fleet import Fleet

    return Fleet(options).each(lambda one: _show(one, method, params, hidden))


def _show(options: Namespace, method: str, params: list[Any], hidden: Sequence[Secret]) -> ExitStatus:
    choice = chosen(options)
    kept = cached(choice)
    known = kept.catalogue.get(method) if kept is not None else None
    names = [param.name for param in known.params] if known is not None else []
    row = {"method": method, "params": redact_call(method, params, names)}
    print_line(hide(ejson.dumps({"nas": options.profile, **row} if options.on else row), hidden))
    size = len(ejson.dumps(params, ensure_ascii=False, separators=(",", ":"))) + len(method) + 100
    status = ExitStatus.OK
    if size > send_limit(method, True):
        say(f"{method}: {size} characters are more than the server takes ({send_limit(method, True)})")
        status = ExitStatus.VALIDATION
    if kept is None:
        address = parse(choice.address).text
        say(f"Not checked: the methods of {address} are not known here yet; `midclt methods` reads them.")
        return status
    if known is None:
        raise no_such_method(method, Listing(kept.catalogue, kept.version, True))
    for problem in known.check(params):
        status = ExitStatus.VALIDATION
        first, *rest = problem.path or ("",)
        place = ".".join([*names[first : first + 1], *map(str, rest)]) if isinstance(first, int) else ""
        say(f"{place}: {problem.message}" if place else problem.message)
    return status


def show_as(options: Namespace, method: str, params: list[Any]) -> ExitStatus:
    """Print the call in the form of ``--as``."""
    from truenas_client.values.copy_as import CopiedCall, Server, copied

    from .signing import who

    choice = chosen(options)
    profile = choice.profile
    if profile is None or not choice.entrusted:
        addresses = () if choice.address is None else (choice.address,)
        profile = replace(who(options, choice)[0], name="", addresses=addresses, tls=choice.tls)
    kept = cached(choice)
    known = kept.catalogue.get(method) if kept is not None else None
    names = [param.name for param in known.params] if known is not None else ()
    job = options.job or (known is not None and known.job)
    try:
        call = CopiedCall(method, params, names, job=job, writes=options.write)
        text = copied(options.form, call, Server(profile, parse(choice.address)))
    except RecursionError:
        raise CommandError(f"--as {options.form}: an argument is nested too deeply", ExitStatus.USAGE) from None
    print_line(text)
    return ExitStatus.OK
