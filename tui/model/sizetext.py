"""A size as people write it, where JSON wants bytes: ``10 GiB`` without quotes, in a text that is being typed."""

from __future__ import annotations

import re

from truenas_client.methods.querywords import size_of

__all__ = ["size_at"]

_SIZE = re.compile(r"(?<![\w.\"-])\d+(?:\.\d+)?\s?(?:[KMGTPE](?:i?B|i)?|kB|B)(?![\w\"])")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"?')


def size_at(text: str, caret: int) -> tuple[int, int, int] | None:
    """Where the size stands that the caret is in or at the end of, and its bytes; None without one."""
    begin = text.rfind("\n", 0, caret) + 1
    line = text[begin:].partition("\n")[0]
    # What stands in quotes is text, whatever it looks like.
    bare = _STRING.sub(lambda found: '"' * len(found[0]), line)
    for found in _SIZE.finditer(bare):
        if found.start() <= caret - begin <= found.end() and (count := size_of(found[0])) is not None:
            return begin + found.start(), begin + found.end(), count
    return None
