"""`TNScramClient`: the client's side of a SCRAM exchange by itself, for scripts that speak to the server their own way.

It is `auth.scram` in the shape of the official client's module of this name: texts in, texts out.
"""

from __future__ import annotations

import base64
from secrets import token_bytes

from .auth.scram import NONCE_BYTES, Final, Keys, ScramClient, derive
from .exc import ServerSignatureError

__all__ = ["TNScramClient"]


class _Unnumbered(ScramClient):
    """The user name stands alone, without the number of a key."""

    @property
    def _bare(self) -> str:
        return f"n={self.username},r={base64.b64encode(self.nonce).decode()}"


class TNScramClient:
    """One exchange. Give the secret (of an API key the part after its number), or the three keys derived from it.

    ``channel_binding`` is the hash of the server's certificate (``tls-server-end-point``), None to log in unbound.
    """

    def __init__(
        self,
        raw_key_material: str | None = None,
        client_key: bytes | str | None = None,
        stored_key: bytes | str | None = None,
        server_key: bytes | str | None = None,
        *,
        channel_binding: bytes | None = None,
    ) -> None:
        self._secret = raw_key_material
        self._keys: Keys | None = None
        if client_key is not None and stored_key is not None and server_key is not None:
            self._keys = Keys(_octets(client_key), _octets(stored_key), _octets(server_key))
        elif raw_key_material is None:
            raise ValueError("Give raw_key_material, or client_key, stored_key and server_key")
        self._binding = channel_binding
        self._exchange: ScramClient | None = None
        self._final: Final | None = None

    def get_client_first_message(self, username: str, api_key_id: int | None = None) -> str:
        """The first message. The name may end in a colon and the key's number, as the server wants it."""
        name, colon, number = username.rpartition(":")
        if api_key_id is None and colon and number.isdecimal():
            username, api_key_id = name, int(number)
        kind = _Unnumbered if api_key_id is None else ScramClient
        self._exchange = kind(username, api_key_id or 0, token_bytes(NONCE_BYTES), self._binding)
        return self._exchange.first

    def get_client_final_message(self, server_first_message: str) -> str:
        """The final message, to the server's first. Raises `AuthenticationError` for what no such server sends."""
        if self._exchange is None:
            raise ValueError("The exchange begins with get_client_first_message")
        challenge = self._exchange.challenge(server_first_message)
        keys = self._keys or derive(self._secret or "", challenge.salt, challenge.iterations)
        self._final = self._exchange.final(challenge, keys)
        return self._final.text

    def verify_server_final_message(self, server_final_message: str) -> bool:
        """Whether the server has proved that it knows the key."""
        if self._final is None:
            raise ValueError("The server's final message answers get_client_final_message")
        try:
            self._final.verify(server_final_message)
        except ServerSignatureError:
            return False
        return True


def _octets(key: bytes | str) -> bytes:
    return base64.b64decode(key) if isinstance(key, str) else key
