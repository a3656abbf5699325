"""A certificate of the simulator's own, made when it starts, and the context that serves it.

The certificate names this machine and the address that is listened on. Invariants:
key and certificate lie in a folder only this user can read, which goes away with
`Tls.remove`; a rotation changes what new connections get and nothing else.
"""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["Tls"]


class Tls:
    """A server context with a self-signed certificate that can be exchanged while it serves."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._folder = tempfile.TemporaryDirectory(prefix="simulated-nas-")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.path = Path(self._folder.name) / "certificate.pem"
        self.binding = b""
        """The value that binds a login: the hash of the certificate (``tls-server-end-point``)."""
        self.fingerprint = ""
        """SHA-256 of the certificate, in hexadecimal digits."""
        self.rotate()

    def rotate(self) -> None:
        """Make a new key and certificate; connections that are open keep theirs."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _self_signed(key, self._host)
        key_path = self.path.with_name("key.pem")
        key_path.touch(mode=0o600)
        key_path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self.context.load_cert_chain(self.path, key_path)
        der = certificate.public_bytes(serialization.Encoding.DER)
        # The signature of our certificate is made with SHA-256, so that is the hash of the binding too.
        self.binding = hashlib.sha256(der).digest()
        self.fingerprint = self.binding.hex()

    def remove(self) -> None:
        """Delete the files; twice is fine."""
        self._folder.cleanup()


def _self_signed(key: ec.EllipticCurvePrivateKey, host: str) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulated-nas")])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.DNSName("simulated-nas")]
    try:
        names.append(x509.IPAddress(ipaddress.ip_address(host)))
    except ValueError:
        names.append(x509.DNSName(host))
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=397))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
