"""Keys as people write them, presets, and a user's own keys over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui import actions
from tui.action import key_text
from tui.settings.keymap import PRESETS, clash, in_palette, preset, resolved
from tui.settings.keynames import read_keys


def clashes(keymap: Mapping[str, list[str]]) -> Iterator[tuple[str, str, str]]:
    """Each key that two actions share though one would get it in the place of the other: the key and both ids."""
    users: dict[str, list[str]] = {}
    for action_id, keys in keymap.items():
        for key in keys:
            for other in users.get(key, ()):
                if clash(key, action_id, other):
                    yield key, other, action_id
            users.setdefault(key, []).append(action_id)


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        ("/", ["slash"]),
        ("Ctrl+J", ["ctrl+j"]),
        ("^j", ["ctrl+j"]),
        ("ctrl++", ["ctrl+plus"]),
        ("esc", ["escape"]),
        ("F5", ["f5"]),
        ("shift+a", ["A"]),
        (",", ["comma"]),
        ("f5, ctrl+k", ["f5", "ctrl+k"]),
        (["-", "ctrl+_", "-"], ["minus", "ctrl+underscore"]),
        ("ä", ["ä"]),
        ([], []),
        ("", []),
    ],
)
def test_a_key_is_read_as_people_write_it(written: object, keys: list[str]) -> None:
    assert read_keys(written) == keys


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("ctrl+i", "for a terminal it is tab"),
        ("^[", "for a terminal it is escape"),
        ("foo", "'foo' is no key"),
        ("hyper+a", "no key"),
        ("ctrl+ctrl+a", "no key"),
        ("f25", "no key"),
        (3, "should be a key in quotes"),
        (["a", 1], "should be a key in quotes"),
        ([""], "'' is no key"),
        (["ctrl+"], "no key"),
    ],
)
def test_what_is_no_key_is_told(written: object, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        read_keys(written)
    assert told in str(error.value)


def test_every_key_that_is_shown_can_be_written() -> None:
    for name in PRESETS:
        for keys in preset(name).values():
            assert read_keys([key_text(key, short=False) for key in keys]) == keys


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_no_clash_and_leaves_nothing_out_of_reach(name: str) -> None:
    keys = preset(name)
    assert list(keys) == [action.id for action in actions.ACTIONS]
    assert list(clashes(keys)) == []
    assert [one.id for one in actions.ACTIONS if not keys[one.id] and not in_palette(one)] == []


def test_in_plain_no_letter_does_anything_but_answer_a_card() -> None:
    letters = {key for action in actions.ACTIONS if action.where != "card" for key in preset("plain")[action.id]}
    assert [key for key in letters if len(key) == 1 and key.isalpha()] == []


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"call.run": "f10"}, []),
        ({"pane.zoom": []}, []),
        ({"call.rum": "f7"}, ["no such action; did you mean call.run?"]),
        ({"nav.up": []}, ["needs a key: nothing else reaches it"]),
        ({"app.quit": "q"}, ["needs a key that is no character"]),
        ({"event.close": "enter"}, ["enter is the only key of nav.open: not used here"]),
        ({"pane.zoom": "f7", "pane.grow": "f7"}, ["F7 is given to pane.zoom already: not used here"]),
        ({"call.run": "r"}, ["r was the only key of call.repeat, which has none now: give it one, or []"]),
        ({"call.run": "r", "call.repeat": "f7"}, []),
        ({"job.abort": "f7", "event.close": "f7"}, []),
        ({"nav.down": "k"}, []),
    ],
)
def test_own_keys_lie_over_the_preset(own: dict[str, object], told: list[str]) -> None:
    keys, wrong = resolved("default", own)
    assert len(wrong) == len(told)
    assert all(part in one.text for part, one in zip(told, wrong, strict=True))
    assert list(clashes(keys)) == []


KEYS = st.sampled_from(
    ["k", "j", "up", "down", "enter", "escape", "space", "f5", "r", "q", "ctrl+p", "slash", "ctrl+x"]
)
IDS = st.sampled_from([action.id for action in actions.ACTIONS])


@given(st.sampled_from(PRESETS), st.dictionaries(IDS, st.lists(KEYS, max_size=3), max_size=8))
def test_no_keys_of_a_user_clash_or_lock_anything_out(name: str, own: dict[str, object]) -> None:
    keys, wrong = resolved(name, own)
    assert list(clashes(keys)) == []
    assert [one.id for one in actions.ACTIONS if not keys[one.id] and not in_palette(one)] == []
    assert {one.id for one in wrong} <= set(own)
