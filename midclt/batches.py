"""Many calls in one run: read from lines, their outcomes printed as lines of JSON, the failed ones kept in a file.

Invariants: one line of output for each call, in the order of the input; a call that may have run is never sent again,
also when its file is read again; a call that was not sent is in that file too.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from truenas_client import ejson

from .arguments import value_of
from .exits import CommandError, ExitStatus
from .output import is_terminal, print_line, say
from .progress import StatusLine

__all__ = ["Outcome", "Planned", "Report", "input_lines", "planned"]


class Planned(NamedTuple):
    """A call to make, and the number of its line."""

    line: int
    method: str
    params: list[Any]


class Outcome(NamedTuple):
    """How a call went. ``unknown``: it may have run."""

    call: Planned
    result: Any = None
    error: str | None = None
    unknown: bool = False


def input_lines() -> Iterator[tuple[int, str]]:
    """The lines of standard input that are not empty, with their numbers. Raises `CommandError`."""
    if sys.stdin is None or is_terminal(sys.stdin):
        raise CommandError("The calls are read from standard input: pipe or redirect lines into it", ExitStatus.USAGE)
    stream = getattr(sys.stdin, "buffer", None) or sys.stdin
    for number, line in enumerate(stream, 1):
        try:
            text = line.decode() if isinstance(line, bytes) else line
        except UnicodeDecodeError as e:
            raise CommandError(f"Line {number} is not UTF-8 text (byte {e.start})", ExitStatus.USAGE) from e
        if text.strip():
            yield number, text.strip("\r\n")


def planned(method: str | None, templates: list[str], lines: Iterable[tuple[int, str]]) -> Iterator[Planned]:
    """The calls that the lines stand for. Raises `CommandError` for a line that is none.

    With a method each line fills the templates, one for each argument; without, each line is an object with ``method``
    and ``params``, as ``--failed`` writes them.
    """
    if method is not None:
        made = [value_of(template) if template != "{}" else _THE_LINE for template in templates or ["{}"]]
        for number, line in lines:
            yield Planned(number, method, [_filled(one, line) for one in made])
        return
    for number, line in lines:
        try:
            row = ejson.loads(line)
        except ejson.EJSONDecodeError as e:
            raise CommandError(f"Line {number} is no JSON: {e}", ExitStatus.USAGE) from e
        name, params = (row.get("method"), row.get("params", [])) if isinstance(row, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(params, list):
            text = f'Line {number} is no call, such as {{"method": "core.ping", "params": []}}'
            raise CommandError(text, ExitStatus.USAGE)
        if row.get("unknown") is True:
            say(f'Line {number} is left out: {name} may have run. Look, and take out its "unknown" to send it again.')
            continue
        yield Planned(number, name, params)


_THE_LINE = object()


def _filled(template: Any, line: str) -> Any:
    if template is _THE_LINE:
        return value_of(line)
    if isinstance(template, str):
        return template.replace("{}", line)
    if isinstance(template, list):
        return [_filled(one, line) for one in template]
    if isinstance(template, dict):
        return {key.replace("{}", line): _filled(one, line) for key, one in template.items()}
    return template


class Report:
    """What came of the calls: lines on standard output, a summary, and the file of ``--failed``."""

    def __init__(self, options: Namespace) -> None:
        self._path = Path(os.path.expanduser(options.failed)).absolute() if options.failed else None
        if self._path is not None and self._path.is_dir():
            raise CommandError(f"--failed: {self._path} is a folder", ExitStatus.USAGE)
        self._options = options
        self._failed: list[str] = []
        self._ok = self._bad = self._unsent = 0
        self._shows = is_terminal(sys.stderr)
        self._progress = StatusLine()

    def add(self, outcome: Outcome) -> None:
        """Print one outcome."""
        row: dict[str, Any] = {"index": outcome.call.line, "ok": outcome.error is None}
        if outcome.error is None:
            self._ok += 1
            row["result"] = outcome.result
        else:
            self._bad += 1
            row["error"] = outcome.error
            self._remember(outcome.call, outcome.error, unknown=outcome.unknown)
        self._progress.clear()
        print_line(ejson.dumps(row))
        if self._shows:
            self._progress.put(f"{self._ok} ok, {self._bad} failed")

    def unsent(self, call: Planned) -> None:
        """A call that was not made, because the run ended before."""
        self._unsent += 1
        self._remember(call, "not sent", unknown=False)

    def _remember(self, call: Planned, error: str, *, unknown: bool) -> None:
        row = {"index": call.line, "method": call.method, "params": call.params, "error": error}
        self._failed.append(ejson.dumps(row | ({"unknown": True} if unknown else {})))

    def close(self) -> ExitStatus:
        """Print the summary and write the file of failed calls; the status of the run."""
        self._progress.clear()
        words = f"{self._ok} ok, {self._bad} failed" + (f", {self._unsent} not sent" if self._unsent else "")
        if self._path is not None:
            from truenas_client.storage.private_files import write_private

            write_private(self._path, "".join(f"{row}\n" for row in self._failed))
            if self._failed:
                from shlex import quote

                from .running import same_server

                again = f"{same_server(self._options)} batch < {quote(str(self._path))}"
                words += f"; `{again}` sends the failed ones again"
        if self._ok or self._bad or self._unsent:
            say(words)
        return ExitStatus.ERROR if self._bad or self._unsent else ExitStatus.OK
