"""Chromium without a window, driven by its DevTools protocol: keys in, the terminal's bytes out."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 60.0
_ESCAPES = re.compile(r"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|.)")


def program() -> str | None:
    """Chromium's program on this machine."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Page:
    """One page. ``drawn`` is what the terminal in it was sent since the last `press`, without its escapes."""

    def __init__(self, link: ClientConnection) -> None:
        self._link = link
        self._number = 0
        self._session = ""
        self.drawn = ""
        self.closed = 0
        """How many connections of terminals have ended, or were refused."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.ask("Network.enable")
        self.ask("Page.enable")

    def ask(self, method: str, **params: Any) -> Any:
        """A command of the protocol, and its answer."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._link.send(json.dumps(message))
        while (answer := self._take(SECONDS)).get("id") != self._number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def _take(self, seconds: float) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._link.recv(seconds))
        params = message.get("params", {})
        match message.get("method"):
            case "Network.webSocketFrameReceived" if params["response"]["opcode"] == 2:
                text = base64.b64decode(params["response"]["payloadData"]).decode("utf-8", "replace")
                self.drawn += _ESCAPES.sub("", text)
            case "Network.webSocketClosed":
                self.closed += 1
        return message

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Takes what comes until the condition holds."""
        end = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < end, f"no {what}; the last drawn: {self.drawn[-2000:]}"
            try:
                self._take(0.1)
            except TimeoutError:
                continue

    def see(self, *texts: str) -> None:
        """Waits until these were drawn."""
        self.until(lambda: all(text in self.drawn for text in texts), f"{texts} drawn")

    def go(self, url: str) -> None:
        """Opens an address."""
        self.ask("Page.navigate", url=url)

    def value(self, script: str) -> Any:
        """What a script, or the promise that it gives, comes to."""
        answer = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def type(self, text: str) -> None:
        """Types a text."""
        self.drawn = ""
        self.ask("Input.insertText", text=text)

    def press(self, key: str, code: int, *, ctrl: bool = False) -> None:
        """Presses a key, by its name and its code in Windows, as the protocol wants it."""
        self.drawn = ""
        event = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 2 if ctrl else 0}
        text = {"text": "\r"} if key == "Enter" else {"text": key} if len(key) == 1 and not ctrl else {}
        self.ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **event, **text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **event)

    def press_until(self, key: str, code: int, text: str) -> None:
        """Presses a key that a card takes only once it has stood for a while, until a text is drawn."""
        self.press(key, code)
        end = time.monotonic() + 0.5

        def drawn() -> bool:
            nonlocal end
            if text not in self.drawn and time.monotonic() > end:
                before = self.drawn
                self.press(key, code)
                self.drawn = before + self.drawn
                end = time.monotonic() + 0.5
            return text in self.drawn

        self.until(drawn, f"{text!r} drawn")


@contextmanager
def chromium(path: str, home: Path) -> Iterator[Page]:
    """A page of a Chromium with a profile of its own; what it downloads goes to ``home / "downloads"``."""
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    options += ["--disable-background-networking", "--disable-component-update", "--disable-extensions"]
    words = [path, *options, "--remote-debugging-port=0", f"--user-data-dir={home}/profile", "about:blank"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as browser:
        assert browser.stderr is not None
        try:
            said = next(line for line in browser.stderr if line.startswith("DevTools listening on "))
            with connect(said.split()[-1], max_size=None, proxy=None, compression=None) as link:
                page = Page(link)
                folder = str(home / "downloads")
                page.ask("Browser.setDownloadBehavior", behavior="allow", downloadPath=folder)
                yield page
        finally:
            browser.kill()
