"""Saved calls for the command line: found by name or path, filled with values, listed, imported and exported.

Invariants: a secret is never taken from the command line, where other users of the machine can see it; a value that is
no good is reported by the name of its variable, not repeated.
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from truenas_client.secrets.placeholders import Placeholder
from truenas_client.secrets.shapes import is_reference
from truenas_client.secrets.value import Secret
from truenas_client.storage.named_secrets import look_up
from truenas_client.storage.saved import SavedCalls, read_call
from truenas_client.storage.saved_call import SavedCall, Variable
from truenas_client.values.lines import one_line

from .asking import ask, ask_text, has_terminal
from .exits import CommandError, ExitStatus
from .filling import filled
from .output import print_line, say

__all__ = ["arguments", "do_export", "do_import", "do_ls", "do_rm", "do_show", "find_call"]


def find_call(name: str) -> SavedCall:
    """The call of this name, or in this file. Raises `InvalidSavedCall`."""
    call = read_call(Path(name).expanduser()) if name.endswith(".toml") else SavedCalls().get(name)
    for note in call.notes:
        say(f"{name}: {note}")
    return call


def arguments(call: SavedCall, settings: Sequence[str]) -> tuple[list[Any], tuple[Secret, ...]]:
    """The arguments to send, and the secrets among them. ``settings`` are texts ``name=value``.

    Raises `CommandError` for a value that is missing or wrong.
    """
    given = _given(call, settings)
    values: dict[str, Any] = {}
    secrets: dict[str, Secret] = {}
    for variable in call.asked:
        typed = given.get(variable.name)
        if variable.type == "secret":
            secrets[variable.name] = _secret(variable, typed)
        else:
            values[variable.name] = _value(variable, typed)
    try:
        params = call.fill(values)
    except ValueError as e:
        raise CommandError(str(e), ExitStatus.USAGE) from None

    def lookup(one: Placeholder) -> Secret | str:
        return secrets[one.name] if one.kind == "var" and one.name in secrets else look_up(one)

    return filled(params, lookup)


def _given(call: SavedCall, settings: Sequence[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    names = [variable.name for variable in call.asked]
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise CommandError("--set wants NAME=VALUE", ExitStatus.USAGE)
        if name not in names:
            near = get_close_matches(name, names, 1)
            known = f"did you mean {near[0]}?" if near else f"it has {', '.join(names) or 'none'}"
            raise CommandError(f"{call.name} has no variable {name[:80]}: {known}", ExitStatus.USAGE)
        if name in given:
            raise CommandError(f"--set {name} is given twice", ExitStatus.USAGE)
        given[name] = value
    return given


def _value(variable: Variable, typed: str | None) -> Any:
    typed = variable.default if typed is None else typed
    if typed is None and not has_terminal():
        raise _missing(variable, "VALUE")
    while True:
        text = ask_text(f"{_words(variable)}: ") if typed is None else typed
        if typed is None and not text:
            raise _missing(variable, "VALUE")
        try:
            return variable.value(text)
        except ValueError as e:
            if typed is not None:
                raise CommandError(str(e), ExitStatus.USAGE) from None
            say(str(e))


def _secret(variable: Variable, typed: str | None) -> Secret:
    if typed is None:
        text = ask(f"{_words(variable)}: ") if has_terminal() else None
        if not text:
            raise _missing(variable, "'${env:VARIABLE}' or '${secret:NAME}'")
        return Secret(text)
    found = filled([typed])[1] if is_reference(typed) else ()
    if not found:
        raise CommandError(
            f"{variable.name} is a secret, and other users of this machine can see a command line: leave it out to be "
            f"asked, or name it: --set {variable.name}='${{env:VARIABLE}}' or '${{secret:NAME}}'",
            ExitStatus.USAGE,
        )
    return found[0]


def _missing(variable: Variable, value: str) -> CommandError:
    return CommandError(f"{_words(variable)} is not given: --set {variable.name}={value}", ExitStatus.USAGE)


def _words(variable: Variable) -> str:
    """A variable for a prompt: the file may come from others, so its text stands in one harmless line."""
    return f"{variable.name} ({one_line(variable.description)})" if variable.description else variable.name


def do_ls(options: Namespace) -> ExitStatus:
    """List the saved calls."""
    saved = SavedCalls()
    calls, problems = saved.all()
    width = max((len(call.name) for call in calls), default=0)
    for call in calls:
        asks = ", ".join(variable.name for variable in call.asked)
        words = (call.name.ljust(width), call.method, one_line(call.description), f"asks for {asks}" if asks else "")
        print_line("  ".join(part for part in words if part))
    for problem in problems.values():
        say(problem)
    if not calls:
        say(f"No calls are saved in {saved.folder}.")
    return ExitStatus.USAGE if problems else ExitStatus.OK


def do_show(options: Namespace) -> ExitStatus:
    """Print the file of a call."""
    print_line(find_call(options.saved).text().rstrip("\n"))
    return ExitStatus.OK


def do_rm(options: Namespace) -> ExitStatus:
    """Delete a call."""
    SavedCalls().remove(options.saved)
    say(f"Removed {options.saved}.")
    return ExitStatus.OK


def do_import(options: Namespace) -> ExitStatus:
    """Add calls from files."""
    if options.call_name and len(options.files) > 1:
        raise CommandError("--as is for one file", ExitStatus.USAGE)
    for file in options.files:
        call = read_call(Path(file).expanduser(), options.call_name or "")
        path = SavedCalls().put(call.without_secrets(), replace=options.replace)
        say(f"{call.name} is in {path}.")
    return ExitStatus.OK


def do_export(options: Namespace) -> ExitStatus:
    """Write a call to a file, without secrets."""
    text = replace(SavedCalls().get(options.saved), notes=()).without_secrets().text()
    if options.file == "-":
        print_line(text.rstrip("\n"))
        return ExitStatus.OK
    path = os.path.expanduser(options.file)
    try:
        with open(path, "w" if options.replace else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise CommandError(f"{path} exists: --replace replaces it", ExitStatus.USAGE) from None
    say(f"{options.saved} is in {path}.")
    return ExitStatus.OK
