"""A call as text that makes it elsewhere: a ``midclt`` command, a Python script, a JSON-RPC frame, curl.

======== ========================================================================================
midclt   a command for a shell as sh and bash are
python   a script with the blocking client
async    a script with the async client
jsonrpc  the frame, as it goes over the WebSocket
curl     for a download: ``midclt`` asks for it, and curl fetches the file
======== ========================================================================================

A saved connection is named by its profile; any other by its address and user, and its secret is read from the variable
that ``midclt`` reads too. Invariants: no secret is in the text. What the core would mask in the arguments becomes a
placeholder, ``${secret:NAME}``, which `midclt call --fill` fills in; a script reads it from its environment. What is
made of arguments without secrets sends exactly those.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from truenas_client import ejson
from truenas_client.endpoint import Endpoint
from truenas_client.secrets.placeholders import Placeholder, fill, find, pieces
from truenas_client.secrets.redact import mask_places, redact_call, redact_text
from truenas_client.secrets.shapes import is_reference
from truenas_client.secrets.value import Ask, Secret

from .pythontext import call_text, quoted

if TYPE_CHECKING:
    from truenas_client.storage import Profile

__all__ = ["FORMS", "CopiedCall", "Form", "Server", "copied", "forms_of", "named_secrets", "shell_word"]

Form = Literal["midclt", "python", "async", "jsonrpc", "curl"]
FORMS: tuple[Form, ...] = ("midclt", "python", "async", "jsonrpc", "curl")

_BARE = re.compile(r"(?!(?:true|false|null|NaN|Infinity)$)[A-Za-z_/][\w./:@+=-]*(?<!=@-)", re.ASCII)
_VARIABLES = {
    "password": ("TRUENAS_PASSWORD", "the password"),
    "api-key": ("TRUENAS_API_KEY", "the API key"),
    "api-key-plain": ("TRUENAS_API_KEY", "the API key"),
    "token": ("TRUENAS_TOKEN", "the token"),
}


@dataclass(frozen=True, slots=True)
class Server:
    """Where the call goes. ``profile`` has a name where it is saved; ``endpoint`` is the address in full."""

    profile: Profile
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class CopiedCall:
    """The call: ``params`` as the user wrote them, ``names`` those of the method's arguments.

    ``file`` says whether a file comes or goes with it, ``filename`` which; ``writes`` whether a read-only profile is to
    let it through.
    """

    method: str
    params: Sequence[Any]
    names: Sequence[str] = ()
    job: bool = False
    file: Literal["", "download", "upload"] = ""
    filename: str = ""
    writes: bool = False
    shown: list[Any] = field(init=False, repr=False)
    """The arguments with placeholders in place of secrets."""

    def __post_init__(self) -> None:
        plain = json.loads(ejson.dumps(list(self.params)))
        object.__setattr__(self, "shown", named_secrets(self.method, plain, self.names))


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
    return _Script(call, server, waits=form == "async").text()


def named_secrets(method: str, params: list[Any], names: Sequence[str] = ()) -> list[Any]:
    """A copy of the arguments, with a placeholder in place of each secret and of each mask."""
    taken: dict[str, int] = {}

    def placeholder(name: str) -> str:
        word = re.sub(r"[^A-Za-z0-9]+", "-", f"{method}-{name}").strip("-")
        taken[word] = taken.get(word, 0) + 1
        return f"${{secret:{word}{f'-{taken[word]}' if taken[word] > 1 else ''}}}"

    def walk(value: Any, masked: Any, name: str) -> Any:
        if isinstance(value, dict) and isinstance(masked, dict):
            # Placeholders in names would not be filled in, so a secret there is left out.
            return {redact_text(key): walk(member, masked.get(key), key) for key, member in value.items()}
        if isinstance(value, list) and isinstance(masked, list) and len(value) == len(masked):
            return [walk(item, shown, name) for item, shown in zip(value, masked, strict=True)]
        if not isinstance(masked, str) or value == "" or (isinstance(value, str) and is_reference(value)):
            return value
        parts, done = [], 0
        for start, end in mask_places(masked):
            parts += [masked[done:start], placeholder(name)]
            done = end
        return "".join([*parts, masked[done:]]) if parts else value

    shown = redact_call(method, params, names)
    return [
        walk(*both, names[at] if at < len(names) else "") for at, both in enumerate(zip(params, shown, strict=True))
    ]


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
        words.insert(0, f'TRUENAS_API_KEY="${{TRUENAS_API_KEY:?the API key of {_plain(profile.username)}}}"')
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


def _plain(name: str) -> str:
    """A name for a message inside double quotes."""
    return re.sub(r"[^\w.@-]", "?", name)


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
        fetches += ["--cacert", shlex.quote(tls.ca_file)]
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


# -- Python -------------------------------------------------------------------------------------


class _Script:
    """A script. It notes what it has to import while it is written."""

    def __init__(self, call: CopiedCall, server: Server, *, waits: bool) -> None:
        self._call, self._profile, self._waits = call, server.profile, waits
        self._names = {"AsyncClient" if waits else "Client", "ejson"}
        self._modules = {"asyncio"} if waits else set()
        self._getpass = False
        self._notes: dict[str, str] = {}
        """Variables of the environment that the script reads, and what they have to hold."""

    def text(self) -> str:
        """The whole script."""
        depth = 4 if self._waits else 0
        body = f"{' ' * depth}{'async ' * self._waits}with {self._client()} as nas:\n"
        if not self._profile.name:
            body += self._login(depth + 4)
        body += self._calls(depth + 4)
        body += f"{' ' * depth}print(ejson.dumps(result, indent=2))"
        if self._waits:
            body = f"\nasync def main() -> None:\n{body}\n\n\nasyncio.run(main())"
        # Names of placeholders may hold anything; a comment ends with its line.
        notes = [f"# {quoted(f'{name} in the environment: {text}')[1:-1]}.\n" for name, text in self._notes.items()]
        imports = [f"import {module}\n" for module in sorted(self._modules)]
        if self._getpass:
            imports.append("from getpass import getpass\n")
        if imports:
            imports.append("\n")
        names = ", ".join(sorted(self._names, key=lambda name: (name != name.upper(), name[0].islower(), name)))
        return "".join([*notes, *imports, f"from truenas_client import {names}\n\n", body])

    def _client(self) -> str:
        name, profile = "AsyncClient" if self._waits else "Client", self._profile
        if profile.name:
            self._getpass = profile.mechanism != "none" and isinstance(profile.secret, Ask)
            return f"{name}.from_profile({quoted(profile.name)}{', ask=getpass' * self._getpass})"
        arguments = [] if profile.address is None else [quoted(profile.address)]
        tls = profile.tls
        if not tls.verify:
            arguments.append("verify_ssl=False")
        elif tls.ca_file is not None or tls.pins:
            self._names.add("TLS")
            how = ", ".join(quoted(pin.text) for pin in tls.pins)
            arguments.append(f"tls=TLS.authority({quoted(tls.ca_file)})" if tls.ca_file else f"tls=TLS.pinned({how})")
        return f"{name}({', '.join(arguments)})"

    def _login(self, indent: int) -> str:
        profile = self._profile
        if profile.mechanism == "none":
            return ""
        variable, what = _VARIABLES[profile.mechanism]
        secret = self._environment(variable, f"{what} of {_plain(profile.username)}" if profile.username else what)
        arguments = [quoted(profile.username), secret]
        method = "login_with_api_key"
        if profile.mechanism == "token":
            method, arguments = "login_with_token", [secret]
        elif profile.mechanism == "password":
            method = "login_with_password"
        elif profile.mechanism == "api-key-plain":
            arguments.append('auth_mechanism="PLAIN"')
        elif not profile.channel_binding:
            arguments.append("channel_binding=False")
        return f"{' ' * indent}{'await ' * self._waits}nas.{method}({', '.join(arguments)})\n"

    def _calls(self, indent: int) -> str:
        call = self._call
        method, params = ("", call.method), [("", value) for value in call.shown]
        more = ("", call.shown)
        if call.file == "download":
            name = call.filename.rpartition("/")[2] or "download"
            fetch = [method, more, ("", name), ("to=", call.filename)]
            return self._line("saved = await nas.download", fetch, indent) + f"{' ' * indent}result = saved.result\n"
        if call.file == "upload" or (call.job and self._waits):
            start = [method, more, ("", call.filename)] if call.file else [method, *params]
            begun = self._line(f"job = await nas.{'upload' if call.file else 'start'}", start, indent)
            return begun + f"{' ' * indent}result = await job.result()\n"
        if call.job:
            return self._line("result = nas.call", [method, *params, ("job=", True)], indent)
        return self._line(f"result = {'await ' * self._waits}nas.call", [method, *params], indent)

    def _line(self, before: str, arguments: list[tuple[str, Any]], indent: int) -> str:
        return call_text(before, arguments, self._text, indent=indent)

    def _text(self, text: str) -> str:
        """A text with its placeholders as reads of the environment."""
        parts = []
        for part, placeholder in pieces(text):
            if part:
                parts.append(quoted(part))
            if placeholder is not None:
                parts.append(self._value_of(placeholder))
        return " + ".join(parts) or '""'

    def _value_of(self, placeholder: Placeholder) -> str:
        if placeholder.wrong:
            return quoted(str(placeholder))
        if placeholder.kind == "env":
            return self._environment(placeholder.name, "an argument of the call")
        variable = re.sub(r"\W+", "_", placeholder.name, flags=re.ASCII).upper()
        return self._environment(variable, f"what {placeholder} stands for")

    def _environment(self, variable: str, meaning: str) -> str:
        self._modules.add("os")
        self._notes[variable] = meaning
        return f"os.environ[{quoted(variable)}]"
