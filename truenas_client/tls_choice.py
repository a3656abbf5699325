"""Which certificates a client accepts, as a value. `trust` turns it into an SSL context.

A module of its own, because programs make the choice before they know whether the address needs TLS, and loading ssl
takes as long as a call. Invariant: only `TLS.insecure` accepts an unknown certificate.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass

__all__ = ["SYSTEM", "TLS", "Pin", "fingerprint", "key_fingerprint"]

# The forms that we write, that openssl prints and that browsers show.
_PIN = re.compile(
    r"(?:(?P<kind>sha-?256|spki)(?: fingerprint)?[:=])?(?P<digits>[0-9a-f]{2}(?:[: ]?[0-9a-f]{2}){31})", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Pin:
    """The SHA-256 of a certificate, or (``key``) of its public key, which a renewed certificate may keep."""

    digest: str
    key: bool = False

    @classmethod
    def parse(cls, text: str) -> Pin:
        """Read 64 hexadecimal digits, with or without colons; ``spki:`` before them means the public key.

        Raises ValueError with the right form.
        """
        found = _PIN.fullmatch(text.strip())
        if found is None:
            raise ValueError(
                f"{text[:80]!r} is no fingerprint: SHA-256 is 64 hexadecimal digits, with or without colons"
                " (and spki: before them for that of the public key)"
            )
        digest = found["digits"].replace(":", "").replace(" ", "").lower()
        return cls(digest, (found["kind"] or "").lower() == "spki")

    @property
    def text(self) -> str:
        """The stored form: ``sha256:...`` or ``spki:...``."""
        return f"{'spki' if self.key else 'sha256'}:{self.digest}"

    def fits(self, certificate: bytes) -> bool:
        """Whether a certificate (DER) is the pinned one."""
        return (key_fingerprint(certificate) if self.key else fingerprint(certificate)) == self.digest


@dataclass(frozen=True, slots=True)
class TLS:
    """Which certificates are accepted. ``TLS()`` trusts the system's authorities, as a browser does.

    Use the constructors below for other choices. The choices exclude one another.
    """

    ca_file: str | None = None
    pins: tuple[Pin, ...] = ()
    verify: bool = True

    def __post_init__(self) -> None:
        if (self.ca_file is not None) + bool(self.pins) + (not self.verify) > 1:
            raise ValueError("choose one: a CA file, a fingerprint, or no check at all")

    @classmethod
    def authority(cls, ca_file: str | os.PathLike[str]) -> TLS:
        """Accept only certificates signed by one in this file (PEM); ``~`` is the home folder."""
        return cls(ca_file=os.path.expanduser(os.fspath(ca_file)))

    @classmethod
    def pinned(cls, *fingerprints: str | Pin) -> TLS:
        """Accept only these certificates (or keys). Their issuers, names and dates are not checked.

        Raises ValueError for a text that is no fingerprint.
        """
        if not fingerprints:
            raise ValueError("a fingerprint is missing: SHA-256 of the certificate, 64 hexadecimal digits")
        return cls(pins=tuple(Pin.parse(one) if isinstance(one, str) else one for one in fingerprints))

    @classmethod
    def insecure(cls) -> TLS:
        """Accept any certificate. A machine in between can then read and change all traffic, the login too."""
        return cls(verify=False)


SYSTEM = TLS()
"""The authorities that this machine's system trusts."""


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of a certificate (DER), in hexadecimal digits."""
    return hashlib.sha256(certificate).hexdigest()


def key_fingerprint(certificate: bytes) -> str:
    """SHA-256 of the public key (SubjectPublicKeyInfo) in a certificate (DER); "" when it cannot be read."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509 import load_der_x509_certificate

    try:
        key = load_der_x509_certificate(certificate).public_key()
    except (ValueError, UnsupportedAlgorithm):
        return ""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
