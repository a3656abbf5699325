"""The app and its settings: which are in force, how a change reaches the screen, and where a chosen theme is kept.

A theme has two homes. The settings file wins as the app starts; what it does not name, the app's own memory does. A
theme chosen in the app is written where it stands: into the file once that names a theme, else into the memory. So the
two never say different things.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual import constants
from textual.theme import Theme

from tui import actions
from tui.memory.state import Memories
from tui.notices import NoticesApp
from tui.settings.file import NotWritten, SettingsFile
from tui.settings.values import put_in_force
from tui.text import safe

if TYPE_CHECKING:
    from textual.driver import Driver

__all__ = ["ConfiguredApp"]

MOST_TOLD = 3
"""So many faults of the file are told one by one as the app starts."""


class ConfiguredApp(NoticesApp):
    """An app that works by a settings file."""

    memories: Memories

    def __init__(self, settings: SettingsFile, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        settings.check()
        self.settings = settings
        self._suited = ""
        put_in_force(settings.settings)
        if settings.settings.animation:
            self.animation_level = "full"
        if keys := settings.changed_keys:
            self.set_keymap(keys)

    def starting_theme(self, suited: str) -> str:
        """The theme to begin with; ``suited`` is for when none was chosen."""
        self._suited = suited
        kept = self.memories.app.theme
        return self.settings.settings.theme or (kept if kept in self.available_themes else suited)

    def obey(self) -> None:
        """Works by the settings as they are now."""
        self.settings.check()
        settings = self.settings.settings
        put_in_force(settings)
        self.set_keymap(self.settings.changed_keys)
        self.animation_level = "full" if settings.animation else constants.TEXTUAL_ANIMATIONS
        self.theme = self.starting_theme(self._suited)

    def keep_theme(self, theme: Theme) -> None:
        """Keeps the theme that was chosen."""
        if not self.settings.names("theme"):
            if theme.name != self._suited or self.memories.app.theme:
                self.memories.app.theme = theme.name
        elif self.settings.settings.theme != theme.name:
            try:
                self.settings.put("theme", theme.name)
            except NotWritten as error:
                if self.settings.writes:
                    self.notify(f"The theme is not kept: {safe(error)}", severity="warning")

    def tell_faults(self) -> None:
        """Tells what is wrong in the settings."""
        faults = self.settings.all_problems
        told = faults[:MOST_TOLD]
        if len(faults) > len(told):
            told.append(
                f"{len(faults) - len(told)} more faults in the settings: {actions.key('app.settings')} lists them"
            )
        home = str(Path.home())
        for text in told:
            self.notify(safe(text.replace(home, "~")), severity="warning", timeout=10)

    def action_app_settings(self) -> None:
        """Shows the settings, as the file is now."""
        from tui.cards.settings import SettingsScreen

        if not isinstance(self.screen, SettingsScreen):
            self.settings.read()
            self.obey()
            self.push_screen(SettingsScreen(self.settings, self.obey))
