"""The configuration file: read it, and edit it as a user would.

Invariants: comments, order and members unknown to this version survive an edit; the
file is replaced as a whole, with mode 0600, by one program at a time; a broken file is never overwritten; one broken
profile does not block the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..bounded import read_own_text
from ..exc import InvalidProfile
from ..secrets.value import Command, Reference, Text, from_table
from .paths import config_path
from .private_files import change_by_others, others_may_read, replacing
from .profile import KeyProblem, Profile, check_name, from_toml, to_toml
from .toml_places import line_of

__all__ = ["Profiles"]

_TOP = ("default", "profile", "secret")


class Profiles:
    """The content of a configuration file. Profiles are parsed when asked for; each edit is written at once."""

    def __init__(self, path: Path | None = None) -> None:
        """Read the file, which may be missing. Raises `InvalidProfile` when it cannot be read as TOML."""
        self.path = path or config_path()
        self._text = ""
        self._data: dict[str, Any] = {}
        self._read()

    def _read(self) -> None:
        self._text, self._data = "", {}
        text = read_own_text(self.path, InvalidProfile, missing="")
        if not text:
            return
        import tomllib

        try:
            self._text, self._data = text, tomllib.loads(text)
        except tomllib.TOMLDecodeError as e:
            # The parser's text gives the place and quotes only single characters, so it shows no secret.
            raise InvalidProfile(f"{self.path}: {e}. Correct that place; the format is TOML") from None
        for key in self._data:
            if key not in _TOP:
                raise InvalidProfile(f"{self._place(key)}: {key}: there is no such key; profiles are [profile.NAME]")
        if not isinstance(self._data.get("default", ""), str):
            raise InvalidProfile(f'{self._place("default")}: default: should be the name of a profile, as in "lab"')
        if not isinstance(self._tables, Mapping):
            raise InvalidProfile(f"{self._place('profile')}: profile: write profiles as [profile.NAME]")
        if not isinstance(self._data.get("secret", {}), Mapping):
            raise InvalidProfile(f"{self._place('secret')}: secret: write secrets as lines under [secret]")

    @property
    def _tables(self) -> Any:
        return self._data.get("profile", {})

    @property
    def names(self) -> list[str]:
        """The names of all profiles, in the order of the file."""
        return list(self._tables)

    @property
    def secrets(self) -> Mapping[str, Reference]:
        """The places of the named secrets (``NAME = { file = "~/path" }`` under ``[secret]``).

        Raises `InvalidProfile` with the line of an invalid entry, and when other users may read one in clear text.
        """
        found: dict[str, Reference] = {}
        for name, value in self._data.get("secret", {}).items():
            try:
                found[name] = from_table(value)
            except ValueError as e:
                raise InvalidProfile(f"{self._place('secret', name)}: secret {name}: {e}") from None
        for reference in found.values():
            self._check_safe(reference, "a secret")
        return found

    @property
    def default(self) -> str | None:
        """The profile to use when no other is named."""
        return self._data.get("default") or None

    def get(self, name: str) -> Profile:
        """The profile of this name. Raises `InvalidProfile` with file, line and key, and what to do."""
        table = self._tables.get(name)
        if table is None:
            from difflib import get_close_matches

            near = get_close_matches(name, self.names, 1)
            known = f"; did you mean {near[0]}?" if near else f"; there is {', '.join(self.names) or 'none at all'}"
            raise InvalidProfile(f"{self.path} has no profile {name[:80]!r}{known}")
        if not isinstance(table, Mapping):
            raise InvalidProfile(f"{self._place('profile', name)}: write it as [profile.{name}]")
        try:
            profile = from_toml(check_name(name), table)
        except KeyProblem as e:
            raise InvalidProfile(f"{self._place('profile', name, e.key)}: profile {name}: {e}") from None
        except ValueError as e:
            raise InvalidProfile(f"{self._place('profile', name)}: {e}") from None
        self._check_safe(profile.secret, f"the secret of {name}")
        return profile

    def _check_safe(self, reference: Reference, what: str) -> None:
        """Refuse a secret that other users may read in this file, and a command that they may have written into it."""
        if isinstance(reference, Text) and others_may_read(self.path):
            raise InvalidProfile(
                f"{self.path} holds {what} in clear, and other users of this machine may read it: chmod 600 {self.path}"
            )
        if isinstance(reference, Command) and (mend := change_by_others(self.path)):
            raise InvalidProfile(
                f"{self.path} says which command prints {what}, and other users of this machine may change that: {mend}"
            )

    def named(self, name: str | None) -> Profile:
        """The profile of this name, or the default one. Raises `InvalidProfile`, also when there is no default."""
        name = name or self.default
        if name is None:
            raise InvalidProfile(f"{self.path} has no default profile: name one (TRUENAS_PROFILE, or default = ...)")
        return self.get(name)

    def secret_file(self, name: str) -> Path:
        """The file for the secret of a profile when these programs choose the place."""
        return self.path.parent / "secrets" / name

    # -- edits ---------------------------------------------------------------------------

    def put(self, profile: Profile, *, new: bool = False) -> None:
        """Add a profile, or change the one of that name, and write the file.

        Raises `InvalidProfile` for a profile that could not be read back, and for a taken name when it must be ``new``;
        OSError when writing fails.
        """
        try:
            wanted = to_toml(profile)
            from_toml(check_name(profile.name), wanted)
        except ValueError as e:
            raise InvalidProfile(str(e)) from None

        def change(document: Any) -> Any:
            import tomlkit

            if new and profile.name in self._tables:
                raise InvalidProfile(f"There is a profile {profile.name} already")
            if "profile" not in document:
                document["profile"] = tomlkit.table(is_super_table=True)
            tables: Any = document["profile"]
            if profile.name not in tables:
                in_line = isinstance(tables, tomlkit.items.InlineTable)  # profile = { lab = { ... } }
                tables[profile.name] = tomlkit.inline_table() if in_line else tomlkit.table()
            table = tables[profile.name]
            for key in [key for key in table if key not in wanted]:
                del table[key]
            for key, value in wanted.items():
                if key not in table or table[key] != value:
                    table[key] = _inline(value)
            return document

        self._edit(change)

    def remove(self, name: str) -> None:
        """Remove a profile and write the file. Raises `InvalidProfile` when there is none."""

        def change(document: Any) -> Any:
            if name not in self._tables:
                self.get(name)
            del document["profile"][name]
            if document.get("default") == name:
                del document["default"]
            return document

        self._edit(change)

    def use(self, name: str | None) -> None:
        """Make a profile the default; None removes the default."""

        def change(document: Any) -> Any:
            if name is None:
                document.pop("default", None)
                return document
            self.get(name)
            if "default" not in document:
                # Write it before the first table, or it would become a member of that table.
                return self._parse(f'default = "{name}"\n{chr(10) if self._text.strip() else ""}{self._text}')
            document["default"] = name
            return document

        self._edit(change)

    def _edit(self, change: Callable[[Any], Any]) -> None:
        """Write what ``change`` makes of the file's present content. No other program can write meanwhile."""
        import tomllib

        with replacing(self.path) as write:
            self._read()
            text: str = change(self._parse(self._text)).as_string()
            tomllib.loads(text)  # better to raise for a bug here than to write a broken file
            write(text.encode())
        self._read()

    @staticmethod
    def _parse(text: str) -> Any:
        import tomlkit

        return tomlkit.parse(text)

    def _place(self, *keys: str) -> str:
        number = line_of(self._text, keys)
        return f"{self.path}:{number}" if number else str(self.path)


def _inline(value: Any) -> Any:
    import tomlkit

    if not isinstance(value, dict):
        return value
    table = tomlkit.inline_table()
    table.update(value)
    return table
