"""A TrueNAS from Python: a blocking and an async client, their errors, and the catalogue of methods.

Importing this package loads almost nothing; each name is loaded when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` costs more to import than all the rest here; type checkers know the name
if TYPE_CHECKING:
    from typing import Any

    from . import ejson, exc
    from .aio.bulk import BulkInterrupted, BulkResult
    from .aio.client import AsyncClient
    from .aio.events import AsyncSubscription, Event, Gap
    from .aio.files import Downloaded
    from .aio.jobs import AsyncJob, JobProgress
    from .aio.large import LargeAnswer
    from .aio.live_query import Change, LiveQuery
    from .aio.supervisor import State, Status
    from .auth.channel import APIKeyAuthMech
    from .dialing import ConnectLimits
    from .engine.tap import Frame, Tap
    from .exc import (
        AccessDenied,
        AuthenticationError,
        CallTimeout,
        ChannelBindingError,
        ClientException,
        ConnectError,
        ConnectionLost,
        CredentialsExpired,
        ErrnoMixin,
        ErrorExtra,
        FingerprintMismatch,
        HandshakeRejected,
        InsecureTransport,
        InvalidCredentials,
        InvalidKeyFile,
        JobAborted,
        JobFailed,
        JobLost,
        MechanismUnsupported,
        MethodNotFound,
        NotAJob,
        NotAuthenticated,
        NotAuthorized,
        OTPRequired,
        PayloadTooLarge,
        ProtocolError,
        RateLimited,
        RedirectRequired,
        ServerSignatureError,
        SubscriptionEnded,
        TooManyConcurrentCalls,
        ValidationErrors,
    )
    from .methods.catalogue import Catalogue, Method
    from .storage import Profile
    from .sync.calls import Call
    from .sync.client import CALL_TIMEOUT, Client, JSONRPCClient, LegacyClient
    from .sync.events import Subscription
    from .sync.jobs import Job
    from .sync.sockets import ReserveFDException
    from .trust import TLS
    from .utils import MIDDLEWARE_RUN_DIR, ProgressBar, Struct, UndefinedType, undefined

__version__ = "0.1.0"

__all__ = [
    "CALL_TIMEOUT",
    "MIDDLEWARE_RUN_DIR",
    "TLS",
    "APIKeyAuthMech",
    "AccessDenied",
    "AsyncClient",
    "AsyncJob",
    "AsyncSubscription",
    "AuthenticationError",
    "BulkInterrupted",
    "BulkResult",
    "Call",
    "CallTimeout",
    "Catalogue",
    "Change",
    "ChannelBindingError",
    "Client",
    "ClientException",
    "ConnectError",
    "ConnectLimits",
    "ConnectionLost",
    "CredentialsExpired",
    "Downloaded",
    "ErrnoMixin",
    "ErrorExtra",
    "Event",
    "FingerprintMismatch",
    "Frame",
    "Gap",
    "HandshakeRejected",
    "InsecureTransport",
    "InvalidCredentials",
    "InvalidKeyFile",
    "JSONRPCClient",
    "Job",
    "JobAborted",
    "JobFailed",
    "JobLost",
    "JobProgress",
    "LargeAnswer",
    "LegacyClient",
    "LiveQuery",
    "MechanismUnsupported",
    "Method",
    "MethodNotFound",
    "NotAJob",
    "NotAuthenticated",
    "NotAuthorized",
    "OTPRequired",
    "PayloadTooLarge",
    "Profile",
    "ProgressBar",
    "ProtocolError",
    "RateLimited",
    "RedirectRequired",
    "ReserveFDException",
    "ServerSignatureError",
    "State",
    "Status",
    "Struct",
    "Subscription",
    "SubscriptionEnded",
    "Tap",
    "TooManyConcurrentCalls",
    "UndefinedType",
    "ValidationErrors",
    "ejson",
    "exc",
    "undefined",
]

_MODULES = {
    "aio.bulk": "BulkInterrupted BulkResult",
    "aio.client": "AsyncClient",
    "aio.events": "AsyncSubscription Event Gap",
    "aio.files": "Downloaded",
    "aio.jobs": "AsyncJob JobProgress",
    "aio.large": "LargeAnswer",
    "aio.live_query": "Change LiveQuery",
    "aio.supervisor": "State Status",
    "auth.channel": "APIKeyAuthMech",
    "dialing": "ConnectLimits",
    "engine.tap": "Frame Tap",
    "methods.catalogue": "Catalogue Method",
    "storage.profile": "Profile",
    "sync.calls": "Call",
    "sync.client": "CALL_TIMEOUT Client JSONRPCClient LegacyClient",
    "sync.events": "Subscription",
    "sync.jobs": "Job",
    "sync.sockets": "ReserveFDException",
    "trust": "TLS",
    "utils": "MIDDLEWARE_RUN_DIR ProgressBar Struct UndefinedType undefined",
}
"""The modules of the public names. All others are in `exc`."""
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in ("ejson", "exc"):
        return import_module(f".{name}", __name__)
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES.get(name, 'exc')}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
