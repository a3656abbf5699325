"""A section is announced in one place, and found everywhere."""

from __future__ import annotations

import subprocess
import sys

from textual.app import App

from tui.section_specs import HOME, SECTIONS, section_of
from tui.sections.section import Section
from tui.session.session import Session
from tui.session.target import Target

ANOTHER = """
import asyncio
import sys

from tui import section_specs

section_specs.SECTIONS += (
    section_specs.SectionSpec("probe", "Probe", "9", "Only for this test.", "__main__:Probe", inside=("probe-part",)),
)

from textual.containers import Container
from textual.widgets import Static

from tests.app.conftest import at_desk
from tui import actions
from tui.app import Start
from tui.cards.help import HelpScreen
from tui.sections.section import Section
from tui.widgets.rows import Rows


class Probe(Section, can_focus=True):
    def compose(self):
        yield Static(f"the probe of {self._session.host}")

    def enter(self):
        self.focus()


async def main():
    async with at_desk(Start(demo=True, fresh=True)) as desk:
        await desk.landed()
        await desk.press("escape", "escape", "9")
        await desk.see("the probe of")
        assert desk.workspace.section.id == "probe", "its key"
        await desk.press("1", "f1")
        await desk.until(lambda: isinstance(desk.app.screen, HelpScreen), "the keys")
        shown = {row.key: row.cells[1] for row in desk.app.screen.query_one(Rows).rows}
        assert shown["go.probe"] == "9", "the help"
        await desk.press("escape", "ctrl+p")
        await desk.type("probe")
        await desk.see("Go: Probe", "Only for this test.")
        await desk.press("enter")
        await desk.until(lambda: desk.workspace.section.id == "probe", "the palette")
        assert actions.worded("{go.probe}", typing=False) == "9", "hints"


asyncio.run(main())
"""


def test_a_new_section_is_announced_once_and_found_in_keys_palette_help_and_workspace() -> None:
    done = subprocess.run([sys.executable, "-c", ANOTHER], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


async def test_every_announced_section_is_one() -> None:
    async with App[None]().run_test():
        session = Session(Target.of("ws://127.0.0.1:1"))
        for spec in SECTIONS:
            section = spec.make(session)
            assert isinstance(section, Section)
            assert section.id == spec.id
            assert section_of(spec.id) is spec
    assert section_of("result") is HOME
    assert section_of("workspace") is None
