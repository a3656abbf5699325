"""How the app is drawn by a browser: Textual's driver for that, which also ends with the server of the page."""

from __future__ import annotations

import os
from contextlib import suppress

from textual.drivers.web_driver import WebDriver

__all__ = ["BrowserDriver"]


class BrowserDriver(WebDriver):
    """Reads and draws through the pipes to the server."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self._write = self._put  # type: ignore[assignment]

    def _put(self, data: bytes) -> int:
        with suppress(BrokenPipeError):  # the server is gone, which the reader of the other pipe notices
            return os.write(self.fileno, data)
        return len(data)

    def run_input_thread(self) -> None:
        super().run_input_thread()
        # The app would go on unseen.
        self._app.call_later(self._app.exit)
