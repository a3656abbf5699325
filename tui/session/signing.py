"""Signing a session in: the secret from where it is stored, then the login that the target asks for.

Invariants: a secret is looked for before anything is connected, in a thread, and
stays in memory only; a server that has once taken a key by proof is sent no key
itself, unless ``--plain`` was said on this run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from truenas_client import AsyncClient
from truenas_client.aio.client import OTPToken
from truenas_client.aio.profile_login import sign_in as sign_in_by_profile
from truenas_client.auth.channel import Channel, weak_password
from truenas_client.endpoint import Endpoint
from truenas_client.exc import SecretUnavailable
from truenas_client.secrets.value import Ask, Secret
from truenas_client.storage.key_files import is_path
from truenas_client.storage.secret_store import resolve
from tui import guest
from tui.session.target import Target

__all__ = ["Step", "client_of", "exposure", "obtain", "sign_in"]

# The card shows these when a stage of connecting is over, and no other stages.
STAGES = {"resolve": "resolved", "connect": "connected", "tls": "certificate ok", "hello": "speaks TrueNAS"}

Step = Callable[[str], None]
"""Hears of each thing done."""


async def obtain(target: Target, warn: Callable[[str], None]) -> Secret | None:
    """The secret of a target; None where none is needed. ``warn`` hears of a file that others can read.

    Raises `SecretUnavailable`. Cancelling leaves a command that gives secrets running to its end.
    """
    if guest.is_guest():
        _refuse_what_is_local(target)
    if target.kind == "local socket" or target.profile.mechanism == "none":
        return None
    if target.secret:
        return target.secret
    warnings: list[str] = []
    secret = await asyncio.to_thread(resolve, target.profile.secret, warn=warnings.append)
    for text in warnings:
        warn(text)  # on the loop's thread, because the listener may draw
    return secret


def _refuse_what_is_local(target: Target) -> None:
    """A guest signs in with what was typed, at a server of the network."""
    if target.address is None or any(endpoint.socket is not None for endpoint in target.profile.endpoints):
        raise SecretUnavailable(guest.refusal("The socket of this machine"))
    if not target.secret and not isinstance(target.profile.secret, Ask):
        raise SecretUnavailable(guest.refusal(f"The secret in {target.profile.secret}"))
    if target.secret and target.kind == "api key" and is_path(target.secret.reveal()):
        raise SecretUnavailable(guest.refusal("The file of an API key"))


def client_of(target: Target, step: Step, **options: Any) -> AsyncClient:
    """A client for a target, not connected yet."""
    return AsyncClient(
        target.address,
        also=target.also,
        tls=target.tls,
        on_stage=lambda stage: step(STAGES[stage]) if stage in STAGES else None,
        **options,
    )


async def sign_in(client: AsyncClient, target: Target, secret: Secret | None, otp: OTPToken, step: Step) -> None:
    """Sign a connected client in; ``otp`` is kept for the connections to come. Raises what its login methods raise."""
    if secret is not None:
        await sign_in_by_profile(client, target.profile, secret=secret, otp_token=otp, said_plain=target.said_plain)
    step(f"signed in{' as ' + target.user if target.user else ''}")


def exposure(endpoint: Endpoint) -> str:
    """The client's warning before it sends a password that others can read; empty when no one can."""
    return weak_password(Channel.of(endpoint, None), allow=True) or ""
