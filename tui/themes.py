"""The two themes of the app, and which ones it offers.

Every text colour stands at least 4.5 to 1 on every background it can meet, the cursor's row included; a test computes
it. The style sheet uses standard theme variables only, so any other Textual theme works as well, `ansi-dark` and
`ansi-light` with the terminal's own colours among them. Without colour the words, the heavy border and `›` remain.
"""

from rich.console import Console
from textual.css.stylesheet import Stylesheet
from textual.theme import BUILTIN_THEMES, Theme

DARK = Theme(
    name="dark",
    dark=True,
    primary="#4cb2ff",
    secondary="#9db4d0",
    accent="#c9a5ff",
    success="#6fd08c",
    warning="#f0c25c",
    error="#ff8a80",
    foreground="#dde3ea",
    background="#12161b",
    surface="#12161b",
    panel="#1c232b",
    boost="#1c232b",
    variables={
        "text-primary": "#7cc7ff",
        "text-secondary": "#9db4d0",
        "text-accent": "#c9a5ff",
        "text-success": "#7ed798",
        "text-warning": "#f0c25c",
        "text-error": "#ff9a91",
        "foreground-muted": "#a3afbb",
        "foreground-disabled": "#8793a0",
        "border": "#4cb2ff",
        "border-blurred": "#46525f",
        "block-cursor-background": "#1a4265",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#262f39",
        "block-cursor-blurred-foreground": "#dde3ea",
        "input-selection-background": "#2d5f8c",
        "input-selection-foreground": "#ffffff",
        "screen-selection-background": "#2d5f8c",
        "screen-selection-foreground": "#ffffff",
        "footer-background": "#1c232b",
        "footer-key-foreground": "#7cc7ff",
        "footer-description-foreground": "#b9c4cf",
        "scrollbar": "#3a4653",
        "scrollbar-background": "#12161b",
        "scrollbar-hover": "#56677a",
        "scrollbar-active": "#4cb2ff",
    },
)

LIGHT = Theme(
    name="light",
    dark=False,
    primary="#0a63a8",
    secondary="#47617d",
    accent="#7434b8",
    success="#136c33",
    warning="#7d5200",
    error="#b3261e",
    foreground="#1d242c",
    background="#fbfcfd",
    surface="#fbfcfd",
    panel="#eceff3",
    boost="#eceff3",
    variables={
        "text-primary": "#0a5a99",
        "text-secondary": "#3f5871",
        "text-accent": "#6b2fab",
        "text-success": "#0f5f2c",
        "text-warning": "#6e4800",
        "text-error": "#a3201a",
        "foreground-muted": "#525e6a",
        "foreground-disabled": "#5d6974",
        "border": "#0a63a8",
        "border-blurred": "#a9b4bf",
        "block-cursor-background": "#cfe4f7",
        "block-cursor-foreground": "#0d1319",
        "block-cursor-blurred-background": "#e6eaee",
        "block-cursor-blurred-foreground": "#1d242c",
        "input-selection-background": "#b5d5f0",
        "input-selection-foreground": "#0d1319",
        "screen-selection-background": "#b5d5f0",
        "screen-selection-foreground": "#0d1319",
        "footer-background": "#eceff3",
        "footer-key-foreground": "#0a5a99",
        "footer-description-foreground": "#3b454f",
        "scrollbar": "#b6c0ca",
        "scrollbar-background": "#fbfcfd",
        "scrollbar-hover": "#8e9aa6",
        "scrollbar-active": "#0a63a8",
    },
)

THEMES = (DARK, LIGHT)
"""Themes to register; the first is used when nothing else is chosen."""

OFFERED_THEMES = (*(theme.name for theme in THEMES), "ansi-dark", "ansi-light")
"""Ours first, then the two that leave the colours to the terminal."""


def is_known(name: str) -> bool:
    """Whether there is a theme of this name, ours or one of Textual's."""
    return name in OFFERED_THEMES or name in BUILTIN_THEMES


STYLES = {
    "dim": "$foreground-muted",
    "strong": "bold",
    "title": "bold $foreground",
    "accent": "$text-primary",
    "chosen": "bold $text-primary",
    "ok": "$text-success",
    "warning": "$text-warning",
    "error": "$text-error",
    "alarm": "bold $text-error",
    "key": "$text-primary",
    "string": "$text-success",
    "number": "$text-accent",
    "literal": "$text-warning",
    "link": "underline $text-primary",
    "mark": "bold underline $text-warning",
    "cell": "bold underline",
    "choice": "bold underline $text-primary",
    "problem": "underline $text-error",
    "footer-key": "bold $footer-key-foreground",
    "footer-word": "$footer-description-foreground",
}
"""The styles of text in our widgets by name, in Textual's notation: no widget has colours of its own."""


class Sheet(Stylesheet):
    """Keeps the parsed styles as long as the theme stays; Textual parses all again for each new screen."""

    def set_variables(self, variables: dict[str, str]) -> None:
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        # Parsed styles are kept by text and place: only new ones are parsed.
        self.parse()


def suited() -> str:
    """The theme for the terminal of this process, by what its environment says of colours.

    Where there are only sixteen, those of the terminal itself: the nearest to ours would be greys, and green,
    yellow and red mean something.
    """
    few = Console(force_terminal=True).color_system in ("standard", "windows")
    return "ansi-dark" if few else THEMES[0].name
