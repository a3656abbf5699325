"""The channel binding of certificates of every kind a server may have."""

from __future__ import annotations

import datetime
import hashlib
import subprocess
import sys
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa

from tests.facts import require_facts
from truenas_client.auth.binding import end_point
from truenas_client.exc import AuthenticationError, ChannelBindingError

RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())


def certificate(key: Any, algorithm: Any, **options: Any) -> bytes:
    """A self-signed certificate (DER)."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nas")])
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, algorithm, **options)
    )
    return made.public_bytes(serialization.Encoding.DER)


def pss(algorithm: Any) -> dict[str, Any]:
    return {"rsa_padding": padding.PSS(padding.MGF1(algorithm), padding.PSS.DIGEST_LENGTH)}


SIGNED = [
    ("RSA SHA-256", RSA, hashes.SHA256(), {}, "sha256"),
    ("RSA SHA-384", RSA, hashes.SHA384(), {}, "sha384"),
    ("RSA SHA-512", RSA, hashes.SHA512(), {}, "sha512"),
    ("RSA SHA-224", RSA, hashes.SHA224(), {}, "sha224"),
    ("ECDSA SHA-256", EC, hashes.SHA256(), {}, "sha256"),
    ("ECDSA SHA-384", EC, hashes.SHA384(), {}, "sha384"),
    ("ECDSA SHA3-256", EC, hashes.SHA3_256(), {}, "sha3_256"),
    ("PSS SHA-256", RSA, hashes.SHA256(), pss(hashes.SHA256()), "sha256"),
    ("PSS SHA-512", RSA, hashes.SHA512(), pss(hashes.SHA512()), "sha512"),
    ("DSA SHA-256", dsa.generate_private_key(1024), hashes.SHA256(), {}, "sha256"),
]


@pytest.mark.parametrize(
    ("key", "algorithm", "options", "name"), [row[1:] for row in SIGNED], ids=[r[0] for r in SIGNED]
)
def test_the_hash_is_that_of_the_signature(key: Any, algorithm: Any, options: dict[str, Any], name: str) -> None:
    der = certificate(key, algorithm, **options)
    assert end_point(der) == hashlib.new(name, der).digest()


SHA256_RSA = bytes.fromhex("2a864886f70d01010b")


@pytest.mark.parametrize(("name", "identifier"), [("MD5", "2a864886f70d010104"), ("SHA-1", "2a864886f70d010105")])
def test_weak_hashes_give_way_to_sha_256(name: str, identifier: str) -> None:
    # Nobody signs with these any more, so the name of the algorithm is changed in both its places.
    der = certificate(RSA, hashes.SHA256())
    assert der.count(SHA256_RSA) == 2
    weak = der.replace(SHA256_RSA, bytes.fromhex(identifier))
    assert x509.load_der_x509_certificate(weak).signature_hash_algorithm.name == name.replace("-", "").lower()  # type: ignore[union-attr]
    assert end_point(weak) == hashlib.sha256(weak).digest()


@pytest.mark.parametrize("key", [ed25519.Ed25519PrivateKey.generate(), ed448.Ed448PrivateKey.generate()])
def test_none_is_defined_for_eddsa(key: Any) -> None:
    with pytest.raises(ChannelBindingError, match="EdDSA") as caught:
        end_point(certificate(key, None))
    assert "--no-channel-binding" in str(caught.value)
    assert isinstance(caught.value, AuthenticationError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "der",
    [b"", b"no certificate", certificate(EC, hashes.SHA256())[:-20]]
    + [certificate(RSA, hashes.SHA256()).replace(SHA256_RSA, bytes.fromhex(i)) for i in ("2a864886f70d010163",)],
    ids=["nothing", "text", "cut short", "unknown signature"],
)
def test_what_cannot_be_read_has_none(der: bytes) -> None:
    with pytest.raises(ChannelBindingError):
        end_point(der)


def test_the_recorded_certificate_has_the_recorded_binding() -> None:
    import base64
    import json

    lines = (require_facts() / "wire" / "scram_channel_bound_tls.jsonl").read_text().splitlines()
    der = bytes.fromhex(json.loads(lines[0])["header"]["secrets"]["certificate_der_hex"])
    final = next(line for line in lines if "CLIENT_FINAL_MESSAGE" in line)
    text = json.loads(final)["frame"]["params"][0]["rfc_str"]
    channel = base64.b64decode(text.split(",")[0].removeprefix("c="))
    assert channel == b"p=tls-server-end-point,," + end_point(der)


def test_the_library_is_imported_only_when_used() -> None:
    code = (
        "import sys, truenas_client.aio.client, truenas_client.auth.binding, midclt.access, midclt.signing\n"
        "assert 'cryptography' not in sys.modules and 'configparser' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
