"""A TrueNAS from Python: an async client, its errors, and the catalogue of methods.

Importing this package loads almost nothing; each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import ejson, exc
    from .aio.bulk import BulkInterrupted, BulkResult
    from .aio.client import AsyncClient
    from .aio.events import AsyncSubscription, Event, Gap
    from .aio.files import Downloaded
    from .aio.jobs import AsyncJob, JobProgress
    from .aio.large import LargeAnswer
    from .aio.live_query import Change, LiveQuery
    from .aio.sockets import ConnectLimits
    from .aio.supervisor import State, Status
    from .auth.channel import APIKeyAuthMech
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
    from .trust import TLS

__version__ = "0.1.0"

__all__ = [
    "TLS",
    "APIKeyAuthMech",
    "AccessDenied",
    "AsyncClient",
    "AsyncJob",
    "AsyncSubscription",
    "AuthenticationError",
    "BulkInterrupted",
    "BulkResult",
    "CallTimeout",
    "Catalogue",
    "Change",
    "ChannelBindingError",
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
    "Gap",
    "HandshakeRejected",
    "InsecureTransport",
    "InvalidCredentials",
    "InvalidKeyFile",
    "JobAborted",
    "JobFailed",
    "JobLost",
    "JobProgress",
    "LargeAnswer",
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
    "ProtocolError",
    "RateLimited",
    "RedirectRequired",
    "ServerSignatureError",
    "State",
    "Status",
    "SubscriptionEnded",
    "TooManyConcurrentCalls",
    "ValidationErrors",
    "ejson",
    "exc",
]

_HOMES = {
    "APIKeyAuthMech": "auth.channel",
    "Status": "aio.supervisor",
    "State": "aio.supervisor",
    "Downloaded": "aio.files",
    "BulkInterrupted": "aio.bulk",
    "BulkResult": "aio.bulk",
    "Change": "aio.live_query",
    "LargeAnswer": "aio.large",
    "LiveQuery": "aio.live_query",
    "TLS": "trust",
    "AsyncClient": "aio.client",
    "ConnectLimits": "aio.sockets",
    "AsyncJob": "aio.jobs",
    "AsyncSubscription": "aio.events",
    "Catalogue": "methods.catalogue",
    "Event": "aio.events",
    "Gap": "aio.events",
    "JobProgress": "aio.jobs",
    "Method": "methods.catalogue",
    "Profile": "storage.profile",
}


def __getattr__(name: str) -> Any:
    if name in ("ejson", "exc"):
        return import_module(f".{name}", __name__)
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES.get(name, 'exc')}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
