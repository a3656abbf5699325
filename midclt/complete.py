"""What a shell offers for a half-typed command line: ``midclt __complete WORD...``, the last word being the typed one.

A shell runs this at each press of Tab, so it has 40 ms for the whole process: it asks no server and loads no list of
methods, but reads the words that were stored beside the cached one (`truenas_client.storage.word_index`). Only for
options does it load the parsers.

Each candidate is a line, with a description after a tab. One that ends with a full stop is the beginning of more.

Invariant: nothing is printed but candidates; what cannot be read offers nothing.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from truenas_client.storage.word_index import Row

__all__ = ["candidates", "main"]

Candidate = tuple[str, str]

_VALUED = {
    **dict.fromkeys(("-u", "--uri"), "uri"),
    **dict.fromkeys(("-U", "--username"), "username"),
    "--profile": "profile",
    "--on": "profile",
    **dict.fromkeys(
        ("-P", "--password", "-K", "--api-key", "-t", "--timeout", "--ca", "--otp", "--otp-command", "--agent"), ""
    ),
}
"""The options before the command that take a value."""

MOST = 60
"""More candidates than these are shortened to the next part of their names."""


def main(words: list[str]) -> int:
    """Print the candidates for these words."""
    lines = "".join(f"{text}\t{about}\n" if about else f"{text}\n" for text, about in candidates(words))
    sys.stdout.buffer.write(lines.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
    return 0


def candidates(words: Sequence[str]) -> list[Candidate]:
    """The candidates for the last word."""
    *before, typed = words or [""]
    given = {"uri": "", "username": "", "profile": ""}
    at = 0
    while at < len(before) and before[at].startswith("-"):
        name, equals, value = before[at].partition("=")
        if name in _VALUED:
            if not equals:
                at += 1
                if at == len(before):
                    if name == "--on":
                        return _several(typed)
                    if name == "--agent":
                        from midclt.agent.quick import MODES

                        return _beginning(((mode, "") for mode in MODES), typed)
                    return _beginning(_profiles(), typed) if name == "--profile" else []
                value = before[at]
            if _VALUED[name]:
                given[_VALUED[name]] = value.partition(",")[0] if name == "--on" else value
        at += 1
    command, rest = (before[at], before[at + 1 :]) if at < len(before) else ("", [])
    return _first(typed) if not command else _of_command(command, rest, typed, given)


def _first(typed: str) -> list[Candidate]:
    """The options before the command, and the commands."""
    from midclt.parser import COMMANDS, get_parser

    if typed.startswith("--profile="):
        return [(f"--profile={name}", "") for name, _ in _beginning(_profiles(), typed[10:])]
    if typed.startswith("-"):
        return _beginning(_options(get_parser(whole=False)), typed)
    return _beginning(COMMANDS.items(), typed)


def _of_command(command: str, rest: list[str], typed: str, given: dict[str, str]) -> list[Candidate]:
    previous = rest[-1] if rest else ""
    if previous == "--on":
        return _several(typed)
    if typed.startswith("-") or (previous.startswith("-") and command != "call"):
        found = _by_parser(command, rest, typed)
        if found is not None:
            return found
    plain = [
        word for word, before in zip(rest, ["", *rest], strict=False) if not word.startswith("-") and before != "--on"
    ]
    match [command, *plain]:
        case ["call" | "compare" | "explain" | "template" | "batch" | "bulk" | "download" | "upload" | "watch"]:
            return _shortened(((name, about) for name, about, _ in _rows(given)), typed)
        case ["call" | "compare", method, *arguments]:
            choices = next((choices for name, _, choices in _rows(given) if name == method), [])
            fixed = choices[len(arguments)] if len(arguments) < len(choices) else []
            return _beginning(((word, "") for word in fixed), typed)
        case ["query"]:
            return _shortened(((name[:-6], about) for name, about, _ in _rows(given) if name.endswith(".query")), typed)
        case ["methods", *_]:
            return _shortened(dict.fromkeys((name.rpartition(".")[0], "") for name, _, _ in _rows(given)), typed)
        case ["subscribe" | "events"]:
            return _shortened(_events(), typed)
        case ["run"] | ["saved", "show" | "rm" | "export"]:
            return _beginning(_saved(), typed)
        case ["login" | "logout"] | ["profile", "show" | "use" | "rm" | "trust" | "test"] | ["agent", "forget", *_]:
            return _beginning(_profiles(), typed)
    return _by_parser(command, rest, typed) or []


def _by_parser(command: str, rest: list[str], typed: str) -> list[Candidate] | None:
    """The options of a command, the choices of an option, or its actions; None for an option of which any may stand."""
    from midclt.parser import COMMANDS, get_parser, subparsers

    if command not in COMMANDS:
        return []
    parser = subparsers(get_parser(whole=False))[command].made
    for word in rest:
        parser = subparsers(parser).get(word, parser)
    option = next((action for action in parser._actions if rest and rest[-1] in action.option_strings), None)
    if option is not None and option.nargs != 0:
        return _beginning(((str(choice), "") for choice in option.choices or ()), typed)
    if typed.startswith("-"):
        return _beginning(_options(parser), typed)
    if actions := subparsers(parser):
        return _beginning(((name, "") for name in actions), typed)
    positional = [action for action in parser._actions if not action.option_strings and action.choices]
    return _beginning(((str(choice), "") for action in positional for choice in action.choices or ()), typed)


def _options(parser: Any) -> Iterable[Candidate]:
    for action in parser._actions:
        if action.option_strings and action.help != "==SUPPRESS==":
            yield action.option_strings[-1], (action.help or "").split(";")[0].split(":")[0]


def _beginning(pairs: Iterable[Candidate], typed: str) -> list[Candidate]:
    return [(text, about) for text, about in pairs if text.startswith(typed)]


def _shortened(pairs: Iterable[Candidate], typed: str) -> list[Candidate]:
    """The candidates, or where they are many, the next parts of their names."""
    found = _beginning(pairs, typed)
    if len(found) <= MOST:
        return found
    heads: dict[str, str] = {}
    for text, about in found:
        end = text.find(".", len(typed)) + 1
        heads.setdefault(text[:end] if end else text, "" if end else about)
    return list(heads.items())


def _rows(given: dict[str, str]) -> list[Row]:
    from truenas_client.storage.word_index import read_words

    root = os.environ.get("XDG_CACHE_HOME", "").strip() or os.path.expanduser("~/.cache")
    if sys.platform == "linux":
        folder = f"{root}/truenas-client/catalogues"
    else:
        from truenas_client.storage.paths import catalogues_path

        folder = str(catalogues_path())
    words = (value or os.environ.get(f"TRUENAS_{name.upper()}") or "" for name, value in given.items())
    return read_words(folder, words)


def _events() -> Iterable[Candidate]:
    """The known events: the data file has one a line, and reading it as JSON would take as long as all the rest."""
    import truenas_client

    path = os.path.join(os.path.dirname(truenas_client.__file__), "methods", "events.json")
    with open(path, encoding="utf-8") as file:
        return [(line.split('"')[1], "") for line in file if line.startswith('"')]


def _several(typed: str) -> list[Candidate]:
    """The profiles that may stand next in a list of names."""
    before, comma, last = typed.rpartition(",")
    named = before.split(",")
    found = [(f"{before}{comma}{name}", about) for name, about in _beginning(_profiles(), last) if name not in named]
    return found if comma else [*found, *_beginning([("all", "every profile")], typed)]


def _saved() -> list[Candidate]:
    """The names of the saved calls."""
    from truenas_client.storage.paths import config_path

    root = os.path.join(os.path.dirname(config_path()), "calls")
    found = []
    for place, folders, files in os.walk(root):
        below = os.path.relpath(place, root).removeprefix(".")
        folders[:] = sorted(name for name in folders if name[0] != ".")
        found += [os.path.join(below, name[:-5]) for name in files if name.endswith(".toml") and name[0] != "."]
    return [(name, "") for name in sorted(found)]


def _profiles() -> list[Candidate]:
    """The profiles in the configuration, read without a TOML parser, which would take half of the time."""
    from truenas_client.storage.paths import config_path

    try:
        with open(config_path(), encoding="utf-8") as file:
            lines = [line.strip() for line in file]
    except (OSError, UnicodeDecodeError):
        return []
    heads = [line[9:-1].strip() for line in lines if line.startswith("[profile.") and line.endswith("]")]
    return [(head.strip("\"'"), "") for head in heads if "." not in head or head[:1] in "\"'"]
