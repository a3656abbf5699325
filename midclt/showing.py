"""How a command prints an answer: the options ``-o``, ``--columns``, ``--jmespath`` and ``--color``, and what they do.

On a terminal an answer is a table where it has columns, else JSON with indents, with sizes and dates for people. Into a
pipe or a file it is JSON in one line, with exact values. Colour: ``--color`` wins, then ``NO_COLOR``, then
``CLICOLOR_FORCE`` and ``FORCE_COLOR``, then whether the output is a terminal (other than a dumb one).
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .exits import CommandError, ExitStatus
from .output import is_terminal, print_harmless, print_line, say
from .shared_options import FORMS

if TYPE_CHECKING:
    from .fleet import Work

__all__ = ["has_colour", "selected", "show", "show_answer", "terminal_width"]

_BOLD, _KEY, _TEXT, _OTHER, _PLAIN = "\x1b[1m", "\x1b[36m", "\x1b[32m", "\x1b[33m", "\x1b[0m"
_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(:)?|(-?\d[\d.eE+-]*|\btrue\b|\bfalse\b|\bnull\b)')


def show(
    value: Any,
    options: argparse.Namespace,
    columns: Sequence[str] | None = None,
    *,
    method: str = "",
    object_form: str = "table",
    keys: tuple[str, ...] = (),
) -> None:
    """Print an answer on standard output as the options say.

    ``columns`` are those of a table without ``--columns``; without both, the best ones for ``method``. ``object_form``
    is how a terminal shows a single object. ``keys`` are columns that stand first whichever are chosen.
    """
    from truenas_client.values.best_columns import best_columns

    people = is_terminal(sys.stdout)
    form = options.output
    if options.columns is not None:
        columns = options.columns
    if columns is not None:
        columns = (*keys, *(column for column in columns if column not in keys))
    reviewed = best_columns(method)
    best = (*keys, *reviewed) if reviewed else None
    if options.jmespath is not None:
        value = _found(options.jmespath, value)
    if not form:
        form = _own_form(value, object_form) if people else "raw" if isinstance(value, (str, int)) else "json"
    # A program reads the compact forms, so only `--color` itself colours them in a pipe.
    colour = has_colour(sys.stdout, options.color) and (
        people or form in ("table", "pretty") or options.color == "always"
    )
    if form == "table" and isinstance(value, list):
        _show_table(value, columns, best, people, colour)
        return
    from truenas_client.values.forms import blocks, form_lines

    chosen = columns if form in ("table", "markdown", "csv") or options.columns is not None else None
    if form == "markdown" and isinstance(value, list) and chosen is None:
        from truenas_client.values.columns import present
        from truenas_client.values.forms import as_rows

        chosen = present(as_rows(value), best or ()) or None
    width = terminal_width() if people else None
    pieces = form_lines(value, form, columns=chosen, width=width, human=people)
    if colour and form in ("json", "pretty", "jsonl"):
        from truenas_client.values.lines import harmless

        for piece in pieces:
            print_harmless(_TOKEN.sub(_coloured, harmless(piece)))
        return
    if form in ("json", "pretty", "raw"):
        for piece in pieces:
            print_line(piece)
        return
    for block in blocks(pieces):
        print_line(block)


def show_answer(
    options: argparse.Namespace, work: Work, columns: Sequence[str] | None = None, *, method: str = ""
) -> ExitStatus:
    """Print what ``work`` finds on the server, or with ``--on`` on each of several; the exit status."""
    if options.on is not None:
        from .fleet import Fleet

        fleet = Fleet(options)
        fleet.show(fleet.ask(work), columns, method=method)
        return fleet.status
    from .access import signed_in

    with signed_in(options) as client:
        answer = work(options, client)
    show(answer, options, columns, method=method)
    return ExitStatus.OK


def prepare(options: argparse.Namespace) -> None:
    """Read the options of `show`, so that a mistake in them is told before anything is sent. Raises `CommandError`.

    ``MIDCLT_OUTPUT`` stands in for ``-o``.
    """
    form = os.environ.get("MIDCLT_OUTPUT")
    if form and form not in FORMS:
        raise CommandError(f"MIDCLT_OUTPUT is {form!r} and should be one of {', '.join(FORMS)}", ExitStatus.USAGE)
    if hasattr(options, "columns"):  # other commands have an ``output`` that is a file
        options.output = options.output or form or None
    if getattr(options, "columns", None) is not None:
        from truenas_client.values.columns import read_columns

        try:
            options.columns = read_columns(options.columns)
        except ValueError as e:
            raise CommandError(f"--columns: {e}", ExitStatus.USAGE) from None
    if getattr(options, "jmespath", None) is not None:
        try:
            import jmespath
        except ImportError:
            raise CommandError("--jmespath needs a package: pip install jmespath", ExitStatus.USAGE) from None
        try:
            options.jmespath = jmespath.compile(options.jmespath)
        except jmespath.exceptions.JMESPathError as e:
            raise CommandError(f"--jmespath: {e}", ExitStatus.USAGE) from None


def selected(value: Any, options: argparse.Namespace) -> Any:
    """What ``--jmespath`` and ``--columns`` leave of a value."""
    from truenas_client.values.forms import with_columns

    if options.jmespath is not None:
        value = _found(options.jmespath, value)
    return value if options.columns is None else with_columns(value, options.columns)


def _own_form(value: Any, object_form: str) -> str:
    """The form in which a person reads a value best."""
    if isinstance(value, (str, int)):
        return "raw"
    if isinstance(value, dict) or value == []:
        return object_form
    return "table" if isinstance(value, list) and all(isinstance(row, dict) for row in value) else "pretty"


def _show_table(
    rows: list[Any], columns: Sequence[str] | None, best: Sequence[str] | None, people: bool, colour: bool
) -> None:
    from truenas_client.values.forms import as_rows, blocks
    from truenas_client.values.texttable import TextTable

    width = terminal_width() if people else None
    table = TextTable(as_rows(rows), columns, best=best, width=width, human=people)
    if not table.columns:
        if people:
            say("Nothing found." if not rows else "The rows have no members.")
        return
    header = table.header
    print_harmless(f"{_BOLD}{header}{_PLAIN}" if colour else header)
    for block in blocks(table.rows()):
        print_harmless(block)
    if is_terminal(sys.stderr) and (left_out := table.left_out):
        more = len(left_out)
        names = ", ".join(left_out[:5]) + (", ..." if more > 5 else "")
        say(f"{more} more column{'' if more == 1 else 's'}: {names} (--columns NAMES shows others, -o pretty all)")


def _found(expression: Any, value: Any) -> Any:
    from jmespath.exceptions import JMESPathError

    try:
        return expression.search(value)
    except JMESPathError as e:
        raise CommandError(f"--jmespath: {e}", ExitStatus.USAGE) from None


def _coloured(token: re.Match[str]) -> str:
    text, colon, other = token.groups()
    if text is None:
        return f"{_OTHER}{other}{_PLAIN}"
    return f"{_KEY if colon else _TEXT}{text}{_PLAIN}{colon or ''}"


def has_colour(stream: Any, when: str = "auto") -> bool:
    """Whether to use colour on a stream."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "0") not in ("", "0") for name in ("CLICOLOR_FORCE", "FORCE_COLOR")):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb" and os.environ.get("CLICOLOR") != "0"


def terminal_width() -> int:
    """The cells of a line of the terminal; 80 where it does not say."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and 0 < int(columns) < 10_000:
        return int(columns)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError, AttributeError):
        return 80
