"""A hostile server and a real terminal: whatever its texts hold, none of it reaches the terminal as anything but text.

The app runs in a pty against a simulator each of whose texts tries to command the terminal. Every
widget that shows texts of a server is visited, and all that was written is judged at the end.
"""

from __future__ import annotations

import base64
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.stage import UNSAFE
from tests.facts import FULL
from tests.terminal.pty import Session, running
from tests.terminal.screen import Screen
from truenas_client.simulator import Call, CallError, Simulator, ValidationErrors

ROOT = Path(__file__).resolve().parent.parent.parent

ATTACKS = (
    "\x1b[31;1337m",
    "\x1b[1337;1337H",
    "\x1b[1337A",
    "\x1b]1337;evil\x07",
    "\x1b]0;evil\x1b\\",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1bP1337;evil\x1b\\",
    "\x1b_evil\x1b\\",
    "\x1bc",
    "\x1b#8",
    "\x9b1337m",
    "\x9d1337;evil\x9c",
    "\x07\x08\x0b\x0c\x0e\x0f\x7f",
)
"""Commands to a terminal; the app itself uses none with this number or this word."""

EVIL = (
    "evil " + "".join(ATTACKS) + "\r\n\u2028\u202ereversed\u202c \u2066\u200f zero\u200bwidth\u200d\ufeff "
    "[/nope] [@click=app.quit]x[/] [bold red]\\[ 日本語한국어 👨\u200d👩\u200d👧 ❤\ufe0f e" + "\u0301" * 50
)
LONG = "x" * 10_000
WIDE = "語" * 10_000

KNOWN_STRINGS = re.compile(r"\](52;c;|22;)")
"""What the app says to the terminal in strings: the clipboard, and the shape of the pointer."""

KNOWN_FINALS = frozenset({"H", "m", "h", "l", "u", "$p"})
"""Its sequences: places, colours, modes, the keyboard protocol, and asking for modes."""


def install(nas: Simulator) -> None:
    schema = {
        "type": "object",
        "title": EVIL,
        "description": EVIL,
        "required": [EVIL],
        "properties": {
            EVIL: {"type": "string", "default": EVIL, "enum": [EVIL, "x"], "title": EVIL},
            "inner": {
                "type": "object",
                "title": EVIL,
                "description": LONG,
                "properties": {WIDE: {"type": EVIL, "pattern": EVIL}},
            },
        },
    }
    accepts = [{**schema, "_name_": EVIL, "_required_": False}]
    value = {EVIL: EVIL, "long": LONG, "wide": WIDE, "list": [EVIL, {EVIL: [EVIL]}], "name": EVIL, "size": 1 << 40}
    required = [{**schema, "_name_": "data", "_required_": True}]
    texts: dict[str, Any] = {"description": f"{EVIL}\n\n{LONG}", "accepts": accepts, "roles": [EVIL]}

    @nas.method(
        "evil.get_value", **texts, returns=[schema], examples=[f'{EVIL}\n{{"method": "evil.get_value", "params": []}}']
    )
    def get_value(call: Call, *arguments: Any) -> Any:
        return value

    @nas.method("evil.get_drafted", **{**texts, "accepts": required})
    def get_drafted(call: Call, *arguments: Any) -> Any:
        return arguments

    @nas.method("evil.get_rows", **texts)
    def get_rows(call: Call, *arguments: Any) -> Any:
        return [{**value, "id": number} for number in range(12)]

    @nas.method("evil.get_error", **texts)
    def get_error(call: Call, *arguments: Any) -> Any:
        raise CallError(EVIL, 14, extra=EVIL)

    @nas.method("evil.get_refused", **texts)
    def get_refused(call: Call, *arguments: Any) -> Any:
        errors = ValidationErrors()
        errors.add(EVIL, EVIL)
        errors.add(f"data.{EVIL}", LONG)
        raise errors

    @nas.method(f"evil.{EVIL}", **texts)
    def named(call: Call, *arguments: Any) -> Any:
        return EVIL

    @nas.job("evil.work", abortable=True, logs=True, describe=lambda params: EVIL, **texts)
    async def work(call: Call, *arguments: Any) -> Any:
        call.log(f"{EVIL}\n{LONG}\n")
        call.progress(37, EVIL)
        await call.sleep(1000)

    @nas.job("evil.stumble", describe=lambda params: EVIL, **texts)
    async def stumble(call: Call, *arguments: Any) -> Any:
        call.progress(61, EVIL)
        raise CallError(EVIL)

    @nas.method("system.info", roles=["READONLY_ADMIN"])
    def info(call: Call) -> Any:
        return {"hostname": f"name {EVIL}", "version": EVIL}

    @nas.method("evil.get_instance", **{**texts, "accepts": [{"_name_": "id", "type": "integer", "_required_": True}]})
    def get_instance(call: Call, ident: int) -> Any:
        return {**value, "id": ident, EVIL: "another"}

    both = [{"_name_": "id", "type": "integer", "_required_": True, "title": "id"}, *required]

    @nas.method("evil.update", **{**texts, "accepts": both})
    def update(call: Call, ident: int, data: Any) -> Any:
        return value

    nas.event("evil.event")


