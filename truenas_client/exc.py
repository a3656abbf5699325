"""The error tree of the client. Its root has the name of the official client's error.

::

    ClientException(error, errno=None, trace=None, extra=None)
    ├── ValidationErrors              the server refused the arguments; .errors has one row a field
    ├── MethodNotFound · NotAuthenticated · NotAuthorized
    ├── TooManyConcurrentCalls        refused before it ran: safe to send again
    ├── RateLimited(.retry_after)     too many calls before sign-in
    ├── CallTimeout                   no answer in time; the server may still be working
    ├── PayloadTooLarge               longer than the server accepts; nothing was sent
    ├── ConnectionLost(.code .reason .sent)
    ├── ConnectError(.stage)          also the fitting builtin, where there is one
    │   ├── HandshakeRejected(.status_code) · ConnectRefused · SocketNotFound · ConnectDenied · ConnectTimeout
    │   ├── FingerprintMismatch(.expected .seen)
    │   └── InvalidEndpoint           (ValueError) the address makes no sense
    ├── AuthenticationError           (ValueError, as the official login raises)
    │   ├── InvalidCredentials · OTPRequired · CredentialsExpired · AccessDenied
    │   ├── MechanismUnsupported · RedirectRequired(.urls)
    │   ├── ChannelBindingError       the login cannot be bound to this connection
    │   ├── ServerSignatureError      the server did not prove that it knows the key
    │   ├── InsecureTransport         refused here: the secret was not sent
    │   └── SecretUnavailable         the password or key could not be read from where it is kept
    ├── InvalidProfile                (ValueError) a profile is missing or invalid
    ├── InvalidSavedCall              (ValueError) a saved call is missing or invalid
    ├── InvalidKeyFile(.source .field) (ValueError) the text or file is no API key
    ├── JobError
    │   └── JobFailed · JobAborted · JobLost · NotAJob(.result)
    ├── SubscriptionEnded
    └── ProtocolError                 the server sent something that no TrueNAS sends

Invariants: an error with an unknown code or shape is still an error, never a
result. No message contains a credential. The class of an error, not its text, tells
that nothing was sent.

The file is long because programs import every error from this one module.
"""

from __future__ import annotations

import errno as _errno
from collections.abc import Sequence
from typing import Any, NamedTuple


class ErrnoMixin:
    """The server's own error numbers, and the names of all numbers that it may send."""

    ENOMETHOD = 201
    ESERVICESTARTFAILURE = 202
    EALERTCHECKERUNAVAILABLE = 203
    EREMOTENODEERROR = 204
    EDATASETISLOCKED = 205
    EINVALIDRRDTIMESTAMP = 206
    ENOTAUTHENTICATED = 207
    ESSLCERTVERIFICATIONERROR = 208
    EREBOOTREQUIRED = 209
    EHAUNAVAILABLE = 210

    @classmethod
    def _get_errname(cls, code: int | None) -> str | None:
        """The name of an error number, or None for an unknown number."""
        if code is None:
            return None
        for name, value in vars(ErrnoMixin).items():
            if value == code and name.startswith("E"):
                return name
        if 2000 <= code <= 2100:
            return _zfs_name(code)
        return _errno.errorcode.get(code)


def _zfs_name(code: int) -> str | None:
    """The name of an error of ZFS. Only the library knows it, which the NAS itself has."""
    try:
        from libzfs import Error  # type: ignore[import-not-found]

        return f"EZFS_{Error(code).name}"
    except (ImportError, ValueError):
        return None


class ErrorExtra(NamedTuple):
    """One row of a validation error: ``attribute`` is dotted and may be empty or None."""

    attribute: str | None
    errmsg: str
    errcode: int | None


