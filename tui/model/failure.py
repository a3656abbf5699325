"""A failure in the app's words: one value made from any error of the client.

Screens and panes draw a `Failure`; none of them looks at exceptions. The server's
own words stay in ``reason``, ``rows`` and ``trace`` and are still untrusted text. A hint
names keys as ``{session.lock}``: which key that is depends on where the focus is (see
`tui.actions.worded`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from truenas_client import exc
from truenas_client.trust import CertificateError
from tui.model.answers import text

__all__ = [
    "ABORTED",
    "Failure",
    "FieldProblem",
    "Locked",
    "Offline",
    "explain",
    "explain_connecting",
    "explain_file",
    "explain_loss",
]


ABORTED = "Aborted"
"""The title of an aborted job, which is no error."""

CERTIFICATES = {
    "self-signed": ("Self-signed certificate", "The server signed it itself, as every new TrueNAS does."),
    "unknown issuer": (
        "Certificate of an unknown authority",
        "This machine does not trust its issuer; --ca FILE adds the issuer's certificate.",
    ),
    "expired": ("Certificate expired", "Renew it on the server, and check the clock of this machine."),
    "not yet valid": ("Certificate not valid yet", "Check the clocks of the server and of this machine."),
    "wrong name": ("Certificate of another name", "It is issued to another name. Connect by a name that it lists."),
}
"""Why a certificate is not trusted (`truenas_client.trust.CertificateError.reason`), in words."""


class Locked(exc.ClientException):
    """The session is read-only and the call may change the server; nothing was sent."""


class Offline(exc.ClientException):
    """There is no connection; nothing was sent."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One row of a validation error: the dotted name the server gave, and its message."""

    attribute: str
    message: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed call or sign-in.

    ``title`` is short (an error name or a few words), ``reason`` one or more lines,
    ``hint`` what can be done about it, ``rows`` the fields the server named, ``trace``
    its trace text (it may hold argument values: folded until asked for).
    """

    title: str
    reason: str = ""
    hint: str = ""
    rows: tuple[FieldProblem, ...] = ()
    trace: str = ""

    @property
    def line(self) -> str:
        """What went wrong and what can be done, in one line; keys in the hint are still to be worded."""
        return "  ".join(part for part in (self.title, self.reason, self.hint) if part)

    @property
    def text(self) -> str:
        """Everything, for copying; keys in the hint are still to be worded."""
        lines = [self.title, self.reason, *(f"{row.attribute}: {row.message}" for row in self.rows), self.hint]
        return "\n".join([line for line in lines if line] + (["", self.trace] if self.trace else []))


def explain(error: BaseException, *, method: str = "", roles: tuple[str, ...] = ()) -> Failure:
    """A failure for the result pane. ``method`` and ``roles`` name the method and the roles it needs."""
    match error:
        case Locked():
            return Failure("Read-only", str(error), "{session.lock} allows writes for this session.")
        case Offline():
            return Failure("Offline", str(error), "{session.reconnect} reconnects now.")
        case exc.ValidationErrors():
            rows = tuple(FieldProblem(row.attribute or "", row.errmsg) for row in error.errors)
            count = f"{len(rows)} field" + ("" if len(rows) == 1 else "s")
            return Failure(f"EINVAL  {count}", "", "", rows, _trace(error.trace))
        case exc.ConnectionLost():
            if error.sent:
                hint = "It may have run: see Jobs (key {go.jobs}) after reconnecting. It is not sent again."
                return Failure("Connection lost", "The connection closed before the answer.", hint)
            return Failure("Connection lost", "The connection closed before the call was sent.", "It did not run.")
        case exc.MethodNotFound():
            return Failure("No such method", f"This server does not know {method or 'the method'}.", "", (), str(error))
        case exc.NotAuthenticated():
            return Failure("Signed out", str(error), "{session.reconnect} signs in again with the same credentials.")
        case exc.NotAuthorized():
            needs = "one of " * (len(roles) > 1) + (", ".join(roles) or "FULL_ADMIN")
            return Failure("Not allowed", str(error), f"The method needs {needs}.", (), _trace(error.trace))
        case exc.CallTimeout():
            return Failure("No answer in time", "The call was not stopped: the server may still be working on it.", "")
        case exc.PayloadTooLarge():
            return Failure("Too large to send", str(error), "Nothing was sent.")
        case exc.RateLimited():
            return Failure("Too many calls", str(error), f"Try again in {error.retry_after:.0f} s.")
        case exc.TooManyConcurrentCalls():
            return Failure("Too many calls at once", str(error), "It did not run, so it is safe to run again.")
        case exc.JobAborted():
            return Failure(ABORTED, str(error) or "The job was aborted.")
        case exc.JobFailed():
            rows = _job_rows(error.extra)
            return Failure(error.errname or "Job failed", "" if rows else str(error), "", rows, _trace(error.trace))
        case exc.JobLost():
            return Failure(
                "Job no longer known to the server",
                str(error),
                "The server may have restarted. See Jobs (key {go.jobs}).",
            )
        case exc.ClientException():
            return Failure(error.errname or "Call failed", str(error), "", (), _trace(error.trace))
        case _:
            return Failure(type(error).__name__, str(error))


def explain_connecting(error: BaseException, *, address: str) -> Failure:
    """A failure for the connect card: what to look at, never a class name."""
    match error:
        case exc.InvalidKeyFile():
            return Failure("Not an API key", str(error), "Enter a key, or the path of a file that holds one.")
        case exc.InsecureTransport() | exc.ChannelBindingError() | exc.ServerSignatureError():
            return Failure("Not sent" if isinstance(error, exc.InsecureTransport) else "Not signed in", str(error))
        case exc.InvalidCredentials():
            return Failure("Wrong user or password", "The server does not say which of the two.")
        case exc.CredentialsExpired():
            return Failure("Expired", str(error), "The password or key is no longer valid.")
        case exc.AccessDenied():
            return Failure("Access denied", str(error), "The account has no API access, or is locked.")
        case exc.MechanismUnsupported():
            return Failure("Not supported", str(error))
        case exc.RedirectRequired():
            return Failure("Standby controller", str(error), "Sign in at " + " or ".join(error.urls))
        case exc.RateLimited():
            return Failure("Too many tries", "The server limits sign-ins.", f"Try again in {error.retry_after:.0f} s.")
        case exc.HandshakeRejected():
            return _rejected(error, address)
        case exc.SocketNotFound():
            return Failure(
                "Not a TrueNAS machine", "There is no TrueNAS socket on this machine.", "Sign in by password."
            )
        case exc.ConnectDenied():
            return Failure("Not permitted", "This user may not open the TrueNAS socket.", "Run it as root.")
        case exc.ConnectRefused() if address == "local socket" or address.startswith(("ws+unix://", "unix://")):
            return Failure("Not up yet", "TrueNAS on this machine is not running, or still starting.", "Try again.")
        case exc.NotAuthenticated():
            return Failure("No access", error.error)
        case exc.ConnectRefused():
            return Failure("Connection refused", f"Nothing listens at {address}.", "Check the address and the port.")
        case TimeoutError():  # ConnectTimeout is one
            return Failure("No answer", f"{address} did not answer in time.", "Check the address and the network.")
        case exc.InvalidEndpoint():
            return Failure("Not an address", str(error), "A host name, nas:port, or wss://nas/api/current.")
        case exc.FingerprintMismatch():
            # Of a certificate and its key, the one that can be compared with what was shown.
            alike = [one for one in error.expected if one.partition(":")[0] == error.seen.partition(":")[0]]
            trusted = " or ".join(alike or error.expected)
            reason = f"Nothing was sent. Trusted: {trusted}. Shown: {error.seen}."
            return Failure(
                "Not the certificate you trust", reason, "It was renewed, or another machine intercepts the connection."
            )
        case CertificateError(ca_file=str(file)):
            return Failure("Certificate of another authority", f"Nothing was sent. No certificate in {file} signed it.")
        case CertificateError():
            title, why = CERTIFICATES.get(error.reason, ("Certificate not trusted", error.error))
            return Failure(title, f"Nothing was sent. {why}")
        case exc.SecretUnavailable():
            return Failure("Secret not available", error.error, "Nothing was sent.")
        case exc.InvalidProfile():
            return Failure("Profile", error.error)
        case exc.ConnectError() if error.stage == "resolve":
            return Failure("Host not found", str(error), "Check the name.")
        case exc.ConnectError() if error.stage == "tls":
            hint = "If the port has no TLS, write ws://... instead."
            return Failure("No secure connection", str(error), hint)
        case exc.ConnectionLost():
            return Failure("Connection lost", error.reason or "The server closed it.", "Try again.")
        case exc.ClientException():
            return Failure("Not connected", str(error))
        case OSError():
            return Failure("Not connected", error.strerror or str(error))
        case _:
            return Failure("Not connected", str(error) or type(error).__name__)


def explain_loss(error: exc.ClientException | None, *, address: str, final: bool) -> Failure:
    """A failure for the workspace whose connection was lost, or could not be made again (``final``: nor will be)."""
    hint = "{session.reconnect} reconnects." if final else "Reconnecting; {session.reconnect} retries now."
    match error:
        case exc.OTPRequired():
            return Failure(
                "Signed out", "The server asks for a one-time password again.", "Press {session.reconnect} to enter it."
            )
        case exc.ConnectionLost():
            return Failure("Connection lost", error.reason or "The server closed it.", hint)
        case None:
            return Failure("Connection lost", "The server closed it.", hint)
    failure = explain_connecting(error, address=address)
    return replace(failure, hint=f"{failure.hint} {hint}".strip())


def explain_file(error: OSError) -> Failure:
    """A failure of a file on this machine, that was to be saved or sent."""
    where = str(error.filename or "")
    match error:
        case FileExistsError():
            return Failure("File exists", where, "Nothing was replaced.")
        case FileNotFoundError():
            return Failure("No such file or folder", where)
        case PermissionError():
            return Failure("Not permitted", where, "This user may not read or write it.")
        case _:
            return Failure(error.strerror or "The file could not be used", where)


def _rejected(error: exc.HandshakeRejected, address: str) -> Failure:
    if error.status_code is None:
        return Failure("Not a TrueNAS", f"{address} answers, but not as a web server.", "Check the port.")
    if error.status_code == 404:
        return Failure("Not found", f"{address} answers, but has no such API (HTTP 404).", "Check address and path.")
    return Failure("Not a TrueNAS", f"{address} answered HTTP {error.status_code}.", "Check the address and the port.")


def _job_rows(extra: Any) -> tuple[FieldProblem, ...]:
    if not isinstance(extra, list):
        return ()
    rows = [row for row in extra if isinstance(row, list | tuple) and len(row) >= 2]
    return tuple(FieldProblem(str(row[0] or ""), str(row[1])) for row in rows)


def _trace(trace: Any) -> str:
    return text(trace.get("formatted") if isinstance(trace, Mapping) else trace)
