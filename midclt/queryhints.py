"""What may be wrong with a query that the server answered with nothing, or refused.

A row without the member matches nothing, so a mistyped field is no error to the server. The list of methods knows the
fields: the cached one, or at a terminal the list of this one service, which the server is asked for.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from .access import chosen
from .output import is_terminal

if TYPE_CHECKING:
    from truenas_client.methods.catalogue import Method
    from truenas_client.sync.client import Client

__all__ = ["refusal_hint", "unknown_fields"]


def unknown_fields(options: Namespace, client: Client, name: str, filters: Any, given: dict[str, Any]) -> list[str]:
    """A sentence for each field that the rows of this method do not have, as far as the list of methods says."""
    from truenas_client.methods.fieldnames import named_fields
    from truenas_client.methods.fieldnames import unknown_fields as unknown

    if not any(named_fields(filters, given)):
        return []
    method = _known_method(options, client, name)
    said = []
    for field, near in unknown(method, filters, given) if method is not None else ():
        hint = f". Near it: {', '.join(near)}" if near else f": midclt explain {name}.returns lists them"
        said.append(f"The rows of {name} have no field {field}{hint}")
    return said


def _known_method(options: Namespace, client: Client, name: str) -> Method | None:
    from .listing import cached, service_methods

    kept = cached(chosen(options))
    if kept is not None:
        return kept.catalogue.get(name)
    return service_methods(client.call, name.rpartition(".")[0]).get(name) if is_terminal(sys.stderr) else None


def refusal_hint(error: str, given: dict[str, Any]) -> str:
    """What to write instead, where the server's error is Python's own about values that cannot be compared."""
    if "offset-naive" in error:
        return "Some times of the server carry a zone and some do not: write it (2026-01-31T12:00Z), or leave it out"
    if "not supported between instances of" not in error:
        return ""
    if given.get("order_by") and "NoneType" in error:
        return "A field to sort by is null in some rows: write nulls_last: or nulls_first: before it"
    if "NoneType" in error:
        return "A field is null in some rows: test it first, as in: size != null and size > 5"
    return "A field and the value are of different kinds: quotes make a text, no quotes a number"
