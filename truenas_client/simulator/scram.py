"""The server's side of SCRAM-SHA-512 (RFC 5802) for API keys.

Pure: messages in, messages out. The client's first message names the key after a
colon; nonces travel as base64 and are joined as octets. Invariants: a secret is
never kept longer than one exchange; comparisons take the same time whatever is wrong.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass

from truenas_client.auth.saslprep import saslprep
from truenas_client.auth.scram import Keys

__all__ = ["BadMessage", "ClientFirst", "Exchange"]

BOUND = b"p=tls-server-end-point,,"

_FIRST = re.compile(r"((?:n|y|p=[^,]*),,)(n=([^,=]+):([0-9]{1,9}),r=([^,]+))")
"""The header, and the rest with a name, the number of a key and a nonce."""
_FINAL = re.compile(r"(c=([^,]*),r=([^,]*)(?:,.*)?),p=([^,]*)", re.DOTALL)
"""What the proof is about, with the channel and the nonce, and the proof."""


class BadMessage(ValueError):
    """A message that is malformed, or whose proof is wrong."""


@dataclass(frozen=True, slots=True)
class ClientFirst:
    """The first message: ``header`` is its GS2 part, ``bare`` the rest; ``username`` is prepared (SASLprep)."""

    header: bytes
    bare: str
    username: str
    key_id: int
    nonce: bytes

    @classmethod
    def parse(cls, text: str) -> ClientFirst:
        """Read it. Raises `BadMessage`."""
        found = _FIRST.fullmatch(text)
        if found is None:
            raise BadMessage("not a first message of a user with the number of a key")
        header, bare, name, number, nonce = found.groups()
        # The characters that would need quoting are not taken, quoted or not.
        try:
            username = saslprep(name)
        except ValueError as e:
            raise BadMessage(str(e)) from e
        return cls(header.encode(), bare, username, int(number), _decode(nonce))


@dataclass(frozen=True, slots=True)
class Exchange:
    """An exchange that waits for the final message. ``binding`` is the value that a bound client must send."""

    first: ClientFirst
    server_nonce: bytes
    salt: bytes
    iterations: int
    binding: bytes

    @property
    def response(self) -> str:
        """The server's first message."""
        nonce = _encode(self.first.nonce + self.server_nonce)
        return f"r={nonce},s={_encode(self.salt)},i={self.iterations}"

    def verify(self, text: str, keys: Keys) -> str:
        """Check the client's final message; answers the server's. Raises `BadMessage`."""
        found = _FINAL.fullmatch(text)
        if found is None:
            raise BadMessage("not a final message")
        without_proof, channel, nonce, proof_text = found.groups()
        bound = self.first.header.startswith(b"p=")
        expected = self.first.header + (self.binding if bound else b"")
        if not hmac.compare_digest(_decode(channel), expected):
            raise BadMessage("bound to another channel")
        if not hmac.compare_digest(_decode(nonce), self.first.nonce + self.server_nonce):
            raise BadMessage("another nonce")
        message = f"{self.first.bare},{self.response},{without_proof}".encode()
        signature = hmac.digest(keys.stored, message, "sha512")
        proof = _decode(proof_text)
        if len(proof) != len(signature):
            raise BadMessage("no proof")
        client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
        if not hmac.compare_digest(hashlib.sha512(client_key).digest(), keys.stored):
            raise BadMessage("wrong proof")
        return f"v={_encode(hmac.digest(keys.server, message, 'sha512'))}"


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as e:
        raise BadMessage("not base64") from e
