"""The settings file: read with defaults for what is wrong in it, and edited as its user would.

It is TOML, ``truenas-tui.toml`` in the configuration folder, and holds no secret. Invariants: reading never fails, and
each thing that is wrong is told with file and line; comments, order and entries unknown to this version survive an
edit; a file that is no TOML is never written over, but by what its user made of it in an editor.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tui.settings.values import SETTINGS, Settings, setting_of

__all__ = ["NotWritten", "SettingsFile", "settings_of", "settings_path", "template"]

_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class NotWritten(Exception):
    """A setting could not be written; the message says why."""


def settings_path() -> Path:
    """Where the settings are (on Linux ``~/.config/truenas-client/truenas-tui.toml``)."""
    from truenas_client.storage.paths import config_path

    return config_path().with_name("truenas-tui.toml")


def settings_of(config: str | None, *, writes: bool = True) -> SettingsFile:
    """The settings of the file that ``--config`` names, else of the user's own."""
    return SettingsFile(Path(config) if config else settings_path(), writes=writes, named=bool(config))


class SettingsFile:
    """The settings of one file. Without a path they are the defaults, and changes hold for this run.

    ``writes`` is False for a run that is to leave nothing behind; ``named`` says that the user named this file.
    """

    def __init__(self, path: Path | None = None, *, writes: bool = True, named: bool = False) -> None:
        self.path = path
        self.text = ""
        """The file as it was read last."""
        self.problems: list[str] = []
        """What is wrong in it, each with file and line."""
        self.broken = False
        """Whether it is no TOML, or cannot be read: then nothing of it counts."""
        self.writes = writes
        self._named = named
        self._set: dict[str, Any] = {}
        self._held: dict[str, Any] = {}
        """Changes that could not be written; None for what is to be the default."""
        self._own: dict[str, Any] = {}
        self._keymap: dict[str, list[str]] | None = None
        self.read()

    # Reading

    @property
    def settings(self) -> Settings:
        """The value of each setting: of the file, or the default."""
        values = self._set | self._held
        known = {setting.name: values.get(setting.key) for setting in SETTINGS}
        return Settings(**{name: value for name, value in known.items() if value is not None})

    def names(self, key: str) -> bool:
        """Whether the file says something valid of this setting."""
        return key in self._set

    @property
    def own_keys(self) -> list[str]:
        """The actions that have an entry under ``[keys]``."""
        return list(self._own)

    def read(self) -> None:
        """Takes the file as it is now."""
        self.text, self.broken, self.problems, self._set, self._own = "", False, [], {}, {}
        self._keymap, self._keymap_problems, self._checked = None, list[str](), False
        if self.path is None:
            return
        from truenas_client.bounded import read_own_file

        try:
            self.text = read_own_file(self.path).decode("utf-8-sig")
        except FileNotFoundError:
            if self._named:
                self.problems.append(
                    f"{self.path} is not there. The settings are the defaults; a change makes the file."
                )
            return
        except (OSError, UnicodeDecodeError) as error:
            self.broken = True
            why = getattr(error, "strerror", None) or "it is no UTF-8 text"
            self.problems.append(f"{self.path} cannot be read: {why}. All settings are the defaults.")
            return
        import tomllib

        try:
            data = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            self.broken = True
            found = _PLACE.search(str(error))
            line = found[1] if found and found[1] else len(self.text.splitlines())
            told = _PLACE.sub("", str(error))
            self.problems.append(f"{self.path}:{line}: {told}. Until that is mended, all settings are the defaults.")
            return
        self._take(data)

    def _take(self, data: dict[str, Any]) -> None:
        tables = {setting.key.partition(".")[0] for setting in SETTINGS if "." in setting.key}
        for name, value in data.items():
            if name == "keys" and isinstance(value, dict):
                self._own = _flat(value)
            elif name in tables and isinstance(value, dict):
                for member, inner in value.items():
                    self._take_one(f"{name}.{member}", inner)
            elif name in ("keys", *tables):
                self._wrong(name, f"should be a table: a line [{name}], and its entries below")
            else:
                self._take_one(name, value)

    def _take_one(self, key: str, value: Any) -> None:
        setting = setting_of(key)
        if setting is None:
            from difflib import get_close_matches

            near = get_close_matches(key, [*(setting.key for setting in SETTINGS), "keys"], 1)
            self._wrong(key, f"there is no such setting{f'; did you mean {near[0]}?' if near else ''}")
            return
        try:
            self._set[key] = setting.checked(value)
        except ValueError as error:
            self._wrong(key, str(error))

    def _wrong(self, key: str, text: str) -> None:
        self.problems.append(f"{self._place(*key.split('.'))}: {key}: {text}")

    def _place(self, *keys: str) -> str:
        from truenas_client.storage.toml_places import line_of

        line = line_of(self.text, keys)
        return f"{self.path}:{line}" if line else str(self.path)

    # Themes and keys. Apart, because knowing them loads Textual, which reads the environment as it is loaded.

    def check(self) -> None:
        """Finds what is wrong with the theme and the keys. The theme counts only once this was called."""
        if self._checked:
            return
        self._checked = True
        if self._own:
            self.keymap  # noqa: B018 - reads the entries
        if (theme := self._set.get("theme")) is not None:
            from tui.themes import OFFERED_THEMES, is_known

            if not is_known(theme):
                del self._set["theme"]
                self._wrong("theme", f"there is no theme {theme!r}; there are {', '.join(OFFERED_THEMES)}")

    @property
    def keymap(self) -> dict[str, list[str]]:
        """The keys of all actions, as the preset and the entries under ``[keys]`` say."""
        if self._keymap is None:
            from tui.settings.keymap import resolved

            self._keymap, wrong = resolved(self.settings.keymap, self._own)
            self._keymap_problems = [
                f"{self._place('keys', *one.id.split('.'))}: {one.id}: {one.text}" for one in wrong
            ]
        return self._keymap

    @property
    def changed_keys(self) -> dict[str, str]:
        """The keys that differ from the defaults, as `App.set_keymap` wants them; "" is none."""
        if not self._own and self.settings.keymap == "default":
            return {}
        from tui.action_table import ACTIONS

        keys = {action.id: ",".join(self.keymap[action.id]) for action in ACTIONS}
        return {action.id: keys[action.id] for action in ACTIONS if keys[action.id] != action.keys}

    @property
    def all_problems(self) -> list[str]:
        """What is wrong in the file, the keys included."""
        self.check()
        return self.problems + self._keymap_problems

    # Writing

    def put(self, key: str, value: Any) -> None:
        """Writes a setting; None takes its line out of the file. Raises `NotWritten`; then it holds for this run."""
        setting = setting_of(key)
        assert setting is not None
        if value is not None:
            setting.checked(value)

        def change(text: str) -> str:
            import tomlkit

            document: Any = tomlkit.parse(text or template())
            table, _, name = key.rpartition(".")
            inside = document
            if table:
                if table not in document and value is not None:
                    document[table] = tomlkit.table()
                inside = document.get(table, {})
                if not isinstance(inside, dict):
                    raise NotWritten(f"{self._place(table)}: {table} is no table there: mend that in the file first")
            if value is None:
                inside.pop(name, None)
            else:
                inside[name] = value
            changed: str = document.as_string()
            return changed

        self._held[key] = value
        self._keymap = None
        self._replace(change)
        del self._held[key]

    def write(self, text: str) -> None:
        """Puts this text, which the user wrote, in place of the file, and reads it. Raises `NotWritten`."""
        self._replace(lambda _: text, by_user=True)

    def _replace(self, change: Callable[[str], str], *, by_user: bool = False) -> None:
        if self.path is None or not self.writes:
            raise NotWritten("this run leaves nothing behind: it holds until the end")
        import tomllib

        from truenas_client.storage.private_files import replacing

        try:
            with replacing(self.path) as replace:
                if not by_user:
                    self.read()
                    if self.broken:
                        raise NotWritten(self.problems[0])
                text = change(self.text)
                if not by_user:
                    tomllib.loads(text)  # better to raise for a bug here than to write a broken file
                replace(text.encode())
        except OSError as error:
            raise NotWritten(f"{self.path} cannot be written: {error.strerror or error}") from None
        self.read()