class ClientException(ErrnoMixin, Exception):
    """Root of everything the client raises on purpose.

    ``error`` is the text, ``errno`` the server's number (None when there is none),
    ``trace`` the server's trace object (it may contain argument values: do not show it
    unasked), ``extra`` the data that the server attached.
    """

    py_exception: Any = None
    """What the server attached when it was asked for its own exceptions: a pickle, as text."""

    def __init__(self, error: str, errno: int | None = None, trace: Any = None, extra: Any = None) -> None:
        Exception.__init__(self, error)
        self.error = error
        self.errno = errno
        self.trace = trace
        self.extra = extra

    def __str__(self) -> str:
        return self.error

    @property
    def errname(self) -> str | None:
        """The name of ``errno``, such as ``"ENOENT"``; None when unknown."""
        return self._get_errname(self.errno)


class ValidationErrors(ClientException):
    """The server refused the arguments; ``errors`` has one `ErrorExtra` a problem."""

    def __init__(self, errors: Sequence[Sequence[Any]], trace: Any = None) -> None:
        self.errors = [_row(row) for row in errors]
        text = "\n".join(
            f"[{self._get_errname(e.errcode) or 'EUNKNOWN'}] {e.attribute or 'ALL'}: {e.errmsg}" for e in self.errors
        )
        super().__init__(text or "The server refused the arguments", _errno.EINVAL, trace, None)


def _row(row: Sequence[Any]) -> ErrorExtra:
    attribute, message, code = (*row, None, None, None)[:3]
    return ErrorExtra(
        attribute if isinstance(attribute, str) else None,
        message if isinstance(message, str) else str(message),
        code if isinstance(code, int) else None,
    )


class MethodNotFound(ClientException):
    """The server, or the API version of this address, has no such method."""


class NotAuthenticated(ClientException):
    """The call needs a login, or the login of this connection has run out."""


class NotAuthorized(ClientException):
    """Signed in, but this account may not call the method."""


class TooManyConcurrentCalls(ClientException):
    """The server refused the call before running it, so it is safe to send again."""


class RateLimited(ClientException):
    """Too many calls before sign-in. ``retry_after`` is the seconds to wait; the server counts over 60 s."""

    def __init__(
        self,
        error: str,
        errno: int | None = _errno.EBUSY,
        trace: Any = None,
        extra: Any = None,
        retry_after: float = 60.0,
    ) -> None:
        super().__init__(error, errno, trace, extra)
        self.retry_after = retry_after


class CallTimeout(ClientException, TimeoutError):
    """No answer in time. The call was not stopped: the server may still be working on it."""

    def __init__(self, error: str = "Call timeout") -> None:
        ClientException.__init__(self, error, _errno.ETIMEDOUT)


class PayloadTooLarge(ClientException):
    """The message is longer than the server accepts; nothing was sent."""

    def __init__(self, method: str, size: int, limit: int) -> None:
        super().__init__(
            f"{method}: the message has {size} characters and the server closes the connection above {limit}; "
            "nothing was sent",
            _errno.EMSGSIZE,
        )
        self.size = size
        self.limit = limit


class ConnectionLost(ClientException):
    """The connection ended before the answer came.

    ``sent`` tells whether the call had left. If it had, its outcome is unknown.
    ``code`` and ``reason`` come from the WebSocket close; ``code`` is None without one.
    """

    def __init__(self, error: str, code: int | None = None, reason: str = "", sent: bool = False) -> None:
        super().__init__(error, _errno.ECONNABORTED)
        self.code = code
        self.reason = reason
        self.sent = sent


class ConnectError(ClientException):
    """No connection could be made; ``stage`` is resolve, connect, tls, handshake, hello or allowed."""

    def __init__(self, error: str, stage: str, errno: int | None = None) -> None:
        ClientException.__init__(self, error, errno)
        self.stage = stage


class ConnectRefused(ConnectError, ConnectionRefusedError):
    """Nothing listens at that address and port."""


class SocketNotFound(ConnectError, FileNotFoundError):
    """There is no such UNIX socket."""


class ConnectDenied(ConnectError, PermissionError):
    """This user may not open the UNIX socket."""


class ConnectTimeout(ConnectError, TimeoutError):
    """A stage of connecting took longer than its limit."""


