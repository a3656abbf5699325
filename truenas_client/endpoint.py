"""Addresses: the text that a user types, and the endpoint that it means.

Accepted are nothing (the local socket), a bare host (``nas``, ``nas:8443``,
``192.0.2.7``, ``fe80::1``), ``https://``/``http://`` (as copied from a browser),
``wss://``/``ws://`` and ``ws+unix:///path``. A missing path is ``/api/current``.

Invariant: an `Endpoint` never holds credentials, so it may be shown and logged.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from .exc import InvalidEndpoint

__all__ = ["DEFAULT_PATH", "LEGACY_PATH", "LOCAL_SOCKET", "Endpoint", "names_no_path", "parse", "with_path"]

LOCAL_SOCKET = "/run/middleware/middlewared.sock"
"""The socket of the middleware on this machine (the official client's default)."""

DEFAULT_PATH = "/api/current"
"""The JSON-RPC endpoint with the newest API of a server (25.04 and later)."""

LEGACY_PATH = "/websocket"
"""The endpoint of the old protocol: the only one on 24.10 and earlier, still served by later releases."""

# Paths that users copy from a browser: an empty one, the web UI's, the API's without a version or its documentation's.
_WEB_UI = re.compile(r"/*|/ui(/.*)?|/api/?|/api/(v2\.0|docs)(/.*)?")
_WEB_UI_ROOT = re.compile(r"/ui(/|$)")

_SCHEMES = {"wss": "wss", "https": "wss", "ws": "ws", "http": "ws"}
_PORTS = {"wss": 443, "ws": 80}


class Endpoint(NamedTuple):
    """One address. With ``ws+unix`` ``socket`` is set, and host and port mean nothing."""

    scheme: str
    host: str
    port: int
    path: str
    socket: str | None = None

    @property
    def text(self) -> str:
        """The whole address. It may be shown and stored."""
        if self.socket is not None:
            return f"ws+unix://{self.socket}" + (f":{LEGACY_PATH}" if self.is_legacy else "")
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host_text}{port}{self.path}"

    @property
    def host_text(self) -> str:
        """The host as written in a URL: IPv6 in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def server_name(self) -> str:
        """The host as the server and its certificate know it: the zone of an IPv6 address is this machine's alone."""
        return self.host.partition("%")[0]

    @property
    def name(self) -> str:
        """A short name for titles: the host, or "this machine"."""
        return "this machine" if self.socket is not None else self.host

    @property
    def is_tls(self) -> bool:
        return self.scheme == "wss"

    @property
    def is_legacy(self) -> bool:
        """Whether the address means the old protocol. On 24.10 and earlier the local socket speaks it too."""
        return self.path.rstrip("/").endswith(LEGACY_PATH)

    @property
    def is_local(self) -> bool:
        """Whether no traffic leaves this machine: the local socket or a loopback address."""
        if self.socket is not None or self.host == "localhost":
            return True
        return _is_loopback(self.host)


@lru_cache(maxsize=64)  # a program parses the same few addresses often
def parse(address: str | None) -> Endpoint:
    """Read an address as a user writes it; None and "" are the local socket.

    Raises `InvalidEndpoint`, which says what is wrong and gives a right example.
    """
    text = (address or "").strip()
    if not text:
        return Endpoint("ws+unix", "localhost", 0, DEFAULT_PATH, LOCAL_SOCKET)
    # A query or the part before an "@" could hold a secret, so the error does not repeat such an address.
    shown = "the address" if "@" in text or "?" in text else repr(text)
    for prefix in ("ws+unix://", "unix://"):
        if text.startswith(prefix):
            path = text[len(prefix) :]
            if not path.startswith("/"):
                raise InvalidEndpoint(
                    f"{shown}: the path of the socket must begin with /, as in ws+unix:///run/nas.sock"
                )
            if path.endswith(f":{LEGACY_PATH}"):
                return Endpoint("ws+unix", "localhost", 0, LEGACY_PATH, path.removesuffix(f":{LEGACY_PATH}"))
            return Endpoint("ws+unix", "localhost", 0, DEFAULT_PATH, path)
    if "://" not in text:
        text = "wss://" + (f"[{text}]" if _is_ipv6(text) else text)
    scheme, _, rest = text.partition("://")
    if scheme.lower() not in _SCHEMES:
        raise InvalidEndpoint(f"{shown}: use wss://, ws://, https://, http:// or ws+unix://, not {scheme}://")
    if any(character.isspace() or ord(character) < 32 for character in rest):
        raise InvalidEndpoint(f"{shown}: an address has no spaces, as in wss://nas.example/api/current")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as e:
        raise InvalidEndpoint(f"{shown}: {e}, as in wss://nas.example:443/api/current") from None
    if parts.username is not None or parts.password is not None:
        raise InvalidEndpoint("the address holds a user name or password; give those on their own, not in the address")
    of_web_ui = _WEB_UI.fullmatch(parts.path) is not None
    if (parts.query or parts.fragment) and not (of_web_ui and _WEB_UI_ROOT.match(parts.path)):
        raise InvalidEndpoint(f"{shown}: an address has no ? or # part, as in wss://nas.example/api/current")
    if not host:
        raise InvalidEndpoint(f"{shown}: the host is missing, as in wss://nas.example/api/current")
    scheme = _SCHEMES[scheme.lower()]
    # In a URL the % of a zone is written %25.
    host = host.replace("%25", "%")
    return Endpoint(scheme, host, port or _PORTS[scheme], DEFAULT_PATH if of_web_ui else parts.path)


def names_no_path(address: str | None) -> bool:
    """Whether an address names no path, so that the client may try another one."""
    text = (address or "").strip()
    if not text or text.startswith(("ws+unix:", "unix:")):
        return not text.endswith(f":{LEGACY_PATH}")
    try:
        return _WEB_UI.fullmatch(urlsplit(text if "://" in text else f"wss://{text}").path) is not None
    except ValueError:
        return False


def with_path(endpoint: Endpoint, path: str) -> Endpoint:
    """The same server at another path."""
    return endpoint._replace(path=path)


@lru_cache(maxsize=64)
def _is_loopback(host: str) -> bool:
    from ipaddress import ip_address  # the local socket needs none of it, and a quick start counts there

    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _is_ipv6(text: str) -> bool:
    from ipaddress import ip_address

    try:
        return ip_address(text.partition("%")[0]).version == 6
    except ValueError:
        return False
