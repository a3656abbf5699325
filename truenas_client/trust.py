"""Which certificates a client accepts, and the errors for those it refuses.

A choice is a value (`tls_choice.TLS`). `context` turns it into an SSL context, for asyncio and for
plain sockets. The context's own objects compare a pinned certificate inside the
handshake, so no code path can send a byte after a certificate that does not match.

Invariants: only `TLS.insecure` accepts an unknown certificate; a name or an authority
never satisfies a pin; error texts give the reason in words, never as a number.
"""

from __future__ import annotations

import errno
import os
import ssl
from functools import lru_cache
from typing import Any

from .bounded import read_file
from .endpoint import Endpoint
from .exc import ConnectError, FingerprintMismatch
from .tls_choice import SYSTEM, TLS, Pin, fingerprint, key_fingerprint

__all__ = [
    "SYSTEM",
    "TLS",
    "CertificateError",
    "Pin",
    "PinMismatch",
    "context",
    "fingerprint",
    "key_fingerprint",
    "tls_failure",
]

LARGEST_CA_FILE = 16 * 2**20
"""Bytes. The bundle of a whole operating system takes a quarter of a megabyte."""


class CertificateError(ConnectError, ssl.SSLCertVerificationError):
    """The server's certificate was not accepted; nothing was sent.

    ``reason`` is ``self-signed``, ``unknown issuer``, ``expired``, ``not yet valid``,
    ``wrong name``, ``pin`` or ``other``. ``ca_file`` is the CA file that lacks its issuer, if the choice names one.
    """

    def __init__(self, error: str, reason: str = "other", ca_file: str | None = None) -> None:
        ConnectError.__init__(self, error, "tls", errno.EPROTO)
        self.reason = reason
        self.ca_file = ca_file
        self.verify_message = error


class PinMismatch(FingerprintMismatch, CertificateError):
    """The `FingerprintMismatch` that is raised. It is an `ssl.SSLCertVerificationError` too."""

    def __init__(self, error: str, expected: tuple[str, ...], seen: str) -> None:
        CertificateError.__init__(self, error, "pin")
        self.expected, self.seen = expected, seen


# -- contexts --------------------------------------------------------------------------------


class _Unpinned(ssl.SSLCertVerificationError):
    """Ends a handshake; `tls_failure` makes the error for the caller."""

    expected: tuple[str, ...] = ()
    seen: str = ""


def _check(context: ssl.SSLContext, certificate: bytes | None) -> None:
    assert isinstance(context, _PinContext)
    seen = certificate or b""
    # Pins of whole certificates first: they need no library to parse the certificate.
    if not any(pin.fits(seen) for pin in sorted(context.pins, key=lambda pin: pin.key)):
        error = _Unpinned(1, "the certificate is not the pinned one")
        error.expected = tuple(pin.text for pin in context.pins)
        error.seen = f"sha256:{fingerprint(seen)}"
        raise error


class _PinnedObject(ssl.SSLObject):
    """TLS of an event loop. The handshake succeeds only when a pin fits."""

    def do_handshake(self) -> None:
        super().do_handshake()
        _check(self.context, self.getpeercert(binary_form=True))


class _PinnedSocket(ssl.SSLSocket):
    """TLS of a plain socket, likewise."""

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        _check(self.context, self.getpeercert(binary_form=True))


class _PinContext(ssl.SSLContext):
    """TLS itself proves that the server has the private key. The pin says which key that must be."""

    pins: tuple[Pin, ...] = ()
    sslobject_class = _PinnedObject
    sslsocket_class = _PinnedSocket


class _AuthorityContext(ssl.SSLContext):
    """Knows the file that its authorities came from, for `tls_failure`."""

    ca_file: str | None = None


def context(tls: TLS) -> ssl.SSLContext:
    """The SSL context for this choice. Raises `ConnectError` for a CA file that cannot be used."""
    if tls.ca_file is not None:
        return _authority_context(tls.ca_file)  # read it each time: the file may have been replaced
    return _context(tls)


