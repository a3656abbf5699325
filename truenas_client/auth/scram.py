"""SCRAM-SHA-512 (RFC 5802) for API keys: the client's side of an exchange.

Pure: texts in, texts out. The caller passes in the nonce and the channel binding. The
derivation of keys (a third of a second and more) is a separate function, so that the
driver can run it in a thread.

Two things differ from the RFC (recorded: flow scram_ok). A colon and the number of the
key follow the user name. The server joins the nonces as octets and encodes the result, so
the client compares them decoded: as text, the combined nonce does not begin with ours.

Invariants: keys are never derived with a number of rounds outside `MIN_ITERATIONS` to
`MAX_ITERATIONS`; a login succeeds only after `Final.verify` has accepted the server's
signature; no error contains a piece of a message.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from secrets import token_bytes

from ..exc import AuthenticationError, ServerSignatureError

__all__ = [
    "MAX_ITERATIONS",
    "MIN_ITERATIONS",
    "NONCE_BYTES",
    "Final",
    "Keys",
    "ScramClient",
    "derive",
    "new_nonce",
]

NONCE_BYTES = 32
"""Octets of the client's nonce, as the official client sends (recorded: flow scram_ok)."""
MIN_ITERATIONS = 50_000
"""The server's own minimum. With fewer rounds a listener could guess keys too cheaply."""
MAX_ITERATIONS = 5_000_000
"""The server's own maximum. A hostile server could keep the client busy with more."""

_DIGEST = "sha512"
_UNBOUND = b"n,,"
_BOUND = b"p=tls-server-end-point,,"
_EXTENSION = re.compile(r"[A-Za-z]=.*", re.DOTALL)


def new_nonce() -> bytes:
    """The client's random part of an exchange."""
    return token_bytes(NONCE_BYTES)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys derived from a secret for one salt and number of rounds; 64 octets each."""

    client: bytes = field(repr=False)
    stored: bytes = field(repr=False)
    server: bytes = field(repr=False)


def derive(secret: str, salt: bytes, iterations: int) -> Keys:
    """Derive the keys of a secret. Takes 0.3 to 1 s of CPU for usual numbers of rounds, without holding the GIL."""
    salted = hashlib.pbkdf2_hmac(_DIGEST, secret.encode(), salt, iterations)
    client = hmac.digest(salted, b"Client Key", _DIGEST)
    return Keys(client, hashlib.sha512(client).digest(), hmac.digest(salted, b"Server Key", _DIGEST))


@dataclass(frozen=True, slots=True)
class Challenge:
    """The server's first message: salt and rounds for the derivation of the keys."""

    text: str = field(repr=False)
    nonce: str = field(repr=False)
    salt: bytes
    iterations: int


@dataclass(frozen=True, slots=True)
class Final:
    """The client's final message, and the signature that only a server with the key can answer."""

    text: str = field(repr=False)
    _signature: bytes = field(repr=False)

    def verify(self, text: str) -> None:
        """Accept the server's final message. Raises `ServerSignatureError`."""
        kind, _, value = text.partition("=")
        if kind != "v" or not hmac.compare_digest(_decode(value) or b"", self._signature):
            raise ServerSignatureError(
                "The server did not prove that it knows the API key: it is not the server that made the key, or "
                "another machine stands in between. The session was ended"
            )


@dataclass(frozen=True, slots=True)
class ScramClient:
    """One login of a user with the key of this number.

    ``binding`` is the hash of the certificate that the server showed on this connection
    (``tls-server-end-point``), None for a login without a binding.
    """

    username: str
    key_id: int
    nonce: bytes = field(repr=False)
    binding: bytes | None = None

    def __post_init__(self) -> None:
        if not self.username or not self.username.isprintable() or set(",=") & set(self.username):
            raise AuthenticationError(
                "A login with an API key needs the user name of its owner, without ',', '=' and control characters"
            )

    @property
    def first(self) -> str:
        """The client's first message."""
        return self._header.decode() + self._bare

    def challenge(self, text: str) -> Challenge:
        """Read the server's first message. Raises `AuthenticationError` for one that no TrueNAS sends."""
        parts = text.split(",")
        values = [part[2:] for part in parts[:3]]
        if [part[:2] for part in parts[:3]] != ["r=", "s=", "i="] or not all(map(_optional, parts[3:])):
            raise _odd("is not one of SCRAM")
        nonce = _decode(values[0])
        if nonce is None or len(nonce) <= len(self.nonce) or not _begins_with(nonce, self.nonce):
            raise _odd("does not belong to this login")
        salt = _decode(values[1])
        if not salt:
            raise _odd("has no salt")
        if not (values[2].isascii() and values[2].isdecimal() and len(values[2]) <= 9):
            raise _odd("has no number of rounds")
        iterations = int(values[2])
        if not MIN_ITERATIONS <= iterations <= MAX_ITERATIONS:
            raise _odd(f"asks for {iterations} rounds, and {MIN_ITERATIONS} to {MAX_ITERATIONS} are acceptable")
        return Challenge(text, values[0], salt, iterations)

    def final(self, challenge: Challenge, keys: Keys) -> Final:
        """The client's final message: the proof that it knows the key."""
        channel = base64.b64encode(self._header + (self.binding or b"")).decode()
        without_proof = f"c={channel},r={challenge.nonce}"
        message = f"{self._bare},{challenge.text},{without_proof}".encode()
        signature = hmac.digest(keys.stored, message, _DIGEST)
        proof = bytes(a ^ b for a, b in zip(keys.client, signature, strict=True))
        text = f"{without_proof},p={base64.b64encode(proof).decode()}"
        return Final(text, hmac.digest(keys.server, message, _DIGEST))

    @property
    def _header(self) -> bytes:
        return _UNBOUND if self.binding is None else _BOUND

    @property
    def _bare(self) -> str:
        return f"n={self.username}:{self.key_id},r={base64.b64encode(self.nonce).decode()}"


def _begins_with(nonce: bytes, own: bytes) -> bool:
    return hmac.compare_digest(nonce[: len(own)], own)


def _optional(part: str) -> bool:
    """Whether a part is an extension that the client may ignore. It may not ignore ``m`` (RFC 5802, 5.1)."""
    return bool(_EXTENSION.fullmatch(part)) and not part.startswith("m=")


def _decode(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def _odd(problem: str) -> AuthenticationError:
    return AuthenticationError(f"The login was given up: the server's message {problem}")
