"""The steps of ``midclt doctor``. Each opens what it needs itself, so that a failure is the step's own."""

from __future__ import annotations

import json
import socket
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from statistics import median
from time import monotonic
from typing import Any

from truenas_client.dialing import ConnectLimits
from truenas_client.endpoint import Endpoint, parse
from truenas_client.exc import ClientException, ConnectionLost
from truenas_client.storage import Choice
from truenas_client.sync.client import Client
from truenas_client.sync.sockets import open_socket
from truenas_client.tls_choice import SYSTEM
from truenas_client.values.human import human_duration

from .access import chosen, connected, who_signs_in_here
from .exits import CommandError, ExitStatus, status_of
from .identity import identity
from .output import print_line, shell_words, tell

__all__ = ["run"]

Step = tuple[str, Callable[[], str]]
SKEW_SECONDS = 60.0
"""A clock that is further off breaks one-time passwords and certificates."""
PINGS = 5
MOST_ROLES = 6


def run(options: Namespace) -> ExitStatus:
    """Run the steps up to the first that fails, and print each; the status of that one."""
    choice = chosen(options)
    endpoint = parse(choice.address)
    rows: list[dict[str, Any]] = []
    failure: CommandError | None = None
    with ExitStack() as stack:
        for name, work in _steps(options, choice, endpoint, stack):
            began = monotonic()
            try:
                said = work()
            except (CommandError, ClientException) as e:
                failure = e if isinstance(e, CommandError) else CommandError(shell_words(e.error), status_of(e))
                said = str(failure).partition("\n")[0]
            row = {"step": name, "ok": failure is None, "ms": round((monotonic() - began) * 1000, 1), "said": said}
            rows.append(row)
            if options.output is None:
                print_line(f"{'ok  ' if row['ok'] else 'FAIL'} {name:<12} {row['ms']:>8.1f} ms   {said}")
            if failure is not None:
                break
    if options.output is not None:
        from truenas_client.values.forms import form_lines

        for line in form_lines(rows, options.output):
            print_line(line)
    if failure is None:
        return ExitStatus.OK
    tell([str(failure)], verbose=options.verbose)
    return failure.status


def _steps(options: Namespace, choice: Choice, endpoint: Endpoint, stack: ExitStack) -> Iterator[Step]:
    held: list[Client] = []

    def websocket() -> str:
        held.append(stack.enter_context(connected(options, choice)))
        client = held[0]
        words = "JSON-RPC" if client.dialect == "jsonrpc" else "the old protocol, of 24.10 and before"
        return f"{client.endpoint.text}, {words}"

    def sign_in() -> str:
        who = who_signs_in_here(options, choice)
        if who is None:
            return "the local socket signs in the user of this process" if endpoint.socket else "no user is named: -U"
        from .signing import sign_in as log_in

        login = log_in(held[0], who, options, options.timeout or None)
        how = f" by {login.mechanism}" if login is not None else ""
        return f"{who.profile.username}{how}"

    if endpoint.socket is None:
        yield "name", lambda: _resolve(endpoint)
    yield "connection", lambda: _connect(endpoint)
    if endpoint.is_tls:
        yield "certificate", lambda: _certificate(endpoint, choice)
    yield "websocket", websocket
    if endpoint.socket is None:
        yield "versions", lambda: _versions(endpoint, choice)
    yield "sign-in", sign_in
    yield "role", lambda: _role(held[0])
    yield "server", lambda: str(held[0].call("system.version"))
    yield "clock", lambda: _clock(held[0])
    yield "speed", lambda: _speed(held[0], endpoint)


def _resolve(endpoint: Endpoint) -> str:
    try:
        found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as e:
        text = f"{endpoint.host}: the name service does not know it ({getattr(e, 'strerror', None) or e})"
        raise CommandError(text, ExitStatus.CONNECTION) from e
    return ", ".join(dict.fromkeys(str(address[4][0]) for address in found))


def _connect(endpoint: Endpoint) -> str:
    plain = endpoint._replace(scheme="ws") if endpoint.is_tls else endpoint
    with open_socket(plain, tls=None, limits=ConnectLimits()):
        return endpoint.socket or f"port {endpoint.port} answers"


def _certificate(endpoint: Endpoint, choice: Choice) -> str:
    from .trusting import look

    checked = choice.tls.verify
    seen = look(endpoint, choice.tls if checked else SYSTEM)
    trusted = "trusted" if seen.trusted else f"not trusted: {'; '.join(seen.problems)}"
    if not checked:
        trusted = f"{trusted}, but any is accepted (--insecure)"
    words = f"{trusted}; ends {seen.not_after:%Y-%m-%d}; SHA-256 {seen.shown_fingerprint}"
    if checked and not seen.trusted:
        raise CommandError(
            f"The certificate is {words}\nCompare that with the server's own, then: midclt profile add, or --ca FILE",
            ExitStatus.CONNECTION,
        )
    return words


def _versions(endpoint: Endpoint, choice: Choice) -> str:
    """The versions of the API, which a server from 25.04 on tells before sign-in; older ones have none."""
    import http.client

    limits = ConnectLimits()
    sock = open_socket(endpoint, tls=choice.accepts, limits=limits)
    sock.settimeout(limits.handshake)
    asked = http.client.HTTPConnection(endpoint.host_text, endpoint.port)
    asked.sock = sock
    try:
        asked.request("GET", "/api/versions")
        answer = asked.getresponse()
        found = json.loads(answer.read(65_536)) if answer.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        found = None
    finally:
        asked.close()
    if not isinstance(found, list):
        return "the server does not list them (24.10 and before)"
    return ", ".join(str(one) for one in found[:20])


def _role(client: Client) -> str:
    row = identity(client)
    roles = ["FULL_ADMIN"] if "FULL_ADMIN" in row["roles"] else row["roles"]
    more = f" and {len(roles) - MOST_ROLES} more" if len(roles) > MOST_ROLES else ""
    words = ", ".join(roles[:MOST_ROLES]) + more if roles else "no role: nearly every method will be refused"
    return f"{row['user']}: {words}"


def _clock(client: Client) -> str:
    began = datetime.now(UTC)
    try:
        info = client.call("system.info")
    except ConnectionLost:
        raise
    except ClientException:
        info = None
    theirs = info.get("datetime") if isinstance(info, dict) else None
    if not isinstance(theirs, datetime):
        return "this user may not read it"
    middle = began + (datetime.now(UTC) - began) / 2
    off = (theirs - middle).total_seconds()
    words = f"{human_duration(abs(off))} {'ahead of' if off > 0 else 'behind'} this machine"
    return words if abs(off) < SKEW_SECONDS else f"{words}: one-time passwords and certificates may fail"


def _speed(client: Client, endpoint: Endpoint) -> str:
    times = []
    for _ in range(PINGS):
        began = monotonic()
        client.ping()
        times.append(monotonic() - began)
    limits = "10 calls at a time" + ("" if endpoint.socket else ", 20 login calls a minute")
    return f"a call takes {median(times) * 1000:.1f} ms; the server allows {limits}"
