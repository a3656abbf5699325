"""Keys from raw bytes: what a plain terminal sends for each action, through the parser that the app reads them with.

A plain terminal speaks no extended keyboard protocol: some keys are others in disguise there (ctrl+j is a newline,
ctrl+i a tab), some are never sent. Every action must have a key that arrives all the same.
"""

from __future__ import annotations

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.keys import _character_to_key

from tui import actions

NAMED = {
    "up": (b"\x1bOA", b"\x1b[A"),
    "down": (b"\x1bOB", b"\x1b[B"),
    "right": (b"\x1bOC", b"\x1b[C"),
    "left": (b"\x1bOD", b"\x1b[D"),
    "home": (b"\x1b[1~", b"\x1bOH", b"\x1b[H"),
    "end": (b"\x1b[4~", b"\x1bOF", b"\x1b[F"),
    "delete": (b"\x1b[3~",),
    "pageup": (b"\x1b[5~",),
    "pagedown": (b"\x1b[6~",),
    "f1": (b"\x1bOP", b"\x1b[11~", b"\x1b[[A"),
    "f2": (b"\x1bOQ", b"\x1b[12~", b"\x1b[[B"),
    "f3": (b"\x1bOR", b"\x1b[13~", b"\x1b[[C"),
    "f4": (b"\x1bOS", b"\x1b[14~", b"\x1b[[D"),
    "f5": (b"\x1b[15~", b"\x1b[[E"),
    "f6": (b"\x1b[17~",),
    "f7": (b"\x1b[18~",),
    "f8": (b"\x1b[19~",),
    "f9": (b"\x1b[20~",),
    "f12": (b"\x1b[24~",),
    "shift+tab": (b"\x1b[Z",),
    "enter": (b"\r",),
    "tab": (b"\t",),
    "escape": (b"\x1b",),
    "backspace": (b"\x7f", b"\x08"),
    "space": (b" ",),
}
"""What terminals send, from the terminfo entries ``screen``, ``xterm``, ``linux``, ``vt220`` and ``rxvt``."""

DISGUISED = {"ctrl+h": b"\x08", "ctrl+i": b"\t", "ctrl+m": b"\r", "ctrl+left_square_bracket": b"\x1b"}
"""Keys that a plain terminal sends as another key."""

PRINTABLE = {_character_to_key(chr(code)): bytes([code]) for code in range(0x21, 0x7F)}


def sent(key: str) -> tuple[bytes, ...]:
    """The bytes that plain terminals send for a Textual key name, empty when they send none of its own."""
    if key in NAMED:
        return NAMED[key]
    if key in PRINTABLE:
        return (PRINTABLE[key],)
    modifier, _, letter = key.rpartition("+")
    if modifier == "ctrl" and len(letter) == 1 and letter.isalpha() and key not in DISGUISED:
        return (bytes([ord(letter) & 0x1F]),)
    return ()


def read(data: bytes, *, at_once: bool = True) -> list[str]:
    """The keys that the app reads from these bytes, given at once or one by one."""
    parser = XTermParser()
    text = data.decode("ascii")
    found = [event for piece in ([text] if at_once else text) for event in parser.feed(piece)]
    found += parser.feed("")  # nothing more comes: a single escape is the key
    return [event.key for event in found if isinstance(event, events.Key)]


def keys_of(action: actions.Action) -> list[str]:
    return [key for key in action.keys.split(",") if key]


@pytest.mark.parametrize("action", actions.ACTIONS, ids=lambda action: action.id)
def test_every_action_has_a_key_that_a_plain_terminal_sends(action: actions.Action) -> None:
    arriving = [key for key in keys_of(action) if any(read(data) == [key] for data in sent(key))]
    assert arriving, f"{action.id}: none of {action.keys} arrives"


@pytest.mark.parametrize("key", sorted({key for action in actions.ACTIONS for key in keys_of(action)}))
def test_whatever_is_sent_for_a_key_is_read_as_that_key(key: str) -> None:
    for data in sent(key):
        assert read(data) == [key], data
        if data != b"\x1b":
            assert read(data, at_once=False) == [key], data


@pytest.mark.parametrize(("key", "data"), DISGUISED.items())
def test_no_action_stands_on_a_key_in_disguise(key: str, data: bytes) -> None:
    # The premise: it is read as another key, so an action on it would never be reached.
    assert read(data) not in ([key], [])
    assert not [action.id for action in actions.ACTIONS if keys_of(action) == [key]]


def test_the_run_key_is_a_newline_byte() -> None:
    assert read(b"\n") == ["ctrl+j"]
    assert "ctrl+j" in keys_of(actions.by_id("call.run"))
    assert read(b"\r") == ["enter"], "enter is a carriage return, and never runs a call"
    assert "enter" not in keys_of(actions.by_id("call.run"))


def test_what_works_while_typing_has_a_key_that_is_no_character() -> None:
    for action in actions.ACTIONS:
        if action.always:
            arriving = [key for key in keys_of(action) if sent(key)]
            assert any(key not in PRINTABLE for key in arriving), action.id


def test_keys_that_follow_each_other_are_told_apart() -> None:
    assert read(b"jk\x1bOB\n\x1b[15~G?") == ["j", "k", "down", "ctrl+j", "f5", "G", "question_mark"]
