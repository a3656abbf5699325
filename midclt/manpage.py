"""``python -m midclt.manpage``: the manual page of the command, from its parser and nothing else (``make man``).

Invariant: the page says what runs, because each line of it comes from the parser.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator

from truenas_client import __version__

from .parser import get_parser, subparsers

__all__ = ["manual_page"]


def manual_page() -> str:
    """The page in troff (man macros)."""
    parser = get_parser()
    lines = [
        f'.TH MIDCLT 1 "" "truenas-tui {__version__}" "User Commands"',
        ".SH NAME",
        "midclt \\- call the API of a TrueNAS from a shell",
        ".SH SYNOPSIS",
        *_paragraph(_usage(parser)),
        ".SH DESCRIPTION",
        *_paragraph(parser.description or ""),
        ".SH OPTIONS",
        "They stand before the subcommand.",
        *_options(parser),
        ".SH SUBCOMMANDS",
    ]
    for name, command in subparsers(parser).items():
        lines += [f".SS {_escaped(name)}", *_command(command)]
        for action, inner in subparsers(command).items():
            lines += [f".SS {_escaped(f'{name} {action}')}", *_command(inner)]
    for title, body in _sections(parser.epilog or ""):
        lines += [f".SH {_escaped(title.upper())}", ".nf", *(_escaped(line) for line in body), ".fi"]
    return "\n".join(line for line in lines if line) + "\n"


def _command(parser: argparse.ArgumentParser) -> Iterator[str]:
    yield from _paragraph(_usage(parser))
    yield ".PP"
    yield from _paragraph(parser.description or "")
    yield from _options(parser)
    if parser.epilog:
        yield ".PP"
        raw = parser.formatter_class is argparse.RawDescriptionHelpFormatter
        yield from [".nf", *map(_escaped, parser.epilog.splitlines()), ".fi"] if raw else _paragraph(parser.epilog)


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, (argparse._SubParsersAction, argparse._HelpAction)) or action.help == argparse.SUPPRESS:
            continue
        value = _value(action)
        names = ", ".join(f"{name} {value}" if value else name for name in action.option_strings) or value
        yield ".TP"
        yield f".B {_escaped(names)}"
        yield _escaped((action.help or "").replace("%(prog)s", parser.prog).replace("%%", "%"))


def _value(action: argparse.Action) -> str:
    """The word that stands for the value of an option or argument; "" for one without."""
    if action.nargs == 0:
        return ""
    name = action.metavar if isinstance(action.metavar, str) else None
    if name is None and action.choices is not None:
        name = "{" + ",".join(map(str, action.choices)) + "}"
    name = name or action.dest.upper()
    return f"[{name} ...]" if action.nargs == "*" else f"{name} ..." if action.nargs == "+" else name


def _usage(parser: argparse.ArgumentParser) -> str:
    return " ".join(parser.format_usage().removeprefix("usage: ").split())


def _sections(epilog: str) -> Iterator[tuple[str, list[str]]]:
    """The parts of the text after the options: a title with a colon, and lines that are indented."""
    for part in epilog.strip().split("\n\n"):
        title, _, body = part.partition(":\n")
        yield title, [re.sub(r"^  ", "", line) for line in body.splitlines()]


def _paragraph(text: str) -> list[str]:
    return [_escaped(" ".join(text.split()))] if text else []


def _escaped(text: str) -> str:
    """Text for troff: no line is a request, and a dash is a dash that can be copied."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text


if __name__ == "__main__":
    sys.stdout.write(manual_page())
