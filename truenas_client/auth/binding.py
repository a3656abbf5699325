"""Binding a login to its TLS connection: ``tls-server-end-point`` (RFC 5929).

The binding is a hash of the certificate that the server showed on this connection,
whether or not it was verified. A machine that ends TLS in between shows another
certificate, and the server then refuses the proof (recorded: flow scram_channel_bound_tls).

`cryptography` is imported when a binding is computed, not before.
"""

from __future__ import annotations

import hashlib

from ..exc import ChannelBindingError

__all__ = ["end_point"]

# RFC 5929, 4.1: for certificates signed with these, use SHA-256.
_WEAK = frozenset({"md5", "sha1"})

_WITHOUT = "log in without it by channel_binding=False (--no-channel-binding), or give the server another certificate"


def end_point(certificate: bytes) -> bytes:
    """The binding for a certificate (DER): its hash, by the hash function of its signature.

    Raises `ChannelBindingError` when the signature has no hash function (EdDSA) or the
    certificate cannot be read.
    """
    name = _signature_hash(certificate)
    try:
        return hashlib.new("sha256" if name in _WEAK else name.replace("-", "_"), certificate).digest()
    except ValueError:
        problem = f"The server's certificate is signed with the hash {name}, unknown here"
    raise ChannelBindingError(f"{problem}: {_WITHOUT}")


def _signature_hash(certificate: bytes) -> str:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        signed = x509.load_der_x509_certificate(certificate)
        algorithm = signed.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm) as e:
        raise ChannelBindingError(f"No channel binding can be computed for the server's certificate: {_WITHOUT}") from e
    if algorithm is None:
        raise ChannelBindingError(
            f"No channel binding is defined for a certificate signed with EdDSA, as the server's is: {_WITHOUT}"
        )
    return algorithm.name
