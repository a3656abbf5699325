"""The types of option values, for ``type=`` of argparse."""

from __future__ import annotations

import argparse
import math

__all__ = ["count", "seconds"]


def count(text: str) -> int:
    """A number of things, 1 or more. Raises `argparse.ArgumentTypeError`."""
    value = int(text) if text.isascii() and text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number, 1 or more")
    return value


def seconds(text: str) -> float:
    """A finite number of seconds, 0 or more. Raises `argparse.ArgumentTypeError`."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value
