"""Which settings there are, and their values in force.

`SETTINGS` describes each one once: the file, the settings card and the README's example read that table. Loads nothing
of Textual. One app runs at a time in a process, so `in_force` is one value for all of it, as are the present keys.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["SETTINGS", "Setting", "Settings", "in_force", "put_in_force", "setting_of"]


class Settings(NamedTuple):
    """A value for each setting, by the last part of its key."""

    theme: str = ""
    """"" is the one that suits the terminal."""
    glyphs: str = "auto"
    animation: bool = False
    keymap: str = "default"
    quit: str = "always"
    write: str = "review"
    clipboard: str = "auto"
    call_seconds: int = 3600
    clipboard_bytes: int = 74_994
    """Common terminals take this much by OSC 52: a sequence of 100,000 bytes, in base64."""
    result_bytes: int = 100_000_000
    events: int = 2000
    frames: int = 2000


class Setting(NamedTuple):
    """One setting. ``key`` is its place in the file, as in ``limits.events``.

    Its values are ``choices`` (of true and false their words), or whole numbers from ``least`` to ``most``; a setting
    with neither is a name that another part of the app knows. ``later`` says that a change waits for the next start.
    """

    key: str
    title: str
    group: str
    help: str
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 0
    unit: str = ""
    later: bool = False

    @property
    def name(self) -> str:
        """The attribute of `Settings`."""
        return self.key.rpartition(".")[2]

    @property
    def default(self) -> Any:
        return getattr(Settings(), self.name)

    @property
    def about(self) -> str:
        """What it does, and what it may be."""
        told = (
            f"{self.help} From {self.least:,} to {self.most:,} {self.unit}".rstrip() + "." if self.most else self.help
        )
        return f"{told} A change waits for the next start." if self.later else told

    @property
    def switches(self) -> bool:
        """Whether it is true or false."""
        return isinstance(self.default, bool)

    def checked(self, value: Any) -> Any:
        """The value, where it is one of this setting. Raises ValueError, which says what is expected."""
        if self.most:
            if type(value) is int and self.least <= value <= self.most:
                return value
            raise ValueError(f"should be a whole number from {self.least} to {self.most}")
        if self.switches:
            if type(value) is bool:
                return value
            raise ValueError("should be true or false, without quotes")
        if not isinstance(value, str):
            raise ValueError("should be a word in quotes")
        if self.choices and value not in self.choices:
            raise ValueError(f"should be {_either(self.choices)}")
        return value


def _either(words: tuple[str, ...]) -> str:
    quoted = [f'"{word}"' for word in words]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "theme",
        "Theme",
        "Look",
        "Colours. Once the file names a theme, one chosen in the command palette is written there.",
    ),
    Setting(
        "glyphs",
        "Signs",
        "Look",
        "auto follows the locale. ascii draws borders and bars with plain characters; unicode draws them with lines, "
        "even where the locale is not UTF-8.",
        ("auto", "unicode", "ascii"),
        later=True,
    ),
    Setting("animation", "Animation", "Look", "Whether scrolling and cards move. Over a slow line that only delays."),
    Setting(
        "keymap",
        "Set of keys",
        "Keys",
        "vim has keys of that editor, plain no letters: `truenas-tui keys --preset vim` prints them. Entries under "
        "[keys] in the file lie over them.",
        ("default", "vim", "plain"),
    ),
    Setting(
        "confirm.quit",
        "Ask before quitting",
        "Questions",
        "{app.close} at the top: always asks; jobs asks while a job that you started runs; never quits at once.",
        ("always", "jobs", "never"),
    ),
    Setting(
        "confirm.write",
        "Confirm a write",
        "Questions",
        "review shows what is sent; name also wants a name typed, as it always does for risky calls.",
        ("review", "name"),
    ),
    Setting(
        "clipboard",
        "Copy to",
        "Clipboard",
        "auto: the terminal's clipboard (OSC 52), and this machine's where you sit at it; terminal or local: only "
        "that one; file: a file each time.",
        ("auto", "terminal", "local", "file"),
    ),
    Setting(
        "limits.clipboard_bytes",
        "Terminal's clipboard takes",
        "Clipboard",
        "What is longer goes to a file. Many terminals drop more than the default silently.",
        least=1000,
        most=100_000_000,
        unit="bytes",
    ),
    Setting(
        "limits.call_seconds",
        "Wait for an answer",
        "Limits",
        "A call without an answer in this time counts as failed; the server may still work on it.",
        least=1,
        most=604_800,
        unit="seconds",
    ),
    Setting(
        "limits.result_bytes",
        "Keep a result in memory",
        "Limits",
        "A longer one goes to a file, and its beginning is shown.",
        least=1_000_000,
        most=1_000_000_000,
        unit="bytes",
    ),
    Setting(
        "limits.events",
        "Events kept of a subscription",
        "Limits",
        "The oldest go first. Holds for subscriptions that begin from now on.",
        least=10,
        most=100_000,
    ),
    Setting(
        "limits.frames",
        "Frames kept of the wire",
        "Limits",
        "The oldest go first. Holds for connections that open from now on.",
        least=10,
        most=100_000,
    ),
)

_BY_KEY = {setting.key: setting for setting in SETTINGS}
assert {setting.name for setting in SETTINGS} == set(Settings._fields)

_in_force = Settings()


def setting_of(key: str) -> Setting | None:
    """The setting of this key in the file."""
    return _BY_KEY.get(key)


def in_force() -> Settings:
    """The settings by which the app works now."""
    return _in_force


def put_in_force(settings: Settings) -> None:
    """From now on the app works by these settings."""
    global _in_force
    _in_force = settings