def template() -> str:
    """The text of a new file: every setting with its default, as comments."""
    import textwrap

    from tui import actions
    from tui.themes import OFFERED_THEMES

    lines = ["# Settings of truenas-tui. The app writes what you change in it, and keeps your comments."]
    table = ""
    for setting in sorted(SETTINGS, key=lambda setting: setting.key.rpartition(".")[0]):
        lines.append("")
        inside = setting.key.rpartition(".")[0]
        if inside != table:
            table = inside
            lines += [f"[{table}]", ""]
        words = actions.worded(setting.about, typing=False)
        lines += [f"# {line}" for line in textwrap.wrap(words, 100)]
        lines.append(f"# {setting.name} = {_toml(setting.default if setting.default != '' else OFFERED_THEMES[0])}")
    lines += ["", "# Keys of your own, by the ids that `truenas-tui keys` prints; [] is none.", "[keys]"]
    return "\n".join([*lines, '# "call.run" = ["ctrl+j", "f5"]', ""])


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool | int) else f'"{value}"'


def _flat(table: dict[str, Any]) -> dict[str, Any]:
    """The entries by dotted names: an id is written in quotes, or as two keys with a dot between them."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        flat |= (
            {f"{name}.{member}": inner for member, inner in value.items()} if isinstance(value, dict) else {name: value}
        )
    return flat
