"""Every text on every screen of the running app can be read, in each theme that it ships: this is computed."""

from __future__ import annotations

from functools import cache

from rich.cells import cell_len
from rich.color import ColorType
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual._ansi_theme import ALABASTER, MONOKAI

from tests.app.conftest import Desk, Open, at_desk
from tests.app.test_widgets_themes import ENOUGH, luminance
from tests.facts import FULL
from truenas_client.simulator import Call, Simulator
from tui.palette import OFFERED_THEMES
from tui.starting.opening import Start

# What terminals make of colours that have no values of their own, in a dark and in a light one.
TERMINALS = {"ansi-dark": MONOKAI, "ansi-light": ALABASTER}


@cache
def contrast(style: Style, terminal: TerminalTheme) -> float:
    """How much a text stands out from its background; 1 is not at all."""
    front, back = style.color, style.bgcolor
    colours = [
        front.get_truecolor(terminal) if front is not None else terminal.foreground_color,
        back.get_truecolor(terminal, foreground=False) if back is not None else terminal.background_color,
    ]
    light, dark = sorted(map(luminance, colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def unreadable(desk: Desk, theme: str) -> list[str]:
    """The texts on screen that stand out too little."""
    terminal = TERMINALS.get(theme, MONOKAI)
    found = []
    # What a card stands in front of is dimmed on purpose.
    cards = [card.region for card in desk.app.screen.query("ModalScreen > #card, CommandPalette > #--container")]
    for y, strip in enumerate(desk.app.screen._compositor.render_strips()):
        end = 0
        for text, style, _control in strip:
            start, end = end, end + cell_len(text)
            if style is None or not any(character.isalnum() for character in text):
                continue
            if cards and not any(card.contains(start, y) for card in cards):
                continue
            # What a person has chosen for the first sixteen colours is theirs, and we do not know it.
            if theme in TERMINALS and any(c is not None and c.type is ColorType.STANDARD for c in (style.color,)):
                continue
            if (value := contrast(style, terminal)) < ENOUGH:
                found.append(f"{text.strip()!r} {value:.2f} {style}")
    return found


LOOKS = len(OFFERED_THEMES) if FULL else 2
"""Themes at each place: that of the last look, in which what has come since was drawn, and the next one."""


async def look(desk: Desk, what: str) -> None:
    """Looks at the screen in some themes, the last of which the next look begins with; in full, in each."""
    first = OFFERED_THEMES.index(desk.app.theme)
    for theme in (*OFFERED_THEMES[first:], *OFFERED_THEMES[:first])[:LOOKS]:
        desk.app.theme = theme
        await desk.settled()
        assert not unreadable(desk, theme), f"{what}, {theme}"


async def test_all_of_a_workspace_is_readable(signed_in: Open, nas: Simulator) -> None:
    @nas.job("demo.work", abortable=True)
    async def work(call: Call) -> None:
        call.progress(37, "lifting")
        await call.sleep(100_000)

    async with signed_in(size=(200, 50)) as desk:
        await look(desk, "the tree and the welcome")
        await desk.type("recordsize")
        await desk.see("pool.dataset.create")
        await desk.press("asterisk", "down")
        await look(desk, "hits, badges, why they are there")
        await desk.press("escape")
        desk.explore.methods.filter.value = ""
        await desk.see("★")
        await look(desk, "stars")
        await desk.open("pool.query", "pool.query")
        await desk.run()
        await look(desk, "arguments, docs and a result")
        await desk.press("escape")
        for _ in range(3):
            await desk.press("v", "down")
            await look(desk, "a view of the result")
        await desk.press("slash")
        await desk.type("a")
        await look(desk, "found text")
        await desk.press("escape", "escape", "e")
        await desk.write('[[["a", "=", true], {"b": null}], {"limit": "x", "selec": [1]}]')
        await desk.see("problem")
        await look(desk, "problems in the arguments")
        await desk.write('[[["name", "=", "x"]], {"get": true}]')
        await desk.run()
        await desk.see("Error")
        await look(desk, "an error")
        await desk.press("escape")
        await look(desk, "an error with the cursor in it")
        await desk.press("p")
        await desk.see("Previous result")
        await look(desk, "an older result")
        await desk.open("demo work", "demo.work")
        await desk.press("ctrl+j")
        await desk.see("Review")
        await look(desk, "the review card")
        await desk.press("enter")
        await desk.see("lifting")
        await look(desk, "a job")
        await desk.press("escape", "3")
        await desk.see("running")
        await look(desk, "the jobs")
        await desk.press("a")
        await look(desk, "a question")
        await desk.press("escape", "2")
        await desk.see("eno1", "notice", "°C")
        await desk.press("down")
        await look(desk, "the dashboard")
        await desk.press("7", "e")
        await desk.see("this app", "never expires")
        await look(desk, "sessions and keys")
        await desk.press("t")
        await desk.see("New token")
        await look(desk, "a form")
        await desk.press("enter", "enter")
        await desk.see("Shown only now")
        await look(desk, "what is shown only once")
        await desk.press("escape", "escape", "4")
        await look(desk, "subscribing")
        await desk.type("reporting.realtime")
        await desk.press("enter")
        await desk.see("cpu.cpu.usage")
        await look(desk, "events as plots")
        await desk.press("o")
        await look(desk, "events as a list")
        await desk.press("escape", "1", "question_mark")
        await desk.see("Keys")
        await look(desk, "the keys")
        await desk.press("escape", "ctrl+p")
        await desk.see("call: demo.work", "recent")
        await look(desk, "the palette")
        await desk.press("escape", "ctrl+o")
        await look(desk, "jump letters")
        await desk.press("escape", "y")
        await look(desk, "the copy menu")
        await desk.press("escape", "asterisk")
        await look(desk, "a message")


async def test_the_connect_card_is_readable() -> None:
    async with at_desk(Start("ws://127.0.0.1:1", "admin", "x"), (80, 24)) as desk:
        await look(desk, "the card")
        await desk.press("enter")
        await desk.see("refused")
        await look(desk, "a failure")
        for _ in range(8):
            await desk.press("tab")
            await look(desk, "each field")
