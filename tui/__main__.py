"""``truenas-tui``: reads the flags, then starts the app.

Starts fast: nothing of Textual, rich or the client is imported before the flags
are known to be good, so ``--version`` and ``--help`` answer at once.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.starting.start import Start

__all__ = ["main"]


CONFIG_HELP = "the settings (default: truenas-tui.toml in the folder of the profiles)"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="truenas-tui",
        description="Explore the API of a TrueNAS: find a method, fill in its arguments, run it, read the result.",
        epilog="truenas-tui keys prints the keys as they are now (a server of that name is keys:443). "
        "Everything here can also be done with midclt, which suits scripts and screen readers better.",
    )
    parser.add_argument(
        "address", nargs="?", metavar="ADDRESS", help="nas, nas:444, wss://nas/api/current; also TRUENAS_URI"
    )
    parser.add_argument("--demo", action="store_true", help="open a simulated TrueNAS, nothing else is needed")
    parser.add_argument("--tour", action="store_true", help="the demo, and what to try in it in five steps")
    parser.add_argument(
        "--profile", metavar="NAME", help="connect as it says (midclt profile makes them); also TRUENAS_PROFILE"
    )
    parser.add_argument("-U", "--user", metavar="USER", help="user to sign in as; also TRUENAS_USERNAME")
    parser.add_argument(
        "-K",
        "--api-key",
        metavar="KEY_OR_PATH",
        help="sign in with this API key, or the one in this file (better: others can see a key); also TRUENAS_API_KEY",
    )
    parser.add_argument("--plain", action="store_true", help="send the API key itself, as servers before 26 want it")
    parser.add_argument(
        "--no-channel-binding", action="store_true", help="do not tie the API key's proof to the TLS connection"
    )
    parser.add_argument("--ca", metavar="FILE", help="trust only servers whose certificate one in FILE has signed")
    parser.add_argument("--insecure", action="store_true", help="do not check the certificate of the server")
    lock = parser.add_mutually_exclusive_group()
    lock.add_argument(
        "--read-only", action="store_true", help="refuse calls that change something (the default without a profile)"
    )
    lock.add_argument("--write", action="store_true", help="allow calls that change something")
    parser.add_argument("--config", metavar="PATH", help=CONFIG_HELP)
    parser.add_argument("--fresh", action="store_true", help="start as if for the first time, and remember nothing")
    parser.add_argument(
        "--ascii", action="store_true", help="draw with plain ASCII characters only, as where the locale is not UTF-8"
    )
    parser.add_argument("--no-color", action="store_true", help="no colours; NO_COLOR does the same")
    parser.add_argument("--serve", action="store_true", help="show the app in a browser, at an address that is printed")
    parser.add_argument("--port", type=int, default=8000, help="port of this machine for --serve (8000; 0: any)")
    parser.add_argument(
        "--allow-local",
        action="store_true",
        help="with --serve: let the browser use the local socket, kept secrets and files of this account",
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the app and returns the exit status of the process."""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["keys"]:
        from tui.keys_command import print_keys

        return print_keys(argv[1:])
    parser = _parser()
    options = parser.parse_args(argv)
    if options.version:
        from truenas_client import __version__

        print(f"truenas-tui {__version__}")
        return 0
    options.demo = options.demo or options.tour
    if options.demo and options.address:
        print("truenas-tui: --demo brings its own address", file=sys.stderr)
        return 2
    if options.ca and options.insecure:
        print("truenas-tui: --ca and --insecure say the opposite of each other", file=sys.stderr)
        return 2
    # Objects made while starting stay: collecting garbage would only take time. The app turns it on again.
    gc.disable()
    from tui.settings.file import settings_of
    from tui.terminal import charset, encode_for, is_utf8

    in_browser = bool(os.environ.get("TEXTUAL_DRIVER"))
    writes = not (options.fresh or options.tour or (in_browser and not options.allow_local))
    settings = settings_of(options.config, writes=writes)
    glyphs = settings.settings.glyphs
    if in_browser:
        os.environ["COLORTERM"] = "truecolor"  # whatever the terminal of the server has
        if not options.allow_local:
            from tui import guest

            guest.receive()
    elif glyphs == "unicode" and not is_utf8(os.environ):
        os.environ["LC_ALL"] = "C.UTF-8"  # the user says so, against the locale; for programs started from here too
    utf8 = in_browser or is_utf8(os.environ)
    if (not utf8 or glyphs == "unicode") and sys.__stdout__ is not None:
        encode_for(sys.__stdout__, charset(os.environ, utf8_mode=bool(sys.flags.utf8_mode)))
    if options.no_color:
        os.environ["NO_COLOR"] = "1"
    # Movement that carries no meaning is off unless the settings want it, as over a slow line it only delays.
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")

    from tui.memory.state import Memories
    from tui.starting.start import Start

    key = options.api_key or ("" if "TRUENAS_PASSWORD" in os.environ else os.environ.get("TRUENAS_API_KEY", ""))
    start = Start(
        address=options.address or os.environ.get("TRUENAS_URI", ""),
        user=options.user or os.environ.get("TRUENAS_USERNAME", ""),
        password=key or os.environ.get("TRUENAS_PASSWORD", ""),
        by_key=bool(key),
        plain=options.plain,
        channel_binding=not options.no_channel_binding,
        ca_file=options.ca or "",
        verify=not options.insecure,
        writable=True if options.write else False if options.read_only else None,
        demo=options.demo,
        fresh=options.fresh or options.tour,
        ascii=options.ascii or not utf8 or glyphs == "ascii",
        tour=options.tour,
        profile=options.profile or os.environ.get("TRUENAS_PROFILE", ""),
    )
    if options.serve:
        if problem := "" if start.demo else _problem(start):
            print(f"truenas-tui: {problem}", file=sys.stderr)
            return 2
        return _serve(parser, options)
    memories = Memories(fresh=start.fresh)
    # A start that went well before, on the same configuration, needs no look at it.
    if not start.demo and memories.app.first_of(start.digest) is None and (problem := _problem(start)):
        print(f"truenas-tui: {problem}", file=sys.stderr)
        return 2

    from tui import ends
    from tui.app import TrueNASApp
    from tui.themes import suited

    status = ends.start(lambda: TrueNASApp(start, memories, settings, theme=suited()))
    for notice in memories.notices:  # what came too late for the screen
        print(f"truenas-tui: {notice}", file=sys.stderr)
    return status


def _serve(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Starts the server of the pages, whose apps are started with the same options."""
    try:
        from tui.serving import serve
    except ImportError:
        print("truenas-tui: to use --serve: pip install 'truenas-tui[serve]'", file=sys.stderr)
        return 2
    if options.api_key:
        os.environ["TRUENAS_API_KEY"] = options.api_key  # others can see the arguments of a process
    arguments: list[str] = []
    for action in parser._actions:
        value = getattr(options, action.dest, None)
        if action.dest in ("serve", "port", "api_key") or value in (None, False, action.default):
            continue
        if action.option_strings:
            arguments.append(action.option_strings[-1])
        if value is not True:
            arguments.append(str(value))
    return serve(arguments, options.port)


def _problem(start: Start) -> str:
    """Why the app cannot start with these options, "" when it can."""
    from truenas_client.exc import InvalidProfile
    from tui.starting.opening import opening

    try:
        opening(start)
    except InvalidProfile as e:
        return e.error
    return ""


if __name__ == "__main__":
    sys.exit(main())
