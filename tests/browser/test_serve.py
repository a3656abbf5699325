"""``truenas-tui --serve``: the app in Chromium, and what the server of its page refuses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.chromium import chromium, program
from tui.action_table import ACTIONS
from tui.serving import serve

RESERVED = frozenset(
    f"{modifier}+{key}"
    for modifier in ("ctrl", "ctrl+shift")
    for key in ("n", "t", "w", "tab", "pageup", "pagedown", "f4")
) | {"f11", "alt+f4", "alt+home", "alt+left", "alt+right", "ctrl+q", "ctrl+shift+p", "ctrl+shift+q"}
"""The keys that Chromium or Firefox keep for themselves, whatever a page says."""


@contextmanager
def served(home: Path, *options: str) -> Iterator[str]:
    """The address that the server has printed."""
    words = [sys.executable, "-m", "tui", "--serve", "--port", "0", *options]
    environment = {**os.environ, "HOME": str(home), "LC_ALL": "C"}
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[1]
        finally:
            server.send_signal(signal.SIGTERM)


def status(address: str, path: str, **headers: str) -> int:
    """How the server answers a request with these headers."""
    link = HTTPConnection(urlsplit(address).netloc, timeout=20)
    link.putrequest("GET", path, skip_host="Host" in headers)
    for name, value in headers.items():
        link.putheader(name, value)
    link.endheaders()
    answer = link.getresponse()
    answer.read()
    link.close()
    return answer.status


def test_only_the_printed_address_opens_the_app_and_only_our_page_its_terminal(tmp_path: Path) -> None:
    with served(tmp_path, "--demo", "--fresh") as address:
        at = urlsplit(address)
        whole = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        whole["Sec-WebSocket-Key"] = "AAAAAAAAAAAAAAAAAAAAAA=="
        assert at.hostname == "127.0.0.1"
        for path in ("/", "/ws", "/static/js/textual.js", f"{at.path[:-2]}/"):
            assert status(address, path) == 404
        assert status(address, at.path) == 200
        # A name that another's server has made to lead to this machine.
        assert status(address, at.path, Host=f"rebound.example:{at.port}") == 403
        assert status(address, at.path, Host=f"localhost:{at.port}") == 200
        for origin in ("https://evil.example", "null", "http://127.0.0.1:1", f"http://localhost:{at.port}"):
            assert status(address, f"{at.path}ws", Origin=origin, **whole) == 403


def test_a_number_that_is_no_port_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert serve([], 99_999) == 1
    assert "port 99999 cannot be used (ports are 0 to 65535)" in capsys.readouterr().err


def test_no_action_needs_a_key_that_a_browser_keeps() -> None:
    needing = {action.id for action in ACTIONS if RESERVED.issuperset(action.keys.split(","))}
    # Closing the tab ends the app as well.
    assert needing == {"app.quit"}


@pytest.mark.skipif(program() is None, reason="no Chromium on this machine (apt-get install chromium)")
def test_in_a_browser_a_method_is_found_and_run_and_its_file_is_downloaded(tmp_path: Path) -> None:
    path = program()
    assert path is not None
    with served(tmp_path, "--demo", "--fresh") as address, chromium(path, tmp_path) as page:
        page.go(address)
        page.see("type to find among")
        page.type("pool.query")
        page.press("Enter", 13)
        page.see("[]")
        page.press("j", 74, ctrl=True)
        page.see("42.6 TiB", "2 rows")
        page.press("Escape", 27)
        page.see("methods")
        page.press("m", 77)
        page.type("config.save")
        page.press("Enter", 13)
        page.see("config.save", "write")
        page.press("j", 74, ctrl=True)
        page.see("What is its name?")
        page.press_until("Enter", 13, "saved to")
        page.press_until("Enter", 13, "downloads of your browser")
        downloads = tmp_path / "downloads"
        page.until(lambda: [file for file in downloads.glob("*.db") if file.stat().st_size], "download")
        assert not list(Path(os.environ.get("TMPDIR", "/tmp")).glob("truenas-tui-*/*.db"))
