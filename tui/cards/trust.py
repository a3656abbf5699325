"""A certificate that is not trusted: what it is, what is wrong with it, and whether to trust this certificate.

On first use, and when a server shows another certificate than the one that was
trusted before: then both fingerprints are shown, and going on takes a second key.
Nothing was sent before the question, and no answer turns the check off.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator, Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from truenas_client.aio.probe import Certificate, probe
from truenas_client.exc import ConnectError, FingerprintMismatch, InvalidProfile
from truenas_client.trust import TLS, Pin
from tui import actions
from tui.cards.card import CardScreen
from tui.session.keeping import store_trust
from tui.session.session import Session
from tui.text import cut, plain, safe
from tui.widgets.key_line import Hint

__all__ = ["TrustScreen", "ask_trust", "shown_digest"]

LABEL = 13
LINE = 67
"""Cells of a line of the card. Each text from the certificate gets one line: more would push the fingerprints away."""


def shown_digest(digest: str) -> tuple[str, str]:
    """A SHA-256 as browsers and the server's own screen write it, on two lines."""
    pairs = [digest[at : at + 2].upper() for at in range(0, len(digest), 2)]
    half = len(pairs) // 2
    return ":".join(pairs[:half]) + ":", ":".join(pairs[half:])


async def ask_trust(node: Widget, session: Session, error: ssl.SSLCertVerificationError) -> TLS | None:
    """Shows the certificate that a session refused; returns the TLS choice that accepts it, if the user trusts it.

    Asked over the screen of ``node``, from a worker; written into the profile where there is one. Sends nothing but
    handshakes.
    """
    target, endpoint = session.target, session.life.endpoint
    if endpoint is None:
        return None
    try:
        certificate = await probe(endpoint, tls=target.tls)
    except (ConnectError, OSError):
        return None  # the user has seen why it was refused
    trusted = error.expected if isinstance(error, FingerprintMismatch) else ()
    name = target.profile.name
    if not await TrustScreen(endpoint.name, certificate, trusted=trusted, profile=name).ask(node):
        return None
    if name:
        try:
            await asyncio.to_thread(store_trust, name, certificate.tls)
        except (InvalidProfile, OSError) as problem:
            node.notify(safe(f"The profile could not be changed: {problem}"), severity="warning")
    return certificate.tls


class TrustScreen(CardScreen[bool]):
    """Dismisses with True to trust this certificate. ``trusted`` are the pins that it does not fit, if any."""

    BINDINGS = actions.bind(("trust.accept", "trust"), ("card.no", "leave"), ("app.close", "leave"))
    GIVES_WAY, AROUND = "#told", 4

    def __init__(self, host: str, certificate: Certificate, *, trusted: Sequence[str] = (), profile: str = "") -> None:
        super().__init__("Another certificate" if trusted else "Certificate")
        self._host = host
        self._certificate = certificate
        self._trusted = [Pin.parse(text) for text in trusted]
        self._profile = profile

    def lines(self) -> ComposeResult:
        with VerticalScroll(id="told"):
            yield from self._told()
        words = "trust the new one" if self._trusted else "trust this certificate"
        yield Hint(("trust.accept", words), ("card.leave", "back"))

    def _told(self) -> Iterator[Static]:
        certificate = self._certificate
        if self._trusted:
            yield Static(plain(f"{self._host} shows a certificate other than the one you trust.", "bold"))
        else:
            yield Static(plain(f"This machine does not trust the certificate of {self._host}:", "bold"))
            for problem in certificate.problems:
                yield Static(Content.styled(f"- {cut(safe(problem), LINE - 2)}", "$text-warning"))
        yield Static("Nothing was sent.", id="nothing")
        own = certificate.subject == certificate.issuer
        yield _row("issued to", ", ".join(certificate.names) or certificate.subject)
        yield _row("issued by", "itself" if own else certificate.issuer)
        yield _row("valid", f"{certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}")
        yield from self._fingerprints()
        yield Static(plain(self._advice()), id="advice")

    def on_mount(self) -> None:
        self.query_one("#card").add_class("-risk" if self._trusted else "-write")

    def _fingerprints(self) -> Iterator[Static]:
        certificate = self._certificate
        # Of a renewed certificate's pins those of the kind that is compared by eye: the certificate's own, if there.
        of_key = bool(self._trusted) and all(pin.key for pin in self._trusted)
        for pin in self._trusted:
            if pin.key == of_key:
                yield from _digest("trusted", pin.digest, "$text-success")
        shown = certificate.key_fingerprint if of_key else certificate.fingerprint
        word = "shown" if self._trusted else "SHA-256"
        yield from _digest(f"{word} (key)" if of_key else word, shown, "$text-warning")

    def _advice(self) -> str:
        compare = "Compare the fingerprint with the one the server shows under Credentials, Certificates."
        if self._trusted:
            return f"It was renewed, or another machine intercepts the connection. {compare}"
        kept = f" The profile {self._profile} stores it." if self._profile else ""
        trust = f"If they match, press {actions.key('trust.accept')}: from then on only this certificate is accepted."
        return f"{compare} {trust}{kept}"

    def action_trust(self) -> None:
        # One key must not replace a trusted certificate.
        if self._trusted and not self.once_more():
            self.query_one("#card").border_subtitle = f"press {actions.key('trust.accept')} again to trust the new one"
            return
        self.dismiss(True)

    def action_leave(self) -> None:
        self.dismiss(False)


def _row(label: str, value: str, style: str = "") -> Static:
    name = Content.styled(label.ljust(LABEL), "$foreground-muted")
    return Static(Content.assemble(name, (cut(safe(value), LINE - LABEL), style)))


def _digest(label: str, digest: str, style: str) -> Iterator[Static]:
    for word, line in zip((label, ""), shown_digest(digest), strict=True):
        yield _row(word, line, style)
