"""``truenas-tui keys``: prints every action with its present keys, as a table or as TOML for the settings."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence

from tui.action import key_text
from tui.action_table import ACTIONS, by_group
from tui.settings.file import settings_of
from tui.settings.keymap import PRESETS, resolved
from tui.terminal import encode_for

__all__ = ["print_keys"]


def print_keys(argv: Sequence[str]) -> int:
    """Prints the keys on standard output, what is wrong in the settings on standard error; the exit status."""
    parser = argparse.ArgumentParser(
        prog="truenas-tui keys", description="Print every action with its keys, as the settings say."
    )
    parser.add_argument("--config", metavar="PATH", help="the settings to read in place of your own")
    parser.add_argument("--preset", choices=PRESETS, help="the keys of this preset, and nothing of the settings")
    parser.add_argument("--toml", action="store_true", help="as TOML, as the settings take it")
    options = parser.parse_args(argv)
    if options.preset:
        keys = resolved(options.preset, {})[0]
        problems: list[str] = []
    else:
        file = settings_of(options.config)
        keys, problems = file.keymap, file.all_problems
    encode_for(sys.stdout, sys.stdout.encoding)
    try:
        print("\n".join(_toml(keys) if options.toml else _table(keys)), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tells of it once more as it ends
        return 128 + signal.SIGPIPE
    for problem in problems:
        print(f"truenas-tui: {problem}", file=sys.stderr)
    return 2 if problems else 0


def _table(keys: dict[str, list[str]]) -> Iterator[str]:
    shown = {one: "  ".join(key_text(key, short=False) for key in theirs) or "-" for one, theirs in keys.items()}
    cells, wide = max(map(len, shown.values())), max(map(len, shown))
    for group, found in by_group(ACTIONS).items():
        yield group
        for action in found:
            yield f"  {shown[action.id]:{cells}}  {action.id:{wide}}  {action.title}"


def _toml(keys: dict[str, list[str]]) -> Iterator[str]:
    yield "[keys]"
    for group, found in by_group(ACTIONS).items():
        yield f"# {group}"
        for action in found:
            written = [key_text(key, short=False) for key in keys[action.id]]
            yield f"{json.dumps(action.id)} = {json.dumps(written)}  # {action.title}"
