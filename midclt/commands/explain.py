"""``midclt explain``: what a method does, takes and returns."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..exits import CommandError, ExitStatus
from ..shared_options import add_colour_option, add_listing_options

if TYPE_CHECKING:
    from ..listing import Listing

__all__ = ["add_options", "run"]

_EXAMPLES = """\
examples:
  midclt explain pool.dataset.create
  midclt explain pool.dataset.create.encryption_options
  midclt explain pool.dataset.query.returns
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = "Explain a method, or a part of it: an argument, a member inside, or what it returns."
    parser.epilog = _EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("wanted", metavar="METHOD[.PART]")
    parser.add_argument("-a", "--all", action="store_true", help="open every object")
    add_colour_option(parser)
    add_listing_options(parser)


def run(options: argparse.Namespace) -> ExitStatus:
    """Print the explanation."""
    from ..explaining import NoSuchPart, explain, explain_part
    from ..listing import listing, method_of
    from ..prose import Prose

    found = listing(options)
    name, path = _split(found, options.wanted)
    method = method_of(found, name)
    prose = Prose(options.color)
    try:
        if path:
            explain_part(method, path, prose, whole=options.all)
        else:
            explain(method, prose, whole=options.all)
    except NoSuchPart as e:
        from difflib import get_close_matches

        near = get_close_matches(e.part, e.names) or list(e.names)[:8]
        hint = f". There are {', '.join(near)}" if near else ", which has no members"
        raise CommandError(f"{name} has no part {e.part}{hint}", ExitStatus.ERROR) from None
    prose.print()
    return ExitStatus.OK


def _split(found: Listing, text: str) -> tuple[str, list[str]]:
    """The method, which is the longest name that the text begins with, and the path of a part."""
    parts = text.split(".")
    for count in range(len(parts), 1, -1):
        name = ".".join(parts[:count])
        if name in found.catalogue:
            return name, parts[count:]
    return text, []
