"""An attempt to connect that cannot be made as typed: the failure in words, and the field to mend."""

from __future__ import annotations

from truenas_client import exc
from truenas_client.endpoint import parse
from truenas_client.storage import Known
from tui.model.failure import Failure, explain_connecting
from tui.session.session import Session
from tui.session.target import Target

__all__ = ["missing", "unsupported"]


def missing(target: Target, *, code: bool) -> tuple[str, Failure] | None:
    """The first field without a value, and its failure. ``code`` tells that a one-time password has to be typed."""
    if target.kind == "local socket":
        return None
    if target.address is None:
        return "address", Failure("Address missing", "Enter a host name, an IP address or a URL.")
    try:
        old = parse(target.address).is_legacy
    except exc.InvalidEndpoint as error:
        return "address", explain_connecting(error, address="")
    # The old protocol's login takes a key without a name.
    if not target.user and target.kind != "token" and not (old and target.kind == "api key"):
        return "user", Failure("User missing", "Enter the user to sign in as.")
    if not target.kept:
        return "password", Failure(f"No {target.kind}", "Enter it to sign in.")
    if code:
        return "code", Failure("Code missing", "The server asks for a one-time password.")
    return None


def unsupported(session: Session, error: exc.MechanismUnsupported) -> tuple[Failure, bool]:
    """The failure of a sign-in by proof, and whether the card may offer to send the key itself.

    A server before 26 takes only the key itself. The app never sends it without the user's choice.
    """
    endpoint = session.life.endpoint
    by_proof = session.target.profile.mechanism == "api-key"
    if endpoint is None or not by_proof or not (endpoint.is_tls or endpoint.is_local):
        return explain_connecting(error, address=session.host), False
    if Known().scram_seen(endpoint):
        reason = "It checked proofs before and says now that it cannot: another machine may intercept the connection."
        return Failure("Key not sent", reason, "Only --plain on the command line sends the key anyway."), False
    reason = 'This server is older than 26 and cannot check a proof. Choose "yes" above to send the key itself.'
    return Failure("Key not sent", reason), True
