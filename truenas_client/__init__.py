"""A TrueNAS from Python: a blocking and an async client, their errors, and the catalogue of methods.

Importing this package loads almost nothing; each name is loaded when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` costs more to import than all the rest here; type checkers know the name
if TYPE_CHECKING:
    from typing import Any

    from . import ejson as ejson
    from . import exc as exc
    from .aio.bulk import BulkInterrupted as BulkInterrupted
    from .aio.bulk import BulkResult as BulkResult
    from .aio.client import AsyncClient as AsyncClient
    from .aio.events import AsyncSubscription as AsyncSubscription
    from .aio.events import Event as Event
    from .aio.events import Gap as Gap
    from .aio.files import Downloaded as Downloaded
    from .aio.jobs import AsyncJob as AsyncJob
    from .aio.jobs import JobProgress as JobProgress
    from .aio.large import LargeAnswer as LargeAnswer
    from .aio.live_query import Change as Change
    from .aio.live_query import LiveQuery as LiveQuery
    from .aio.supervisor import State as State
    from .aio.supervisor import Status as Status
    from .auth.channel import APIKeyAuthMech as APIKeyAuthMech
    from .dialing import ConnectLimits as ConnectLimits
    from .engine.tap import Frame as Frame
    from .engine.tap import Tap as Tap
    from .exc import AccessDenied as AccessDenied
    from .exc import AuthenticationError as AuthenticationError
    from .exc import CallTimeout as CallTimeout
    from .exc import ChannelBindingError as ChannelBindingError
    from .exc import ClientException as ClientException
    from .exc import ConnectError as ConnectError
    from .exc import ConnectionLost as ConnectionLost
    from .exc import CredentialsExpired as CredentialsExpired
    from .exc import ErrnoMixin as ErrnoMixin
    from .exc import ErrorExtra as ErrorExtra
    from .exc import FingerprintMismatch as FingerprintMismatch
    from .exc import HandshakeRejected as HandshakeRejected
    from .exc import InsecureTransport as InsecureTransport
    from .exc import InvalidCredentials as InvalidCredentials
    from .exc import InvalidKeyFile as InvalidKeyFile
    from .exc import JobAborted as JobAborted
    from .exc import JobFailed as JobFailed
    from .exc import JobLost as JobLost
    from .exc import MechanismUnsupported as MechanismUnsupported
    from .exc import MethodNotFound as MethodNotFound
    from .exc import NotAJob as NotAJob
    from .exc import NotAuthenticated as NotAuthenticated
    from .exc import NotAuthorized as NotAuthorized
    from .exc import OTPRequired as OTPRequired
    from .exc import PayloadTooLarge as PayloadTooLarge
    from .exc import ProtocolError as ProtocolError
    from .exc import RateLimited as RateLimited
    from .exc import RedirectRequired as RedirectRequired
    from .exc import ServerSignatureError as ServerSignatureError
    from .exc import SubscriptionEnded as SubscriptionEnded
    from .exc import TooManyConcurrentCalls as TooManyConcurrentCalls
    from .exc import ValidationErrors as ValidationErrors
    from .methods.catalogue import Catalogue as Catalogue
    from .methods.catalogue import Method as Method
    from .storage import Profile as Profile
    from .sync.calls import Call as Call
    from .sync.client import CALL_TIMEOUT as CALL_TIMEOUT
    from .sync.client import Client as Client
    from .sync.client import JSONRPCClient as JSONRPCClient
    from .sync.client import LegacyClient as LegacyClient
    from .sync.events import Subscription as Subscription
    from .sync.jobs import Job as Job
    from .sync.sockets import ReserveFDException as ReserveFDException
    from .trust import TLS as TLS
    from .utils import MIDDLEWARE_RUN_DIR as MIDDLEWARE_RUN_DIR
    from .utils import ProgressBar as ProgressBar
    from .utils import Struct as Struct
    from .utils import UndefinedType as UndefinedType
    from .utils import undefined as undefined

__version__ = "0.1.0"

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
    "exc": """
        AccessDenied AuthenticationError CallTimeout ChannelBindingError ClientException ConnectError
        ConnectionLost CredentialsExpired ErrnoMixin ErrorExtra FingerprintMismatch HandshakeRejected
        InsecureTransport InvalidCredentials InvalidKeyFile JobAborted JobFailed JobLost
        MechanismUnsupported MethodNotFound NotAJob NotAuthenticated NotAuthorized OTPRequired
        PayloadTooLarge ProtocolError RateLimited RedirectRequired ServerSignatureError SubscriptionEnded
        TooManyConcurrentCalls ValidationErrors
    """,
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
"""The public names, by the module that holds them."""
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = ["ejson", "exc", *_HOMES]  # type checkers read the imports above: a name that is imported as itself is public


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in ("ejson", "exc"):
        return import_module(f".{name}", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
