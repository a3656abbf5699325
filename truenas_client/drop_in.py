"""Run a script of the official client, unedited, with this one in its place::

    python -m truenas_client.drop_in SCRIPT [ARGS]

`install` makes the modules that such scripts import: names of the official client, all of them ours. Nothing else here
knows them, and no such module exists on disk. A program may call `install` itself, before it imports them.
"""

from __future__ import annotations

import sys
from enum import IntEnum
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["JSONRPCError", "install", "main"]

OFFICIAL = "truenas_api_client"


class JSONRPCError(IntEnum):
    """The codes of the server's errors."""

    INVALID_JSON = -32700
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    INTERNAL_ERROR = -32603
    TRUENAS_TOO_MANY_CONCURRENT_CALLS = -32000
    TRUENAS_CALL_ERROR = -32001


_CLIENT = ("Client", "Call", "JSONRPCClient", "LegacyClient", "Job", "CALL_TIMEOUT", "ReserveFDException")
_UTILS = ("MIDDLEWARE_RUN_DIR", "ProgressBar", "Struct", "UndefinedType", "undefined")
_ERRORS = ("ClientException", "ValidationErrors", "CallTimeout", "ErrnoMixin", "ErrorExtra")
_SHAPES = ("_JobDict", "JobProgress", "TruenasError", "TruenasTraceback", "JSONRPCMessage", "CollectionUpdateParams")
"""Names of dictionaries as the server sends them. Scripts import them for their annotations."""


def install() -> None:
    """Make ``import truenas_api_client`` mean this client. Once is enough, twice is fine."""
    if isinstance(sys.modules.get(OFFICIAL), _Alias):
        return
    ours = import_module("truenas_client")
    exc, ejson, utils = (import_module(f"truenas_client.{name}") for name in ("exc", "ejson", "utils"))
    socket_options = {"set_socket_options": utils.set_socket_options}
    client = {name: getattr(ours, name) for name in (*_CLIENT, *_ERRORS)}
    shapes: dict[str, Any] = dict.fromkeys(_SHAPES, dict)
    names = {name: getattr(ours, name) for name in _UTILS} | socket_options
    mechanism = {"APIKeyAuthMech": ours.APIKeyAuthMech}
    modules = {
        "exc": vars(exc)
        | {"ClientHandshakeError": exc.HandshakeRejected, "ReserveFDException": ours.ReserveFDException},
        "ejson": vars(ejson),
        "scram_impl": vars(import_module("truenas_client.scram_impl")),
        "auth_api_key": mechanism,
        "legacy": client,
        "jsonrpc": client | shapes | {"JSONRPCError": JSONRPCError},
        "config": {"CALL_TIMEOUT": ours.CALL_TIMEOUT},
        "utils": names,
    }
    package = _Alias(OFFICIAL, client | names | mechanism | {"UNIX_SOCKET_PREFIX": "ws+unix://"})
    package.__path__ = []
    sys.modules[OFFICIAL] = package
    for name, values in modules.items():
        module = _Alias(f"{OFFICIAL}.{name}", values)
        sys.modules[module.__name__] = module
        setattr(package, name, module)
    package.json = package.ejson  # type: ignore[attr-defined]


class _Alias(ModuleType):
    """A module of the official client's name. Those of its command are made when they are asked for."""

    def __init__(self, name: str, values: dict[str, Any]) -> None:
        super().__init__(name, "An alias of truenas_client.")
        vars(self).update((key, value) for key, value in values.items() if not key.startswith("__"))

    def __getattr__(self, name: str) -> Any:
        if self.__name__ == OFFICIAL and name == "get_parser":
            return import_module("midclt.parser").get_parser
        if self.__name__ == OFFICIAL and name == "main":
            return import_module("midclt.__main__").main
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


def main(argv: list[str] | None = None) -> int:
    """Run a script as ``python SCRIPT`` would, with the aliases in place; the status for a wrong call."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] in ("-h", "--help"):
        print("usage: python -m truenas_client.drop_in SCRIPT [ARGS]", file=sys.stdout if arguments else sys.stderr)
        return 0 if arguments else 2
    from runpy import run_path

    install()
    script = arguments[0]
    if not Path(script).exists():
        print(f"{script}: there is no such file", file=sys.stderr)
        return 2
    sys.argv = list(arguments)
    sys.path[0] = str(Path(script).resolve().parent)
    run_path(script, run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
