"""A call as a Python script: with the blocking client or the async one, a profile or a login, its files and its jobs.

Invariant: what the script needs and does not hold (secrets, variables) it reads from its environment, and says so in a
comment above everything.
"""

from __future__ import annotations

from typing import Any

from truenas_client.secrets.placeholders import Placeholder, pieces
from truenas_client.secrets.value import Ask

from .copied_call import CopiedCall, Server, plain_name, variable_of
from .pythontext import call_text, quoted

__all__ = ["Script"]

_VARIABLES = {
    "password": ("TRUENAS_PASSWORD", "the password"),
    "api-key": ("TRUENAS_API_KEY", "the API key"),
    "api-key-plain": ("TRUENAS_API_KEY", "the API key"),
    "token": ("TRUENAS_TOKEN", "the token"),
}


class Script:
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
        secret = self._environment(variable, f"{what} of {plain_name(profile.username)}" if profile.username else what)
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
        parts, literal = [], ""
        for part, placeholder in pieces(text):
            literal += part
            if placeholder is not None:
                parts += [quoted(literal)] if literal else []
                parts.append(self._value_of(placeholder))
                literal = ""
        return " + ".join([*parts, quoted(literal)] if literal or not parts else parts)

    def _value_of(self, placeholder: Placeholder) -> str:
        if placeholder.wrong:
            return quoted(str(placeholder))
        if placeholder.kind == "env":
            return self._environment(placeholder.name, "an argument of the call")
        return self._environment(variable_of(placeholder.name), f"what {placeholder} stands for")

    def _environment(self, variable: str, meaning: str) -> str:
        self._modules.add("os")
        self._notes[variable] = meaning
        return f"os.environ[{quoted(variable)}]"
