"""Drafts as they may be stored: arguments as they were typed, without what is or could be a secret.

Invariant: of a value that the core masks, by its name, its place or its look, nothing is left but ``""``. References
such as ``${env:NAME}`` stay: they name a secret and hold none. In doubt the whole draft is not stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from truenas_client.redact import is_secret_name, redact_call, redact_text
from truenas_client.secretnames import ARGUMENTS, NESTED

from .jsontext import Document, Path, parse

__all__ = ["LONGEST", "storable"]

LONGEST = 65_536
"""Characters of a draft; a server takes no longer call, and the file is written often."""

_REFERENCE = re.compile(r"\$\{(env|secret):[^${}]+\}")


def storable(method: str, text: str, names: Sequence[str]) -> str | None:
    """The draft to be stored, or None when it must not be.

    ``names`` are those of the method's arguments, in order, then any of their members': an argument is judged by its
    own name, and text that is not JSON by all of them, because nobody can tell what stands where in it.
    """
    if len(text) > LONGEST:
        return None
    document = parse(text)
    if not document.ok or document.notes or not isinstance(document.value, list):
        harmless = not any(map(is_secret_name, names)) and method not in ARGUMENTS and method not in NESTED
        return text if harmless and not method.startswith("auth.") and redact_text(text) == text else None
    spans = sorted(document.span(path) for path in _secrets(method, document, names))
    for start, end in reversed(spans):
        text = f'{text[:start]}""{text[end:]}'
    return text


def _secrets(method: str, document: Document, names: Sequence[str]) -> Iterator[Path]:
    params = document.value
    shown = redact_call(method, params)
    for index, (value, masked, name) in enumerate(zip_longest(params, shown, names[: len(params)], fillvalue="")):
        if is_secret_name(name) and not isinstance(value, bool) and value is not None and not _refers(value):
            yield (index,)
        else:
            yield from _differing(value, masked, (index,))


def _differing(value: Any, masked: Any, path: Path) -> Iterator[Path]:
    """The paths of values that masking has changed and that are more than references."""
    if value is masked or value == masked or _refers(value):
        return
    if isinstance(value, dict) and isinstance(masked, dict):
        for key, member in value.items():
            yield from _differing(member, masked.get(key), (*path, key))
    elif isinstance(value, list) and isinstance(masked, list) and len(value) == len(masked):
        for index, (member, shown) in enumerate(zip(value, masked, strict=True)):
            yield from _differing(member, shown, (*path, index))
    else:
        yield path


def _refers(value: Any) -> bool:
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None
