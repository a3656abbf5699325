"""``midclt methods``: the methods of the server, by namespace, or those that a few letters mean."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from ..exits import CommandError, ExitStatus
from ..output import is_terminal, print_line, say
from ..shared_options import add_listing_options, add_output_options, form_chosen
from ..showing import show

if TYPE_CHECKING:
    from truenas_client.methods.catalogue import Method

__all__ = ["add_options", "run"]

MOST = 25
"""Methods that a pattern shows on a terminal."""
NAMES_WIDTH = 28
FACTS = ("name", "summary", "risk", "job", "filterable", "downloadable", "uploadable")

_EXAMPLES = """\
examples:
  midclt methods                     the namespaces
  midclt methods pool.dataset        the methods of one namespace
  midclt methods pds q               pool.dataset.query and what else has these letters
  midclt methods --job replication   the jobs among them
  midclt methods recordsize          methods with an argument of this name
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = (
        "List methods. A pattern is part of a name, letters of its parts, an argument's name, or a word of the summary."
        " Into a pipe: the names, one a line, unless -o says otherwise."
    )
    parser.epilog = _EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("pattern", metavar="PATTERN", nargs="*", help="a namespace, or what to look for")
    parser.add_argument("-j", "--job", action="store_true", help="only jobs")
    parser.add_argument("--filterable", action="store_true", help="only those that take filters (see midclt query)")
    parser.add_argument("--role", metavar="ROLE", help="only those that this role may call, such as POOL_READ")
    parser.add_argument("-a", "--all", action="store_true", help=f"all of them, not the best {MOST}")
    add_listing_options(parser)
    add_output_options(parser)


def run(options: argparse.Namespace) -> ExitStatus:
    """List the methods."""
    from ..listing import listing

    found = listing(options)
    catalogue = found.catalogue
    pattern = " ".join(options.pattern).strip().rstrip(".")
    roles = {role for method in catalogue for role in method.roles}
    if options.role is not None and options.role not in roles:
        raise CommandError(f"No method has the role {options.role}{_near(options.role, roles)}", ExitStatus.USAGE)
    methods = [
        method
        for method in catalogue
        if (not options.job or method.job)
        and (not options.filterable or method.filterable)
        and (options.role is None or options.role in method.roles)
    ]
    narrowed = len(methods) < len(catalogue)
    namespaces = {method.namespace for method in catalogue}
    ranked = bool(pattern) and pattern not in namespaces
    if ranked:
        from truenas_client.methods.search import Index

        methods = [hit.method for hit in Index(methods).search(pattern, len(methods))]
    elif pattern:
        methods = [method for method in methods if f"{method.namespace}.".startswith(f"{pattern}.")]
    if form_chosen(options):
        columns = ["name", "risk", "job", "summary"] if options.output == "table" else None
        show([_facts(method) for method in methods], options, columns)
    elif not is_terminal(sys.stdout):
        for method in methods:
            print_line(method.name)
    elif pattern or narrowed or options.all:
        few = methods[:MOST] if ranked and not options.all else methods
        _print(few, options, grouped=not ranked)
        if len(few) < len(methods):
            say(f"{len(methods) - len(few)} more: midclt methods -a {pattern}")
    else:
        _print_namespaces(methods, options)
    if not methods:
        say("No method matches.")
    return ExitStatus.OK if methods else ExitStatus.ERROR


def _near(role: str, roles: set[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(role.upper(), roles)
    return f". Near it: {', '.join(near)}" if near else ""


def _facts(method: Method) -> dict[str, Any]:
    return {name: getattr(method, name) for name in FACTS} | {"roles": list(method.roles)}


def _mark(method: Method) -> str:
    """One short word for what a caller has to know."""
    return "job" if method.job else "file" if method.downloadable or method.uploadable else ""


def _print(methods: list[Method], options: argparse.Namespace, *, grouped: bool) -> None:
    from ..prose import Prose

    prose = Prose(options.color)
    if not grouped:
        column = max((len(method.name) for method in methods), default=0)
        prose.table([(method.name, _mark(method), method.summary) for method in methods], column)
    else:
        groups: dict[str, list[Method]] = {}
        for method in methods:
            groups.setdefault(method.namespace, []).append(method)
        for namespace, group in sorted(groups.items()):
            prose.heading(namespace)
            column = max(min(max(len(method.action) for method in group), NAMES_WIDTH), 12)
            prose.table([(f"  {method.action}", _mark(method), method.summary) for method in group], column + 2)
    prose.print()


def _print_namespaces(methods: list[Method], options: argparse.Namespace) -> None:
    from ..prose import Prose

    groups: dict[str, list[str]] = {}
    for method in methods:
        groups.setdefault(method.namespace, []).append(method.action)
    prose = Prose(options.color)
    column = max(map(len, groups), default=0)
    prose.table([(name, f"{len(actions):>4}", ", ".join(actions)) for name, actions in sorted(groups.items())], column)
    prose.print()
    say(f"{len(methods)} methods in {len(groups)} namespaces (midclt methods NAMESPACE lists one, -a all)")
