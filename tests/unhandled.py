"""What goes wrong and reaches no caller, for runs in which nothing may: logged errors, exceptions without a handler."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["listening_to_errors"]


class _Errors(logging.Handler):
    def __init__(self, texts: list[str]) -> None:
        super().__init__(logging.ERROR)
        self.texts = texts

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


@contextmanager
def listening_to_errors() -> Iterator[list[str]]:
    """Errors logged by the client or by asyncio, and exceptions of finalizers; the client's warnings are not shown."""
    texts: list[str] = []
    handler, loggers = _Errors(texts), [logging.getLogger(name) for name in ("truenas_client", "asyncio")]
    before = [(logger.propagate, logger.level) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    hook = sys.unraisablehook
    sys.unraisablehook = lambda about: texts.append(f"{about.err_msg}: {about.exc_value!r} in {about.object!r}")
    try:
        yield texts
        gc.collect()  # tasks whose exceptions no code took say so now
    finally:
        sys.unraisablehook = hook
        for logger, (propagate, level) in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.propagate, logger.level = propagate, level
