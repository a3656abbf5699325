"""Where the recorded protocol facts are, for the tests that compare with them.

``TRUENAS_FACTS`` names the folder (default ``../shared`` beside the project).
Without it those tests skip, each with one line; with ``CI`` set they fail
instead, unless ``WITHOUT_SHARED=1`` says that its absence is meant.
"""

from __future__ import annotations

import gzip
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

RELEASES = ("24.10", "25.04", "25.10", "26", "27")
"""The releases whose real catalogue is among the facts."""
SIZES = {"24.10": 781, "25.04": 771, "25.10": 769, "26": 815, "27": 817, "cut": 815}
"""How many methods each has."""

CATALOGUES = ("cut", *RELEASES)
"""What `catalogue` knows: ``cut`` is a small one of our own making (`tests.cut`), which is always there."""

FULL = bool(os.environ.get("TEST_FULL"))
"""Whether all of a long run is wanted (`make soak`) and not the share of it in `make test`."""
SOME_RELEASES = RELEASES if FULL else ("24.10", "26")
SOME_CATALOGUES = ("cut", *SOME_RELEASES)
"""For tests that go through every method: the oldest release and 26; all of them in a full run."""

ROOT = Path(__file__).resolve().parent.parent
CUT = ROOT / "tests" / "data" / "catalogue.json"


def facts() -> Path | None:
    """The facts folder, or None when it is not there."""
    path = (ROOT / os.environ.get("TRUENAS_FACTS", "../shared")).resolve()
    return path if (path / "wire").is_dir() and (path / "api").is_dir() else None


def require_facts() -> Path:
    """The facts folder; skips the test (in CI: fails it) when it is not there."""
    path = facts()
    if path is None:
        message = "no recorded facts: set TRUENAS_FACTS to their folder"
        if os.environ.get("CI") and os.environ.get("WITHOUT_SHARED") != "1":
            pytest.fail(message)
        pytest.skip(message)
    return path


@cache
def _read(path: Path) -> Any:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


@cache
def _cut() -> dict[str, dict[str, Any]]:
    methods: dict[str, dict[str, Any]] = json.loads(CUT.read_text(encoding="utf-8"))
    return methods


def catalogue(release: str) -> dict[str, dict[str, Any]]:
    """The ``core.get_methods`` answer of one of `CATALOGUES`. Do not change it."""
    if release == "cut":
        return _cut()
    methods: dict[str, dict[str, Any]] = _read(require_facts() / "api" / f"methods-{release}.json.gz")
    return methods


def services(release: str) -> dict[str, dict[str, Any]]:
    """The real ``core.get_services`` answer of a release; nobody has that of 27, so there it is that of 26."""
    name = "26" if release == "27" else release
    answer: dict[str, dict[str, Any]] = _read(require_facts() / "api" / f"services-{name}.json.gz")
    return answer
