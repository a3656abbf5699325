"""Mask long random words in texts: keys and tokens that no name or shape reveals.

Pure. A word stays when the text before it calls it a digest, an id or a public key, and inside a certificate.
"""

from __future__ import annotations

import re

from . import MASK

__all__ = ["without_random_words"]

_SHORTEST = 20
_LONG_WORD = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_=-]{20,}")
# The text before a word that only looks random: a digest, a public key, a name on a disk.
_NAMES_IT = re.compile(
    r"(?:\b(?:sha\d{1,3}|md5|blake\w*|fingerprint|digest|checksum|etag|commit|rev(?:ision)?|guid|u?uid|id|serial|wwn"
    r"|lunid|eui|naa)[\"']?\s*[:=.@-]\s*[\"']?"
    r"|\b(?:ssh|sk-ssh|ecdsa|sk-ecdsa)[\w@.-]*\s|\}|0x|[/_]by-\w+/)\Z",
    re.IGNORECASE,
)
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PUBLIC = re.compile(
    r"-----BEGIN (?P<what>[A-Z0-9 ]{0,40}(?:CERTIFICATE|PUBLIC KEY|CERTIFICATE REQUEST|DH PARAMETERS|X509 CRL)"
    r"(?: BLOCK)?)-----.*?(?:-----END (?P=what)-----|\Z)",
    re.DOTALL,
)


def without_random_words(text: str) -> str:
    """Replace random words by the mask, except digests, public keys and certificates."""
    if len(text) < _SHORTEST:
        return text
    public = [found.span() for found in _PUBLIC.finditer(text)] if "-----BEGIN " in text else []

    def judge(found: re.Match[str]) -> str:
        start = found.start()
        if any(first <= start < last for first, last in public) or not looks_random(found[0]):
            return found[0]
        return found[0] if _NAMES_IT.search(text[max(0, start - 80) : start]) else MASK

    return _LONG_WORD.sub(judge, text)


def looks_random(word: str) -> bool:
    """Whether a word looks random: 20 characters or more, with letters and digits mixed as no name mixes them.

    Numbers, UUIDs, dates, paths and names made of words do not. Hexadecimal digits do from 32 on, because they may be a
    key.
    """
    if len(word) < _SHORTEST or not word.isascii() or _UUID.search(word):
        return False
    if re.fullmatch(r"(?i:0x|naa\.|eui\.)[0-9a-f]+", word):
        return False
    core = re.sub(r"[^A-Za-z0-9]", "", word)
    if len(word.rstrip("=")) - len(core) > len(word) // 10 or core.isdigit():
        return False
    if re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", core):
        return len(core) >= 32
    mixed = not (core.islower() or core.isupper())
    if len(core) < 24 and not mixed:
        return False
    # In random text a run of one kind has 2.3 characters on average, and 24 characters have numbers in three places.
    # Names made of words have longer runs and one number.
    pieces = _PIECE.findall(core)
    numbers = sum(piece.isdigit() for piece in pieces)
    mean = len(core) / len(pieces)
    return numbers >= 3 or (mixed and mean <= (3.3 if numbers else 2.6))
