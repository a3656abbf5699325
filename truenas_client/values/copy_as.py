"""A call as text that makes it elsewhere: a ``midclt`` command, a Python script, a JSON-RPC frame, curl.

======== ========================================================================================
midclt   a command for a shell as sh and bash are
python   a script with the blocking client
async    a script with the async client
jsonrpc  the frame, as it goes over the WebSocket
curl     for a download: ``midclt`` asks for it, and curl fetches the file
======== ========================================================================================

A saved connection is named by its profile; any other by its address and user, and its secret is read from the variable
that ``midclt`` reads too. Invariants: no secret is in the text (`copied_call`); what is made of arguments without
secrets and variables sends exactly those. Placeholders are filled in by ``midclt call --fill``.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
from typing import TYPE_CHECKING, Any, Literal

from truenas_client.secrets.placeholders import fill, find
from truenas_client.secrets.value import Secret

from .copied_call import CopiedCall, Server, plain_name
from .copied_script import Script

if TYPE_CHECKING:
    from truenas_client.storage import Profile

__all__ = ["FORMS", "CopiedCall", "Form", "Server", "copied", "forms_of", "shell_word"]

Form = Literal["midclt", "python", "async", "jsonrpc", "curl"]
FORMS: tuple[Form, ...] = ("midclt", "python", "async", "jsonrpc", "curl")

_BARE = re.compile(r"(?!(?:true|false|null|NaN|Infinity)$)[A-Za-z_/][\w./:@+=-]*(?<!=@-)", re.ASCII)


def forms_of(call: CopiedCall, server: Server) -> tuple[Form, ...]:
    """The forms that a call has. A file goes by the async client, and curl cannot check a pinned certificate."""
    if not call.file:
        return FORMS[:4]
    pinned = any(not pin.key for pin in server.profile.tls.pins)
    return ("midclt", "async", "curl") if call.file == "download" and not pinned else ("midclt", "async")


def copied(form: Form, call: CopiedCall, server: Server) -> str:
    """The text; it ends without a line feed. Raises RecursionError for arguments nested too deeply for a script."""
    match form:
        case "midclt":
            return _command(call, server)
        case "jsonrpc":
            return _frame(call, server.endpoint.is_legacy)
        case "curl":
            return _curl(call, server)
    return Script(call, server, waits=form == "async").text()


# -- a shell ------------------------------------------------------------------------------------


def shell_word(value: Any) -> str:
    """An argument as a word of ``midclt call``, quoted for a shell: a plain text as it is, the rest as JSON."""
    if isinstance(value, str) and _BARE.fullmatch(value):
        return value
    text = json.dumps(value, ensure_ascii=False)
    # Only what stands in strings can be unprintable, and every such character has an escape in JSON.
    text = "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)
    # A number such as -1e5 would be taken for an option.
    return shlex.quote(f" {text}" if text.startswith("-") and not text[1:].replace(".", "", 1).isdigit() else text)


def _words(call: CopiedCall) -> tuple[list[str], list[str]]:
    """The options for the arguments, and the arguments."""
    filled = next(find(call.shown), None) is not None
    options = ["--fill"] if filled else []
    params = call.shown if filled else _sent(call.shown)
    return options + ["--write"] * call.writes, [shell_word(value) for value in params]


def _command(call: CopiedCall, server: Server) -> str:
    options, words = _words(call)
    method = shlex.quote(call.method)
    if call.file == "download":
        tail = ["download", *options, "-O", shlex.quote(call.filename), method, *words]
    elif call.file == "upload":
        tail = ["upload", *options, method, shlex.quote(call.filename), *words]
    else:
        tail = ["call", *options, *["-j"] * call.job, method, *words]
    return " ".join([*_midclt(server.profile), *tail])


def _midclt(profile: Profile) -> list[str]:
    """The command up to its subcommand."""
    if profile.name:
        return ["midclt", "--profile", shlex.quote(profile.name)]
    words = ["midclt"]
    if profile.mechanism.startswith("api-key"):
        # Without it midclt would ask for a password.
        words.insert(0, f'TRUENAS_API_KEY="${{TRUENAS_API_KEY:?the API key of {plain_name(profile.username)}}}"')
    if profile.address is not None:
        words += ["-u", shlex.quote(profile.address)]
    if profile.username:
        words += ["-U", shlex.quote(profile.username)]
    if not profile.tls.verify:
        words.append("--insecure")
    if profile.tls.ca_file is not None:
        words += ["--ca", shlex.quote(profile.tls.ca_file)]
    if profile.mechanism == "api-key-plain":
        words.append("--plain")
    elif profile.mechanism == "api-key" and not profile.channel_binding:
        words.append("--no-channel-binding")
    return words


def _curl(call: CopiedCall, server: Server) -> str:
    """The server's answer is a number and a path with a token: sed makes it an address that curl reads as a setting, so
    that the token is in no list of processes."""
    options, _ = _words(call)
    arguments = call.shown if "--fill" in options else _sent(call.shown)
    wanted = [call.method, arguments, call.filename]
    asks = " ".join([*_midclt(server.profile), "call", *options, "core.download", *map(shell_word, wanted)])
    end, tls = server.endpoint, server.profile.tls
    address = "http://localhost" if end.socket is not None else f"http{'s' * end.is_tls}://{end.host_text}:{end.port}"
    fetches = ["curl", "--fail", "--output", shlex.quote(call.filename)]
    if end.socket is not None:
        fetches += ["--unix-socket", shlex.quote(end.socket)]
    if tls.ca_file is not None:
        fetches += ["--cacert", shlex.quote(os.path.expanduser(tls.ca_file))]
    if tls.pins or not tls.verify:
        fetches.append("--insecure")
    if tls.pins:
        pins = (base64.b64encode(bytes.fromhex(pin.digest)).decode() for pin in tls.pins)
        fetches += ["--pinnedpubkey", shlex.quote(";".join(f"sha256//{pin}" for pin in pins))]
    edit = shlex.quote(f's|^[^"]*"|url = "{address}|; s|"[^"]*$|"|')
    return f"{asks} |\n  sed {edit} |\n  {' '.join(fetches)} --config -"


# -- the wire -----------------------------------------------------------------------------------


def _frame(call: CopiedCall, legacy: bool) -> str:
    head = {"id": "1", "msg": "method"} if legacy else {"jsonrpc": "2.0", "id": "1"}
    return json.dumps({**head, "method": call.method, "params": _sent(call.shown)})


def _sent(params: list[Any]) -> list[Any]:
    """The arguments as they are sent, except that placeholders stay."""
    value: list[Any] = fill(params, lambda one: Secret(str(one))).value
    return value