@lru_cache(maxsize=32)
def _context(tls: TLS) -> ssl.SSLContext:
    if tls.pins:
        made: ssl.SSLContext = _PinContext(ssl.PROTOCOL_TLS_CLIENT)
        assert isinstance(made, _PinContext)
        made.pins = tls.pins
    else:
        made = ssl.create_default_context()
    if tls.pins or not tls.verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def _authority_context(ca_file: str) -> ssl.SSLContext:
    try:
        # Certificates are ASCII. Comments between them need not be.
        text = read_file(os.path.expanduser(ca_file), LARGEST_CA_FILE).decode("ascii", "ignore")
        if "-----BEGIN" not in text:  # OpenSSL would trust the system's authorities for an empty text
            raise ssl.SSLError("no certificate")
        made = _AuthorityContext(ssl.PROTOCOL_TLS_CLIENT)
        made.ca_file = ca_file
        made.load_verify_locations(cadata=text)
    except ssl.SSLError as e:
        raise ConnectError(f"{ca_file} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)", "tls") from e
    except OSError as e:
        text = f"The CA file {ca_file} cannot be read: {e.strerror or e}"
        raise ConnectError(text, "tls", e.errno) from e
    # Accept the server's own certificate or an intermediate authority as a root too.
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return made


# -- refusals --------------------------------------------------------------------------------

# OpenSSL's X509_V_ERR_* (include/openssl/x509_vfy.h).
REASONS = {
    9: "not yet valid",
    10: "expired",
    18: "self-signed",
    19: "unknown issuer",  # the server sent a root that this machine does not trust
    2: "unknown issuer",
    20: "unknown issuer",
    21: "unknown issuer",
    62: "wrong name",
    64: "wrong name",
}

UNVOUCHED = ("self-signed", "unknown issuer")
"""The reasons for which another CA file could help."""

_PIN_IT = "compare its fingerprint with the one the server shows, and trust this certificate"
_WORDS = {
    "self-signed": "is self-signed, as on every new TrueNAS. To go on, "
    + _PIN_IT
    + ", or install one whose issuer this machine trusts",
    "unknown issuer": "is signed by an issuer that this machine does not trust. To go on, give the issuer's"
    " certificate as CA file, or " + _PIN_IT,
    "expired": "has expired. Renew it on the server (and check the clock of this machine)",
    "not yet valid": "is not valid yet. Check the clocks of the server and of this machine",
    "wrong name": "is not issued to {host}. Use a name that it lists as the address, or " + _PIN_IT,
}


def tls_failure(endpoint: Endpoint, error: ssl.SSLError, made: ssl.SSLContext | None = None) -> ConnectError:
    """The error for a failed TLS handshake. ``made`` is the context that it used."""
    if isinstance(error, _Unpinned):
        trusted = " or ".join(error.expected)
        return PinMismatch(
            f"The certificate of {endpoint.host} is not the one you trust; nothing was sent.\n"
            f"  trusted: {trusted}\n  shown:   {error.seen}\n"
            "If it was renewed, compare its fingerprint with the one the server shows and trust the new one;"
            " if not, another machine may intercept the connection",
            error.expected,
            error.seen,
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        code: Any = getattr(error, "verify_code", None)
        reason = REASONS.get(code, "other")
        ca_file = getattr(made, "ca_file", None)
        if ca_file is not None and reason in UNVOUCHED:
            words = f"The certificate of {endpoint.host} is not signed by one in the CA file {ca_file}"
            return CertificateError(f"{words}. To go on, give the file of its issuer, or {_PIN_IT}", reason, ca_file)
        words = _WORDS.get(reason, f"was not accepted: {getattr(error, 'verify_message', '') or error}")
        return CertificateError(f"The certificate of {endpoint.host} {words.format(host=endpoint.host)}", reason)
    hint = f"ws://{endpoint.host_text}:{endpoint.port}{endpoint.path}"
    return ConnectError(f"{endpoint.text}: that port does not speak TLS; without TLS the address is {hint}", "tls")
