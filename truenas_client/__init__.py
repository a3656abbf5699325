"""A TrueNAS from Python: an async client, its errors, and the catalogue of methods.

Importing this package loads almost nothing; each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import ejson, exc
    from .auth.policy import APIKeyAuthMech
    from .bulk import BulkInterrupted, BulkResult
    from .catalogue import Catalogue, Method
    from .client import AsyncClient
    from .events import AsyncSubscription, Event, Gap
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
    from .files import Downloaded
    from .jobs import AsyncJob, JobProgress
    from .largetext import LargeAnswer
    from .live import Change, LiveQuery
    from .profiles import Profile
    from .supervisor import State, Status
    from .transport import ConnectLimits
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
    "APIKeyAuthMech": "auth.policy",
    "Status": "supervisor",
    "State": "supervisor",
    "Downloaded": "files",
    "BulkInterrupted": "bulk",
    "BulkResult": "bulk",
    "Change": "live",
    "LargeAnswer": "largetext",
    "LiveQuery": "live",
    "TLS": "trust",
    "AsyncClient": "client",
    "ConnectLimits": "transport",
    "AsyncJob": "jobs",
    "AsyncSubscription": "events",
    "Catalogue": "catalogue",
    "Event": "events",
    "Gap": "events",
    "JobProgress": "jobs",
    "Method": "catalogue",
    "Profile": "profiles",
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
