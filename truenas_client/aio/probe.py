"""Read a server's certificate before trusting it, to show it to the user on first use.

The probe makes two handshakes and sends nothing after either. The first accepts any
certificate, to read it; the second checks it, to learn what is wrong with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from ..endpoint import Endpoint
from ..exc import ConnectError, ConnectTimeout
from ..trust import REASONS, SYSTEM, TLS, UNVOUCHED, Pin, context, fingerprint, key_fingerprint, tls_failure
from .sockets import ConnectLimits, open_socket

__all__ = ["Certificate", "probe", "read_certificate"]


@dataclass(frozen=True, slots=True)
class Certificate:
    """The contents of a certificate. Its texts come from the server: escape them before showing them."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    names: tuple[str, ...]
    """Host names and addresses that it is issued to."""
    fingerprint: str
    """SHA-256 of the certificate, in hexadecimal digits."""
    key_fingerprint: str
    """SHA-256 of its public key, likewise. A renewed certificate may have the same key."""
    problems: tuple[str, ...] = ()
    """The reasons why it is not trusted, for the user; empty when it is trusted."""

    @property
    def trusted(self) -> bool:
        """Whether the check given to `probe` accepts it."""
        return not self.problems

    @property
    def shown_fingerprint(self) -> str:
        """The fingerprint as browsers and the server's own screen write it: ``AB:CD:...``."""
        digits = self.fingerprint.upper()
        return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))

    @property
    def tls(self) -> TLS:
        """The choice that trusts exactly this certificate, and one renewed with the same key."""
        pins = [Pin(self.fingerprint), Pin(self.key_fingerprint, key=True)]
        return TLS.pinned(*(pin for pin in pins if pin.digest))


async def probe(endpoint: Endpoint, *, tls: TLS = SYSTEM, limits: ConnectLimits | None = None) -> Certificate:
    """Read the certificate that a server shows, and learn why ``tls`` would not accept it.

    Raises `ConnectError` and its subclasses when no server answers, or one without TLS.
    Sends nothing but the handshakes; cancelling closes the connections.
    """
    if not endpoint.is_tls:
        raise ConnectError(f"{endpoint.text} has no TLS, and so no certificate", "tls")
    limits = limits or ConnectLimits()
    try:
        der = await _handshake(endpoint, TLS.insecure(), limits)
    except ssl.SSLError as e:
        raise tls_failure(endpoint, e) from e
    refusal = None
    try:
        await _handshake(endpoint, tls, limits)
    except ssl.SSLError as e:
        refusal = e
    return read_certificate(der, endpoint.host, refusal, tls.ca_file)


async def _handshake(endpoint: Endpoint, tls: TLS, limits: ConnectLimits) -> bytes:
    made = context(tls)
    sock = await open_socket(endpoint, limits=limits)
    try:
        async with asyncio.timeout(limits.tls):
            _, writer = await asyncio.open_connection(sock=sock, ssl=made, server_hostname=endpoint.server_name)
    except BaseException as e:
        sock.close()
        if isinstance(e, TimeoutError):
            raise ConnectTimeout(f"{endpoint.text}: no TLS answer in {limits.tls:g} s", "tls") from None
        if isinstance(e, OSError) and not isinstance(e, ssl.SSLError):
            text = f"{endpoint.text}: the connection broke during the handshake: {e.strerror or e}"
            raise ConnectError(text, "tls") from e
        raise
    try:
        certificate: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return certificate or b""
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def read_certificate(
    der: bytes, host: str, refusal: ssl.SSLError | None = None, ca_file: str | None = None
) -> Certificate:
    """A certificate in DER form, with the problems that it has for a client of ``host``.

    ``refusal`` is the error of a handshake that checked it, None when it was accepted.
    ``ca_file`` is the file of authorities used for the check, None for those of this machine.
    Raises `ConnectError` when the certificate cannot be read.
    """
    from cryptography import x509

    try:
        made = x509.load_der_x509_certificate(der)
        names = _names(made)
        subject, issuer = made.subject.rfc4514_string(), made.issuer.rfc4514_string()
    except ValueError as e:
        raise ConnectError(f"The certificate of {host} cannot be read: {e}", "tls") from e
    begin, end = made.not_valid_before_utc, made.not_valid_after_utc
    problems: list[str] = []
    if refusal is not None:
        reason = REASONS.get(getattr(refusal, "verify_code", None) or 0, "")
        now = datetime.now(UTC)
        # OpenSSL stops at the first problem, but the user wants to see all of them.
        if ca_file is not None and reason in UNVOUCHED:
            problems.append(f"it is not signed by one in the CA file {ca_file}")
        elif reason == "self-signed" or subject == issuer:
            problems.append("it is self-signed: no other authority confirms it")
        elif reason == "unknown issuer":
            problems.append(f"this machine does not know its issuer, {issuer}")
        if now > end:
            problems.append(f"it has expired on {end:%Y-%m-%d}")
        if now < begin:
            problems.append(f"it is not valid before {begin:%Y-%m-%d}")
        if not _made_out_to(host, names):
            problems.append(f"it is not issued to {host} but to {', '.join(names) or 'no name at all'}")
        if not problems:
            problems.append(str(getattr(refusal, "verify_message", "") or refusal))
    return Certificate(subject, issuer, begin, end, names, fingerprint(der), key_fingerprint(der), tuple(problems))


def _names(certificate: object) -> tuple[str, ...]:
    from cryptography import x509

    assert isinstance(certificate, x509.Certificate)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    hosts = names.get_values_for_type(x509.DNSName)
    return (*hosts, *(str(address) for address in names.get_values_for_type(x509.IPAddress)))


def _made_out_to(host: str, names: tuple[str, ...]) -> bool:
    try:
        wanted = ip_address(host.partition("%")[0])
    except ValueError:
        text = host.lower().rstrip(".")
        # A star stands for one whole label (RFC 6125).
        return any(name.lower() == text or name.lower() == f"*.{text.partition('.')[2]}" for name in names)
    return str(wanted) in names