@pytest.fixture
async def nas() -> AsyncIterator[Simulator]:
    async with Simulator() as simulator:
        install(simulator)
        yield simulator


async def find(app: Session, hit: str) -> None:
    """Opens a method from the palette, which works wherever the focus is."""
    app.press("ctrl+p")
    await app.see("a command or a method")
    app.type(f"call: {hit}")
    await app.see(f"call: {hit}")
    opened = f"┏━ {hit} ━"
    await app.answer("enter", lambda: opened in app.screen.text and "call: " not in app.screen.text, f"{hit} open")


async def run(app: Session, *texts: str) -> None:
    """Runs the call from its arguments and goes into the result."""
    app.press("ctrl+j")
    await app.see(*texts)
    app.press("escape")
    await app.until(lambda: "┏━ Result" in app.screen.text or "┏━ Error" in app.screen.text, "the result")


async def test_no_text_of_a_server_commands_the_terminal(nas: Simulator) -> None:
    # As over SSH: the clipboard of the machine that runs the tests is none of their business.
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TRUENAS_PASSWORD": nas.users["admin"]["password"]}
    # 256 colours: with sixteen, what lies behind a card is not drawn, and its borders could not be judged.
    env |= {"TERM": "screen-256color", "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}
    for name in ("COLORTERM", "COLUMNS", "LINES"):
        env.pop(name, None)
    command = [sys.executable, "-m", "tui", nas.url, "-U", "admin", "--write"]
    async with running(command, size=(80, 24), env=env) as app:
        await app.see("Connect")
        begun = ("connecting ...", "done", "Methods")
        await app.answer("enter", lambda: any(word in app.screen.text for word in begun), "connecting")
        await app.see("Methods", "writes allowed", "name evil")
        try:
            await visit_methods_and_docs(app)
            await visit_results(app)
            await visit_jobs(app)
            await visit_events(app, nas)
            await visit_palette(app)
        finally:
            judge(app.screen)
        app.press("ctrl+q")
        assert await app.end() == 0
        judge(app.screen)
        assert b"\x1b[?1049l" in app.raw, "the screen from before is back"


async def visit_methods_and_docs(app: Session) -> None:
    app.type("evil")
    await app.see("evil.get_value", "evil.evil")
    app.press(*["down"] * 8)
    await app.done()
    await aligned(app)
    app.press(*["up"] * 10)
    await find(app, "evil.get_value")
    app.press("escape")
    await app.until(lambda: "┏━ Result" in app.screen.text, "the result")
    for size in ((80, 24), (120, 36), (200, 50)) if FULL else ((80, 24),):
        app.resize(*size)
        await app.until(lambda: app.screen.lines[-1].strip(), "drawn again")
        app.press("d")
        await app.until(lambda: "┏━ Result" not in app.screen.text, "the docs")
        app.press("g")
        await app.see("enter edits its arguments")
        app.press("j", "j", *"jjjjjjj", "Z", "j", "Z", "pagedown", "pagedown", "G", "g")
        await app.done()
        await aligned(app)
        app.press("/")
        await app.see("find in the docs", "F1 keys")
        app.type("evil")
        await app.see("enter goes there")
        app.press("enter")
        await app.see("? keys")
        app.press("n", "n", "N", "space")
        await app.done()
        await aligned(app)
        app.press("i")
        await app.until(lambda: "┏━ Result" in app.screen.text, "the result")
    app.resize(80, 24)
    await app.done()


async def visit_results(app: Session) -> None:
    await find(app, "evil.get_value")
    await run(app, "Tree", "long")
    for _ in range(3):  # tree, raw, and whatever else there is
        app.press("Z", "G", "g", "j", "l", "j")
        await app.done()
        await aligned(app)
        app.press("v")
        await app.done()
    app.press("/")
    await app.see("┃ find ", "F1 keys")
    app.type("evil")
    await app.see("┃ evil ")
    app.press("enter")
    await app.see("? keys")
    app.press("n", "n")
    await app.done()
    await app.see("n next")
    app.press("escape")
    await app.until(lambda: "n next" not in app.screen.text, "nothing is looked for any more")
    app.press("y")
    await app.see("the whole result")
    await app.answer("r", lambda: "Copied" in app.screen.text, "copied")
    await find(app, "evil.get_drafted")
    await aligned(app)
    app.press("ctrl+l")
    await app.done()
    app.type("x")
    await app.done()
    await aligned(app)
    app.press("ctrl+j")
    await app.see("Not sent")
    await find(app, "evil.get_rows")
    await run(app, "12 rows")
    for _ in range(3):
        app.press("G", "j", ">", ">", "o", "enter")
        await app.done()
        await aligned(app)
        if "[Table]" in app.screen.text:
            await app.see("row 12 of 12")
            app.press("escape")
            await app.until(lambda: "row 12 of 12" not in app.screen.text, "the table again")
            app.press("t")
            await app.see("━ Columns")
            await app.stood()
            app.press("j", "space", "j")
            await aligned(app, framed=4)
            await app.answer("escape", lambda: "━ Columns" not in app.screen.text, "the columns are chosen")
        app.press("v")
        await app.done()
    for name, text in (("get_error", "Error"), ("get_refused", "Error")):
        await find(app, f"evil.{name}")
        await run(app, text)
        app.press("j", "j", "space", "G", "enter")
        await app.done()
        await aligned(app)


async def visit_jobs(app: Session) -> None:
    for name in ("work", "stumble"):
        await find(app, f"evil.{name}")
        app.press("ctrl+j")
        await app.see("Review")
        await aligned(app, framed=4)
        told = "Job #" if name == "work" else "Error"
        await app.answer("enter", lambda told=told: told in app.screen.text, told)
        app.press("escape")
        await app.done()
        await aligned(app)
    await find(app, "evil.update")
    app.press("ctrl+j")
    await app.see("Review", "another")
    await aligned(app, framed=4)
    await app.answer("escape", lambda: "Review" not in app.screen.text, "the card is closed")
    app.press("escape")
    await app.until(lambda: "┏━ Result" in app.screen.text, "the result")
    app.press("3")
    await app.see("Jobs", "evil.work", "evil.stumble")
    app.press("g", "a")
    await app.see("Abort this job?")
    await aligned(app, framed=4)
    await app.answer("escape", lambda: "Abort this job?" not in app.screen.text, "the question is gone")
    for key in ("g", "G"):
        app.press(key, "enter", "j", "G", "g")
        await app.done()
        await aligned(app)
        app.press("escape")
        await app.until(lambda: "┏━ Jobs" in app.screen.text, "the list")
    app.press("1")
    await app.done()


async def visit_events(app: Session, nas: Simulator) -> None:
    app.press("4")
    await app.see("Subscribe")
    app.type("evil.event")
    app.press("enter")
    await app.see("No event")
    app.press("enter")
    await app.see("evil.event", "live")
    for number, kind in enumerate(("ADDED", "CHANGED", "REMOVED")):
        nas.send_event("evil.event", kind, id=EVIL, fields={EVIL: EVIL, "number": number, "name": EVIL, "long": LONG})
    await app.see("3 seen")
    app.press("j", "enter")
    await app.done()
    await aligned(app)
    app.press("escape")
    app.press("o")
    await app.done()
    await aligned(app)
    app.press("1")
    await app.done()


async def visit_palette(app: Session) -> None:
    app.press("ctrl+p")
    await app.see("a command or a method")
    app.type("call: evil.evil")
    await app.see("call: evil.evil")
    app.press(*["down"] * 3)
    await app.answer("escape", lambda: "call: evil" not in app.screen.text, "the palette is closed")


async def aligned(app: Session, *, framed: int = 8) -> None:
    """Borders stand in straight columns, as soon as all is drawn: no text was wider or narrower than taken for."""

    def straight() -> bool:
        right = app.screen.column(app.screen.columns - 1)
        return sum(character in "│┃╮╯┓┛" for character in right) >= framed

    await app.until(straight, "straight borders")


def judge(screen: Screen) -> None:
    """All that was written, over the whole run."""
    assert "evil" in screen.written
    assert not (found := UNSAFE.search(screen.written)), f"{found.group()!r} was written"
    assert set(screen.controls) <= {"\r", "\n", "\t"}, screen.controls
    for parameters, final in screen.sequences:
        assert "1337" not in parameters, (parameters, final)
        assert final in KNOWN_FINALS, (parameters, final)
    for string in screen.strings:
        assert KNOWN_STRINGS.match(string), string[:100]
        if string.startswith("]52;c;"):
            assert base64.b64decode(string.removeprefix("]52;c;"))
        else:
            assert "evil" not in string
            assert "1337" not in string


def test_the_judge_sees_what_must_not_happen() -> None:
    """Each attack, written as it came, is found; and harmless lines are not."""
    fine = Screen(20, 3)
    fine.feed(b"\x1b[?1049h\x1b[2;3H\x1b[1;38;2;1;2;3mevil\x1b[0m\x1b]52;c;ZXZpbA==\x07")
    judge(fine)
    assert fine.lines[1] == "  evil".ljust(20)
    for attack in (*ATTACKS, "\u202e", "\u200b", "\u2028"):
        if attack.startswith("\x1b]52"):
            continue  # the clipboard is the app's own business; that it holds what was asked for has its own test
        screen = Screen(20, 3)
        screen.feed(f"evil{attack}".encode())
        with pytest.raises(AssertionError):
            judge(screen)