class HandshakeRejected(ConnectError):
    """A server answered, but not as a TrueNAS does. ``status_code`` is its HTTP status, None if it is not HTTP."""

    def __init__(self, error: str, status_code: int | None = None) -> None:
        super().__init__(error, "handshake")
        self.status_code = status_code


class InvalidEndpoint(ConnectError, ValueError):
    """The address makes no sense; nothing was tried."""

    def __init__(self, error: str) -> None:
        ConnectError.__init__(self, error, "resolve", _errno.EINVAL)


class FingerprintMismatch(ConnectError):
    """The server's certificate is not a pinned one; nothing was sent.

    ``expected`` are the pins and ``seen`` is the certificate's fingerprint, as ``sha256:`` and hexadecimal digits.
    """

    expected: tuple[str, ...] = ()
    seen: str = ""


class AuthenticationError(ClientException, ValueError):
    """A login did not succeed. The subclass says why; the text says what to do."""


class InvalidCredentials(AuthenticationError):
    """Unknown user or wrong secret. The server does not say which."""


class OTPRequired(AuthenticationError):
    """The account needs a one-time password, and the caller gave none or a wrong one."""


class CredentialsExpired(AuthenticationError):
    """The secret is right, but it has expired or the server has revoked it."""


class AccessDenied(AuthenticationError):
    """The secret is right but the account has no API access, or is locked."""


class MechanismUnsupported(AuthenticationError):
    """This server does not accept this kind of login."""


class SecretUnavailable(AuthenticationError):
    """The password or key could not be read from the place where it is kept; nothing was sent."""


class InvalidProfile(ClientException, ValueError):
    """A profile is missing or invalid. The text names file, line and key, and says what to do."""


class InvalidSavedCall(ClientException, ValueError):
    """A saved call is missing or invalid. The text says what is wrong, and holds no argument."""


class RedirectRequired(AuthenticationError):
    """This controller is on standby. ``urls`` are the addresses that the server names instead."""

    def __init__(self, error: str, urls: Sequence[str] = ()) -> None:
        super().__init__(error)
        self.urls = tuple(urls)


class ChannelBindingError(AuthenticationError):
    """The login cannot be bound to this connection: it has no TLS, or a certificate without a binding."""


class ServerSignatureError(AuthenticationError):
    """The server did not prove that it knows the key. The client has ended the session with it."""


class InsecureTransport(AuthenticationError):
    """The channel protects the secret too weakly, so the client did not send it."""


class InvalidKeyFile(ClientException, ValueError):
    """The given text or file is no API key. The error names ``source`` and ``field``, never their content."""

    def __init__(self, source: str, problem: str, field: str | None = None) -> None:
        ClientException.__init__(self, f"{source}: {f'{field}: ' if field else ''}{problem}", _errno.EINVAL)
        self.source = source
        self.field = field


class JobError(ClientException):
    """A job gave no result. ``job_id`` is its number, None when unknown."""

    def __init__(
        self,
        error: str,
        errno: int | None = None,
        trace: Any = None,
        extra: Any = None,
        *,
        job_id: int | None = None,
    ) -> None:
        super().__init__(error, errno, trace, extra)
        self.job_id = job_id


class JobFailed(JobError):
    """The job ended in state FAILED; ``exc_type`` is the server's name of the cause."""

    exc_type: str | None = None


class JobAborted(JobError):
    """The job was aborted, by this client or another session."""


class JobLost(JobError):
    """The outcome of the job cannot be learnt any more, or the server attached the call to a job with other work."""


class NotAJob(JobError):
    """The method ran and answered as a plain call; the value is in ``result``."""

    def __init__(self, error: str, result: Any) -> None:
        super().__init__(error)
        self.result = result


class SubscriptionEnded(ClientException):
    """The server ended a subscription because of an error."""


class ProtocolError(ClientException):
    """The server sent something that no TrueNAS sends. The connection stays open if possible.

    ``result`` is the answer with unreadable values as plain JSON; None when no part of it could be read.
    """

    result: Any = None


# Every class of this module is public.
__all__ = [name for name, value in list(globals().items()) if isinstance(value, type) and value.__module__ == __name__]
