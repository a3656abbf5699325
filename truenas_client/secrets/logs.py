"""The log of the client: one logger, which masks its records before any handler gets them."""

from __future__ import annotations

import logging

__all__ = ["log"]


class _Masked(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        from .redact import redact_text  # not needed until something is logged

        record.msg, record.args = redact_text(record.getMessage()), None
        if record.exc_info:
            # A handler that finds exc_text prints it instead of formatting the exception itself.
            record.exc_text = redact_text(logging.Formatter().formatException(record.exc_info))
        return True


log = logging.getLogger("truenas_client")
log.addFilter(_Masked())
