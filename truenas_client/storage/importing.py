"""Make profiles from the settings of the official curses program. They are read, never written.

The file is an INI with ``server``, ``username``, ``api_key_path``, ``verify_ssl`` and
``ca_cert``. Each section that names a server becomes a profile.
"""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Mapping
from pathlib import Path

from ..bounded import read_own_text
from ..endpoint import parse
from ..exc import InvalidEndpoint, InvalidProfile
from ..secrets.value import Ask, File, Reference
from ..tls_choice import SYSTEM, TLS
from .profile import Profile

__all__ = ["OFFICIAL", "read_official"]

OFFICIAL = "~/.config/truenas_tui.conf"
"""The settings file of the official program."""


def read_official(path: str | os.PathLike[str] = OFFICIAL) -> list[Profile]:
    """The profiles that the file describes, named after their servers. Raises `InvalidProfile`."""
    file = Path(os.path.expanduser(os.fspath(path)))
    text = read_own_text(file, InvalidProfile)
    # No interpolation: a path may contain a "%".
    parser = configparser.ConfigParser(interpolation=None)
    try:
        # Settings before the first section apply to all sections.
        parser.read_string(text if re.search(r"^\s*\[", text, re.MULTILINE) else "[DEFAULT]\n" + text)
    except configparser.Error as e:
        number = getattr(e, "lineno", None) or next((line for line, _ in getattr(e, "errors", ())), None)
        where = f"{file}:{number}" if number else str(file)
        raise InvalidProfile(f"{where}: that is no INI file ({type(e).__name__})") from None
    sections = [parser[name] for name in parser.sections()] or [parser["DEFAULT"]]
    found = [_profile(file, section) for section in sections if section.get("server", "").strip()]
    if not found:
        raise InvalidProfile(f"{file} names no server")
    return found


def _profile(file: Path, section: Mapping[str, str]) -> Profile:
    server = _plain(section["server"])
    try:
        host = parse(server).name
    except InvalidEndpoint as e:
        raise InvalidProfile(f"{file}: server: {e.error}") from None
    username, key_path, ca_file = (_plain(section.get(key, "")) for key in ("username", "api_key_path", "ca_cert"))
    verify = _plain(section.get("verify_ssl", "")).lower()
    if verify not in {"", "1", "yes", "true", "on", "0", "no", "false", "off"}:
        raise InvalidProfile(f"{file}: verify_ssl: should be yes or no")
    tls = SYSTEM
    if verify in {"0", "no", "false", "off"}:
        tls = TLS.insecure()
    elif ca_file:
        tls = TLS.authority(ca_file)
    secret: Reference = File(key_path) if key_path else Ask()
    mechanism = "api-key" if key_path and username else ""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", host).strip("-._") or "imported"
    return Profile(name=name, addresses=(server,), username=username, mechanism=mechanism, secret=secret, tls=tls)


def _plain(text: str) -> str:
    return text.strip().strip("\"'")
