"""Message ids: random UUIDs (version 4), so that no other client's can equal ours.

Invariant: a forked child makes other ids than its parent, because ids prove whose a job is.
"""

from __future__ import annotations

import os
import random

__all__ = ["new_id"]

# Ids need not be unguessable, only never equal to another client's: the cheap source will do.
_random = random.Random()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_random.seed)

# RFC 9562: version 4 in the thirteenth digit, the variant in the two bits that begin the seventeenth.
_VERSION_4 = 0x4 << 76 | 0x2 << 62
_FREE_BITS = ~(0xF << 76 | 0x3 << 62)


def new_id() -> str:
    """A message id."""
    bits = _random.getrandbits(128) & _FREE_BITS | _VERSION_4
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
