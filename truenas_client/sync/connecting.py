"""Open a connection to a server and greet it, up to the login.

`engine.hello` decides which address and which protocol to try. This module opens the connections and makes the calls.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from ..dialing import ConnectLimits, handshaking
from ..endpoint import DEFAULT_PATH, Endpoint
from ..engine.driven import Driven
from ..engine.hello import GREETING, Approach, dialect_for, greeting, hello
from ..exc import ClientException, HandshakeRejected
from .connection import Connection
from .sockets import open_socket

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from ..tls_choice import TLS

__all__ = ["connect"]


def connect(
    approach: Approach,
    *,
    tls: TLS | None,
    limits: ConnectLimits,
    private_methods: bool,
    py_exceptions: bool,
    reserved_ports: bool,
    through: Callable[[], socket.socket] | None = None,
) -> Connection:
    """Open a connection that waits for its login, and start its reader. Raises `ConnectError`.

    ``through`` connects to a forwarder in place of the server; its user is signed in already.
    """
    steps = approach.steps()
    endpoint = next(steps)
    while True:
        try:
            if through is None:
                sock, here = open_socket(endpoint, tls=tls, limits=limits, reserved_ports=reserved_ports), endpoint
            else:
                sock, here = through(), endpoint._replace(scheme="ws", path=DEFAULT_PATH)
            connection = _connection(sock, here, limits)
            _greet(connection, here, limits, private_methods, py_exceptions)
            if through is not None:
                connection.sign(True)
        except ClientException as e:
            endpoint = steps.throw(e)
        else:
            approach.reached(endpoint)
            return connection


def _connection(sock: socket.socket, endpoint: Endpoint, limits: ConnectLimits) -> Connection:
    connection = Connection(sock, endpoint, dialect_for(endpoint), limits=limits)
    try:
        with handshaking(endpoint, limits):
            connection.open(limits.left(limits.handshake))
    except BaseException as e:
        connection.close()
        if isinstance(e, HandshakeRejected):
            raise _as_scripts_know_it(e) from e.__cause__
        raise
    return connection


def _as_scripts_know_it(error: HandshakeRejected) -> HandshakeRejected:
    """The error, with the class of ``websocket`` too when a script has imported that: the official client uses it."""
    known = getattr(sys.modules.get("websocket"), "WebSocketBadStatusException", None)
    if error.status_code is None or not isinstance(known, type):
        return error
    both = type("HandshakeRejected", (HandshakeRejected, known), {"__module__": HandshakeRejected.__module__})
    made: HandshakeRejected = both(error.error, error.status_code)
    return made


def _greet(
    connection: Connection, endpoint: Endpoint, limits: ConnectLimits, private_methods: bool, py_exceptions: bool
) -> None:
    connection.start()
    try:
        with greeting(endpoint):
            _say_hello(connection, limits, private_methods, py_exceptions)
    except BaseException:
        connection.close()
        raise
    if endpoint.socket is not None:
        # The server has signed in the user of this process before the first message.
        connection.sign(True, os.getuid())


def _say_hello(connection: Connection, limits: ConnectLimits, private_methods: bool, py_exceptions: bool) -> None:
    steps = Driven(hello(connection.talk.dialect, private_methods=private_methods, py_exceptions=py_exceptions))
    for step in steps:
        timeout = limits.left(limits.hello)
        try:
            if step is GREETING:
                connection.greet(timeout)
            else:
                steps.answer = connection.call(*step, timeout)
        except ClientException as e:
            steps.failure = e
