"""What is wrong with arguments: placeholders beside the schema's own problems."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truenas_client.methods.catalogue import Method
from truenas_client.methods.validator import Stopped, stopping
from truenas_client.secrets.placeholders import Placeholder, find
from tui.model.examine import LEFT_OUT, examine, place_placeholder
from tui.model.jsontext import parse

METHOD = Method(
    "demo.create",
    {
        "accepts": [
            {
                "type": "object",
                "_name_": "data",
                "properties": {
                    "name": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
                    "mode": {"enum": ["FAST", "SLOW"]},
                    "size": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                },
                "additionalProperties": False,
            }
        ]
    },
)


def unknown(placeholder: Placeholder) -> str | None:
    return None if placeholder.name == "POOL" else f"no {placeholder.kind} is named {placeholder.name}"


def told(text: str) -> list[tuple[str, str]]:
    """Each problem with the piece of text it stands at."""
    return [(text[one.start : one.end], one.message) for one in examine(text, METHOD, unknown).problems]


def test_a_known_placeholder_may_become_any_text_but_stays_one() -> None:
    assert told('[{"name": "${env:POOL}-${env:POOL}", "mode": "${secret:POOL}"}]') == []
    ((where, message),) = told('[{"size": "${env:POOL}"}]')
    assert where == '"${env:POOL}"'
    assert "not text" in message
    assert told('[{"nam": "${env:POOL}"}]')[0][0] == '"nam"'


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ('[{"name": "a${env:NOPE}b"}]', "${env:NOPE}", "no env is named NOPE"),
        ('[{"name": "${env:POOL}${secret:x}"}]', "${secret:x}", "no secret is named x"),
        ('[{"name": "$$${env:NOPE}"}]', "${env:NOPE}", "no env is named NOPE"),
        ('[{"name": "$${env:NOPE}${env:NOPE}"}]', "${env:NOPE}", "no env is named NOPE"),
        ('[{"name": "${env:NOPE"}]', "${env:NOPE", "missing }"),
        ('[{"name": "\\u0024{env:NOPE}"}]', '"\\u0024{env:NOPE}"', "no env is named NOPE"),
        ('[{"name": "\\n${env:NOPE}"}]', "${env:NOPE}", "no env is named NOPE"),
    ],
)
def test_an_unknown_one_is_told_at_its_place_and_is_not_to_be_sent(text: str, where: str, message: str) -> None:
    assert told(text) == [(where, message)]
    examined = examine(text, METHOD, unknown)
    assert examined.unsendable == message
    if text.count("${env:NOPE}") == 2:
        assert examined.problems[0].start == text.rindex("${env:NOPE}")


def test_what_is_no_list_is_not_to_be_sent_and_what_the_schema_says_may_be() -> None:
    assert examine("[1", METHOD).unsendable == "this is not JSON"
    assert examine("{}", METHOD).unsendable == "this is not a list in JSON"
    refused = examine('[{"mode": "NOPE"}]', METHOD)
    assert refused.problems
    assert not refused.unsendable


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('[{"name": "********"}]', ["********"]),
        # Where a mask stands, the schema has nothing to say yet.
        ('[{"size": "********", "name": "ab"}]', ["********"]),
        ('[{"name": "a:********@b, ********"}]', ["********", "********"]),
        ('[{"name": "\\u002a*******"}]', []),
        ('[{"********": 1}]', ["********"]),
    ],
)
def test_a_mask_is_a_place_to_fill_in_and_is_never_sent(text: str, places: list[str]) -> None:
    examined = examine(text, METHOD, unknown)
    assert examined.unsendable == LEFT_OUT
    assert [text[one.start : one.end] for one in examined.left_out] == places
    if '"********":' not in text:
        assert examined.problems == ()


def test_more_asterisks_than_a_mask_has_are_what_they_are() -> None:
    assert examine('[{"name": "abc"}]', METHOD, unknown).unsendable == ""
    text = '[{"name": "*********"}]'
    examined = examine(text, METHOD, unknown)
    assert (examined.unsendable, examined.left_out) == ("", ())


def test_it_can_be_stopped() -> None:
    with stopping(lambda: True), pytest.raises(Stopped):
        examine('[{"name": "x"}]', METHOD)


@given(
    st.lists(st.sampled_from(["${env:A}", "${secret:B}", "$", "é", '"', "\\", "\n", "x", "{"]), max_size=8).map("".join)
)
def test_every_placeholder_is_found_in_the_text(value: str) -> None:
    document = parse(json.dumps([value, {"k": value}], ensure_ascii=False))
    seen = []
    for path, placeholder in find(document.value):
        start, end = place_placeholder(document, path, placeholder)
        assert document.text[start:end] in ("${env:A}", "${secret:B}")
        seen.append((start, end))
    assert len(seen) == len(set(seen))


def test_a_long_text_is_a_hint_and_no_problem() -> None:
    examined = examine(json.dumps([{"deep": ["x" * 1025]}]), None)
    assert (examined.hint, examined.problems, examined.unsendable) == ("a text has over 1,024 characters", (), "")
    assert examine(json.dumps(["x" * 1024]), None).hint == ""
