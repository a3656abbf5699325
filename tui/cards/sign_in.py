"""Signs in again in place, where the login has ended and the secret at hand is none, or is refused."""

from __future__ import annotations

from textual.dom import DOMNode

from truenas_client.secrets.value import Secret
from tui.cards.form import Entry, FormScreen
from tui.model.failure import Failure
from tui.session.target import SECRETS, Target

__all__ = ["ask_for_secret"]


async def ask_for_secret(node: DOMNode, target: Target, host: str, failure: Failure) -> Secret | None:
    """Asks over the screen of ``node``, below the reason; None for escape. From a worker."""
    why = "  ".join(part for part in (failure.title, failure.reason) if part)
    entry = Entry("secret", SECRETS[target.kind], secret=True, exact=True)
    title = f"Sign in again  {target.user} on {host}"
    given = await FormScreen(title, why, [entry], yes="sign in", no="stay signed out").ask(node)
    return Secret(given[entry.id]) if given else None
