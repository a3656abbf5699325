"""Trust on first use: show a server's certificate and ask the user whether to trust it."""

from __future__ import annotations

import asyncio

from truenas_client.aio.probe import Certificate, probe
from truenas_client.endpoint import Endpoint
from truenas_client.exc import ConnectError
from truenas_client.trust import SYSTEM, TLS
from truenas_client.values.lines import harmless

from .asking import confirm
from .exits import CommandError, ExitStatus
from .output import say

__all__ = ["look", "settle"]


def look(endpoint: Endpoint, tls: TLS = SYSTEM) -> Certificate:
    """The server's certificate. Raises `ConnectError`."""
    return asyncio.run(probe(endpoint, tls=tls))


def settle(endpoint: Endpoint, before: TLS = SYSTEM) -> TLS:
    """The TLS choice for a server: the old one where it accepts the certificate, else the user's decision.

    For a server that cannot be reached now the old choice stays. Raises `CommandError` when
    the user refuses the certificate, or there is no terminal to ask on.
    """
    if not endpoint.is_tls or not before.verify:
        return before
    try:
        certificate = look(endpoint, before)
    except ConnectError as e:
        say(f"midclt: {e.error}\nIts certificate could not be looked at; `midclt profile trust` does that later.")
        return before
    if certificate.trusted:
        return before
    _show(endpoint, certificate)
    answer = confirm("Trust this certificate?")
    if answer is None:
        raise CommandError(
            "There is no terminal to ask on. Compare the fingerprint, and give it by --fingerprint; or give --ca FILE",
            ExitStatus.CONNECTION,
        )
    if not answer:
        raise CommandError("Not trusted, so nothing was changed.", ExitStatus.CONNECTION)
    return certificate.tls


def _show(endpoint: Endpoint, certificate: Certificate) -> None:
    rows = [
        ("issued to", ", ".join(certificate.names) or certificate.subject),
        ("signed by", "itself" if certificate.subject == certificate.issuer else certificate.issuer),
        ("valid", f"{certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}"),
        ("SHA-256", certificate.shown_fingerprint),
    ]
    say(f"This machine does not trust the certificate of {endpoint.name}:")
    for problem in certificate.problems:
        say(f"  - {harmless(problem)}")
    for name, value in rows:
        say(f"  {name:<12} {harmless(value)}")
    say("Compare the fingerprint with the one the server shows under Credentials, Certificates.")
