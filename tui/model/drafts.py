"""Drafts for storing: arguments as typed, without texts that are or could be secrets.

Invariant: what `truenas_client.methods.storable` finds is not stored; the editor shows the mask in its place as a place
to fill in, and nothing sends it. A text that cannot be parsed is not stored at all where it could hold a secret.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from truenas_client.methods.storable import keys_of, secret_places
from truenas_client.secrets.names import ARGUMENTS, NESTED
from truenas_client.secrets.redact import PAIRED, is_secret_name, redact, redact_text

from .jsontext import json_line, parse

__all__ = ["LONGEST", "storable"]

LONGEST = 65_536
"""Characters of a draft; a server takes no longer call, and the file is written often."""

_STRINGS = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_HARMLESS_SO_FAR = re.compile(r"[\w/.=<>~^$!]{0,40}")


def storable(method: str, text: str, names: Sequence[str]) -> str | None:
    """The draft to be stored, or None when it must not be.

    ``names`` are those of the method's arguments, in order, then any of their members': an argument is judged by its
    own name, and text that is not JSON by all of them, because its members cannot be told apart.
    """
    try:
        return _masked(method, text, names) if len(text) <= LONGEST else None
    except RecursionError:
        # Too deep to parse.
        return None


def _masked(method: str, text: str, names: Sequence[str]) -> str | None:
    if not text.strip():
        # An emptied draft takes the place of what was stored before, whatever the method's arguments are.
        return text
    document = parse(text)
    if not document.ok or document.notes or not isinstance(document.value, list):
        return text if _harmless(method, text, document.value, names) else None
    if any(redact_text(key) != key for key in keys_of(document.value)):
        return None
    changed = sorted((*document.span(path), new) for path, new in secret_places(method, document.value, names))
    for start, end, new in reversed(changed):
        text = f"{text[:start]}{json_line(new)}{text[end:]}"
    return text


def _harmless(method: str, text: str, meant: Any, names: Sequence[str]) -> bool:
    """Whether a text that is no list of arguments (yet) holds no secret, however it is read."""
    if method in ARGUMENTS or method in NESTED or method.startswith("auth.") or any(map(is_secret_name, names)):
        return False
    read = text.replace("\\n", "\n").replace('\\"', '"')
    if redact_text(text) != text or redact_text(read) != read:
        return False
    open_at = _STRINGS.sub(lambda string: "-" * len(string[0]), text).find('"')
    if open_at >= 0 and not _HARMLESS_SO_FAR.fullmatch(text, open_at + 1):
        # An unfinished text may become an address, a command line, a setting.
        return False
    if any(is_secret_name(key) or key in PAIRED or redact_text(key) != key for key in keys_of(meant)):
        return False
    return bool(redact(meant, method) == meant)
